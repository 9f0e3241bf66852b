"""Two people in one notebook through jupyter-collaboration: nobody's record takes another's along."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.loopback import Loopback
from tests.ui import sample
from tests.ui.conftest import Server, new_context, opener, python_of, serving
from tests.ui.lab import ASK, await_badges, await_summary, idle, notebook, put, run_all, set_source, tab

pytestmark = [pytest.mark.ui, pytest.mark.full]
People = tuple[Callable[..., Any], Callable[..., Any]]
MARK = "i => window.jupyterapp.shell.currentWidget.content.model.cells.get(i).getMetadata('aiprov')"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    python = python_of("AIPROV_COLLABORATION", "jupyter-collaboration")
    with serving(tmp_path_factory.mktemp("shared"), python=python) as running:
        yield running


@pytest.fixture
def people(shared: Server, browser: Any) -> Iterator[People]:
    windows = [new_context(browser), new_context(browser)]
    yield opener(shared, windows[0]), opener(shared, windows[1])
    for window in windows:
        window.close()


def sign(page: Any, item: int, status: str, name: str) -> None:
    """Review one item of the list and sign."""
    tab(page, "review")
    page.locator("[data-review]").nth(item).get_by_role("button", name=status).click()
    form = page.locator(".jp-AIProv-sign")
    if form.get_by_label("Your name").count():
        form.get_by_label("Your name").fill(name)
    form.get_by_role("button", name="Sign 1 review").click()


def reviews(page: Any) -> list[str]:
    """Statuses of all reviews in the shared document, in order."""
    found = page.evaluate(
        """() => {
             const out = [];
             for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells) {
               out.push(...Object.values(cell.getMetadata('aiprov')?.reviews ?? {}).map(one => one.status));
             }
             return out.sort();
           }"""
    )
    return list(found)


def await_reviews(page: Any, wanted: list[str]) -> None:
    """Wait until the shared document holds just these."""
    page.wait_for_function(
        """wanted => {
             const out = [];
             for (const cell of window.jupyterapp.shell.currentWidget.content.model.cells) {
               out.push(...Object.values(cell.getMetadata('aiprov')?.reviews ?? {}).map(one => one.status));
             }
             return JSON.stringify(out.sort()) === JSON.stringify(wanted);
           }""",
        arg=wanted,
    )


def is_collaborative(page: Any) -> bool:
    found: bool = page.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.collaborative")
    return found


def test_two_people_who_review_different_items_lose_nothing(shared: Server, people: People) -> None:
    sample.write(shared.folder / "both.ipynb", sample.notebook())
    one, other = people[0]("both.ipynb"), people[1]("both.ipynb")
    assert is_collaborative(one)
    assert is_collaborative(other)
    await_summary(other, "13 AI calls")
    sign(one, 0, "Checked", "A. One")
    sign(other, 3, "Rejected", "B. Other")
    for page in (one, other):
        await_reviews(page, ["checked", "rejected"])


def test_two_people_who_review_the_same_cell_at_the_same_moment_lose_nothing(shared: Server, people: People) -> None:
    """The shared document replaces a cell's metadata whole: whoever lost an entry puts it back."""
    sample.write(shared.folder / "same.ipynb", sample.notebook())
    one, other = people[0]("same.ipynb"), people[1]("same.ipynb")
    await_summary(other, "13 AI calls")
    for page in (one, other):  # nothing of the other's arrives while both sign
        lost = page.get_by_role("dialog", name="Server Connection Error")
        page.add_locator_handler(lost, lambda dialog: dialog.get_by_role("button").last.click())
        page.context.set_offline(True)
    sign(one, 0, "Checked", "A. One")
    sign(other, 0, "Rejected", "B. Other")
    sign(other, 1, "Corrected", "B. Other")
    assert (reviews(one), reviews(other)) == (["checked"], ["corrected", "rejected"])
    for page in (one, other):
        page.context.set_offline(False)
    for page in (one, other):
        await_reviews(page, ["checked", "corrected", "rejected"])


def test_two_answers_to_the_disclosure_are_both_kept(shared: Server, people: People) -> None:
    sample.write(shared.folder / "slots.ipynb", sample.notebook())
    one, other = people[0]("slots.ipynb"), people[1]("slots.ipynb")
    for number, page in enumerate((one, other)):
        tab(page, "disclosure")
        page.get_by_text("As it will be printed").wait_for()
        field = page.locator(".jp-AIProv-slot textarea").nth(number)
        field.fill(f"answer {number}")
        field.blur()
    for page in (one, other):
        page.wait_for_function(
            """() => Object.values(window.jupyterapp.shell.currentWidget.content.model.getMetadata('aiprov')
                     .disclosure?.slots ?? {}).length === 2"""
        )


def test_only_the_page_that_asked_writes_the_mark_and_both_see_the_call(
    shared: Server, people: People, loopback: Loopback
) -> None:
    put(shared, "live.ipynb", notebook("%load_ext jupyter_aiprov", ASK.format(url=loopback.url()), "ask('a')"))
    one, other = people[0]("live.ipynb"), people[1]("live.ipynb")
    idle(other)
    run_all(one)
    for page in (one, other):
        await_summary(page, "1 AI call")
        page.wait_for_function(f"() => ({MARK})(2)?.origin === 'ai-generated'")
    assert len(json.loads(json.dumps(one.evaluate(MARK, 2)["models"]))) == 1
    sessions = other.evaluate(
        "() => Object.keys(window.jupyterapp.shell.currentWidget.content.model.getMetadata('aiprov').sessions)"
    )
    assert len(sessions) == 1


def test_an_agent_that_types_in_the_shared_document_is_named_and_a_person_is_not(
    shared: Server, people: People
) -> None:
    put(shared, "agent.ipynb", notebook("x = 1", "y = 2", "z = 3"))
    one, other = people[0]("agent.ipynb"), people[1]("agent.ipynb")
    await_peers(one, 2)
    set_source(other, 0, "x = 10")  # by a person
    other.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.awareness.setLocalStateField('user', {
             username: 'jupyter-ai-personas::jupyter_ai::Jupyternaut', name: 'Jupyternaut', display_name: 'Jupyternaut'
           })"""
    )
    one.wait_for_function(
        """() => [...window.jupyterapp.shell.currentWidget.content.model.sharedModel.awareness.getStates().values()]
                 .some(state => state.user?.name === 'Jupyternaut')"""
    )
    other.evaluate(
        """async () => {
             const shared = window.jupyterapp.shell.currentWidget.content.model.sharedModel;
             for (const word of ['for', ' row', ' in', ' rows:', ' pass']) {
               shared.getCell(1).updateSource(0, 0, word);
               await new Promise(done => setTimeout(done, 100));
             }
             shared.insertCell(3, { cell_type: 'code', source: 'total = sum(prices)' });
           }"""
    )
    await_badges(one, [1, 3])
    found = [one.evaluate(MARK, i) for i in range(4)]
    assert [mark and mark["authorship"][0]["origin"] for mark in found] == [
        None,
        "ai-assisted",
        None,
        "ai-generated",
    ]
    assert {mark["authorship"][0]["tool"] for mark in found if mark} == {"Jupyternaut"}


def await_peers(page: Any, count: int) -> None:
    """Wait until the pages know of each other."""
    page.wait_for_function(
        """n => [...window.jupyterapp.shell.currentWidget.content.model.sharedModel.awareness.getStates().values()]
                 .filter(state => state.user).length >= n""",
        arg=count,
    )
