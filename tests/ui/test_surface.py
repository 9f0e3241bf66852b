"""What people find in the notebook and around it: badge, stamp, head of a table, buttons, menus, settings, the hint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Loopback
from tests.ui import sample
from tests.ui.conftest import Server, open_panel, opener, serving
from tests.ui.lab import (
    ASK,
    await_preview,
    await_summary,
    execute,
    idle,
    is_dirty,
    notebook,
    put,
    read,
    run_all,
    run_cell,
    save,
    set_source,
    tab,
)

pytestmark = [pytest.mark.ui, pytest.mark.full]
Show = Callable[..., Any]
PLUGIN = "jupyter-aiprov/plugin.jupyterlab-settings"
APPS = pytest.mark.parametrize("app", ["lab", "notebook"])


@APPS
def test_toolbar_status_bar_palette_and_menu_lead_to_the_panel(app: str, server: Server, show: Show) -> None:
    name = f"doors-{app}.ipynb"
    sample.write(server.folder / name, sample.notebook())
    page = show(name, app, panel=False)
    page.wait_for_function("() => window.jupyterapp?.commands.isEnabled('jupyter-aiprov:open')")
    panel = page.locator(".jp-AIProv-panel")
    assert not panel.is_visible()
    page.locator(".jp-NotebookPanel-toolbar [data-jp-item-name='aiprov']").click()
    panel.wait_for(state="visible")
    if app == "lab":
        page.locator(".jp-AIProv-status").get_by_text("13 AI calls, 6 to review").click()
    page.get_by_role("menuitem", name="View", exact=True).click()
    page.locator(".lm-Menu-item", has_text="AI provenance").hover()
    page.get_by_role("menuitem", name="disclosure").click()
    page.wait_for_selector("#jp-AIProv-tab-disclosure[aria-selected='true']")
    execute(page, "apputils:activate-command-palette")
    page.locator(".lm-CommandPalette-input:visible").fill("AI provenance: review")
    page.locator(".lm-CommandPalette-item", has_text="AI provenance: review").first.click()
    page.wait_for_selector("#jp-AIProv-tab-review[aria-selected='true']")
    execute(page, "jupyter-aiprov:next")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex === 2")
    execute(page, "jupyter-aiprov:only")
    panel.locator("label:has(input:checked)", has_text="Only AI cells").wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].filter(c => c.checkVisibility()).length === 4"
    )
    assert not is_dirty(page)


def test_a_stamp_says_its_cells_state_and_opens_to_its_table(server: Server, show: Show) -> None:
    sample.write(server.folder / "stamp.ipynb", sample.notebook())
    page = show("stamp.ipynb")
    line = page.locator(".jp-Cell").nth(2).locator(".jp-AIProv-stamp summary")
    line.get_by_text("AI: gpt-4o-mini-2024-07-18, 12 calls · made df.label, labels.csv").wait_for()
    state = "node => getComputedStyle(node, '::after').content"
    assert line.evaluate(state) == '" · to review"'
    line.focus()
    page.keyboard.press("Enter")
    page.locator(".jp-AIProv-stamp table").get_by_text("gpt-4o-mini-2024-07-18 (asked for as gpt-4o-mini)").wait_for()
    tab(page, "review")
    page.locator("[data-review]").first.get_by_role("button", name="Checked").click()
    page.get_by_label("Your name").fill("R. Eader")
    page.get_by_role("button", name="Sign 1 review").click()
    page.wait_for_function("() => document.querySelector('.jp-AIProv-badge')?.dataset.state === 'checked'")
    assert line.evaluate(state) == '" · checked"'
    gaps = page.locator(".jp-Cell").nth(5).locator(".jp-AIProv-stamp")
    gaps.locator("summary").click()
    gaps.get_by_text("a shell command that may call an AI system: curl").wait_for()


def test_a_cells_badge_is_reached_and_opened_with_the_keyboard(server: Server, show: Show) -> None:
    sample.write(server.folder / "badge.ipynb", sample.notebook())
    page = show("badge.ipynb")
    badge = page.locator(".jp-Cell").nth(5).locator(".jp-AIProv-badge")
    badge.wait_for()
    assert badge.get_attribute("title") == "cell 6: AI-generated, to review\nSmolLM2-135M-Instruct, local-smollm"
    badge.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.content.activeCellIndex === 5")
    page.locator(".jp-AIProv-item[data-cell='5'][data-active='true']").wait_for()
    box, bar = badge.bounding_box(), page.locator(".jp-cell-toolbar").first.bounding_box()
    assert box is not None
    assert bar is None or box["x"] + box["width"] <= bar["x"]  # never over the cell's toolbar


def test_the_head_of_a_table_marks_its_ai_column(server: Server, show: Show, loopback: Loopback) -> None:
    made = "import pandas as pd\ndf = pd.DataFrame({'note': ['a', 'b']})\ndf['label'] = [ask(n) for n in df.note]"
    put(
        server,
        "heads.ipynb",
        notebook("%load_ext jupyter_aiprov", ASK.format(url=loopback.url()), made, "df.head()"),
    )
    page = show("heads.ipynb")
    run_all(page)
    head = page.locator(".jp-RenderedHTMLCommon th", has_text="label (AI)")
    head.wait_for()
    tab(page, "data")
    column = page.locator(".jp-AIProv-subject", has_text="label (AI)")
    column.click()
    path = page.locator(".jp-AIProv-path")
    path.get_by_text("df.label").wait_for()
    steps = path.get_by_role("listitem").all_inner_texts()
    assert (steps[0], steps[1], steps[-1]) == ("cell 3", "ask()", "df.label")


def test_the_first_time_a_kernel_records_one_sentence_says_what_is_kept(tmp_path: Path, context: Any) -> None:
    with serving(tmp_path) as server:
        put(server, "first.ipynb", notebook("%load_ext jupyter_aiprov"))
        page = opener(server, context)("first.ipynb")
        idle(page)
        run_cell(page, 0)
        hint = page.locator(".jp-AIProv-hint")
        hint.wait_for()
        assert ".aiprov" in hint.inner_text()
        hint.get_by_role("button", name="Understood").click()
        hint.wait_for(state="detached")
        page.reload()
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        open_panel(page)
        page.get_by_text("Recording, nothing yet").wait_for()
        assert hint.count() == 0


def test_settings_hide_badges_and_change_the_language_at_once(server: Server, show: Show) -> None:
    sample.write(server.folder / "settings.ipynb", sample.notebook())
    server.configure(PLUGIN, {"language": "fr", "badges": False})
    try:
        page = show("settings.ipynb")
        await_summary(page, "13 appels IA")
        page.locator(".jp-Cell").nth(2).get_by_text("IA : gpt-4o-mini-2024-07-18, 12 appels").wait_for()
        assert page.locator(".jp-AIProv-badge:visible").count() == 0
        page.get_by_role("menuitem", name="View", exact=True).click()
        page.locator(".lm-Menu-item", has_text="Provenance IA").wait_for()
    finally:
        (server.settings / PLUGIN).unlink()


# ── the disclosure ────────────────────────────────────────────────────────────────
def test_an_open_point_of_the_text_leads_to_its_field(server: Server, show: Show) -> None:
    sample.write(server.folder / "open.ipynb", sample.notebook())
    page = show("open.ipynb")
    tab(page, "disclosure")
    await_preview(page, "Use of AI systems")
    page.locator(".jp-AIProv-preview h2", has_text="Use of AI systems").wait_for()  # as printed, not as typed
    point = page.locator(".jp-AIProv-open", has_text="where the prompts are given")
    point.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("in the supplement")
    page.keyboard.press("Tab")
    await_preview(page, "in the supplement")
    assert point.count() == 0
    page.get_by_text("9 things only you know").wait_for()


def test_the_section_is_updated_in_its_place_and_only_when_asked(server: Server, show: Show) -> None:
    sample.write(server.folder / "section.ipynb", sample.notebook())
    page = show("section.ipynb")
    tab(page, "disclosure")
    await_preview(page, "Use of AI systems")
    insert = page.get_by_role("button", name="Insert in notebook")
    insert.click()
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget.content.widgets.length === 8")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.moveCell(7, 1)")
    page.locator(".jp-AIProv-disclosure").get_by_label("Language").select_option("fr")
    await_preview(page, "Utilisation de systèmes")
    insert.click()
    page.locator(".jp-Cell").nth(1).get_by_role("heading", name="Utilisation de systèmes").wait_for()
    save(page)
    cells = read(server, "section.ipynb")["cells"]
    assert [i for i, cell in enumerate(cells) if "aiprov-disclosure" in cell["metadata"].get("tags", ())] == [1]
    set_source(page, 1, "mine")
    page.locator("#jp-AIProv-tab-timeline").click()
    save(page)
    assert "".join(read(server, "section.ipynb")["cells"][1]["source"]) == "mine"  # what a person made of it stays


@APPS
def test_an_export_is_a_file_in_the_persons_hands(app: str, server: Server, show: Show) -> None:
    name = f"export-{app}.ipynb"
    before = sample.write(server.folder / name, sample.notebook())
    page = show(name, app)
    tab(page, "disclosure")
    await_preview(page, "Use of AI systems")
    page.locator(".jp-AIProv-disclosure").get_by_label("Journal").select_option("icmje")
    with page.expect_download() as waiting:
        page.get_by_label("Export", exact=True).select_option("prov")
    assert waiting.value.suggested_filename == f"export-{app}-prov.prov.json"
    assert b"wasGeneratedBy" in Path(waiting.value.path()).read_bytes()
    assert (server.folder / name).read_bytes() == before


def test_without_the_server_extension_the_panel_works_and_says_why_exports_do_not(
    tmp_path: Path, context: Any, loopback: Loopback
) -> None:
    with serving(tmp_path, "--ServerApp.jpserver_extensions={'jupyter_aiprov': False}") as server:
        put(server, "alone.ipynb", notebook("%load_ext jupyter_aiprov", ASK.format(url=loopback.url()), "ask('a')"))
        page = opener(server, context)("alone.ipynb")
        run_all(page)
        await_summary(page, "1 AI call")
        tab(page, "disclosure")
        page.get_by_text("The server extension is not installed: exports need it.").wait_for()
        assert page.get_by_label("Export", exact=True).is_disabled()
        assert page.get_by_role("button", name="Insert in notebook").is_disabled()
        page.locator(".jp-AIProv-slot textarea").first.fill("sorting")
        page.locator(".jp-AIProv-slot textarea").first.blur()
        page.get_by_role("button", name="Copy", exact=True).click()
        assert "gpt-4o-mini" in page.evaluate("() => navigator.clipboard.readText()")
        save(page)
        assert "sorting" in read(server, "alone.ipynb")["metadata"]["aiprov"]["disclosure"]["slots"].values()
