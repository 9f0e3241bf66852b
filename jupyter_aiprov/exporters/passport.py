"""Data passport: what each dataset holds, where its columns come from, who checked, what nobody answered.

Facts come from the record (lineage, files, checks) and from `aiprov.describe`; what only people know stays a
visible question. Holds no value of a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters import _facts
from jupyter_aiprov.exporters._document import Block, Heading, Items, Paragraph, Table, clean, write
from jupyter_aiprov.exporters._facts import people, results
from jupyter_aiprov.exporters._wording import Slots
from jupyter_aiprov.exporters._words import Language, amount, joined, number, word
from jupyter_aiprov.passport import LEAST, QUESTIONS
from jupyter_aiprov.provenance import Event, Provenance

NAME = "passport"
EXTENSION = ".passport.md"

_DECLARED: Final = {"observed": "real-observation", "human": "human", "synthetic": "synthetic"}
_SAY: Final[dict[str, tuple[str, str]]] = {
    "head": ("Data passport", "Passeport des données"),
    "none": ("No dataset is on record.", "Aucun jeu de données n'est enregistré."),
    "column": ("Column", "Colonne"),
    "type": ("Type", "Type"),
    "missing": ("Missing", "Manquantes"),
    "distinct": ("Distinct", "Distinctes"),
    "origin": ("Origin", "Origine"),
    "models": ("AI system", "Système d'IA"),
    "by-ai": ("Rows by AI", "Lignes par IA"),
    "checks": ("Human checks", "Contrôles humains"),
    "groups": ("Groups of {}", "Groupes de {}"),
    "group": ("Group", "Groupe"),
    "rows": ("Rows", "Lignes"),
    "ai": ("{} by AI", "{} par IA"),
    "differs": ("{} differs from the person's", "{} diffère de la valeur humaine"),
    "file": ("File", "Fichier"),
    "bytes": ("Bytes", "Octets"),
    "few": ("fewer than {}", "moins de {}"),
    "declared": ("declared", "déclaré"),
    "inferred": ("inferred", "déduit"),
    "imported": ("imported", "importé"),
    "no-value": ("(missing)", "(manquante)"),
    "bare": (
        "Size, types, missing values and groups are not on record: `aiprov.describe({})` in the notebook records them.",
        "Taille, types, valeurs manquantes et groupes ne sont pas enregistrés\u00a0: "
        "`aiprov.describe({})` dans le carnet les enregistre.",
    ),
    "left-out": (
        "Groups left out because they, or what would tell their size, are small: {}.",
        "Groupes omis, car eux-mêmes ou ce qui révélerait leur taille sont petits\u00a0: {}.",
    ),
    "size": ("{} rows, {}.", "{} lignes, {}."),
    "asked": ("What people state", "Ce que déclarent les personnes"),
    "score": (
        "{} of {} questions answered by people; {} facts taken from the record. No value of a row is in this passport.",
        "{} questions sur {} ont reçu une réponse\u00a0; {} faits repris du registre. "
        "Aucune valeur de ligne ne figure dans ce passeport.",
    ),
}


@dataclass
class Dataset:
    """One table or file with all that is on record about it."""

    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, Event] = field(default_factory=dict)
    file: Mapping[str, Any] | None = None


def export(provenance: Provenance, language: str = "en") -> str:
    """The passports of one notebook's datasets, in Markdown."""
    return write(blocks(provenance, "fr" if language == "fr" else "en"), "md")


