"""Hugging Face Transformers in this process: pipelines and every class's `generate`, counted once."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture import _weights
from jupyter_aiprov.capture._in_process import running
from jupyter_aiprov.capture._patch import Function, Patch, patched
from jupyter_aiprov.capture._tap import Tap
from jupyter_aiprov.model import Invocation, Message, Usage

MODULES = (
    "transformers.generation.utils",
    "transformers.generation.continuous_batching.continuous_api",
    "transformers.pipelines.base",
    "transformers.tokenization_utils_base",
    "transformers.models.*",
)
NAME = "transformers"

_PARAMETERS = {
    "temperature": "temperature", "top_p": "top_p", "top_k": "top_k", "max_new_tokens": "max_tokens",
    "repetition_penalty": "repetition_penalty", "num_return_sequences": "choice.count", "do_sample": "do_sample",
    "num_beams": "num_beams", "max_length": "max_length",
}  # fmt: skip
_OPERATIONS = {"text-generation": "text_completion", "feature-extraction": "embeddings"}

# The tokenizers used so far, by their model: they turn the ids that `generate` sees into text.
_tokenizers: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap what the module that was imported brings; model files bring their own `generate`."""
    with ExitStack() as stack:
        name = module.__name__
        if name == MODULES[0]:
            stack.enter_context(patched(module.GenerationMixin, "generate", _generating(tap)))
        elif name == MODULES[1]:
            stack.enter_context(patched(module.ContinuousMixin, "generate_batch", _batching(tap)))
        elif name == MODULES[2]:
            stack.enter_context(patched(module.Pipeline, "__call__", _piping(tap)))
        elif name == MODULES[3]:
            stack.enter_context(patched(module.PreTrainedTokenizerBase, "__call__", _noting))
        elif name.rpartition(".")[2].startswith("modeling_"):
            for held in list(vars(module).values()):
                if isinstance(held, type) and held.__module__ == name and "generate" in vars(held):
                    stack.enter_context(patched(held, "generate", _generating(tap)))
        yield


def _noting(original: Function, _patch: Patch) -> Function:
    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807 - what it replaces
        __tracebackhide__ = True
        _tokenizers[str(getattr(self, "name_or_path", ""))] = self
        return original(self, *args, **kwargs)

    return __call__


