"""What is displayed while cells run is what is found when they are over, and looking changes nothing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("yaml")
pytest.importorskip("pandas")
pytest.importorskip("openai")

from tests.lineage import model_server, running

PRELUDE, SCENARIOS = running.load()
EVERY = 7 if sys.version_info[:2] == (3, 11) else 20


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    server = model_server.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()


def with_displays(scenario: dict[str, Any]) -> dict[str, Any]:
    """The same cells, each ending with displays of the names that it binds."""
    cells = []
    for code in scenario["cells"]:
        try:
            tree = ast.parse(code)
        except SyntaxError:  # magics
            cells.append(code)
            continue
        names = [t.id for s in tree.body if isinstance(s, ast.Assign) for t in s.targets if isinstance(t, ast.Name)]
        shown = [n for n in dict.fromkeys(names) if n in scenario["expect"]]
        deleted = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Del)}
        cells.append(code + "".join(f"\ndisplay({n})" for n in shown if n not in deleted))
    return {**scenario, "cells": cells}


@pytest.mark.sdk
@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scenario", SCENARIOS[::EVERY], ids=lambda s: s["id"])
def test_displays_change_no_label_and_say_no_more_than_the_labels(
    scenario: dict[str, Any], model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels with and without displays are the same; a column marked in the last cell is one of them."""
    from jupyter_aiprov.lineage import Lineage, preview

    monkeypatch.setenv("OPENAI_BASE_URL", model)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("AIPROV_STRICT", "1")
    plain, error = running.run(scenario, PRELUDE)
    assert error is None
    seen: list[dict[str, str]] = [{}]
    look, begin = Lineage.preview, preview.Preview.begin

    def heard(self: Lineage, obj: Any) -> Any:
        shown = look(self, obj)
        if shown is not None:
            origins = {str(c): str(f["origin"]) for c, f in shown.columns.items()}
            seen[-1].update(zip(shown.subjects, origins.values(), strict=False))
        return shown

    def begun(self: preview.Preview, execution: Any) -> None:
        seen.append({})
        begin(self, execution)

    monkeypatch.setattr(Lineage, "preview", heard)
    monkeypatch.setattr(preview.Preview, "begin", begun)
    shown, error = running.run(with_displays(scenario), PRELUDE)
    assert error is None
    said = {k: (v["origin"], v["rows"], v["confidence"], v["invocation_count"]) for k, v in plain.items()}
    assert {k: (v["origin"], v["rows"], v["confidence"], v["invocation_count"]) for k, v in shown.items()} == said
    last = {k: v for k, v in seen[-1].items() if "." in k}
    assert {k: v for k, v in last.items() if k not in said or said[k][0] != v} == {}
