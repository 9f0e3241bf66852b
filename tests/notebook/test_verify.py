"""`verify` gives the four answers and no other, and names the cells behind them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_aiprov import journal, stamp
from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.document import cells, dumps, outputs, read
from jupyter_aiprov.errors import NotebookError
from jupyter_aiprov.said import in_french
from jupyter_aiprov.seal import output_digest, outputs_digest, sealed, source_digest, stable_digest
from jupyter_aiprov.semconv import KEY, MIME
from jupyter_aiprov.verify import verify
from tests.notebook.made import Made, code

Make = Callable[..., Made]


def reviewed(nb: dict[str, Any], index: int = 1) -> dict[str, Any]:
    """The notebook with a review, a declaration and a withdrawal, as the panel writes them."""
    cell = nb["cells"][index]
    review = {
        "type": "review",
        "id": "r-1",
        "time": "2026-11-03T10:00:00.000+00:00",
        "subject": {"kind": "cell", "cell_id": cell.get("id")},
        "status": "checked",
        "by": {"name": "Ada", "identity": "asserted"},
        "method": "sampled",
        "note": "every tenth row",
        "units": {"unit": "rows", "total": 3, "read": 1, "corrected": 0, "rejected": 0},
        "source_sha256": source_digest(cell["source"]),
        "outputs_sha256": outputs_digest(cell["outputs"]),
    }
    declared = {"type": "declaration", "id": "d-1", "kind": "human", "subject": "df.age", "value": {"source": "clinic"}}
    said = cell["metadata"][KEY]
    said["reviews"] = {"r-1": sealed(review)}
    said["state"] = "checked"
    log = nb["metadata"][KEY]
    log["declarations"] = {"d-1": sealed(declared)}
    log["withdrawals"] = {"w-1": sealed({"type": "withdrawal", "id": "w-1", "target": "x", "reason": "a test call"})}
    return nb


def whole(made: Made) -> dict[str, Any]:
    return reviewed(annotate(made.notebook(), made.events()).notebook)


def kinds(nb: dict[str, Any], made: Made | None = None) -> set[tuple[str, int | None]]:
    found = verify(nb, made.journals if made else None)
    return {(c.kind, None if c.index is None else c.index + 1) for c in found.changes}


# ── the four answers ───────────────────────────────────────────────────────────────
def test_with_its_journal_a_notebook_is_consistent_and_not_anchored(made: Make) -> None:
    one = made()
    found = verify(whole(one), one.journals)
    assert (found.answer, found.changes) == ("consistent", ())
    assert found.text() == "consistent, not anchored (its author could have rebuilt it)"
    assert found.text("fr") == "cohérent, non ancré (son auteur aurait pu le reconstruire)"


def test_an_anchor_gives_its_date(made: Make) -> None:
    one = made()
    found = verify(whole(one), one.journals, anchored="2026-11-04")
    assert (found.answer, found.text()) == ("anchored", "consistent, anchored on 2026-11-04")


def test_without_the_journal_the_records_it_points_to_are_counted(made: Make) -> None:
    one = made()
    found = verify(whole(one))
    assert found.answer == "not-supplied"
    assert found.text() == f"{len(one.events())} records not supplied"
    assert not found.changes


def test_changes_name_their_cells_and_come_before_what_is_missing(made: Make) -> None:
    nb = whole(made())
    nb["cells"][1]["source"] += "  # tuned"
    found = verify(nb)
    assert (found.answer, found.text(), found.text("fr")) == ("changed", "changed: cell 2", "modifié : cellule 2")


def test_an_anchored_notebook_that_changed_is_changed(made: Make) -> None:
    nb = whole(made())
    nb["cells"][1]["source"] += "  # tuned"
    assert verify(nb, anchored="2026-11-04").answer == "changed"


def test_a_notebook_without_records_is_consistent_and_says_that_it_holds_none() -> None:
    found = verify({"cells": [code("1 + 1", "a")], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    assert (found.answer, found.records) == ("consistent", 0)


# ── what it finds ──────────────────────────────────────────────────────────────────
def test_a_changed_count_is_an_edited_record(made: Make) -> None:
    nb = whole(made())
    nb["cells"][1]["outputs"][-1]["data"][MIME]["groups"][0]["count"] = 2
    assert ("edited", 2) in kinds(nb)


def test_a_record_edited_and_sealed_anew_does_not_match_the_journal(made: Make) -> None:
    one = made()
    nb = whole(one)
    record = nb["cells"][1]["outputs"][-1]["data"][MIME]
    from jupyter_aiprov import seal

    record["groups"][0]["count"] = 1
    record["digest"] = seal.stable_digest(record)
    record = sealed(record)
    nb["cells"][1]["outputs"][-1]["data"] = stamp.bundle(record)
    assert ("edited", 2) in kinds(nb, one)
    assert ("edited", 2) not in kinds(nb)


def test_an_edited_visible_text_does_not_match_its_record(made: Make) -> None:
    nb = whole(made())
    data = nb["cells"][1]["outputs"][-1]["data"]
    data["text/html"] = data["text/html"].replace("gpt-4o-mini", "none")
    assert ("edited", 2) in kinds(nb)


def test_a_removed_stamp_is_found_by_the_journal(made: Make) -> None:
    one = made()
    nb = whole(one)
    nb["cells"][1]["outputs"].pop()
    del nb["cells"][1]["metadata"][KEY]
    assert kinds(nb, one) == {("removed", 2)}


def test_a_removed_stamp_leaves_its_mark_as_a_record_not_supplied(made: Make) -> None:
    nb = whole(made())
    nb["cells"][1]["outputs"].pop()
    assert ("the stamp of cell 2", 1) in verify(nb).missing


def test_cleared_outputs_are_records_not_supplied_and_not_a_change(made: Make) -> None:
    one = made()
    nb = annotate(one.notebook(), one.events()).notebook
    for cell in nb["cells"]:
        cell["outputs"] = []
    found = verify(nb, one.journals)
    assert (found.answer, found.changes) == ("not-supplied", ())
    assert found.missing == (("outputs and stamp of cell 2", 1),)  # mark and journal point to the same record
    assert verify(nb).missing[0] == ("the stamp of cell 2", 1)


def test_a_duplicated_record_is_named_where_it_lies_twice(made: Make) -> None:
    nb = whole(made())
    nb["cells"][2]["outputs"].append(deepcopy(nb["cells"][1]["outputs"][-1]))
    assert {("duplicated", 3), ("reordered", 3)} <= kinds(nb)


def test_records_swapped_between_cells_are_reordered(made: Make) -> None:
    one = made()
    one.run("df['tone'] = [tone(t) for t in df.text]", id_="c-tone", calls=1)
    nb = annotate(one.notebook(), one.events()).notebook
    first, second = nb["cells"][1]["outputs"], nb["cells"][3]["outputs"]
    first[-1], second[-1] = second[-1], first[-1]
    assert {("reordered", 2), ("reordered", 4)} <= kinds(nb)


def test_records_swapped_between_identical_headless_cells_are_told_apart_by_their_run(made: Make) -> None:
    one = made(headless=True)
    one.run("ask('again')", id_=None, calls=1, ordinal=0)
    one.run("ask('again')", id_=None, calls=1, ordinal=1)
    nb = one.notebook(minor=4)
    first, second = nb["cells"][3]["outputs"], nb["cells"][4]["outputs"]
    assert not kinds(nb)
    first[-1], second[-1] = second[-1], first[-1]
    assert {("reordered", 4), ("reordered", 5)} <= kinds(nb)


def test_a_record_of_another_notebook_is_foreign(made: Make) -> None:
    nb = whole(made())
    other = made(name="other", session="0ther0ther")
    stray = other.run("summarise(report)", id_="elsewhere", calls=1)["outputs"][-1]
    nb["cells"][2]["outputs"].append(stray)
    assert ("foreign", 3) in kinds(nb)


def test_outputs_changed_after_stamping_are_found_where_their_digests_are_on_record(made: Make) -> None:
    nb = whole(made())
    nb["cells"][1]["outputs"][0]["text"] = ["labelled\n", "4 rows\n"]
    assert ("review-outdated", 2) in kinds(nb)


def test_a_review_whose_source_changed_is_outdated(made: Make) -> None:
    nb = whole(made())
    nb["cells"][1]["source"] = "df['label'] = 'x'"
    assert ("review-outdated", 2) in kinds(nb)


def test_a_missing_tail_of_the_journal_is_counted_in_lines(made: Make) -> None:
    one = made()
    nb = whole(one)
    path = one.journals[one.session][0]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-3]))
    found = verify(nb, one.journals)
    assert (f"the end of journal {one.session}.jsonl", 3) in found.missing
    assert found.text() == "3 records not supplied"


def test_after_a_crash_anywhere_verify_says_exactly_how_many_lines_are_missing(made: Make, tmp_path: Path) -> None:
    """A kernel killed in the middle of a line, at any byte: replay is a prefix, the rest is counted."""
    one = made()
    nb = whole(one)
    raw = one.journals[one.session][0].read_bytes()
    every = [json.loads(line) for line in raw.splitlines()]
    path = tmp_path / f"{one.session}.jsonl"

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(raw) - 1))
    def crashed(at: int) -> None:
        path.write_bytes(raw[:at])
        kept = list(journal.read(path))
        assert kept == every[: len(kept)]
        whole_lines = raw[:at].count(b"\n")
        assert (
            whole_lines <= len(kept) <= whole_lines + 1
        )  # a line that lacks only its end is read, and not vouched for
        found = verify(nb, {one.session: [path]})
        assert (found.answer, found.changes) == ("not-supplied", ()), at
        assert sum(count for _, count in found.missing) == len(every) - whole_lines

    crashed()


@pytest.mark.parametrize("harm", ["edit", "drop", "swap", "repeat"])
def test_a_journal_whose_lines_were_touched_is_changed(made: Make, harm: str) -> None:
    one = made()
    nb = whole(one)
    path = one.journals[one.session][0]
    lines = path.read_bytes().splitlines(keepends=True)
    if harm == "edit":
        lines[4] = lines[4].replace(b"gpt-4o-mini", b"gpt-4o-maxi")
    elif harm == "drop":
        del lines[4]
    elif harm == "swap":
        lines[4], lines[5] = lines[5], lines[4]
    else:
        lines.insert(4, lines[4])
    path.write_bytes(b"".join(lines))
    found = verify(nb, one.journals)
    assert found.answer == "changed"
    assert any(c.kind == "journal-changed" for c in found.changes)
    assert "journal" in found.text()


def test_a_journal_rebuilt_from_scratch_is_not_the_one_the_notebook_was_written_from(made: Make) -> None:
    one = made()
    nb = whole(one)
    other = made(name="rebuilt")
    other.journal.close()
    found = verify(nb, other.journals)
    assert found.answer == "consistent"  # the same words at the same times: this is what an anchor is for
    forged = made(name="forged")
    forged.run("more()", id_="c-more", calls=1)
    path = forged.journals[forged.session][0]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert verify(nb, forged.journals).answer == "changed"


def test_an_undecided_merge_is_named(made: Make) -> None:
    nb = whole(made())
    nb["cells"][1]["metadata"]["nbdime-conflicts"] = {"local_diff": [{"op": "patch", "key": KEY}], "remote_diff": []}
    assert ("merge-undecided", 2) in kinds(nb)


def test_the_mark_of_an_output_that_shows_ai_content_is_held_against_the_stamps(made: Make) -> None:
    one = made()
    nb = whole(one)
    output = nb["cells"][2]["outputs"][0]
    output["metadata"][KEY] = {
        "schema_version": "1.0",
        "origin": "ai-derived",
        "subjects": ["df.label"],
        "execution": "e9",
    }
    assert verify(nb, one.journals).answer == "consistent"
    output["metadata"][KEY]["origin"] = "computed"
    assert ("edited", 3) in kinds(nb)
    output["metadata"][KEY].update(origin="ai-generated", subjects=["other"])
    assert verify(nb, one.journals).answer == "consistent"
    assert any("no stamp here names" in line for line in verify(nb, one.journals).not_covered)


def test_a_mark_that_is_gone_or_no_record_any_more_is_reported(made: Make) -> None:
    one = made()
    gone, renamed, broken = whole(one), whole(one), whole(one)
    del gone["cells"][1]["metadata"][KEY]
    renamed["cells"][1]["metadata"] = {"aiprow": renamed["cells"][1]["metadata"][KEY]}
    broken["cells"][1]["metadata"][KEY] = ["x"]
    for nb in (gone, renamed):
        found = verify(nb, one.journals)
        assert (found.answer, found.missing) == ("not-supplied", (("the mark of cell 2", 1),))
    assert ("edited", 2) in kinds(broken, one)


def test_a_mark_is_asked_for_only_where_the_log_was_written_after_the_run(made: Make) -> None:
    """A headless run has stamps and no marks; a later run of an annotated notebook as well."""
    one = made()
    assert verify(one.notebook(), one.journals).answer == "consistent"
    nb = whole(one)
    nb["cells"].append(one.run("more(df)", id_="c-more", calls=1))
    found = verify(nb, one.journals)
    assert (found.answer, found.missing) == ("consistent", ())


def test_a_log_that_lost_a_session_is_reported(made: Make) -> None:
    one = made()
    nb = whole(one)
    del nb["metadata"][KEY]["sessions"][one.session]
    found = verify(nb, one.journals)
    assert (found.answer, found.missing) == ("not-supplied", ((f"the notebook log of session {one.session}", 1),))
    del nb["metadata"][KEY]
    assert verify(nb, one.journals).answer == "not-supplied"


def test_a_session_of_the_journal_that_the_log_never_named_is_said(made: Make) -> None:
    one, other = made(), made(name="other", session="0ther0ther")
    found = verify(whole(one), {**one.journals, **other.journals})
    assert "1 sessions of the journal that the notebook log does not name" in found.not_covered


@pytest.mark.parametrize("mime", ["text/markdown", "image/svg+xml", "application/vnd.plotly.v1+json", "tExt/html"])
def test_a_stamp_that_shows_more_than_its_record_says_is_edited(made: Make, mime: str) -> None:
    nb = whole(made())
    nb["cells"][1]["outputs"][-1]["data"][mime] = "no AI was used"
    assert ("edited", 2) in kinds(nb)


def test_a_stamp_that_people_can_no_longer_read_is_edited(made: Make) -> None:
    nb, other = whole(made()), whole(made(name="other"))
    del nb["cells"][1]["outputs"][-1]["data"]["text/html"]
    other["cells"][1]["outputs"][-1]["output_type"] = "dusplay_data"
    assert ("edited", 2) in kinds(nb)
    assert ("edited", 2) in kinds(other)


def test_a_stamped_cell_that_is_no_longer_code_is_changed(made: Make) -> None:
    nb = whole(made())
    nb["cells"][1]["cell_type"] = "markdown"
    assert ("source-changed", 2) in kinds(nb)


def test_outputs_in_another_order_than_stamped_are_reordered(made: Make) -> None:
    nb = whole(made())
    outputs = nb["cells"][1]["outputs"]
    shown = [{"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}} for text in ("a", "b", "a")]
    record = {**outputs[-1]["data"][MIME], "outputs": [output_digest(one) for one in shown]}
    record = sealed({**record, "digest": stable_digest(record)})
    outputs[-1]["data"] = stamp.bundle(record)
    outputs[0:1] = shown
    nb["cells"][1]["metadata"][KEY]["reviews"] = {}
    nb["cells"][1]["metadata"][KEY]["state"] = "unverified"
    assert not kinds(nb)
    outputs[0], outputs[1] = outputs[1], outputs[0]
    assert kinds(nb) == {("reordered", 2)}


def test_an_output_shown_once_more_than_stamped_is_not_covered_and_hides_no_other_order(made: Make) -> None:
    nb = whole(made())
    outputs = nb["cells"][1]["outputs"]
    shown = [{"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}} for text in ("a", "b")]
    record = {**outputs[-1]["data"][MIME], "outputs": [output_digest(one) for one in shown]}
    record = sealed({**record, "digest": stable_digest(record)})
    outputs[-1]["data"] = stamp.bundle(record)
    outputs[0:1] = shown
    nb["cells"][1]["metadata"][KEY]["reviews"] = {}
    nb["cells"][1]["metadata"][KEY]["state"] = "unverified"
    unseen = "outputs of stamped cells that the kernel did not see, or that it may replace"
    assert unseen not in verify(nb).not_covered
    outputs.insert(1, deepcopy(shown[0]))
    assert not kinds(nb)
    assert unseen in verify(nb).not_covered
    outputs[0], outputs[2] = outputs[2], outputs[0]
    del outputs[1]
    outputs.insert(0, deepcopy(shown[1]))
    assert kinds(nb) == {("reordered", 2)}


def test_the_run_and_the_calls_that_a_mark_of_an_output_names_are_those_of_the_record(made: Make) -> None:
    one = made()
    nb = whole(one)
    record = nb["cells"][1]["outputs"][-1]["data"][MIME]
    files = [p for paths in one.journals.values() for p in paths]
    call = next(e["id"] for p in files for e in journal.read(p) if e["type"] == "invocation")
    said = {"schema_version": "1.0", "origin": "ai-generated", "execution": record["execution"]["id"]}
    said["invocations"] = [call]
    shown = {"output_type": "display_data", "data": {"text/plain": "a"}, "metadata": {KEY: said}}
    nb["cells"][1]["outputs"].insert(0, shown)
    before = verify(nb, one.journals)
    unknown = "1 runs or calls that a mark of an output names and no record here knows"
    assert unknown not in before.not_covered
    for key, value in (("execution", "e" * 36), ("invocations", [call[:-1] + "x"])):
        shown["metadata"] = {KEY: {**said, key: value}}
        assert unknown in verify(nb, one.journals).not_covered
    shown["metadata"] = {KEY: said}
    assert "the calls that marks of outputs name (no journal is at hand)" in verify(nb).not_covered
    for hostile in (7, "x", {}, [7, None]):
        shown["metadata"] = {KEY: {**said, "execution": hostile, "invocations": hostile}}
        assert ("edited", 2) in kinds(nb, one)
    shown["metadata"] = {KEY: {**said, "origin": "human"}}
    assert ("edited", 2) in kinds(nb, one)


def test_a_review_that_lies_at_another_cell_is_reordered(made: Make) -> None:
    nb = whole(made())
    review = nb["cells"][1]["metadata"][KEY]["reviews"].pop("r-1")
    bare = sealed({k: v for k, v in review.items() if k not in ("seal", "source_sha256", "outputs_sha256")})
    nb["cells"][2]["metadata"][KEY] = {"schema_version": "1.0", "state": "checked", "reviews": {"r-1": bare}}
    assert ("reordered", 3) in kinds(nb)


def test_cell_marks_swapped_between_cells_are_edited(made: Make) -> None:
    one = made()
    one.run("df['tone'] = [tone(t) for t in df.text]", id_="c-tone", calls=1, model="other-model")
    nb = annotate(one.notebook(), one.events()).notebook
    first, second = nb["cells"][1]["metadata"], nb["cells"][3]["metadata"]
    first[KEY], second[KEY] = second[KEY], first[KEY]
    assert {("edited", 2), ("edited", 4), ("source-changed", 2), ("source-changed", 4)} <= kinds(nb, one)


def test_a_cell_copied_by_pasting_is_duplicated(made: Make) -> None:
    one = made()
    nb = whole(one)
    pasted = deepcopy(nb["cells"][1])
    pasted["id"] = "pasted"
    nb["cells"].insert(2, pasted)
    assert {("duplicated", 3), ("reordered", 3)} <= kinds(nb, one)


# ── what survives ──────────────────────────────────────────────────────────────────
def test_saving_reordering_keys_and_other_line_ends_change_nothing(made: Make) -> None:
    one = made()
    nb = whole(one)

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: turned(value[k]) for k in sorted(value, reverse=True)}
        return [turned(v) for v in value] if isinstance(value, list) else value

    def windows(nb: dict[str, Any]) -> dict[str, Any]:
        for _, cell in cells(nb):
            cell["source"] = "".join(cell["source"]).replace("\n", "\r\n").splitlines(keepends=True)
            for output in outputs(cell):
                if "text" in output:
                    output["text"] = "".join(output["text"]).replace("\n", "\r\n")
        return nb

    for changed in (turned(nb), windows(deepcopy(nb)), read(dumps(nb)), read(dumps(turned(nb), like=b"{\t"))):
        assert verify(changed, one.journals).answer == "consistent"


def test_records_saved_as_text_are_read_as_the_same(made: Make) -> None:
    one = made()
    nb = whole(one)
    data = nb["cells"][1]["outputs"][-1]["data"]
    data[MIME] = json.dumps(data[MIME], indent=1).splitlines(keepends=True)
    assert verify(nb, one.journals).answer == "consistent"


# ── any single-byte change ─────────────────────────────────────────────────────────
def records(nb: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Every place in the document that holds a record: (container, key)."""
    yield nb["metadata"], KEY
    for _, cell in cells(nb):
        if KEY in cell["metadata"]:
            yield cell["metadata"], KEY
        for output in outputs(cell):
            if MIME in output.get("data", {}):
                yield output["data"], MIME
                yield output["data"], "text/html"
                yield output["data"], "text/plain"
                yield output["metadata"], KEY


