"""llama-cpp-python in this process: completions, chats and embeddings, streamed or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture import _weights
from jupyter_aiprov.capture._in_process import OpenAIShape, begin, complete, pieces
from jupyter_aiprov.capture._patch import Function, Patch, patched
from jupyter_aiprov.capture._tap import Tap
from jupyter_aiprov.capture._wire import sending

MODULES = ("llama_cpp",)
NAME = "llama_cpp"

_METHODS = {
    "create_chat_completion": ("chat/completions", "messages"),
    "create_completion": ("completions", "prompt"),
    "create_embedding": ("embeddings", "input"),
}


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the methods that answer; `__call__` goes through `create_completion`."""

    def answering(path: str, first: str) -> Any:
        def make(original: Function, patch: Patch) -> Function:
            def answer(self: Any, *args: Any, **kwargs: Any) -> Any:
                __tracebackhide__ = True
                if not patch.active:
                    return original(self, *args, **kwargs)
                body = {first: args[0] if args else None, **{k: v for k, v in kwargs.items() if v is not None}}
                model = str(getattr(self, "model_path", "") or "")
                weights = _weights.of_gguf(model) if model else {}
                body.setdefault("model", weights.get("file") or NAME)
                shape = OpenAIShape(path, body, NAME, {"weights": weights} if weights else {})
                begun = begin(tap, NAME, shape.asked)
                if begun is None:
                    return original(self, *args, **kwargs)
                call, asked = begun
                with sending(call):
                    result = original(self, *args, **kwargs)
                if kwargs.get("stream"):
                    return pieces(tap, NAME, call, shape, asked, result)
                complete(tap, NAME, call, asked, shape.answered, result)
                return result

            return answer

        return make

    with ExitStack() as stack:
        for name, (path, first) in _METHODS.items():
            if hasattr(module.Llama, name):
                stack.enter_context(patched(module.Llama, name, answering(path, first)))
        yield
