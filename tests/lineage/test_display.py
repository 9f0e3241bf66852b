"""Marks in column heads and on outputs: right, escaped, optional, and gone without a trace."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.formatters import DisplayFormatter

from jupyter_aiprov import semconv
from jupyter_aiprov.lineage import display
from jupyter_aiprov.lineage.outputs import Outputs, mark

pl = pytest.importorskip("polars")

GENERATED = "ai-generated"


@pytest.fixture
def shell() -> Any:
    """A shell as far as displaying goes: IPython's real formatters, no history, no exit hooks."""
    return SimpleNamespace(display_formatter=DisplayFormatter(), display_pub=None, displayhook=None)


def frame() -> pd.DataFrame:
    return pd.DataFrame({"text": ["a", "b"], "label": ["pos", "neg"], "mean": [1.5, 2.5]})


def heads(shown: str) -> list[str]:
    head = re.search(r"<thead>(.*?)</thead>", shown, re.DOTALL)
    assert head is not None
    return [html.unescape(t) for t in re.findall(r"<th(?:\s[^>]*)?>(.*?)</th>", head.group(1), re.DOTALL)]


def legend(shown: str) -> str:
    found = re.search(r"<p><small>(.*?)</small></p>", shown)
    return html.unescape(found.group(1)) if found else ""


# ── heads ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_ai_columns_are_marked_in_the_head_and_explained_below(library: str) -> None:
    df: Any = frame() if library == "pandas" else pl.DataFrame(frame().to_dict("list"))
    shown = display.marked(df._repr_html_(), df, {"label": GENERATED, "mean": "ai-derived", "text": "unknown"})
    assert [h for h in heads(shown) if h] == ["text", "label (AI)", "mean (AI)"]
    assert legend(shown) == "Origin of columns – label: AI-generated; mean: derived from AI output"
    assert shown.index("</table>") < shown.index("<p><small>")


def test_marks_and_legend_in_french() -> None:
    df = frame()
    shown = display.marked(df._repr_html_(), df, {"label": GENERATED, "text": "synthetic"}, "fr")
    assert heads(shown)[1:3] == ["text (synthétique)", "label (IA)"]
    assert legend(shown) == "Origine des colonnes – text: données synthétiques; label: contenu généré par IA"


def test_what_was_guessed_is_shown_as_a_question() -> None:
    df = frame()
    shown = display.marked(df._repr_html_(), df, {"label": {"origin": "ai-derived", "confidence": "low"}})
    assert heads(shown)[2] == "label (AI?)"
    assert legend(shown).endswith("label: perhaps derived from AI output")


@pytest.mark.parametrize("origin", ["unknown", "human", "real-observation", "computed", "nonsense", None])
def test_columns_without_ai_leave_the_html_as_it_is(origin: str | None) -> None:
    df = frame()
    assert display.marked(df._repr_html_(), df, {"label": origin}) == df._repr_html_()


def test_multiindex_columns_are_marked_at_their_own_level() -> None:
    df = pd.DataFrame(
        [[1, 2, 3]], columns=pd.MultiIndex.from_tuples([("x", "a"), ("x", "b"), ("y", "a")], names=["u", "v"])
    )
    df.index = pd.MultiIndex.from_tuples([("i", "j")], names=["p", "q"])
    shown = display.marked(df._repr_html_(), df, {("y", "a"): GENERATED})
    assert [h for h in heads(shown) if "(AI)" in h] == ["a (AI)"]
    assert shown.index("a (AI)") > shown.index("<th>b</th>")
    assert "y / a: AI-generated" in legend(shown)


@pytest.mark.parametrize("levels", [1, 2])
def test_truncated_frames_are_marked_where_shown_and_named_where_not(levels: int) -> None:
    columns = [f"c{i}" for i in range(30)]
    df = pd.DataFrame(
        [range(30)] * 100, columns=columns if levels == 1 else pd.MultiIndex.from_tuples([("x", c) for c in columns])
    )
    key = (lambda c: c) if levels == 1 else (lambda c: ("x", c))
    with pd.option_context("display.max_columns", 20):
        shown = display.marked(df._repr_html_(), df, {key(c): GENERATED for c in ("c1", "c15", "c29")})
    assert [h for h in heads(shown) if "(AI)" in h] == ["c1 (AI)", "c29 (AI)"]
    assert legend(shown).endswith("not shown: " + ("c15" if levels == 1 else "x / c15"))


