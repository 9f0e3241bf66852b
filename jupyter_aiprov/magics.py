"""`%aiprov` and `%%aiprov`: the door for people who work in cells.

`%%aiprov` is an input transform, not a cell magic: line numbers and top-level `await` stay.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from IPython.core.magic import Magics, line_magic, magics_class

from jupyter_aiprov import semconv
from jupyter_aiprov import session as sessions
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.proposals import proposals
from jupyter_aiprov.words import AT, word

HELP = """\
%aiprov [status]                    what is recorded, where, and what was not captured
%aiprov off | on                    stop and resume recording (a stated gap)
%aiprov log [N]                     the last N calls, one line each
%aiprov explain df.column           the path from the call to the column
%aiprov confidential df.col [level=warn|block]
                                    what must not leave this notebook
%aiprov declare observed df[.col] source="…"
%aiprov declare synthetic df generator="…" [seed=…]
%aiprov declare human df[.col]
%aiprov declare purpose|oversight|privacy|impact|usage "…"
%aiprov declare person name="…" [orcid=…]
%aiprov prompts                     templates proposed from the calls, for you to read and publish
%aiprov disclose [lang=en|fr] [policy=…]
                                    the section "Use of AI systems" of this session

%%aiprov content=none|digest|full   what is kept of this cell's texts
%%aiprov human                      this cell was written by a person
%%aiprov ai tool="…"                this cell was drafted with an AI tool
"""
HELP_FR = """\
%aiprov [status]                    ce qui est enregistré, où, et ce qui n'a pas été capté
%aiprov off | on                    arrêter et reprendre l'enregistrement (une lacune déclarée)
%aiprov log [N]                     les N derniers appels, une ligne chacun
%aiprov prompts                     modèles d'instruction tirés des appels, à lire et à publier vous-même
%aiprov explain df.colonne          le chemin de l'appel à la colonne
%aiprov confidential df.col [level=warn|block]
                                    ce qui ne doit pas quitter ce carnet
%aiprov declare observed df[.col] source="…"
%aiprov declare synthetic df generator="…" [seed=…]
%aiprov declare human df[.col]
%aiprov declare purpose|oversight|privacy|impact|usage "…"
%aiprov declare person name="…" [orcid=…]
%aiprov disclose [lang=en|fr] [policy=…]
                                    la section « Utilisation de systèmes d'IA » de cette session

