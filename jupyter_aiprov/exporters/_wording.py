"""Facts in words of one language: what templates print, slot by slot.

A slot that only a person can fill asks for its answer when it is printed and the answer is not
on record; everything else is worded from the record and cannot be overridden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from jupyter_aiprov.exporters import _words
from jupyter_aiprov.exporters._document import CLOSE, OPEN, clean
from jupyter_aiprov.exporters._facts import Check, Facts, Made, Place, Tool, Written
from jupyter_aiprov.exporters._words import Language, amount, joined, number, runs, word

Questions = Mapping[str, Mapping[str, str]]
_LISTED: Final = 12  # names printed before "and n more"


class Slots:
    """Answers that people gave, and the questions still open, in order of their first printing."""

    def __init__(self, language: Language, questions: Questions, answers: Mapping[str, str]) -> None:
        self.language = language
        self.questions = questions
        self.answers = {str(k): text for k, v in answers.items() if v and (text := clean(v))}
        self.open: dict[str, str] = {}

    def ask(self, name: str, about: str = "") -> str:
        """The answer to a slot, or the open slot itself; `about` tells one model from another."""
        key = f"{name}[{about}]" if about else name
        if answer := self.answers.get(key) or self.answers.get(name):
            return answer.rstrip(" .")
        question = self.questions[name][self.language].replace("{model}", about)
        return self.opened(key, question)

    def opened(self, key: str, question: str) -> str:
        """An open slot as it is printed."""
        self.open[key] = question
        colon = ":" if self.language == "en" else "\u00a0:"
        return f"{OPEN}[{word('to-complete', self.language)}{colon} {question}]{CLOSE}"


def listed(names: Sequence[str], language: Language) -> str:
    """Names as an enumeration, cut with a count of the rest."""
    rest = len(names) - _LISTED
    if rest > 1:
        more = f"and {rest} more" if language == "en" else f"et {rest} autres"
        return ", ".join(names[:_LISTED]) + " " + more
    return joined(names, language)


def called(kind: str, names: Sequence[str], language: Language) -> str:
    """`columns df.a and df.b`; names that say themselves what they are stand alone."""
    if all(n.lower().startswith((kind, word(kind, language))) for n in names):
        return listed(names, language)
    return f"{word(kind if len(names) == 1 else kind + 's', language)} {listed(names, language)}"


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
        if card.alias:
            parts.append("alias, not reproducible by name" if en else "alias, non reproductible par son nom")
        return ", ".join(parts)

    @property
    def version(self) -> str:
        """The snapshot or revision that answered."""
        card = self.fact.card
        if card and card.revision:
            return card.revision
        return f"{self.fact.model} {self.reported}"

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
        parts = [where(self.fact.places, self.language, named=self.named)]
        made = self.fact.subjects
        parts += [called(k, made[k], self.language) for k in ("column", "frame", "figure", "file") if made.get(k)]
        return "; ".join(p for p in parts if p) if self.language == "en" else "\u00a0; ".join(p for p in parts if p)

    @property
    def shown(self) -> str:
        """`1,500 answers stand`."""
        n = self.fact.shown
        if self.language == "en":
            return f"{number(n, 'en')} answer{'s' if n != 1 else ''} stand{'s' if n == 1 else ''}"
        return f"{number(n, 'fr')} réponse{'s' if n > 1 else ''} fonde{'nt' if n > 1 else ''}"

    @property
    def other(self) -> str:
        """`6,100 further requests were made`."""
        n = sum(self.fact.other.values())
        if self.language == "en":
            return f"{number(n, 'en')} further request{'s were' if n != 1 else ' was'} made"
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


def breakdown(other: Mapping[str, int], language: Language) -> str:
    """`superseded runs 40, failed or repeated attempts 3`."""
    return ", ".join(f"{word(k, language)} {number(n, language)}" for k, n in other.items() if n)


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
        return word(self.fact.origin, self.language) + extra

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


def outside_text(tool: Mapping[str, str]) -> str:
    """A tool used elsewhere, as declared: `ChatGPT (GPT-5, OpenAI): purpose, dates`."""
    inner = ", ".join(tool[k] for k in ("model", "version", "maker") if tool.get(k) and tool.get(k) != tool.get("tool"))
    rest = ", ".join(tool[k].rstrip(" .") for k in ("purpose", "where", "dates") if tool.get(k))
    head = tool.get("tool") or tool.get("model") or ""
    return head + (f" ({inner})" if inner and inner != head else "") + (f": {rest}" if rest else "")


def check(one: Check, language: Language, *, named: bool = False) -> str:
    """One review as a sentence; people are named only where the record names them."""
    en = language == "en"
    who = one.who or word("someone", language)
    if one.orcid:
        who += f", ORCID {one.orcid}"
    if one.identity and one.who:
        who += f" ({word(one.identity, language)})"
    unit = one.unit if one.unit.endswith("s") else one.unit + "s"
    subject = one.subject or (f"{word('cell', language)} {one.cell}" if one.cell else "")
    if named and one.notebook:
        subject = f"{one.notebook} {subject}".strip()
    of = f"{subject}: " if en and subject else f"{subject}\u00a0: " if subject else ""
    method = word(one.method, language)
    if one.total is None and one.read is None:
        state = word(one.status, language)
        text = f"{of}{state} by {who} ({method})" if en else f"{of}{state} par {who} ({method})"
    else:
        total = amount(one.total, unit.removesuffix("s"), language) if one.total is not None else word(unit, language)
        read = number(one.read, language) if one.read is not None else word("not-recorded", language)
        corrected, rejected = number(one.corrected, language), number(one.rejected, language)
        if en:
            text = f"{of}of {total}, {read} were read by {who} ({method})"
            text += f"; corrected: {corrected}, discarded: {rejected}"
        else:
            text = f"{of}sur {total}, {read} réponses du modèle ont été contrôlées par {who} ({method})"
            text += f"\u00a0; corrigées\u00a0: {corrected}, écartées\u00a0: {rejected}"
    if one.stale:
        text += "; changed since, to review again" if en else "\u00a0; modifié depuis, à contrôler de nouveau"
    return (text if subject else text[:1].upper() + text[1:]) + "."


def made(one: Made, language: Language) -> str:
    """`column df.label (AI-generated, 1,500 of 1,500 rows, 6 edited)`."""
    parts = [word(one.origin, language)]
    if one.rows_ai is not None and one.rows_total is not None:
        parts.append(
            f"{number(one.rows_ai, language)} {word('of', language)} {amount(one.rows_total, 'row', language)}"
        )
    if one.rows_edited:
        parts.append(f"{number(one.rows_edited, language)} {word('edited', language)}")
    return f"{called(one.kind, [one.subject], language)} ({', '.join(parts)})"


def gaps(facts: Facts, language: Language) -> str:
    """`did not capture …`, or that nothing is known to be missing."""
    en = language == "en"
    if not facts.gaps:
        return "reports no gap of its own" if en else "ne signale aucune lacune de son côté"
    named = []
    details = {r: [d for reason, d in facts.gap_details if reason == r] for r in facts.gaps}
    for reason, n in facts.gaps.items():
        text = word(reason, language)
        if reason == "not-covered" and details[reason]:
            text += f" ({listed(details[reason], language)})"
        elif n > 1:
            text += f" ({number(n, language)})"
        named.append(text)
    return ("did not capture " if en else "n'a pas observé : ") + ", ".join(named)


def coverage(facts: Facts, language: Language) -> str:
    """What the log looked at."""
    en = language == "en"
    if not facts.hooked:
        return "the calls of the notebook's kernel on record" if en else "les appels enregistrés du noyau du carnet"
    through = joined(list(facts.hooked), language)
    return (
        f"the calls of the notebook's kernel through {through}"
        if en
        else f"les appels du noyau du carnet passant par {through}"
    )


def footprint(facts: Facts, language: Language) -> str:
    """A range with its method, or which models it was not estimated for."""
    en = language == "en"
    known = [t for t in facts.tools if t.impact]
    missing = list(dict.fromkeys(t.model for t in facts.tools if not t.impact))
    parts = []
    if known:
        low = sum(t.impact.gwp_kgco2eq[0] for t in known if t.impact) * 1000
        high = sum(t.impact.gwp_kgco2eq[1] for t in known if t.impact) * 1000
        one = known[0].impact
        assert one is not None
        numbers = f"{low:.2g}–{high:.2g}"
        zone = one.zone or ("provider's default zone" if en else "zone par défaut du fournisseur")
        warn = f"; {', '.join(one.warnings)}" if one.warnings else ""
        unit = "g CO2eq" if en else "g éq. CO2"
        parts.append(
            f"{numbers if en else numbers.replace('.', ',')} {unit} ({one.method} {one.version}, {zone}{warn})"
        )
    if missing:
        parts.append(f"{word('not-estimated', language)} {'for' if en else 'pour'} {listed(missing, language)}")
    return ("; " if en else "\u00a0; ").join(parts)


def prompts(facts: Facts, slots: Slots) -> str:
    """Templates that people gave or confirmed, the place or reason they stated, or the open slot."""
    en = slots.language == "en"
    out = []
    for one in facts.prompts:
        name = f"{one['name']}: " if one.get("name") and en else f"{one['name']}\u00a0: " if one.get("name") else ""
        texts = [one[key] for key in ("system", "template") if one.get(key)]
        out += [f"{name}“{text}”" if en else f"{name}«\u00a0{text}\u00a0»" for text in texts]
        if one.get("place"):
            out.append(("given in " if en else "données dans ") + one["place"])
        if one.get("withheld"):
            out.append(("withheld because " if en else "non diffusées en raison de ") + one["withheld"])
    return ("; " if en else "\u00a0; ").join(out) if out else slots.ask("prompts")


class View:
    """All slots of a statement in words; attributes are read by templates, and asked for only then."""

    def __init__(self, facts: Facts, slots: Slots) -> None:
        self.facts = facts
        self.slots = slots
        self.language = slots.language
        self.several = len(facts.notebooks) > 1
        self.tools = [ToolView(t, slots, self.several) for t in facts.tools]
        self.written = written(facts, self.language, named=self.several)
        self.outside = [{"text": outside_text(t)} for t in facts.outside]
        self.legends = [self._legend(m) for m in facts.made if m.kind in ("figure", "frame", "column", "output")]

    def each(self, name: str) -> Sequence[Any]:
        """What a part repeats over."""
        loops: Mapping[str, Sequence[Any]] = {
            "tool": self.tools,
            "written": self.written,
            "outside": self.outside,
            "legend": self.legends,
        }
        return loops[name]

    def _legend(self, one: Made) -> dict[str, str]:
        checks = [c for c in self.facts.checks if c.subject == one.subject and not c.stale]
        return {
            "name": called(one.kind, [one.subject], self.language),
            "origin": word(one.origin, self.language),
            "models": joined(list(one.models), self.language),
            "evidence": " ".join(check(c, self.language).rstrip(".") for c in checks),
        }

    def slot(self, name: str) -> Any:
        """One slot by name: worded from the record, or asked of people."""
        auto: Mapping[str, Callable[[], Any]] = {
            "state": lambda: self.facts.state,
            "tools": lambda: self.tools,
            "legends": lambda: self.legends,
            "notebooks": self._notebooks,
            "tools_short": self._tools_short,
            "tools_full": lambda: self._each(lambda t: f"{t.name} ({t.reported}; {t.maker}; {t.route}; {t.dates})"),
            "purposes": lambda: (
                joined(list(dict.fromkeys(t.purpose for t in self.tools)), self.language) or self.slots.ask("purpose")
            ),
            "counts": self._counts,
            "portions": self._portions,
            "routes": lambda: self._each(lambda t: f"{t.route} ({t.name})"),
            "made": lambda: listed([made(m, self.language) for m in self.facts.made], self.language),
            "ai_figures": lambda: listed([m.subject for m in self.facts.made if m.kind == "figure"], self.language),
            "labelled_files": lambda: self.facts.labelled_files,
            "prompts": lambda: prompts(self.facts, self.slots),
            "checks": lambda: self.checks() or self._no_check(),
            "checks_or_ask": lambda: self.checks() or self.slots.ask("checking") + ".",
            "screening": lambda: ", ".join(
                f"{k} ({number(n, self.language)})" for k, n in self.facts.screening.items()
            ),
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
        parts = [say(t) for t in self.tools] + [o["text"] for o in self.outside]
        text = ("; " if self.language == "en" else "\u00a0; ").join(parts)
        return text if self.language == "en" else text.replace("; ", "\u00a0; ").replace("\u00a0\u00a0", "\u00a0")

    def _tools_short(self) -> str:
        names = [f"{t.name} ({t.maker})" for t in self.tools] + [o["text"] for o in self.outside]
        names += [w.tool or w.model for w in self.written if w.tool or w.model]
        return listed(list(dict.fromkeys(names)), self.language) or word("ai", self.language)

    def _notebooks(self) -> str:
        if self.facts.notebooks:
            return listed(self.facts.notebooks, self.language)
        return "this notebook" if self.language == "en" else "ce carnet"

    def _counts(self) -> str:
        shown, other = (number(n, self.language) for n in (self.facts.shown, sum(self.facts.other.values())))
        if self.language == "en":
            return f"{shown} answers behind the results shown, {other} further requests during development"
        first = f"réponses derrière les résultats présentés\u00a0: {shown}"
        return f"{first}, autres requêtes pendant la mise au point\u00a0: {other}"

    def _portions(self) -> str:
        parts = list(dict.fromkeys([t.where for t in self.tools] + [w.where for w in self.written]))
        return joined([p for p in parts if p], self.language) or word("not-recorded", self.language)

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
        return (" " if self.facts.checks else "") + lead + "; ".join(s.rstrip(" .") for s in said) + "."

    def _no_check(self) -> str:
        return (
            "No check of the answers by a person is on record."
            if self.language == "en"
            else ("Aucun contrôle des réponses du modèle par une personne n'est enregistré.")
        )

    def _who(self) -> str:
        names = [p["name"] + (f" (ORCID {p['orcid']})" if p.get("orcid") else "") for p in self.facts.people]
        return joined(names, self.language) if names else self.slots.ask("who")


def totals(facts: Facts) -> Counter[str]:
    """Rows read, corrected and in all, over the reviews that still hold."""
    out: Counter[str] = Counter()
    for one in facts.checks:
        if not one.stale and one.unit in ("row", "rows"):
            out["read"] += one.read or 0
            out["total"] += one.total or 0
            out["corrected"] += one.corrected
    return out