def datasets(provenance: Provenance) -> list[Dataset]:
    """What was described first, then tables and files that hold AI content."""
    found: dict[str, Dataset] = {}
    for one in provenance.declared("dataset"):
        value = results.mapped(one.get("value"))
        name = clean(one.get("subject") or "dataset", 200)
        about = found.setdefault(name, Dataset(name))
        about.answers |= {k: v for k, v in results.mapped(value.get("answers")).items() if k in QUESTIONS}
        if isinstance(value.get("columns"), list):
            about.facts = value
    for subject, derivation in provenance.derivations.items():
        if derivation.get("state", "current") != "current":
            continue
        table, _, column = subject.partition(".")
        if derivation.get("kind") == "column" and column:
            if table in found or derivation.get("origin") in semconv.AI_ORIGINS:
                found.setdefault(clean(table, 200), Dataset(clean(table, 200))).columns[column] = derivation
        elif derivation.get("kind") == "file" and subject in provenance.ai_subjects():
            name = results.named(subject)
            found.setdefault(name, Dataset(name)).file = results.mapped(derivation.get("file"))
            held = results.mapped(results.mapped(derivation.get("file")).get("columns"))
            found[name].columns |= {str(c): {**derivation, "origin": o} for c, o in held.items()}
    for dataset in found.values():
        for name in _declared_columns(dataset, provenance):
            dataset.columns.setdefault(name, {})
    return list(found.values())


def _declared_columns(one: Dataset, provenance: Provenance) -> Iterator[str]:
    """Columns of the table whose origin a person declared."""
    for said in provenance.declarations.values():
        subject, columns = str(said.get("subject") or ""), results.mapped(said.get("value")).get("columns")
        if said.get("kind") in _DECLARED and subject == one.name and isinstance(columns, list):
            yield from (c for c in columns if isinstance(c, str))
        elif said.get("kind") in _DECLARED and subject.startswith(f"{one.name}."):
            yield subject.removeprefix(f"{one.name}.")


def blocks(provenance: Provenance, language: Language) -> list[Block]:
    """The passports as blocks."""
    out: list[Block] = [Heading(_say("head", language))]
    found = datasets(provenance)
    if not found:
        return [*out, Paragraph(_say("none", language))]
    known = _facts.facts([provenance], impact=False, language=language)
    for one in found:
        out += _passport(one, provenance, known, language)
    return out


def _say(key: str, language: Language, *values: object) -> str:
    return _SAY[key][language == "fr"].format(*values)


def _passport(one: Dataset, provenance: Provenance, known: _facts.Facts, language: Language) -> Iterator[Block]:
    yield Heading(one.name, 3)
    rows = [_row(one, c, provenance, known, language) for c in _columns(one)]
    if one.facts:
        size = _few(one.facts.get("rows"), one, language), amount(len(rows), "column", language)
        yield Paragraph(_say("size", language, *size))
    elif one.file is None:
        yield Paragraph(_say("bare", language, one.name))
    automatic = 2 if one.facts else 0
    if one.file is not None:
        head = (_say("file", language), _say("bytes", language), "SHA-256")
        size_, sha = one.file.get("bytes"), str(one.file.get("sha256") or "")
        sha = sha if re.fullmatch(r"[0-9a-f]{64}", sha) else ""
        yield Table(head, ((one.name, _number(size_, language), sha),))
        automatic += 2
    if rows:
        heads = ("column", "type", "missing", "distinct", "origin", "models", "by-ai", "checks")
        yield Table(tuple(_say(h, language) for h in heads), tuple(rows))
        automatic += sum(bool(cell) for row in rows for cell in row[1:])
    for group in _mappings(one.facts.get("groups")):
        yield from _groups(group, language)
    slots = Slots(language, QUESTIONS, {k: _answer(v, language) for k, v in one.answers.items()})
    said = {name: slots.ask(name) for name in QUESTIONS}
    colon = ": " if language == "en" else "\u00a0: "
    questions = [f"{q[language][:1].upper()}{q[language][1:]}" for q in QUESTIONS.values()]
    yield Paragraph("", _say("asked", language))
    yield Items(
        tuple(s if n in slots.open else f"{q}{colon}{s}" for q, (n, s) in zip(questions, said.items(), strict=True))
    )
    yield Paragraph(_say("score", language, len(QUESTIONS) - len(slots.open), len(QUESTIONS), automatic))


def _answer(value: Any, language: Language) -> str:
    return joined(people.texts(value, "text", language), language)


