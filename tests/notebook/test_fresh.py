"""A notebook that was just run, displayed its AI columns and was annotated shows no change to itself."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.verify import verify
from tests.loopback import serving

CELLS = """\
%load_ext jupyter_aiprov
---
import httpx, pandas as pd
def ask(text):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}
    answer = httpx.post("{url}/v1/chat/completions", json=body, timeout=30).json()
    return answer["choices"][0]["message"]["content"]
df = pd.DataFrame({{"note": ["one", "two", "three"], "gold": ["a", "b", "a"]}})
---
df["label"] = df["note"].map(ask)
df
---
df["agrees"] = df["label"] == df["gold"]
df.loc[~df["agrees"], ["note", "label"]]
---
df.groupby("label").size()
"""


def test_a_fresh_notebook_with_displays_is_consistent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    with serving() as server:
        cells = CELLS.format(url=server.url()).split("---\n")
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c.strip()) for c in cells])
        NotebookClient(nb, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    journal = sorted(p for p in (tmp_path / ".aiprov").rglob("*.jsonl") if not p.name.endswith(".content.jsonl"))
    made = annotate(nb, journal).notebook
    assert "label (AI)" in str(made["cells"][2]["outputs"][0]["data"]["text/html"])
    verdict = verify(made)
    assert verdict.changes == ()
