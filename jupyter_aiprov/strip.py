"""Every mark taken out of a notebook, and a list of what that destroys.

Stamps, output marks, cell marks, notebook log, what nbdime left of them, `(AI)` in saved column
heads with the legend under the table. What a person wrote stays. Stripping twice changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.document import Node, Notebook, cells, mark, metadata, outputs, set_mark
from jupyter_aiprov.notebook import stamps_of
from jupyter_aiprov.seal import is_stamp, text

CONFLICTS = "nbdime-conflicts"
# As `lineage.display` writes them: a sign at the end of a head, a legend right behind the table.
HEAD = re.compile(r"(<th(?:\s[^>]*)?>)((?:(?!</th>).)*?) \((?:AI|IA|synthetic|synthétique)\??\)(?=</th>)", re.S)
LEGEND = re.compile(r"(?<=</table>)<p><small>(?:Origin of columns|Origine des colonnes) – ([^<]*)</small></p>")
_MORE = re.compile(r"\b(?:and \d+ more|et \d+ de plus)\b|…")  # a legend that lists not all, or not whole
_TAG = re.compile(r"<[^>]*>")
_PLURAL = {
    "stamps": ("stamp", "stamps"),
    "calls": ("recorded AI call", "recorded AI calls"),
    "marks": ("cell mark", "cell marks"),
    "output marks": ("output mark", "output marks"),
    "reviews": ("review by a person", "reviews by people"),
    "declarations": ("declaration", "declarations"),
    "withdrawals": ("withdrawal", "withdrawals"),
    "sessions": ("session in the notebook log", "sessions in the notebook log"),
    "slots": ("answer in the disclosure", "answers in the disclosure"),
    "heads": ("`(AI)` in a column head", "`(AI)` in column heads"),
    "legends": ("legend under a table", "legends under tables"),
}


@dataclass(frozen=True)
class Stripped:
    """The notebook without marks, and how much of what was destroyed."""

    notebook: Notebook
    destroyed: Mapping[str, int]

    def text(self) -> str:
        """What it destroyed, in words; empty when there was nothing."""
        return ", ".join(f"{n} {_PLURAL[what][n != 1]}" for what, n in self.destroyed.items() if n)


def strip(nb: Notebook) -> Stripped:
    """A copy of the notebook without any mark of ours."""
    nb = deepcopy(nb)
    lost: Counter[str] = Counter()
    for one in stamps_of(nb):
        lost["stamps"] += 1
        lost["calls"] += sum(g.get("count", 0) for g in (one.clean or {}).get("groups") or ())
    _unmark(nb, lost)
    for _, cell in cells(nb):
        lost["marks"] += bool(mark(cell))
        _unmark(cell, lost)
        if isinstance(cell.get("outputs"), list):
            cell["outputs"] = [one for one in cell["outputs"] if not _is_ours(one)]
        for output in outputs(cell):
            lost["output marks"] += bool(mark(output))
            _unmark(output, lost)
            _unmark_html(output, lost)
    return Stripped(nb, {what: lost[what] for what in _PLURAL if lost[what]})


def _is_ours(output: Any) -> bool:
    """A stamp, or the empty place that was kept for one."""
    if is_stamp(output):
        return True
    return isinstance(output, dict) and output.get("output_type") == "display_data" and output.get("data") == {}


def _unmark(node: Node, lost: Counter[str]) -> None:
    said = mark(node)
    for key in ("reviews", "declarations", "withdrawals", "sessions"):
        lost[key] += len(said[key]) if isinstance(said.get(key), dict) else 0
    slots = said.get("disclosure", {}).get("slots") if isinstance(said.get("disclosure"), dict) else None
    lost["slots"] += len(slots) if isinstance(slots, dict) else 0
    set_mark(node, {})
    for nested in list(metadata(node).values()):  # HTML(…, metadata=…) lands under the MIME type
        if isinstance(nested, dict):
            nested.pop(semconv.KEY, None)
    left = metadata(node).get(CONFLICTS)
    if isinstance(left, dict):
        for side, diff in list(left.items()):
            if isinstance(diff, list):
                left[side] = [d for d in diff if not (isinstance(d, dict) and d.get("key") == semconv.KEY)]
        if not any(left.values()):
            metadata(node).pop(CONFLICTS)


def _unmark_html(output: Node, lost: Counter[str]) -> None:
    data = output.get("data")
    if not isinstance(data, dict) or "text/html" not in data:
        return
    before = text(data["text/html"])
    legend = " ".join(LEGEND.findall(before))
    if not legend:
        return  # a column that its author called `x (AI)` stays

    def unmarked(head: re.Match[str]) -> str:
        name = _TAG.sub("", head.group(2)).strip()
        if name and name not in legend and not _MORE.search(legend):
            return head.group(0)
        lost["heads"] += 1
        return head.group(1) + head.group(2)

    after = HEAD.sub(unmarked, before)
    lost["legends"] += len(LEGEND.findall(after))
    after = LEGEND.sub("", after)
    if after != before:
        data["text/html"] = after if isinstance(data["text/html"], str) else after.splitlines(keepends=True)
