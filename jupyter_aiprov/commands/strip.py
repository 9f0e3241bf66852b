"""`jupyter aiprov strip`: every mark out of a notebook, with a word on what that destroys."""

from __future__ import annotations

from traitlets import Unicode

from jupyter_aiprov.commands._command import Command, options
from jupyter_aiprov.commands._files import named, opened, progress, save
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.strip import strip


class Strip(Command):
    """Remove every stamp, mark and log."""

    name = "jupyter aiprov strip"
    description = (
        "Remove every stamp, mark and the notebook log from notebooks, and `(AI)` from saved column heads. In place; "
        "says what it destroys. The journal is not touched: `annotate` restores from it."
    )
    examples = "jupyter aiprov strip study.ipynb --output=bare.ipynb"
    output = Unicode("", help="File to write instead of the notebook itself; - is standard output.").tag(config=True)
    aliases = options("Strip", "output")

    def run(self) -> int:
        """Strip each notebook."""
        files = named(self.extra_args, "strip")
        if self.output and len(files) > 1:
            raise UsageError("--output takes one notebook")
        for name in progress(files, "stripping"):
            one = opened(name)
            made = strip(one.nb)
            if made.notebook != one.nb or self.output or name == "-":
                save(one, made.notebook, self.output)
            where = " (the journal still has the calls)" if one.journals and made.destroyed else ""
            self.note(f"{one.title}: " + (f"destroyed {made.text()}{where}" if made.destroyed else "no mark in it"))
            if made.destroyed.get("reviews") or made.destroyed.get("declarations"):
                self.note(f"{one.title}: what people reviewed and declared in the notebook cannot be restored")
        return 0
