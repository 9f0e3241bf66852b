"""The panel on 1,000 cells with 500 stamps: first paint, one new call, typing with and without it.

python -m tests.benchmarks.panel
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from tests.loopback import Loopback
from tests.ui import sample
from tests.ui.conftest import chromium, open_panel, serving
from tests.ui.lab import ASK, idle, run_cell

CELLS, STAMPED, CALLS = 1000, 500, 12
PAUSE = 25_000  # µs without our script: what follows belongs to another change
LONGEST = 1_000  # µs between two samples of a script that has the processor; beyond, another process had it

# The page's own clock; two frames after a change the browser has painted it.
FIRST_PAINT = """async () => {
  const panel = document.querySelector('.jp-AIProv-panel');
  const shell = window.jupyterapp.shell;
  shell.collapseRight();
  await new Promise(done => setTimeout(done, 500));
  const began = performance.now();
  shell.activateById('jupyter-aiprov-panel');
  while (!panel.querySelector('.jp-AIProv-timeline .jp-AIProv-item')) await new Promise(requestAnimationFrame);
  await new Promise(done => requestAnimationFrame(done));
  return performance.now() - began;
}"""
TYPED = """async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  const view = panel.content.widgets[3].editor.editor;
  const times = [];
  for (let i = 0; i < 60; i++) {
    const began = performance.now();
    view.dispatch({ changes: { from: 0, insert: 'x' } });
    times.push(performance.now() - began);
    await new Promise(requestAnimationFrame);
  }
  return times;
}"""
# The scripts of React: what it does while it draws is counted as the panel's, whoever asked for it.
REACT = """async () => {
  const names = performance.getEntriesByType('resource').map(one => one.name).filter(name => /\\.js(\\?|$)/.test(name));
  const texts = await Promise.all(names.map(name => fetch(name).then(answer => answer.text())));
  return names.filter((_, i) => texts[i].includes('__reactContainer$'));
}"""
SHOWN = """i => document.querySelector(`.jp-AIProv-item[data-cell="${i}"]`)
  && window.jupyterapp.shell.currentWidget.content.widgets[i].model.getMetadata('aiprov')?.models"""


def large(url: str) -> dict[str, Any]:
    """Every other cell stamped; the first even ones load the extension and ask a model."""
    asks = ["%load_ext jupyter_aiprov", ASK.format(url=url), *(f"ask('{i}')" for i in range(CALLS))]
    cells = []
    for i in range(CELLS):
        if i % 2 == 0:
            source = asks[i // 2] if i // 2 < len(asks) else f"x{i} = {i}\nx{i} + 1"
            cells.append(sample.code(f"cell{i}", source, count=i + 1))
            continue
        calls = [sample.call(i, asked="gpt-4o-mini", answered="gpt-4o-mini-2024-07-18")]
        made = [sample.derivation(f"df{i // 20}.c{i}", "column", rows_ai=90, rows_total=100)]
        cells.append(sample.code(f"cell{i}", f"x{i} = {i}\nx{i} + 1", count=i + 1, calls=calls, events=made))
    return {"cells": cells, "metadata": sample.KERNEL, "nbformat": 4, "nbformat_minor": 5}


def frames(profile: dict[str, Any], react: set[str]) -> list[tuple[float, float]]:
    """Milliseconds of script for each change that was shown: ours, and React's around it; on the clock, and at work."""
    nodes = {one["id"]: one for one in profile["nodes"]}
    ours: dict[int, bool] = {}
    counted: dict[int, bool] = {}

    def mark(node: dict[str, Any], inside: tuple[bool, bool]) -> None:
        url = node["callFrame"]["url"]
        own = inside[0] or "jupyter-aiprov" in url
        ours[node["id"]], counted[node["id"]] = own, own or inside[1] or url in react
        for child in node.get("children", ()):
            mark(nodes[child], (own, counted[node["id"]]))

    mark(profile["nodes"][0], (False, False))
    found: list[tuple[float, float, bool]] = []
    now, last = 0, -PAUSE
    for sample_, delta in zip(profile["samples"], profile["timeDeltas"], strict=True):
        now += delta
        if not counted[sample_]:
            continue
        if now - last >= PAUSE:
            found.append((0.0, 0.0, False))
        clock, work, own = found[-1]
        found[-1] = (clock + delta / 1000, work + min(delta, LONGEST) / 1000, own or ours[sample_])
        last = now
    return [(clock, work) for clock, work, own in found if own]


def calls(page: Any, context: Any) -> list[list[tuple[float, float]]]:
    """For each new call the script of its changes: asked, answered, stamped, marked."""
    react = set(page.evaluate(REACT))
    devtools = context.new_cdp_session(page)
    devtools.send("Profiler.enable")
    devtools.send("Profiler.setSamplingInterval", {"interval": 200})
    each = []
    for i in range(4, 4 + 2 * CALLS, 2):
        devtools.send("Profiler.start")
        run_cell(page, i)
        page.wait_for_function(SHOWN, arg=i)
        idle(page)
        each.append(frames(devtools.send("Profiler.stop")["profile"], react))
    return each


def main() -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, Loopback() as model, serving(Path(folder)) as server:
        sample.write(server.folder / "large.ipynb", large(model.url()))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 1400, "height": 900})
            context.set_default_timeout(120_000)
            page = context.new_page()
            page.goto(server.page("lab", "large.ipynb"))
            page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
            open_panel(page)
            marked = "window.jupyterapp.shell.currentWidget.content.widgets.filter(c => c.node.dataset.aiprov).length"
            page.wait_for_function(f"() => {marked} >= {STAMPED}")
            first = [page.evaluate(FIRST_PAINT) for _ in range(7)]
            idle(page)
            run_cell(page, 0)
            page.get_by_text("Recording", exact=True).wait_for()
            run_cell(page, 2)
            idle(page)
            each = calls(page, context)
            opened: list[float] = []
            closed: list[float] = []
            for _ in range(9):  # paired: open, closed, open, …
                page.evaluate("() => window.jupyterapp.shell.activateById('jupyter-aiprov-panel')")
                opened.append(statistics.median(page.evaluate(TYPED)))
                page.evaluate("() => window.jupyterapp.shell.collapseRight()")
                closed.append(statistics.median(page.evaluate(TYPED)))
            browser.close()
    ratio = statistics.median(o / c for o, c in zip(opened, closed, strict=True))
    print(f"{CELLS} cells, {STAMPED} stamped                        median    worst   wanted")
    print(f"first paint of the panel (ms)                {_row(first)}    ≤ 100")
    print(
        f"a call appears: script of the longest change {_row([max(work for _, work in one) for one in each])}     ≤ 16"
    )
    print(f"the same on the clock, with other processes  {_row([max(clock for clock, _ in one) for one in each])}")
    print(f"all changes of a call                        {_row([sum(work for _, work in one) for one in each])}")
    print(f"changes that one call makes                  {_row([float(len(one)) for one in each])}")
    print(f"a key with the panel open (ms)               {_row(opened)}")
    print(f"a key with the panel closed (ms)             {_row(closed)}")
    print(f"typing, open to closed, paired (ratio)       {ratio:8.2f}            ~ 1")
    print("Script: samples of the browser's profiler with our bundle or React at work on the stack, every 0.2 ms;")
    print("a gap of more than 1 ms between two of them is counted as 1 ms: another process had the processor.")


def _row(values: list[float]) -> str:
    return f"{statistics.median(values):8.1f} {max(values):8.1f}"


if __name__ == "__main__":
    main()