def test_any_single_byte_changed_in_any_record_is_reported(made: Make) -> None:
    one = made()
    nb = whole(one)
    journals = one.journals
    assert verify(nb, journals).answer == "consistent"
    places = len(list(records(nb)))

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, places - 1), st.integers(0, 10**6), st.integers(1, 255))
    def changed(place: int, offset: int, flip: int) -> None:
        copy = deepcopy(nb)
        container, key = list(records(copy))[place]
        raw = bytearray(json.dumps(container[key]).encode())
        raw[offset % len(raw)] ^= flip
        try:
            value = json.loads(raw)
        except ValueError:
            return  # no JSON any more: `read` refuses the file
        if json.dumps(value, sort_keys=True) == json.dumps(container[key], sort_keys=True):
            return
        container[key] = value
        assert verify(copy, journals).answer in ("changed", "not-supplied"), (key, bytes(raw))

    changed()


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            if key in one and key in other:
                yield from differences(one[key], other[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}"
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{path}/{number}")
    elif json.dumps(one) != json.dumps(other):
        yield path


def test_any_byte_of_the_file_changed_in_a_record_is_reported(made: Make) -> None:
    """Byte by byte over the file, names of keys included: what differs in a record is a finding, or said."""
    one = made()
    nb = whole(one)
    raw = dumps(nb)
    found = set()
    for offset in range(0, len(raw), 3):
        copy = bytearray(raw)
        copy[offset] ^= (1, 2, 4, 8, 16, 32)[offset % 6]
        try:
            changed = read(bytes(copy))
        except NotebookError:
            continue
        where = list(differences(nb, changed))
        if not any(KEY in path or "/cells/1/outputs/1" in path for path in where):
            continue  # in no record
        answer = verify(changed, one.journals)
        found.add(answer.answer)
        repeats = any(path.startswith("/cells/1/outputs/1/metadata") for path in where)
        said = repeats and any("marks on the outputs of stamps" in what for what in answer.not_covered)
        assert said or answer.answer in ("changed", "not-supplied"), (offset, where)
    assert {"changed", "not-supplied"} <= found


def test_any_single_byte_changed_in_the_journal_is_reported(made: Make, tmp_path: Path) -> None:
    one = made()
    nb = whole(one)
    raw = one.journals[one.session][0].read_bytes()
    path = tmp_path / f"{one.session}.jsonl"

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(raw) - 1), st.integers(1, 255))
    def changed(offset: int, flip: int) -> None:
        copy = bytearray(raw)
        copy[offset] ^= flip
        path.write_bytes(copy)
        found = verify(nb, {one.session: [path]})
        assert found.answer in ("changed", "not-supplied"), (offset, flip)

    changed()


