"""What the answers became: variables, columns, rows, files and figures, cell by cell.

`Lineage` is told of every call while it is made, reads each cell again after it ran, and says what
became AI-made. It runs no code of the user's, changes none of their objects and patches nothing.
"""

from __future__ import annotations

import ast
import linecache
import re
import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from jupyter_aiprov.lineage.content import Answers
from jupyter_aiprov.lineage.files import FileLedger
from jupyter_aiprov.lineage.frames import Snapshots
from jupyter_aiprov.lineage.labels import Label
from jupyter_aiprov.lineage.lift import Lifter, columns_of, kind_of
from jupyter_aiprov.lineage.preview import Preview, Shown
from jupyter_aiprov.lineage.report import event_of, in_words, origin_of
from jupyter_aiprov.lineage.resolving import in_words as stated_words
from jupyter_aiprov.lineage.resolving import resolve, subjects_of
from jupyter_aiprov.lineage.scopes import Module
from jupyter_aiprov.lineage.sites import Sites
from jupyter_aiprov.lineage.sources import Sources, parsed, stored_names
from jupyter_aiprov.lineage.state import TooMuchError, Value, anything, is_tainted, repeated, scalar
from jupyter_aiprov.lineage.store import Store
from jupyter_aiprov.lineage.tracked import Tracked
from jupyter_aiprov.model import Invocation, Request

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow
    from jupyter_aiprov.lineage.settle import Entry, Settler

__all__ = ["Lineage"]

Event = dict[str, Any]
TESTED: Final = frozenset({(3, 11), (3, 12), (3, 13)})  # Pythons whose code objects and stacks are read right
_SPAWNS: Final = re.compile(r"submit|Thread|create_task|ensure_future|executor|\.map\(|to_thread|apply_async")
_DELETES: Final = re.compile(r"^[ \t]*del[ \t]+(.+)", re.M)
_WORD: Final = re.compile(r"\w+")
_FUNCTION: Final = type(lambda: None)


