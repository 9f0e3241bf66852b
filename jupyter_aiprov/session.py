"""One kernel session: everything installed on one ExitStack, so that closing puts the world back.

Wires cells, recorder, capture, guard, lineage, stamp and comm to a shell; holds what none of them
should know of the others.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from jupyter_aiprov import capture, coverage, journal, semconv
from jupyter_aiprov.authorship import Authorship
from jupyter_aiprov.bundles import Bundles
from jupyter_aiprov.capture._local_servers import LocalServers
from jupyter_aiprov.capture._patch import Patch, listing, patched
from jupyter_aiprov.capture._tap import left_open
from jupyter_aiprov.capture._tee import unended
from jupyter_aiprov.cells import Cells, Execution
from jupyter_aiprov.comm import Live
from jupyter_aiprov.config import AIProv
from jupyter_aiprov.lineage import Lineage, display
from jupyter_aiprov.lineage.outputs import Outputs
from jupyter_aiprov.model import Invocation, Request
from jupyter_aiprov.once import once
from jupyter_aiprov.recorder import Recorder, guarded
from jupyter_aiprov.stamps import Stamps
from jupyter_aiprov.workers import Workers, is_enabled

if TYPE_CHECKING:
    from jupyter_aiprov.guard import Guard, Scan
    from jupyter_aiprov.redact import Redactor


FLUSH = 2.0  # seconds a cell's end waits for its record; what comes later updates the stamp
_READS = re.compile(r"\bread_\w+\(|\bscan_\w+\(|\bload_dataset\(")

NOTICE = {
    "en": "AI provenance: calls to AI systems are on record; texts stay in {where} (private), "
    "the notebook gets models, parameters, origins and digests, no text. %aiprov off stops it.",
    "fr": "Provenance IA : les appels aux systèmes d'IA sont enregistrés ; les textes restent dans {where} (privé), "
    "le carnet reçoit modèles, paramètres, origines et empreintes, aucun texte. %aiprov off l'arrête.",
}


class Session:
    """What `%load_ext jupyter_aiprov` starts and `%unload_ext` ends."""

    def __init__(self, shell: Any, config: AIProv) -> None:
        self.shell = shell
        self.config = config
        self.id = uuid4().hex
        self._key = secrets.token_bytes(16)  # under which child processes get what is declared confidential
        self.stack = ExitStack()
        self._content_of: dict[str, str] = {}
        self._coverage: Mapping[str, Any] = {}
        self._told_packages = False
        self._patches: list[Patch] = []  # those that are not of a capture file
        name = os.environ.get("JPY_SESSION_NAME")
        self.notebook = Path(name).name if name else None
        folder, self.is_new = self._folder(name)
        self.cells = Cells(shell, self.id)
        self.journal = journal.Journal(folder, self.id, group_readable=config.group_readable)
        self._variables = len(os.environ)
        self.recorder = Recorder(
            session=self.id,
            cells=self.cells,
            journal=self.journal,
            redactor=lambda: self.redactor,
            recognise=self._recognise,
            destination=self._destination,
        )
        self.lineage = Lineage(shell, self.recorder.emit, config, folder)
        self.lineage.files.ledger.cleaned = self._cleaned
        self.lineage.waits = lambda: self.recorder.flush(FLUSH)
        self.authorship = Authorship(shell, config)
        self.bundles = Bundles(shell, self.cells.running, partial(guarded, self.recorder.failed, "seeing an output"))
        self.servers = LocalServers(lambda: bool(config.ask_local_servers))
        self.stamps = Stamps(shell, config, self.recorder)
        self.installed: capture.Installed | None = None
        self.live: Live | None = None
        self._open()

    # Made on the journal's thread while the user goes on (see `_warm`), or when first needed.
    @once
    def guard(self) -> Guard:
        """What may leave."""
        from jupyter_aiprov.guard import Guard

        return Guard(self.config)

    @once
    def redactor(self) -> Redactor:
        """The only door to anything written."""
        from jupyter_aiprov.redact import Redactor

        made = Redactor.of_environment()
        made.learn(self._key.hex())  # whoever prints the environment, as agents do, sends it
        made.finders.append(self.guard.spans)
        return made

    def _cleaned(self, text: str) -> str:
        return self.redactor.text(text)

    def _warm(self) -> None:
        from jupyter_aiprov import readers

        for failed in readers.load():
            self.recorder.gap("not-covered", f"plug-in {failed}")

    # ── opening and closing ───────────────────────────────────────────────────────
    def _open(self) -> None:
        self.live = Live(self.shell, self.recorder, self.config)  # hears the session's first line, too
        self.live.notice = self.notice
        self.stamps.told = self.live.stamped
        self.recorder.emit(
            {
                "type": "session",
                "id": self.id,
                "status": "started",
                "tool": {"name": "jupyter_aiprov", "version": _version()},
                "schema_version": semconv.SCHEMA_VERSION,
                "semconv": semconv.SEMCONV,
                "notebook": self.notebook,
                "policy": self._policy(),
            }
        )
        self._apply_content()
        self.config.observe(self._changed)
        self.stack.callback(self.config.unobserve, self._changed)
        self.recorder.examine = self._examine
        self.recorder.holds = lambda request: self.config.guard != "off" and self.guard.holds(request)
        self.recorder.warn = self._warn
        self.recorder.content_of = self._content
        self.recorder.place = self.servers.place
        if self.config.lineage:
            self.recorder.lineage = self.lineage
        self.stack.callback(self.lineage.close)
        self.recorder.answers = self.authorship.answered
        with listing(self._patches):
            self.stack.enter_context(self.authorship.installed(patched))
            self.stack.enter_context(self.cells.carried(patched))
            self.stack.enter_context(self.bundles.installed(patched))
        self.installed = self.stack.enter_context(capture.install(self.recorder, later=self.journal.run))
        self.stack.enter_context(self.live.install())
        self.workers = self.stack.enter_context(Workers(self.recorder, self.config, self._key).installed())
        self._children = is_enabled()
        self.stack.enter_context(self._events())
        self.stack.enter_context(self._displays())
        self.recorder.subscribe(self.stamps.heard)
        self.recorder.subscribe(self._heard)
        self.cells.adopt()
        self.journal.run(self._warm)
        if self.config.lineage and not self.lineage.follows:
            self.recorder.gap("lineage-by-content", f"Python {platform.python_version()}")
        if self.config.retention:
            self.journal.run(self._purge_expired)

    @contextmanager
    def _events(self) -> Iterator[None]:
        events = self.shell.events
        hooks = (("pre_run_cell", self._before), ("post_run_cell", self._after))
        for name, function in hooks:
            events.register(name, function)
        try:
            yield
        finally:
            for name, function in hooks:
                events.unregister(name, function)

    @contextmanager
    def _displays(self) -> Iterator[None]:
        """What is displayed says where it comes from: in column heads, and in metadata."""
        safely = partial(guarded, self.recorder.failed, "marking a display")
        marked = display.install(
            self.shell,
            self._columns,
            is_on=lambda: self.config.mark_columns,
            language=lambda: self.config.language,
            safely=safely,
        )
        with marked, Outputs(self.shell, self._mark, safely=safely).installed():
            yield

    def close(self, reason: str = "unloaded") -> None:
        """Put every patched object back, say so on record and stop the writer."""
        running = self.cells.running()
        with guarded(self.recorder.failed, "ending calls that nobody reads"):
            self.recorder.settle(unended(waiting=True), at_once=True)
        left = sorted({repr(p) for p in (*self._patches, *self._captured()) if not p.is_ours})
        where = {"execution": running.id} if running else {}
        self.recorder.gap(reason, "recording ended", **where, **({"left": left} if left else {}))
        self._tell_session("ended")
        self.recorder.flush(FLUSH)
        if running is not None and self.recorder.tally(running.id):
            self.stamps.show(running)
        self.stack.close()
        self.journal.close()

    def _captured(self) -> list[Patch]:
        return self.installed.patches if self.installed is not None else []

    def _folder(self, name: str | None) -> tuple[Path | None, bool]:
        from jupyter_core.paths import jupyter_data_dir

        data = Path(jupyter_data_dir())
        folder = journal.folder_for(self.config.journal_dir, cwd=Path.cwd(), session_name=name, data_dir=data)
        for candidate in (folder, data / "aiprov" / folder.name):
            try:
                new = journal.prepare(candidate, group_readable=self.config.group_readable)
            except OSError:
                continue
            if os.access(candidate, os.W_OK):
                return candidate, new
        return None, True

    # ── configuration that changes while we run ───────────────────────────────────
    def _policy(self) -> dict[str, Any]:
        names = ("journal_content", "notebook_content", "stamp", "personal_data", "guard", "lineage", "match_cells")
        return {n: getattr(self.config, n) for n in names}

    def _changed(self, change: Mapping[str, Any]) -> None:
        self._apply_content()
        self.recorder.emit({"type": "session", "id": self.id, "status": "updated", "policy": self._policy()})
        if change["name"] == "guard" and change["new"] == "off":
            self.recorder.gap("guard-off", "requests are no longer examined")
        if change["name"] == "lineage":
            self.recorder.lineage = self.lineage if change["new"] else None
        if change["name"] == "stamp" and change["new"] == "off":
            self.recorder.gap("stamp-off", "cells are no longer stamped")
        if change["name"] == "journal_content" and change["new"] == "none":
            self.recorder.gap("content-none", "no commitments of texts are kept")

    def _apply_content(self) -> None:
        level = self.config.journal_content
        declared = "guard" in self.__dict__ and self.guard.has_columns
        if level == "full" and (self.config.personal_data or declared):
            level = "digest"
        self.recorder.content = level
        self.recorder.keeps_excerpts = self.config.notebook_content != "digest"

    def _content(self, execution: Execution | None) -> str:
        own = self._content_of.get(execution.id) if execution else None
        return own or self.recorder.content

    def keep_content(self, level: str) -> None:
        """For the cell that runs now: full, digest or none."""
        running = self.cells.running()
        if running is not None:
            self._content_of[running.id] = level
            if level == "none":
                self.recorder.emit(
                    {"type": "gap", "reason": "content-none", "detail": "this cell's texts", "execution": running.id}
                )

    def _cell_line(self, execution: Execution) -> None:
        """What the first line of a `%%aiprov` cell asks for."""
        from jupyter_aiprov.magics import cell_options

        words, options = cell_options(execution.source)
        if options.get("content") in {"full", "digest", "none"}:
            self.keep_content(options["content"])
        if words[:1] == ["human"]:
            self.declare(
                {
                    "type": "declaration",
                    "kind": "authorship",
                    "subject": self._cell_name(execution),
                    "value": {"origin": "human"},
                }
            )
        elif words[:1] == ["ai"]:
            value = {"origin": "ai-generated", **({"tool": options["tool"]} if "tool" in options else {})}
            self.declare(
                {"type": "declaration", "kind": "authorship", "subject": self._cell_name(execution), "value": value}
            )

    def _cell_name(self, execution: Execution) -> str:
        return f"cell:{execution.cell_id or execution.source_sha256[:16]}"

    def switch(self, on: bool) -> None:
        """Record from now on, or stop; each switch is on record."""
        if on == self.recorder.on:
            return
        self.recorder.emit({"type": "gap", "reason": "switched-on" if on else "switched-off", "detail": "by %aiprov"})
        self.recorder.on = on

    # ── what the recorder asks ────────────────────────────────────────────────────
    def _recognise(self, request: Request) -> Any:
        from jupyter_aiprov import readers

        reader = readers.recognise(request, self._hosts())
        if reader is not None and reader.kind == "call":
            self.servers.ask(request)
        return reader

    def _hosts(self) -> tuple[str, ...]:
        return tuple(h if isinstance(h, str) else str(h.get("host") or "") for h in self.config.hosts)

    def _destination(self, request: Request) -> str:
        place = self.guard.destination(request)
        return "external" if place == "loopback" and self.servers.is_remote(request) else place

    def _examine(
        self, request: Request | None, destination: str, invocation: Invocation | None, execution: Execution | None
    ) -> Scan | None:
        if self.config.guard == "off":
            return None
        texts = list(_strings(invocation.content())) if request is None and invocation is not None else None
        return self.guard.examine(request, destination, texts, cell=execution.id if execution else None)

    def _warn(self, text: str) -> None:
        sys.stderr.write(text + "\n")  # no `warnings`: filters could turn it into an error or hide it

    # ── IPython's events ──────────────────────────────────────────────────────────
    def _before(self, info: Any) -> None:
        with guarded(self.recorder.failed, "ending calls that nobody reads"):
            self.recorder.settle(unended())
        with guarded(self.recorder.failed, "beginning a cell"):
            execution = self.cells.begin(info)
            if execution.depth == 1 and left_open():
                self.recorder.gap("left-open", "an interrupt hit a call as it was sent: calls after it in that cell")
            self.bundles.sight()
            if execution.source.startswith("%%aiprov") and execution.depth == 1:
                self._cell_line(execution)
            if len(os.environ) != self._variables:  # keys are often set in a cell
                self._variables = len(os.environ)
                from jupyter_aiprov.redact import environment_secrets

                self.redactor.learn(*environment_secrets(os.environ))
            self._tell_children(execution)
            if self.config.lineage and execution.depth == 1:
                self.lineage.before_cell(execution)

    def _after(self, result: Any) -> None:
        try:
            with guarded(self.recorder.failed, "ending a cell"):
                self._ended(result)
        except KeyboardInterrupt:
            # The user's cell is over; an interrupt that hits our own work ends that work only.
            self.recorder.gap("interrupted", "an interrupt hit the end of a cell")

    def _ended(self, result: Any) -> None:
        execution = self.cells.end(result)
        for stale in self.cells.unfinished:
            self.recorder.emit(stale.to_dict())
        self.cells.unfinished.clear()
        if execution is None:
            return
        was_drafted = False
        with guarded(self.recorder.failed, "ending calls that nobody reads"):
            self.recorder.settle(unended())
        if self.recorder.on:
            self._look_around(execution)
            if self.config.lineage:
                with guarded(self.recorder.failed, "following a cell"):
                    for event in self.lineage.after_cell(execution, result):
                        self.recorder.emit({"execution": execution.id, "cell_id": execution.cell_id, **event})
            with guarded(self.recorder.failed, "comparing a cell with answers"):
                for event in self.authorship.cell(execution):
                    self.recorder.emit({"execution": execution.id, "cell_id": execution.cell_id, **event})
                    was_drafted = True
        harvest = list(self.workers.harvest())
        for event in harvest:
            self.recorder.absorb(event)
        if harvest:
            self.recorder.flush(FLUSH)  # what the children did is part of this cell's stamp
        self._tell_children(None)
        self._screen_files(execution)
        if execution.called or was_drafted or execution.id in self.recorder.tallies:
            execution.outputs = self.bundles.take(execution)
        self.bundles.drop()
        self.recorder.emit(execution.to_dict())
        if execution.called or was_drafted or execution.id in self.recorder.tallies:
            self._tell_session("updated")
            self.recorder.flush(FLUSH, sync=True)
            self.stamps.show(execution)
        elif self.recorder.unwritten:  # a call of another cell ended in this one: its stamp is updated now
            self.recorder.flush(FLUSH)
        self.stamps.ended(execution)

    def _tell_children(self, execution: Execution | None) -> None:
        """Child processes read which cell runs; nothing to do where there can be none."""
        if self._children or "multiprocessing" in sys.modules:
            self.workers.cell(execution)

    def _look_around(self, execution: Execution) -> None:
        assert self.installed is not None
        for lost in self.installed.reinstall():
            self.recorder.gap("patch-lost", lost, execution=execution.id)
        for reason, detail in coverage.blind_spots(execution.source):
            self.recorder.coverage[reason] += 1
            if detail:
                self.recorder.gap(reason, detail, execution=execution.id)
        for name in self.installed.not_covered():
            self.recorder.gap("not-covered", name, execution=execution.id)

    def _tell_session(self, status: str) -> None:
        assert self.installed is not None
        covered = {
            "hooked": self.installed.hooked,
            "not_covered": self.installed.not_covered(),
            **dict(self.recorder.coverage),
        }
        if not self.lineage.follows:
            covered["other"] = {"lineage": "content and declarations only: not tested on this Python"}
        event: dict[str, Any] = {"type": "session", "id": self.id, "status": status}
        if covered != self._coverage or status == "ended":
            self._coverage = covered
            event["coverage"] = covered
        if not self._told_packages or status == "ended":
            self._told_packages = True
            self.journal.run(lambda: self._tell_environment(event))
        elif len(event) > 3:
            self.recorder.emit(event)

    def _tell_environment(self, event: dict[str, Any]) -> None:
        self.recorder.emit({**event, "environment": coverage.environment()})

    # ── records of people ─────────────────────────────────────────────────────────
    def declare(self, event: dict[str, Any]) -> str:
        """Put a person's declaration, review or withdrawal on record; returns its id."""
        if event.get("type") == "withdrawal":
            self._unprotect(str(event.get("target")))
        running = self.cells.running()
        where = {"execution": running.id, "cell_id": running.cell_id} if running is not None else {}
        return self.recorder.emit({**where, **event}, wait=1)

    def _heard(self, event: Mapping[str, Any]) -> None:
        """Statements that stand, whichever way they came."""
        declared = self.lineage.declared
        if event["type"] == "declaration":
            declared.append(event)
        elif event["type"] == "withdrawal":
            declared[:] = [d for d in declared if d.get("id") != event.get("target")]

    # ── what displays ask ─────────────────────────────────────────────────────────
    def _columns(self, frame: Any) -> Mapping[Any, Mapping[str, Any]]:
        """Columns of a displayed frame that hold AI or synthetic values."""
        if not (self.recorder.on and self.config.lineage):
            return {}
        shown = self.lineage.preview(frame)
        found: dict[Any, Mapping[str, Any]] = dict(shown.columns) if shown is not None else {}
        name = self.name_of(frame) if self.lineage.declared else None
        if name is None:
            return found
        for column in list(frame.columns):
            said = self.lineage.stated(f"{name}.{column}", dict(found.get(column) or {}) or None)
            if said:
                found[column] = said
        return found

    def _mark(self, obj: Any) -> Mapping[str, Any] | None:
        """`metadata.aiprov` of an output: only where it is certain that AI is in it."""
        if not (self.recorder.on and self.config.lineage):
            return None
        shown = self.lineage.preview(obj)
        if shown is None or shown.whole is None or shown.whole.get("confidence") == "low":
            return None
        return {**shown.whole, "subjects": shown.subjects, "execution": shown.execution}

    def _of_children(self) -> Iterator[dict[str, Any]]:
        for path in self.workers.files():
            yield from journal.read(path)

    def name_of(self, value: Any) -> str | None:
        """The notebook's own name of an object, if it has one."""
        for name, held in list(self.shell.user_ns.items()):
            if held is value and not name.startswith("_"):
                return str(name)
        return None

    def protect(self, name: str, frame: Any, columns: Any, level: str) -> None:
        """From now on the guard knows these columns' values, and so does redaction."""
        wanted = [columns] if isinstance(columns, str) else list(columns if columns is not None else frame.columns)
        for column in wanted:
            self.guard.declare(name, str(column), frame[column], level)
        self._apply_content()
        self._tell_columns()

    def _tell_columns(self) -> None:
        """Children are told which columns are declared; nothing to do where there can be none."""
        if self._children or "distributed" in sys.modules:
            self.workers.columns(self.guard.columns)

    def _unprotect(self, target: str) -> None:
        """A confidential declaration that was withdrawn stops nothing any more."""
        for made in self.recorder.events():
            if made.get("id") == target and made.get("kind") == "confidential":
                subject, columns = str(made.get("subject")), (made.get("value") or {}).get("columns")
                for name in [f"{subject}.{c}" for c in columns] if columns else [subject]:
                    self.guard.withdraw(name)
                self._apply_content()
                self._tell_columns()

    def _screen_files(self, execution: Execution) -> None:
        """With personal data, text columns of what this cell read from files are watched."""
        if self.config.personal_data and _READS.search(execution.source):
            for name, value in list(self.shell.user_ns.items()):
                if not name.startswith("_") and type(value).__name__ == "DataFrame":
                    self.guard.read_from_file(name, value)
            self._tell_columns()

    def invocations(self) -> list[dict[str, Any]]:
        """The calls of this session, joined, with their texts as far as the policy kept them."""
        self.recorder.flush(10)
        events = [*self.recorder.events(), *self._of_children()]
        executions = {e["id"]: e for e in events if e.get("type") == "execution"}
        joined: dict[str, dict[str, Any]] = {}
        for event in events:
            if event.get("type") == "invocation":
                joined.setdefault(str(event["id"]), {}).update(event)
        joined = {k: e for k, e in joined.items() if e.get("kind") != "housekeeping"}
        texts = self._texts()
        return [_whole(one, executions, texts) for one in joined.values()]

    def _texts(self) -> dict[str, Any]:
        if self.journal.folder is None:
            return {}
        paths = [self.journal.folder / f"{self.id}.content.jsonl"]
        paths += [p.with_name(p.name.removesuffix(".jsonl") + ".content.jsonl") for p in self.workers.files()]
        return {t["commitment"]: t["value"] for p in paths for t in journal.read_texts(p)}

    def _purge_expired(self) -> None:
        if self.journal.folder is not None:
            doomed = journal.expired(self.config.retention)
            journal.purge(self.journal.folder, doomed, criterion="date", live=self.journal.write, live_session=self.id)

    def notice(self) -> str:
        """One sentence: what is kept and where; not in whose folder, since what is printed travels."""
        folder = self.journal.folder
        nowhere = {"en": "memory only (no folder can be written)", "fr": "la mémoire seule (aucun dossier accessible)"}
        where = nowhere[self.config.language] if folder is None else f"{_short(folder.parent)}/"
        return NOTICE[self.config.language].format(where=where)


