"""The one broad guard."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from jupyter_aiprov.errors import AIProvError


class guarded:  # noqa: N801 - reads as the statement it is: `with guarded(...)`
    """The one broad guard: whatever fails inside is reported, and the user's code goes on.

    Exceptions that are no `Exception` (an interrupt, the data guard's word) pass.
    """

    __slots__ = ("_failed", "_what")

    def __init__(self, failed: Callable[[str, Exception], None], what: str) -> None:
        self._failed, self._what = failed, what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if not isinstance(error, Exception) or os.environ.get("AIPROV_STRICT"):
            return False
        self._failed(self._what, error)
        return True


def where(error: BaseException) -> str:
    """File and line of ours where it happened; never the message, which may hold the user's data."""
    if isinstance(error, AIProvError):
        return error.message
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119
