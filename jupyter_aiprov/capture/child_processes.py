"""Children that ask models without us, Python's and others: not followed, only said (`child-process`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import PurePath
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Tap
from jupyter_aiprov.capture._workers import children_follow

MODULES = (
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.popen_spawn_win32",
    "multiprocessing.popen_forkserver",
    "subprocess",
)

# Programs that ask models, and those that do when they fetch from a service. `claude` is followed by its SDK's capture.
_ASKS = frozenset({"ollama", "llama-cli", "llamafile", "codex", "gemini", "aichat", "sgpt", "mods", "llm"})
_RUNS = frozenset(
    {"sh", "bash", "zsh", "dash", "fish", "env", "nohup", "timeout", "nice", "sudo", "uvx", "npx", "pwsh"}
)
_FETCHES = frozenset({"curl", "wget", "http", "https", "xh"})
_SERVICE = re.compile(
    r"api\.(?:openai|anthropic|mistral|cohere|groq|together|x)\.|generativelanguage|/v1/(?:chat|completions|messages|embed)"
    r"|/api/(?:chat|generate|embed)|huggingface\.co/"
)


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the making of a child; each kind of program is said once."""

    def making(original: Function, patch: Patch) -> Function:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - what it replaces
            __tracebackhide__ = True
            if patch.active:
                name = "multiprocessing" if module.__name__ != "subprocess" else _program(args, kwargs)
                if name and not (name in ("python", "multiprocessing") and children_follow()):
                    tap.gap("child-process", f"{name}: what it asks of models is not followed")
            original(self, *args, **kwargs)

        return __init__

    def running(original: Function, patch: Patch) -> Function:
        """`os.system(command)`, `os.posix_spawn(path, argv, …)`."""

        def run(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            if patch.active:
                name = _program(args[-1:] if original.__name__ == "system" else args[1:2], kwargs)
                if name and name != "python":
                    tap.gap("child-process", f"{name}: what it asks of models is not followed")
            return original(*args, **kwargs)

        return run

    with ExitStack() as stack:
        stack.enter_context(patched(module.Popen, "__init__", making))
        if module.__name__ == "subprocess":
            for name in ("system", "posix_spawn", "posix_spawnp"):
                if hasattr(os, name):
                    stack.enter_context(patched(os, name, running))
        yield


def _program(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """`python`, or a program that asks models; never its arguments, which may hold secrets."""
    try:
        command = kwargs.get("args", args[0] if args else ())
        words = command.split() if isinstance(command, str) else [os.fsdecode(word) for word in command]
        name = PurePath(words[0]).name
        if name in _RUNS:  # a shell is given its command as one word
            words = [part for word in words[1:] for part in word.split()]
            named = [PurePath(word).name for word in words]
            name = next((n for n in named if n in _ASKS or n in _FETCHES), name)
    except DRIFT:
        return None
    if name.startswith("python"):
        return "python"
    asks = name in _ASKS or (name in _FETCHES and any(_SERVICE.search(word) for word in words))
    return name if asks else None
