"""What captures of in-process models do the same way: begin, run quietly inside, complete."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from jupyter_aiprov.capture._patch import DRIFT
from jupyter_aiprov.capture._tap import Call, Tap, is_inner
from jupyter_aiprov.capture._wire import sending
from jupyter_aiprov.model import Exchange, Invocation, Request, Response

Answered = Callable[[Invocation, Any], Invocation]


def running(tap: Tap, method: str, asked: Callable[[], Invocation], run: Callable[[], Any], answered: Answered) -> Any:
    """The result of `run`, on record once however many hooked functions call each other inside."""
    __tracebackhide__ = True
    begun = begin(tap, method, asked)
    if begun is None:
        return run()
    call, invocation = begun
    with sending(call):
        result = run()
    complete(tap, method, call, invocation, answered, result)
    return result


def begin(tap: Tap, method: str, asked: Callable[[], Invocation]) -> tuple[Call, Invocation] | None:
    """A call with what was asked; None inside another call or where the arguments are not as we know them."""
    if is_inner():
        return None
    try:
        invocation = asked()
    except DRIFT as error:
        tap.gap("not-covered", f"{method}: a call could not be read ({type(error).__name__})")
        return None
    return tap.begin(invocation, method=method), invocation


def complete(tap: Tap, method: str, call: Call, asked: Invocation, answered: Answered, result: Any) -> None:
    """The call with its answer; an answer not understood is said to be so."""
    try:
        invocation = answered(asked, result)
    except DRIFT as error:
        tap.gap("not-covered", f"{method}: an answer could not be read ({type(error).__name__})")
        invocation = replace(asked, unparsed=f"{method}: {type(error).__name__}")
    call.complete(invocation)


class OpenAIShape:
    """Calls of local libraries that take and give the objects of OpenAI's HTTP API."""

    def __init__(
        self, path: str, body: Mapping[str, Any], provider: str, extra: Mapping[str, Any] | None = None
    ) -> None:
        self._provider = provider
        self._extra = dict(extra or {})
        data = json.dumps(body, default=lambda _: None).encode()
        self._request = Request("POST", f"http://localhost/v1/{path}", {"content-type": "application/json"}, data)

    def asked(self) -> Invocation:
        """What was asked, as the reader of the HTTP API reads it."""
        return self._read(None)

    def answered(self, _asked: Invocation, result: Any) -> Invocation:
        """With the answer: one object, or the pieces of a stream."""
        if isinstance(result, list):
            body = b"".join(b"data: " + json.dumps(piece).encode() + b"\n\n" for piece in result) + b"data: [DONE]\n\n"
            return self._read(Response(200, {"content-type": "text/event-stream"}, body, size=len(body)))
        body = result if isinstance(result, bytes) else json.dumps(result).encode()
        status = 400 if isinstance(result, dict) and "error" in result and "choices" not in result else 200
        return self._read(Response(status, {"content-type": "application/json"}, body, size=len(body)))

    def _read(self, response: Response | None) -> Invocation:
        from jupyter_aiprov import readers  # many small files: not while the extension loads

        reader = readers.recognise(self._request)
        if reader is None:
            raise LookupError(self._request.path)
        found = reader.read(Exchange(self._request, response))
        return replace(found, provider=self._provider, extra={**found.extra, **self._extra})


def pieces(
    tap: Tap, method: str, call: Call, shape: OpenAIShape, asked: Invocation, given: Iterable[Any]
) -> Iterator[Any]:
    """A stream of objects passed on; the call is over where the stream is."""
    __tracebackhide__ = True
    seen: list[Any] = []
    try:
        for piece in given:
            call.chunk(b"")
            seen.append(piece)
            yield piece
    except GeneratorExit:
        complete(tap, method, call, asked, shape.answered, seen)
        raise
    except BaseException as error:
        call.finish("error", error)
        raise
    complete(tap, method, call, asked, shape.answered, seen)
