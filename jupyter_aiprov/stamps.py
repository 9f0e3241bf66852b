"""The stamps of a session: shown at a cell's end, updated where they are when late answers arrive."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jupyter_aiprov import semconv, stamp
from jupyter_aiprov.cells import Execution
from jupyter_aiprov.config import AIProv
from jupyter_aiprov.recorder import Recorder, Tally, guarded

_LATE_MAX = 500  # stamps that can still be updated
_EXCERPT = 200  # characters of a text


class Stamps:
    """One shell's stamps: one display of each outermost execution that has something on record."""

    def __init__(self, shell: Any, config: AIProv, recorder: Recorder) -> None:
        self.shell = shell
        self.config = config
        self.recorder = recorder
        self.told: Callable[[Execution, dict[str, Any]], None] | None = None  # hears of each stamp that is shown
        self._over: OrderedDict[str, Execution] = OrderedDict()  # ended cells whose stamp may still change
        self._shown: set[str] = set()

    def ended(self, execution: Execution) -> None:
        """A cell is over: what it left running gets a place for its stamp, and stamps that are late are updated."""
        if self.recorder.tallies and execution.id not in self._shown and self.recorder.cells.has_pending(execution):
            self._publish(execution, {}, {})  # shows nothing
        self._over[execution.id] = execution
        if len(self._over) > _LATE_MAX:
            self._shown.discard(self._over.popitem(last=False)[0])
        self._update_late()

    def show(self, execution: Execution) -> None:
        """Display the execution's stamp, or update it where it is."""
        update = execution.id in self._shown
        tally = self.recorder.tally(execution.id)
        if tally is None or self.config.stamp == "off":
            return
        uses = tally.uses()
        if not uses and not any(e["type"] in {"derivation", "authorship", "gap"} for e in tally.events):
            return
        tally.changed = False
        made = stamp.record(
            execution.to_dict(),
            uses,
            tally.events,
            journal=self._journal_part(tally),
            content=self._excerpts(tally.texts),
            stable=self.config.stamp == "stable",
        )
        if getattr(self.shell, "kernel", None) is None:
            if not update:
                print(stamp.plain(made, self.config.language))  # noqa: T201 - a terminal's only display
            return
        self._publish(execution, stamp.bundle(made, self.config.language), {semconv.KEY: stamp.mark(made)})
        if self.told is not None:
            self.told(execution, made)

    def heard(self, event: Mapping[str, Any]) -> None:
        """On the journal's thread: an answer that came after its cell's stamp asks for an update."""
        if event.get("execution") not in self._over or event["type"] == "execution":
            return
        loop = getattr(getattr(self.shell, "kernel", None), "io_loop", None)
        if loop is not None:
            loop.add_callback(self._update_if_idle)

    def _publish(self, execution: Execution, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        update = execution.id in self._shown
        self._shown.add(execution.id)
        transient = {"display_id": f"aiprov-{execution.id}"}
        self.shell.display_pub.publish(data=data, metadata=metadata, transient=transient, update=update)

    def _journal_part(self, tally: Tally) -> dict[str, Any] | None:
        if not tally.hashes:
            return None
        path = self.recorder.journal.path
        return {
            "session": self.recorder.session,
            "file": path.name if path else None,
            "lines": len(tally.hashes),
            "seq": [min(tally.seqs), max(tally.seqs)],
            "root": tally.root(),
        }

    def _excerpts(self, texts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        level = self.config.notebook_content
        if level == "digest":
            return []
        clean = [self.recorder.redactor.value(t) for t in texts[:50]]
        return [_shortened(t) for t in clean] if level == "excerpt" else clean

    def _update_if_idle(self) -> None:
        with guarded(self.recorder.failed, "updating a stamp"):
            if self.recorder.cells.running() is None:
                for execution in self._outdated():
                    with self._as_parent(execution):
                        self.show(execution)

    def _update_late(self) -> None:
        """At the end of a cell, under its parent: clients that follow one cell only see it, too."""
        for execution in self._outdated():
            if execution.id in self._shown:
                self.show(execution)
            else:
                with self._as_parent(execution):
                    self.show(execution)

    def _outdated(self) -> list[Execution]:
        tallies = self.recorder.tallies
        return [e for k, e in list(self._over.items()) if k in tallies and tallies[k].changed]

    @contextmanager
    def _as_parent(self, execution: Execution) -> Iterator[None]:
        """Messages sent inside belong to the execution's own request."""
        publisher = self.shell.display_pub
        before = getattr(publisher, "parent_header", None)
        if execution.parent and hasattr(publisher, "set_parent"):
            publisher.set_parent(dict(execution.parent))
        try:
            yield
        finally:
            if execution.parent and hasattr(publisher, "set_parent") and before is not None:
                publisher.set_parent({"header": before})


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _EXCERPT else value[:_EXCERPT] + "…"
    if isinstance(value, Mapping):
        return {k: _shortened(v) for k, v in value.items()}
    return [_shortened(v) for v in value] if isinstance(value, list) else value
