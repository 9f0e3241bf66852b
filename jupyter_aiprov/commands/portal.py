"""`jupyter aiprov portal`: a site for the public about many notebooks."""

from __future__ import annotations

from pathlib import Path

from traitlets import CaselessStrEnum, Unicode

from jupyter_aiprov.commands._command import Command, options
from jupyter_aiprov.commands._files import named, opened, progress
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.portal import site


class Portal(Command):
    """Pages for the public: what AI was used for, which systems, where data went, whom to ask."""

    name = "jupyter aiprov portal"
    description = (
        "Write a site about the AI use in notebooks: one page each in everyday words, an index, and JSON-LD. "
        "No prompt, no row, no name of a column or person is in it; what nobody stated is said to be not stated."
    )
    examples = "jupyter aiprov portal notebooks/ --output site\njupyter aiprov portal --lang fr study.ipynb"
    output = Unicode("aiprov-portal", help="Folder to write; made where it does not exist.").tag(config=True)
    lang = CaselessStrEnum(["en", "fr"], default_value="en", help="Language of the pages.").tag(config=True)
    journal = Unicode("", help="Journal folder or file; else it is looked for beside each notebook.").tag(config=True)
    aliases = options("Portal", "output", "lang", "journal")

    def run(self) -> int:
        """Write the site."""
        files = named(self.extra_args, "portal")
        made = site([opened(name, self.journal).provenance() for name in progress(files, "reading")], self.lang)
        folder = Path(self.output)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in made.items():
                (folder / name).write_bytes(content)
        except OSError as error:
            raise UsageError(f"{folder}: cannot be written ({error.strerror})") from None
        self.note(f"{len(files)} notebook{'s' if len(files) > 1 else ''}: {folder / 'index.html'}")
        return 0
