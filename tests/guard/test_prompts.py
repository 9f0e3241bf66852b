"""The guard on labelled prompts of our own: precision and recall of each rule."""

from __future__ import annotations

import pytest

from tests.benchmarks.guard import scored
from tests.guard.made import labelled

SCORES, WRONG = scored()


def test_there_are_two_hundred_prompts_and_half_are_innocent() -> None:
    _, prompts = labelled()
    innocent = sum(not p["expect"] for p in prompts)
    assert len(prompts) >= 200
    assert innocent >= len(prompts) / 2
    assert len({p["text"] for p in prompts}) == len(prompts)


@pytest.mark.parametrize("rule", SCORES)
def test_each_rule_finds_what_it_should_and_little_else(rule: str) -> None:
    assert SCORES[rule].precision >= 0.95, WRONG
    assert SCORES[rule].recall >= 0.95, WRONG
    assert SCORES[rule].hit >= 10