%%aiprov content=none|digest|full   ce qui est gardé des textes de cette cellule
%%aiprov human                      cette cellule a été écrite par une personne
%%aiprov ai tool="…"                cette cellule a été rédigée avec un outil d'IA
"""
# What the magic answers, in English and French.
SAYS: Final[Mapping[str, tuple[str, str]]] = {
    "recording": ("AI provenance: recording.", "Provenance IA\u00a0: enregistrement en cours."),
    "off": ("AI provenance: switched off.", "Provenance IA\u00a0: enregistrement arrêté."),
    "switched": (
        "AI provenance: off. This is on record as a gap; %aiprov on resumes.",
        "Provenance IA\u00a0: arrêtée. La lacune est enregistrée\u00a0; %aiprov on reprend.",
    ),
    "call": ("AI call", "appel d'IA"),
    "calls": ("AI calls", "appels d'IA"),
    "model": ("model", "modèle"),
    "models": ("models", "modèles"),
    "result": ("result that holds AI content", "résultat issu de l'IA"),
    "results": ("results that hold AI content", "résultats issus de l'IA"),
    "unwritable": (
        "The journal cannot be written now: lines wait in memory. Free the disk or set c.AIProv.journal_dir.",
        "Le registre ne peut pas être écrit\u00a0: les lignes attendent en mémoire. Libérez de la place ou fixez "
        "c.AIProv.journal_dir.",
    ),
    "hooked": ("Followed: {names}.", "Suivi\u00a0: {names}."),
    "nothing": ("nothing imported yet", "rien d'importé pour l'instant"),
    "gap": ("Not captured: {gap}", "Non capté\u00a0: {gap}"),
    "unfinished": ("not finished", "inachevé"),
    "no template": (
        "No template: no function asked twice with texts that are kept and share enough.",
        "Aucun modèle d'instruction\u00a0: aucune fonction n'a envoyé deux textes gardés assez proches.",
    ),
    "not published": (
        "Not published. Read each: what all prompts share may still be somebody's data. This output travels.",
        "Non publié. Lisez chacun\u00a0: ce que tous partagent peut être une donnée personnelle. Cette sortie voyage.",
    ),
    "confidential": ("Confidential: {names}.", "Confidentiel\u00a0: {names}."),
    "declared": ("Declared: {names}.", "Déclaré\u00a0: {names}."),
}
_TEXT_KINDS = ("purpose", "oversight", "privacy", "impact", "usage", "task")


@magics_class
class AIProvMagics(Magics):
    """The line magic; `cell_line` reads the first line of a `%%aiprov` cell."""

    @line_magic
    def aiprov(self, line: str) -> None:
        """Status, switches, declarations, explanations; `%aiprov help` lists them."""
        current = sessions.of(self.shell)
        if current is None:
            print("Not recording. Load the extension: %load_ext jupyter_aiprov")
            return
        try:
            words = shlex.split(line)
            command, rest = (words[0], words[1:]) if words else ("status", [])
            run = getattr(self, f"do_{command}", None)
            if run is None:
                raise UsageError(f"%aiprov does not know {command!r}", hint="%aiprov help")
            run(current, rest)
        except ValueError as error:
            _tell(current, f"%aiprov: {error}\n{HELP}")
        except UsageError as error:
            _tell(current, f"%aiprov: {error}")

    def do_help(self, current: sessions.Session, _words: list[str]) -> None:
        """What there is."""
        _tell(current, HELP_FR if current.config.language == "fr" else HELP)

    def do_status(self, current: sessions.Session, _words: list[str]) -> None:
        """What is recorded, where, and what was not captured."""
        current.recorder.flush(5)
        found = current.recorder.provenance()
        models = {u.model for u in found.uses if u.model}
        numbers = {"call": found.count(), "model": len(models), "result": len(found.ai_subjects())}
        counted = [f"{n} {_say(current, what if n == 1 else what + 's')}" for what, n in numbers.items()]
        _tell(current, _say(current, "recording" if current.recorder.on else "off"), ", ".join(counted) + ".")
        _tell(current, current.notice())
        if not current.journal.is_writable:
            _tell(current, _say(current, "unwritable"))
        hooked = current.installed.hooked if current.installed else []
        _tell(current, _say(current, "hooked", names=", ".join(hooked) or _say(current, "nothing")))
        for gap in found.gaps:
            detail = f" ({gap['detail']})" if gap.get("detail") else ""
            _tell(current, _say(current, "gap", gap=word(str(gap.get("reason")), current.config.language) + detail))

    def do_off(self, current: sessions.Session, _words: list[str]) -> None:
        """Stop recording; the switch is on record."""
        current.switch(False)
        _tell(current, _say(current, "switched"))

    def do_on(self, current: sessions.Session, _words: list[str]) -> None:
        """Resume recording."""
        current.switch(True)
        _tell(current, _say(current, "recording"))

    def do_log(self, current: sessions.Session, words: list[str]) -> None:
        """The last calls, one line each."""
        last = int(words[0]) if words else 20
        for one in current.invocations()[-last:]:
            models = dict.fromkeys(one.get(k) for k in (semconv.REQUEST_MODEL, semconv.RESPONSE_MODEL) if one.get(k))
            spent = f"{one['seconds']:.2f} s" if "seconds" in one else _say(current, "unfinished")
            where = f"[{one.get('execution_count') or ' '}]"
            _tell(
                current,
                f"{where:>5} {one.get(semconv.OPERATION)} {' -> '.join(map(str, models))} {one['status']} {spent}",
            )

    def do_explain(self, current: sessions.Session, words: list[str]) -> None:
        """The path from the call to a column."""
        if len(words) != 1:
            raise UsageError("%aiprov explain takes one name", hint="%aiprov explain df.label")
        _tell(current, current.lineage.explain(words[0]))

    def do_confidential(self, current: sessions.Session, words: list[str]) -> None:
        """What must not leave this notebook."""
        from jupyter_aiprov import api

        names, options = _split(words)
        for name in names:
            frame, _, column = name.partition(".")
            api.confidential(self._value(frame), columns=[column] if column else None, name=frame, **options)
        _tell(current, _say(current, "confidential", names=", ".join(names)))

    def do_declare(self, current: sessions.Session, words: list[str]) -> None:
        """A statement that is yours: recorded with who and when."""
        from jupyter_aiprov import api

        if not words:
            raise UsageError("%aiprov declare needs what is declared", hint="%aiprov help")
        kind, (names, options) = words[0], _split(words[1:])
        if kind in {"observed", "synthetic", "human"}:
            for name in names or [None]:  # type: ignore[list-item]
                frame, _, column = (name or "").partition(".")
                value = self._value(frame) if frame else None
                getattr(api, kind)(value, columns=[column] if column else None, name=frame or None, **options)
        elif kind == "person":
            api.declare("person", value=options)
        elif kind in _TEXT_KINDS:
            api.declare(kind, options.get("subject"), " ".join(names))
        else:
            raise UsageError(
                f"{kind!r} cannot be declared",
                hint=f"one of observed, synthetic, human, person, {', '.join(_TEXT_KINDS)}",
            )
        _tell(current, _say(current, "declared", names=" ".join([kind, *names])))

    def do_prompts(self, current: sessions.Session, _words: list[str]) -> None:
        """Proposed templates, each with the line that publishes it; nothing is published by showing them."""
        found = proposals(current.invocations())
        if not found:
            _tell(current, _say(current, "no template"))
            return
        _tell(current, _say(current, "not published"))
        for one in found:
            asked = f"{one['calls']} calls, cell {', '.join(f'[{n}]' for n in one['cells']) or 'not known'}"
            system = f", system={one['system']!r}" if one["system"] else ""
            _tell(current, f"# {asked}\naiprov.prompt({one['name']!r}, {one['template']!r}{system})")

    def do_disclose(self, current: sessions.Session, words: list[str]) -> None:
        """The section "Use of AI systems" of this session, with its open slots."""
        from IPython.display import Markdown, display

        from jupyter_aiprov.exporters import statement

        _, options = _split(words)
        language = options.get("lang", current.config.language)
        made = statement.render(
            [current.recorder.provenance()], policy=options.get("policy", "generic"), language=language
        )
        display(Markdown(made.text))

    def _value(self, name: str) -> Any:
        try:
            return self.shell.user_ns[name]
        except KeyError:
            raise UsageError(f"there is no {name!r} in this notebook") from None


def _tell(current: sessions.Session, *words: str) -> None:
    """Say it in the cell's output, which travels: without secrets, as whatever is written."""
    print(current.redactor.text(" ".join(words)))


