"""`jupyter aiprov explain`: what a check looks at, why, and how to mend it."""

from __future__ import annotations

from jupyter_aiprov import checks
from jupyter_aiprov.commands._command import Command, meant
from jupyter_aiprov.errors import UsageError


class Explain(Command):
    """Explain checks by their code."""

    name = "jupyter aiprov explain"
    description = "Explain a check: what it looks at, why, how to mend it. Without a code: the list of all checks."
    examples = "jupyter aiprov explain AIP101"

    def run(self) -> int:
        """Print each check's page, or the list."""
        known = checks.registry()
        if not self.extra_args:
            for code, check in known.items():
                self.say(f"{code}  {check.severity:<8} {check.title()}")
            return 0
        for word in self.extra_args:
            if word.upper() not in known:
                raise UsageError(
                    f"no check {word!r}", hint=meant(word.upper(), known) + "; all: jupyter aiprov explain"
                )
            check = known[word.upper()]
            self.say(f"{check.code()}  {check.title()}  ({check.severity})")
            self.say(f"  {check.message().replace('{subject}', '…')}")
            self.say(f"  To mend it: {check.hint}")
            self.say(f"  Why: {check.link}")
        return 0
