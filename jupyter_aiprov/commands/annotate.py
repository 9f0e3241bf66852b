"""`jupyter aiprov annotate`: stamps, marks and notebook log put where no front end wrote them."""

from __future__ import annotations

from traitlets import Bool, CaselessStrEnum, Unicode

from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.commands._command import Command, options, switch
from jupyter_aiprov.commands._files import named, opened, progress, save
from jupyter_aiprov.errors import UsageError


class Annotate(Command):
    """Restore stamps, cell marks and notebook log from each other and from the journal."""

    name = "jupyter aiprov annotate"
    description = (
        "Write cell marks and notebook log into notebooks that were run without a front end (nbclient, papermill, "
        "nbconvert), and restore stamps that were stripped from the journal. In place; `-` is standard input to output."
    )
    examples = "jupyter aiprov annotate out.ipynb\njupyter aiprov annotate --journal .aiprov/ada out.ipynb"
    journal = Unicode("", help="Journal folder or file; else it is looked for beside the notebook.").tag(config=True)
    output = Unicode("", help="File to write instead of the notebook itself; - is standard output.").tag(config=True)
    lang = CaselessStrEnum(["en", "fr"], default_value="en", help="Language of restored stamps.").tag(config=True)
    check = Bool(False, help="Write nothing; exit code 1 if something would be written.").tag(config=True)
    aliases = options("Annotate", "journal", "output", "lang")
    flags = switch("Annotate", "check", check.help)

    def run(self) -> int:
        """Annotate each notebook."""
        files = named(self.extra_args, "annotate")
        if self.output and len(files) > 1:
            raise UsageError("--output takes one notebook")
        outdated = 0
        for name in progress(files, "annotating"):
            one = opened(name, self.journal)
            made = annotate(one.nb, [*one.events, *one.texts], language=self.lang, name=one.title)
            differs = made.notebook != one.nb
            outdated += differs
            if not self.check and (differs or self.output or name == "-"):
                save(one, made.notebook, self.output)
            for line in made.done:
                self.note(f"{one.title}: {'would be done: ' if self.check else ''}{line}")
            for line in made.lost:
                self.note(f"{one.title}: not restored: {line}")
            if not differs and not made.lost:
                self.note(f"{one.title}: nothing to do")
        return 1 if self.check and outdated else 0
