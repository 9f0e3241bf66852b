"""Write integrity.json: tampered notebooks and what `verify` answers, for the browser to answer alike.

python -m tests.vectors.integrity
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from jupyter_aiprov import anchor, seal, semconv
from jupyter_aiprov.said import Said
from jupyter_aiprov.seal import output_digest, sealed, stable_digest
from jupyter_aiprov.verify import verify
from tests.ui.sample import notebook

Notebook = dict[str, Any]


def _stamp(nb: Notebook, cell: int) -> dict[str, Any]:
    found = nb["cells"][cell]["outputs"][-1]["data"][semconv.MIME]
    assert isinstance(found, dict)
    return found


def _source(nb: Notebook) -> None:
    nb["cells"][2]["source"] += "  # touched"


def _group(nb: Notebook) -> None:
    _stamp(nb, 2)["groups"][0]["count"] = 1


def _time(nb: Notebook) -> None:
    _stamp(nb, 2)["groups"][0]["first"] = "2020-01-01T00:00:00.000+00:00"


def _crlf(nb: Notebook) -> None:
    nb["cells"][4]["source"] = nb["cells"][4]["source"].replace("\n", "\r\n")


def _lines(nb: Notebook) -> None:
    nb["cells"][4]["source"] = nb["cells"][4]["source"].splitlines(keepends=True)


def _twice(nb: Notebook) -> None:
    nb["cells"].append({**deepcopy(nb["cells"][2]), "id": "other"})


def _swapped(nb: Notebook) -> None:
    a, b = nb["cells"][2], nb["cells"][4]
    a["outputs"], b["outputs"] = b["outputs"], a["outputs"]


def _removed(nb: Notebook) -> None:
    nb["cells"][2]["outputs"] = []


def _model(nb: Notebook) -> None:
    nb["cells"][2]["metadata"]["aiprov"]["models"] = ["other"]


def _log(nb: Notebook) -> None:
    for entry in nb["metadata"]["aiprov"]["sessions"].values():
        entry["gaps"] = []


def _extra(nb: Notebook) -> None:
    nb["cells"][2]["metadata"]["aiprov"]["approved"] = True


def _mark(nb: Notebook, cell: int) -> dict[str, Any]:
    found = nb["cells"][cell]["metadata"]["aiprov"]
    assert isinstance(found, dict)
    return found


def _review(nb: Notebook, *, in_log: bool = False) -> None:
    """Cell 3 checked, as the panel writes it."""
    cell = nb["cells"][2]
    made = seal.sealed(
        {
            "type": "review",
            "id": "r1",
            "subject": {"kind": "cell", "cell_id": cell["id"]},
            "status": "checked",
            "by": {"name": "R. Eader", "identity": "asserted"},
            "time": "2026-11-23T10:00:00.000+00:00",
            "method": "read-all",
            "source_sha256": seal.source_digest(cell["source"]),
            "outputs_sha256": seal.outputs_digest(cell["outputs"]),
        }
    )
    if in_log:
        nb["metadata"]["aiprov"]["reviews"] = {"r1": made}
    else:
        _mark(nb, 2).update(state="checked", reviews={"r1": made})


def _withdraw(nb: Notebook) -> None:
    made = seal.sealed({"type": "withdrawal", "id": "w1", "target": "r1", "reason": "wrong file"})
    nb["metadata"]["aiprov"]["withdrawals"] = {"w1": made}


def _withdrawn(nb: Notebook) -> None:
    _review(nb)
    _withdraw(nb)
    _mark(nb, 2)["state"] = "unverified"


def _withdrawn_in_words(nb: Notebook) -> None:
    _review(nb)
    _withdraw(nb)


def _withdrawn_and_edited(nb: Notebook) -> None:
    _withdrawn(nb)
    nb["cells"][2]["outputs"].insert(0, {"output_type": "stream", "name": "stdout", "text": "more"})


def _reviewed_and_edited(nb: Notebook) -> None:
    _review(nb)
    nb["cells"][2]["outputs"].insert(0, {"output_type": "stream", "name": "stdout", "text": "more"})


def _reviewed_and_deleted(nb: Notebook) -> None:
    _review(nb, in_log=True)
    del nb["cells"][2]


def _approved(nb: Notebook) -> None:
    _mark(nb, 2)["state"] = "checked"


def _origin(nb: Notebook) -> None:
    _mark(nb, 2)["origin"] = "human"


def _forgotten(nb: Notebook) -> None:
    del _mark(nb, 3)["origin"]


def _table(nb: Notebook, origin: str) -> None:
    said = {"schema_version": "1.0", "origin": origin, "subjects": ["df.label"]}
    shown = {"output_type": "display_data", "data": {"text/plain": "label"}, "metadata": {"aiprov": said}}
    nb["cells"][1]["outputs"].append(shown)


def _shown(nb: Notebook) -> None:
    _table(nb, "ai-generated")


def _shown_as_observed(nb: Notebook) -> None:
    _table(nb, "real-observation")


def _shown_as_human(nb: Notebook) -> None:
    _table(nb, "human")
    del nb["cells"][1]["outputs"][-1]["metadata"]["aiprov"]["subjects"]


def _shown_with_more(nb: Notebook) -> None:
    _table(nb, "ai-generated")
    nb["cells"][1]["outputs"][-1]["metadata"]["aiprov"]["approved"] = True


def _undecided(nb: Notebook) -> None:
    nb["cells"][2]["metadata"]["nbdime-conflicts"] = {"local_diff": []}


def _answered(nb: Notebook) -> None:
    nb["metadata"]["aiprov"]["disclosure"] = {"slots": {"purpose": "sorting"}}


def _seen(nb: Notebook) -> Notebook:
    """The stamp of a cell with the digests of what the kernel saw displayed there; returns that output."""
    cell = nb["cells"][2]
    data = {
        "text/html": "<b>é</b>\n",
        "application/json": {"b": [1, 1.0, 1e21], "a": None},
        "image/png": "aGVs\nbG8=\n",
    }
    output: Notebook = {"output_type": "display_data", "data": data, "metadata": {}}
    stamp = _stamp(nb, 2)
    stamp["outputs"] = [output_digest(output)]
    stamp["digest"] = stable_digest(stamp)
    cell["outputs"][-1]["data"][semconv.MIME] = sealed(stamp)
    cell["outputs"].insert(0, output)
    return output


def _output_saved(nb: Notebook) -> None:
    output = _seen(nb)
    output["data"] = {
        "image/png": "aGVsbG8=",
        "application/json": {"a": None, "b": [1.0, 1, 1e21]},
        "text/html": ["<b>é</b>\r\n"],
    }
    output["metadata"] = {"scrolled": True}


def _output_edited(nb: Notebook) -> None:
    _seen(nb)["data"]["application/json"]["b"][0] = 2


def _output_removed(nb: Notebook) -> None:
    nb["cells"][2]["outputs"].remove(_seen(nb))


def _mark_gone(nb: Notebook) -> None:
    del nb["cells"][2]["metadata"]["aiprov"]


def _mark_broken(nb: Notebook) -> None:
    nb["cells"][2]["metadata"]["aiprov"] = ["x"]


def _log_broken(nb: Notebook) -> None:
    nb["metadata"]["aiprov"] = "x"


def _session_gone(nb: Notebook) -> None:
    nb["metadata"]["aiprov"]["sessions"] = {}


def _beside(nb: Notebook) -> None:
    nb["cells"][2]["outputs"][-1]["data"]["image/svg+xml"] = "<svg/>"


def _unreadable(nb: Notebook) -> None:
    del nb["cells"][2]["outputs"][-1]["data"]["text/html"]


def _other_kind(nb: Notebook) -> None:
    nb["cells"][2]["outputs"][-1]["output_type"] = "dusplay_data"


def _no_code(nb: Notebook) -> None:
    nb["cells"][2]["cell_type"] = "raw"


def _turned(nb: Notebook) -> None:
    _seen(nb)
    first = nb["cells"][2]["outputs"][0]
    second: Notebook = {"output_type": "display_data", "data": {"text/plain": "second"}, "metadata": {}}
    stamp = _stamp(nb, 2)
    stamp["outputs"] = [output_digest(first), output_digest(second)]
    stamp["digest"] = stable_digest(stamp)
    nb["cells"][2]["outputs"][-1]["data"][semconv.MIME] = sealed(stamp)
    nb["cells"][2]["outputs"].insert(0, second)


def _once_more(nb: Notebook) -> None:
    _seen(nb)
    shown = nb["cells"][2]["outputs"]
    shown.insert(0, deepcopy(shown[0]))


def _turned_once_more(nb: Notebook) -> None:
    _turned(nb)
    shown = nb["cells"][2]["outputs"]
    shown.insert(0, deepcopy(shown[0]))


def _review_moved(nb: Notebook) -> None:
    _review(nb)
    made = _mark(nb, 2).pop("reviews")["r1"]
    _mark(nb, 2)["state"] = "unverified"
    bare = {k: v for k, v in made.items() if k not in ("seal", "source_sha256", "outputs_sha256")}
    _mark(nb, 4).update(state="checked", reviews={"r1": seal.sealed(bare)})


def _nothing(_nb: Notebook) -> None:
    return


CASES: dict[str, tuple[bool, Callable[[Notebook], None]]] = {
    "as it was written": (False, _nothing),
    "with a journal that stays with its author": (True, _nothing),
    "line ends changed": (False, _crlf),
    "source split into lines": (False, _lines),
    "a source edited": (False, _source),
    "a count edited": (False, _group),
    "a time edited": (False, _time),
    "a cell copied": (False, _twice),
    "outputs swapped": (False, _swapped),
    "outputs cleared": (False, _removed),
    "a model renamed in a mark": (False, _model),
    "a gap taken out of the log": (False, _log),
    "a key added to a mark": (False, _extra),
    "an output saved by an editor": (False, _output_saved),
    "an output edited": (False, _output_edited),
    "an output taken out": (False, _output_removed),
    "a review": (False, _review),
    "a review that was withdrawn": (False, _withdrawn),
    "a withdrawn review that the mark still counts": (False, _withdrawn_in_words),
    "outputs that came after a withdrawn review": (False, _withdrawn_and_edited),
    "outputs that came after a review": (False, _reviewed_and_edited),
    "a review of a cell that is gone": (False, _reviewed_and_deleted),
    "a state set by hand": (False, _approved),
    "an origin renamed in a mark": (False, _origin),
    "an origin taken out of a mark": (False, _forgotten),
    "a table that shows an AI column": (False, _shown),
    "a table that calls an AI column observed": (False, _shown_as_observed),
    "an output that calls AI content human": (False, _shown_as_human),
    "a key added to the mark of an output": (False, _shown_with_more),
    "a merge left undecided": (False, _undecided),
    "a mark taken away": (True, _mark_gone),
    "a mark that is no record": (False, _mark_broken),
    "a log that is no record": (True, _log_broken),
    "a session taken out of the log": (True, _session_gone),
    "a picture beside a stamp": (False, _beside),
    "a stamp that people cannot read": (False, _unreadable),
    "a stamp in an output of no kind": (False, _other_kind),
    "a stamped cell that is no code any more": (False, _no_code),
    "outputs in another order": (False, _turned),
    "an output shown once more": (False, _once_more),
    "outputs in another order, one of them twice": (False, _turned_once_more),
    "a review that was moved to another cell": (False, _review_moved),
}
# With an anchor file of which the reader kept a copy: what was done after it was made.
ANCHORED: dict[str, tuple[bool, Callable[[Notebook], None]]] = {
    "anchored and left alone": (False, _nothing),
    "anchored with a journal that stays with its author": (True, _nothing),
    "anchored, then saved with other line ends": (False, _crlf),
    "anchored, then answered": (False, _answered),
    "anchored, then a source edited": (False, _source),
}


def cases() -> list[dict[str, Any]]:
    """Every notebook with what this version answers."""
    out = []
    for name, (journal, tamper) in CASES.items():
        nb = _made(journal)
        tamper(nb)
        said = verify(nb)
        out.append({"name": name, "answer": said.answer, "text": said.text(), "notebook": nb})
    for name, (journal, tamper) in ANCHORED.items():
        nb = _made(journal)
        out.append({"name": name, **_anchored(nb, anchor.statement(nb, {}, "study.ipynb"), tamper)})
    other = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    foreign = anchor.statement(other, {}, "other.ipynb")
    out.append({"name": "an anchor of another notebook", **_anchored(_made(False), foreign, _nothing)})
    return out


def _made(journal: bool) -> Notebook:
    nb = notebook(journal=journal)
    nb["metadata"]["language_info"]["version"] = "3"
    if journal:
        for entry in nb["metadata"]["aiprov"]["sessions"].values():
            entry.update(seal.sealed({**entry, "head": "ab" * 32, "lines": 8}))
    return nb


def _anchored(nb: Notebook, said: dict[str, Any], tamper: Callable[[Notebook], None]) -> dict[str, Any]:
    said = {**said, "date": "2026-11-24T08:00:00Z"}
    tamper(nb)
    kept = anchor.Anchor("file", "a copy", "accepted", Said("kept", "gardée"), said, "2026-11-24")
    found = anchor.applied(verify(nb), [kept], nb, {})
    return {"answer": found.answer, "text": found.text(), "notebook": nb, "anchor": anchor.dumps(said).decode()}


if __name__ == "__main__":
    path = Path(__file__).with_name("integrity.json")
    path.write_text(json.dumps(cases(), indent=1) + "\n", encoding="ascii")
