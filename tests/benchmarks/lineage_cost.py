# ruff: noqa: E501
"""What following cells costs: cells without AI, frames of 1e6 x 20, a cell with 10,000 calls.

python -m tests.benchmarks.lineage_cost
"""

from __future__ import annotations

import statistics
import time
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from IPython.core.interactiveshell import InteractiveShell

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.lineage import Lineage
from jupyter_aiprov.model import Invocation, Message

PLAIN = [
    "import pandas as pd, numpy as np",
    "df = pd.DataFrame({'a': range(1000), 'b': np.arange(1000.0)})",
    "df['c'] = df.a * 2\nout = df.groupby('c').b.mean()",
    "def f(x):\n    return x + 1\ndf['d'] = df.a.map(f)",
    "x = [i ** 2 for i in range(100)]",
] * 10


def run(shell: Any, lineage: Lineage, code: str) -> tuple[float, list[Any]]:
    """Run a cell; milliseconds that lineage took before and after it."""
    execution = SimpleNamespace(id=str(uuid4()), cell_id=None, source=code, execution_count=1)
    start = time.perf_counter()
    lineage.before_cell(execution)
    spent = time.perf_counter() - start
    result = shell.run_cell(code, store_history=True)
    start = time.perf_counter()
    events = lineage.after_cell(execution, result)
    return (spent + time.perf_counter() - start) * 1000, events


def main() -> None:
    """Print the figures."""
    shell = InteractiveShell.instance()
    lineage = Lineage(shell, lambda event: "", AIProv())
    called: list[float] = []

    def ask(text: str) -> str:
        number = str(uuid4())
        start = time.perf_counter()
        lineage.called(number, "chat", None)
        called.append((time.perf_counter() - start) * 1e6)
        answer = (Message.text("assistant", "calm"),)
        lineage.answered(
            number, Invocation("chat", response_model="m", input=(Message.text("user", text),), output=answer)
        )
        return "calm"

    library: dict[str, Any] = {"asked": ask}  # as an SDK does: no code of the user's on the way
    exec(compile("def ask(text):\n    return asked(text)", "<library>", "exec"), library)
    lineage.sites._kinds[__file__] = False
    shell.user_ns["ask"] = library["ask"]
    plain = [run(shell, lineage, code)[0] for code in PLAIN]
    print(f"cell without AI: median {statistics.median(plain):.3f} ms, max {max(plain):.3f} ms")
    run(shell, lineage, "big = [pd.DataFrame(np.zeros((1_000_000, 20))) for _ in range(3)]\nb1, b2, b3 = big")
    run(shell, lineage, "note = ask('hello')")
    run(shell, lineage, "b1['m'] = 1.0")
    for code in ("pass", "b1['n'] = 1.0", "b2['t'] = ask('x')", "b3.loc[5, 3] = 2.0"):
        spent, _ = run(shell, lineage, code)
        print(f"three frames of 1e6 x 20, `{code}`: {spent:.2f} ms")
    called.clear()
    spent, events = run(
        shell, lineage, "labels = [ask(str(i)) for i in range(10_000)]\ntable = pd.DataFrame({'label': labels})"
    )
    print(
        f"end of a cell with 10,000 calls: {spent:.1f} ms, {len(events)} events; a call {statistics.median(called):.1f} µs"
    )


if __name__ == "__main__":
    main()