def _columns(one: Dataset) -> list[str]:
    listed = _mappings(one.facts.get("columns"))
    return list(dict.fromkeys([*(str(c.get("name")) for c in listed), *one.columns]))


def _row(one: Dataset, column: str, provenance: Provenance, known: _facts.Facts, language: Language) -> tuple[str, ...]:
    listed = _mappings(one.facts.get("columns"))
    about: Mapping[str, Any] = next((c for c in listed if str(c.get("name")) == column), {})
    origin, evidence = _origin(one, column, provenance)
    shown = word(origin, language) + (f" ({_say(evidence, language)})" if evidence in _SAY else "")
    derivation = one.columns.get(column, {})
    is_ai = origin in semconv.AI_ORIGINS
    filled, total = (results.counted(derivation.get(k)) for k in ("rows_ai", "rows_total"))
    checks = [c for c in known.checks if c.subject == f"{one.name}.{column}"]
    return (
        clean(column, 200),
        clean(about.get("type") or "", 100),
        _few(about.get("missing"), one, language) if "missing" in about else "",
        _number(about.get("distinct"), language),
        shown,
        joined([clean(m, 300) for m in derivation.get("models") or () if isinstance(m, str)], language)
        if is_ai
        else "",
        f"{_number(filled, language)} {word('of', language)} {_number(total, language)}"
        if is_ai and filled and total
        else "",
        joined(list(dict.fromkeys(word("stale" if c.stale else c.status, language) for c in checks)), language)
        or (word("unverified", language) if is_ai else ""),
    )


def _origin(one: Dataset, column: str, provenance: Provenance) -> tuple[str, str]:
    """What lineage found, else what a person declared of the column or its table, else unknown."""
    derivation = one.columns.get(column, {})
    if derivation.get("origin") in semconv.ORIGINS and derivation["origin"] != "unknown":
        return str(derivation["origin"]), str(derivation.get("evidence") or "inferred")
    for said in reversed(list(provenance.declarations.values())):
        if said.get("kind") not in _DECLARED:
            continue
        columns = results.mapped(said.get("value")).get("columns")
        is_whole = said.get("subject") == one.name and (
            not isinstance(columns, list) or not columns or column in columns
        )
        if is_whole or said.get("subject") == f"{one.name}.{column}":
            return _DECLARED[str(said["kind"])], "" if said["kind"] != "synthetic" else "declared"
    return "unknown", ""


def _few(value: Any, one: Dataset, language: Language) -> str:
    """A count; None was too small to be kept."""
    return (
        _say("few", language, results.counted(one.facts.get("k")) or LEAST)
        if value is None
        else _number(value, language)
    )


def _number(value: Any, language: Language) -> str:
    counted = results.counted(value)
    return "" if counted is None else number(counted, language)


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; a notebook may hold anything in its place."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _groups(group: Mapping[str, Any], language: Language) -> Iterator[Block]:
    told = _mappings(group.get("groups"))
    extra = [(kind, str(c)) for kind in ("ai", "differs") for c in results.mapped(told[0].get(kind) if told else None)]
    head = ["group", "rows", "missing"]
    heads = [_say(h, language) for h in head] + [_say(kind, language, clean(c, 200)) for kind, c in extra]
    rows = [
        (
            clean(g.get("group") or _say("no-value", language), 200),
            _number(g.get("rows"), language),
            *(
                _share(results.mapped(g.get(kind)).get(c) if kind else g.get("missing"), language)
                for kind, c in [("", ""), *extra]
            ),
        )
        for g in told
    ]
    caption = _say("groups", language, clean(group.get("by") or "", 200))
    if rows:
        yield Table(tuple(heads), tuple(rows), caption)
    if left := results.counted(group.get("left_out")):
        yield Paragraph(_say("left-out", language, number(left, language)), "" if rows else caption + ".")


def _share(value: Any, language: Language) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "–"
    return f"{round(100 * value)}" + ("%" if language == "en" else "\u00a0%")
