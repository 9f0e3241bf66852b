"""Which cells came from an answer, and how much of them."""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_aiprov.authorship import Answer, Matcher, authorship_of_notebook, first_runs
from jupyter_aiprov.model import Message
from jupyter_aiprov.seal import source_digest
from tests.authorship.labelled import SETS, UNSEEN, answer, labelled, outcomes
from tests.benchmarks.authorship import milliseconds, scores

CODE = labelled()["answers"]["bootstrap"].split("```python\n")[1].split("```")[0]


def said(text: str, invocation: str = "call-1", question: str = "?") -> Answer:
    return Answer(invocation, "gpt-4o", [Message.text("assistant", text)], [Message.text("user", question)])


def test_the_labelled_set_is_large_enough_and_holds_every_kind() -> None:
    kinds = {p["kind"] for p in labelled()["pairs"]}
    assert len(labelled()["pairs"]) >= 60
    assert {"verbatim", "black", "renamed", "partly", "comments-translated", "unrelated", "imports"} <= kinds


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_precision_and_recall_hold_on_each_labelled_set(path: Path) -> None:
    precision, recall = scores(outcomes(path))
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


def test_offline_no_answer_wrote_a_cell_that_ran_before_it_came() -> None:
    sources = [CODE, f"# again\n{CODE}"]
    nb = {"cells": [{"cell_type": "code", "id": f"c{n}", "source": s, "outputs": []} for n, s in enumerate(sources)]}
    late = replace(answer("bootstrap"), time="2026-11-02T10:00:00.000+00:00")

    def ran(index: int, time: str) -> dict[str, str]:
        return {source_digest(sources[index]): f"2026-11-02T{time}:00.000+00:00"}

    assert set(authorship_of_notebook(nb, [late], {**ran(0, "10:05"), **ran(1, "10:06")})) == {0, 1}
    assert set(authorship_of_notebook(nb, [late], ran(0, "09:55"))) == set(), "the second is the first one's copy"
    assert set(authorship_of_notebook(nb, [late], ran(1, "10:05"))) == {0, 1}, "of the first no run is on record"


def test_the_first_run_of_a_source_counts() -> None:
    events = [
        {"type": "execution", "source_sha256": "a" * 64, "start_time": f"2026-11-02T{hour}:00:00.000+00:00"}
        for hour in ("11", "09", "10")
    ]
    assert first_runs(events) == {"a" * 64: "2026-11-02T09:00:00.000+00:00"}


def test_code_in_a_markdown_cell_is_found_and_the_share_is_of_the_whole_cell() -> None:
    matcher = Matcher()
    matcher.answered(answer("bootstrap"))
    alone = matcher.match(f"```python\n{CODE}```", "prose")
    assert alone is not None
    assert alone.share == (1.0, 1.0)
    among = matcher.match("We took the interval from resampling. " * 20 + f"\n\n```python\n{CODE}```\n", "prose")
    assert among is not None
    assert not among.is_verbatim
    assert 0 < among.share[0] < 1


def test_a_query_in_a_string_is_compared_as_a_text_of_its_own() -> None:
    query = labelled()["answers"]["sqlret"].split("```sql\n")[1].split("```")[0]
    matcher = Matcher()
    matcher.answered(answer("sqlret"))
    assert matcher.match(f'rows = pd.read_sql("""\n{query}""", engine)\nrows.head()\n') is not None


def test_a_cell_of_two_answers_names_both_each_with_its_own_part() -> None:
    pair = next(p for p in labelled(UNSEEN)["pairs"] if p["kind"] == "two answers in one cell")
    matcher = Matcher()
    for name in labelled(UNSEEN)["answers"]:
        matcher.answered(answer(name, path=UNSEEN))
    found = matcher.matches(pair["cell"])
    assert {one.answer.invocation for one in found} == {pair["answer"], pair["also"]}
    assert sum(one.share[1] for one in found) <= 1.0


def test_an_answer_that_fixes_what_a_person_sent_wrote_only_the_fix() -> None:
    whole = CODE + "\nwidth = {name: high - low for name, (low, high) in intervals.items()}\nprint(sorted(width)[:3])\n"
    matcher = Matcher()
    matcher.answered(said(f"```python\n{whole}```", question=f"Don't touch it, but what's next?\n\n{CODE}"))
    assert matcher.match(CODE) is None


def test_names_that_a_person_sends_and_the_model_changes_do_not_make_the_code_its_own() -> None:
    pair = next(p for p in labelled()["pairs"] if p["kind"] == "renamed" and p["answer"] == "bootstrap")
    matcher = Matcher()
    matcher.answered(said(f"```python\n{pair['cell']}```", question=f"Better names, please:\n\n{CODE}"))
    assert matcher.match(CODE) is None


def test_what_the_asking_cell_holds_was_there_before_its_answer() -> None:
    asking = f"template = '''\n{CODE}'''\nask(template[:200])\n"
    matcher = Matcher()
    matcher.answered(replace(said(f"```python\n{CODE}```"), asking=asking))
    assert matcher.match(asking) is None
    assert matcher.match(CODE) is None


@pytest.mark.parametrize(
    "source", ['"""' * 20_000, "<!--" * 20_000, "f'{" * 20_000, "```\n" * 20_000, "a'b" * 30_000, "(" * 90_000]
)
@pytest.mark.timeout(120)  # a square of the length would take longer
def test_a_hostile_source_costs_no_more_than_its_length(source: str) -> None:
    matcher = Matcher()
    matcher.answered(answer("bootstrap"))
    assert matcher.match(source) is None
    assert matcher.match(source, "prose") is None


@given(st.text(alphabet="'\"{}()[]\\\n fr#=:`!%-<>aé0.\ud800", max_size=120))
def test_every_text_can_be_compared(source: str) -> None:
    matcher = Matcher()
    matcher.answered(answer("bootstrap"))
    assert matcher.match(source) is None
    assert matcher.match(source, "prose") is None
