"""Who wrote a cell: tools are seen as they write, a paste is only a question, a person's word has a history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jupyter_aiprov.verify import verify
from tests.ui import sample
from tests.ui.conftest import Server
from tests.ui.lab import await_badges, execute, idle, is_dirty, notebook, put, read, save, select

pytestmark = [pytest.mark.ui, pytest.mark.full]
Show = Callable[..., Any]
CODE = "total = 0\nfor row in rows:\n    total += row.price"
MARK = "i => window.jupyterapp.shell.currentWidget.content.model.cells.get(i).getMetadata('aiprov') ?? null"
# As notebook-intelligence and jupyterlab-ai-commands define them: an AI's text in the arguments.
TOOLS = """() => {
  const { commands, shell } = window.jupyterapp;
  const shared = () => shell.currentWidget.content.model.sharedModel;
  commands.addCommand('notebook-intelligence:add-code-as-new-cell', {
    execute: ({ code }) => void shared().insertCell(shared().cells.length, { cell_type: 'code', source: code })
  });
  commands.addCommand('jupyterlab-ai-commands:set-cell-content', {
    execute: async ({ index, content }) => {
      await new Promise(done => setTimeout(done, 50));
      shared().getCell(index).setSource(content);
    }
  });
}"""


def paste(page: Any, index: int, text: str) -> None:
    """Paste into a cell's editor as a person does."""
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator(".jp-Cell").nth(index).locator(".cm-content").click()
    page.keyboard.press("Control+v")


def test_cells_that_commands_of_ai_tools_write_are_marked_and_others_are_not(server: Server, show: Show) -> None:
    put(server, "tools.ipynb", notebook("x = 1", "y = 2"))
    page = show("tools.ipynb")
    idle(page)
    page.evaluate(TOOLS)
    execute(page, "notebook-intelligence:add-code-as-new-cell", {"code": CODE})
    execute(page, "jupyterlab-ai-commands:set-cell-content", {"index": 1, "content": "y = [n ** 2 for n in range(9)]"})
    await_badges(page, [1, 2])
    select(page, 0)
    execute(page, "notebook:insert-cell-below")
    await_badges(page, [2, 3])
    save(page)
    cells = read(server, "tools.ipynb")["cells"]
    authors = [cell["metadata"].get("aiprov", {}).get("authorship") for cell in cells]
    assert sorted(one[0]["tool"] for one in authors if one) == ["jupyterlab-ai-commands", "notebook-intelligence"]
    assert {one[0]["evidence"] for one in authors if one} == {"captured"}
    assert authors[0] is None
    found = verify(read(server, "tools.ipynb"))
    assert (found.answer, found.not_covered) == ("consistent", ())


def test_a_large_paste_is_a_question_and_nothing_is_written_without_an_answer(server: Server, show: Show) -> None:
    put(server, "paste.ipynb", notebook("x = 1", "", ""))
    page = show("paste.ipynb")
    long = "\n".join(f"value_{i} = {i}" for i in range(12))
    paste(page, 1, long)
    question = page.locator(".jp-AIProv-question")
    question.get_by_text("cell 2: 12 lines were pasted. Written by …?").wait_for()
    save(page)
    text = (server.folder / "paste.ipynb").read_text()
    assert "aiprov" not in text
    assert "question" not in text
    question.get_by_label("AI tool").fill("a chat in the browser")
    question.get_by_role("button", name="An AI").click()
    await_badges(page, [1])
    assert question.count() == 0
    paste(page, 2, long)
    question.get_by_role("button", name="Do not ask").click()
    question.wait_for(state="detached")
    assert page.evaluate(MARK, 2) is None
    save(page)
    said = read(server, "paste.ipynb")["cells"][1]["metadata"]["aiprov"]["declarations"]
    (one,) = said.values()
    assert (one["kind"], one["value"]["origin"], one["value"]["tool"]) == (
        "authorship",
        "ai-generated",
        "a chat in the browser",
    )
    found = verify(read(server, "paste.ipynb"))
    assert (found.answer, found.not_covered) == ("consistent", ())


def test_text_that_moves_within_the_notebook_is_no_question(server: Server, show: Show) -> None:
    put(server, "move.ipynb", notebook("\n".join(f"value_{i} = {i}" for i in range(12)), ""))
    page = show("move.ipynb")
    page.locator(".jp-Cell").nth(0).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    page.locator(".jp-Cell").nth(1).locator(".cm-content").click()
    page.keyboard.press("Control+v")
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.content.model.cells.get(1).sharedModel.getSource().length > 100"
    )
    assert page.locator(".jp-AIProv-question").count() == 0


def test_a_declaration_is_kept_with_its_history_and_can_be_withdrawn(server: Server, show: Show) -> None:
    sample.write(server.folder / "said.ipynb", sample.notebook())
    page = show("said.ipynb")
    select(page, 4)
    who = page.locator(".jp-AIProv-author")
    who.locator("summary", has_text="Who wrote cell 5?").click()
    who.get_by_text("Jupyternaut, claude-sonnet-4-5").wait_for()
    assert "70" not in who.inner_text()  # a share is not shown unasked
    assert not is_dirty(page)
    who.get_by_role("button", name="A person").click()
    who.get_by_text("a person · declared").wait_for()
    row = page.locator(".jp-AIProv-item[data-cell='4']")
    row.get_by_text("code: Jupyternaut, then a person (declared)").wait_for()
    await_badges(page, [2, 3, 4, 5])
    select(page, 1)
    who.get_by_text("origin not declared").wait_for()  # unknown is never a person
    who.get_by_role("button", name="A person").click()
    page.wait_for_function("() => document.querySelectorAll('.jp-Cell')[1].dataset.aiprov === 'human'")
    who.get_by_role("button", name="Withdraw").click()
    who.get_by_text("origin not declared").wait_for()
    save(page)
    found = verify(read(server, "said.ipynb"))
    assert found.answer == "consistent"
    assert not any("declarations" in one or "withdrawals" in one for one in found.not_covered)