class Lineage:
    """Follows one shell. Methods are cheap until the first AI call; nothing here raises by design."""

    def __init__(self, shell: Any, emit: Callable[[Event], Any], config: Any, folder: Any = None) -> None:
        self.shell = shell
        self.emit = emit
        self.config = config
        self.sites = Sites(self._is_cell)
        self.answers = Answers()
        self.sources = Sources()
        self.lifter = Lifter(self.sites.is_user_file)
        self.module = Module(shell.user_ns, self.lifter)
        self.files = Store(FileLedger(folder, str(getattr(config, "mark_files", "beside"))))
        self.images = Snapshots()
        self.tracked = Tracked()
        self.entries: dict[str, Entry] = {}
        self.follows = sys.version_info[:2] in TESTED
        self.is_active = False
        self._execution: str | None = None
        self._counts: dict[str, int] = {}  # execution -> cell number, for words
        self._old: dict[str, Any] = {}
        self._is_imaged = False
        self._going: frozenset[str] = frozenset()  # names that the cell deletes: an image would keep their memory
        self._pending: tuple[ast.Module, str] | None = None
        self._spawned: str | None = None
        self.displays = Preview(self)
        self.declared: list[Mapping[str, Any]] = []  # what people state and did not withdraw, oldest first
        self._untold: set[str] = set()  # subjects whose edits are known not to be tracked
        self.waits: Callable[[], Any] | None = None  # lets the answers arrive before they are asked about

    # What follows cells is half of this package and is loaded with the first AI call.
    @cached_property
    def flow(self) -> Flow:
        """Interprets a cell."""
        from jupyter_aiprov.lineage.flow import Flow

        return Flow(self.module, self.sites, self.sources, self.lifter, self.shell, self.files)

    @cached_property
    def settler(self) -> Settler:
        """Says what a cell left."""
        from jupyter_aiprov.lineage.settle import Settler

        return Settler(self.sites, self.answers, self.tracked)

    # ── while a cell runs ─────────────────────────────────────────────────────────
    def called(self, invocation_id: str, reader_name: str, _request: Request | None) -> Mapping[str, Any] | None:
        """A call begins in this thread: note who asked; its site for the record."""
        if not self._is_imaged:
            self._is_imaged = True
            live = self.shell.user_ns
            self.images.before({n: o for n, o in live.items() if n not in self._going} if self._going else live)
        group = self.sites.record(invocation_id, reader_name, self._execution)
        if group is None:
            return None
        self.is_active = True
        return {"line": group.chain[-1][1], "function": group.names[-1] if group.names else None}

    def answered(self, invocation_id: str, answer: Invocation) -> None:
        """An answer was read, on the writer's thread."""
        self.answers.add(invocation_id, answer)
        group = self.sites.groups.get(self.sites.of_call.get(invocation_id, 0))
        if group is not None:
            model = answer.response_model or answer.request_model
            if model:
                group.models.add(model)

    def before_cell(self, execution: Any) -> None:
        """A cell begins: note what could be lost by running it."""
        self._execution = execution.id
        self._is_imaged = not self.follows
        self.files.look(execution.source, self.shell.user_ns)
        self._going = frozenset(w for line in _DELETES.findall(execution.source) for w in _WORD.findall(line))
        self.displays.begin(execution)
        old: dict[str, Any] = {}
        before: dict[int, list[Any]] = {}
        for name, obj in list(self.shell.user_ns.items()):
            cls = type(obj)
            if cls is _FUNCTION:
                old[name] = obj
            elif cls in _PLAIN:
                continue
            elif cls in _COLLECTIONS:
                old[name] = _COLLECTIONS[cls]
            elif (kind := self._kind(cls, obj)) == "frame":
                columns = columns_of(obj)
                old[name] = columns
                before[id(obj)] = columns
            elif kind:
                old[name] = kind
        self._old = old
        self.lifter.before = before
        if self.is_active:
            held = {column[0] for column in self.tracked} - self._going
            self.images.before({n: o for n, o in self.shell.user_ns.items() if n in held})

    _kinds: dict[type, str] = {}  # noqa: RUF012 - kinds of classes, the same for every instance

    def _kind(self, cls: type, obj: Any) -> str:
        known = self._kinds.get(cls)
        if known is None:
            known = kind_of(obj)
            if len(self._kinds) < 10_000:
                self._kinds[cls] = known
        return known

    def _was(self, name: str) -> Value | None:
        """The value that a name had before the cell, when the cell binds it anew."""
        if name not in self.flow.bound or name not in self._old:
            return None
        old = self._old[name]
        if isinstance(old, list):
            out = Value(
                "frame", fields={c: repeated("series", scalar()) for c in old if type(c) in {str, int, float, tuple}}
            )
            if not old:
                out.rest = repeated("series", scalar())
            return out
        if isinstance(old, str):
            return repeated(old, scalar()) if old != "map" else Value("map", rest=anything())
        return self.lifter.lift(old) if type(old) is _FUNCTION else None

    def _is_cell(self, filename: str) -> bool:
        return filename in getattr(self.shell.compile, "_filename_map", {})

    # ── after a cell ──────────────────────────────────────────────────────────────
    def after_cell(self, execution: Any, result: Any) -> list[Event]:
        """Follow the cell that just ended; what became, or ceased to be, AI-made."""
        self.displays.end()
        self.sites.forget_files()
        if not self.follows:
            return self._by_content(execution)
        if not self.is_active and not self._reads_labelled(execution.source):
            if _SPAWNS.search(execution.source):  # work that may ask when this cell is long over
                self._spawned = execution.source
            return []
        self.is_active = True
        if self.waits is not None and self.sites.fresh:
            self.waits()
        try:
            return self._follow(execution, result)
        finally:
            self.images.drop()
            self.lifter.release()
            self._old = {}

    def _by_content(self, execution: Any) -> list[Event]:
        """Cells are not followed on this Python: what the values themselves say."""
        from jupyter_aiprov.lineage import by_content

        if not self.sites.of_call:
            return []
        fresh, self.sites.fresh = self.sites.fresh, []
        for group in fresh:
            self._counts.setdefault(str(group.execution), getattr(execution, "execution_count", None) or 0)
        if self.waits is not None and fresh:
            self.waits()
        live = self.shell.user_ns
        named = dict.fromkeys(_WORD.findall(execution.source))
        kept = {k: e for k, e in self.entries.items() if k.split(".")[0] in live and k.split(".")[0] not in named}
        entries = kept | by_content.entries(live, named, self.answers, self.sites)
        events = self._events(entries, execution)
        self.entries = entries
        self.images.drop()
        return events

    def _follow(self, execution: Any, result: Any) -> list[Event]:
        fresh, self.sites.fresh = self.sites.fresh, []
        late = [g for g in fresh if g.execution != execution.id]
        number = getattr(execution, "execution_count", None)
        for group in fresh:
            self._counts.setdefault(str(group.execution), number or 0)
        self._counts[execution.id] = number or 0
        live = self.shell.user_ns
        named = [(live[n], v) for n, v in self.module.vars.items() if n in live and n != "_"]  # `_` is another by now
        self.lifter.start(named)
        self.module.old = self._was
        self.files.begin()
        if self._pending is None and self._spawned is not None:
            self._pending = self._tree(self._spawned)
        self._spawned = None
        if self._pending is not None and (late or fresh):
            tree, file = self._pending
            late_groups = [*late, *[g for g in fresh if not g.is_rooted]]
            if late_groups:
                self.flow.bound = {}
                self._run(tree, file, late_groups, 0)
        self._pending = None
        tree_and_file = self._tree(execution.source)
        if tree_and_file is not None:
            tree, file = tree_and_file
            self.flow.bound = stored_names(tree)
            self._run(tree, file, [g for g in fresh if not g.seen or g not in late], _failed_line(result, file))
            if self.flow.spawned:
                self._pending = (tree, file)
        return self._settle(execution)

    def _run(self, tree: ast.Module, file: str, groups: list[Any], stop: int) -> None:
        try:
            self.flow.run(tree, file, groups, stop)
        except (TooMuchError, RecursionError):
            label = Label(3, low=True, sites=frozenset(g.id for g in groups))
            for name in stored_names(tree):
                if groups and name in self.shell.user_ns:
                    self.module.vars[name] = Value("any", label)

    def _tree(self, source: str) -> tuple[ast.Module, str] | None:
        try:
            text = self.shell.transform_cell(source)
        except (SyntaxError, ValueError, TypeError):
            return None
        tree = parsed(text)
        if tree is None:
            return None
        names = list(getattr(self.shell.compile, "_filename_map", {}))
        for name in reversed(names[-60:]):
            if "".join(linecache.getlines(name)).rstrip("\n") == text.rstrip("\n"):
                return tree, str(name)
        return tree, str(names[-1]) if names else ""

    def _settle(self, execution: Any) -> list[Event]:
        live = self.shell.user_ns
        names = self.module.vars
        for name in [n for n in names if n not in live]:
            del names[name]
        entries = self.settler.settle(names, live, self.images)
        for name in [n for n, v in names.items() if not self._is_kept(v)]:
            del names[name]
        for scope in self.flow.modules.values():
            for name in [n for n, v in scope.vars.items() if not is_tainted(v)]:
                del scope.vars[name]
        self.flow.returned.clear()
        self.flow.yielded.clear()
        events = self._events(entries, execution)
        self.entries = entries
        for key in self.tracked.forget(live):  # after `del df` nothing of it is kept
            self.settler.previous.pop(key, None)
        for file in self.files.finish():
            events.append(event_of(self, f"file:{file['name']}", None, execution, file=file))
        return [*events, *self._not_tracked()]

    def _not_tracked(self) -> list[Event]:
        """AI columns whose later edits cannot be seen: a stated gap, once."""
        names = {name for name in self.images.untracked if name in self.module.vars}
        kept = [c for c in self.tracked if self.tracked.marks(c) is not None and not self.tracked.is_tracked(c)]
        names |= {name if column is None else f"{name}.{column}" for name, column in kept}
        new = sorted(names - self._untold)
        self._untold.update(new)
        return [{"type": "gap", "reason": "edits-not-tracked", "detail": name} for name in new]

    def _is_kept(self, value: Value) -> bool:
        if value.kind in {"func", "class", "module"}:
            return False
        return is_tainted(value) or (isinstance(value.data, dict) and "database" in value.data)

    def _events(self, entries: dict[str, Entry], execution: Any) -> list[Event]:
        events = []
        for subject, entry in entries.items():
            before = self.entries.get(subject)
            if before is None or not _is_same(before, entry):
                events.append(event_of(self, subject, entry, execution))
        for subject in self.entries:
            if subject not in entries:
                gone = subject.split(".")[0] not in self.shell.user_ns
                events.append(
                    event_of(self, subject, self.entries[subject], execution, state="deleted" if gone else "superseded")
                )
        return events

    def _reads_labelled(self, source: str) -> bool:
        """A cell without AI that names a file known to hold AI values: from here on cells are followed."""
        return self.files.reads_labelled(source)

    # ── what is known ─────────────────────────────────────────────────────────────
    def origins(self) -> dict[str, dict[str, Any]]:
        """Subject to what is said of it; subjects without AI are absent."""
        live = self.shell.user_ns
        found = {k: self.stated(k, origin_of(self, v)) for k, v in self.entries.items() if k.split(".")[0] in live}
        for subject in subjects_of(self.declared):
            if subject not in found and subject.split(".")[0] in live:
                found[subject] = self.stated(subject, None)
        return found

    def stated(self, subject: str, found: dict[str, Any] | None) -> dict[str, Any]:
        """What is found beside what people state of it (`resolve`)."""
        shown = resolve(found, self.declared, subject=subject) if self.declared else {}
        return shown if "declared" in shown else found or {}

    def preview(self, obj: Any) -> Shown | None:
        """What is known of an object that is about to be displayed, in a cell that may still run."""
        return self.displays.of(obj)

    def origin(self, frame: Any, column: str | None = None) -> dict[str, Any]:
        """What is said of an object, or of one of its columns."""
        for name, obj in list(self.shell.user_ns.items()):
            if obj is frame and not name.startswith("_"):
                subject = name if column is None else f"{name}.{column}"
                found = self.entries.get(subject)
                shown = self.stated(subject, origin_of(self, found) if found is not None else None)
                if shown:
                    return shown
        return {"origin": "unknown", "evidence": "inferred", "confidence": "low", "invocations": [], "rows": None}

    def explain(self, subject: str) -> str:
        """The way from the call to the subject, in words."""
        entry = self.entries.get(subject)
        shown = self.stated(subject, origin_of(self, entry) if entry is not None else None)
        said = in_words(self, subject)
        return f"{said}\n  {stated_words(shown)}" if "declared" in shown else said

    def cell_number(self, execution: str | None) -> int | None:
        """The number of the cell that an execution ran."""
        return self._counts.get(str(execution)) or None

    def close(self) -> None:
        """Let go of everything."""
        self.images.drop()
        self.displays.end()
        self.lifter.forget()
        self.module.vars.clear()
        self.answers.clear()
        self.entries.clear()
        self.is_active = False


_PLAIN: Final = frozenset({str, int, float, bool, type(None), bytes, type, type(re)})
_COLLECTIONS: Final[dict[type, str]] = {list: "list", tuple: "tuple", set: "set", dict: "map"}


def _is_same(a: Entry, b: Entry) -> bool:
    if a.label != b.label or a.kind != b.kind or a.edited != b.edited:
        return False
    if a.rows is None or b.rows is None:
        return a.rows is b.rows
    return a.rows is b.rows or (a.rows.shape == b.rows.shape and bool((a.rows == b.rows).all()))


def _failed_line(result: Any, file: str) -> int:
    """The line of the cell in which it failed; 0 when it did not."""
    error = getattr(result, "error_in_exec", None)
    tb = getattr(error, "__traceback__", None)
    line = 0
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == file and tb.tb_frame.f_code.co_name == "<module>":
            line = tb.tb_lineno
        tb = tb.tb_next
    return line