def test_truncated_polars_frames() -> None:
    df = pl.DataFrame({f"c{i}": [1] for i in range(30)})
    with pl.Config(tbl_cols=8):
        shown = display.marked(df._repr_html_(), df, {"c0": GENERATED, "c15": GENERATED, "c29": GENERATED})
    assert [h for h in heads(shown) if "(AI)" in h] == ["c0 (AI)", "c29 (AI)"]
    assert legend(shown).endswith("not shown: c15")


def test_repeated_names_are_told_apart_by_position() -> None:
    df = pd.DataFrame([[1, 2, 3]], columns=["a", "a", "b"])
    shown = display.marked(df._repr_html_(), df, {"a": [None, GENERATED]})
    assert heads(shown) == ["", "a", "a (AI)", "b"]
    assert heads(display.marked(df._repr_html_(), df, {"a": GENERATED})) == ["", "a (AI)", "a (AI)", "b"]


def test_names_are_escaped_in_head_and_legend() -> None:
    name = "<script>alert(1)</script>&"
    df = pd.DataFrame({name: [1]})
    shown = display.marked(df._repr_html_(), df, {name: GENERATED})
    assert "<script>" not in shown
    assert heads(shown)[1] == name + " (AI)"
    assert name in legend(shown)


def test_frames_without_index_and_named_axes() -> None:
    df = frame().rename_axis(index="i", columns="c")
    assert "label (AI)" in heads(display.marked(df._repr_html_(), df, {"label": GENERATED}))
    assert "label (AI)" in heads(display.marked(df.to_html(index=False), df, {"label": GENERATED}))


def test_a_styler_says_its_columns_positions_itself() -> None:
    pytest.importorskip("jinja2")
    df = frame()
    shown = display.marked(df.style.hide(["text"], axis="columns")._repr_html_(), df, {"label": GENERATED})
    assert [h.strip() for h in heads(shown) if h.strip() not in ("", "&nbsp;", "\xa0")] == ["label (AI)", "mean"]


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "<b>nothing</b>",
        "<table></table>",
        "<thead><tr><th>x</th></tr></thead>",
        "<table><thead><tr><th>only one</th></tr></thead></table>",
    ],
)
def test_html_that_does_not_match_is_left_alone(shown: str) -> None:
    assert display.marked(shown, frame(), {"label": GENERATED}) == shown


NAMES = st.lists(
    st.sampled_from(["...", "…", "a"])
    | st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cf"]), min_size=1, max_size=8),
    min_size=1,
    max_size=30,
)


@settings(max_examples=120, deadline=None)
@given(NAMES, st.integers(0, 29), st.integers(0, 3), st.booleans())
def test_the_mark_is_on_the_right_column_whatever_the_names(
    names: list[str], at: int, levels: int, by_polars: bool
) -> None:
    """Read back from the HTML: taking the mark out gives the HTML that was there."""
    at %= len(names)
    if by_polars:
        names = list(dict.fromkeys(names))
        at %= len(names)
        df: Any = pl.DataFrame({n: [1] for n in names})
    else:
        df = pd.DataFrame([range(len(names))], columns=names)
        if levels > 1:
            df.columns = pd.MultiIndex.from_tuples([(*["x"] * (levels - 1), n) for n in names])
    labels = list(df.columns)
    per_name = [GENERATED if i == at else None for i, n in enumerate(labels) if n == labels[at]]
    with pd.option_context("display.max_columns", 9), pl.Config(tbl_cols=8):
        before = df._repr_html_()
    shown = display.marked(before, df, {labels[at]: per_name})
    assert "Origin of columns" in shown
    cut = re.sub(r"<p><small>.*?</small></p>", "", shown, flags=re.DOTALL)
    found = [i for i, (a, b) in enumerate(zip(heads(before), heads(shown), strict=True)) if a != b]
    assert len(found) <= 1
    if found:
        assert heads(shown)[found[0]] == heads(before)[found[0]] + " (AI)"
        assert heads(before)[found[0]] == names[at]
        assert len(cut) == len(before) + len(" (AI)")
    else:
        assert legend(shown).rstrip().endswith(display._name(labels[at]).rstrip())


# ── installed in a shell ──────────────────────────────────────────────────────────


