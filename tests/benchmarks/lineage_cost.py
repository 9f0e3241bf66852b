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

# In the order of a notebook: the text column is there, then a person and a model edit it.
LARGE = {
    "a cell that touches nothing": "pass",
    "a new column": "b1['n'] = {i}.0",
    "an AI answer in every row of a text column": "b2['t'] = ask('x {i}')",
    "a person edits one float": "b3.loc[{i}, 3] = 2.0 + {i}",
    "a person edits one of 1e6 AI texts": "b2.loc[{i}, 't'] = 'mine {i}'",
    "the next cell touches nothing": "pass  # {i}",
    "a model answers for one of 1e6 texts": "b2.loc[500 + {i}, 't'] = ask('y {i}')",
    "a model's number in one of 1e6 floats": "b3.loc[700 + {i}, 5] = float(len(ask('z {i}')))",
}
TABLE = "table = pd.DataFrame({'label': labels})"


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
    tell("cell without AI", plain, 1)
    run(shell, lineage, "b1, b2, b3 = [pd.DataFrame(np.zeros((1_000_000, 20))) for _ in range(3)]")
    run(shell, lineage, "note = ask('hello')")
    run(shell, lineage, "b1['m'] = 1.0")
    print("three frames of 1e6 x 20:")
    for what, code in LARGE.items():
        tell(f"  {what}", [run(shell, lineage, code.format(i=i))[0] for i in range(15)], 5)
    many = []
    for i in range(3):
        called.clear()
        many.append(run(shell, lineage, f"labels = [ask(f'{{i}} {i}') for i in range(10_000)]\n" + TABLE)[0])
    tell("end of a cell with 10,000 calls", many, 200)
    print(f"{'  a call, in the calling thread':<62}{statistics.median(called) / 1000:>9.4f} ms")


def tell(what: str, spent: list[float], target: float) -> None:
    """One line: the median, the fastest and the slowest beside the target."""
    middle = statistics.median(spent)
    verdict = "ok" if middle <= target else f"{middle / target:.1f} x"
    print(
        f"{what:<62}{middle:>9.2f} ms  ({min(spent):.2f}-{max(spent):.2f})  target {target:g} ms: {verdict}", flush=True
    )


if __name__ == "__main__":
    main()