# ── in French ──────────────────────────────────────────────────────────────────────
ENGLISH = re.compile(r"\b(the|of|not|does|is|are|was|stamp|mark|record|source(?! )|journal|review|output)\b")
NAMES = re.compile(  # what a sentence takes from the file or the schema as it stands there
    r"(connaît pas|ne dit pas|au cachet) : .*|aucun de .*|pas de la forme .*|'.*?'|manque de \S+"
    r"|(dans|champ|pas(?! de)|:(?! aucun| pas)) [\w\\-]+(?= |$)"
    r"|\S*[._]\S*|stamp\S*"
)


def test_every_finding_is_told_in_french(made: Make, tmp_path: Path) -> None:
    """Flip bytes in records and journal: what is then found has a French text without an English word."""
    one = made()
    nb = whole(one)
    raw = one.journals[one.session][0].read_bytes()
    path = tmp_path / f"{one.session}.jsonl"
    places = len(list(records(nb)))
    told: dict[str, str] = {}

    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(-1, places - 1), st.integers(0, 10**6), st.integers(1, 255))
    def changed(place: int, offset: int, flip: int) -> None:
        copy, lines = deepcopy(nb), bytearray(raw)
        if place < 0:
            lines[offset % len(lines)] ^= flip
        else:
            container, key = list(records(copy))[place]
            value = bytearray(json.dumps(container[key]).encode())
            value[offset % len(value)] ^= flip
            with suppress(ValueError):
                container[key] = json.loads(value)
        path.write_bytes(lines)
        found = verify(copy, {one.session: [path]})
        for said in (*(c.text for c in found.changes), *(what for what, _ in found.missing), *found.not_covered):
            told[str(said)] = said.text("fr")

    changed()
    assert len(told) > 10
    left = {english: french for english, french in told.items() if ENGLISH.search(NAMES.sub("", french))}
    assert not left


