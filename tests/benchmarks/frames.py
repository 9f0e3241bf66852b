"""What following frames costs: medians in ms, three frames of 1e6 x 20, and memory in MB.

python tests/benchmarks/frames.py
"""

from __future__ import annotations

import gc
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from jupyter_aiprov.lineage import display
from jupyter_aiprov.lineage.files import FileLedger
from jupyter_aiprov.lineage.frames import Snapshots
from jupyter_aiprov.lineage.tracked import Origin, Tracked

ROWS, COLUMNS = 1_000_000, 20


def frames() -> dict[str, Any]:
    random = np.random.default_rng(0)
    made = {
        f"df{i}": pd.DataFrame(random.random((ROWS, COLUMNS)), columns=[f"c{j}" for j in range(COLUMNS)])
        for i in range(3)
    }
    made["df0"]["text"] = [f"text {i}" for i in range(ROWS)]
    made["df0"]["label"] = random.choice(["positive", "negative", "neutral"], ROWS)
    return made


def median(run: Callable[[], object], *, times: int = 15, prepare: Callable[[], object] = lambda: None) -> float:
    spent = []
    for _ in range(times):
        prepare()
        start = time.perf_counter()
        run()
        spent.append(1000 * (time.perf_counter() - start))
    return statistics.median(spent)


def resident() -> float:
    gc.collect()
    if not sys.platform.startswith("linux"):
        return float("nan")
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def show(what: str, spent: float, unit: str = "ms") -> None:
    print(f"{what:<72}{spent:>9.2f} {unit}")


def cells(namespace: dict[str, Any]) -> None:
    snapshots, tracked = Snapshots(), Tracked()
    key = ("df0", "label")
    tracked.mark(key, namespace["df0"])

    def cell(work: Callable[[], object] = lambda: None, *, edits: bool = True) -> float:
        """The tracker's own time around a cell, without the cell's."""
        spent = []
        for _ in range(15):
            start = time.perf_counter()
            snapshots.before(namespace)
            middle = time.perf_counter()
            work()
            again = time.perf_counter()
            for changes in snapshots.changes(namespace).values():
                dict(changes)  # every column is asked for
            if edits:
                tracked.edits(key, namespace["df0"], snapshots.image("df0"))
            snapshots.drop()
            spent.append(1000 * (time.perf_counter() - again + middle - start))
        return statistics.median(spent)

    df = namespace["df0"]
    show("cell that touches nothing", cell())
    show("cell that adds a column", cell(lambda: df.assign(n=1)))
    show("cell that edits one float in place", cell(lambda: df.__setitem__("c3", df["c3"].where(df.index != 5, 2.0))))

    def edit() -> None:
        df.loc[7, "label"] = f"mine {time.perf_counter()}"

    show("cell in which a person edits one of 1e6 AI strings", cell(edit))
    show("image before the first AI call alone", median(lambda: snapshots.before(namespace), prepare=snapshots.drop))
    snapshots.drop()
    tracked.mark(key, df, np.arange(ROWS) % 3 == 0)
    kept = df[df["c0"] > 0.5]
    origins = [Origin(key, df)]
    show(
        "marks through a filter, 1e6 -> 5e5 rows, labels kept",
        median(lambda: tracked.follow(("k", "label"), kept, origins, relabelled=False), times=3),
    )
    renumbered = kept.sort_values("c1").reset_index(drop=True)
    show(
        "marks through filter, sort and reset_index, by value",
        median(lambda: tracked.follow(("r", "label"), renumbered, origins), times=3),
    )
    small = df.head(60)
    show(
        "head marked in the HTML of 60 x 22",
        median(lambda: display.marked(small._repr_html_(), small, {"label": "ai-generated"}))
        - median(small._repr_html_),
    )


def files() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(b"a,label\n" + b"1,positive\n" * 1_000_000)
        label = {"label": {"origin": "ai-generated", "evidence": "captured", "confidence": "high"}}
        show("file of 11 MB written: digest, ledger, sidecar", median(lambda: FileLedger(folder).wrote(path, label)))
        show("the same read in a new kernel", median(lambda: FileLedger(folder).read(path)))
        clean = Path(folder) / "clean.csv"
        clean.write_text("a\n1\n")
        ledger = FileLedger(folder)
        show("a file that is not on record read", median(lambda: ledger.read(clean)))


def memory() -> None:
    base = resident()
    df = pd.DataFrame(np.random.default_rng(0).random((ROWS, COLUMNS)), columns=[f"c{j}" for j in range(COLUMNS)])
    alone = resident() - base
    tracked, snapshots = Tracked(), Snapshots()
    tracked.mark(("df", "c3"), df)
    snapshots.before({"df": df})
    dict(snapshots.changes({"df": df})["df"])
    snapshots.drop()
    show("frame of 1e6 x 20 alone", alone, "MB")
    show("  with one AI column of it tracked (one column is 7.6 MB)", resident() - base - alone, "MB more")
    del df
    show("  after del df", resident() - base, "MB")
    tracked.forget({})
    show("  and its tracking forgotten", resident() - base, "MB")


if __name__ == "__main__":
    print(f"pandas {pd.__version__}, numpy {np.__version__}, Python {sys.version.split()[0]}")
    memory()
    cells(frames())
    files()
