"""Every view can be used with a keyboard and by axe-core's rules, in light and dark, in English and French."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui import sample
from tests.ui.conftest import ROOT, Server
from tests.ui.lab import await_summary, execute, tab

pytestmark = [pytest.mark.ui, pytest.mark.full]
AXE = ROOT / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
PLUGIN = "jupyter-aiprov/plugin.jupyterlab-settings"


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_no_serious_violation_in_any_view(theme: str, server: Server, show: Callable[..., Any]) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: cd labextension && jlpm install")
    sample.write(server.folder / "axe.ipynb", sample.notebook())
    page = show("axe.ipynb")
    execute(page, "apputils:change-theme", {"theme": theme})
    page.wait_for_function("t => document.body.dataset.jpThemeName === t", arg=theme)
    page.locator(".jp-AIProv-stamp").first.wait_for()
    page.add_script_tag(path=str(AXE))
    page.get_by_role("button", name="Check file integrity").click()
    page.locator(".jp-AIProv-head summary", has_text="Not captured").click()
    page.locator(".jp-AIProv-stamp summary").first.click()
    found = []
    for view in ("timeline", "data", "review", "disclosure"):
        tab(page, view)
        page.wait_for_selector(f"#jp-AIProv-tab-{view}[aria-selected='true']")
        if view == "data":
            page.locator(".jp-AIProv-subject").first.click()
        if view == "review":
            page.locator(".jp-AIProv-choice").first.click()
            page.locator(".jp-AIProv-sign").wait_for()
        if view == "timeline":
            page.locator(".jp-AIProv-expand").first.click()
            page.locator(".jp-AIProv-author summary").click()
        if view == "disclosure":
            page.locator(".jp-AIProv-open").first.wait_for()
        for part in (".jp-AIProv-panel", ".jp-AIProv-badge", ".jp-AIProv-stamp"):
            result = page.evaluate("part => axe.run(part, { resultTypes: ['violations'] })", part)
            found += [
                (view, part, one["id"], [node["html"][:120] for node in one["nodes"]][:3])
                for one in result["violations"]
                if one["impact"] in ("serious", "critical")
            ]
    assert found == []


def test_everything_in_the_panel_is_reached_with_tab_and_arrow_keys(server: Server, show: Callable[..., Any]) -> None:
    sample.write(server.folder / "keys.ipynb", sample.notebook())
    page = show("keys.ipynb")
    page.locator("#jp-AIProv-tab-timeline").focus()
    for name in ("data", "review", "disclosure", "timeline"):
        page.keyboard.press("ArrowRight")
        assert page.evaluate("() => document.activeElement.id") == f"jp-AIProv-tab-{name}"
        assert page.get_attribute(f"#jp-AIProv-tab-{name}", "aria-selected") == "true"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.className.split(' ')[0]"))
    assert {"jp-AIProv-select", "jp-AIProv-jump", "jp-AIProv-expand"} <= reached
    tab(page, "review")
    page.locator("[data-review]").first.focus()
    page.keyboard.press("r")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("c")
    page.get_by_role("button", name="Sign 2 reviews").wait_for()
    page.keyboard.press("u")
    page.get_by_role("button", name="Sign 1 review").wait_for()
    assert page.locator(".jp-AIProv-choice[aria-pressed='true']").inner_text() == "Rejected"


def test_every_control_of_every_view_is_reached_with_tab_alone(server: Server, show: Callable[..., Any]) -> None:
    sample.write(server.folder / "tabs.ipynb", sample.notebook())
    page = show("tabs.ipynb")
    page.get_by_text("This kernel does not record.").wait_for()
    for view in ("timeline", "data", "review", "disclosure"):
        tab(page, view)
        page.wait_for_selector(f"#jp-AIProv-tab-{view}[aria-selected='true']")
        if view == "disclosure":
            page.locator(".jp-AIProv-open").first.wait_for()
        count = page.evaluate(
            """() => {
                 const wanted = document.querySelectorAll(
                   '#jp-AIProv-view :is(button, input, select, textarea, summary, [role=button]):not(:disabled)');
                 const shown = [...wanted].filter(one => one.checkVisibility());
                 shown.forEach((one, i) => one.dataset.wanted = i);
                 return shown.length;
               }"""
        )
        assert count > 3
        page.locator(f"#jp-AIProv-tab-{view}").focus()
        reached = set()
        for _ in range(count + 20):  # regions that scroll, and items of the list, are stops too
            page.keyboard.press("Tab")
            reached.add(page.evaluate("() => document.activeElement.dataset.wanted ?? null"))
        assert {str(i) for i in range(count)} <= reached, view


def test_in_french_no_english_is_left(server: Server, show: Callable[..., Any]) -> None:
    sample.write(server.folder / "fr.ipynb", sample.notebook())
    server.configure(PLUGIN, {"language": "fr"})
    try:
        page = show("fr.ipynb")
        await_summary(page, "13 appels IA")
        text = page.locator(".jp-AIProv-panel").inner_text()
        assert "contenu généré par IA" in text
        assert "à contrôler" in text
        assert "demandé" not in text.split("Chronologie")[0]
        for word in ("to review", "generated", "Timeline", "cell ", "calls", "model ", "captured", "Recording"):
            assert word not in text, word
        badge = page.locator(".jp-AIProv-badge").first
        assert "contenu généré par IA" in (badge.get_attribute("aria-label") or "")
    finally:
        (server.settings / PLUGIN).unlink()