def _say(current: sessions.Session, what: str, **names: str) -> str:
    return SAYS[what][AT[current.config.language]].format(**names)


def _split(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Plain words, and `key=value` ones."""
    options = dict(w.split("=", 1) for w in words if "=" in w and w.split("=", 1)[0].isidentifier())
    return [w for w in words if "=" not in w], options


def cell_line(lines: list[str]) -> list[str]:
    """The input transform: a `%%aiprov` line goes blank, so that the others keep their numbers."""
    if not lines or not lines[0].startswith("%%aiprov"):
        return lines
    if len(lines) > 1 and lines[1].startswith("%%"):
        return lines[1:]  # another cell magic must stand first
    return ["\n", *lines[1:]]


def cell_options(source: str) -> tuple[list[str], dict[str, str]]:
    """What the `%%aiprov` line of a cell says: words and options; empty when it has none."""
    first = source.lstrip("\n").split("\n", 1)[0]
    if not first.startswith("%%aiprov"):
        return [], {}
    try:
        return _split(shlex.split(first.removeprefix("%%aiprov")))
    except ValueError:
        return [], {}


@contextmanager
def installed(shell: Any) -> Iterator[None]:
    """`%aiprov` and the `%%aiprov` transform, until the context is left."""
    shell.register_magics(AIProvMagics(shell))
    transforms = shell.input_transformers_cleanup
    transforms.append(cell_line)
    try:
        yield
    finally:
        if cell_line in transforms:
            transforms.remove(cell_line)
        shell.magics_manager.magics["line"].pop("aiprov", None)
        shell.magics_manager.registry.pop("AIProvMagics", None)
