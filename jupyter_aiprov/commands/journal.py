"""`jupyter aiprov journal`: list, verify, purge, merge and tidy journals."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir
from traitlets import Bool, Unicode

from jupyter_aiprov import journal
from jupyter_aiprov.commands._command import Command, meant, options, switch
from jupyter_aiprov.document import cells, outputs, read, source
from jupyter_aiprov.errors import NotebookError, UsageError
from jupyter_aiprov.seal import text

ACTIONS = {
    "list": "sessions with times, calls and sizes",
    "verify": "the chain of every session",
    "purge": "destroy kept texts: --before DATE, --invocation ID, --column NAME, --matching - (text on standard input)",
    "merge": "sessions of several folders into one: merge TARGET FOLDER…",
    "gc": "remove empty files and texts whose journal is gone",
}


class JournalCommand(Command):
    """Look after journals."""

    name = "jupyter aiprov journal"
    description = "Look after journals.\n\n" + "\n".join(f"  {name:<7} {what}" for name, what in ACTIONS.items())
    examples = (
        "jupyter aiprov journal list\njupyter aiprov journal verify .aiprov/ada\n"
        "jupyter aiprov journal purge --before 2026-06-01\necho 'Anna Berg' | jupyter aiprov journal purge --matching -"
    )
    before = Unicode("", help="purge: texts kept before this day (YYYY-MM-DD).").tag(config=True)
    invocation = Unicode("", help="purge: texts of this call.").tag(config=True)
    column = Unicode("", help="purge: texts of the calls behind this column or variable (df.label).").tag(config=True)
    matching = Unicode("", help="purge: texts that hold what is read from standard input (give -).").tag(config=True)
    dry_run = Bool(False, help="purge, gc: say what would go; remove nothing.").tag(config=True)
    aliases = options("JournalCommand", "before", "invocation", "column", "matching")
    flags = switch("JournalCommand", "dry-run", "purge, gc: say what would go; remove nothing.")

    def run(self) -> int:
        """Carry out the action."""
        action, *rest = self.extra_args or ["list"]
        if action not in ACTIONS:
            raise UsageError(f"journal: no action {action!r}", hint=meant(action, ACTIONS, "jupyter aiprov journal "))
        run: Callable[[list[str]], int] = getattr(self, f"do_{action}")
        return run(rest)

    # ── actions ───────────────────────────────────────────────────────────────────
    def do_list(self, words: list[str]) -> int:
        """One line a session."""
        for folder in folders(words):
            self.say(str(folder))
            for session in journal.sessions_in(folder):
                self.say("  " + _line(folder, session))
        return 0

    def do_verify(self, words: list[str]) -> int:
        """One line a session; exit code 1 where a chain is broken."""
        broken = 0
        for folder in folders(words):
            for session in journal.sessions_in(folder):
                found = journal.verify(journal.parts_of(folder, session))
                tail = "; the last line is torn (the process was killed while writing it)" if found.torn_tail else ""
                self.say(f"{session}: {found.lines} lines, {'chain whole' if found.is_whole else 'changed'}{tail}")
                for problem in found.problems:
                    self.say(f"  {problem}")
                broken += not found.is_whole
                broken += self._texts(folder, session)
        return int(bool(broken))

    def _texts(self, folder: Path, session: str) -> bool:
        """Say of a session's texts whether they are what was committed to; True when some are not."""
        files = journal.parts_of(folder, session)
        path = journal.texts_of(session, files)
        if path is None:
            return False
        found = journal.verify_texts(path, (event for file in files for event in journal.read(file)))
        more = (
            f"; {found.unnamed} that no line names (yet, or the process was killed in between)" if found.unnamed else ""
        )
        more += "; the last one is torn (the process was killed while writing it)" if found.torn_tail else ""
        self.say(f"  {found.kept} texts kept, {'changed' if found.problems else 'as they were committed to'}{more}")
        for problem, _ in found.problems:
            self.say(f"  {problem}")
        return bool(found.problems)

    def do_purge(self, words: list[str]) -> int:
        """Destroy texts; the chain stays whole and says that they were destroyed."""
        given = [n for n in ("before", "invocation", "column", "matching") if getattr(self, n)]
        if len(given) != 1:
            raise UsageError("purge takes exactly one of --before, --invocation, --column, --matching -")
        needle = self._needle() if given == ["matching"] else ""
        total = journal.Purged(0, 0, 0)
        for folder in folders(words):
            doomed = self._doomed(given[0], folder, needle)
            if self.dry_run:
                count = sum(doomed(t) for path in folder.glob("*.content.jsonl") for t in journal.read(path))
                total = journal.Purged(0, total.texts + count, 0)
                continue
            done = journal.purge(folder, doomed, criterion=_CRITERIA[given[0]])
            total = journal.Purged(total.sessions + done.sessions, total.texts + done.texts, total.bytes + done.bytes)
        verb = "would be destroyed" if self.dry_run else "destroyed"
        self.say(f"{total.texts} texts {verb} ({total.bytes} bytes, {total.sessions} sessions); the chains stay whole.")
        for copy in copies(folders(words), needle):
            self.say(f"not reached: {copy}")
        return 0

    def do_merge(self, words: list[str]) -> int:
        """Copy sessions of other folders into one; a session that is there already must be the same or longer."""
        if len(words) < 2:
            raise UsageError(
                "merge takes a target and at least one folder", hint="jupyter aiprov journal merge TARGET FOLDER"
            )
        target = Path(words[0])
        journal.prepare(target)
        done: Counter[str] = Counter()
        for folder in folders(words[1:]):
            for path in sorted(folder.glob("*.jsonl")):
                done[_merged(path, target / path.name)] += 1
        self.say(f"{target}: {done['copied']} files copied, {done['longer']} continued, {done['same']} the same")
        if done["differs"]:
            self.say(f"{done['differs']} files differ from those already there and were left out")
        return int(bool(done["differs"]))

    def do_gc(self, words: list[str]) -> int:
        """Empty files, and texts whose journal is gone."""
        for folder in folders(words):
            for path in sorted(folder.glob("*.jsonl")):
                base = path.name.removesuffix(".content.jsonl")
                orphan = path.name.endswith(".content.jsonl") and not (folder / f"{base}.jsonl").exists()
                if path.stat().st_size == 0 or orphan:
                    why = "texts without their journal" if orphan else "empty"
                    self.say(f"{'would remove' if self.dry_run else 'removed'} {path} ({why})")
                    if not self.dry_run:
                        path.unlink()
        return 0

    # ── what is doomed ────────────────────────────────────────────────────────────
    def _needle(self) -> str:
        if self.matching != "-":
            raise UsageError(
                "the text to purge would stay in the shell's history",
                hint="give it on standard input: … | jupyter aiprov journal purge --matching -",
            )
        needle = sys.stdin.read().strip()
        if len(needle) < 3:
            raise UsageError("fewer than three characters on standard input: that would match almost everything")
        return needle

    def _doomed(self, kind: str, folder: Path, needle: str) -> Callable[[Mapping[str, Any]], bool]:
        if kind == "before":
            limit = _day(self.before)
            return lambda t: str(t.get("time") or "") < limit
        if kind == "matching":
            low = needle.casefold()
            return lambda t: low in json.dumps(t.get("value"), ensure_ascii=False).casefold()
        ids = {self.invocation} if kind == "invocation" else set(_behind(folder, self.column))
        marks = set(_commitments(folder, ids))
        return lambda t: t.get("invocation") in ids or t.get("commitment") in marks


