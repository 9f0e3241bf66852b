"""`jupyter aiprov verify`: what notebooks can show of themselves; four answers."""

from __future__ import annotations

import json

from traitlets import Bool, CaselessStrEnum, Unicode

from jupyter_aiprov import anchor, proofs
from jupyter_aiprov.commands._command import Command, options, switch
from jupyter_aiprov.commands._files import named, opened, progress
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.verify import verify


class Verify(Command):
    """Check notebooks against themselves and against their journals."""

    name = "jupyter aiprov verify"
    description = (
        "Check notebooks against themselves and, where it is at hand, against the journal. Answers: consistent, "
        "anchored on DATE; consistent, not anchored; N records not supplied; changed: cells. Exit code 1 if changed, "
        "or if an anchor is wrong. Anchors are looked for beside the notebook and in the git notes; no network."
    )
    examples = (
        "jupyter aiprov verify study.ipynb\njupyter aiprov verify --journal log.jsonl study.ipynb\n"
        "jupyter aiprov verify --ca tsa.pem --allowed-signers signers study.ipynb"
    )
    format = CaselessStrEnum(["text", "json"], default_value="text", help="text or json.").tag(config=True)
    lang = CaselessStrEnum(["en", "fr"], default_value="en", help="Language of the answer.").tag(config=True)
    journal = Unicode("", help="Journal folder, journal file or audit log; else looked for beside it.").tag(config=True)
    anchor = Unicode("", help="An anchor file of which you kept this copy.").tag(config=True)
    ca = Unicode("", help="Certificates (PEM) of the time stamping authority you trust.").tag(config=True)
    allowed_signers = Unicode("", help="Who may sign: a file as ssh-keygen's ALLOWED SIGNERS.").tag(config=True)
    strict = Bool(False, help="Exit code 1 also when records are not supplied.").tag(config=True)
    aliases = options("Verify", "format", "lang", "journal", "anchor", "ca", "allowed-signers")
    flags = switch("Verify", "strict", strict.help)

    def run(self) -> int:
        """Answer for each notebook."""
        failing = {"changed", "not-supplied"} if self.strict else {"changed"}
        failed, told = False, []
        files = named(self.extra_args, "verify")
        if self.anchor and len(files) > 1:
            raise UsageError("--anchor takes one notebook")
        for name in progress(files, "verifying"):
            one = opened(name, self.journal)
            anchors = proofs.found(name, given=self.anchor, ca=self.ca, signers=self.allowed_signers)
            found = anchor.applied(verify(one.nb, one.journals), anchors, one.nb, one.journals)
            failed = failed or found.answer in failing or any(a.standing == "wrong" for a in anchors)
            if self.format == "json":
                recorded = {"recorded_in": one.recorded_in} if one.recorded_in else {}
                told.append({"notebook": one.title, **recorded, **found.to_dict(self.lang)})
                continue
            for line in found.said(self.lang, title=one.title, recorded_in=one.recorded_in):
                self.say(line)
        if self.format == "json":
            self.say(json.dumps(told[0] if len(told) == 1 else told, indent=2, ensure_ascii=False))
        return int(failed)
