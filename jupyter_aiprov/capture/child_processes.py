"""Python children that start without us: not followed, only said (`child-process`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from types import ModuleType
from typing import Any

from jupyter_aiprov.capture._patch import DRIFT, Function, Patch, patched
from jupyter_aiprov.capture._tap import Tap

MODULES = (
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.popen_spawn_win32",
    "multiprocessing.popen_forkserver",
    "subprocess",
)

_VARIABLE = "AIPROV_WORKERS"  # set for children that start with us
_PTH = "jupyter_aiprov_workers.pth"


@contextmanager
def install(module: ModuleType, tap: Tap) -> Iterator[None]:
    """Wrap the making of a child; the programs `python` and multiprocessing's own are said once each."""

    def making(original: Function, patch: Patch) -> Function:
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - what it replaces
            __tracebackhide__ = True
            if patch.active and not _follows():
                name = "multiprocessing" if module.__name__ != "subprocess" else _python(args, kwargs)
                if name:
                    tap.gap("child-process", f"{name}: what it asks of models is not followed")
            original(self, *args, **kwargs)

        return __init__

    with patched(module.Popen, "__init__", making):
        yield


def _follows() -> bool:
    """True when children start with us: the variable is set and the start-up file is in place."""
    if not os.environ.get(_VARIABLE):
        return False
    import sysconfig

    return os.path.exists(os.path.join(sysconfig.get_path("purelib"), _PTH))  # noqa: PTH110, PTH118 - one stat


def _python(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """`python` where a Python program is started; never its arguments, which may hold secrets."""
    try:
        command = kwargs.get("args", args[0] if args else ())
        first = command.split()[0] if isinstance(command, str) else command[0]
        name = PurePath(os.fsdecode(first)).name
    except DRIFT:
        return None
    return "python" if name.startswith("python") else None
