"""An agent that writes through the real jupyter-mcp-server, installed in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_aiprov import journal
from tests.authorship.real_server import jupyter

# An interpreter with jupyter-mcp-server and what our sink needs (jupyter_core, rfc8785).
MCP_PYTHON = os.environ.get("AIPROV_MCP_PYTHON", "")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not MCP_PYTHON, reason="set AIPROV_MCP_PYTHON to an interpreter with jupyter-mcp-server"),
    pytest.mark.timeout(600),
]
CLIENT = """
import asyncio, json, os, sys
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
async def main():
    words = ["start", "--transport", "stdio", "--jupyter-url", sys.argv[2], "--jupyter-token", "t"]
    server = StdioServerParameters(command=sys.argv[1], args=words, env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        for name, arguments in json.loads(sys.argv[3]):
            await session.call_tool(name, arguments)
asyncio.run(main())
"""
AGENT = [
    ("use_notebook", {"notebook_name": "s", "notebook_path": "study.ipynb", "mode": "create"}),
    ("insert_cell", {"cell_index": -1, "cell_type": "code", "cell_source": "doses = [5, 10]\nprint(sum(doses))"}),
    ("insert_cell", {"cell_index": -1, "cell_type": "markdown", "cell_source": "# A title by an agent"}),
    ("overwrite_cell_source", {"cell_index": 2, "cell_source": "# Another title"}),
    ("overwrite_cell_source", {"cell_index": 99, "cell_source": "# Nowhere"}),
]


def test_cells_that_an_agent_writes_through_the_real_mcp_server_are_named_in_its_notebook(tmp_path: Path) -> None:
    """jupyter-mcp-server over stdio beside a Jupyter server with collaboration; its environment names our sink."""
    root = Path(__file__).parents[2]
    sink = {"JUPYTER_MCP_AUDIT_SINK_CLASS": "jupyter_aiprov.mcp:AuditSink", "PYTHONPATH": str(root)}
    extensions = {"jupyterlab": True, "jupyter_server_ydoc": True, "jupyter_server_fileid": True}
    with jupyter(MCP_PYTHON, tmp_path, {**extensions, "jupyter_mcp_server": False}) as (url, env):
        program = str(Path(MCP_PYTHON).with_name("jupyter-mcp-server"))
        asked = [MCP_PYTHON, "-c", CLIENT, program, url, json.dumps(AGENT)]
        done = subprocess.run(asked, env={**env, **sink}, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
    shown = subprocess.run(
        [sys.executable, "-m", "jupyter_aiprov", "show", "study.ipynb"], cwd=tmp_path, capture_output=True, text=True
    ).stdout
    assert [line.split()[1] for line in shown.splitlines() if "jupyter-mcp-server" in line] == ["2", "3"]
    (log,) = (tmp_path / ".aiprov").rglob("*.jsonl")
    said = [e for e in journal.read(log) if e["type"] == "authorship"]
    assert [(e["method"], e["notebook"]) for e in said] == [
        ("insert_cell", "study.ipynb"),
        ("insert_cell", "study.ipynb"),
        ("overwrite_cell_source", "study.ipynb"),
    ]
    assert journal.verify(log).is_whole
