"""Write integrity.json: tampered notebooks and what `verify` answers, for the browser to answer alike.

python -m tests.vectors.integrity
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from jupyter_aiprov import semconv
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
}


def cases() -> list[dict[str, Any]]:
    """Every notebook with what this version answers."""
    out = []
    for name, (journal, tamper) in CASES.items():
        nb = notebook(journal=journal)
        nb["metadata"]["language_info"]["version"] = "3"
        tamper(nb)
        said = verify(nb)
        out.append({"name": name, "answer": said.answer, "text": said.text(), "notebook": nb})
    return out


if __name__ == "__main__":
    path = Path(__file__).with_name("integrity.json")
    path.write_text(json.dumps(cases(), indent=1) + "\n", encoding="ascii")
