"""What following costs is bounded by construction: nothing is compared twice, nothing kept that the user let go."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from jupyter_aiprov.lineage import _pandas, _values
from jupyter_aiprov.lineage.content import Answers
from tests.lineage import running
from tests.loopback import serving

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")
pytest.importorskip("httpx")

PRELUDE = """
import gc, weakref
import httpx, numpy as np, pandas as pd
def classify(text):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}
    return httpx.post("{url}/v1/chat/completions", json=body, timeout=30).json()["choices"][0]["message"]["content"]
def memory(frame):
    "Weak references to every block of a frame."
    arrays = [getattr(b.values, "_pa_array", b.values) for b in frame._mgr.blocks]
    return [weakref.ref(a) for a in arrays]
def alive(references):
    gc.collect()
    return sum(r() is not None for r in references)
"""

PANDAS3 = int(pd.__version__.split(".")[0]) >= 3


@pytest.fixture
def shell() -> Iterator[Any]:
    with serving(["a spoken answer"]) as server, running.shell() as made:
        made.server = server
        run(made, PRELUDE.format(url=server.url()))
        yield made


def run(shell: Any, code: str) -> None:
    result = shell.run_cell(code, store_history=True)
    assert result.error_in_exec is None, result.error_in_exec
    assert result.error_before_exec is None, result.error_before_exec


FRAME = """
df = pd.DataFrame(np.random.rand(1000, 4), columns=list("abcd"))
df["label"] = "human"
"""


@pytest.mark.skipif(not PANDAS3, reason="pandas 2 shares no memory with copies")
@pytest.mark.parametrize(
    "ai",
    ["df.loc[3, 'label'] = classify('x')", "df['label'] = classify('x')", "df['a'] = float(len(classify('x')))"],
)
def test_del_gives_every_block_back_in_the_same_cell_but_the_ai_column(shell: Any, ai: str) -> None:
    """No image and no reference keeps a block alive once the user deleted the frame."""
    run(shell, FRAME)
    run(shell, ai)
    run(shell, "df.loc[5, 'label'] = 'mine'")
    run(shell, "refs = memory(df); del df; left = alive(refs)")
    assert shell.user_ns["left"] <= 1  # at most the AI column itself
    run(shell, "left = alive(refs)")
    assert shell.user_ns["left"] == 0  # and that, too, at the end of the cell


@pytest.mark.skipif(not PANDAS3, reason="pandas 2 shares no memory with copies")
def test_an_ai_column_costs_one_copy_at_most_and_only_after_an_edit(shell: Any) -> None:
    """What is kept of a column beside the user's own is what the model left, once."""
    run(shell, FRAME)
    run(shell, "df['label'] = [classify('x')] * 1000")
    tracked = lineage().tracked
    run(shell, "pass")
    kept = tracked._kept[("df", "label")].reference
    assert kept.array._pa_array is shell.user_ns["df"]["label"].array._pa_array  # no copy
    for i in range(3):
        run(shell, f"old = memory(df); df.loc[{i}, 'label'] = 'mine'")
        gc.collect()
    assert tracked._kept[("df", "label")].reference.array._pa_array is kept.array._pa_array  # the one copy
    assert tracked.marks(("df", "label")).rows_edited == 3


def lineage() -> Any:
    from jupyter_aiprov.api import _current

    return _current().lineage


def test_a_column_is_compared_once_for_each_edit(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells that leave an edited column alone do not look at its values again."""
    if not PANDAS3:
        pytest.skip("text columns of pandas 2 are compared by pointer")
    run(shell, FRAME)
    run(shell, "df['label'] = [classify('x')] * 1000")
    compared = 0
    differs = _values.arrow_differs

    def counted(a: Any, b: Any) -> Any:
        nonlocal compared
        compared += 1
        return differs(a, b)

    monkeypatch.setattr(_values, "arrow_differs", counted)
    run(shell, "df.loc[7, 'label'] = 'mine'")
    once = compared
    for code in ("pass", "df['n'] = 1.0", "df.loc[5, 'a'] = 2.0", "other = classify('y')"):
        run(shell, code)
    assert once >= 1
    assert compared == once


def test_a_column_written_anew_by_a_model_is_not_compared(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows are the model's: what stood there before does not matter."""
    run(shell, FRAME)
    run(shell, "df['label'] = [classify('x')] * 1000")

    def refuse(a: Any, b: Any) -> Any:
        raise AssertionError("compared")

    monkeypatch.setattr(_values, "arrow_differs", refuse)
    monkeypatch.setenv("AIPROV_STRICT", "1")
    run(shell, "df['label'] = [classify('y')] * 1000")
    assert lineage().origins()["df.label"]["origin"] == "ai-generated"


def test_the_window_of_texts_is_where_a_naive_comparison_says() -> None:
    """Arrow texts are compared between the first and the last differing byte: same mask as one by one."""
    chance = random.Random(1)
    words = ["", "a", "ab", "b", None, "aa", "é"]
    for _ in range(3000):
        rows = chance.randint(0, 7)
        was = [chance.choice(words) for _ in range(rows)]
        now = list(was)
        for _ in range(chance.randint(0, 2)):
            if rows:
                now[chance.randrange(rows)] = chance.choice(words)
        kind = chance.choice([pa.string(), pa.large_string(), pa.string_view()])
        a = pa.chunked_array([pa.array(["pad", *was], kind)]).slice(1)
        b = pa.chunked_array([pa.array([*now, "end"], kind)]).slice(0, rows)
        if chance.random() < 0.2:
            b = pa.chunked_array([b.slice(0, rows // 2).combine_chunks(), b.slice(rows // 2).combine_chunks()])
        expected = [x != y for x, y in zip(was, now, strict=True)]
        assert _values.arrow_differs(a, b).tolist() == expected


def test_values_that_repeat_are_judged_once() -> None:
    """A column of few distinct values asks the answers as often as it has values, not rows."""
    answers = Answers()
    asked = 0
    holds = answers.holds

    def counted(value: Any, invocations: frozenset[str]) -> bool:
        nonlocal asked
        asked += 1
        return holds(value, invocations)

    answers.holds = counted  # type: ignore[method-assign]
    answers.judge(["positive", "negative", True, 1, 1.0] * 80, frozenset({"x"}))
    assert asked == 5
    assert answers.judge([[1], [2]], frozenset({"x"})) == "other"


def test_masks_of_strings_and_numbers_agree_with_numpy() -> None:
    """The mask type is numpy's, whatever the column."""
    a, b = pd.Series(["x", None, "z"]), pd.Series(["x", "y", "z"])
    found = _pandas.differs(a, b)
    assert isinstance(found, np.ndarray)
    assert found.tolist() == [False, True, False]
