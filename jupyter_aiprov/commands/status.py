"""`jupyter aiprov status`: in three lines whether this environment records, and where to."""

from __future__ import annotations

from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from jupyter_aiprov import journal
from jupyter_aiprov.commands._command import Command
from jupyter_aiprov.commands._kernels import this_environment


class Status(Command):
    """Whether kernels of this environment record."""

    name = "jupyter aiprov status"
    description = "Whether kernels of this environment record, and where to. Exit code 1 when they do not."
    takes_files = False

    def run(self) -> int:
        """Say it in three lines."""
        from jupyter_aiprov._version import __version__

        found = this_environment()
        if found.is_off:
            state = "does not record: AIPROV=off is set"
        elif found.overridden_by:
            state = f"does not record: {found.overridden_by} sets IPKernelApp.extra_extensions without it"
        elif found.records:
            state = f"records (loaded by {found.loads})"
        else:
            state = "does not record: `jupyter aiprov enable`, or `%load_ext jupyter_aiprov` in a notebook"
        self.say(f"jupyter_aiprov {__version__}: this environment {state}")
        folder = journal.folder_for("", cwd=Path.cwd(), session_name=None, data_dir=Path(jupyter_data_dir()))
        sessions = journal.sessions_in(folder) if folder.is_dir() else []
        self.say(f"Journal of notebooks here: {folder} ({len(sessions)} sessions)")
        if found.answer.get("hooked"):
            self.say(f"Followed when imported: {', '.join(found.answer['hooked'])}")
        return 0 if found.records else 1
