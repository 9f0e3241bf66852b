"""What a cell displayed, as the kernel saw it leave: digests that a stamp keeps of the outputs above it.

Seen are bundles published under the cell's own request (ipykernel's hooks, per thread; results since
ipykernel 7.3). Left out, because what is saved may rightly differ: displays with a handle, which later
code may replace; what `clear_output` or an Output widget took away; JSON that a browser cannot write
back as it was. Printed text and errors pass no hook.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.cells import Execution
from jupyter_aiprov.proof import canonical
from jupyter_aiprov.seal import output_digest

_MAX = 1000  # outputs of one cell
_UNSAFE = (b'{"$n":', b'{"$u16":')  # how `canonical` spells what a browser cannot keep
Patched = Callable[[Any, str, Callable[[Any, Any], Any]], AbstractContextManager[Any]]


class Bundles:
    """Follows one shell's publishers; `take` gives the digests of what a cell displayed."""

    def __init__(
        self,
        shell: Any,
        running: Callable[[], Execution | None],
        safely: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self.shell = shell
        self.running = running
        self.safely = safely
        self._seen: dict[str, list[Mapping[str, Any]]] = {}
        self._lock = threading.Lock()
        self._hooked: list[list[Any]] = []  # each thread's lists of hooks

    @contextmanager
    def installed(self, patched: Patched) -> Iterator[Bundles]:
        """See what is published until the context is left."""
        with ExitStack() as stack:
            publisher = type(self.shell.display_pub)
            if hasattr(publisher, "clear_output"):
                stack.enter_context(patched(publisher, "clear_output", self._clearing))
            self.sight()
            try:
                yield self
            finally:
                self._close()

    def sight(self) -> None:
        """Install the hooks of the calling thread, once."""
        for publisher in (self.shell.display_pub, getattr(self.shell, "displayhook", None)):
            hooks = getattr(publisher, "_hooks", None)
            if isinstance(hooks, list) and hasattr(publisher, "register_hook") and self._hook not in hooks:
                hooks.append(self._hook)
                with self._lock:
                    self._hooked.append(hooks)

    def take(self, execution: Execution) -> list[str] | None:
        """Digests of the outputs of this execution, in order; None where none was seen."""
        seen = self._seen.pop(execution.id, [])
        self._seen.clear()  # of cells whose end was lost
        return [output_digest({"output_type": "display_data", "data": d}) for d in seen if _is_kept(d)] or None

    def drop(self) -> None:
        """Forget what was seen: the cell has no stamp."""
        self._seen.clear()

    def _hook(self, message: dict[str, Any]) -> dict[str, Any]:
        with self.safely():
            execution = self.running()
            asked = (message.get("parent_header") or {}).get("msg_id")
            content = message.get("content") or {}
            data = content.get("data")
            is_fixed = message.get("msg_type") != "update_display_data" and not (content.get("transient") or {}).get(
                "display_id"
            )
            if execution is not None and execution.msg_id == asked and is_fixed and isinstance(data, Mapping):
                seen = self._seen.setdefault(execution.id, [])
                if data and semconv.MIME not in data and len(seen) < _MAX and not _redirected():
                    seen.append(data)
        return message

    def _clearing(self, original: Callable[..., Any], _patch: Any) -> Callable[..., Any]:
        def clear_output(publisher: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            execution = self.running()
            if execution is not None:
                self._seen.pop(execution.id, None)
            return original(publisher, *args, **kwargs)

        return clear_output

    def _close(self) -> None:
        with self._lock:
            hooked, self._hooked = self._hooked, []
        for hooks in hooked:
            with suppress(ValueError):
                hooks.remove(self._hook)


def _redirected() -> bool:
    """True while an Output widget catches what is displayed."""
    widgets = sys.modules.get("ipywidgets.widgets.widget")
    known = getattr(widgets, "_instances", None) or {}
    return any(getattr(w, "msg_id", "") for w in list(known.values()) if type(w).__name__ == "Output")


def _is_kept(data: Mapping[str, Any]) -> bool:
    """True when a browser that saves the bundle writes what it got."""
    structured = {k: v for k, v in data.items() if not isinstance(v, str)}
    return not structured or not any(mark in canonical(structured) for mark in _UNSAFE)
