"""The whole story as a person lives it; told in the newest and in the oldest JupyterLab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.loopback import Loopback
from tests.ui.conftest import Server, open_panel
from tests.ui.lab import (
    ASK,
    await_preview,
    await_summary,
    execute,
    notebook,
    put,
    read,
    run_all,
    save,
    tab,
    without_kernel,
)


def story(app: str, server: Server, show: Callable[..., Any], loopback: Loopback, context: Any) -> None:
    """One notebook through all of it; what is shown at each step is what the file then says."""
    name = f"story-{app}.ipynb"
    answer = "answer = ask('How often is pain mentioned?')\nanswer"
    put(server, name, notebook("%load_ext jupyter_aiprov", ASK.format(url=loopback.url()), answer))
    page = show(name, app)
    panel = page.locator(".jp-AIProv-panel")
    run_all(page)
    panel.get_by_text("Recording", exact=True).wait_for()
    await_summary(page, "1 AI call")

    # timeline, badge, jump
    row = page.locator(".jp-AIProv-timeline .jp-AIProv-item[data-cell='2']")
    row.wait_for()
    assert "gpt-4o-mini" in row.inner_text()
    badge = page.locator(".jp-Cell[data-aiprov='ai'] > .jp-AIProv-badge")
    badge.wait_for()
    assert "to review" in badge.inner_text()
    execute(page, "notebook:move-cursor-up")
    row.locator(".jp-AIProv-jump").click()
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex === 2")

    # review: keys act in the list only; a batch is signed once, with a typed name that says so
    tab(page, "review")
    item = page.locator("[data-review]").first
    item.focus()
    page.keyboard.press("c")
    form = page.locator(".jp-AIProv-sign")
    form.get_by_label("Your name").fill("R. Eader")
    form.get_by_role("button", name="Sign 1 review").click()
    page.locator(".jp-AIProv-given").first.get_by_text("identity typed, not authenticated").wait_for()
    page.wait_for_function("() => document.querySelector('.jp-AIProv-badge')?.dataset.state === 'checked'")

    # disclosure: answer a slot, see it in the text, insert the section
    tab(page, "disclosure")
    preview = page.locator(".jp-AIProv-preview")
    await_preview(page, "Use of AI systems")
    slot = page.locator(".jp-AIProv-slot textarea").first
    slot.fill("sorting of ward notes")
    slot.blur()
    await_preview(page, "sorting of ward notes")
    assert "gpt-4o-mini" in preview.inner_text()
    page.get_by_role("button", name="Insert in notebook").click()
    page.locator(".jp-MarkdownCell").wait_for()
    save(page)
    saved = read(server, name)
    cell = saved["cells"][2]["metadata"]["aiprov"]
    assert cell["state"] == "checked"
    assert [one["by"] for one in cell["reviews"].values()] == [{"name": "R. Eader", "identity": "asserted"}]
    log = saved["metadata"]["aiprov"]
    assert "sorting of ward notes" in log["disclosure"]["slots"].values()
    assert len(log["sessions"]) == 1
    assert saved["cells"][-1]["metadata"]["tags"] == ["aiprov-disclosure"]
    execute(page, "kernelmenu:shutdown")
    page.close()

    # reopen without a kernel: all is there; opening and closing changes nothing
    before = (server.folder / name).read_bytes()
    page = context.new_page()
    without_kernel(page)
    page.goto(server.page(app, name))
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    panel = open_panel(page)
    await_summary(page, "1 AI call")
    panel.get_by_text("Read from the file").first.wait_for()
    page.get_by_role("button", name="Check file integrity").click()
    page.locator(".jp-AIProv-answer[data-answer='not-supplied']").wait_for()
    page.get_by_label("Only AI cells").check()
    assert page.locator(".jp-Notebook .jp-Cell:visible").count() == 1
    page.close()
    assert (server.folder / name).read_bytes() == before

    # tamper with the file: found
    saved["cells"][2]["source"] = answer.replace("answer\n", "answer \n") + "  # touched"
    put(server, name, saved)
    page = context.new_page()
    without_kernel(page)
    page.goto(server.page(app, name))
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
    open_panel(page)
    page.get_by_role("button", name="Check file integrity").click()
    page.locator(".jp-AIProv-answer[data-answer='changed']").wait_for()
    assert "changed: cell 3" in page.locator(".jp-AIProv-answer").inner_text()
    page.close()
