"""What the recorder is given: redaction, readers, lineage and the guard, as it sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from jupyter_aiprov.cells import Execution
from jupyter_aiprov.model import Exchange, Invocation, Request


class Redacts(Protocol):
    """The only door to anything written (see `redact`)."""

    def text(self, text: str) -> str:
        """The text without secrets."""

    def value(self, value: Any) -> Any:
        """A JSON-like value without secrets, as a copy."""

    def is_clean(self, values: Iterable[Any]) -> bool:
        """True when JSON-like values hold no secret, looked at as one."""

    def learn_request(self, url: str, headers: Mapping[str, str]) -> None:
        """A request's own credentials are secrets from now on."""


class Reads(Protocol):
    """What `readers.recognise` returns."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    def read(self, exchange: Exchange) -> Invocation: ...


class Follows(Protocol):
    """What lineage wants to hear of calls."""

    def called(self, invocation: str, reader: str, request: Request | None) -> Mapping[str, Any] | None:
        """In the calling thread, before the request leaves; may return the site."""

    def answered(self, invocation: str, answer: Invocation) -> None:
        """On the journal's thread, when the answer was read."""


class Scanned(Protocol):
    """What the guard found in a request (`guard.Scan`)."""

    @property
    def warning(self) -> str | None:
        """What the user is told, if anything."""

    def to_dict(self) -> dict[str, Any]:
        """The record's `privacy_scan`."""


class Examines(Protocol):
    """The guard: what it found, or None when it is off; raises ConfidentialDataError to stop a request."""

    def __call__(
        self, request: Request | None, destination: str, invocation: Invocation | None, execution: Execution | None, /
    ) -> Scanned | None: ...
