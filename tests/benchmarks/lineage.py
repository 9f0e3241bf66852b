"""Counts of the labelled scenarios, with Wilson 95 % intervals: `python -m tests.benchmarks.lineage`."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path

from tests.lineage import model_server, running


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if not of:
        return (0.0, 1.0)
    z, p = 1.959964, right / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return (middle - half, middle + half)


def main() -> int:
    """Run and print; 1 when a scenario could not be run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=running.FOLDER)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    arguments = parser.parse_args()
    server = model_server.start()
    os.environ.setdefault("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_address[1]}/v1")
    os.environ.setdefault("OPENAI_API_KEY", "x")
    os.environ["MPLBACKEND"] = "Agg"
    prelude, scenarios = running.load(arguments.folder)
    scenarios = [s for s in scenarios[:: arguments.every] if not arguments.only or s["id"] in arguments.only]
    outcomes = []
    for scenario in scenarios:
        labels, error = running.run(scenario, prelude)
        outcomes.append(running.judge(scenario, labels, error))
        for line in outcomes[-1].wrong:
            print(line)
        if error:
            print(f"{scenario['id']}: broken: {error}")
    for kind in ("var", "column"):
        total = {k: sum(o.count[kind][k] for o in outcomes) for k in ("tp", "fp", "fn", "tn", "exact")}
        labels_of = sum(total[k] for k in ("tp", "fp", "fn", "tn"))
        for name, right, of in (
            ("precision", total["tp"], total["tp"] + total["fp"]),
            ("recall", total["tp"], total["tp"] + total["fn"]),
            ("exact", total["exact"], labels_of),
        ):
            low, high = wilson(right, of)
            print(f"{kind:7} {name:9} {right / max(1, of):.3f}  {right}/{of}  [{low:.3f}, {high:.3f}]")
    rows = [sum(o.rows[i] for o in outcomes) for i in (0, 1)]
    broken = sum(o.broken is not None for o in outcomes)
    print(f"rows    {rows[0]} of {rows[1]}; scenarios {len(outcomes)}, not run {broken}")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