_OPAQUE = frozenset({".pdf", ".zip", ".docx", ".xlsx"})
_READABLE = frozenset(
    ".ipynb .html .tex .md .qmd .rmd .py .r .txt .csv .tsv .json .jsonld .jsonl .yaml .yml .bib .log".split()
)
_FILES_MAX, _SIZE_MAX = 50_000, 64 * 2**20
_CRITERIA = {"before": "date", "invocation": "invocation", "column": "column", "matching": "text"}


def folders(words: list[str]) -> list[Path]:
    """The journal folders that the words stand for; without any those here and in Jupyter's data folder."""
    roots = [Path(w) for w in words] or [Path(".aiprov"), Path(jupyter_data_dir()) / "aiprov"]
    for root in roots:
        if words and not root.is_dir():
            raise UsageError(f"{root}: no such folder")
    found = [p for root in roots for p in (root, *sorted(root.glob("*/")), *sorted(root.glob(".aiprov/*/")))]
    return [p for p in dict.fromkeys(found) if p.is_dir() and any(p.glob("*.jsonl"))]


def _line(folder: Path, session: str) -> str:
    calls: Counter[str] = Counter()
    first = last = name = ""
    models: set[str] = set()
    paths = journal.parts_of(folder, session)
    for path in paths:
        for event in journal.read(path):
            last = str(event.get("time") or last)
            first = first or last
            name = name or str(event.get("notebook") or "")
            if event.get("type") == "invocation" and event.get("status") != "started":
                calls[str(event.get("status"))] += 1
                models |= {str(event.get("gen_ai.response.model") or event.get("gen_ai.request.model") or "")} - {""}
    texts = journal.texts_of(session, paths)
    size = sum(p.stat().st_size for p in paths)
    kept = f"{texts.stat().st_size} bytes of texts" if texts is not None else "no texts"
    said = ", ".join(f"{n} {s}" for s, n in calls.items()) or "no calls"
    when = f"{first[:16]} to {last[:16]}"
    names = ", ".join(sorted(models))
    return "  ".join((session, when, name or "(no name)", said, names, f"{size} bytes, {kept}"))


