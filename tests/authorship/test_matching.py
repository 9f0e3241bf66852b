"""Which cells came from an answer, and how much of them."""

from __future__ import annotations

import statistics

import pytest

from jupyter_aiprov.authorship import Answer, Matcher, authorship_of_notebook
from jupyter_aiprov.model import Message
from tests.authorship.labelled import answer, labelled, outcomes
from tests.benchmarks.authorship import milliseconds, scores

CODE = labelled()["answers"]["bootstrap"].split("```python\n")[1].split("```")[0]


def said(text: str, invocation: str = "call-1", question: str = "?") -> Answer:
    return Answer(invocation, "gpt-4o", [Message.text("assistant", text)], [Message.text("user", question)])


def test_the_labelled_set_is_large_enough_and_holds_every_kind() -> None:
    kinds = {p["kind"] for p in labelled()["pairs"]}
    assert len(labelled()["pairs"]) >= 60
    assert {"verbatim", "black", "renamed", "partly", "comments-translated", "unrelated", "imports"} <= kinds


def test_precision_and_recall_hold_on_the_labelled_set() -> None:
    precision, recall = scores(outcomes())
    assert precision >= 0.97
    assert recall >= 0.9


def test_a_cell_costs_little_against_a_thousand_answers() -> None:
    assert statistics.median(milliseconds()) <= 5


def test_a_verbatim_cell_is_generated_and_an_edited_one_assisted() -> None:
    matcher = Matcher()
    matcher.answered(answer("bootstrap"))
    whole = matcher.match(CODE)
    assert whole is not None
    assert whole.is_verbatim
    edited = matcher.match(
        CODE + "\nhistogram = df['age'].hist(bins=30, color='#888888')\nhistogram.set_title('age')\n"
    )
    assert edited is not None
    assert not edited.is_verbatim
    assert edited.share[0] <= edited.share[1] < 1


def test_renaming_shows_as_a_range() -> None:
    pair = next(p for p in labelled()["pairs"] if p["kind"] == "renamed" and p["answer"] == "bootstrap")
    matcher = Matcher()
    matcher.answered(answer("bootstrap"))
    found = matcher.match(pair["cell"])
    assert found is not None
    assert found.share[0] < found.share[1]


def test_code_that_ran_before_the_answer_stays_its_writers() -> None:
    matcher = Matcher()
    matcher.answered(answer("merge"))
    assert matcher.match(CODE) is None
    matcher.answered(answer("bootstrap"))
    assert matcher.match(CODE) is None


def test_code_of_an_earlier_answer_stays_the_models_when_a_person_sends_it_back() -> None:
    matcher = Matcher()
    matcher.answered(answer("bootstrap"))
    matcher.answered(said(f"Shorter:\n```python\n{CODE}```", "call-2", f"Make this shorter:\n```python\n{CODE}```"))
    assert matcher.match(CODE) is not None


def test_a_source_handed_to_a_tool_counts_as_an_answer() -> None:
    call = Message("assistant", ({"type": "tool_call", "name": "add_cell", "arguments": {"index": 3, "source": CODE}},))
    matcher = Matcher()
    matcher.answered(Answer("call-1", "claude", [call]))
    found = matcher.match(CODE)
    assert found is not None
    assert found.is_verbatim


@pytest.mark.parametrize("label", ["positive", '{"label": "positive", "score": 0.93}', "Yes.", ""])
def test_short_answers_and_labels_match_nothing(label: str) -> None:
    matcher = Matcher()
    matcher.answered(said(label))
    assert matcher.match('labels = {"label": "positive", "score": 0.93}') is None


@pytest.mark.parametrize("source", ["", "x", "def f(:", "%%bash\nls", "!ls", "a = '''", "\x00", "é" * 10])
def test_any_source_can_be_compared(source: str) -> None:
    matcher = Matcher()
    matcher.answered(answer("bootstrap"))
    assert matcher.match(source) is None


def test_another_language_is_compared_as_words_and_signs() -> None:
    code = 'fit <- lm(weight ~ age + sex, data = cohort)\nsummary(fit)$coefficients[, c("Estimate", "Pr(>|t|)")]\n'
    matcher = Matcher()
    matcher.answered(said(f"```r\n{code}```"))
    assert matcher.match(f"%%R -i cohort\n{code}") is not None


def test_offline_code_and_markdown_cells_get_model_and_call() -> None:
    prose = labelled()["answers"]["limits"].split("\n\n", 1)[1]
    nb = {
        "cells": [
            {"cell_type": "code", "id": "a", "source": CODE.splitlines(keepends=True), "outputs": [], "metadata": {}},
            {"cell_type": "markdown", "id": "b", "source": prose, "metadata": {}},
            {"cell_type": "code", "id": "c", "source": "df = load()\ndf.head()", "outputs": [], "metadata": {}},
        ]
    }
    found = authorship_of_notebook(nb, [answer("bootstrap"), answer("limits")])
    assert {i: e[0]["invocation"] for i, e in found.items()} == {0: "bootstrap", 1: "limits"}
    assert found[0][0]["evidence"] == "inferred"
