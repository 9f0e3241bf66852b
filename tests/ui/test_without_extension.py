"""A stamped notebook in a JupyterLab that never heard of us, untrusted: what a colleague sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ui import sample
from tests.ui.conftest import serving

pytestmark = [pytest.mark.ui, pytest.mark.full]


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_an_untrusted_notebook_reads_well_without_the_extension(app: str, tmp_path: Path, context: Any) -> None:
    away = "--LabApp.labextensions_path=[]", "--JupyterNotebookApp.labextensions_path=[]"
    with serving(tmp_path, *away, bundle=False) as server:
        before = sample.write(server.folder / "plain.ipynb", sample.notebook())
        page = context.new_page()
        page.goto(server.page(app, "plain.ipynb"))
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        cell = page.locator(".jp-CodeCell").nth(1)
        line = cell.locator("summary")
        assert "gpt-4o-mini-2024-07-18" in line.inner_text()
        line.click()
        cell.locator("table").first.wait_for()
        assert page.locator(".jp-AIProv-panel, .jp-AIProv-badge, .jp-AIProv-stamp").count() == 0
        text = cell.inner_text()
        assert "gpt-4o-mini-2024-07-18" in text
        assert "12" in text
        assert "df.label" in text
        shot = page.screenshot(path=str(tmp_path / "plain.png"))
        assert len(shot) > 10_000
        # Nothing of the stamp hides under another output, is cut off or leaves the page at the side.
        for table in cell.locator("table").all():
            box = table.bounding_box()
            assert box is not None
            assert box["width"] > 100
            assert box["x"] + box["width"] <= 1400
        page.close()
        assert (server.folder / "plain.ipynb").read_bytes() == before
