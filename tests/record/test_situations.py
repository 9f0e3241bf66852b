"""record.md §6 in real kernels, as far as it is about more than who asked (`test_who_asked`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_aiprov import journal
from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.notebook import provenance_of
from jupyter_aiprov.provenance import Provenance
from tests.cli.conftest import aiprov as aiprov  # the command line in this process
from tests.cli.conftest import work as work
from tests.kernels import Cell, Kernel, journals, kernel
from tests.loopback import Loopback, serving

ASK = """
%load_ext jupyter_aiprov
import httpx
def ask(text="hi"):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}
    return httpx.post("{url}/v1/chat/completions", json=body, timeout=30).json()
"""


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        yield running


def saved(*cells: tuple[str, str, Cell]) -> dict[str, Any]:
    """A notebook as a front end saves it: id, source and what the last run of each cell sent."""
    made = []
    for id_, source, ran in cells:
        outputs = [
            {"output_type": "display_data", "data": m["data"], "metadata": m["metadata"]}
            for m in ran.of("display_data")
            if m["data"]
        ]
        count = ran.reply["execution_count"]
        made.append({**nbformat.v4.new_code_cell(source, execution_count=count, outputs=outputs), "id": id_})
    nb: dict[str, Any] = json.loads(json.dumps(nbformat.v4.new_notebook(cells=made)))
    nbformat.validate(nbformat.from_dict(nb))
    return nb


def ended(nb: Kernel) -> None:
    """All that was recorded is in the journal."""
    nb.run("import jupyter_aiprov.session as _s; assert _s.of(get_ipython()).recorder.flush(10)")


def told(folder: Path) -> list[dict[str, Any]]:
    return [e for p in journals(folder) for e in journal.read(p)]


def test_calls_of_earlier_runs_and_of_deleted_cells_are_counted_apart(tmp_path: Path, server: Loopback) -> None:
    with kernel(tmp_path) as nb:
        nb.run(ASK.format(url=server.url()))
        nb.run("_ = ask('first')", cell_id="c-kept")
        nb.run("_ = ask('first')", cell_id="c-kept")
        nb.run("_ = [ask('a'), ask('b')]", cell_id="c-gone")
    with kernel(tmp_path) as nb:  # Restart-and-Run-All, after one cell was deleted
        nb.run(ASK.format(url=server.url()))
        last = nb.run("_ = ask('first')", cell_id="c-kept")
    document = saved(("c-kept", "_ = ask('first')", last))
    found = provenance_of(document, told(tmp_path))
    assert [found.count(s) for s in ("shown", "superseded", "deleted")] == [1, 2, 2]
    assert found.count() == server.count == 5
    annotated = annotate(document, journals(tmp_path)).notebook
    alone = provenance_of(annotated)  # the notebook without its journal says the same
    assert [alone.count(s) for s in ("shown", "superseded", "deleted")] == [1, 2, 2]


def test_two_retries_of_an_sdk_are_three_attempts_and_one_answer(tmp_path: Path, server: Loopback) -> None:
    with kernel(tmp_path) as nb:
        nb.run(ASK.format(url=server.url()))
        nb.run(
            f"import openai\nclient = openai.OpenAI(base_url='{server.url('503twice')}/v1', api_key='x', max_retries=2)"
        )
        cell = nb.run(
            "r = client.chat.completions.create(model='gpt-4o-mini', messages=[{'role': 'user', 'content': 'q'}])"
        )
        ended(nb)
        calls = nb.calls()
    assert [c["status"] for c in calls] == ["failed", "failed", "completed"]
    assert [c["capture"]["attempt"] for c in calls] == [1, 2, 3]
    assert server.count == 3
    found = Provenance.of(told(tmp_path))
    assert (found.count("shown"), found.count("failed")) == (1, 2)
    assert sum(g["count"] for g in cell.stamps[0]["groups"] if g["status"] == "completed") == 1


CHILDREN = """
import multiprocessing, child_code
def work(way, texts):
    with multiprocessing.get_context(way).Pool(2) as pool:
        return pool.map(child_code.ask, texts)
"""
CHILD = """
import httpx
def ask(text):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}
    return httpx.post("{url}/v1/chat/completions", json=body, timeout=30).status_code