def _day(value: str) -> str:
    try:
        return datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC).isoformat(timespec="milliseconds")
    except ValueError:
        raise UsageError(f"{value!r} is no day", hint="YYYY-MM-DD, e.g. --before 2026-06-01") from None


def _behind(folder: Path, column: str) -> Iterator[str]:
    for session in journal.sessions_in(folder):
        for path in journal.parts_of(folder, session):
            for event in journal.read(path):
                if event.get("type") == "derivation" and event.get("subject") == column:
                    yield from map(str, event.get("invocations") or ())


def _commitments(folder: Path, ids: set[str]) -> Iterator[str]:
    """Also of texts that these calls repeated: they are kept once, with the first call that sent them."""
    for session in journal.sessions_in(folder):
        for path in journal.parts_of(folder, session):
            for event in journal.read(path):
                if event.get("type") == "invocation" and str(event.get("id")) in ids:
                    for _, ref in journal.references(event):
                        yield str(ref.get("commitment") or ref.get("repeat_of"))


def _merged(path: Path, target: Path) -> str:
    data = path.read_bytes()
    if not target.exists():
        target.write_bytes(data)
        target.chmod(0o600)
        return "copied"
    there = target.read_bytes()
    if there.startswith(data):
        return "same"
    if data.startswith(there):
        target.write_bytes(data)
        return "longer"
    return "differs"


def copies(found: list[Path], needle: str) -> Iterator[str]:
    """Where the same texts may still be: what a purge cannot reach."""
    for folder in found:
        home = folder.parent.parent if folder.parent.name == ".aiprov" else folder
        for path in _files(home):
            if path == home:
                yield f"{home}: more than {_FILES_MAX:,} files; the rest was not looked at"
            elif path.suffix in _OPAQUE:
                yield f"{path}: may hold a copy"
            elif needle and path.suffix == ".ipynb":
                if _shows(path, needle):
                    yield f"{path}: source or outputs hold the text"
            elif needle and needle.casefold() in path.read_text(encoding="utf-8", errors="replace").casefold():
                yield f"{path}: holds the text"
        if any((p / ".git").exists() for p in (home, *home.absolute().parents)):
            yield "the git history of this folder"
    yield "the kernels' memory and their In/Out history, copies by workers, backups, and what the AI services keep"


def _files(home: Path) -> Iterator[Path]:
    """Notebooks, pages, scripts, tables, crates, archives beside the journal and below; `home`: there are too many."""
    left = _FILES_MAX
    for root, names, files in os.walk(home):
        hidden = (n for n in names if n.startswith(".") and n != ".ipynb_checkpoints")
        names[:] = sorted(set(names) - set(hidden) - {"node_modules", "__pycache__"})
        if (left := left - len(files)) < 0:
            yield home
            return
        for path in (Path(root, name) for name in sorted(files)):
            if path.suffix in _OPAQUE or (path.suffix in _READABLE and path.stat().st_size <= _SIZE_MAX):
                yield path


def _shows(path: Path, needle: str) -> bool:
    try:
        nb = read(path)
    except NotebookError:
        return False
    low = needle.casefold()
    for _, cell in cells(nb):
        shown = [source(cell), *(text(o.get("text")) for o in outputs(cell))]
        shown += [text(v) for o in outputs(cell) for v in (o.get("data") or {}).values()]
        if any(low in one.casefold() for one in shown):
            return True
    return False
