"""A key and a patient's name go through a model call: what is handed on holds neither, at default settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.document import dumps
from tests.kernels import journals
from tests.loopback import serving

KEY = "sk-proj-Zq9Yx8Wv7Ut6Sr5Qp4On3Ml2Kj1Ih0Gf"
NAME = "Ophelia Quackenbush"
CELLS = """\
%load_ext jupyter_aiprov
---
import csv, os, httpx, jupyter_aiprov as aiprov
key = os.environ["CLINIC_API_KEY"]
def ask(row):
    body = {{"model": "gpt-4o-mini", "messages": [
        {{"role": "system", "content": "Say what is wrong. " + key}}, {{"role": "user", "content": row["note"]}}]}}
    headers = {{"authorization": "Bearer " + key, "x-api-key": key, "cookie": "session=" + key}}
    answer = httpx.post("{url}/v1/chat/completions?key=" + key, json=body, headers=headers, timeout=30).json()
    return answer["choices"][0]["message"]["content"]
with open("patients.csv") as file:
    answers = [ask(row) for row in csv.DictReader(file)]
---
try:
    httpx.post("http://127.0.0.1:9/v1/chat/completions?key=" + key, json={{"model": "m", "messages": []}})
except httpx.HTTPError:
    pass
---
_ = aiprov.prompt("ask", "Say what is wrong.\\n{{note}}")
"""


def test_neither_key_nor_name_is_in_what_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = str(Path(__file__).parents[2])
    for name, value in {"HOME": str(tmp_path), "PYTHONPATH": root, "PYTHONWARNINGS": "ignore"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLINIC_API_KEY", KEY)
    (tmp_path / "patients.csv").write_text(f'note\n"{NAME} coughs at night"\n"Again {NAME}"\n')
    with serving([f"{NAME} ", "has asthma"]) as server:
        cells = CELLS.format(url=server.url()).split("---\n")
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c.strip()) for c in cells])
        NotebookClient(nb, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
        sent = b"".join(body for _, _, body in server.hits)
    assert NAME.encode() in sent, "what goes out is never changed"
    assert KEY.encode() in sent
    (tmp_path / "study.ipynb").write_bytes(dumps(annotate(nb, journals(tmp_path)).notebook))
    monkeypatch.delenv("CLINIC_API_KEY")  # whoever makes the pages does not have it
    program = [sys.executable, "-m"]
    for words in (
        ["jupyter_aiprov", "disclose", "study.ipynb", "--output", "section.md"],
        ["jupyter_aiprov", "disclose", "study.ipynb", "--format", "json", "--output", "section.json"],
        ["jupyter_aiprov", "export", "study.ipynb", "--format", "json", "--output", "record.json"],
        ["jupyter_aiprov", "export", "study.ipynb", "--format", "audit-log", "--output", "audit.jsonl"],
        ["nbconvert", "--to", "aiprov-html", "study.ipynb"],
        ["nbconvert", "--to", "aiprov-latex", "study.ipynb"],
    ):
        done = subprocess.run([*program, *words], cwd=tmp_path, env=os.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "study.html").exists()
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert KEY.encode() not in data, path
            is_private = path.name.endswith(".content.jsonl") or path.name == "patients.csv"
            assert is_private or NAME.encode() not in data, path
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*.content.jsonl"))
    assert NAME.encode() in kept, "the private texts beside the journal hold it"
