"""Places, results, parameters and counts in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._facts import Made, Place, Tool
from jupyter_aiprov.exporters._words import Language, amount, joined, number, runs, word

_LISTED: Final = 12  # names printed before "and n more"
_KINDS: Final = ("column", "frame", "figure", "file", "output", "variable")


def semicolons(parts: Iterable[str], language: Language) -> str:
    """Parts with semicolons between, as the language sets them."""
    return ("; " if language == "en" else "\u00a0; ").join(p for p in parts if p)


def listed(names: Sequence[str], language: Language) -> str:
    """Names as an enumeration, cut with a count of the rest."""
    rest = len(names) - _LISTED
    if rest > 1:
        more = f"and {rest} more" if language == "en" else f"et {rest} autres"
        return ", ".join(names[:_LISTED]) + " " + more
    return joined(names, language)


def things(results: Iterable[Made], language: Language) -> list[str]:
    """`columns df.a and df.b`, `figure in cell 4`: one text a kind."""
    kinds: dict[str, list[Made]] = {}
    for one in results:
        kinds.setdefault(one.kind, []).append(one)
    order = [*(k for k in _KINDS if k in kinds), *(k for k in kinds if k not in _KINDS)]
    return [text for kind in order for text in _things(kind, kinds[kind], language)]


def _things(kind: str, results: Sequence[Made], language: Language) -> list[str]:
    texts = list(dict.fromkeys(m.label for m in results if m.label))  # the manuscript's own name: `Figure 2`
    rest = [m for m in results if not m.label]
    placed = [m for m in rest if kind == "figure" and m.cell]
    labelled = {(m.notebook, m.cell) for m in results if m.label}
    placed = [m for m in placed if (m.notebook, m.cell) not in labelled]  # other variables of a named figure
    for notebook in dict.fromkeys(m.notebook for m in placed):
        cells = sorted({m.cell for m in placed if m.notebook == notebook and m.cell})
        text = in_cells(word(kind if len(cells) == 1 else kind + "s", language), cells, language)
        if len({m.notebook for m in placed}) > 1 and notebook:
            text += f" ({notebook})"
        texts.append(text)
    named = [m for m in rest if not (kind == "figure" and m.cell)]
    if names := list(dict.fromkeys(m.subject for m in named)):
        texts.append(f"{word(kind if len(names) == 1 else kind + 's', language)} {listed(names, language)}")
    return texts


def in_cells(what: str, cells: Sequence[int], language: Language) -> str:
    """`figure in cell 4`, `figures des cellules 4, 11`."""
    many = len(cells) > 1
    link = "in" if language == "en" else "des" if many else "de la"
    return f"{what} {link} {word('cells' if many else 'cell', language)} {runs(cells)}"


def worth_naming(results: Sequence[Made]) -> list[Made]:
    """Without the variables of a run that also made something that readers see."""
    seen = {(m.notebook, m.execution, m.cell) for m in results if m.kind != "variable"}
    return [m for m in results if m.kind != "variable" or (m.notebook, m.execution, m.cell) not in seen]


def made(results: Sequence[Made], language: Language) -> str:
    """`column df.label (AI-generated; 12 of 12 rows, 1 edited); figure in cell 4 (derived from AI output)`."""
    groups: dict[tuple[str, str], list[Made]] = {}
    for one in worth_naming(results):
        groups.setdefault((one.origin, _rows(one, language)), []).append(one)
    parts = []
    for (origin, rows), alike in groups.items():
        inside = ", ".join(filter(None, (bare(origin, language), rows)))
        parts.append(f"{joined(things(alike, language), language)} ({inside})")
    return semicolons(parts, language)


def bare(origin: str, language: Language) -> str:
    """The origin's word for use between parentheses: without its own."""
    return word(origin, language).replace(" (", ", ").replace(")", "")


def _rows(one: Made, language: Language) -> str:
    parts = []
    if one.rows_ai is not None and one.rows_total is not None:
        parts.append(
            f"{number(one.rows_ai, language)} {word('of', language)} {amount(one.rows_total, 'row', language)}"
        )
    if one.rows_edited:
        parts.append(amount(one.rows_edited, "edit", language))
    return ", ".join(parts)


def where(places: Sequence[Place], language: Language, *, named: bool) -> str:
    """`cells 3, 5–7`; with the notebook's name where there are several."""
    out = []
    for place in places:
        parts = []
        if place.cells:
            parts.append(f"{word('cell' if len(place.cells) == 1 else 'cells', language)} {runs(place.cells)}")
        if place.executions:
            parts.append(f"{word('execution', language)} {', '.join(f'[{n}]' for n in place.executions)}")
        if place.outside:
            parts.append(word("outside any cell", language))
        text = joined(parts, language)
        out.append(f"{place.notebook} ({text})" if named and place.notebook else text)
    return joined(out, language)


def value(one: Any) -> str:
    """A parameter's value as it was sent."""
    if isinstance(one, bool):
        return "true" if one else "false"
    if isinstance(one, list | tuple | Mapping):
        return clean(str(list(one) if isinstance(one, tuple) else one), 200)
    return clean(one, 200)


def parameters(tool: Tool, language: Language) -> str:
    """`temperature 0, max_tokens 200`; several values joined by `or`."""
    out = []
    for name, values in tool.parameters.items():
        shown = [value(v) for v in values[:4]]
        shown += [word("others", language)] if len(values) > 4 else []
        out.append(f"{name} {joined(shown, language, 'or')}")
    return ", ".join(out)


def breakdown(other: Mapping[str, int], language: Language) -> str:
    """`superseded runs 40, failed or repeated attempts 3`."""
    return ", ".join(f"{word(k, language)} {number(n, language)}" for k, n in other.items() if n)
