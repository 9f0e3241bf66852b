"""Figures: an axis, figure or chart that was given AI values is derived from them."""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage.labels import CLEAN, Label, computed, joined
from jupyter_aiprov.lineage.methods import column
from jupyter_aiprov.lineage.state import Value, anything, contents, sequence, touched

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

Args = list[Value]
Keywords = dict[str, Value]
MODULES = frozenset({"matplotlib", "seaborn", "plotly", "altair", "bokeh", "plotnine", "hvplot", "pylab"})
KINDS = frozenset("line bar barh hist box kde density area pie scatter hexbin".split()) - {"hist"}
_COMPOSED = frozenset({"plotly", "altair", "bokeh"})  # figures are put together of traces, glyphs and other charts
_TEXT = frozenset(
    "set_title set_xlabel set_ylabel set_xticks set_yticks xlabel ylabel title suptitle legend grid set".split()
)


def is_plot(name: str) -> bool:
    """Plotting functions of libraries that do more than plot."""
    return name.startswith(("pandas.plotting", "sklearn.metrics.Confusion", "sklearn.inspection._plot"))


def made(figure: Value | None = None, label: Label = CLEAN) -> Value:
    """A plot object, tied to its figure."""
    return Value("any", label, data={"plot": True, "figure": figure})


def mark(flow: Flow, plot: Value, label: Label) -> None:
    """The plot, and the figure it stands on, show AI values."""
    if not label.is_ai:
        return
    plot.label = joined(plot.label, label, rows=False)
    figure = plot.data.get("figure") if isinstance(plot.data, dict) else None
    if isinstance(figure, Value) and figure is not plot:
        figure.label = joined(figure.label, label, rows=False)


def given(args: Args, kwargs: Keywords) -> Label:
    """The label of what is drawn: columns named in strings are looked up in the frame that is given."""
    everything = [*args, *kwargs.values()]
    frames = [v for v in everything if v.kind == "frame"]
    names = [v.const for v in everything if type(v.const) is str]
    names += [
        i.const for v in everything if v.kind in {"list", "tuple"} and v.items for i in v.items if type(i.const) is str
    ]
    labels = [touched(v) for v in everything if v.kind != "frame" and ("plot" not in _data(v) or "part" in _data(v))]
    for frame in frames:
        used = [n.split(":")[0] for n in names if n.split(":")[0] in frame.fields]
        labels += [touched(column(frame, n)) for n in used] if used else [contents(frame)]
    return computed(*labels)


def _data(value: Value) -> dict[str, Any]:
    return value.data if isinstance(value.data, dict) else {}


def call(flow: Flow, top: str, last: str, args: Args, kwargs: Keywords) -> Value:
    """A plotting library's function."""
    if top in {"matplotlib", "pylab"}:
        return _pyplot(flow, last, args, kwargs)
    label = given(args, kwargs)
    axis = kwargs.get("ax")
    if axis is not None:
        mark(flow, axis, label)
        return axis
    out = made(None, label)
    frame = next((v for v in (*args, *kwargs.values()) if v.kind == "frame"), None)
    if top == "altair":
        out = made(None, CLEAN if frame is not None else label)
    out.data["frame"] = frame
    if top in _COMPOSED:
        out.data["part"] = True
    if top == "seaborn":
        if flow.figure is None:
            flow.figure = made()
        out.data["figure"] = flow.figure
        mark(flow, out, label)
    return out


def _pyplot(flow: Flow, last: str, args: Args, kwargs: Keywords) -> Value:
    if last in {"subplots", "subplot_mosaic"}:
        whole = made()
        flow.figure = whole
        return sequence("tuple", [whole, made(whole)])
    if last in {"figure", "Figure"}:
        new = made()
        flow.figure = new
        return new
    if last in {"close", "show", "savefig", "use", "set_loglevel", "rc"}:
        return anything()
    figure: Value = flow.figure or made()
    flow.figure = figure
    if last in {"gcf"}:
        return figure
    if last in {"gca", "subplot", "axes"}:
        return made(figure)
    axis = kwargs.get("ax")
    mark(flow, axis if axis is not None else figure, given(args, kwargs))
    return made(figure, figure.label if last not in _TEXT else CLEAN)


def method(flow: Flow, owner: Value, name: str, args: Args, kwargs: Keywords) -> Value:
    """A method of a plot object."""
    data = _data(owner)
    frame = data.get("frame")
    extra = (
        [frame] if isinstance(frame, Value) and name in {"encode", "transform_filter", "map", "map_dataframe"} else []
    )
    mark(flow, owner, given([*extra, *args], kwargs))
    if name in {"subplots"}:
        return made(owner)
    if name in {"add_subplot", "gca", "twinx", "twiny", "get_figure", "add_axes"}:
        return made(owner if name != "twinx" else data.get("figure"))
    return owner


def of_frame(flow: Flow, owner: Value, args: Args, kwargs: Keywords) -> Value:
    """`df.plot(…)`, `s.hist(…)`."""
    label = given([owner, *args], {k: v for k, v in kwargs.items() if k != "ax"})
    axis = kwargs.get("ax")
    if axis is not None:
        mark(flow, axis, label)
        return axis
    if owner.kind == "frame":  # a figure of its own; a column is drawn into the current one
        flow.figure = made()
    out = made(flow.figure, CLEAN)
    mark(flow, out, label)
    return out
