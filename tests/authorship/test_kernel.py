"""In a real kernel: a captured answer that becomes a later cell is recorded as that cell's author."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_aiprov.authorship import answers_of, authorship_of_notebook
from jupyter_aiprov.document import cells as numbered
from jupyter_aiprov.document import mark, read
from jupyter_aiprov.journal import read_texts
from jupyter_aiprov.provenance import Provenance
from tests.authorship.labelled import labelled
from tests.kernels import Kernel, kernel
from tests.loopback import Loopback, serving
from tests.notebook.made import code, document

ANSWER = labelled()["answers"]["regex"]
CODE = ANSWER.split("```python\n")[1].split("```")[0]
# The cell needs no package: the mapping over `notes` goes.
CELL = CODE.rsplit("\n\n", 1)[0] + "\n"
ASK = """
import httpx
def ask(text="How do I find doses?"):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}
    return httpx.post("{url}/v1/chat/completions", json=body, timeout=30).json()["choices"][0]["message"]["content"]
"""


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving([ANSWER]) as running:
        yield running


@pytest.fixture
def nb(tmp_path: Path, server: Loopback) -> Iterator[Kernel]:
    with kernel(tmp_path) as running:
        running.run("%load_ext jupyter_aiprov")
        running.run(ASK.format(url=server.url()))
        yield running


def test_a_later_cell_names_model_call_and_share(nb: Kernel) -> None:
    nb.run("_ = ask()", cell_id="asked")
    stamp = nb.run(CELL, cell_id="pasted").stamps[0]
    (event,) = nb.events("authorship")
    assert (event["cell_id"], event["origin"], event["evidence"]) == ("pasted", "ai-generated", "inferred")
    assert event["invocation"] == nb.calls()[0]["id"]
    assert event["model"] == nb.calls()[0]["gen_ai.response.model"]
    assert event["share"] == [1.0, 1.0]
    assert not stamp["groups"]
    assert stamp["authorship"][0]["model"] == event["model"]


def test_an_edited_cell_is_assisted_and_a_cell_of_ones_own_is_unknown(nb: Kernel) -> None:
    nb.run("total = sum(n * n for n in range(100) if n % 3)\nprint('squares', total, total / 100)")
    nb.run("_ = ask()")
    edited = (
        CELL + "\nassert dose_in_mg('2,5 g par jour') == 2500.0\nfound = [dose_in_mg(t) for t in ('1 mg', '', None)]\n"
    )
    nb.run(edited, cell_id="edited")
    nb.run("import re\nimport pandas as pd")
    assert [(e["cell_id"], e["origin"]) for e in nb.events("authorship")] == [("edited", "ai-assisted")]


def test_code_that_was_a_persons_before_the_answer_stays_unknown(nb: Kernel) -> None:
    nb.run(CELL)
    nb.run("_ = ask()")
    assert not nb.run(CELL).stamps
    assert not nb.events("authorship")


def test_matching_can_be_turned_off(nb: Kernel) -> None:
    nb.run("%config AIProv.match_cells = False")
    nb.run("_ = ask()")
    nb.run(CELL)
    assert not nb.events("authorship")


def test_what_a_magic_puts_in_the_next_cell_is_captured(nb: Kernel) -> None:
    nb.run("answer = ask()")
    nb.run("get_ipython().set_next_input(answer.split('```python\\n')[1].split('```')[0].rsplit('\\n\\n', 1)[0])")
    nb.run(CELL, cell_id="next")
    (event,) = nb.events("authorship")
    assert (event["method"], event["evidence"], event["cell_id"]) == ("set_next_input", "captured", "next")


def test_set_next_input_without_an_answer_says_nothing(nb: Kernel) -> None:
    nb.run("get_ipython().set_next_input('numbers = [n for n in range(20) if n % 7 == 0]\\nprint(numbers[:2])')")
    nb.run("numbers = [n for n in range(20) if n % 7 == 0]\nprint(numbers[:2])")
    assert not nb.events("authorship")
    nb.run("%unload_ext jupyter_aiprov")
    assert nb.value("get_ipython().set_next_input.__func__.__module__") == "ipykernel.zmqshell"


def test_a_person_who_declares_a_drafted_cell_their_own_does_not_erase_the_draft(nb: Kernel) -> None:
    nb.run("_ = ask()")
    nb.run(CELL, cell_id="c")
    nb.run("%%aiprov human\n" + CELL + "\nassert dose_in_mg('1 mg') == 1.0\n", cell_id="c")
    found = Provenance.of(nb.events())
    assert [a["cell_id"] for a in found.authorship] == ["c"]
    assert [d["value"] for d in found.declared("authorship")] == [{"origin": "human"}]


def test_offline_the_journals_texts_give_the_same(nb: Kernel) -> None:
    nb.run("_ = ask()")
    nb.run("%unload_ext jupyter_aiprov")
    path = next(nb.folder.rglob("*.content.jsonl"))
    answers = answers_of(nb.events(), {t["commitment"]: t["value"] for t in read_texts(path)})
    cells = [{"cell_type": "code", "id": "x", "source": CELL, "outputs": [], "metadata": {}}]
    found = authorship_of_notebook(json.loads(json.dumps({"cells": cells})), answers)
    assert found[0][0]["invocation"] == nb.calls()[0]["id"]


def test_annotate_at_the_terminal_marks_drafted_cells_from_the_kept_texts(nb: Kernel) -> None:
    """Code by the order of runs, Markdown without one; nothing where the texts were not kept."""
    prose = ANSWER.split("```")[-1].strip()
    early = "pattern = re.compile('x')\nprint([n for n in range(40) if n % 7 == 3][:4], pattern)"
    nb.run("import re\n" + early)
    nb.run("_ = ask()")
    nb.run(CELL)
    nb.run("%unload_ext jupyter_aiprov")
    cells = [code("import re\n" + early, "c1"), code("_ = ask()", "c2"), code(CELL, "c3")]
    cells += [{"cell_type": "markdown", "id": "c4", "metadata": {}, "source": prose}] if len(prose.split()) > 15 else []
    path = nb.folder / "study.ipynb"
    path.write_text(json.dumps(document(*cells)))
    (texts,) = nb.folder.rglob("*.content.jsonl")
    kept = texts.read_bytes()
    for remaining in (kept, b""):
        path.write_text(json.dumps(document(*cells)))
        texts.write_bytes(remaining)
        done = subprocess.run(
            [sys.executable, "-m", "jupyter_aiprov", "annotate", path.name],
            cwd=nb.folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        marks = [mark(c).get("authorship") for _, c in numbered(read(path))]
        assert [bool(m) for m in marks[:2]] == [False, False]
        if remaining:
            assert [bool(m) for m in marks[2:]] == [True] * len(marks[2:])
            assert (marks[2][0]["share"], marks[2][0]["model"]) == ([1.0, 1.0], nb.calls()[0]["gen_ai.response.model"])
        else:  # the kernel's own word, in the stamp that the journal restores, is all there is
            assert [bool(m) for m in marks[2:]] == [True] + [False] * len(marks[3:])