def _generating(tap: Tap) -> Any:
    def make(original: Function, patch: Patch) -> Function:
        def generate(self: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not patch.active:
                return original(self, *args, **kwargs)
            ids = kwargs.get("input_ids", kwargs.get("inputs", args[0] if args else None))
            return running(
                tap,
                NAME,
                lambda: _asked(self, ids, kwargs),
                lambda: original(self, *args, **kwargs),
                lambda asked, result: _generated(self, ids, asked, result),
            )

        return generate

    return make


def _batching(tap: Tap) -> Any:
    def make(original: Function, patch: Patch) -> Function:
        def generate_batch(self: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if not patch.active:
                return original(self, inputs, *args, **kwargs)
            return running(
                tap,
                NAME,
                lambda: _asked(self, inputs, kwargs),
                lambda: original(self, inputs, *args, **kwargs),
                lambda asked, result: _outputs(self, asked, [o.generated_tokens for o in result.values()]),
            )

        return generate_batch

    return make


def _piping(tap: Tap) -> Any:
    def make(original: Function, patch: Patch) -> Function:
        def __call__(self: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807 - what it replaces
            __tracebackhide__ = True
            if not patch.active or (
                not isinstance(inputs, str | list | tuple | dict) and not hasattr(inputs, "messages")
            ):
                return original(self, inputs, *args, **kwargs)  # read lazily: each `generate` speaks for itself
            return running(
                tap,
                NAME,
                lambda: _piped(self, inputs, kwargs),
                lambda: original(self, inputs, *args, **kwargs),
                _pipe_result,
            )

        return __call__

    return make


def _base(model: Any, operation: str, kwargs: Mapping[str, Any]) -> Invocation:
    config = model.config
    settings = kwargs.get("generation_config") or getattr(model, "generation_config", None)
    parameters = {ours: getattr(settings, theirs, None) for theirs, ours in _PARAMETERS.items()}
    parameters.update({ours: kwargs[theirs] for theirs, ours in _PARAMETERS.items() if theirs in kwargs})
    weights = _weights.of_config(config)
    return Invocation(
        operation,
        provider="transformers",
        request_model=weights.get("repository") or type(model).__name__,
        parameters={k: v for k, v in parameters.items() if isinstance(v, int | float | str)},
        extra={"weights": weights} if weights else {},
    )


def _asked(model: Any, ids: Any, kwargs: Mapping[str, Any]) -> Invocation:
    rows = _rows(ids)
    count = sum(len(row) for row in rows)
    texts = _decoded(model, rows)
    messages = tuple(Message.text("user", text) for text in texts)
    usage = Usage(input_tokens=count) if rows else None
    return replace(_base(model, "text_completion", kwargs), input=messages, usage=usage)


def _generated(model: Any, ids: Any, asked: Invocation, result: Any) -> Invocation:
    rows = _rows(getattr(result, "sequences", result))
    prompt = _rows(ids)
    if not getattr(model.config, "is_encoder_decoder", False) and prompt and len(rows) % len(prompt) == 0:
        each = len(rows) // len(prompt)
        rows = [
            row[len(prompt[i // each]) :] if row[: len(prompt[i // each])] == prompt[i // each] else row
            for i, row in enumerate(rows)
        ]
    return _outputs(model, asked, rows)


def _outputs(model: Any, asked: Invocation, rows: list[list[int]]) -> Invocation:
    texts = _decoded(model, rows)
    count = sum(len(row) for row in rows)
    given = asked.usage.input_tokens if asked.usage else None
    return replace(
        asked,
        output=tuple(Message.text("assistant", text) for text in texts),
        usage=Usage(input_tokens=given, output_tokens=count),
        complete=True,
    )


def _rows(ids: Any) -> list[list[int]]:
    """Token ids as lists; empty where the input is no text (sound, pictures)."""
    if ids is None:
        return []
    held = ids.tolist() if hasattr(ids, "tolist") else list(ids)
    if held and not isinstance(held[0], list):
        held = [held]
    if any(not all(isinstance(token, int) for token in row) for row in held):
        return []
    return [list(row) for row in held]


def _decoded(model: Any, rows: list[list[int]]) -> list[str]:
    tokenizer = _tokenizers.get(str(getattr(model.config, "_name_or_path", "")))
    if tokenizer is None:
        return []
    return [tokenizer.decode(row, skip_special_tokens=True) for row in rows]


def _piped(pipeline: Any, inputs: Any, kwargs: Mapping[str, Any]) -> Invocation:
    task = str(getattr(pipeline, "task", "") or "pipeline")
    messages = tuple(_said(inputs))
    chat = (task == "text-generation" and any(m.role != "user" for m in messages)) or _is_chat(inputs)
    operation = "chat" if chat else _OPERATIONS.get(task, task)
    return replace(_base(pipeline.model, operation, kwargs), input=messages)


def _is_chat(inputs: Any) -> bool:
    return isinstance(inputs, list) and bool(inputs) and isinstance(inputs[0], dict) and "role" in inputs[0]


def _said(inputs: Any) -> Iterator[Message]:
    held = getattr(inputs, "messages", inputs)
    for item in held if isinstance(held, list | tuple) else [held]:
        if isinstance(item, dict) and isinstance(item.get("content"), str):
            yield Message.text(str(item.get("role", "user")), item["content"])
        elif isinstance(item, list | tuple):
            yield from _said(list(item))
        elif isinstance(item, str):
            yield Message.text("user", item)
        elif isinstance(item, dict):
            yield Message.text("user", "\n".join(v for v in item.values() if isinstance(v, str)))


def _pipe_result(asked: Invocation, result: Any) -> Invocation:
    if asked.operation == "embeddings":
        return replace(asked, complete=True)
    texts = list(_texts(result))
    return replace(asked, output=tuple(Message.text("assistant", t) for t in texts), complete=True)


def _texts(result: Any) -> Iterator[str]:
    if isinstance(result, list):
        for item in result:
            yield from _texts(item)
        return
    if not isinstance(result, Mapping):
        return
    for key in ("generated_text", "summary_text", "translation_text", "text", "answer"):
        value = result.get(key)
        if isinstance(value, list) and value and isinstance(value[-1], dict):  # a chat: its last turn is the answer
            value = value[-1].get("content")
        if isinstance(value, str):
            yield value
            return
    label = result.get("label", result.get("entity_group"))
    labels = result.get("labels")
    if label is None and isinstance(labels, list) and labels:
        label = labels[0]
    if label is not None:
        yield str(label)
