"""One tool, or one cell that an AI wrote, in words: what templates print of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from jupyter_aiprov.exporters import _words
from jupyter_aiprov.exporters._facts import Facts, Tool, Written
from jupyter_aiprov.exporters._wording.slots import Slots
from jupyter_aiprov.exporters._wording.things import (
    bare,
    breakdown,
    parameters,
    semicolons,
    things,
    where,
    worth_naming,
)
from jupyter_aiprov.exporters._words import Language, joined, number, runs, word


@dataclass(frozen=True)
class ToolView:
    """One tool in words."""

    fact: Tool
    slots: Slots
    named: bool  # several notebooks: say which

    @property
    def language(self) -> Language:
        """The language of the words."""
        return self.slots.language

    @property
    def name(self) -> str:
        """The model that answered, else the one asked for."""
        return self.fact.model

    @property
    def reported(self) -> str:
        """Whose word the model's name is, and what was asked for."""
        en = self.language == "en"
        if not self.fact.reported:
            return (
                "name as asked for; the answering model was not reported by the server"
                if en
                else ("nom demandé ; le serveur n'a pas indiqué le modèle qui a répondu")
            )
        said = "as reported by the server" if en else "tel qu'indiqué par le serveur"
        others = [a for a in self.fact.asked if a != self.fact.model]
        if others:
            said += (", asked for as " if en else ", demandé sous le nom ") + joined(others, self.language, "or")
        return said

    @property
    def revision(self) -> str:
        """What fixes the model beyond its name; says so when its name alone does not."""
        card, en = self.fact.card, self.language == "en"
        if card is None:
            return ""
        parts = []
        if card.revision:
            parts.append(f"revision {card.revision}" if en else f"révision {card.revision}")
        if card.sha256:
            parts.append(("SHA-256 of the weights " if en else "SHA-256 des poids ") + card.sha256)
        if card.unidentified:
            parts.append(word("weights-not-identified", self.language))
        if card.alias:
            parts.append("alias, not reproducible by name" if en else "alias, non reproductible par son nom")
        return ", ".join(parts)

    @property
    def name_and_version(self) -> str:
        """`gpt-4o-mini, version gpt-4o-mini-2024-07-18`."""
        card = self.fact.card
        asked = [a for a in self.fact.asked if a != self.fact.model] if self.fact.reported else []
        head = f"{joined(asked, self.language, 'or')}, version {self.fact.model}" if asked else self.fact.model
        revision = "revision" if self.language == "en" else "révision"
        return head + (f", {revision} {card.revision}" if card and card.revision else "")

    @property
    def version_reported(self) -> str:
        """Whose word the version is."""
        if not self.fact.reported:
            return self.reported
        en = self.language == "en"
        return "version as reported by the server" if en else "version telle qu'indiquée par le serveur"

    @property
    def maker(self) -> str:
        """Who makes the model."""
        if self.fact.card and self.fact.card.maker:
            return self.fact.card.maker
        return self.slots.ask("maker", self.fact.key)

    @property
    def route(self) -> str:
        """How the requests reached the model."""
        if self.fact.destination is None:
            return self.slots.ask("route", self.fact.key)
        return word(self.fact.destination, self.language)

    @property
    def dates(self) -> str:
        """First and last day on record."""
        return _words.period(self.fact.first, self.fact.last, self.language) or self.slots.ask("dates", self.fact.key)

    @property
    def purpose(self) -> str:
        """What for, as declared."""
        if self.fact.purposes:
            return joined([p.rstrip(" .") for p in self.fact.purposes], self.language)
        return self.slots.ask("purpose", self.fact.key)

    @property
    def tasks(self) -> str:
        """GAIDeT tasks as declared; empty when none is."""
        return joined([_words.gaidet(t, self.language) for t in self.fact.tasks], self.language)

    @property
    def tasks_or_ask(self) -> str:
        """GAIDeT tasks, or the open slot."""
        if not self.tasks:
            return self.slots.ask("tasks", self.fact.key)
        uris = ", ".join(u for t in self.fact.tasks if (u := _words.gaidet_uri(t)))
        return f"{self.tasks} ({uris})" if uris else self.tasks

    @property
    def where(self) -> str:
        """Cells, and what came of the answers."""
        made = things([m for m in worth_naming(self.fact.made) if m.kind != "variable"], self.language)
        cells = where(self.fact.places, self.language, named=self.named)
        return f"{cells} ({semicolons(made, self.language)})" if made else cells

    @property
    def shown(self) -> str:
        """`1,500 answers stand`."""
        n = self.fact.shown
        if self.language == "en":
            return f"{number(n, 'en') if n else 'no'} answer{'' if n == 1 else 's'} stand{'s' if n == 1 else ''}"
        if not n:
            return "aucune réponse ne fonde"
        return f"{number(n, 'fr')} réponse{'s' if n > 1 else ''} fonde{'nt' if n > 1 else ''}"

    @property
    def other(self) -> str:
        """`6,100 further requests were made`."""
        n = sum(self.fact.other.values())
        if self.language == "en":
            return f"{number(n, 'en') if n else 'no'} further request{' was' if n == 1 else 's were'} made"
        if not n:
            return "aucune autre requête n'a été faite"
        made = "autres requêtes ont été faites" if n > 1 else "autre requête a été faite"
        return f"{number(n, 'fr')} {made}"

    @property
    def breakdown(self) -> str:
        """What the further requests were."""
        return breakdown(self.fact.other, self.language)

    @property
    def parameters(self) -> str:
        """Parameters set in the requests; empty when none was."""
        return parameters(self.fact, self.language)

    @property
    def incomplete(self) -> str:
        """Answers that stopped early; empty when none did."""
        return number(self.fact.incomplete, self.language) if self.fact.incomplete else ""


