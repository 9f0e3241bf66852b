"""The table of AI uses, one line per model, way in and purpose: what statements and pages end with."""

from __future__ import annotations

from jupyter_aiprov.exporters._document import Table
from jupyter_aiprov.exporters._facts import Facts
from jupyter_aiprov.exporters._wording import breakdown, parameters, semicolons, things, where, worth_naming
from jupyter_aiprov.exporters._words import Language, number, period, word


def uses(facts: Facts, language: Language) -> Table:
    """Every tool with its places, counts, parameters and dates."""
    colon = "\u00a0:"
    head = tuple(
        word(h, language) for h in ("h-where", "h-model", "h-route", "h-use", "h-made", "h-parameters", "h-dates")
    )
    rows = []
    for tool in facts.tools:
        asked = [a for a in tool.asked if a != tool.model]
        model = tool.model if tool.reported else f"{tool.model} ({word('not-reported', language)})"
        if asked:
            model += f" ({word('h-asked', language).lower()}{':' if language == 'en' else colon} {', '.join(asked)})"
        other = sum(tool.other.values())
        more = f" ({breakdown(tool.other, language)})" if other else ""
        rows.append(
            (
                where(tool.places, language, named=len(facts.notebooks) > 1),
                model,
                word(tool.destination or "nowhere", language),
                f"{number(tool.shown, language)} / {number(other, language)}{more}",
                semicolons(things(worth_naming(tool.made), language), language),
                parameters(tool, language) or word("none-set", language),
                period(tool.first, tool.last, language) or word("not-recorded", language),
            )
        )
    return Table(head, tuple(rows), word("uses", language))