"""


def test_forked_children_write_their_own_journals_and_belong_to_the_cell_that_handed_out_the_work(
    tmp_path: Path, server: Loopback
) -> None:
    with kernel(tmp_path) as nb:
        (nb.folder / "child_code.py").write_text(CHILD.format(url=server.url()))
        nb.run(ASK.format(url=server.url()) + CHILDREN)
        cell = nb.run("print(work('fork', list('abcd')))")
        nb.run("1 + 1")
        asked_of = {e["id"]: e.get("execution_count") for e in nb.events("execution")}
        calls = nb.calls()
        own = len(nb.value("__import__('jupyter_aiprov').invocations()"))
    assert "[200, 200, 200, 200]" in cell.stdout
    assert [c["status"] for c in calls] == ["completed"] * 4
    assert {asked_of[c["execution"]] for c in calls} == {cell.reply["execution_count"]}
    assert own == server.count == 4
    assert len(journals(tmp_path)) >= 2, "each child keeps a file of its own"
    assert sum(g["count"] for g in cell.stamps[-1]["groups"]) == 4


def test_children_that_are_not_followed_are_a_gap_said_once(tmp_path: Path, server: Loopback) -> None:
    with kernel(tmp_path) as nb:
        (nb.folder / "child_code.py").write_text(CHILD.format(url=server.url()))
        nb.run(ASK.format(url=server.url()) + CHILDREN)
        cell = nb.run("print(work('spawn', list('ab')))")
        ended(nb)
        gaps = [g["detail"] for g in nb.events("gap") if g["reason"] == "child-process"]
    assert "[200, 200]" in cell.stdout
    assert gaps == ["multiprocessing: what it asks of models is not followed"]


BATCH = """
%load_ext jupyter_aiprov
import httpx, json
ROW = {"id": "r1", "custom_id": "row-1", "error": None, "response": {"status_code": 200, "body": {
    "id": "chatcmpl-7", "object": "chat.completion", "model": "gpt-4o-2024-08-06", "usage": {"prompt_tokens": 4},
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}]}}}
def answer(request):
    if request.method == "POST":
        return httpx.Response(200, json={"id": "batch_abc", "object": "batch", "status": "validating"})
    if "/batches/" in request.url.path:
        return httpx.Response(200, json={"id": "batch_abc", "object": "batch", "status": "completed",
                                         "output_file_id": "file-out"})
    name = {"content-disposition": 'attachment; filename="batch_abc_output.jsonl"'}
    return httpx.Response(200, content=json.dumps(ROW).encode(), headers=name)
client = httpx.Client(transport=httpx.MockTransport(answer), base_url="https://api.openai.com/v1/")
"""
HAND_IN = "client.post('batches', json={'input_file_id': 'file-in', 'endpoint': '/v1/chat/completions'}).json()['id']"
FETCH = "client.get('batches/batch_abc')\nrows = client.get('files/file-out/content').text"


def test_a_batch_fetched_in_another_kernel_is_one_call_of_the_cell_that_handed_it_in(tmp_path: Path) -> None:
    with kernel(tmp_path) as nb:
        nb.run(BATCH)
        asked = nb.run(HAND_IN, cell_id="c-ask")
    with kernel(tmp_path) as nb:  # a day later
        nb.run(BATCH)
        fetched = nb.run(FETCH, cell_id="c-fetch")
    events = told(tmp_path)
    both = provenance_of(saved(("c-ask", HAND_IN, asked), ("c-fetch", FETCH, fetched)), events)
    (use,) = both.shown()
    assert (use.count, use.cell_id) == (1, "c-ask")
    assert use.model == "gpt-4o-2024-08-06"
    (later,) = provenance_of(saved(("c-fetch", FETCH, fetched)), events).shown()
    assert (later.count, later.cell_id) == (1, "c-fetch"), "in a notebook of its own the answer stays where it is"
    (only,) = provenance_of(
        saved(("c-ask", HAND_IN, asked)), [e for e in events if e["session"] == use.session]
    ).shown()
    assert only.incomplete == 1, "handed in and not fetched"


def test_a_copied_or_renamed_notebook_finds_its_journal_and_says_it_is_one(
    tmp_path: Path, server: Loopback, aiprov: Any
) -> None:
    path = tmp_path / "work" / "draft.ipynb"
    with kernel(tmp_path, JPY_SESSION_NAME=str(path)) as nb:
        nb.run(ASK.format(url=server.url()))
        ran = nb.run("_ = ask()", cell_id="c1")
    path.write_text(json.dumps(annotate(saved(("c1", "_ = ask()", ran)), journals(tmp_path)).notebook))
    assert "recorded in" not in aiprov("verify", str(path)).out
    copy = path.rename(path.with_name("final.ipynb"))
    done = aiprov("verify", str(copy))
    assert "consistent" in done.out
    assert "recorded in draft.ipynb: this file is a copy of it, or was renamed" in done.out
    assert "Recorded in draft.ipynb" in aiprov("show", str(copy)).out
    away = tmp_path / "elsewhere" / "draft.ipynb"
    away.parent.mkdir()
    away.write_bytes(copy.read_bytes())
    assert "records not supplied" in aiprov("verify", str(away)).out
    assert "consistent" in aiprov("verify", "--journal", str(path.parent / ".aiprov"), str(away)).out


def test_an_answer_rewritten_beside_the_journal_is_a_change_of_its_cell(
    tmp_path: Path, server: Loopback, aiprov: Any
) -> None:
    path = tmp_path / "work" / "study.ipynb"
    with kernel(tmp_path, JPY_SESSION_NAME=str(path)) as nb:
        nb.run(ASK.format(url=server.url()))
        ran = nb.run("_ = ask('is this asthma?')", cell_id="c1")
    path.write_text(json.dumps(annotate(saved(("c1", "_ = ask('is this asthma?')", ran)), journals(tmp_path)).notebook))
    assert "consistent, not anchored" in aiprov("verify", str(path)).out
    (texts,) = path.parent.glob(".aiprov/*/*.content.jsonl")
    texts.write_bytes(texts.read_bytes().replace(b"is this asthma?", b"is this croup?"))
    done = aiprov("verify", str(path))
    assert (done.code, done.out.splitlines()[0].endswith("changed: cell 1")) == (1, True)
    assert "not the text that was committed to" in done.out
    assert "pas le texte engagé" in aiprov("verify", "--lang", "fr", str(path)).out
    texts.unlink()
    assert "consistent, not anchored" in aiprov("verify", str(path)).out, "texts may be purged"
