"""Sentence Transformers in this process: texts in, vectors or scores out; the vectors are not kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture import _weights
from jupyter_aiprov.capture._in_process import running
from jupyter_aiprov.capture._patch import Function, Patch, patched
from jupyter_aiprov.capture._tap import Tap
from jupyter_aiprov.model import Invocation, Message

MODULES = ("sentence_transformers",)
NAME = "sentence_transformers"

_METHODS = {
    "SentenceTransformer": ("encode", "encode_query", "encode_document"),
    "SparseEncoder": ("encode", "encode_query", "encode_document"),
    "MultiVectorEncoder": ("encode", "encode_query", "encode_document"),
    "CrossEncoder": ("predict", "rank"),
}


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the methods that answer, on the classes this version has."""

    def answering(operation: str) -> Any:
        def make(original: Function, patch: Patch) -> Function:
            def answer(self: Any, *args: Any, **kwargs: Any) -> Any:
                __tracebackhide__ = True
                if not patch.active:
                    return original(self, *args, **kwargs)
                given = args or tuple(kwargs[n] for n in ("sentences", "inputs", "query", "documents") if n in kwargs)
                return running(
                    tap,
                    NAME,
                    lambda: _asked(self, operation, given),
                    lambda: original(self, *args, **kwargs),
                    _answered,
                )

            return answer

        return make

    with ExitStack() as stack:
        for name, methods in _METHODS.items():
            cls = getattr(module, name, None)
            for method in methods:
                if hasattr(cls, method):
                    operation = "rerank" if name == "CrossEncoder" else "embeddings"
                    stack.enter_context(patched(cls, method, answering(operation)))
        yield


def _asked(model: Any, operation: str, given: tuple[Any, ...]) -> Invocation:
    config = _config(model)
    weights = _weights.of_config(config) if config is not None else {}
    texts = list(_texts(given[: 2 if operation == "rerank" else 1]))
    return Invocation(
        operation,
        provider=NAME,
        request_model=weights.get("repository") or type(model).__name__,
        input=tuple(Message.text("user", text) for text in texts),
        extra={"weights": weights} if weights else {},
    )


def _config(model: Any) -> Any:
    held = getattr(model, "config", None)
    if held is not None:
        return held
    for module in model.modules():
        config = getattr(module, "config", None)
        if hasattr(config, "_name_or_path"):
            return config
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _answered(asked: Invocation, result: Any) -> Invocation:
    extra = dict(asked.extra)
    shape = getattr(result, "shape", None)
    if asked.operation == "embeddings" and shape:
        extra["gen_ai.embeddings.dimension.count"] = int(shape[-1])
    return replace(asked, complete=True, extra=extra)
