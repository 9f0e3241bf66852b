"""`jupyter aiprov anchor`: write down what a notebook's record is now, where others can vouch for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from traitlets import Bool, CaselessStrEnum, Unicode

from jupyter_aiprov import anchor, proofs
from jupyter_aiprov.commands._command import Command, options, switch
from jupyter_aiprov.commands._files import Opened, named, opened
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.verify import verify


class AnchorCommand(Command):
    """Anchor the record of a notebook."""

    name = "jupyter aiprov anchor"
    description = (
        "Write the head of a notebook's record (digests only: no text, no name of a person, no folder) to a file, "
        "into the git note of HEAD, into a request to a time stamping authority (RFC 3161, which you send), or "
        "into a file that an SSH key signs. `verify` checks all four without a network. A file counts for whoever "
        "keeps a copy of it; a git note for whoever shares the repository."
    )
    examples = (
        "jupyter aiprov anchor study.ipynb --to file\n"
        "jupyter aiprov anchor study.ipynb --to git\n"
        "jupyter aiprov anchor study.ipynb --to rfc3161      # then send study.ipynb.anchor.rfc3161.tsq\n"
        "jupyter aiprov anchor study.ipynb --to rfc3161 --response answer.tsr\n"
        "jupyter aiprov anchor study.ipynb --to ssh --key ~/.ssh/id_ed25519"
    )
    to = CaselessStrEnum(["", "file", "git", "rfc3161", "ssh"], "", help="file, git, rfc3161 or ssh.").tag(config=True)
    journal = Unicode("", help="Journal folder or journal file; else looked for beside it.").tag(config=True)
    response = Unicode("", help="rfc3161: the authority's answer, to be kept with its request.").tag(config=True)
    key = Unicode("", help="ssh: private key, or public key of one that the agent holds.").tag(config=True)
    force = Bool(False, help="Replace an earlier anchor of the same kind; that one is then gone.").tag(config=True)
    aliases = options("AnchorCommand", "to", "journal", "response", "key")
    flags = switch("AnchorCommand", "force", force.help)

    def run(self) -> int:
        """Anchor each notebook."""
        files = named(self.extra_args, "anchor")
        if not self.to:
            raise UsageError("anchor needs --to file, git, rfc3161 or ssh")
        if "-" in files:
            raise UsageError("anchor takes a file: an anchor lies beside its notebook")
        if (self.response and self.to != "rfc3161") or (self.key and self.to != "ssh"):
            raise UsageError("--response belongs to --to rfc3161, --key to --to ssh")
        if self.response and len(files) > 1:
            raise UsageError("--response takes one notebook")
        for name in files:
            self._anchor(opened(name, self.journal))
        return 0

    def _anchor(self, one: Opened) -> None:
        found = verify(one.nb, one.journals)
        if not found.records:
            raise UsageError(f"{one.title}: holds no record of AI use; there is nothing to anchor")
        path = proofs.path_of(one.name, self.to)
        if self.response:
            self._store(path)
            return
        said = anchor.statement(one.nb, one.journals, one.title)
        if self.to == "git":
            commit = proofs.note(Path(one.name).parent, said)
            self.say(
                f"{one.title}: anchored in the git note of {commit} ({proofs.NOTES}; push it: notes do not follow)"
            )
        else:
            self._write(path, said)
        if found.answer in ("changed", "not-supplied"):
            self.note(f"{one.title}: anchored as it is: {found.text()}")

    def _write(self, path: Path, said: dict[str, Any]) -> None:
        title = said["notebook"]
        if self.to == "ssh" and not (self.key and Path(self.key).expanduser().is_file()):
            raise UsageError(f"{self.key}: no such key" if self.key else "--to ssh needs --key")
        if path.exists() and not self.force:
            raise UsageError(f"{path.name} exists", hint="keep it and move it aside, or replace it with --force")
        for old in (proofs.token_of(path), proofs.query_of(path), proofs.signature_of(path)):
            old.unlink(missing_ok=True)
        proofs.written(path, said)
        try:
            if self.to == "file":
                self.say(f"{title}: wrote {path.name}; give a copy to someone: it counts for whoever keeps one")
            elif self.to == "ssh":
                self.say(f"{title}: wrote {path.name} and {proofs.sign(path, Path(self.key).expanduser()).name}")
            else:
                made = proofs.request(path)
                self.say(f"{title}: wrote {path.name} and {made.name}; send the request to a time stamping authority:")
                self.say(
                    f"  curl -H 'Content-Type: application/timestamp-query' --data-binary @{made.name} URL > answer.tsr"
                )
                self.say(f"  jupyter aiprov anchor {title} --to rfc3161 --response answer.tsr")
        except UsageError:
            path.unlink()
            raise

    def _store(self, path: Path) -> None:
        if not path.is_file():
            raise UsageError(f"no request was made: there is no {path.name}", hint="anchor --to rfc3161 first")
        answer = Path(self.response)
        if not answer.is_file():
            raise UsageError(f"{self.response}: no such file")
        date = proofs.store(path, answer)
        self.say(f"kept as {proofs.token_of(path).name}: says {date}; verify with --ca CERTIFICATE of the authority")
