"""`metadata.aiprov` on outputs whose inputs are AI-made: figures, values, tables.

The display formatter sees the object, so that is where its mark is put. Bundles published without
an object (`display(bundle, raw=True)`, plotly's `fig.show()`) pass ipykernel's hooks only (≥ 7.3 for
both kinds); these are per thread and installed at the first sight of one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.lineage._formatting import Safely, step_after_format

MarkOf = Callable[[Any], Mapping[str, Any] | None]  # {"origin", "subjects", "execution", "invocations"?}


def mark(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`metadata.aiprov` of an output; None where no AI is in it."""
    if found is None or found.get("origin") not in semconv.AI_ORIGINS:
        return None
    out: dict[str, Any] = {"schema_version": semconv.SCHEMA_VERSION, "origin": found["origin"]}
    if subjects := [str(s) for s in found.get("subjects") or ()][:1000]:
        out["subjects"] = subjects
    if found.get("execution"):
        out["execution"] = str(found["execution"])
    if calls := [str(i) for i in found.get("invocations") or ()][:20]:
        out["invocations"] = calls
    return out


class Outputs:
    """Marks what the shell displays. `mark_of(object)` and `mark_of_bundle(data)` say what is in it."""

    def __init__(
        self,
        shell: Any,
        mark_of: MarkOf,
        mark_of_bundle: MarkOf | None = None,
        *,
        safely: Safely = nullcontext,
    ) -> None:
        self.shell = shell
        self.mark_of = mark_of
        self.mark_of_bundle = mark_of_bundle
        self.safely = safely
        self._lock = threading.Lock()
        self._hooked: list[tuple[Any, list[Any]]] = []  # a publisher, and the list of one thread's hooks

    @contextmanager
    def installed(self) -> Iterator[Outputs]:
        """Mark outputs until the context is left; every thread's hooks go with it."""
        try:
            with step_after_format(self.shell.display_formatter, self._step, self.safely):
                self.sight()
                yield self
        finally:
            self.close()

    def _step(self, obj: Any, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        self.sight()
        if data and semconv.KEY not in metadata:
            found = mark(self.mark_of(obj))
            if found is not None:
                metadata[semconv.KEY] = found

    def sight(self) -> None:
        """Install the hooks of the calling thread, once; nothing without ipykernel's publishers."""
        if self.mark_of_bundle is None:
            return
        publishers: tuple[Any, ...] = (self.shell.display_pub, getattr(self.shell, "displayhook", None))
        for publisher in publishers:
            hooks = getattr(publisher, "_hooks", None)
            if isinstance(hooks, list) and hasattr(publisher, "register_hook") and self._hook not in hooks:
                publisher.register_hook(self._hook)
                with self._lock:
                    self._hooked.append((publisher, hooks))

    def _hook(self, message: dict[str, Any]) -> dict[str, Any]:
        with self.safely():
            content = message.get("content") or {}
            data, metadata = content.get("data"), content.get("metadata")
            if self.mark_of_bundle is not None and isinstance(data, dict) and isinstance(metadata, dict):
                found = None if semconv.KEY in metadata or semconv.MIME in data else mark(self.mark_of_bundle(data))
                if found is not None:
                    metadata[semconv.KEY] = found
        return message

    def close(self) -> None:
        """Take the hooks out of every thread's list; `unregister_hook` knows the calling thread only."""
        with self._lock:
            hooked, self._hooked = self._hooked, []
        for _, hooks in hooked:
            with suppress(ValueError):
                hooks.remove(self._hook)
