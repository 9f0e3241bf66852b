"""The tools themselves, installed in an environment of their own: what they write is what we read."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov.proof import text_sha256
from jupyter_aiprov.readers.marks import authorship_of, marks_of
from tests.authorship.labelled import labelled
from tests.authorship.real_server import jupyter
from tests.kernels import Cell, kernel
from tests.loopback import serving

# An interpreter with jupyter-ai-magic-commands, notebook-intelligence, ipykernel and httpx.
PYTHON = os.environ.get("AIPROV_JUPYTER_AI_PYTHON", "")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not PYTHON, reason="set AIPROV_JUPYTER_AI_PYTHON to an interpreter with jupyter-ai"),
    pytest.mark.timeout(400),
]
CODE = labelled()["answers"]["regex"].split("```python\n")[1].split("```")[0].rsplit("\n\n", 1)[0]
MODEL = "openai/gpt-4o-mini"


def saved(source: str, ran: Cell) -> dict[str, Any]:
    """The cell as a front end saves it."""
    results = [{"output_type": "execute_result", **one} for one in ran.of("execute_result")]
    return {"cell_type": "code", "id": "c", "source": source, "metadata": {}, "outputs": results}


def test_the_magics_of_jupyter_ai_3_are_read_and_their_code_is_followed(tmp_path: Path) -> None:
    answers = {"json": json.dumps({"dose": 5}), "code": f"```python\n{CODE}\n```"}
    with kernel(tmp_path, python=PYTHON, OPENAI_API_KEY="sk-test", LITELLM_LOCAL_MODEL_COST_MAP="True") as nb:
        nb.run("%load_ext jupyter_aiprov", timeout=200)
        nb.run("%load_ext jupyter_ai_magic_commands", timeout=200)
        for form in ("text", "markdown", "json", "code"):
            with serving([answers.get(form, "A dose is an amount.")]) as server:
                source = f"%%ai {MODEL} -f {form} --api-base {server.url()}/v1\nFind the dose in a text"
                cell = saved(source, nb.run(source, timeout=200))
            (mark,) = [m for m in marks_of(cell) if m.of == "outputs"]
            assert (mark.tool, mark.model, mark.evidence) == ("jupyter-ai", MODEL, "imported"), form
        assert [m.model for m in marks_of(cell) if m.of == "below"] == [MODEL]
        assert not marks_of(saved("%ai list", nb.run("%ai list", timeout=200)))
        nb.run(CODE, cell_id="inserted")
        (event,) = nb.events("authorship")
        assert (event["tool"], event["method"], event["evidence"]) == ("jupyter-ai", "set_next_input", "captured")
        assert event["invocation"] == nb.calls()[-1]["id"]
        assert event["share"] == [1.0, 1.0]
        nb.run(CODE + "\n\nassert dose_in_mg('2,5 g') == 2500.0\nassert dose_in_mg(None) is None\n", cell_id="edited")
        assert nb.events("authorship")[-1]["origin"] == "ai-assisted"


def test_chatbooks_own_digests_are_the_ones_we_compare() -> None:
    """Chatbook's own code generation, without its server; the front end saves what it returns."""
    program = (
        "import json; from notebook_intelligence.chatbook_kernel.codegen import resolve_executable_source as run\n"
        f"answer = '```python\\n' + {CODE!r} + '\\n```'\n"
        "code, info = run('find doses', {}, lambda p, m: {'generatedCode': answer})\n"
        "print('INFO' + json.dumps({'code': code, **info}))"
    )
    done = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    info = json.loads(done.stdout.split("INFO", 1)[1])
    assert info["code"] == CODE
    said = {
        "mode": "prompt",
        "origin": "prompt",
        "prompt": "find doses",
        **{k: info[k] for k in ("promptHash", "generatedCode")},
    }
    cell = {"cell_type": "code", "source": "find doses", "metadata": {"nbi": {"chatbook": said}}}
    assert authorship_of(cell)[0]["confidence"] == "high"
    assert authorship_of({**cell, "source": "find weights"})[0]["confidence"] == "low"


