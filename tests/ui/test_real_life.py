"""What happens to notebooks in real life, and what the panel must make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.loopback import Loopback
from tests.ui import sample
from tests.ui.conftest import Server
from tests.ui.lab import (
    ASK,
    await_badges,
    await_summary,
    badges,
    execute,
    idle,
    is_dirty,
    log_of,
    notebook,
    put,
    read,
    run_all,
    run_cell,
    save,
    select,
    set_source,
    source_of,
    tab,
)

pytestmark = [pytest.mark.ui, pytest.mark.full]
Show = Callable[..., Any]


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_opening_scrolling_and_closing_leave_the_file_byte_for_byte(app: str, server: Server, show: Show) -> None:
    name = f"still-{app}.ipynb"
    before = sample.write(server.folder / name, sample.notebook(journal=True))
    page = show(name, app)
    idle(page)
    page.get_by_text("This kernel does not record.").wait_for()
    for view in ("data", "review", "disclosure", "timeline"):
        tab(page, view)
    page.mouse.move(500, 500)
    page.mouse.wheel(0, 2000)
    page.get_by_role("button", name="Check file integrity").click()
    page.get_by_label("Only AI cells").check()
    assert not is_dirty(page)
    page.close()
    assert (server.folder / name).read_bytes() == before


def test_a_kernel_without_the_extension_is_asked_once_and_said(server: Server, show: Show) -> None:
    sample.write(server.folder / "absent.ipynb", sample.notebook())
    page = show("absent.ipynb")
    idle(page)
    page.get_by_text("This kernel does not record.").wait_for()
    page.evaluate(
        """() => {
             window.opened = 0;
             const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
             kernel.anyMessage.connect((_, m) => { if (m.msg.header.msg_type === 'comm_open') window.opened += 1; });
           }"""
    )
    run_cell(page, 4)
    page.wait_for_function("() => document.querySelectorAll('.jp-Cell')[4].innerText.includes('[1]')")
    idle(page)
    assert page.evaluate("() => window.opened") == 0


def test_a_restart_forgets_what_was_live_and_loading_again_finds_the_page(
    server: Server, show: Show, loopback: Loopback
) -> None:
    put(server, "restart.ipynb", notebook("%load_ext jupyter_aiprov", ASK.format(url=loopback.url()), "ask('a')"))
    page = show("restart.ipynb")
    run_all(page)
    await_summary(page, "1 AI call")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.get_by_text("This kernel does not record.").wait_for()
    await_summary(page, "1 AI call")  # the file still says so
    run_cell(page, 0)
    page.get_by_text("Recording", exact=True).wait_for()
    run_cell(page, 1)
    run_cell(page, 2)
    page.wait_for_function("() => document.querySelectorAll('.jp-Cell')[2].innerText.includes('[3]')")
    idle(page)
    await_summary(page, "1 AI call")  # of the new run; the old is no longer shown
    assert badges(page) == [2]


def test_a_second_run_supersedes_the_first_and_the_log_says_so(server: Server, show: Show, loopback: Loopback) -> None:
    put(server, "again.ipynb", notebook("%load_ext jupyter_aiprov", ASK.format(url=loopback.url()), "ask('a')"))
    page = show("again.ipynb")
    run_all(page)
    await_summary(page, "1 AI call")
    run_cell(page, 2)
    page.get_by_text("1 further request during development").wait_for()
    page.wait_for_function(
        """() => Object.values(window.jupyterapp.shell.currentWidget.content.model
                 .getMetadata('aiprov')?.sessions ?? {}).some(s => s.superseded?.[0]?.count === 1)"""
    )
    before = log_of(page)
    select(page, 2)
    execute(page, "notebook:undo-cell-action")
    after = log_of(page)
    assert before == after  # nobody's undo takes the record back


def test_typing_goes_on_while_calls_come_in(server: Server, show: Show, loopback: Loopback) -> None:
    source = "import time\nfor i in range(4):\n    ask(str(i))\n    time.sleep(0.3)"
    cells = ("%load_ext jupyter_aiprov", ASK.format(url=loopback.url()), source, "")
    put(server, "focus.ipynb", notebook(*cells))
    page = show("focus.ipynb")
    idle(page)
    run_cell(page, 0)
    page.get_by_text("Recording, nothing yet").wait_for()
    run_cell(page, 1)
    page.evaluate(
        """() => {
             const content = window.jupyterapp.shell.currentWidget.content;
             content.deselectAll();
             content.activeCellIndex = 2;
             void window.jupyterapp.commands.execute('notebook:run-cell');
           }"""
    )
    select(page, 3)
    page.locator(".jp-Cell").nth(3).locator(".cm-content").click()
    page.keyboard.type("x = 1", delay=20)
    await_summary(page, "4 AI calls")
    page.keyboard.type(" + 2", delay=20)
    assert source_of(page, 3) == "x = 1 + 2"


def test_an_interrupted_cell_shows_its_call_as_stopped(server: Server, show: Show, loopback: Loopback) -> None:
    source = "ask('wait')"
    cells = ("%load_ext jupyter_aiprov", ASK.format(url=loopback.url("hold")), source)
    put(server, "interrupt.ipynb", notebook(*cells))
    page = show("interrupt.ipynb")
    idle(page)
    run_cell(page, 0)
    page.get_by_text("Recording, nothing yet").wait_for()
    run_cell(page, 1)
    page.evaluate(
        """() => {
             window.jupyterapp.shell.currentWidget.content.activeCellIndex = 2;
             void window.jupyterapp.commands.execute('notebook:run-cell');
           }"""
    )
    row = page.locator(".jp-AIProv-timeline .jp-AIProv-item[data-cell='2']")
    row.get_by_text("not finished").wait_for()
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    row.locator("[data-trouble='true']").wait_for()
    page.wait_for_function("() => document.querySelectorAll('.jp-Cell')[2].innerText.includes('KeyboardInterrupt')")
    loopback.release.set()


def test_marks_follow_cells_that_are_moved_copied_deleted_and_brought_back(server: Server, show: Show) -> None:
    sample.write(server.folder / "cells.ipynb", sample.notebook())
    page = show("cells.ipynb")
    await_badges(page, [2, 3, 4, 5])
    select(page, 2)
    execute(page, "notebook:move-cell-up")
    await_badges(page, [1, 3, 4, 5])
    select(page, 1)
    execute(page, "notebook:copy-cell")
    execute(page, "notebook:paste-cell-below")
    await_badges(page, [1, 2, 4, 5, 6])
    page.locator(".jp-AIProv-timeline").get_by_text("a copy").first.wait_for()
    await_summary(page, "13 AI calls")  # a copy does not count twice
    select(page, 2)
    # Changes within half a second are one step of the undo history: the deletion is to be one of its own.
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.clearUndoHistory()")
    execute(page, "notebook:delete-cell")
    await_badges(page, [1, 3, 4, 5])
    execute(page, "notebook:undo-cell-action")
    await_badges(page, [1, 2, 4, 5, 6])
    select(page, 4)
    execute(page, "notebook:cut-cell")
    await_badges(page, [1, 2, 4, 5])


def test_an_edited_source_makes_a_review_stale_and_says_so(server: Server, show: Show) -> None:
    sample.write(server.folder / "stale.ipynb", sample.notebook())
    page = show("stale.ipynb")
    tab(page, "review")
    page.locator("[data-review]").first.get_by_role("button", name="Checked").click()
    page.locator(".jp-AIProv-sign").get_by_label("How").select_option("sampled")
    page.get_by_label("Rows read").fill("100")
    page.get_by_label("Your name").fill("R. Eader")
    page.get_by_role("button", name="Sign 1 review").click()
    page.get_by_text("100 of 1,230 rows (8.1 %) read as a sample").wait_for()
    set_source(page, 2, "df = 1")
    page.get_by_text("outdated: source or outputs changed since").wait_for()
    page.get_by_role("button", name="Withdraw…").click()
    page.get_by_label("Reason").fill("wrong file")
    page.get_by_role("button", name="Withdraw", exact=True).click()
    page.get_by_text("withdrawn: wrong file").wait_for()
    save(page)
    log = read(server, "stale.ipynb")["metadata"]["aiprov"]
    assert [one["reason"] for one in log["withdrawals"].values()] == ["wrong file"]


def test_the_panel_follows_the_notebook_that_is_shown_and_a_rename(server: Server, show: Show) -> None:
    sample.write(server.folder / "one.ipynb", sample.notebook())
    put(server, "two.ipynb", notebook("1 + 1"))
    page = show("one.ipynb")
    await_summary(page, "13 AI calls")
    execute(page, "docmanager:open", {"path": "two.ipynb"})
    page.get_by_text("No AI use recorded.").wait_for()
    execute(page, "docmanager:open", {"path": "one.ipynb"})
    await_summary(page, "13 AI calls")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.rename('three.ipynb')")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.path === 'three.ipynb'")
    await_summary(page, "13 AI calls")


def test_a_kernel_of_a_newer_version_is_read_only_and_said(server: Server, show: Show) -> None:
    newer = (
        "from comm import get_comm_manager\n"
        "def opened(comm, message):\n"
        "    comm.send({'type': 'snapshot', 'schema_version': '2.0', 'state': 'recording', 'events': [{'type': 9}]})\n"
        "get_comm_manager().register_target('aiprov', opened)\n"
        "kernel = get_ipython().kernel\n"
        "kernel.session.send(kernel.iopub_socket, 'aiprov_hello', {}, parent=kernel.get_parent())"
    )
    nb = sample.notebook()
    nb["cells"][1]["source"] = newer
    sample.write(server.folder / "newer.ipynb", nb)
    page = show("newer.ipynb")
    idle(page)
    run_cell(page, 1)
    page.get_by_text("The kernel writes a newer record").wait_for()
    tab(page, "review")
    assert page.locator(".jp-AIProv-choice").count() == 0


def test_a_file_of_a_newer_version_is_shown_and_never_written(server: Server, show: Show) -> None:
    nb = sample.notebook()
    nb["metadata"]["aiprov"]["schema_version"] = "2.0"
    sample.write(server.folder / "newfile.ipynb", nb)
    page = show("newfile.ipynb")
    await_summary(page, "13 AI calls")
    page.get_by_text("read-only").wait_for()
    tab(page, "disclosure")
    assert page.locator(".jp-AIProv-slot textarea").first.get_attribute("readonly") is not None


def test_a_split_cell_keeps_its_record_in_the_part_with_the_outputs_and_says_that_it_was_edited(
    server: Server, show: Show
) -> None:
    sample.write(server.folder / "split.ipynb", sample.notebook())
    page = show("split.ipynb")
    await_badges(page, [2, 3, 4, 5])
    select(page, 3)
    page.evaluate(
        """async () => {
             const { content } = window.jupyterapp.shell.currentWidget;
             await content.activeCell.ready;
             content.mode = 'edit';
             content.activeCell.editor.setCursorPosition({ line: 1, column: 0 });
           }"""
    )
    execute(page, "notebook:split-cell-at-cursor")
    await_badges(page, [2, 3, 4, 5, 6])
    await_summary(page, "13 AI calls")
    rows = page.locator(".jp-AIProv-timeline .jp-AIProv-item")
    rows.filter(has_text="cell 5").get_by_text("edited since it ran").wait_for()
    assert "figure 1" in rows.filter(has_text="cell 5").inner_text()
    assert "figure 1" not in rows.filter(has_text="cell 4").inner_text()


def test_merged_cells_claim_nothing_that_is_gone_and_an_undo_brings_the_record_back(server: Server, show: Show) -> None:
    sample.write(server.folder / "merge.ipynb", sample.notebook())
    page = show("merge.ipynb")
    await_badges(page, [2, 3, 4, 5])
    select(page, 2)
    execute(page, "notebook:merge-cell-below")
    await_badges(page, [2, 3, 4])
    row = page.locator(".jp-AIProv-timeline .jp-AIProv-item[data-cell='2']")
    row.get_by_text("edited since it ran").wait_for()
    page.get_by_role("button", name="Check file integrity").click()
    page.locator(".jp-AIProv-answer").get_by_text("changed: cell 3").wait_for()
    execute(page, "notebook:undo-cell-action")
    await_badges(page, [2, 3, 4, 5])
    await_summary(page, "13 AI calls")


def test_a_cell_that_was_cut_and_pasted_elsewhere_takes_its_record_along(server: Server, show: Show) -> None:
    sample.write(server.folder / "cut.ipynb", sample.notebook())
    put(server, "target.ipynb", notebook("1 + 1"))
    page = show("cut.ipynb")
    await_badges(page, [2, 3, 4, 5])
    select(page, 2)
    execute(page, "notebook:cut-cell")
    await_badges(page, [2, 3, 4])
    select(page, 4)
    execute(page, "notebook:paste-cell-below")
    await_badges(page, [2, 3, 4, 5])
    await_summary(page, "13 AI calls")
    execute(page, "docmanager:open", {"path": "target.ipynb"})
    page.get_by_text("No AI use recorded.").wait_for()
    execute(page, "notebook:paste-cell-below")
    await_badges(page, [1])
    await_summary(page, "12 AI calls")
    page.locator(".jp-NotebookPanel:visible .jp-AIProv-badge").wait_for()


def test_a_copy_of_the_file_and_a_moved_file_show_the_same_record(server: Server, show: Show) -> None:
    before = sample.write(server.folder / "origin.ipynb", sample.notebook(journal=True))
    (server.folder / "elsewhere").mkdir()
    page = show("origin.ipynb")
    await_summary(page, "13 AI calls")
    page.evaluate("() => window.jupyterapp.serviceManager.contents.copy('origin.ipynb', 'elsewhere')")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.rename('elsewhere/moved.ipynb')")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.context.path === 'elsewhere/moved.ipynb'")
    await_summary(page, "13 AI calls")
    (copied,) = [one for one in (server.folder / "elsewhere").glob("*.ipynb") if one.name != "moved.ipynb"]
    made = copied.read_bytes()  # the contents manager writes the same notebook in its own layout
    execute(page, "docmanager:open", {"path": f"elsewhere/{copied.name}"})
    page.wait_for_function("n => window.jupyterapp.shell.currentWidget.context.path.endsWith(n)", arg=copied.name)
    await_badges(page, [2, 3, 4, 5])
    await_summary(page, "13 AI calls")
    page.get_by_role("button", name="Check file integrity").click()
    page.locator(".jp-AIProv-answer[data-answer='not-supplied']").wait_for()
    page.close()
    assert copied.read_bytes() == made
    assert (server.folder / "elsewhere" / "moved.ipynb").read_bytes() == before


def test_another_kernel_starts_afresh_and_two_notebooks_do_not_mix(
    server: Server, show: Show, loopback: Loopback
) -> None:
    cells = ("%load_ext jupyter_aiprov", ASK.format(url=loopback.url()), "ask('a')")
    put(server, "left.ipynb", notebook(*cells))
    put(server, "right.ipynb", notebook(*cells, "ask('b')"))
    page = show("left.ipynb")
    run_all(page)
    await_summary(page, "1 AI call")
    execute(page, "docmanager:open", {"path": "right.ipynb"})
    page.get_by_text("This kernel does not record.").wait_for()
    run_all(page)
    await_summary(page, "2 AI calls")
    execute(page, "docmanager:open", {"path": "left.ipynb"})
    await_summary(page, "1 AI call")
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.changeKernel({ name: 'python3' }).then(() => null)"
    )
    page.get_by_text("This kernel does not record.").wait_for()
    await_summary(page, "1 AI call")  # the file still says so
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.get_by_text("No kernel: read from the file.").wait_for()
    await_summary(page, "1 AI call")


def test_an_autosave_holds_what_is_shown(server: Server, show: Show, loopback: Loopback) -> None:
    put(server, "auto.ipynb", notebook("%load_ext jupyter_aiprov", ASK.format(url=loopback.url()), "ask('a')"))
    page = show("auto.ipynb")
    run_all(page)
    await_summary(page, "1 AI call")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.content.model.getMetadata('aiprov')")
    page.evaluate(  # as the document manager's timer does, without a person's word
        "() => window.jupyterapp.shell.currentWidget.context.save()"
    )
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    saved = read(server, "auto.ipynb")
    assert saved["cells"][2]["metadata"]["aiprov"]["origin"] == "ai-generated"
    assert len(saved["metadata"]["aiprov"]["sessions"]) == 1
    assert not is_dirty(page)  # and nothing is written after it


def test_a_kernel_started_with_aiprov_off_does_not_record_and_the_panel_says_what_keeps_it_off(
    server: Server, show: Show, loopback: Loopback
) -> None:
    cells = ("import os\nos.environ['AIPROV'] = 'off'", "%load_ext jupyter_aiprov", ASK.format(url=loopback.url()))
    put(server, "off.ipynb", notebook(*cells, "ask('a')"))
    page = show("off.ipynb")
    run_all(page)
    page.wait_for_function("() => document.querySelectorAll('.jp-Cell')[3].innerText.includes('[4]')")
    idle(page)
    page.get_by_text("This kernel does not record.").wait_for()
    page.get_by_text("(AIPROV=off in the environment keeps it off)").wait_for()
    page.get_by_text("No AI use recorded.").wait_for()
    assert badges(page) == []
