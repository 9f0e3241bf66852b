"""`jupyter aiprov disclose`: the section "Use of AI systems" of one or several notebooks."""

from __future__ import annotations

from pathlib import Path

from traitlets import Bool, CaselessStrEnum, Unicode

from jupyter_aiprov.commands._command import Command, options, switch
from jupyter_aiprov.commands._files import named, opened, progress
from jupyter_aiprov.exporters import statement
from jupyter_aiprov.said import Said


class Disclose(Command):
    """Write the section "Use of AI systems"."""

    name = "jupyter aiprov disclose"
    description = (
        'Write the section "Use of AI systems" of notebooks from what is on record; what only people know '
        "stays an open slot. Several notebooks make one section."
    )
    examples = (
        "jupyter aiprov disclose study.ipynb\njupyter aiprov disclose --format tex --lang fr --policy inserm *.ipynb"
    )
    format = CaselessStrEnum(
        ["md", "html", "json", "tex", "txt"], default_value="md", help="md, html, json, tex, txt."
    ).tag(config=True)
    lang = CaselessStrEnum(["en", "fr"], default_value="en", help="Language of the section.").tag(config=True)
    policy = Unicode("generic", help="Whose wording: a journal, funder or institution.").tag(config=True)
    journal = Unicode("", help="Journal folder or file; else it is looked for beside the notebook.").tag(config=True)
    output = Unicode("", help="File to write; else standard output.").tag(config=True)
    templates = Unicode("", help="Folder with templates of your own.").tag(config=True)
    share = Bool(False, help="Print how much of a cell's source matched an answer, as a range.").tag(config=True)
    strict = Bool(False, help="Exit code 1 while a slot is open.").tag(config=True)
    aliases = options("Disclose", "format", "lang", "policy", "journal", "output", "templates")
    flags = switch("Disclose", "strict", strict.help) | switch("Disclose", "share", share.help)

    def run(self) -> int:
        """Write one section for all notebooks."""
        files = named(self.extra_args, "disclose")
        found = [opened(name, self.journal).provenance() for name in progress(files, "reading")]
        folders = [self.templates] if self.templates else []
        made = statement.render(
            found, policy=self.policy, language=self.lang, format=self.format, folders=folders, share=self.share
        )
        if self.output and self.output != "-":
            Path(self.output).write_text(made.text, encoding="utf-8")
        else:
            self.say(made.text, end="" if made.text.endswith("\n") else "\n")
        if not made.is_verified:
            source = made.source.get("source_url")
            told = Said(
                f"policy {self.policy}: worded after secondary sources; compare with {source or 'the policy itself'}",
                f"règle {self.policy} : d'après des sources secondaires ; à comparer à {source or 'la règle même'}",
            )
            self.note(told.text(self.lang))
        if made.open_slots:
            n, names = len(made.open_slots), ", ".join(made.open_slots)
            things, are = ("things", "are") if n > 1 else ("thing", "is")
            points, restent = ("points", "restent ouverts") if n > 1 else ("point", "reste ouvert")
            told = Said(
                f"{n} {things} that only people know {are} open: {names}",
                f"{n} {points} que seules des personnes connaissent {restent} : {names}",
            )
            self.note(told.text(self.lang))
        return int(self.strict and bool(made.open_slots))
