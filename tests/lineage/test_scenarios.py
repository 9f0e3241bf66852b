"""Labelled scenarios through the whole extension: every label, every row, nothing without AI."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("yaml")
pytest.importorskip("pandas")
pytest.importorskip("openai")

from tests.lineage import model_server, running

PRELUDE, SCENARIOS = running.load()


def graded(scenarios: list[dict[str, Any]]) -> list[Any]:
    """Every scenario on Python 3.11; elsewhere a third of them, and the rest in the long suites."""
    every = 1 if sys.version_info[:2] == (3, 11) else 3
    return [pytest.param(s, id=s["id"], marks=_marks(s, late=i % every != 0)) for i, s in enumerate(scenarios)]


def _marks(scenario: dict[str, Any], *, late: bool) -> list[pytest.MarkDecorator]:
    """What is not right yet says so (`open`), and must say so no longer once it is."""
    marks = [pytest.mark.full] if late else []
    if "open" in scenario:
        marks.append(pytest.mark.xfail(strict=True, reason=scenario["open"]))
    return marks


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """A deterministic model on loopback."""
    server = model_server.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()


@pytest.mark.sdk
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scenario", graded(SCENARIOS))
def test_every_label_of_a_scenario_is_right(scenario: dict[str, Any], model: str, monkeypatch: Any) -> None:
    """Each variable, column and row is said to be what it is."""
    for module in scenario.get("needs") or ():
        pytest.importorskip(module)
    monkeypatch.setenv("OPENAI_BASE_URL", model)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    labels, error = running.run(scenario, PRELUDE)
    outcome = running.judge(scenario, labels, error)
    assert (outcome.broken, outcome.wrong) == (None, [])


@pytest.mark.sdk
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scenario", graded([s for s in SCENARIOS if s.get("ai") is False]))
def test_a_call_elsewhere_labels_nothing_unrelated(scenario: dict[str, Any], model: str, monkeypatch: Any) -> None:
    """An AI answer in the first cell and one in the last: the analysis between them stays without a label."""
    monkeypatch.setenv("OPENAI_BASE_URL", model)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    cells = ["advice = chat('Any advice?')", *scenario["cells"], "advice = chat('Any more advice?')"]
    labels, error = running.run({**scenario, "cells": cells}, PRELUDE)
    assert error is None
    assert set(labels) <= {"advice"}


def test_the_set_is_large_enough() -> None:
    """At least 100 scenarios with 300 labelled columns, ten of them without AI."""
    columns = sum("." in name for s in SCENARIOS for name in s["expect"])
    assert len(SCENARIOS) >= 100
    assert columns >= 300
    assert sum(s.get("ai") is False for s in SCENARIOS) >= 10