def of(shell: Any) -> Session | None:
    """The session of a shell, if the extension is loaded in it."""
    for one in getattr(shell, "configurables", ()):
        if isinstance(one, AIProv):
            return getattr(one, "session", None)
    return None


_PARTS = {
    "system": semconv.SYSTEM_INSTRUCTIONS,
    "input": semconv.INPUT_MESSAGES,
    "output": semconv.OUTPUT_MESSAGES,
    "tools": semconv.TOOL_DEFINITIONS,
}


def _whole(one: dict[str, Any], executions: Mapping[str, Any], texts: Mapping[str, Any]) -> dict[str, Any]:
    execution = executions.get(one.get("execution") or "") or {}
    out = {k: v for k, v in one.items() if k not in {"prev", "hash", "seq", "type", *_PARTS}}
    out["execution_count"] = execution.get("execution_count")
    out["cell_id"] = one.get("cell_id") or execution.get("cell_id")
    for part, key in _PARTS.items():
        found = [texts[m] for r in one.get(part) or () if (m := r.get("commitment") or r.get("repeat_of")) in texts]
        if not found:
            continue
        if part == "system":
            out[key] = [p for message in found for p in message["parts"]]
        elif part == "tools":
            out[key] = found[0]
        else:
            out[key] = found
    return out


def _short(folder: Path) -> str:
    """A folder as people name it: relative to here or to home, else by its last name alone."""
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if folder.is_relative_to(base):
            return prefix + str(folder.relative_to(base))
    return f"…/{folder.name}"


def _strings(value: Any) -> Iterator[str]:
    """All texts in a JSON-like value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _version() -> str:
    from jupyter_aiprov._version import __version__

    return __version__
