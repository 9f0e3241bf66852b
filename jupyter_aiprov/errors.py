"""Errors that say what happened, where, and what to do next.

    AIProvError
    ├── UsageError        a command or call that cannot be carried out as asked (exit code 2)
    ├── NotebookError     a document that cannot be read as a notebook (exit code 2)
    └── JournalError      a journal that cannot be read or written

`ConfidentialDataError` stands apart: it derives from BaseException, so that neither a retry
loop nor a broad `except Exception` hides a request that was stopped on purpose.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class AIProvError(Exception):
    """Something went wrong in jupyter_aiprov; `hint` says what to do next."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message if hint is None else f"{message}\n  hint: {hint}")
        self.message = message
        self.hint = hint


class UsageError(AIProvError):
    """A command or call that cannot be carried out as asked."""


class NotebookError(AIProvError):
    """A document that cannot be read as a notebook."""


class JournalError(AIProvError):
    """A journal that cannot be read or written."""


class ConfidentialDataError(BaseException):
    """A request was stopped before it left because it holds confidential data.

    Names the rule and, for declared columns, the column; never the value.
    """

    def __init__(
        self,
        message: str,
        *,
        rule: str,
        column: str | None = None,
        scan: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.rule = rule
        self.column = column
        self.scan = scan  # the `privacy_scan` of the stopped request: types and counts
