"""The section "Use of AI systems": a policy's template filled from the record and from declarations.

Policies are data (`templates/*.toml`, the user's own folders, entry points `jupyter_aiprov.templates`):
parts with one condition and a text per language, so that both languages make the same claims. Jinja2
runs sandboxed on plain text; the writer of the target escapes the result. A sentence about people
is printed only where a declaration confirms that very sentence.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.exporters import _facts, _tables, _words
from jupyter_aiprov.exporters._document import TARGETS, Block, Draft, Heading, Paragraph, Target, plain, write
from jupyter_aiprov.exporters._wording import Slots, View
from jupyter_aiprov.exporters._words import LANGUAGES, Language
from jupyter_aiprov.provenance import Provenance

NAME = "statement"
EXTENSION = ".md"
FOLDER: Final = Path(__file__).with_name("templates")
FORMATS: Final = (*TARGETS, "json")
_STYLES: Final = frozenset({"paragraph", "sentence", "item", "row", "heading", "table"})


@dataclass(frozen=True)
class Statement:
    """A rendered section: its text, what is still open, and the facts it rests on."""

    text: str
    open_slots: Mapping[str, str]  # slot -> question, in the order they are printed
    facts: _facts.Facts
    blocks: tuple[Block, ...] = field(repr=False, default=())
    policy: str = "generic"
    language: Language = "en"
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_verified(self) -> bool:
        """Whether the policy was read at its source; else its wording comes from secondary sources."""
        return self.source.get("verified") is True

    def to(self, target: Target) -> str:
        """The same statement written for another target."""
        return write(self.blocks, target)


def render(
    provenances: Sequence[Provenance],
    *,
    policy: str = "generic",
    language: str = "en",
    format: str = "md",  # noqa: A002 - the word of the command line
    slots: Mapping[str, str] | None = None,
    folders: Sequence[Path | str] = (),
    level: int = 2,
    impact: bool = True,
    share: bool = False,
) -> Statement:
    """One statement for one or several notebooks.

    `slots` answers what only people know (see `templates/_slots.toml`); it cannot change what the
    record says, and it cannot confirm a sentence: only a `confirmed` declaration does.
    """
    if isinstance(provenances, Provenance):
        provenances = [provenances]
    if language not in LANGUAGES:
        raise UsageError(f"no statement in language {language!r}", hint=f"languages: {', '.join(LANGUAGES)}")
    if format not in FORMATS:
        raise UsageError(f"no statement in format {format!r}", hint=f"formats: {', '.join(FORMATS)}")
    lang: Language = "fr" if language == "fr" else "en"
    template = load(policy, folders)
    facts = _facts.facts(provenances, impact=impact, language=lang)
    if not share:  # how much of a cell is AI's is printed only where it is asked for
        facts = replace(facts, written=tuple(replace(one, share=None) for one in facts.written))
    shared = _read(FOLDER / "_slots.toml")
    view = View(facts, Slots(lang, shared["ask"], slots or {}))
    blocks = (Heading(template["title"][lang], level), *_blocks(template, view, shared["confirm"]))
    source: dict[str, Any] = {k: str(template[k]) for k in ("policy", "version", "source", "source_url", "retrieved")}
    source["verified"] = template.get("verified") is True
    text = "" if format == "json" else write(blocks, _target(format))
    done = Statement(text, view.slots.open, facts, blocks, policy, lang, source)
    if format != "json":
        return done
    record = {
        "policy": source,
        "language": lang,
        "title": template["title"][lang],
        "where": template["where"][lang],
        "text": plain(write(blocks[1:], "txt")),
        "open_slots": dict(done.open_slots),
        "facts": facts.to_dict(),
    }
    body = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False, default=str) + "\n"
    return Statement(body, done.open_slots, facts, blocks, policy, lang, source)


def export(provenance: Provenance, language: str = "en", **options: Any) -> str:
    """The statement of one notebook; options as in `render`."""
    return render([provenance], language=language, **options).text


def open_slots(provenances: Sequence[Provenance], **options: Any) -> Mapping[str, str]:
    """What a person still has to answer before the statement is complete; empty is what `--strict` wants."""
    return render(provenances, **options).open_slots


def policies(folders: Sequence[Path | str] = ()) -> dict[str, Path]:
    """Every policy that can be rendered and the file it is written in; the user's own come last and win."""
    found: dict[str, Path] = {}
    for folder in (FOLDER, *_plugged(), *map(Path, folders)):
        for path in sorted(folder.glob("*.toml")):
            if not path.name.startswith("_"):
                found[path.stem] = path
    return found


def _plugged() -> Iterator[Path]:
    """Folders of installed packages: an entry point names a package whose folder holds templates."""
    for entry in entry_points(group="jupyter_aiprov.templates"):
        module = entry.load()
        for folder in getattr(module, "__path__", ()):
            yield Path(folder)


def load(policy: str, folders: Sequence[Path | str] = ()) -> Mapping[str, Any]:
    """A policy's template, checked: both languages everywhere, known styles and loops only."""
    known = policies(folders)
    if policy not in known:
        raise UsageError(f"no policy {policy!r}", hint=f"policies: {', '.join(known)}")
    return _checked(_read(known[policy]), known[policy])


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"the template {path.name} cannot be read: {error}") from error


