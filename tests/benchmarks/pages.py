"""What a page costs beside the stock one, and notebooks checked a second: `python -m tests.benchmarks.pages`.

CPU time of this process. Pages: runs in pairs, in changing order, the median of the pairs' ratios counts; the
notebook has 500 cells, 100 of them with stamps. Check: ordinary notebooks of 30 cells with a table each, after
start-up.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import HTMLExporter

from jupyter_aiprov import checks, semconv
from jupyter_aiprov.checks import Document
from jupyter_aiprov.commands._files import opened
from jupyter_aiprov.nbconvert import AIProvHTMLExporter
from jupyter_aiprov.verify import verify
from tests.exporters import records

RATIO, RATE = 1.2, 100


def big(cells: int = 500) -> Any:
    """A notebook of 500 cells, a fifth of them with stamps."""
    nb = records.document()
    plain = [
        nbformat.v4.new_code_cell(f"x = {n}\nprint(x)", outputs=[nbformat.v4.new_output("stream", text=f"{n}\n")])
        for n in range(4)
    ]
    pattern = [nb.cells[2], *plain]
    nb.cells = [copy.deepcopy(pattern[n % 5]) for n in range(cells)]
    for n, cell in enumerate(nb.cells):
        cell["id"] = f"c{n}"
        for output in cell.outputs:
            record = output.get("data", {}).get(semconv.MIME)
            if record:
                record["execution"] = {**record["execution"], "id": f"x{n}", "cell_id": f"c{n}"}
    return nb


def page_ratios(rounds: int) -> list[float]:
    """CPU time of our page over that of the stock page, pair by pair."""
    nb = big()
    resources: dict[str, Any] = {"metadata": {"name": "study"}}
    for exporter in (HTMLExporter, AIProvHTMLExporter):  # imports and templates once
        exporter().from_notebook_node(nbformat.v4.new_notebook(), copy.deepcopy(resources))
    ratios = []
    for number in range(rounds):
        spent: dict[type, float] = {}
        for exporter in (HTMLExporter, AIProvHTMLExporter) if number % 2 else (AIProvHTMLExporter, HTMLExporter):
            made, start = exporter(), time.process_time()
            made.from_notebook_node(nb, copy.deepcopy(resources))
            spent[exporter] = time.process_time() - start
        ratios.append(spent[AIProvHTMLExporter] / spent[HTMLExporter])
    return ratios


def check_rate(notebooks: int) -> float:
    """Notebooks that `check` reads, folds, verifies and asks every rule of, a second of CPU time."""
    table = {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {"text/html": "<td>1</td>" * 200},
    }
    cells = [
        {
            "cell_type": "code",
            "id": f"c{n}",
            "metadata": {},
            "execution_count": 1,
            "source": f"import pandas as pd\ndf = pd.read_csv('{n}.csv')\ndf.head()",
            "outputs": [table],
        }
        for n in range(30)
    ]
    nb = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    policy = checks.named("default")
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder, f"n{n}.ipynb")) for n in range(notebooks)]
        for name in names:
            Path(name).write_text(json.dumps(nb))
        _checked(names[0], policy)
        start = time.process_time()
        for name in names:
            _checked(name, policy)
        return notebooks / (time.process_time() - start)


def _checked(name: str, policy: checks.Policy) -> None:
    one = opened(name)
    checks.findings(Document(name, one.nb, one.provenance(), verify(one.nb, one.journals)), policy)


def main() -> int:
    """Measure and print; 1 when a figure is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--notebooks", type=int, default=200)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    ratios = page_ratios(arguments.rounds)
    ratio, rate = statistics.median(ratios), check_rate(arguments.notebooks)
    low, high = min(ratios), max(ratios)
    print(f"aiprov-html / html, 500 cells: {ratio:.2f} (pairs {low:.2f} to {high:.2f}; at most {RATIO})")
    print(f"check: {rate:.0f} notebooks a second of CPU time (at least {RATE})")
    return int(ratio > RATIO or rate < RATE)


if __name__ == "__main__":
    raise SystemExit(main())
