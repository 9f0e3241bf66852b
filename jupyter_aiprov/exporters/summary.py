"""The summary on top of a page: at most eight lines that a reviewer reads in one glance.

It never prints a verdict on the file it stands in: only that the record is self-reported, and the
command that checks it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from jupyter_aiprov.exporters import _facts, _words
from jupyter_aiprov.exporters._document import TARGETS, Block, Items, Paragraph, Target, write
from jupyter_aiprov.exporters._facts import Facts
from jupyter_aiprov.exporters._wording import (
    breakdown,
    gap_list,
    in_cells,
    listed,
    outside_text,
    read_of,
    semicolons,
    things,
    where,
    worth_naming,
)
from jupyter_aiprov.exporters._words import Language, amount, joined, word
from jupyter_aiprov.provenance import Provenance

NAME = "summary"
EXTENSION = ".md"
MOST: Final = 8


def lines(facts: Facts, language: Language, *, notebook: str | None = None, section: str = "") -> list[tuple[str, str]]:
    """(what, words) pairs, eight at most; a pair with nothing to say is left out."""
    en = language == "en"
    name = notebook or (facts.notebooks[0] if facts.notebooks else "NOTEBOOK.ipynb")
    check = f"jupyter aiprov verify {name}"
    pairs = [
        ("AI uses" if en else "Usages de l'IA", _uses(facts, language)),
        ("Depends on AI" if en else "Dépend de l'IA", _depends(facts, language)),
        ("Human checks" if en else "Contrôles humains", _checks(facts, language) if facts.state == "uses" else ""),
        ("Where data went" if en else "Où sont allées les données", _routes(facts, language)),
        ("Not captured" if en else "Non capté", _missing(facts, language)),
        (
            "Integrity" if en else "Intégrité",
            f"self-reported at export: check with: {check}"
            if en
            else f"déclaratif, au moment de l'export ; vérifier avec : {check}",
        ),
        ("Written by" if en else "Écrit par", facts.writer or ""),
        ("Details" if en else "Détails", section),
    ]
    return [(what, text if en else _words.french(re.sub(r"(?<=\S); ", " ; ", text))) for what, text in pairs if text][
        :MOST
    ]


def blocks(facts: Facts, language: Language, *, notebook: str | None = None, section: str = "") -> list[Block]:
    """The summary as a list, one line each."""
    colon = ": " if language == "en" else "\u00a0: "
    head = "AI in this notebook" if language == "en" else "L'IA dans ce carnet"
    pairs = lines(facts, language, notebook=notebook, section=section)
    return [Paragraph("", head), Items(tuple(f"{what}{colon}{text}" for what, text in pairs))]


def render(provenances: Sequence[Provenance], *, language: str = "en", format: str = "md") -> str:  # noqa: A002
    """The summary of one or several notebooks."""
    lang: Language = "fr" if language == "fr" else "en"
    target: Target = next(t for t in TARGETS if t == format)
    return write(blocks(_facts.facts(provenances, impact=False, language=lang), lang), target)


def export(provenance: Provenance, language: str = "en") -> str:
    """The summary of one notebook."""
    return render([provenance], language=language)


def _uses(facts: Facts, language: Language) -> str:
    en = language == "en"
    if facts.state == "no-record":
        return (
            "nothing was recorded; whether AI was used cannot be told"
            if en
            else "rien n'a été enregistré ; on ne peut dire si de l'IA a été utilisée"
        )
    if facts.state == "nothing-recorded":
        return "no AI use recorded" if en else "aucun usage d'IA enregistré"
    parts = []
    for tool in facts.tools:
        when = _words.period(tool.first, tool.last, language)
        shown = amount(tool.shown, "answer", language)
        parts.append(f"{tool.model} ({shown}{f', {when}' if when else ''})")
    parts += [outside_text(t, language, short=True) + (" (declared)" if en else " (déclaré)") for t in facts.outside]
    other = facts.other
    text = listed(parts, language)
    if other:
        text += f"; {amount(sum(other.values()), 'request', language)} ({breakdown(other, language)})"
    return text


def _depends(facts: Facts, language: Language) -> str:
    parts = things(worth_naming(facts.made), language)
    cells = sorted({w.cell for w in facts.written if w.cell})
    if cells:
        parts.append(in_cells("code", cells, language))
    if not parts and facts.tools:
        places = [p for t in facts.tools for p in t.places]
        parts = [where(places, language, named=len(facts.notebooks) > 1)]
    return semicolons(parts, language)


def _checks(facts: Facts, language: Language) -> str:
    if not facts.checks:
        return word("no-review", language)
    parts = []
    for one in facts.checks:
        what = one.subject or (f"{word('cell', language)} {one.cell}" if one.cell else word(one.kind, language))
        if one.stale:
            state = word("stale", language)
        elif one.read is not None and one.total is not None:
            state = read_of(one, language)
        else:
            state = word(one.status, language)
        parts.append(f"{what} ({state}; {word(one.method, language)})")
    return listed(parts, language)


def _routes(facts: Facts, language: Language) -> str:
    routes: dict[str, list[str]] = {}
    for tool in facts.tools:
        routes.setdefault(tool.destination or "nowhere", []).append(tool.model)
    return semicolons(
        (f"{word(k, language)} ({joined(list(dict.fromkeys(v)), language)})" for k, v in routes.items()), language
    )


def _missing(facts: Facts, language: Language) -> str:
    if facts.state == "no-record":
        return ""
    return gap_list(facts, language) or ("no gap on record" if language == "en" else "aucune lacune enregistrée")
