"""All slots of a statement in words, worded from the record or asked of people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_aiprov.exporters._facts import Facts, Made
from jupyter_aiprov.exporters._wording.sentences import (
    check,
    coverage,
    footprint,
    gaps,
    outside_text,
    prompts,
    screening,
    unsearched,
)
from jupyter_aiprov.exporters._wording.slots import Slots
from jupyter_aiprov.exporters._wording.things import listed, made, semicolons, things
from jupyter_aiprov.exporters._wording.tools import ToolView, written
from jupyter_aiprov.exporters._words import joined, number, word


class View:
    """All slots of a statement in words; attributes are read by templates, and asked for only then."""

    def __init__(self, facts: Facts, slots: Slots) -> None:
        self.facts = facts
        self.slots = slots
        self.language = slots.language
        self.several = len(facts.notebooks) > 1
        self.tools = [ToolView(t, slots, self.several) for t in facts.tools]
        self.written = written(facts, self.language, named=self.several)
        self.outside = [{"text": outside_text(t, self.language)} for t in facts.outside]
        self.legends = self._legends([m for m in facts.made if m.kind in ("figure", "frame", "column", "output")])

    def each(self, name: str) -> Sequence[Any]:
        """What a part repeats over."""
        loops: Mapping[str, Sequence[Any]] = {
            "tool": self.tools,
            "written": self.written,
            "outside": self.outside,
            "legend": self.legends,
        }
        return loops[name]

    def _legends(self, results: Sequence[Made]) -> list[dict[str, str]]:
        """One a figure, table or column; the variables behind one figure make one."""
        out: dict[str, dict[str, str]] = {}
        for one in results:
            checks = [c for c in self.facts.checks if c.subject == one.subject and not c.stale]
            name = "".join(things([one], self.language))
            out.setdefault(
                name,
                {
                    "name": name,
                    "origin": word(one.origin, self.language),
                    "models": joined(list(one.models), self.language),
                    "evidence": " ".join(
                        check(replace(c, subject="", cell=None), self.language).rstrip(".") for c in checks
                    ),
                },
            )
        return list(out.values())

    def slot(self, name: str) -> Any:
        """One slot by name: worded from the record, or asked of people."""
        auto: Mapping[str, Callable[[], Any]] = {
            "state": lambda: self.facts.state,
            "tools": lambda: self.tools,
            "legends": lambda: self.legends,
            "notebooks": self._notebooks,
            "tools_short": self._tools_short,
            "tools_full": lambda: self._each(
                lambda t: f"{t.name} ({semicolons((t.reported, t.maker, t.route, t.dates), self.language)})"
            ),
            "purposes": lambda: (
                joined(list(dict.fromkeys(t.purpose for t in self.tools)), self.language) or self.slots.ask("purpose")
            ),
            "counts": self._counts,
            "portions": self._portions,
            "routes": lambda: semicolons((f"{t.route} ({t.name})" for t in self.tools), self.language),
            "made": lambda: made(self.facts.made, self.language),
            "ai_figures": lambda: joined(
                things([m for m in self.facts.made if m.kind == "figure"], self.language), self.language
            ),
            "labelled_files": lambda: self.facts.labelled_files,
            "prompts": lambda: prompts(self.facts, self.slots),
            "checks": lambda: self.checks() or self._no_check(),
            "checks_or_ask": lambda: self.checks() or self.slots.ask("checking") + ".",
            "screening": lambda: screening(self.facts, self.language),
            "unsearched": lambda: unsearched(self.facts, self.language),
            "footprint": lambda: footprint(self.facts, self.language),
            "coverage": lambda: coverage(self.facts, self.language),
            "gaps": lambda: gaps(self.facts, self.language),
            "who": self._who,
            "usage": lambda: self._stated("usage"),
            "privacy": lambda: self._stated("privacy"),
            "impact": lambda: self._stated("impact"),
            "effects": lambda: self._stated("impact", "effects"),
            "new_models": lambda: self.slots.ask("new-models"),
            "confirmed": lambda: lambda sentence: sentence in self.facts.confirmed,
        }
        found = auto.get(name)
        return found() if found else self.slots.ask(name)

    def _stated(self, kind: str, slot: str | None = None) -> str:
        said = self.facts.stated.get(kind)
        return joined([s.rstrip(" .") for s in said], self.language) if said else self.slots.ask(slot or kind)

    def _each(self, say: Callable[[ToolView], str]) -> str:
        return semicolons([*map(say, self.tools), *(o["text"] for o in self.outside)], self.language)

    def _tools_short(self) -> str:
        names = [f"{t.name} ({t.maker})" for t in self.tools]
        names += [outside_text(t, self.language, short=True) for t in self.facts.outside]
        names += [w.tool or w.model for w in self.written if w.tool or w.model]
        return listed(list(dict.fromkeys(names)), self.language) or word("ai", self.language)

    def _notebooks(self) -> str:
        if self.facts.notebooks:
            return listed(self.facts.notebooks, self.language)
        return "this notebook" if self.language == "en" else "ce carnet"

    def _counts(self) -> str:
        shown, other = self.facts.shown, sum(self.facts.other.values())
        if self.language == "en":
            first = f"{number(shown, 'en')} answer{'' if shown == 1 else 's'} behind the results shown"
            return f"{first}, {number(other, 'en')} further request{'' if other == 1 else 's'} during development"
        first = f"réponses derrière les résultats présentés\u00a0: {number(shown, 'fr')}"
        return f"{first}, autres requêtes pendant la mise au point\u00a0: {number(other, 'fr')}"

    def _portions(self) -> str:
        parts = list(dict.fromkeys([t.where for t in self.tools] + [w.where for w in self.written]))
        return semicolons(parts, self.language) or word("not-recorded", self.language)

    def checks(self) -> str:
        """Every review that still holds, as sentences; stale ones say so."""
        return " ".join(check(c, self.language, named=self.several) for c in self.facts.checks) + self._oversight()

    def _oversight(self) -> str:
        said = self.facts.stated.get("oversight")
        if not said:
            return ""
        lead = (
            "Oversight, as stated by the authors: "
            if self.language == "en"
            else "Supervision, telle que déclarée par les auteurs\u00a0: "
        )
        return (
            (" " if self.facts.checks else "") + lead + semicolons((s.rstrip(" .") for s in said), self.language) + "."
        )

    def _no_check(self) -> str:
        return (
            "No check of the answers by a person is on record."
            if self.language == "en"
            else ("Aucun contrôle des réponses du modèle par une personne n'est enregistré.")
        )

    def _who(self) -> str:
        names = [p["name"] + (f" (ORCID {p['orcid']})" if p.get("orcid") else "") for p in self.facts.people]
        return joined(names, self.language) if names else self.slots.ask("who")