def _checked(template: dict[str, Any], path: Path) -> dict[str, Any]:
    def bad(why: str) -> UsageError:
        return UsageError(f"the template {path.name} {why}", hint="see generic.toml for the form of a template")

    for key in ("policy", "version", "source", "source_url", "retrieved"):
        template.setdefault(key, path.stem if key == "policy" else "")
    for key in ("title", "where"):
        template.setdefault(key, {"en": path.stem, "fr": path.stem})
    parts = template.get("part")
    if not isinstance(parts, list) or not parts:
        raise bad("has no [[part]]")
    for part in parts:
        if part.get("style") not in _STYLES:
            raise bad(f"has a part of unknown style {part.get('style')!r}")
        if part.get("each") not in (None, "tool", "written", "outside", "legend"):
            raise bad(f"repeats over the unknown {part['each']!r}")
        if unknown := set(_confirmations(part)) - set(_facts.CONFIRMATIONS):
            raise bad(f"asks for the unknown confirmation {', '.join(map(repr, sorted(unknown)))}")
        if part["style"] != "table" and not all(isinstance(part.get(x), str) for x in LANGUAGES):
            raise bad("has a part without a text in both languages")
    return template


def _confirmations(part: Mapping[str, Any]) -> list[str]:
    """The claims about people that a part makes: each needs a record of its own."""
    asked = part.get("confirm") or []
    return [asked] if isinstance(asked, str) else [str(one) for one in asked]


# ── filling ──────────────────────────────────────────────────────────────────────────


class _Names(Context):
    """Names in a template: what the part repeats over, then the slots of the view."""

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.parent or key in self.vars:
            return super().resolve_or_missing(key)
        view: View = self.parent["_view"]
        try:
            return view.slot(key)
        except KeyError:
            return super().resolve_or_missing(key)


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    # plain text in, plain text out: the target's writer escapes all of it afterwards
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.context_class = _Names
    environment.globals.clear()
    return environment


@lru_cache(maxsize=512)
def _compiled(source: str) -> Template:
    return _environment().from_string(source)


def _blocks(template: Mapping[str, Any], view: View, confirm: Mapping[str, Mapping[str, str]]) -> Iterator[Block]:
    nothing = _read(FOLDER / "_nothing.toml")
    draft = Draft()
    if view.facts.state != "uses":
        parts = nothing["part"]
    else:
        covered = {p.get("each") for p in template["part"]}
        others = nothing["fallback"] if template.get("fallback", True) else []
        parts = [*template["part"], *(p for p in others if p["each"] not in covered)]
    for part in parts:
        _add(draft, part, template, view, confirm)
    yield from draft.blocks


def _add(
    draft: Draft,
    part: Mapping[str, Any],
    template: Mapping[str, Any],
    view: View,
    confirm: Mapping[str, Mapping[str, str]],
) -> None:
    each = part.get("each")
    for one in view.each(each) if each else [None]:
        names = {"_view": view, **({each: one} if each else {})}
        if "when" in part and not _expression(part["when"], names):
            continue
        if part["style"] == "table":
            draft.blocks.append(_tables.uses(view.facts, view.language))
            continue
        text = _text(part, names, view, confirm)
        if text:
            _place(draft, part, text, template, view.language)


def _text(
    part: Mapping[str, Any], names: Mapping[str, Any], view: View, confirm: Mapping[str, Mapping[str, str]]
) -> str:
    if missing := [one for one in _confirmations(part) if one not in view.facts.confirmed]:
        return " ".join(view.slots.opened(f"confirm:{one}", confirm[one][view.language]) + "." for one in missing)
    source = part[view.language]
    try:
        return clean_line(_compiled(_words.french(source) if view.language == "fr" else source).render(names))
    except (TemplateError, TypeError, ValueError, OverflowError) as error:
        raise UsageError(
            f"a part of the template cannot be filled: {error}", hint=f"the part reads {source[:80]!r}"
        ) from error


def clean_line(text: str) -> str:
    """The text with doubled closing stops taken out, as when a value brings its own."""
    return text.replace("..", ".").replace("?.", "?").replace("!.", "!").strip() if "..." not in text else text.strip()


def _expression(source: str, names: Mapping[str, Any]) -> bool:
    try:
        return bool(_compiled("{% if " + source + " %}1{% endif %}").render(names))
    except TemplateError as error:
        raise UsageError(f"a condition of the template cannot be read: {error}") from error


def _place(draft: Draft, part: Mapping[str, Any], text: str, template: Mapping[str, Any], language: Language) -> None:
    match part["style"]:
        case "sentence":
            draft.sentence(text)
        case "item":
            draft.item(text)
        case "heading":
            draft.blocks.append(Heading(text, 3))
        case "row":
            draft.row(template["head"][language], [part["label"][language], text])
        case _:
            draft.blocks.append(Paragraph(text, part.get("lead", {}).get(language, "")))


def _target(name: str) -> Target:
    return next(t for t in TARGETS if t == name)
