"""xllamacpp in this process: the server object's `handle_*`, which take and give OpenAI's objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture import _weights
from jupyter_aiprov.capture._in_process import OpenAIShape, begin, complete
from jupyter_aiprov.capture._patch import Function, Patch, patched
from jupyter_aiprov.capture._tap import Tap
from jupyter_aiprov.capture._wire import sending

MODULES = ("xllamacpp",)
NAME = "xllamacpp"

_METHODS = {
    "handle_chat_completions": "chat/completions",
    "handle_completions": "completions",
    "handle_embeddings": "embeddings",
}


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the server's methods, and its making, which names the file of the weights."""
    files: dict[str, str] = {}  # by the server's address: the objects themselves take no weak reference

    def making(original: Function, _patch: Patch) -> Function:
        def __init__(self: Any, params: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - what it replaces
            if original is not object.__init__:  # a class of C takes its arguments in `__new__`
                original(self, params, *args, **kwargs)
            path = getattr(getattr(params, "model", None), "path", None)
            if path:
                files[str(self.listening_address)] = path if isinstance(path, str) else path.decode()

        return __init__

    def answering(path: str) -> Any:
        def make(original: Function, patch: Patch) -> Function:
            def handle(self: Any, prompt: Any, *args: Any, **kwargs: Any) -> Any:
                __tracebackhide__ = True
                if not patch.active:
                    return original(self, prompt, *args, **kwargs)
                body = _object(prompt)
                file = files.get(str(self.listening_address)) if files else None
                weights = _weights.of_gguf(file) if file else {}
                body.setdefault("model", weights.get("file") or NAME)
                shape = OpenAIShape(path, body, NAME, {"weights": weights} if weights else {})
                begun = begin(tap, NAME, shape.asked)
                if begun is None:
                    return original(self, prompt, *args, **kwargs)
                call, asked = begun
                seen: list[Any] = []
                if args and callable(args[0]):
                    args = (_listening(args[0], seen), *args[1:])
                with sending(call):
                    result = original(self, prompt, *args, **kwargs)
                answer = seen if len(seen) > 1 or body.get("stream") else (seen[0] if seen else _object(result))
                complete(tap, NAME, call, asked, shape.answered, answer)
                return result

            return handle

        return make

    with ExitStack() as stack:
        stack.enter_context(patched(module.Server, "__init__", making))
        for name, path in _METHODS.items():
            stack.enter_context(patched(module.Server, name, answering(path)))
        yield


def _listening(callback: Any, seen: list[Any]) -> Any:
    def listen(piece: Any) -> Any:
        held = _object(piece)
        if held:
            seen.append(held)
        return callback(piece)

    return listen


def _object(value: Any) -> dict[str, Any]:
    """An object given as such or as JSON."""
    if isinstance(value, str | bytes):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return dict(value) if isinstance(value, dict) else {}
