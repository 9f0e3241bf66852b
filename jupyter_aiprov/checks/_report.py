"""Findings as text, JSON, GitHub annotations or SARIF 2.1.0."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import quote

from jupyter_aiprov.checks._check import Check, Finding

_LEVELS = {"error": "error", "warning": "warning", "note": "note"}
_GITHUB = {"error": "error", "warning": "warning", "note": "notice"}


@dataclass
class Report:
    """Everything one call found."""

    findings: list[Finding] = field(default_factory=list)
    notebooks: int = 0
    recorded: int = 0
    not_recorded: list[str] = field(default_factory=list)  # bring in AI libraries, hold no record
    unreadable: list[str] = field(default_factory=list)
    known: int = 0  # findings that the baseline knew

    def summary(self) -> str:
        """One line over all notebooks; `not recorded` is never `clean`."""
        counts = Counter(f.severity for f in self.findings)
        said = ", ".join(
            f"{counts[s]} {s}{'s' if counts[s] != 1 else ''}" for s in ("error", "warning", "note") if counts[s]
        )
        touched = (
            {f.path for f in self.findings if f.severity != "note"} | set(self.unreadable) | set(self.not_recorded)
        )
        parts = [f"{self.notebooks} notebook{'s' if self.notebooks != 1 else ''}: {said or 'nothing found'}"]
        parts.append(f"{self.recorded} with a record, {self.notebooks - self.recorded - len(self.unreadable)} without")
        if self.not_recorded:
            parts.append(f"{len(self.not_recorded)} not recorded although AI libraries are used")
        if self.unreadable:
            parts.append(f"{len(self.unreadable)} could not be read")
        if self.known:
            parts.append(f"{self.known} known from the baseline")
        return "; ".join(parts) + f"; {max(self.notebooks - len(touched), 0)} without errors or warnings"


def text(report: Report) -> str:
    """For people: grouped by file, with the hint once per code."""
    lines: list[str] = []
    hinted: set[str] = set()
    last = ""
    for one in report.findings:
        if one.path != last:
            lines.append(one.path)
            last = one.path
        where = f"cell {one.cell}" if one.cell is not None else "notebook"
        lines.append(f"  {where:<9} {one.code} {one.severity}: {one.message}")
        if one.code not in hinted:
            hinted.add(one.code)
            lines.append(f"            hint: {one.hint}")
    return "\n".join([*lines, report.summary()])


def as_json(report: Report) -> str:
    """For programs."""
    return json.dumps(
        {
            "findings": [{**asdict(f), "fingerprint": f.fingerprint} for f in report.findings],
            "summary": {
                "notebooks": report.notebooks,
                "recorded": report.recorded,
                "not_recorded": report.not_recorded,
                "unreadable": report.unreadable,
                "known": report.known,
                "text": report.summary(),
            },
        },
        indent=2,
        ensure_ascii=False,
    )


def github(report: Report) -> str:
    """Workflow commands: annotations on a pull request."""
    lines = []
    for one in report.findings:
        where = f"cell {one.cell}: " if one.cell is not None else ""
        title = _property(f"{one.code}")
        body = _data(f"{where}{one.message} Hint: {one.hint}")
        lines.append(f"::{_GITHUB[one.severity]} file={_property(one.path)},title={title}::{body}")
    lines += [
        f"::error file={_property(p)},title=unreadable::not a notebook that can be read" for p in report.unreadable
    ]
    return "\n".join([*lines, report.summary()])


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def sarif(report: Report, rules: Mapping[str, Check], version: str) -> str:
    """SARIF 2.1.0, as code scanning takes it."""
    used = sorted({f.code for f in report.findings})
    run = {
        "tool": {
            "driver": {
                "name": "jupyter_aiprov",
                "version": version,
                "rules": [_rule(code, rules[code]) for code in used],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(f, used) for f in report.findings],
    }
    return json.dumps(
        {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]},
        indent=2,
        ensure_ascii=False,
    )


def _rule(code: str, check: Check) -> dict[str, object]:
    return {
        "id": code,
        "shortDescription": {"text": check.title()},
        "fullDescription": {"text": check.message()},
        "help": {"text": f"{check.hint} ({check.link})"},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
    }


def _uri(path: str) -> str:
    """A path as SARIF wants it: relative as it is, absolute as a file's address; percent-encoded."""
    return Path(path).as_uri() if Path(path).is_absolute() else quote(path)


def _result(one: Finding, used: Sequence[str]) -> dict[str, object]:
    place: dict[str, object] = {"physicalLocation": {"artifactLocation": {"uri": _uri(one.path)}}}
    if one.cell is not None:
        place["logicalLocations"] = [{"name": f"cell {one.cell}", "kind": "element"}]
    return {
        "ruleId": one.code,
        "ruleIndex": used.index(one.code),
        "level": _LEVELS[one.severity],
        "message": {"text": f"{one.message} Hint: {one.hint}"},
        "locations": [place],
        "partialFingerprints": {"aiprov/v1": one.fingerprint},
    }


def at_least(findings: Iterable[Finding], level: str) -> bool:
    """True when one of them weighs this much or more; `never` is none's weight."""
    order = ("note", "warning", "error")
    return level in order and any(order.index(f.severity) >= order.index(level) for f in findings)
