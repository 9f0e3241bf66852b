"""`python -m tests.benchmarks.guard_shapes`: what an examination of 100 kB costs, whatever the text looks like.

Beside two columns of a million values each that nobody may send: identifiers and measurements, or notes. With numpy
loaded, as pandas loads it, and without, and in a child process that was handed the columns. First what knowing the
columns costs.
"""

from __future__ import annotations

import contextlib
import gc
import platform
import random
import resource
import statistics
import string
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy  # noqa: F401 - as pandas loads it

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.errors import ConfidentialDataError
from jupyter_aiprov.guard import Guard
from jupyter_aiprov.guard.handover import packed, unpacked
from tests.benchmarks._shapes import EN, FR, shapes
from tests.guard.made import chat


def guards() -> dict[str, Guard]:
    """Guards that know two columns of a million values each; prints what that costs."""
    chance = random.Random(1)
    identifiers = [f"P-{i:07d}" for i in range(1_000_000)]
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(3, 9))) for _ in range(20_000)]
    words += [*set(f"{EN}{FR}".split()), *map(str, range(100))]
    levels = [round(chance.gauss(50, 9), 6) for _ in range(1_000_000)]
    notes = [" ".join(chance.choices(words, k=12)) for _ in range(1_000_000)]
    known = {"ids+numbers": Guard(AIProv()), "notes+ids": Guard(AIProv())}
    for of, name, values in (
        ("ids+numbers", "id", identifiers),
        ("ids+numbers", "level", levels),
        ("notes+ids", "notes", notes),
        ("notes+ids", "id", identifiers),
    ):
        before, begun = _resident(), time.thread_time()
        known[of].declare("df", name, values)
        print(f"a million values of {name:<6} {time.thread_time() - begun:5.1f} s {_resident() - before:6.0f} MB")
    return known


def children(known: dict[str, Guard]) -> dict[str, Guard]:
    """The same columns as child processes know them; prints what handing them over costs."""
    key = random.Random(2).randbytes(16)
    out = {}
    for name, guard in known.items():
        begun = time.thread_time()
        data = packed(guard.columns, key)
        done = time.thread_time()
        out[name] = Guard(AIProv())
        out[name].columns = unpacked(data, key)
        took = time.thread_time() - done
        print(f"{name} handed over in {done - begun:.1f} s, {len(data) / 1e6:.0f} MB; taken in {took:.1f} s")
    return out


def _resident() -> float:
    """Megabytes of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() / 1e6


def milliseconds(run: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and best CPU time of the calling thread."""
    spent = []
    for _ in range(times):
        begun = time.thread_time()
        run()
        spent.append(time.thread_time() - begun)
    return statistics.median(spent) * 1e3, min(spent) * 1e3


def main(only: str = "") -> None:
    """Print the table."""
    known = guards()
    handed = children(known)
    print(f"CPU time in milliseconds (median, best), Python {platform.python_version()}, {platform.machine()}")
    print(f"{'100 kB of':<24}" + "".join(f"{name + kind:>22}" for kind in ("", " child", " bare") for name in known))
    for name, content in shapes().items():
        if only not in name:
            continue
        request = chat(content)
        assert request.json is not None  # parsed already, when the guard is asked
        costs = [
            milliseconds(partial(_examined, guard, request), 15) for of in (known, handed) for guard in of.values()
        ]
        with patch.dict(sys.modules):
            del sys.modules["numpy"]
            costs += [milliseconds(partial(_examined, guard, request), 5) for guard in known.values()]
        print(f"{name:<24}" + "".join(f"{median:>15.2f}{best:>7.2f}" for median, best in costs), flush=True)


def _examined(guard: Guard, request: Any) -> None:
    with contextlib.suppress(ConfidentialDataError):
        guard.examine(request, "external", cell="c")


if __name__ == "__main__":
    main(*sys.argv[1:])