def test_only_html_changes_and_only_while_installed(shell: Any) -> None:
    df = frame()
    plain = shell.display_formatter.format(df)
    with display.install(shell, lambda one: {"label": GENERATED} if one is df else {}):
        data, metadata = shell.display_formatter.format(df)
        assert "label (AI)" in data["text/html"]
        assert data["text/plain"] == plain[0]["text/plain"]
        assert metadata == plain[1]
        assert shell.display_formatter.format(frame()) == plain
        assert df._repr_html_() == plain[0]["text/html"]
    assert shell.display_formatter.format(df) == plain
    assert "format" not in vars(shell.display_formatter)


def test_a_formatter_and_a_hook_that_somebody_put_there_before_are_kept(shell: Any) -> None:
    df = frame()
    html = shell.display_formatter.formatters["text/html"]
    html.for_type(type(df), lambda one: "<p>mine</p>" + one._repr_html_())
    inner, asked = shell.display_formatter.format, []

    def theirs(obj: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(obj)
        return inner(obj, *args, **kwargs)

    shell.display_formatter.format = theirs
    plain = shell.display_formatter.format(df)
    with display.install(shell, lambda one: {"label": GENERATED}):
        data, _ = shell.display_formatter.format(df)
        assert data["text/html"].startswith("<p>mine</p>")
        assert "label (AI)" in data["text/html"]
        assert len(asked) == 2
    assert shell.display_formatter.format is theirs
    assert shell.display_formatter.format(df) == plain


def test_display_options_and_the_trait_hold(shell: Any) -> None:
    df = frame()
    on = [True]
    with display.install(shell, lambda one: {"label": GENERATED}, is_on=lambda: on[0]):
        with pd.option_context("display.notebook_repr_html", False):
            assert "text/html" not in shell.display_formatter.format(df)[0]
        with pd.option_context("display.max_rows", 4):
            long = pd.concat([df] * 50, ignore_index=True)
            assert shell.display_formatter.format(long)[0]["text/html"].count("<tr>") < 8
        on[0] = False
        assert "(AI)" not in shell.display_formatter.format(df)[0]["text/html"]


def test_formatters_registered_before_or_after_are_kept(shell: Any) -> None:
    formatter = shell.display_formatter.formatters["text/html"]
    formatter.for_type(pd.DataFrame, lambda df: "<i>mine</i>" + df.to_html(index=False))
    with display.install(shell, lambda one: {"label": GENERATED}):
        shown = shell.display_formatter.format(frame())[0]["text/html"]
        assert shown.startswith("<i>mine</i>")
        assert "label (AI)" in shown
        formatter.for_type(pd.DataFrame, lambda df: "<b>later</b>")
        assert shell.display_formatter.format(frame())[0]["text/html"] == "<b>later</b>"
    assert formatter.lookup_by_type(pd.DataFrame)(frame()) == "<b>later</b>"


def test_polars_and_styler_are_marked_series_and_others_are_not(shell: Any) -> None:
    with display.install(shell, lambda one: {"label": GENERATED}):
        assert "label (AI)" in shell.display_formatter.format(pl.DataFrame({"label": [1]}))[0]["text/html"]
        assert "(AI)" not in shell.display_formatter.format(pl.Series("label", [1]))[0]["text/html"]
        assert "(AI)" not in str(shell.display_formatter.format({"label": 1}))
        pytest.importorskip("jinja2")
        assert "label (AI)" in shell.display_formatter.format(frame().style)[0]["text/html"]


def test_whoever_wrapped_the_formatter_later_keeps_a_working_chain(shell: Any) -> None:
    manager = display.install(shell, lambda one: {"label": GENERATED})
    manager.__enter__()
    ours = shell.display_formatter.format
    shell.display_formatter.format = lambda *a, **k: ours(*a, **k)
    manager.__exit__(None, None, None)
    assert "(AI)" not in shell.display_formatter.format(frame())[0]["text/html"]
    del shell.display_formatter.format


def test_our_failure_does_not_reach_the_display(shell: Any) -> None:
    @contextmanager
    def safely() -> Iterator[None]:
        try:
            yield
        except ZeroDivisionError:
            failures.append(1)

    failures: list[int] = []
    with display.install(shell, lambda one: {"label": 1 / 0}, safely=safely):
        assert "label" in shell.display_formatter.format(frame())[0]["text/html"]
    assert failures == [1]


# ── outputs ───────────────────────────────────────────────────────────────────────

FOUND = {"origin": "ai-derived", "subjects": ["fig"], "execution": "e1", "secret": "not copied"}
MARK = {"schema_version": semconv.SCHEMA_VERSION, "origin": "ai-derived", "subjects": ["fig"], "execution": "e1"}


def test_outputs_of_ai_made_things_carry_their_origin(shell: Any) -> None:
    answer = "an answer"
    with Outputs(shell, lambda obj: FOUND if obj is answer else None).installed():
        assert shell.display_formatter.format(answer)[1] == {"aiprov": MARK}
        assert shell.display_formatter.format("mine")[1] == {}
    assert shell.display_formatter.format(answer)[1] == {}


def test_a_mark_that_is_there_stays(shell: Any) -> None:
    class Shown:
        def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
            return {"text/plain": "x"}, {"aiprov": {"kind": "stamp"}}

    with Outputs(shell, lambda obj: FOUND).installed():
        assert shell.display_formatter.format(Shown())[1]["aiprov"] == {"kind": "stamp"}


def test_no_ai_no_mark() -> None:
    assert mark(None) is None
    assert mark({"origin": "unknown"}) is None
    assert mark({"origin": "computed", "subjects": ["x"]}) is None
    assert mark(FOUND) == MARK


class Publisher:
    """ipykernel's publishers as far as hooks go: a list a thread."""

    def __init__(self) -> None:
        self.local = threading.local()

    @property
    def _hooks(self) -> list[Any]:
        if not hasattr(self.local, "hooks"):
            self.local.hooks = []
        return self.local.hooks

    def register_hook(self, hook: Any) -> None:
        self._hooks.append(hook)

    def sent(self, data: dict[str, Any]) -> dict[str, Any]:
        message = {"content": {"data": data, "metadata": {}}}
        for hook in self._hooks:
            message = hook(message)
        return message["content"]["metadata"]


def fake_shell() -> Any:
    formatter = SimpleNamespace(format=lambda obj: ({"text/plain": repr(obj)}, {}))
    return SimpleNamespace(display_formatter=formatter, display_pub=Publisher(), displayhook=Publisher())


def test_bundles_without_an_object_are_marked_by_the_hooks_of_each_thread() -> None:
    shell = fake_shell()
    kept: dict[str, Any] = {}
    go, done = threading.Event(), threading.Event()

    def other() -> None:
        kept["unseen"] = shell.display_pub.sent({"x": 1})
        shell.display_formatter.format(1)  # first sight of this thread
        kept["seen"] = shell.display_pub.sent({"x": 1})
        go.set()
        done.wait(10)
        kept["after"] = shell.display_pub.sent({"x": 1})

    with Outputs(shell, lambda obj: None, lambda data: FOUND if "x" in data else None).installed() as outputs:
        outputs.sight()
        assert shell.display_pub.sent({"x": 1}) == {"aiprov": MARK}
        assert shell.displayhook.sent({"x": 1}) == {"aiprov": MARK}
        assert shell.display_pub.sent({"y": 1}) == {}
        assert shell.display_pub.sent({"x": 1, semconv.MIME: {}}) == {}
        thread = threading.Thread(target=other)
        thread.start()
        go.wait(10)
    assert shell.display_pub.sent({"x": 1}) == {}
    assert shell.display_pub._hooks == []
    done.set()
    thread.join()
    assert kept == {"unseen": {}, "seen": {"aiprov": MARK}, "after": {}}


def test_real_ipykernel_publishers_have_the_hooks_we_rely_on() -> None:
    """Drift test: both kinds since 7.3, lists per thread."""
    ipykernel = pytest.importorskip("ipykernel")
    if ipykernel.version_info[:2] < (7, 3):
        pytest.skip("an older ipykernel: the display formatter alone")
    from ipykernel.displayhook import ZMQShellDisplayHook
    from ipykernel.zmqshell import ZMQDisplayPublisher

    for kind in (ZMQDisplayPublisher, ZMQShellDisplayHook):
        made = kind.__new__(kind)  # a display hook proper needs a whole shell
        assert isinstance(made._hooks, list)
        hook = lambda message: message  # noqa: E731
        made.register_hook(hook)
        assert made._hooks == [hook]