@dataclass(frozen=True)
class WrittenView:
    """A cell written with AI, in words."""

    fact: Written
    language: Language
    named: bool
    cells: tuple[int, ...] = ()

    @property
    def where(self) -> str:
        """The cells written alike."""
        many = "cells" if len(self.cells) > 1 else "cell"
        place = (
            f"{word(many, self.language)} {runs(self.cells)}" if self.cells else word("outside any cell", self.language)
        )
        return f"{self.fact.notebook} ({place})" if self.named and self.fact.notebook else place

    @property
    def origin(self) -> str:
        """AI-generated or AI-assisted, and how it is known when a person said so."""
        said = {
            "declared": ("declared", "déclaré"),
            "inferred": ("inferred", "déduit"),
            "imported": ("imported", "importé"),
        }
        pair = said.get(self.fact.evidence)
        extra = f", {pair[0 if self.language == 'en' else 1]}" if pair else ""
        if self.fact.edited:
            extra += ", then edited by a person" if self.language == "en" else ", puis modifié par une personne"
        return bare(self.fact.origin, self.language) + extra

    @property
    def tool(self) -> str:
        """The assistant, where its mark names it."""
        return self.fact.tool or ""

    @property
    def model(self) -> str:
        """The model, where known."""
        return self.fact.model or ""

    @property
    def share(self) -> str:
        """How much of the source matched an answer."""
        if self.fact.share is None:
            return ""
        low, high = (round(100 * s) for s in self.fact.share)
        unit = "%" if self.language == "en" else "\u00a0%"
        return f"{low}{unit}" if low == high else f"{low}–{high}{unit}"


def written(facts: Facts, language: Language, *, named: bool) -> list[WrittenView]:
    """Cells with AI-written sources, those that were written alike together."""
    alike: dict[Written, list[int]] = {}
    for one in facts.written:
        alike.setdefault(replace(one, cell=None), []).extend([one.cell] if one.cell else [])
    return [WrittenView(one, language, named, tuple(sorted(set(cells)))) for one, cells in alike.items()]
