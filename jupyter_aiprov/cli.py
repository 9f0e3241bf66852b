"""`jupyter aiprov`: the door for terminals, scripts and CI; each command is a file in `commands`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

from jupyter_aiprov.commands._command import Command, launched, meant
from jupyter_aiprov.errors import UsageError

_AT = "jupyter_aiprov.commands."
COMMANDS: dict[str, tuple[str, str]] = {
    "enable": (_AT + "enable.Enable", "Record in every kernel of this environment from now on."),
    "disable": (_AT + "enable.Disable", "Take that back."),
    "status": (_AT + "status.Status", "Whether kernels of this environment record, and where to."),
    "doctor": (_AT + "doctor.Doctor", "What is recorded in every kernel, what is not, and the command that mends it."),
    "show": (_AT + "show.Show", "The AI uses that a notebook has on record."),
    "annotate": (_AT + "annotate.Annotate", "Write or restore stamps, marks and log."),
    "strip": (_AT + "strip.Strip", "Remove every mark, and say what that destroys."),
    "verify": (_AT + "verify.Verify", "What a notebook can show of itself."),
    "anchor": (_AT + "anchor.AnchorCommand", "Write down what the record is now, where others can vouch for it."),
    "disclose": (_AT + "disclose.Disclose", 'The section "Use of AI systems".'),
    "export": (_AT + "export.Export", "The record in the formats of archives and tools."),
    "check": (_AT + "check.CheckNotebooks", "Hold notebooks against the rules (for CI)."),
    "explain": (_AT + "explain.Explain", "What a check looks at, why, and how to mend it."),
    "journal": (_AT + "journal.JournalCommand", "List, verify, purge, merge journals; gc."),
    "share": (_AT + "share.Share", "A copy for reviewers, for the public, or anonymous."),
    "portal": (_AT + "portal.Portal", "A site for the public: one page a notebook, and an index."),
    "demo": ("jupyter_aiprov.demo.main", "The main job end to end on a small local model."),
}


class AIProvApp(Command):
    """Which AI answered in a notebook, what its answers became, and a disclosure to hand in."""

    name = "jupyter aiprov"
    description = (
        "In-notebook AI provenance: which models answered, what their answers became, a disclosure to hand in."
    )
    examples = "jupyter aiprov enable\njupyter aiprov show study.ipynb\njupyter aiprov disclose study.ipynb"
    subcommands = COMMANDS.copy()

    def run(self) -> int:
        """Without a command: what there is."""
        self.print_help()
        return 2

    def initialize(self, argv: Sequence[str] | None = None) -> None:
        """Find the command; an unknown one is refused with what was meant."""
        argv = list(sys.argv[1:] if argv is None else argv)
        if argv and not argv[0].startswith("-") and argv[0] not in (*COMMANDS, "help"):
            raise UsageError(f"no command {argv[0]!r}", hint=meant(argv[0], COMMANDS, "jupyter aiprov "))
        super().initialize(argv)

    def start(self) -> None:
        """Run the command."""
        if self.subapp is not None:
            self.subapp.start()
        else:
            super().start()


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Entry point of the console script."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["demo"]:
        from jupyter_aiprov import demo

        sys.exit(demo.main(words[1:]))
    launched(AIProvApp, words)
