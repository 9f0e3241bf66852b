"""Which call node asked: at each call, the user's frames on the stack, from the cell down.

Cheap at the call (identity of code objects and instruction offsets); positions are worked out when
the cell is over. Calls of one chain form one group, however many they are. Ends of expressions
identify a node: the starts of method chains over several lines are moved by the compiler.
"""

from __future__ import annotations

import asyncio
import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any, Final

Entry = tuple[str, int, int]  # file, end line, end column of the node that runs
Chain = tuple[Entry, ...]

_MAX_FRAMES: Final = 400
_INLINED: Final = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})
_MAGIC_FILES: Final = frozenset({"<timed exec>", "<timed eval>", "<magic-timeit>", "<prun>"})
_LAZY: Final = 0x20 | 0x80 | 0x100 | 0x200  # generator, coroutine, iterable coroutine, async generator
_OURS: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120


@dataclass(slots=True)
class Group:
    """Calls made through one chain of the user's frames, in one cell."""

    id: int
    chain: Chain
    names: tuple[str, ...]  # functions from the cell down
    is_rooted: bool  # the chain starts at the cell
    reader: str
    execution: str | None
    count: int = 0
    invocations: list[str] = field(default_factory=list)
    models: set[str] = field(default_factory=set)
    seen: bool = False  # flow found the node


class Sites:
    """Groups of calls; `record` is called in the thread that asks."""

    def __init__(self, is_cell: Callable[[str], bool]) -> None:
        self._is_cell = is_cell
        self._kinds: dict[str, bool] = {}
        self._keys: dict[Any, Group] = {}
        self._held: list[CodeType] = []
        self._lock = threading.Lock()
        self._roots = tuple(
            {
                os.path.realpath(p) + os.sep
                for p in (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
                if p
            }
        )
        self.groups: dict[int, Group] = {}
        self.of_call: dict[str, int] = {}
        self.fresh: list[Group] = []  # of the cell that runs, and late ones
        self.by_end: dict[Entry, list[Group]] = {}

    def is_user_file(self, filename: str) -> bool:
        """True for a cell and for a .py file of the user's own."""
        known = self._kinds.get(filename)
        if known is None:
            known = self._judge(filename)
            self._kinds[filename] = known
        return known

    def _judge(self, filename: str) -> bool:
        if filename in _MAGIC_FILES or self._is_cell(filename):
            return True
        if not filename.endswith(".py") or filename.startswith(("<", _OURS)):
            return False
        path = os.path.realpath(filename)
        if "site-packages" in path or "dist-packages" in path or path.startswith((*self._roots, _OURS)):
            return False
        return os.path.isfile(path)  # noqa: PTH113 - on every call's way: no Path objects

    def forget_files(self) -> None:
        """A new cell brings new files: names that were no cell may be one now."""
        self._kinds = {k: v for k, v in self._kinds.items() if v}

    def record(self, invocation: str, reader: str, execution: str | None, skip: int = 2) -> Group | None:
        """Note one call; the group it belongs to, or None when no user code is on any stack."""
        frames = list(self._own(sys._getframe(skip)))
        is_main = threading.current_thread() is threading.main_thread()
        if not frames:
            frames = list(self._waiting())
        if not frames and not is_main:
            top = sys._current_frames().get(threading.main_thread().ident or 0)
            frames = list(self._own(top)) if top is not None else []
            is_main = True
        if not frames:
            return None
        key = (execution, *((id(c), i) for c, i in frames))
        with self._lock:
            group = self._keys.get(key)
            if group is None:
                group = self._group(key, frames, reader, execution)
            group.count += 1
            group.invocations.append(invocation)
            self.of_call[invocation] = group.id
        return group

    def _own(self, frame: FrameType | None) -> Iterator[tuple[CodeType, int]]:
        """User frames, innermost first."""
        kinds = self._kinds
        steps = 0
        while frame is not None and steps < _MAX_FRAMES:
            code = frame.f_code
            own = kinds.get(code.co_filename)
            if own is None:
                own = self.is_user_file(code.co_filename)
            if own:
                yield code, frame.f_lasti
            frame = frame.f_back
            steps += 1

    def _waiting(self) -> Iterator[tuple[CodeType, int]]:
        """The await chain of the running task: a library's task may carry the user's coroutines."""
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return
        if task is None:
            return
        waits: Any = task.get_coro()
        found: list[tuple[CodeType, int]] = []
        while waits is not None and len(found) < 50:
            frame = getattr(waits, "cr_frame", None)
            if frame is not None and self.is_user_file(frame.f_code.co_filename):
                found.append((frame.f_code, frame.f_lasti))
            waits = getattr(waits, "cr_await", None)
        yield from reversed(found)

    def _group(self, key: Any, frames: list[tuple[CodeType, int]], reader: str, execution: str | None) -> Group:
        chain: list[Entry] = []
        names: list[str] = []
        rooted = False
        for code, lasti in reversed(frames):
            entry = (code.co_filename, *end_of(code, lasti))
            is_module = code.co_name == "<module>"
            if code.co_name in _INLINED and chain:
                chain[-1] = entry
                continue
            if is_module and (self._is_cell(code.co_filename) or code.co_filename in _MAGIC_FILES):
                chain, names, rooted = [], [], True  # a run inside a run starts anew
            elif code.co_flags & _LAZY and not is_module:
                # Whoever iterates or awaits it is on the stack, not whoever made it: from here on it stands alone.
                if not any(n.startswith("~") for n in names):
                    chain, rooted = [], False
                names.append("~" + code.co_name)
                chain.append(entry)
                continue
            chain.append(entry)
            if not is_module:
                names.append(code.co_name)
        self._held.extend(code for code, _ in frames)
        group = Group(
            len(self.groups) + 1,
            tuple(chain),
            tuple(n.lstrip("~") for n in names if not n.startswith("~<")),
            rooted,
            reader,
            execution,
        )
        self.groups[group.id] = group
        self._keys[key] = group
        self.fresh.append(group)
        return group

    # ── what flow asks when the cell is over ──────────────────────────────────────
    def begin(self, groups: list[Group]) -> None:
        """Index the groups that one cell is to be explained with."""
        self.by_end = {}
        for group in groups:
            self.by_end.setdefault(group.chain[-1], []).append(group)

    def exact(self, stack: Chain, deferred: list[int]) -> list[Group]:
        """The groups that asked at exactly this node, called through exactly these nodes.

        `deferred` are the depths under which another node than the one on the stack may have called:
        `map` calls its function only where its result is gone through.
        """
        out = []
        for group in self.by_end.get(stack[-1], ()):
            chain = group.chain
            if (
                chain == stack
                or (not group.is_rooted and stack[-len(chain) :] == chain)
                or any(len(chain) > len(stack) - n > 0 and chain[n - len(stack) :] == stack[n:] for n in deferred)
            ):
                out.append(group)
        return out

    def below(self, stack: Chain) -> list[Group]:
        """The groups that asked somewhere under this node and that flow did not find."""
        n = len(stack)
        return [
            g
            for groups in self.by_end.values()
            for g in groups
            if not g.seen and g.is_rooted and len(g.chain) > n and g.chain[:n] == stack
        ]


def end_of(code: CodeType, lasti: int) -> tuple[int, int]:
    """End line and column of the node an instruction belongs to."""
    index = lasti // 2
    for i, (line, end_line, _, end_column) in enumerate(code.co_positions()):
        if i == index:
            return (end_line or line or 0, end_column if end_column is not None else -1)
    return (0, -1)
