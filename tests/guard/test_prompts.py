"""The guard on labelled prompts of our own: precision and recall of each rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.guard import scored
from tests.guard.made import HELD_OUT, labelled

SCORES, WRONG = scored()
ONE_FALSE_ALARM = {("held_out_2", "email")}  # run@node.sh, which may be an address: one in six


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


@pytest.mark.parametrize("file", HELD_OUT, ids=lambda f: f.stem)
def test_prompts_labelled_before_the_first_run_stay_mended(file: Path) -> None:
    """What their first run gave is noted at the head of each file."""
    scores, wrong = scored(file)
    for rule, score in scores.items():
        assert score.precision >= (0.8 if (file.stem, rule) in ONE_FALSE_ALARM else 0.95), (rule, wrong)
        assert score.recall >= 0.95, (rule, wrong)
    assert sum(s.false for s in scores.values()) <= 2, wrong
    assert sum(s.missed for s in scores.values()) <= 1, wrong
