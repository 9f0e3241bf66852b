"""Before-images, changed rows, and rows that stay known through what people do to frames."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov.lineage.frames import Snapshots
from jupyter_aiprov.lineage.rows import SAME, Source, moved, positions
from jupyter_aiprov.lineage.tracked import Origin, Tracked

pl = pytest.importorskip("polars")

PROTECTED = int(pd.__version__.split(".")[0]) >= 3
KEY = ("df", "label")


def frame(n: int = 8) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": range(n),
            "text": [f"text {i}" for i in range(n)],
            "price": np.arange(n) / 3,
            "label": ["pos", "neg", "neutral", "pos"] * (n // 4),
            "object": [[1], {}, None, 1, 2.5, "x", (1,), True][:n] + [None] * max(0, n - 8),
            "kind": pd.Categorical(list("aabb") * (n // 4)),
            "when": pd.date_range("2020", periods=n),
            "zone": pd.date_range("2020", periods=n, tz="Europe/Paris"),
            "count": pd.array([1, None] * (n // 2), dtype="Int64"),
        }
    )


def changed(snapshots: Snapshots, **namespace: object) -> dict[object, object]:
    return {label: change.ranges for label, change in snapshots.changes(namespace).get("df", {}).items()}


def taken(df: object) -> Snapshots:
    snapshots = Snapshots()
    snapshots.before({"df": df})
    return snapshots


# ── what changed ──────────────────────────────────────────────────────────────────


def test_an_untouched_frame_has_no_changes() -> None:
    df = frame()
    snapshots = taken(df)
    assert dict(snapshots.changes({"df": df})["df"]) == {}
    assert dict(snapshots.changes({"df": df.copy()})["df"]) == {}


@pytest.mark.parametrize(
    ("column", "row", "value"),
    [
        ("id", 3, 77),
        ("text", 0, "other"),
        ("price", 7, np.nan),
        ("object", 2, "now there"),
        ("kind", 1, "b"),
        ("when", 4, pd.NaT),
        ("zone", 4, pd.Timestamp("2031-01-01", tz="Europe/Paris")),
        ("count", 0, 9),
        ("count", 0, pd.NA),
    ],
)
def test_an_edit_in_place_names_its_column_and_row_only(column: str, row: int, value: object) -> None:
    df = frame()
    snapshots = taken(df)
    df.loc[row, column] = value
    assert changed(snapshots, df=df) == {column: [[row, row]]}


def test_writing_the_same_values_is_no_change() -> None:
    df = frame()
    snapshots = taken(df)
    for name in df:
        df[name] = df[name].copy()
    df["price"] = [float(x) for x in df["price"]]
    assert changed(snapshots, df=df) == {}


def test_a_new_column_and_a_new_frame_are_new_in_every_row() -> None:
    df = frame()
    snapshots = taken(df)
    df["n"] = df["text"].str.len()
    changes = snapshots.changes({"df": df, "other": frame(4)})
    assert changes["df"]["n"].is_new
    assert changes["df"]["n"].ranges == [[0, 7]]
    assert list(changes["df"]) == ["n"]
    assert all(c.is_new and c.total == 4 for c in changes["other"].values())


def test_rows_appended_under_new_labels_are_the_changed_ones() -> None:
    df = frame()
    snapshots = taken(df)
    df.loc[8] = df.loc[0]
    assert all(ranges == [[8, 8]] for ranges in changed(snapshots, df=df).values())
    assert len(changed(snapshots, df=df)) == 9


def test_a_filter_is_no_edit_and_an_edit_after_it_is_found_where_the_row_went() -> None:
    df = frame()
    snapshots = taken(df)
    kept = df[df.id > 2]
    assert changed(snapshots, df=kept) == {}
    kept = kept.copy()
    kept.loc[5, "price"] = -1.0
    assert changed(snapshots, df=kept) == {"price": [[2, 2]]}


def test_a_sort_that_renumbers_is_no_edit() -> None:
    df = frame()
    snapshots = taken(df)
    assert changed(snapshots, df=df.sort_values("price", ascending=False, ignore_index=True)) == {}
    assert changed(snapshots, df=df.sample(frac=1, random_state=3).reset_index(drop=True)) == {}


def test_rows_that_cannot_be_followed_are_said_to_be_unknown() -> None:
    df = pd.DataFrame({"label": ["a", "b", "a", "b"]})
    snapshots = taken(df)
    change = snapshots.changes({"df": df[df.label == "a"].reset_index(drop=True)})["df"]["label"]
    assert change.mask is None
    assert change.rows is None
    assert change.ranges is None


def test_an_unrelated_frame_under_the_same_name_has_unknown_rows() -> None:
    snapshots = taken(pd.DataFrame({"x": ["a", "b", "c"]}))
    assert snapshots.changes({"df": pd.DataFrame({"x": ["k", "l", "m"]})})["df"]["x"].mask is None


def test_duplicate_names_and_multiindex_columns_are_followed() -> None:
    df = pd.DataFrame([[1, 2.0, "x"], [3, 4.0, "y"]], columns=["a", "a", "b"])
    snapshots = taken(df)
    df.iloc[1, 1] = 9.0
    assert changed(snapshots, df=df) == {"a": [[1, 1]]}
    df = pd.DataFrame({("x", "a"): [1, 2], ("x", "b"): [3, 4]})
    snapshots = taken(df)
    df.loc[0, ("x", "b")] = 5
    assert changed(snapshots, df=df) == {("x", "b"): [[0, 0]]}


def test_a_series_is_one_column_without_a_label() -> None:
    series = pd.Series(["a", "b", "c"])
    snapshots = taken(series)
    series.iloc[1] = "z"
    assert changed(snapshots, df=series) == {None: [[1, 1]]}


def test_an_image_is_of_the_first_sight_and_goes_at_the_end_of_the_cell() -> None:
    df = frame()
    snapshots = taken(df)
    df.loc[0, "id"] = 5
    snapshots.before({"df": df})
    assert changed(snapshots, df=df) == {"id": [[0, 0]]}
    snapshots.drop()
    assert snapshots.is_empty
    assert snapshots.image("df") is None


def test_the_shells_output_cache_is_not_looked_at() -> None:
    snapshots = Snapshots()
    snapshots.before({"_": frame(), "__": frame(), "_12": frame(), "_mine": frame()})
    assert list(snapshots.changes({"_": frame(), "_12": frame(), "_new": frame()})) == ["_new"]


@pytest.mark.skipif(PROTECTED, reason="pandas 3 protects shallow copies")
def test_pandas_2_over_the_budget_says_that_edits_are_not_tracked() -> None:
    df = frame()
    snapshots = Snapshots(budget=10)
    snapshots.before({"df": df})
    df.loc[0, "id"] = 9
    df["n"] = 1
    assert snapshots.untracked == ("df",)
    assert list(snapshots.changes({"df": df})["df"]) == ["n"]


# ── against a naive comparison ────────────────────────────────────────────────────

VALUES = {
    "int": st.integers(-3, 3),
    "bigint": st.sampled_from([2**53, 2**53 + 1, 2**53 + 2, 0]),
    "float": st.sampled_from([0.0, -0.0, 1.5, float("nan"), float("inf"), 1e300]),
    "str": st.sampled_from(["", "a", "A", "é", "\ud800x", "nan", None]),
    "object": st.one_of(
        st.none(),
        st.integers(0, 2),
        st.booleans(),
        st.text(max_size=2),
        st.lists(st.integers(0, 1)),
        st.just(float("nan")),
        st.just(np.array([1, 2])),
    ),
    "category": st.sampled_from(["u", "v", None]),
    "when": st.sampled_from([pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-01 00:00:00.000001"), pd.NaT]),
    "Int64": st.sampled_from([1, 2, pd.NA]),
    "bool": st.booleans(),
}
DTYPES = {
    "int": "int64",
    "bigint": "int64",
    "float": "float64",
    "object": object,
    "category": "category",
    "when": "datetime64[ns]",
    "Int64": "Int64",
    "bool": "bool",
}


def series_of(kind: str, values: list[object]) -> pd.Series:
    if kind == "str":
        try:
            return pd.Series(values, dtype="str" if PROTECTED else object)
        except UnicodeEncodeError:
            return pd.Series(values, dtype=object)
    if kind == "object":
        out = np.empty(len(values), dtype=object)
        for i, value in enumerate(values):
            out[i] = value
        return pd.Series(out)
    return pd.Series(values, dtype=DTYPES[kind])


def naive(x: object, y: object) -> bool:
    """Equality as one would write it for one value."""
    null = [v is None or v is pd.NA or v is pd.NaT or (isinstance(v, float) and v != v) for v in (x, y)]
    if any(null):
        return all(null)
    if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
        return isinstance(x, np.ndarray) and isinstance(y, np.ndarray) and x.tolist() == y.tolist()
    return isinstance(x, bool | np.bool_) == isinstance(y, bool | np.bool_) and bool(x == y)


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, list[object], list[tuple[int, object]]]:
    kind = draw(st.sampled_from(sorted(VALUES)))
    values = draw(st.lists(VALUES[kind], min_size=1, max_size=12))
    changes = draw(st.lists(st.tuples(st.integers(0, len(values) - 1), VALUES[kind]), max_size=4))
    return kind, values, changes


@settings(max_examples=300, deadline=None)
@given(edits())
def test_changed_rows_are_those_that_a_naive_comparison_finds(
    given_: tuple[str, list[object], list[tuple[int, object]]],
) -> None:
    kind, values, changes = given_
    df = pd.DataFrame({"x": series_of(kind, values), "id": range(len(values))})
    was = df["x"].astype(object).tolist()
    snapshots = taken(df)
    after = list(values)
    for row, value in changes:
        after[row] = value
    df["x"] = series_of(kind, after)
    now = df["x"].astype(object).tolist()
    expected = [i for i, (a, b) in enumerate(zip(was, now, strict=True)) if not naive(a, b)]
    change = snapshots.changes({"df": df}).get("df", {}).get("x")
    assert ([] if change is None else change.rows.tolist()) == expected


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(width=32), st.integers(-5, 5)), min_size=1, max_size=10), st.data())
def test_polars_changes_are_those_that_a_naive_comparison_finds(values: list[object], data: st.DataObject) -> None:
    df = pl.DataFrame({"x": pl.Series(values, dtype=pl.Float64), "id": range(len(values))})
    snapshots = taken(df)
    was = df["x"].to_list()
    row = data.draw(st.integers(0, len(values) - 1))
    df[row, "x"] = data.draw(st.one_of(st.none(), st.floats(width=32)))
    same = (was[row] is None) == (df[row, "x"] is None) and naive(was[row], df[row, "x"])  # null is not NaN here
    expected = [] if same else [row]
    change = snapshots.changes({"df": df}).get("df", {}).get("x")
    assert ([] if change is None else change.rows.tolist()) == expected


# ── rows through what people do to frames ─────────────────────────────────────────

MASK = np.array([True, False, True, True, False, False, True, False])
OPERATIONS = {
    "filter": lambda d: d[d.price > 0.5],
    "sort": lambda d: d.sort_values("text", ascending=False),
    "sort and renumber": lambda d: d.sort_values("price", ascending=False).reset_index(drop=True),
    "sample": lambda d: d.sample(frac=1, random_state=1),
    "sample and renumber": lambda d: d.sample(5, random_state=1).reset_index(drop=True),
    "reset_index": lambda d: d[d.id > 3].reset_index(),
    "set_index": lambda d: d.set_index("text"),
    "head": lambda d: d.head(3),
    "merge": lambda d: d.merge(pd.DataFrame({"kind": ["a", "b", "b"], "name": ["x", "y", "z"]}), on="kind"),
    "merge on the right": lambda d: pd.DataFrame({"id": [7, 0, 3], "w": 1}).merge(d, on="id"),
    "doubled": lambda d: pd.concat([d, d], ignore_index=True),
    "narrowed": lambda d: d[["label", "text"]].iloc[::-1].reset_index(drop=True),
    "query": lambda d: d.query("id % 2 == 0").assign(n=1),
    "explode": lambda d: d.assign(w=[[1, 2]] * 8).explode("w", ignore_index=True),
}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_marks_move_with_the_rows(name: str) -> None:
    """The rows a model wrote are the same rows, by their text, after the operation."""
    df = frame()
    tracked = Tracked()
    tracked.mark(KEY, df, MASK)
    result = OPERATIONS[name](df)
    marks = tracked.follow(("result", "label"), result, [Origin(KEY, df)])
    assert marks is not None
    texts = result["text"] if "text" in result else pd.Series(result.index)
    ai = {t for t, m in zip(df["text"], MASK, strict=True) if m}
    assert marks.ai.tolist() == [t in ai for t in texts]


def test_real_and_synthetic_rows_stay_distinguishable() -> None:
    """After concat, filter, sort and reset_index each row still is what it was."""
    real, made = frame(8), frame(8).assign(text=lambda d: "made " + d["text"], id=lambda d: d["id"] + 100)
    tracked = Tracked()
    tracked.mark(("made", "text"), made)
    both = pd.concat([real, made], ignore_index=True)
    origins = [Origin(None, real), Origin(("made", "text"), made)]
    assert tracked.follow(("both", "text"), both, origins, in_order=True).ai.tolist() == [False] * 8 + [True] * 8
    mixed = pd.concat([real, made]).sort_values("price").query("price > 0.2").reset_index(drop=True)
    marks = tracked.follow(("mixed", "text"), mixed, origins)
    assert marks.ai.tolist() == mixed["text"].str.startswith("made").tolist()
    assert marks.is_mixed


def test_rows_alike_with_other_origins_are_unknown_not_guessed() -> None:
    """The same value came from a person and from a model: a shuffled, renumbered result cannot be told."""
    df = pd.DataFrame({"label": ["pos", "pos", "neg", "neg"]})
    tracked = Tracked()
    tracked.mark(KEY, df, [True, False, True, True])
    shuffled = df.sample(frac=1, random_state=2).reset_index(drop=True)
    assert tracked.follow(("out", "label"), shuffled, [Origin(KEY, df)]) is None
    assert tracked.marks(("out", "label")) is None
    kept = tracked.follow(("out", "label"), df[df.label == "pos"], [Origin(KEY, df)], relabelled=False)
    assert kept.ai.tolist() == [True, False]
    told = tracked.follow(("out", "label"), df[df.label == "neg"].reset_index(drop=True), [Origin(KEY, df)])
    assert told.ai.tolist() == [True, True]


def test_outer_merge_rows_without_a_source_hold_no_ai() -> None:
    df = frame(4)[["id", "label"]]
    tracked = Tracked()
    tracked.mark(KEY, df)
    out = pd.DataFrame({"id": [2, 9]}).merge(df, on="id", how="left")
    marks = tracked.follow(("out", "label"), out, [Origin(KEY, df)], columns=["label"])
    assert marks.ai.tolist() == [True, False]


def test_rows_are_followed_by_the_columns_that_kept_their_values() -> None:
    df = frame()
    tracked = Tracked()
    tracked.mark(KEY, df, MASK)
    out = df.assign(label=df.label.str.upper()).sample(frac=1, random_state=0).reset_index(drop=True)
    assert tracked.follow(("out", "label"), out, [Origin(KEY, df)], columns=["label"]) is None
    marks = tracked.follow(("out", "label"), out, [Origin(KEY, df)], columns=["id", "text"])
    assert marks.ai.tolist() == [bool(MASK[i]) for i in out["id"]]


def test_a_merge_suffix_is_followed_through_names() -> None:
    df, other = frame(4)[["id", "label"]], frame(4)[["id", "label"]].assign(label="human")
    tracked = Tracked()
    tracked.mark(KEY, df, [True, True, False, True])
    out = df.merge(other, on="id", suffixes=("_ai", "_gold"))
    marks = tracked.follow(("out", "label_ai"), out, [Origin(KEY, df, {"label_ai": "label"})])
    assert marks.ai.tolist() == [True, True, False, True]


OPS = st.sampled_from(["filter", "sort", "reset", "shuffle", "merge", "head", "concat", "dedupe"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["pos", "neg"]), st.integers(0, 3), st.booleans()), min_size=1, max_size=10),
    st.lists(OPS, min_size=1, max_size=4),
    st.integers(0, 99),
)
def test_rows_are_right_or_unknown_never_wrong(rows: list[tuple[str, int, bool]], ops: list[str], seed: int) -> None:
    """A hidden column of row numbers, which the follower does not see, tells the truth."""
    df = pd.DataFrame({"label": [r[0] for r in rows], "x": [r[1] for r in rows], "truth": range(len(rows))})
    ai = np.array([r[2] for r in rows])
    out = df
    for op in ops:
        if op == "filter":
            out = out[out.x > 0]
        elif op == "sort":
            out = out.sort_values(["x", "label"], ignore_index=bool(seed % 2))
        elif op == "reset":
            out = out.reset_index(drop=True)
        elif op == "shuffle":
            out = out.sample(frac=1, random_state=seed)
        elif op == "merge":
            out = out.merge(pd.DataFrame({"x": [0, 1, 1, 3]}), on="x")
        elif op == "head":
            out = out.head(5)
        elif op == "concat":
            out = pd.concat([out, out.tail(2)], ignore_index=bool(seed % 2))
        else:
            out = out.drop_duplicates(["label", "x"])
    tracked = Tracked()
    seen = df[["label", "x"]]
    tracked.mark(("df", "label"), seen, ai)
    marks = tracked.follow(("out", "label"), out[["label", "x"]], [Origin(("df", "label"), seen)])
    if marks is not None:
        assert marks.ai.tolist() == ai[out["truth"].to_numpy(dtype=int)].tolist()


def test_polars_rows_are_followed_by_value() -> None:
    df = pl.DataFrame({"id": range(8), "text": [f"t{i}" for i in range(8)], "label": ["a", "b"] * 4})
    tracked = Tracked()
    tracked.mark(KEY, df, MASK)
    out = (
        df.filter(pl.col("id") > 1).sort("text", descending=True).join(pl.DataFrame({"id": [2, 5, 6], "w": 1}), on="id")
    )
    marks = tracked.follow(("out", "label"), out, [Origin(KEY, df)])
    assert marks.ai.tolist() == [bool(MASK[i]) for i in out["id"]]


# ── human edits of AI columns ─────────────────────────────────────────────────────


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_human_edit_of_ai_cells_is_found_exactly(library: str) -> None:
    df = frame()[["id", "text", "label"]]
    df = pl.DataFrame(df.to_dict("list")) if library == "polars" else df
    tracked = Tracked()
    tracked.mark(KEY, df)
    snapshots = taken(df)
    assert not tracked.edits(KEY, df).is_mixed
    if library == "polars":
        df[2, "label"] = "checked"
    else:
        df.loc[2, "label"] = "checked"
    marks = tracked.edits(KEY, df, snapshots.image("df"))
    assert marks.is_mixed
    assert marks.to_dict() == {"rows": [[0, 1], [3, 7]], "rows_ai": 7, "rows_edited": 1, "rows_total": 8}


def test_a_restored_value_is_no_edit() -> None:
    df = frame()
    tracked = Tracked()
    tracked.mark(KEY, df)
    df.loc[2, "label"] = "other"
    assert tracked.edits(KEY, df).edited.sum() == 1
    df.loc[2, "label"] = "neutral"
    assert tracked.edits(KEY, df).edited.sum() == 0


def test_edits_are_remembered_through_a_filter_and_a_second_model_run() -> None:
    df = frame()
    tracked = Tracked()
    tracked.mark(KEY, df)
    df.loc[[1, 2], "label"] = "human"
    tracked.edits(KEY, df)
    kept = df[df.id > 1].reset_index(drop=True)
    marks = tracked.follow(("kept", "label"), kept, [Origin(KEY, df)])
    assert marks.edited.tolist() == [True] + [False] * 5
    kept.loc[5, "label"] = "human too"
    assert tracked.edits(("kept", "label"), kept).edited.tolist() == [True, False, False, False, False, True]
    kept.loc[0, "label"] = "model again"
    tracked.mark(("kept", "label"), kept, [True] + [False] * 5)
    assert tracked.marks(("kept", "label")).edited.tolist() == [False, False, False, False, False, True]


def test_an_edit_hidden_in_a_consolidated_block_is_found() -> None:
    """The AI column is a view of a block of floats, of which no reference is kept."""
    df = pd.DataFrame(np.random.default_rng(0).random((50, 6)), columns=list("abcdef"))
    tracked = Tracked()
    tracked.mark(("df", "c"), df)
    df.loc[7, "c"] = 2.0
    assert tracked.edits(("df", "c"), df).edited.nonzero()[0].tolist() == [7]


def test_appended_and_dropped_rows_are_no_edits() -> None:
    df = frame()[["id", "text", "label"]]
    tracked = Tracked()
    tracked.mark(KEY, df)
    snapshots = taken(df)
    df.loc[8] = [8, "text 8", "mine"]
    marks = tracked.edits(KEY, df, snapshots.image("df"))
    assert marks.ai.tolist() == [True] * 8 + [False]
    assert not marks.edited.any()
    snapshots = taken(df)
    df = df.drop(index=[0, 3])
    df.loc[4, "label"] = "mine"
    marks = tracked.edits(KEY, df, snapshots.image("df"))
    assert marks.ai.tolist() == [True] * 6 + [False]
    assert marks.edited.nonzero()[0].tolist() == [2]


def test_rows_renumbered_in_place_are_no_edits() -> None:
    df = frame()[["id", "text", "label"]]
    tracked = Tracked()
    tracked.mark(KEY, df, MASK)
    snapshots = taken(df)
    df = df.sort_values("text", ascending=False, ignore_index=True)
    marks = tracked.edits(KEY, df, snapshots.image("df"))
    assert marks.ai.tolist() == MASK[::-1].tolist()
    assert not marks.edited.any()


def test_a_column_that_is_gone_is_let_go() -> None:
    df = frame()
    tracked = Tracked()
    tracked.mark(KEY, df)
    tracked.mark(("df", "text"), df)
    assert tracked.forget({"df": df.drop(columns="label")}) == [KEY]
    assert list(tracked) == [("df", "text")]
    assert tracked.forget({}) == [("df", "text")]


# ── the user sees nothing, memory comes back ──────────────────────────────────────


def test_the_users_frame_is_left_as_it_is() -> None:
    df = frame()
    caches = dict(vars(df).get("_item_cache", {}))
    snapshots = taken(df)
    dict(snapshots.changes({"df": df})["df"])
    assert dict(vars(df).get("_item_cache", {})) == caches
    assert df.attrs == {}


MEMORY = """
import ctypes, gc, resource, sys
import numpy as np, pandas as pd
from jupyter_aiprov.lineage.frames import Snapshots
from jupyter_aiprov.lineage.tracked import Tracked
def used():
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20
small = pd.DataFrame(np.zeros((3, 20)))
warm = Snapshots(); warm.before({"small": small}); dict(warm.changes({"small": small})["small"]); warm.drop()
base = used()
df = pd.DataFrame(np.random.rand(1_000_000, 20), columns=[f"c{i}" for i in range(20)])
tracked, snapshots = Tracked(), Snapshots()
tracked.mark(("df", "c3"), df)
snapshots.before({"df": df}); dict(snapshots.changes({"df": df})["df"]); snapshots.drop()
held = used() - base
del df
after = used() - base
tracked.forget({})
print(held, after, used() - base)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_del_gives_back_everything_but_one_copy_of_the_ai_column() -> None:
    """152 MB of floats with one AI column of 7.6 MB: after `del df` at most that one (and masks) is held."""
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True, timeout=120)
    held, after, end = map(float, done.stdout.split())
    assert 150 < held < 185
    assert after < 20
    assert end < 10


def test_the_reference_of_a_column_of_its_own_costs_nothing() -> None:
    df = frame()
    df["own"] = np.arange(8.0)
    tracked = Tracked()
    tracked.mark(("df", "own"), df)
    if PROTECTED:
        kept = tracked._kept[("df", "own")]
        assert np.shares_memory(kept.reference.to_numpy(), df["own"].to_numpy())
    gc.collect()


@pytest.mark.full
def test_the_same_rules_hold_on_pandas_2() -> None:
    """Set AIPROV_PANDAS2 to a Python with pandas < 3, polars, pytest and hypothesis."""
    python = os.environ.get("AIPROV_PANDAS2")
    if not python or os.environ.get("AIPROV_INNER"):
        pytest.skip("no Python with pandas 2 named in AIPROV_PANDAS2")
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:randomly", str(Path(__file__))],
        cwd=root,
        env={**os.environ, "AIPROV_INNER": "1", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_positions_and_moved_say_none_for_what_they_do_not_know() -> None:
    assert positions([], frame()) is None
    assert positions([Source(frame(), np.zeros(8))], {"a": 1}) is None
    assert moved(frame(), pl.DataFrame({"a": [1]})) is None
    assert moved(frame(), frame()) is SAME
