"""After a cell: labels of the live names, guesses put before the arbiter, rows told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from jupyter_aiprov.lineage.content import Answers, is_strong
from jupyter_aiprov.lineage.frames import Snapshots
from jupyter_aiprov.lineage.labels import CLEAN, DERIVED, GENERATED, MIXED, NONE, Label, all_joined, joined
from jupyter_aiprov.lineage.lift import columns_of, kind_of
from jupyter_aiprov.lineage.methods import aligned, looked_up
from jupyter_aiprov.lineage.sites import Sites
from jupyter_aiprov.lineage.state import (
    CONTAINERS,
    SEQUENCES,
    UNKNOWN,
    Value,
    element,
    is_tainted,
    repeated,
    scalar,
    summary,
)
from jupyter_aiprov.lineage.tracked import Origin, Tracked

_SAMPLE: Final = 400
_ROWS: Final = 200_000


@dataclass(frozen=True)
class Entry:
    """What is said of one subject (`df` or `df.column`)."""

    label: Label
    kind: str
    rows: Any = None  # mask of the rows that a model wrote, where they are known and not all
    edited: int = 0
    total: int | None = None
    content: bool = False  # the arbiter was asked


class Settler:
    """Turns abstract values into entries, with the live objects at hand."""

    def __init__(self, sites: Sites, answers: Answers, tracked: Tracked) -> None:
        self.sites = sites
        self.answers = answers
        self.tracked = tracked
        self.previous: dict[tuple[str, Any], Value] = {}  # column values as they were settled last

    def invocations(self, label: Label) -> frozenset[str]:
        """The calls behind a label."""
        out: set[str] = set()
        for number in label.sites:
            group = self.sites.groups.get(number)
            if group is not None:
                out.update(group.invocations)
        return frozenset(out)

    def settle(self, names: dict[str, Value], live: Mapping[str, Any], images: Snapshots) -> dict[str, Entry]:
        """Entries for every name that holds AI content or was selected by it."""
        out: dict[str, Entry] = {}
        frames: dict[str, tuple[Value, Any]] = {}
        for name, value in list(names.items()):
            if name.startswith("_") or name not in live:
                continue
            if value.kind in {"func", "class", "module"} or not is_tainted(value):
                continue
            obj = live[name]
            kind = kind_of(obj)
            if kind == "frame":
                maybe = value.data.get("maybe") if isinstance(value.data, dict) else None
                if maybe is not None:
                    self._maybe(value, obj, maybe, images.changes(live, {name}).get(name, {}))
                names[name] = value = self._framed(value, obj)
                frames[name] = (value, obj)
            elif kind == "series":
                data = value.data if isinstance(value.data, dict) else {}
                names[name] = value = self._column(value, obj)
                alone = Value("frame", fields={None: value}, data={"column": data.get("name")})
                alone.origin = data.get("of")
                frames[name] = (alone, obj)
            else:
                label = self._whole(value, obj)
                if not label.is_plain:
                    out[name] = Entry(label, "figure" if _is_plot(obj) else "variable")
        changes = images.changes(live, frames) if frames and not images.is_empty else {}
        ready = sorted(frames, key=lambda n: self._depth(frames[n][0]))
        for name in ready:
            value, obj = frames[name]
            self._rows(name, value, obj, frames, images, changes.get(name, {}), names, live)
        for name, (value, obj) in frames.items():
            out.update(self._entries(name, value, obj))
        return out

    def _depth(self, value: Value) -> int:
        steps = 0
        origin = value.origin
        while origin is not None and steps < 50:
            steps += 1
            origin = origin.origin
        return steps + (100 if any(c.origin is not None and c.parts for c in value.fields.values()) else 0)

    # ── guesses ───────────────────────────────────────────────────────────────────
    def _framed(self, value: Value, obj: Any) -> Value:
        """A frame with a label for each column that it has; a whole-frame label is split."""
        columns = columns_of(obj)
        is_frame = value.kind == "frame"
        whole = summary(value) if not is_frame else CLEAN
        out = value if is_frame else Value("frame")
        if is_frame:
            aligned(value, columns)
        fields: dict[Any, Value] = {}
        for name in columns:
            found = looked_up(value, name) if is_frame else value.fields.get(name)
            suspect = value.suspect if value.suspect.is_ai else whole
            if found is None:
                label = self._arbitrated(_values(obj, name), replace(suspect, low=True)) if suspect.is_ai else CLEAN
                found = repeated("series", scalar(label))
            elif found.kind not in SEQUENCES:
                found = repeated("series", scalar(summary(found)))
            label = summary(found)
            if (label.low and label.origin != NONE) or (is_frame is False and value.kind == "response"):
                better = self._arbitrated(_values(obj, name), replace(label, low=True))
                if better != label:
                    found = repeated("series", scalar(better))
            elif value.suspect.is_ai and not label.is_ai and name not in value.fields:
                found = repeated(
                    "series", scalar(self._arbitrated(_values(obj, name), replace(value.suspect, low=True)))
                )
            elif label.constants and label.origin >= MIXED:
                refined = self._constants(label, _values(obj, name))
                if refined is not label:
                    kept = found
                    found = repeated("series", scalar(refined))
                    found.origin, found.parts = kept.origin, kept.parts
            fields[name] = found
        if not columns and is_frame:
            return value
        out.fields, out.rest = fields, None
        out.suspect = CLEAN
        return out

    def _maybe(self, value: Value, obj: Any, label: Label, changes: Mapping[Any, Any]) -> None:
        """Some columns were written, flow could not tell which: those whose values are answers."""
        value.data = {k: v for k, v in value.data.items() if k != "maybe"}
        invocations = self.invocations(label)
        for name in columns_of(obj):
            found = value.fields.get(name)
            if found is not None and summary(found).is_ai:
                continue
            old = element(found) if found is not None else None
            was_empty = old is not None and old.is_missing
            said = self.answers.judge(_values(obj, name), invocations)
            if was_empty or (said == "generated" and (name in changes or found is None or not changes)):
                value.fields[name] = repeated("series", scalar(label))
                if old is not None and not was_empty:
                    value.fields[name] = repeated("series", scalar(replace(label, origin=MIXED)))
        value.suspect = CLEAN

    def _column(self, value: Value, obj: Any) -> Value:
        label = summary(value)
        if value.kind == "series" and not label.low and not label.constants:
            return value
        better = (
            self._arbitrated(_values(obj, None), label) if label.low else self._constants(label, _values(obj, None))
        )
        out = value if value.kind == "series" and better == label else repeated("series", scalar(better))
        out.origin, out.parts = value.origin, value.parts
        return out

    def _arbitrated(self, values: list[Any], label: Label) -> Label:
        """Flow could only guess: the values decide between the answer's own words and something derived."""
        if label.origin == NONE:
            return label
        invocations = self.invocations(label)
        if not self.answers.is_known(invocations):
            return replace(label, origin=DERIVED if label.low else label.origin)
        said = self.answers.judge(values, invocations)
        if said == "sent":
            return CLEAN
        if said == "generated" and (label.origin != DERIVED or any(map(is_strong, values))):
            return replace(label, origin=GENERATED, low=False)  # short categories make no guess a claim
        if said == "mixed" and label.origin != DERIVED:
            return replace(label, origin=MIXED, low=True)
        return replace(label, origin=DERIVED, low=True)

    def _constants(self, label: Label, values: list[Any]) -> Label:
        """Fixed values that may stand among answers: do they?"""
        if not label.constants or label.origin < MIXED:
            return label
        invocations = self.invocations(label)
        there = {v for v in values if type(v) in {str, int, float, bool} and v in label.constants}
        foreign = {v for v in there if not self.answers.holds(v, invocations)}
        if foreign and label.origin == GENERATED:
            return replace(label, origin=MIXED, edits=label.edits | foreign, constants=frozenset())
        return replace(label, constants=frozenset()) if not there else label

    def _whole(self, value: Value, obj: Any) -> Label:
        label = summary(value)
        if value.kind in CONTAINERS and value.label.selected and not label.selected:
            label = replace(label, selected=value.label.selected)
        if label.low and label.origin >= MIXED:
            values = list(obj)[:_SAMPLE] if type(obj) in {list, tuple, set} else [obj]
            return self._arbitrated(values, label)
        if type(obj) in {list, tuple} and label.constants:
            return self._constants(label, list(obj)[:_SAMPLE])
        return label

    # ── rows ──────────────────────────────────────────────────────────────────────
    def _rows(
        self,
        name: str,
        value: Value,
        obj: Any,
        frames: Mapping[str, tuple[Value, Any]],
        images: Snapshots,
        changes: Mapping[Any, Any],
        names: Mapping[str, Value],
        live: Mapping[str, Any],
    ) -> None:
        for column, found in value.fields.items():
            key = (name, column)
            label = summary(found)
            if not label.is_ai:
                self.previous.pop(key, None)
                continue
            before = self.previous.get(key)
            if before is found and before is not None:
                if self.tracked.is_tracked(key):
                    marks = self.tracked.edits(key, obj, images.image(name))
                    if marks is not None and marks.is_mixed and label.origin == GENERATED:
                        value.fields[column] = repeated("series", scalar(replace(label, origin=MIXED)))
                        self.previous[key] = value.fields[column]
                continue
            self._new_rows(key, found, label, value, obj, frames, images, changes, names, live, before)
            self.previous[key] = found

    def _new_rows(
        self,
        key: tuple[str, Any],
        found: Value,
        label: Label,
        value: Value,
        obj: Any,
        frames: Mapping[str, tuple[Value, Any]],
        images: Snapshots,
        changes: Mapping[Any, Any],
        names: Mapping[str, Value],
        live: Mapping[str, Any],
        before: Value | None,
    ) -> None:
        if label.origin == DERIVED and self._rowwise(key, found, value, obj, frames, before):
            return
        if label.origin != MIXED:
            self.tracked.mark(key, obj)
            return
        rewritten = bool(label.edits) or (isinstance(found.data, dict) and "rewritten" in found.data)
        if rewritten and before is not None and self.tracked.is_tracked(key) and images.image(key[0]) is not None:
            marks = self.tracked.edits(key, obj, images.image(key[0]))
            if marks is not None and marks.is_mixed:
                return
        mask = self._mask(key, found, value, obj, names, live)
        change = changes.get(key[1]) if mask is None and not rewritten else None  # compared only now
        if mask is None and change is not None and not change.is_new and change.mask is not None:
            mask = change.mask
        if mask is None and before is None:
            origins = self._origins(key, value, frames)
            if origins and self._followed(key, value, obj, origins, frames):
                return
        if mask is None:
            mask = self._by_content(_values(obj, key[1], _ROWS), label)
        if mask is None:
            self.tracked.unknown(key)
        else:
            self.tracked.unknown(key)
            self.tracked.mark(key, obj, mask)

    def _followed(
        self, key: tuple[str, Any], value: Value, obj: Any, origins: list[Origin],
        frames: Mapping[str, tuple[Value, Any]],
    ) -> bool:  # fmt: skip
        """Rows of another frame are here: where none of them is a model's, the column is none."""
        marks = None
        if key[1] is None and any(f is value.origin and len(o) == len(obj) for f, o in frames.values()):
            marks = self.tracked.follow(key, obj, origins, in_order=True)  # `s = df["c"]`: as they stand there
        marks = marks or self.tracked.follow(key, obj, origins)
        if marks is not None and not marks.ai.any():
            value.fields[key[1]] = repeated("series", scalar(Label(selected=summary(value.fields[key[1]]).selected)))
            self.tracked.drop(key)
        return marks is not None

    def _rowwise(
        self, key: tuple[str, Any], found: Value, value: Value, obj: Any,
        frames: Mapping[str, tuple[Value, Any]], before: Value | None,
    ) -> bool:  # fmt: skip
        """Computed row by row from columns of which a model wrote some rows: these rows, no others."""
        sources = found.data.get("rowwise") if isinstance(found.data, dict) else None
        moved = value.origin is not None and value.origin.fields.get(key[1]) is found
        if sources and not moved:
            names = [next((k for k, v in value.fields.items() if v is s), None) for s in sources]
            marks = [self.tracked.marks((key[0], n)) if n is not None else None for n in names]
            known = [m.ai for m in marks if m is not None and m.total == len(obj)]
            if len(known) == len(sources) and not all(m.all() for m in known):
                mask = known[0]
                for more in known[1:]:
                    mask = mask | more
                self.tracked.drop(key)
                self.tracked.mark(key, obj, mask)
                return True
            return False
        origins = self._origins(key, value, frames) if before is None else []
        partly = [m for m in (self.tracked.marks(o.column) for o in origins if o.column) if m is not None]
        if not partly or all(m.ai.all() for m in partly):
            return False
        return self._followed(key, value, obj, origins, frames)

    def _mask(
        self, key: tuple[str, Any], found: Value, value: Value, obj: Any,
        names: Mapping[str, Value], live: Mapping[str, Any],
    ) -> Any | None:  # fmt: skip
        total = len(obj)
        if key[1] is None and value.origin is not None:  # a frame's column: its rows are told there
            return None
        moved = value.origin is not None and value.origin.fields.get(key[1]) is found
        if moved:  # positions were told of another frame's rows
            return self._by_parts(key[1], value.parts, total, names, live) if value.parts is not None else None
        items = found.items
        if items is not None and len(items) == total:
            return [summary(i).is_ai for i in items]
        data = found.data if isinstance(found.data, dict) else {}
        if "writes" in data:
            return self._by_writes(data["writes"], total, names, live)
        parts = found.parts or value.parts
        if parts is not None:
            return self._by_parts(key[1], parts, total, names, live)
        choice = found.data.get("choice") if isinstance(found.data, dict) else None
        where = found.data.get("where") if isinstance(found.data, dict) else None
        pair = choice[1:] if choice is not None else where
        if pair is not None:
            clean = [p for p in pair if not summary(p).is_ai]
            if len(clean) == 1:
                return self._unlike(obj, key[1], clean[0], names, live)
        return None

    def _by_writes(
        self, writes: list[tuple[Value | None, bool]], total: int, names: Mapping[str, Value], live: Mapping[str, Any]
    ) -> list[bool] | None:
        """Rows written under masks that have names, one write after the other."""
        out = [False] * total
        for rows, is_ai in writes:
            chosen = [True] * total if rows is None else self._mask_of(rows, total, names, live)
            if chosen is None:
                return None
            out = [is_ai if c else o for c, o in zip(chosen, out, strict=True)]
        return out

    def _mask_of(
        self, rows: Value, total: int, names: Mapping[str, Value], live: Mapping[str, Any]
    ) -> list[bool] | None:
        inner = rows.data.get("not") if isinstance(rows.data, dict) else None
        if isinstance(inner, Value):
            found = self._mask_of(inner, total, names, live)
            return None if found is None else [not f for f in found]
        for name, value in names.items():
            if value is rows and kind_of(live.get(name)) in {"series", "array"} and len(live[name]) == total:
                flags = _values(live[name], None, _ROWS)
                return flags if len(flags) == total and all(type(f) is bool for f in flags) else None
        return None

    def _by_parts(
        self, column: Any, parts: list[tuple[Value, int | str | None]], total: int,
        names: Mapping[str, Value], live: Mapping[str, Any],
    ) -> list[bool] | None:  # fmt: skip
        sizes: list[int | None] = []
        flags: list[bool | None] = []
        for part, size in parts:
            if size == "equal":
                size = total // len(parts)
            size = size if isinstance(size, int) else self._length(part, names, live)
            one = part.fields.get(column, part.rest) if part.kind == "frame" else part
            label = summary(one) if one is not None else CLEAN
            flags.append(None if label.origin == MIXED else label.is_ai)
            sizes.append(size)
        if sizes.count(None) == 1:
            sizes[sizes.index(None)] = total - sum(s for s in sizes if s is not None)
        if None in sizes or None in flags or True not in flags or sum(s for s in sizes if s is not None) != total:
            return None
        return [bool(f) for s, f in zip(sizes, flags, strict=True) for _ in range(s or 0)]

    def _length(self, part: Value, names: Mapping[str, Value], live: Mapping[str, Any]) -> int | None:
        if part.items is not None:
            return len(part.items)
        for name, value in names.items():
            if value is part and name in live and (kind_of(live[name]) or type(live[name]) in {list, tuple}):
                return len(live[name])
        return None

    def _unlike(
        self, obj: Any, column: Any, clean: Value, names: Mapping[str, Value], live: Mapping[str, Any]
    ) -> Any | None:
        """Rows that differ from the column which is no AI's."""
        source = clean.origin
        for name, value in names.items():
            if name not in live:
                continue
            if value is clean and kind_of(live[name]) == "series":
                return _differing(_values(obj, column, _ROWS), _values(live[name], None, _ROWS))
            for other, one in value.fields.items() if value.kind == "frame" else ():
                is_it = source is not None and one is source and other != column and kind_of(live[name]) == "frame"
                if is_it and other in columns_of(live[name]):
                    return _differing(_values(obj, column, _ROWS), _values(live[name], other, _ROWS))
        return None

    def _origins(self, key: tuple[str, Any], value: Value, frames: Mapping[str, tuple[Value, Any]]) -> list[Origin]:
        sources = [value.origin] if value.origin is not None else []
        merged_from = value.data.get("merged") if isinstance(value.data, dict) else None
        sources.extend(merged_from or ())
        seen: list[Value] = []
        is_column = key[1] is None and isinstance(value.data, dict)
        wanted = value.data.get("column") if is_column else key[1]
        while sources:
            source = sources.pop()
            if any(source is s for s in seen):
                continue
            seen.append(source)
            for name, (frame, live) in frames.items():
                if frame is source and wanted in frame.fields and self.tracked.marks((name, wanted)) is not None:
                    return [Origin((name, wanted), live, {None: wanted} if is_column else None)]
            if source.origin is not None:
                sources.append(source.origin)
            if isinstance(source.data, dict) and "merged" in source.data:
                sources.extend(source.data["merged"])
        return []

    def _by_content(self, values: list[Any], label: Label) -> list[bool] | None:
        """Rows whose value is an answer: only where the values are telling."""
        invocations = self.invocations(label)
        if not values or not self.answers.is_known(invocations):
            return None
        mask = [
            not (type(v) in {str, int, float} and v in label.edits) and self.answers.holds(v, invocations)
            for v in values
        ]
        if all(mask) and not all(is_strong(v) for v in values):
            return None
        return mask if any(mask) else None

    # ── entries ───────────────────────────────────────────────────────────────────
    def _entries(self, name: str, value: Value, obj: Any) -> dict[str, Entry]:
        if None in value.fields and len(value.fields) == 1:
            return self._of_series(name, value.fields[None], obj)
        out: dict[str, Entry] = {}
        labels = []
        for column, found in value.fields.items():
            label = summary(found)
            label = replace(label, selected=label.selected | value.label.selected) if value.label.selected else label
            labels.append(label)
            if label.is_plain:
                continue
            marks = self.tracked.marks((name, column)) if label.is_ai else None
            if marks is not None and label.origin == MIXED and not marks.is_mixed:
                label = replace(label, origin=GENERATED)
                labels[-1] = label
            if marks is not None and label.origin == MIXED and not marks.untouched.any() and not label.edits:
                marks = None
            out[f"{name}.{column}"] = Entry(
                label,
                "column",
                marks.untouched if marks is not None and label.origin == MIXED else None,
                marks.rows_edited if marks is not None else 0,
                len(obj) if marks is not None else None,
            )
        whole = all_joined(labels)
        whole = self._frame_label(labels, whole)
        if value.label.selected:
            whole = replace(whole, selected=whole.selected | value.label.selected)
        if not whole.is_plain:
            out[name] = Entry(whole, "frame")
        return out

    def _frame_label(self, labels: list[Label], whole: Label) -> Label:
        origins = {label.origin for label in labels}
        if origins <= {NONE} or len(origins) == 1:
            return whole
        if NONE in origins or MIXED in origins:
            return replace(whole, origin=MIXED)
        return replace(whole, origin=GENERATED)

    def _of_series(self, name: str, value: Value, obj: Any) -> dict[str, Entry]:
        label = summary(value)
        if value.label.selected:
            label = replace(label, selected=label.selected | value.label.selected)
        if label.is_plain:
            return {}
        marks = self.tracked.marks((name, None))
        if marks is not None and label.origin == MIXED and not marks.is_mixed:
            label = replace(label, origin=GENERATED)
        rows = marks.untouched if marks is not None and label.origin == MIXED else None
        return {name: Entry(label, "column", rows, total=len(obj))}


def _is_plot(obj: Any) -> bool:
    return type(obj).__module__.split(".", 1)[0] in {"matplotlib", "plotly", "altair", "seaborn", "bokeh"}


def _values(obj: Any, column: Any, limit: int = _SAMPLE) -> list[Any]:
    """The first values of a column as plain Python objects."""
    try:
        if column is not None or hasattr(obj, "columns"):
            obj = obj.iloc[:, list(obj.columns).index(column)] if hasattr(obj, "iloc") else obj[column]
        head = obj[:limit] if not hasattr(obj, "iloc") else obj.iloc[:limit]
        for method in ("tolist", "to_list", "to_pylist"):
            if hasattr(head, method):
                return list(getattr(head, method)())
        return list(head)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return []


def _differing(a: list[Any], b: list[Any]) -> list[bool] | None:
    if len(a) != len(b):
        return None
    plain = {str, int, float, bool, type(None)}
    out = []
    for x, y in zip(a, b, strict=True):
        same = x is y or (type(x) in plain and type(y) in plain and (x == y or (x != x and y != y)))
        out.append(not same)
    return out


_ = (element, joined, UNKNOWN)
