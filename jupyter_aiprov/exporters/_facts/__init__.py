"""What the record says, language-free and JSON-able: the facts that statements and summaries word.

Nothing here is a sentence and nothing is guessed. Uses are grouped by model and declared purpose;
counts keep answers behind the results shown apart from everything else. Claims about people come
from review and declaration records only.
"""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_aiprov.exporters import _cards
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._facts import coverage, people, results
from jupyter_aiprov.exporters._facts.kinds import CONFIRMATIONS, Check, Facts, Made, Place, Tool, Written
from jupyter_aiprov.exporters._facts.tools import tools as tools_of
from jupyter_aiprov.provenance import Provenance
from jupyter_aiprov.words import Language

__all__ = ["CONFIRMATIONS", "Check", "Facts", "Made", "Place", "Tool", "Written", "facts"]


def facts(provenances: Sequence[Provenance], *, impact: bool = True, language: Language = "en") -> Facts:
    """Gather from one or several notebooks what their records say.

    `language` chooses among what people declared in both; nothing else depends on it.
    """
    cards = _cards.cards(provenances)
    tools = tools_of(provenances, cards, language, impact=impact)
    outside = tuple(x for p in provenances for d in p.declared("ai-tool") if (x := people.outside(d)))
    written = tuple(w for p in provenances for w in results.written(p))
    made = tuple(m for p in provenances for m in results.made(p))
    if tools or outside or written or made:
        state = "uses"
    else:
        state = "nothing-recorded" if any(p.sessions for p in provenances) else "no-record"
    gaps, details = coverage.gaps(provenances)
    return Facts(
        state=state,
        notebooks=tuple(dict.fromkeys(clean(p.notebook, 255) for p in provenances if p.notebook)),
        tools=tuple(tools),
        cards=tuple(cards),
        made=made,
        written=written,
        checks=tuple(c for p in provenances for c in people.checks(p)),
        people=people.people(provenances),
        prompts=tuple(x for p in provenances for d in p.declared("prompt") if (x := people.prompt(d))),
        stated=people.stated(provenances, language),
        confirmed=people.confirmed(provenances),
        outside=outside,
        screening=coverage.screening(provenances),
        hooked=coverage.hooked(provenances),
        gaps=gaps,
        gap_details=details,
        writer=coverage.writer(provenances),
        labelled_files=coverage.labelled(provenances),
    )
