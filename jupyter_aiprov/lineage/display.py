"""`label (AI)` in the column heads of DataFrame HTML, and a legend line under the table.

Works on the HTML that pandas, polars or anybody's formatter made, so that every display option holds;
text/plain, the object and saved data stay as they are. HTML whose heads cannot be matched to the
frame's columns for certain is left alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.lineage._dialects import dialect
from jupyter_aiprov.lineage._formatting import Safely, step_after_format
from jupyter_aiprov.lineage.resolving import WORDS

# By column: an origin, or {"origin", "confidence"}; for repeated names a list with one (or None) each.
OriginOf = Callable[[Any], Mapping[Hashable, Any]]

_HEAD: Final = re.compile(r"<thead[^>]*>(.*?)</thead>", re.DOTALL | re.IGNORECASE)
_ROW: Final = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL | re.IGNORECASE)
_CELL: Final = re.compile(r"<th(?:\s[^>]*)?>(.*?)</th>", re.DOTALL | re.IGNORECASE)
_STYLED: Final = re.compile(r"\bcol_heading level(\d+) col(\d+)\b")
_CUT: Final = ("...", "…", "&hellip;")
_LISTED: Final = 12
_TEXT: Final = {
    "ai": ("AI", "IA"),
    "synthetic": ("synthetic", "synthétique"),
    "legend": ("Origin of columns", "Origine des colonnes"),
    "perhaps": ("perhaps ", "peut-être "),
    "hidden": ("not shown", "non affichée(s)"),
    "more": ("and {} more", "et {} de plus"),
}


def install(
    shell: Any,
    origin_of: OriginOf,
    *,
    is_on: Callable[[], bool] = lambda: True,
    language: Callable[[], str] = lambda: "en",
    safely: Safely = nullcontext,
) -> AbstractContextManager[None]:
    """Mark AI columns in what the shell displays until the context is left. `is_on`: the trait mark_columns."""

    def step(obj: Any, data: dict[str, Any], _metadata: dict[str, Any]) -> None:
        shown = data.get("text/html")
        if not isinstance(shown, str) or not is_on():
            return
        frame = _frame_of(obj)
        if frame is not None and (origins := origin_of(frame)):
            data["text/html"] = marked(shown, frame, origins, language())

    return step_after_format(shell.display_formatter, step, safely)


def _frame_of(obj: Any) -> Any | None:
    """The frame that is displayed: itself, or the one behind a pandas Styler."""
    if dialect(obj) is not None:
        return obj if hasattr(obj, "columns") else None
    if type(obj).__name__ == "Styler" and type(obj).__module__.startswith("pandas."):
        return obj.data
    return None


def marked(shown: str, frame: Any, origins: Mapping[Hashable, Any], language: str = "en") -> str:
    """The HTML with its AI columns marked; unchanged where there are none or heads do not match."""
    at = 1 if language == "fr" else 0
    by_position = _by_position(list(frame.columns), origins)
    head = _HEAD.search(shown)
    if not by_position or head is None:
        return shown
    cells = _cells(head, frame)
    if cells is None:
        return shown
    out, end = [], 0
    for position, (_, stop) in sorted(cells.items(), key=lambda item: item[1]):
        if position in by_position:
            out += [shown[end:stop], " (", _sign(by_position[position], at), ")"]
            end = stop
    table_end = shown.find("</table>", end)
    if table_end < 0:
        return shown
    table_end += len("</table>")
    legend = _legend(list(frame.columns), by_position, set(cells), at)
    return "".join([*out, shown[end:table_end], legend, shown[table_end:]])


def _by_position(columns: Sequence[Hashable], origins: Mapping[Hashable, Any]) -> dict[int, tuple[str, bool]]:
    """Position of each AI column -> its origin and whether that is certain."""
    out: dict[int, tuple[str, bool]] = {}
    seen: dict[Hashable, int] = {}
    for position, label in enumerate(columns):
        found = origins.get(label)
        if isinstance(found, Sequence) and not isinstance(found, str):
            count = seen[label] = seen.get(label, -1) + 1
            found = found[count] if count < len(found) else None
        certain = True
        if isinstance(found, Mapping):
            certain = found.get("confidence") != "low"
            found = found.get("origin")
        if found in semconv.AI_ORIGINS:
            out[position] = (str(found), certain)
    return out


def _cells(head: re.Match[str], frame: Any) -> dict[int, tuple[int, int]] | None:
    """Column position -> where its head's text stands in the HTML; None when that is not certain."""
    columns = frame.columns
    levels = getattr(columns, "nlevels", 1)
    start = head.start(1)
    rows = [(start + m.start(1), m.group(1)) for m in _ROW.finditer(head.group(1))]
    if not rows:
        return None
    styled = _styled(rows, levels - 1)
    if styled:
        return styled
    if len(rows) < levels:
        return None
    base, row = rows[levels - 1]
    spans = [(base + m.start(1), base + m.end(1), m.group(1).strip()) for m in _CELL.finditer(row)]
    index = getattr(frame, "index", None)
    lead = getattr(index, "nlevels", 0)
    total = len(columns)
    for skip in dict.fromkeys((lead, 0)):  # with the index, or without it
        rest = spans[skip:]
        cuts = [i for i, (_, _, text) in enumerate(rest) if text in _CUT]
        # A frame cut by one column has as many heads as one that is whole.
        if len(rest) == total and all(_last(columns[i]) == rest[i][2] for i in cuts):
            return {i: (a, b) for i, (a, b, _) in enumerate(rest)}
        if cuts and len(rest) - 1 < total:
            cut = min(cuts, key=lambda i: abs(i - len(rest) // 2))
            after = len(rest) - cut - 1
            first = {i: rest[i][:2] for i in range(cut)}
            return first | {total - after + i: rest[cut + 1 + i][:2] for i in range(after)}
    return None


def _last(label: Hashable) -> str:
    """A column's label at its own level, as text."""
    return str(label[-1]) if isinstance(label, tuple) and label else str(label)


def _styled(rows: Sequence[tuple[int, str]], level: int) -> dict[int, tuple[int, int]]:
    """Heads of a Styler, which say their column's position themselves."""
    out: dict[int, tuple[int, int]] = {}
    for base, row in rows:
        for cell in _CELL.finditer(row):
            found = _STYLED.search(row, cell.start(), cell.start(1))
            if found is not None and int(found.group(1)) == level:
                out[int(found.group(2))] = (base + cell.start(1), base + cell.end(1))
    return out


def _sign(found: tuple[str, bool], at: int) -> str:
    origin, certain = found
    return _TEXT["synthetic" if origin == "synthetic" else "ai"][at] + ("" if certain else "?")


def _legend(
    columns: Sequence[Hashable], by_position: Mapping[int, tuple[str, bool]], visible: set[int], at: int
) -> str:
    groups: dict[tuple[str, bool], list[str]] = {}
    for position, found in by_position.items():
        groups.setdefault(found, []).append(_name(columns[position]))
    parts = []
    for (origin, certain), names in groups.items():
        perhaps = "" if certain else _TEXT["perhaps"][at]
        parts.append(f"{_listed(names, at)}: {perhaps}{WORDS[origin][at]}")
    hidden = [_name(columns[p]) for p in by_position if p not in visible]
    if hidden:
        parts.append(f"{_TEXT['hidden'][at]}: {_listed(hidden, at)}")
    return f"<p><small>{html.escape(_TEXT['legend'][at] + ' – ' + '; '.join(parts))}</small></p>"


def _listed(names: Sequence[str], at: int) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" {_TEXT['more'][at].format(more)}" if more > 0 else "")


def _name(label: Hashable) -> str:
    text = " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)
    return text if len(text) <= 60 else text[:59] + "…"