def test_the_reasons_that_schema_and_journal_give_have_their_french() -> None:
    assert in_french("a.jsonl line 3: changed after it was written") == "a.jsonl ligne 3 : modifiée après son écriture"
    assert in_french("stamp.groups[0].count: not a whole number") == "stamp.groups[0].count : pas un nombre entier"
    assert in_french("stamp: 12 items") == "stamp : 12 éléments"
    assert in_french("cellMark.state: not one of checked, stale") == "cellMark.state : aucun de checked, stale"
    assert in_french("x.json: not an anchor: not JSON") == "x.json : pas un fichier d'ancrage : pas du JSON"


def test_a_reader_gets_answer_and_reasons_in_french(made: Make) -> None:
    one = made()
    nb = whole(one)
    nb["cells"][1]["source"] += "  # tuned"
    lines = list(verify(nb).said("fr", title="etude.ipynb", recorded_in="autre.ipynb"))
    assert lines[:2] == [
        "etude.ipynb : modifié : cellule 2",
        "  enregistré dans autre.ipynb : ce fichier en est une copie, ou a été renommé",
    ]
    assert "  cellule 2 : le code n'est pas celui qui a été exécuté" in lines
    assert any(line.startswith("  non fourni : registre ") for line in lines)
    told = verify(nb).to_dict("fr")
    assert told["text"] == "modifié : cellule 2"
    assert "le code n'est pas celui qui a été marqué" in {c["text"] for c in told["changes"]}
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    assert next(verify(empty).said("fr")).startswith("aucun usage d'IA n'y est enregistré ; cohérent")