@contextmanager
def intelligence(home: Path, url: str) -> Iterator[dict[str, str]]:
    """Notebook Intelligence's own server, its model at `url`; yields what a kernel beside it needs to find it."""
    settings = home / ".jupyter" / "nbi" / "config.json"
    settings.parent.mkdir(parents=True)
    given = {"api_key": "sk-test", "model_id": "gpt-4o-mini", "base_url": f"{url}/v1", "context_window": "16000"}
    properties = [{"id": key, "value": value} for key, value in given.items()]
    model = {"provider": "openai-compatible", "model": "openai-compatible-chat-model", "properties": properties}
    settings.write_text(json.dumps({"chat_model": model, "chatbook_execution_mode": "auto-run"}))
    others = ("jupyterlab", "jupyter_lsp", "jupyter_server_mcp", "jupyter_ai_acp_client", "jupyter_ai_persona_manager")
    others += ("jupyter_ai_router", "jupyter_ai_tools", "jupyter_ai_litellm", "jupyter_ai_chat_commands")
    others += ("jupyterlab_chat", "jupyterlab_commands_toolkit", "jupyter_live_content", "jupyter_server_terminals")
    wanted = {"notebook_intelligence": True, **dict.fromkeys(others, False)}
    with jupyter(PYTHON, home, wanted) as (_, env):
        yield {name: env[name] for name in ("JUPYTER_RUNTIME_DIR", "PATH")}


def by_front_end(mode: str, source: str, said: dict[str, Any], **more: str) -> dict[str, Any]:
    """The cell as Chatbook's front end saves it after the kernel's word."""
    kept = {k: said[k] for k in ("generatedCode", "promptHash", "generatedAt", "cacheHit")}
    about = {"mode": mode, "origin": "prompt", "prompt": "find doses", **kept, **more}
    return {"cell_type": "code", "source": source, "metadata": {"nbi": {"chatbook": about}}, "outputs": []}


def test_a_prompt_in_chatbook_runs_its_models_code_and_the_cells_mark_is_read(tmp_path: Path) -> None:
    """The real kernel, the real server, the loopback server as its model; our extension in the kernel behind."""
    home = tmp_path / "home"  # the kernel's, too: it reads the settings
    home.mkdir()
    with serving([f"```python\n{CODE}\n```"]) as server, intelligence(home, server.url()) as env:
        with kernel(tmp_path, python=PYTHON, module="notebook_intelligence.chatbook_kernel", **env) as nb:
            as_code = {"nbi_chatbook": {"executeMode": "code"}}
            nb.run("%load_ext jupyter_aiprov", timeout=200, metadata=as_code)
            as_prompt = {"nbi_chatbook": {"executionPolicy": "auto-run", "cellId": "c1"}}
            ran = nb.run("find doses", timeout=200, metadata=as_prompt)
            (said,) = ran.of("nbi_chatbook_code")
            shown = nb.run("print(dose_in_mg('2,5 g'))", timeout=60, metadata=as_code)
            nb.run("%unload_ext jupyter_aiprov", metadata=as_code)
        assert (said["generatedCode"], said["executed"], said["cacheHit"]) == (CODE, True, False)
        assert shown.stdout.strip() == "2500.0", "the model's code ran in the kernel behind"
        assert server.count == 1
        assert nb.calls() == [], "the server asked, not this kernel: only the cell's mark tells of it"
        ran_here = {e["source_sha256"] for e in nb.events("execution")}
        assert text_sha256(CODE) in ran_here
    prompt = by_front_end("prompt", "find doses", said)
    (event,) = authorship_of(prompt)
    assert (event["tool"], event["origin"], event["confidence"]) == ("notebook-intelligence", "ai-generated", "high")
    as_source = by_front_end("code", CODE, said, codeHash=text_sha256(CODE))
    assert authorship_of(as_source)[0]["origin"] == "ai-generated"
    edited = {**as_source, "source": CODE + "\nassert dose_in_mg('1 mg') == 1.0\n"}
    assert [(e["origin"], e["confidence"]) for e in authorship_of(edited)] == [("ai-assisted", "low")]
    stale = {**prompt, "source": "find weights"}
    assert authorship_of(stale)[0]["confidence"] == "low"
