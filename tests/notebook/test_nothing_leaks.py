"""A key and a patient's name go through a model call: what is handed on holds neither, at default settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.document import dumps
from tests.kernels import journals, kernel
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


ANSWERED = """\
import os, httpx, jupyter_aiprov as aiprov
key, name = os.environ["CLINIC_API_KEY"], open("name.txt").read()
given = f"{{name}} and {{key}}"
import pandas as pd
data = pd.DataFrame({{"note": [name, "Somebody Else"], "n": [1, 2]}})
aiprov.confidential(data, "note", level="warn", name="data")
body = {{"model": "m", "messages": [{{"role": "user", "content": "hi"}}]}}
answer = httpx.post("{url}/v1/chat/completions", json=body, timeout=30).json()["choices"][0]["message"]["content"]
table = pd.DataFrame({{"said": [answer]}})
table.to_csv(given + ".csv")
magic = lambda line: get_ipython().run_line_magic("aiprov", line)
---
magic(f"declare purpose '{{given}}'")
magic(f"declare '{{given}}'")
magic(f"explain '{{given}}'")
magic(f"confidential '{{given}}'")
magic(f"'{{given}}'")
magic(f"status '{{given}}")
print(aiprov.explain(given))
---
aiprov.review("table.said", given)
---
aiprov.human(table, given)
---
aiprov.declare("person", value={{"name": "A", "orcid": given}})
---
aiprov.note("x", given)
aiprov.review(given, "checked")
aiprov.withdraw(given, given)
"""


def test_what_we_answer_in_a_cell_repeats_no_key_and_no_name(tmp_path: Path) -> None:
    """The cell's output travels: what a magic says, what an error quotes; and so may the ledger of files."""
    with kernel(tmp_path, CLINIC_API_KEY=KEY) as nb, serving(["yes"]) as server:
        (nb.folder / "name.txt").write_text(NAME)
        nb.run("%load_ext jupyter_aiprov")
        cells = [nb.run(c, fails=True) for c in ANSWERED.format(url=server.url()).split("---\n")]
    errors = [c.error["ename"] if c.error else None for c in cells]
    assert errors == [None, None, *["UsageError"] * 3, None]
    told = json.dumps([m["content"] for m in nb.seen.messages if m["msg_type"] != "execute_input"])
    assert KEY not in told
    assert NAME not in told
    assert told.count("[redacted:confidential]") >= 8
    kept = b"".join(p.read_bytes() for p in (nb.folder / ".aiprov").rglob("*") if p.is_file())
    assert b"files.jsonl" in b"".join(os.fsencode(p.name) for p in (nb.folder / ".aiprov").rglob("*"))
    assert KEY.encode() not in kept
    assert NAME.encode() not in kept


def test_the_environment_sent_to_a_model_leaves_no_key_to_what_child_processes_are_handed(tmp_path: Path) -> None:
    """Agents print it; with the key, whoever finds the handed-over columns could test guesses at values."""
    send = (
        "import os, json, httpx\nbody = {'model': 'm', 'messages': [{'role': 'user', 'content': json.dumps("
        "dict(os.environ))}]}\n_ = httpx.post('%s/v1/chat/completions', json=body, timeout=30)\n"
        "del os.environ['CLINIC_API_KEY']"
    )
    with kernel(tmp_path, CLINIC_API_KEY=KEY) as nb, serving(["yes"]) as server:
        nb.run("%load_ext jupyter_aiprov\n%config AIProv.notebook_content = 'full'")
        nb.run(send % server.url())
        key = nb.value("json.loads(os.environ['AIPROV_WORKERS'])['columns_key']")
        sent = b"".join(body for _, _, body in server.hits)
        shown = json.dumps([c["content"] for c in nb.seen.messages if c["msg_type"] in {"display_data", "stream"}][:-1])
    kept = b"".join(p.read_bytes() for p in (nb.folder / ".aiprov").rglob("*") if p.is_file())
    assert key.encode() in sent
    assert b"columns_key" in kept
    assert key.encode() not in kept
    assert key not in shown
    assert KEY.encode() not in kept
