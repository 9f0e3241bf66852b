"""`jupyter aiprov check`: notebooks held against the rules; exit code 1 where one weighs enough."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from traitlets import Bool, CaselessStrEnum, Unicode

from jupyter_aiprov import checks
from jupyter_aiprov.checks import _report as reports
from jupyter_aiprov.commands._command import Command, options, switch
from jupyter_aiprov.commands._files import Opened, named, opened, progress
from jupyter_aiprov.errors import NotebookError, UsageError
from jupyter_aiprov.lineage.files import is_labelled
from jupyter_aiprov.provenance import Provenance
from jupyter_aiprov.verify import verify


class CheckNotebooks(Command):
    """Check what notebooks say of their use of AI."""

    name = "jupyter aiprov check"
    description = (
        "Check disclosure (AIP1xx), reproducibility (AIP2xx), integrity (AIP3xx) and privacy (AIP4xx). Exit code 0: "
        "nothing that weighs enough; 1: findings; 2: a file could not be read or the call makes no sense."
    )
    examples = (
        "jupyter aiprov check *.ipynb\njupyter aiprov check --policy inserm --format github notebooks/\n"
        "jupyter aiprov check --baseline .aiprov-baseline.json --write-baseline ."
    )
    format = CaselessStrEnum(
        ["text", "json", "github", "sarif"], default_value="text", help="text, json, github or sarif."
    ).tag(config=True)
    policy = Unicode("default", help="default, inserm, journal, draft, integrity, or a JSON file.").tag(config=True)
    select = Unicode("", help="Codes or their beginnings, with commas: AIP1,AIP301.").tag(config=True)
    ignore = Unicode("", help="Codes or their beginnings that are not asked.").tag(config=True)
    fail_on = CaselessStrEnum(
        ["error", "warning", "note", "never"], default_value="error", help="From which weight on the exit code is 1."
    ).tag(config=True)
    baseline = Unicode("", help="File with findings that are known; only new ones are reported.").tag(config=True)
    write_baseline = Bool(False, help="Write the baseline file instead of reporting.").tag(config=True)
    journal = Unicode("", help="Journal folder or file; else it is looked for beside each notebook.").tag(config=True)
    output = Unicode("", help="File to write; else standard output.").tag(config=True)
    aliases = options(
        "CheckNotebooks", "format", "policy", "select", "ignore", "baseline", "journal", "output", "fail-on"
    )
    flags = switch("CheckNotebooks", "write-baseline", write_baseline.help)

    def run(self) -> int:
        """Check every notebook and report once."""
        policy = checks.named(self.policy).narrowed(_codes(self.select), _codes(self.ignore))
        known = self._known()
        report = reports.Report()
        for name in progress(named(self.extra_args, "check"), "checking"):
            report.notebooks += 1
            try:
                self._check(opened(name, self.journal), policy, report)
            except NotebookError as error:
                report.unreadable.append(name)
                self.note(f"jupyter aiprov check: {error}")
        if self.write_baseline:
            return self._write_baseline(report)
        new = [f for f in report.findings if f.fingerprint not in known]
        report.known = len(report.findings) - len(new)
        report.findings = new
        self._show(report)
        if report.unreadable:
            return 2
        return int(reports.at_least(report.findings, self.fail_on))

    def _check(self, one: Opened, policy: checks.Policy, report: reports.Report) -> None:
        path = _shown(one.name)
        found = one.provenance()
        document = checks.Document(
            path, one.nb, found, verify(one.nb, one.journals), {"unlabelled_files": unlabelled(one, found)}
        )
        report.recorded += document.is_recorded
        if not document.is_recorded and document.ai_imports:
            report.not_recorded.append(path)
        report.findings += checks.findings(document, policy)

    def _show(self, report: reports.Report) -> None:
        from jupyter_aiprov._version import __version__

        made = {
            "text": lambda: reports.text(report),
            "json": lambda: reports.as_json(report),
            "github": lambda: reports.github(report),
            "sarif": lambda: reports.sarif(report, checks.registry(), __version__),
        }[self.format]()
        if self.output and self.output != "-":
            Path(self.output).write_text(made + "\n", encoding="utf-8")
            self.note(report.summary())
        else:
            self.say(made)

    def _known(self) -> set[str]:
        if not self.baseline or self.write_baseline:
            if self.write_baseline and not self.baseline:
                raise UsageError("--write-baseline needs --baseline FILE")
            return set()
        try:
            said = json.loads(Path(self.baseline).read_text(encoding="utf-8"))
            return {str(one["fingerprint"]) for one in said["known"]}
        except FileNotFoundError:
            hint = f"write it with --baseline {self.baseline} --write-baseline"
            raise UsageError(f"{self.baseline}: no such baseline", hint=hint) from None
        except (OSError, ValueError, KeyError, TypeError):
            raise UsageError(f"{self.baseline}: not a baseline of `check`") from None

    def _write_baseline(self, report: reports.Report) -> int:
        known = [{"fingerprint": f.fingerprint, "code": f.code, "path": f.path} for f in report.findings]
        known = sorted(
            {k["fingerprint"]: k for k in known}.values(), key=lambda k: (k["path"], k["code"], k["fingerprint"])
        )
        Path(self.baseline).write_text(json.dumps({"schema_version": "1.0", "known": known}, indent=1) + "\n")
        self.note(f"{self.baseline}: {len(known)} findings are known from now on")
        return 2 if report.unreadable else 0


def _shown(name: str) -> str:
    """The file as findings name it: from the working directory on, with slashes, the same however it was called."""
    if name == "-":
        return "standard input"
    path = Path(name).absolute()
    with suppress(ValueError):
        path = Path(os.path.normpath(path)).relative_to(Path.cwd())
    return path.as_posix()


def unlabelled(one: Opened, found: Provenance) -> list[str]:
    """Exported files that lie beside the notebook with AI content and carry no label, beside them or inside."""
    if one.name == "-":
        return []
    folder = Path(one.name).parent
    names = [(d.get("file") or {}).get("name") for d in found.ai_subjects().values()]
    plain = [name for name in dict.fromkeys(names) if isinstance(name, str) and Path(name).name == name]
    return [name for name in plain if (folder / name).is_file() and not is_labelled(folder / name)]


def _codes(value: str) -> list[str]:
    return [code.strip().upper() for code in value.split(",") if code.strip()]
