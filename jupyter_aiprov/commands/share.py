"""`jupyter aiprov share`: a copy for reviewers, for the public, or anonymous; says what it removed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from traitlets import CaselessStrEnum, Unicode

from jupyter_aiprov import semconv, stamp
from jupyter_aiprov.commands._command import Command, options
from jupyter_aiprov.commands._files import Opened, named, opened, save
from jupyter_aiprov.document import Notebook, cells, mark, metadata, outputs, set_mark, source
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.notebook import stamps_of
from jupyter_aiprov.seal import DIGEST, is_stamp, sealed, stable_digest, text

# What each audience does not get. Origins, counts, models and proof stay with all of them.
REMOVES = {
    "reviewer": ("content", "hosts", "paths"),
    "public": ("content", "hosts", "paths", "notes"),
    "anonymous": ("content", "hosts", "paths", "notes", "people", "environment"),
}
_WORDS = {
    "content": "texts of prompts and answers",
    "hosts": "hosts",
    "paths": "paths of this machine",
    "notes": "notes of reviewers",
    "people": "names and identifiers of people",
    "environment": "platform and kernel names",
}
_PATH = re.compile(r"(?:/(?:home|Users|mnt|media|scratch|data|root)/|[A-Za-z]:\\)[^\s\"'<>|]*")
_HOST_KEYS = ("server.address", "server.port")
# answers in the disclosure and in passports that name people
_PEOPLE_SLOTS = ("who", "person", "owner", "oversight", "creator", "contact")
_HOMES = re.compile(r"/(?:home|Users)/([A-Za-z0-9._-]+)|[A-Z]:\\+Users\\+([A-Za-z0-9._-]+)")
_FOLDER = re.compile(r"\.aiprov[/\\]+[A-Za-z0-9]")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_ORCID = re.compile(r"\b\d{4}-\d{4}-\d{4}-\d{3}[\dX]\b")


class Share(Command):
    """A copy of a notebook fit for its readers."""

    name = "jupyter aiprov share"
    description = (
        "Write a copy of a notebook for reviewers, for the public, or anonymous. Takes out of the record what that "
        "audience should not get, keeps origins, counts and proof, says what it removed, and warns of what sources and "
        "outputs themselves still show: those are yours and are never changed."
    )
    examples = (
        "jupyter aiprov share study.ipynb --for anonymous\njupyter aiprov share --for public --output=x.ipynb s.ipynb"
    )
    audience = CaselessStrEnum(
        list(REMOVES), allow_none=True, default_value=None, help="reviewer, public or anonymous."
    ).tag(config=True)
    output = Unicode("", help="File to write; else NAME-AUDIENCE.ipynb beside it (- is standard output).").tag(
        config=True
    )
    aliases = options("Share", "output") | {"for": "Share.audience"}

    def run(self) -> int:
        """Write each copy."""
        if self.audience is None:
            raise UsageError("for whom is the copy?", hint="--for reviewer, --for public or --for anonymous")
        files = named(self.extra_args, "share")
        if self.output and len(files) > 1:
            raise UsageError("--output takes one notebook")
        for name in files:
            one = opened(name)
            nb, removed = shared(one.nb, self.audience)
            where = save(Opened("-", nb), nb, self.output or self._beside(name))
            self.note(f"{one.title} for {self.audience}: {where}")
            for what in REMOVES[self.audience]:
                self.note(f"  removed: {_WORDS[what]}: {removed[what] or 'none in the record'}")
            for warning in warnings(nb, self.audience):
                self.note(f"  still shows: {warning}")
        return 0

    def _beside(self, name: str) -> str:
        return "-" if name == "-" else str(Path(name).with_name(f"{Path(name).stem}-{self.audience}.ipynb"))


def shared(nb: Notebook, audience: str) -> tuple[Notebook, Counter[str]]:
    """A copy without what this audience should not get, and how much that was."""
    nb = deepcopy(nb)
    wants, removed = REMOVES[audience], Counter[str]()
    for one in stamps_of(nb):
        if one.is_broken:
            continue
        output = outputs(dict(cells(nb))[one.index])[one.output]
        record = _cleaned(one.record, wants, removed)
        if record != one.record:
            if "content" not in record:
                removed["content"] += len(one.record.get("content") or ())
            record[DIGEST] = stable_digest(record)
            record = sealed(record)
            output["data"] = stamp.bundle(record, _language(output))
            if mark(output):
                set_mark(output, stamp.mark(record))
    for node in (nb, *(cell for _, cell in cells(nb))):
        said = mark(node)
        if said:
            set_mark(node, _resealed(_cleaned(said, wants, removed)))
    if "people" in wants:
        for key in ("authors", "author"):
            removed["people"] += metadata(nb).pop(key, None) is not None
    if "environment" in wants and isinstance(spec := metadata(nb).get("kernelspec"), dict):
        removed["environment"] += spec.get("display_name") is not None
        spec["display_name"] = str(spec.get("language") or spec.get("name") or "kernel")
    if "paths" in wants:
        removed["paths"] += metadata(nb).pop("papermill", None) is not None  # it names input and output paths
        for _, cell in cells(nb):
            metadata(cell).pop("papermill", None)
    return nb, removed


def _cleaned(value: Any, wants: tuple[str, ...], removed: Counter[str]) -> Any:
    """The record without what is not for this audience; sealed parts are sealed anew by the caller."""
    if isinstance(value, list):
        return [_cleaned(one, wants, removed) for one in value]
    if isinstance(value, str):
        if "paths" in wants and _PATH.search(value):
            removed["paths"] += 1
            return _PATH.sub("[path]", value)
        return value
    if not isinstance(value, dict):
        return value
    out: dict[str, Any] = {}
    for key, one in value.items():
        if key == "content" and isinstance(one, list):
            continue
        if "hosts" in wants and key in _HOST_KEYS:
            removed["hosts"] += 1
            continue
        if "notes" in wants and key == "note" and one:
            removed["notes"] += 1
            continue
        if "people" in wants and key == "by" and one:
            removed["people"] += 1
            out[key] = {"identity": one["identity"]} if isinstance(one, dict) and one.get("identity") else None
            continue
        if "people" in wants and key in ("slots", "answers") and isinstance(one, dict):
            named = [k for k in one if k in _PEOPLE_SLOTS and one[k]]
            removed["people"] += len(named)
            out[key] = {k: v for k, v in one.items() if k not in named}
            continue
        if "environment" in wants and key == "platform":
            removed["environment"] += 1
            continue
        out[key] = _cleaned(one, wants, removed)
    for what, kind in (("people", "person"), ("hosts", "host")):
        if what in wants and out.get("type") == "declaration" and out.get("kind") == kind and out.get("value"):
            removed[what] += 1
            out["value"] = None
            if kind == "host":
                out["subject"] = None
    return out


def _resealed(value: Any) -> Any:
    """Every sealed part sealed anew, the innermost first."""
    if isinstance(value, list):
        return [_resealed(one) for one in value]
    if not isinstance(value, dict):
        return value
    out = {k: _resealed(v) for k, v in value.items()}
    return sealed(out) if "seal" in out else out


def _language(output: dict[str, Any]) -> str:
    return "fr" if text((output.get("data") or {}).get("text/plain")).startswith("[IA]") else "en"


_DECLARED = ("oversight", "privacy", "impact", "usage", "purpose", "dataset")


def warnings(nb: Notebook, audience: str) -> Iterator[str]:
    """What sources and outputs show by themselves: these are the author's, and stay."""
    for one in (mark(nb).get("declarations") or {}).values():
        told = one.get("value") if isinstance(one, dict) and one.get("kind") in _DECLARED else None
        if told and audience == "anonymous":
            yield f"what was declared as {one['kind']}: read it for names"
    for index, cell in cells(nb):
        shown = [("source", source(cell))]
        for output in outputs(cell):
            if not is_stamp(output):
                data = output.get("data") or {}
                shown += [
                    ("output", text(output.get("text")) + text(data.get("text/plain")) + text(data.get("text/html")))
                ]
                shown += [("output", text(output.get("traceback")))]
        found = {(where, what) for where, value in shown for what in _tells(value, audience)}
        for where, what in sorted(found):
            yield f"cell {index + 1}, {where}: {what}"
        if any(semconv.KEY in metadata(o) for o in outputs(cell) if not is_stamp(o)):
            yield f"cell {index + 1}, output: AI content as it was displayed"


def _tells(value: str, audience: str) -> Iterator[str]:
    if home := _HOMES.search(value):
        yield f"the home folder of {home.group(1) or home.group(2)!s}" if audience != "anonymous" else "a home folder"
    if _FOLDER.search(value):
        yield "whose journal folder it is"
    if _MAIL.search(value):
        yield "an e-mail address"
    if _ORCID.search(value):
        yield "an ORCID"
