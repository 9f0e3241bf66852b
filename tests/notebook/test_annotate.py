"""`annotate` restores from whatever is left, `strip` takes all of it out; both twice change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_aiprov import document, schema
from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.document import cells
from jupyter_aiprov.notebook import events_of, provenance_of
from jupyter_aiprov.semconv import KEY, MIME
from jupyter_aiprov.strip import strip
from tests.notebook.made import Made, code

Make = Callable[..., Made]


@pytest.mark.parametrize("headless", [False, True])
def test_what_was_stripped_is_restored_from_the_journal_byte_for_byte(made: Make, headless: bool) -> None:
    one = made(headless=headless)
    whole = annotate(one.notebook(), one.events()).notebook
    bare = strip(whole).notebook
    assert KEY not in json.dumps(bare)
    assert annotate(bare, one.events()).notebook == whole


def test_annotating_and_stripping_twice_change_nothing(made: Make) -> None:
    one = made()
    nb = one.notebook()
    once = annotate(nb, one.events()).notebook
    assert annotate(once, one.events()).notebook == once
    assert annotate(once).notebook == once
    bare = strip(once).notebook
    assert strip(bare).notebook == bare
    assert strip(bare).destroyed == {}
    assert strip(nb).notebook == bare


def test_the_given_notebook_is_not_touched(made: Make) -> None:
    one = made()
    nb = one.notebook()
    before = deepcopy(nb)
    annotate(nb, one.events())
    strip(nb)
    assert nb == before


def test_an_annotated_notebook_is_a_valid_notebook(made: Make) -> None:
    one = made()
    nbformat.validate(annotate(one.notebook(), one.events()).notebook)


def test_stamps_alone_give_marks_and_log(made: Make) -> None:
    nb = annotate(made().notebook()).notebook
    assert nb["cells"][1]["metadata"][KEY] == {
        "schema_version": "1.0",
        "origin": "ai-generated",
        "models": ["gpt-4o-mini-2024-07-18"],
        "source_sha256": nb["cells"][1]["outputs"][-1]["data"][MIME]["execution"]["source_sha256"],
        "state": "unverified",
    }
    (entry,) = nb["metadata"][KEY]["sessions"].values()
    assert entry["lines"] >= 7
    assert KEY not in nb["cells"][0]["metadata"]


def test_a_mark_whose_stamp_is_gone_still_says_ai_and_that_it_is_not_all(made: Make) -> None:
    one = made()
    nb = annotate(one.notebook(), one.events()).notebook
    for _, cell in cells(nb):
        cell["outputs"] = []
    found = provenance_of(nb)
    (subject,) = found.ai_subjects().values()
    assert (subject["origin"], subject["models"]) == ("ai-generated", ["gpt-4o-mini-2024-07-18"])
    assert any(g["reason"] == "stamp-missing" for g in found.gaps)
    assert annotate(nb).lost


def test_the_journal_tells_superseded_runs_apart_from_those_behind_the_results(made: Make) -> None:
    one = made()
    one.run("tone()", id_="c-tone", calls=4)
    one.run("tone()", id_="c-tone", calls=2, replaces=True, ordinal=1)
    found = provenance_of(one.notebook(), one.events())
    assert (found.count("shown"), found.count("superseded")) == (5, 4)
    nb = annotate(one.notebook(), one.events()).notebook
    alone = provenance_of(nb)
    assert (alone.count("shown"), alone.count("superseded")) == (5, 4)


def test_calls_of_a_deleted_cell_are_counted_apart(made: Make) -> None:
    one = made()
    one.run("gone()", id_="c-gone", calls=4)
    nb = one.notebook()
    nb["cells"].pop()
    assert provenance_of(nb, one.events()).count("deleted") == 4
    assert provenance_of(annotate(nb, one.events()).notebook).count("deleted") == 4


def test_two_identical_headless_cells_are_told_apart_by_count_and_ordinal(made: Make) -> None:
    one = made(headless=True)
    one.run("ask()", id_="c-a", calls=1, ordinal=0, stamped=False)
    one.run("ask()", id_="c-b", calls=2, ordinal=1, stamped=False)
    nb = annotate(one.notebook(), one.events()).notebook
    counts = [c["outputs"][-1]["data"][MIME]["groups"][0]["count"] for c in nb["cells"][-2:]]
    assert counts == [1, 2]
    for cell in nb["cells"]:
        cell["execution_count"] = None
        cell["outputs"] = []
    again = annotate(nb, one.events()).notebook
    assert [c["outputs"][-1]["data"][MIME]["groups"][0]["count"] for c in again["cells"][-2:]] == [1, 2]


def test_a_cell_edited_since_its_run_gets_no_stamp_and_that_is_said(made: Make) -> None:
    one = made()
    nb = strip(one.notebook()).notebook
    nb["cells"][1]["source"] = "something_else()"
    done = annotate(nb, one.events())
    assert not any(MIME in o.get("data", {}) for _, c in cells(done.notebook) for o in c["outputs"])
    assert any("edited" in line for line in done.lost)


def test_a_copied_cell_counts_once(made: Make) -> None:
    nb = made().notebook()
    twin = deepcopy(nb["cells"][1])
    twin["id"] = "copy"
    nb["cells"].append(twin)
    found = provenance_of(nb)
    assert found.count("shown") == 3
    assert found.shown()[0].cell_index == 1


def test_what_people_added_to_a_mark_stays(made: Make) -> None:
    one = made()
    nb = annotate(one.notebook(), one.events()).notebook
    declared = {"type": "declaration", "id": "d", "kind": "purpose", "subject": None, "value": "labels"}
    nb["cells"][1]["metadata"][KEY]["declarations"] = {"d": declared}
    nb["metadata"][KEY]["declarations"] = {"d2": {**declared, "id": "d2"}}
    nb["metadata"][KEY]["disclosure"] = {"language": "en", "slots": {"purpose": "labels"}}
    again = annotate(nb, one.events()).notebook
    assert again == nb
    assert {"d", "d2", "disclosure"} <= set(provenance_of(again).declarations)


def test_restart_and_run_all_changes_no_mark_and_the_log_by_less_than_a_kilobyte_a_run(made: Make) -> None:
    nb, sizes, marks = None, [], set()
    for number in range(3):
        one = made(name=f"run{number}", session=f"{number:032x}")
        fresh = one.notebook()
        if nb is not None:
            fresh["metadata"][KEY] = nb["metadata"][KEY]
        nb = annotate(fresh, one.events()).notebook
        marks.add(json.dumps(nb["cells"][1]["metadata"]))
        sizes.append(len(json.dumps(nb["metadata"][KEY])))
    assert len(marks) == 1
    assert max(b - a for a, b in pairwise(sizes)) < 1000


def test_two_sides_of_a_merge_keep_both_peoples_records(made: Make) -> None:
    nb = annotate(made().notebook()).notebook
    event = {"type": "declaration", "kind": "task", "subject": None, "value": "x"}
    nb["metadata"][KEY]["declarations"] = {"a": {**event, "id": "a"}, "b": {**event, "id": "b"}}
    assert {"a", "b"} <= set(provenance_of(nb).declarations)


# ── what is inside saved HTML ──────────────────────────────────────────────────────
def test_marks_in_saved_column_heads_and_legends_are_stripped(made: Make) -> None:
    nb = made().notebook()
    heads = '<th></th><th>own (AI)</th><th title="x">label (AI)</th><th>sexe (synthétique)</th><th>tone (AI?)</th>'
    legend = "<p><small>Origin of columns – label: AI-generated; sexe: synthetic; tone: perhaps AI</small></p>"
    html = f"<table><thead><tr>{heads}</tr></thead></table>{legend}\n<p>kept (AI)</p>"
    nb["cells"][2]["outputs"][0]["data"]["text/html"] = html.splitlines(keepends=True)
    done = strip(nb)
    said = "".join(done.notebook["cells"][2]["outputs"][0]["data"]["text/html"])
    assert '<th title="x">label</th><th>sexe</th><th>tone</th>' in said
    assert "<th>own (AI)</th>" in said
    assert "AI-generated" not in said
    assert "kept (AI)" in said
    assert (done.destroyed["heads"], done.destroyed["legends"]) == (3, 1)
    assert done.text().startswith("1 stamp, 3 recorded AI calls")


def test_what_the_display_marks_in_a_frame_is_what_strip_takes_out() -> None:
    pd = pytest.importorskip("pandas")
    from jupyter_aiprov.lineage import display

    frame = pd.DataFrame({"age": [1, 2], "label": ["a", "b"], "own (AI)": [0, 0], "sex": ["f", "m"]})
    plain = frame._repr_html_()
    for language in ("en", "fr"):
        origins = {"label": "ai-generated", "sex": {"origin": "synthetic", "confidence": "low"}}
        shown = display.marked(plain, frame, origins, language)
        assert shown != plain
        output = {"output_type": "execute_result", "data": {"text/html": shown}, "metadata": {}, "execution_count": 1}
        cell = strip(document_of(output)).notebook["cells"][0]
        assert cell["outputs"][0]["data"]["text/html"] == plain


def document_of(output: dict[str, Any]) -> dict[str, Any]:
    return {"cells": [code("df", "c", 1, [output])], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


# ── signatures ─────────────────────────────────────────────────────────────────────
def test_a_notebook_is_signed_anew_if_and_only_if_it_was_trusted(
    made: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_aiprov.commands._files import opened, save

    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    one = made()
    path = one.save()
    before = opened(str(path))
    save(before, annotate(before.nb, one.events()).notebook, "")
    assert not (tmp_path / "data" / "nbsignatures.db").exists()
    document.trust(document.read(path))
    trusted = opened(str(path))
    save(trusted, strip(trusted.nb).notebook, "")
    assert document.is_trusted(document.read(path))
    nb = document.read(path)
    nb["cells"].append(code("new()", "c-new"))
    document.write(nb, path)
    changed = opened(str(path))
    save(changed, annotate(changed.nb, one.events()).notebook, "")
    assert not document.is_trusted(document.read(path))


# ── what is written fits the schema ────────────────────────────────────────────────
def test_everything_written_fits_the_public_schema(made: Make) -> None:
    import jsonschema

    one = made()
    nb = annotate(one.notebook(), one.events()).notebook
    whole = schema.load()

    def check(name: str, value: Any) -> None:
        validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": whole["$defs"]})
        assert [e.message for e in validator.iter_errors(value)] == []
        assert schema.problems(name, value) == []

    check("stamp", nb["cells"][1]["outputs"][-1]["data"][MIME])
    check("outputMark", nb["cells"][1]["outputs"][-1]["metadata"][KEY])
    check("cellMark", nb["cells"][1]["metadata"][KEY])
    check("notebookLog", nb["metadata"][KEY])
    for event in one.events():
        check("journalLine", event)
        check(event["type"], event)


def test_events_of_a_notebook_name_their_cells(made: Make) -> None:
    events, found = events_of(made().notebook())
    assert [c.id for c in found] == ["c-import", "c-label", "c-count"]
    assert {e["type"] for e in events} == {"stamp", "derivation"}
    assert all(e["cell_id"] == "c-label" for e in events)
