"""Driving JupyterLab and Notebook 7 from a test."""

from __future__ import annotations

import json
from typing import Any

from tests.ui.conftest import Server
from tests.ui.sample import KERNEL

ASK = """import httpx
def ask(text):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}
    return httpx.post("{url}/v1/chat/completions", json=body, timeout=30).json()["choices"][0]["message"]["content"]"""


def notebook(*sources: str) -> dict[str, Any]:
    """A notebook that nobody ran."""
    cells = [
        {"cell_type": "code", "id": f"c{i}", "execution_count": None, "metadata": {}, "source": s, "outputs": []}
        for i, s in enumerate(sources)
    ]
    return {"cells": cells, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}


def put(server: Server, name: str, nb: dict[str, Any]) -> None:
    (server.folder / name).write_text(json.dumps(nb, indent=1, ensure_ascii=False) + "\n")


def execute(page: Any, command: str, args: dict[str, Any] | None = None) -> None:
    page.evaluate("([c, a]) => window.jupyterapp.commands.execute(c, a).then(() => null)", [command, args or {}])


def run_all(page: Any) -> None:
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    execute(page, "notebook:run-all-cells")


def save(page: Any) -> None:
    execute(page, "docmanager:save")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")


def read(server: Server, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((server.folder / name).read_text())
    return found


def without_kernel(page: Any) -> None:
    """No session is ever started for this page: the request stays unanswered."""
    page.route("**/api/sessions**", lambda route: None if route.request.method == "POST" else route.continue_())


def tab(page: Any, name: str) -> None:
    page.click(f"#jp-AIProv-tab-{name}")


def idle(page: Any) -> None:
    """The kernel of the shown notebook runs and waits."""
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )


def run_cell(page: Any, index: int) -> None:
    """Run one cell; does not wait for its end."""
    page.evaluate(
        """i => {
             const content = window.jupyterapp.shell.currentWidget.content;
             content.deselectAll();
             content.activeCellIndex = i;
           }""",
        index,
    )
    execute(page, "notebook:run-cell")


def select(page: Any, index: int) -> None:
    """Make one cell the active and only selected one, in command mode."""
    page.evaluate(
        """i => {
             const content = window.jupyterapp.shell.currentWidget.content;
             content.mode = 'command';
             content.deselectAll();
             content.activeCellIndex = i;
           }""",
        index,
    )


def is_dirty(page: Any) -> bool:
    """Whether the shown notebook has unsaved changes."""
    found: bool = page.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.dirty")
    return found


def badges(page: Any) -> list[int]:
    """Positions of the cells that are marked as AI."""
    found: list[int] = page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets
                 .flatMap((cell, i) => (cell.node.dataset.aiprov === 'ai' ? [i] : []))"""
    )
    return found


def await_badges(page: Any, wanted: list[int]) -> None:
    """Wait until just these cells are marked."""
    page.wait_for_function(
        """wanted => JSON.stringify(window.jupyterapp.shell.currentWidget.content.widgets
                 .flatMap((cell, i) => (cell.node.dataset.aiprov === 'ai' ? [i] : []))) === JSON.stringify(wanted)""",
        arg=wanted,
    )


def source_of(page: Any, index: int) -> str:
    """A cell's source, as the shared document has it."""
    found: str = page.evaluate(
        "i => window.jupyterapp.shell.currentWidget.content.widgets[i].model.sharedModel.getSource()", index
    )
    return found


def set_source(page: Any, index: int, source: str) -> None:
    """Replace a cell's source."""
    page.evaluate(
        "([i, s]) => window.jupyterapp.shell.currentWidget.content.widgets[i].model.sharedModel.setSource(s)",
        [index, source],
    )


def log_of(page: Any) -> str:
    """The notebook log as JSON text."""
    found: str = page.evaluate(
        "() => JSON.stringify(window.jupyterapp.shell.currentWidget.content.model.getMetadata('aiprov'))"
    )
    return found


def await_preview(page: Any, text: str) -> None:
    """Wait until the preview of the disclosure says this."""
    page.wait_for_function("text => document.querySelector('.jp-AIProv-preview')?.innerText.includes(text)", arg=text)


def await_summary(page: Any, text: str) -> None:
    """Wait until the head of the panel counts this."""
    page.locator(".jp-AIProv-summary").get_by_role("button", name=text, exact=True).wait_for()
