"""Where the rows of a frame came from: proved by labels and values, else not said.

A filter, sort, merge, concat or reset_index leaves no trace in the result. What can be shown is
that a row of the result agrees with rows of a source. That is an answer only where every source
row it agrees with carries the same thing (`codes`), or where kept labels or a kept order say which
one it is. Everything else is None: rows are never guessed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jupyter_aiprov.lineage._dialects import Dialect, dialect

SAME: Final = slice(None)  # every row stands where it stood; indexes like the positions it stands for
_QUICK = 4  # columns tried first: fewer columns can only make rows ambiguous, never wrong
_STAYED = 0.5  # share of rows with any change, above which they count as moved, not edited
_KEYS = 3  # columns without repeated values that are asked for a row


@dataclass(frozen=True)
class Source:
    """A frame as it was, and what each of its rows carries; `names` maps labels of the result to its own."""

    frame: Any
    codes: Any
    names: Mapping[Hashable, Hashable] | None = None

    def name(self, label: Hashable) -> Hashable:
        """This frame's label for a column of the result."""
        return label if self.names is None else self.names.get(label, label)


def positions(
    sources: Sequence[Source],
    result: Any,
    *,
    columns: Sequence[Hashable] | None = None,
    relabelled: bool = True,
    in_order: bool = False,
    partial: bool = False,
) -> Any | None:
    """For each row of `result` its row in the sources, one after the other; None when not derivable.

    -1 stands for a row that holds nothing of them (all null, as after an outer merge); with
    `partial` (values may have been edited as well), for a row that is not of the source.
    `relabelled`: row labels may be new.
    `in_order`: the sources' rows are known to follow each other, none moved or dropped.
    """
    module = dialect(result)
    if module is None or not sources or any(dialect(s.frame) is not module for s in sources):
        return None
    labels = _shared(module, sources, result, columns)
    if not labels:
        return None
    if in_order:
        return _stacked(module, sources, result, labels)
    if len(sources) == 1:
        found = _by_label(module, sources[0], result, labels, relabelled=relabelled, partial=partial)
        if found is not None:
            return found
    if partial:
        return _by_key(module, sources[0], result, labels) if len(sources) == 1 else None
    telling = _telling(module, result, labels)
    found = _by_value(module, sources, result, telling[:_QUICK])
    if found is None and len(telling) > _QUICK:
        found = _by_value(module, sources, result, telling)
    return found


def moved(was: Any, now: Any) -> Any | None:
    """For each row of a frame its row in an earlier image of it, edits allowed.

    `SAME`: every row stands where it stood; -1: a new row; None: not derivable.
    """
    import numpy as np

    module = dialect(now)
    if module is None or dialect(was) is not module:
        return None
    if len(was) == len(now) and _is_labelled_alike(module.index(was), module.index(now)):
        if not len(now) or any(module.is_same(old, one) for old, one in _pairs(module, was, now)):
            return SAME
        # Rows that moved under unchanged labels are not edits: most rows, or a column that tells rows
        # apart, must have stayed as they were.
        masks = []
        for old, one in _pairs(module, was, now):
            masks.append(module.differs(old, one))
            if not masks[-1].any() and _is_distinct(module, one):
                return SAME
        if masks and np.logical_or.reduce(masks).mean() < _STAYED:
            return SAME
    return positions([Source(was, np.zeros(len(was), dtype=int))], now, partial=True)


def _pairs(module: Dialect, was: Any, now: Any) -> Iterator[tuple[Any, Any]]:
    for label, one in module.columns(now):
        old = module.column(was, label)
        if old is not None:
            yield old, one


def _is_distinct(module: Dialect, one: Any) -> bool:
    """True when no value of a column occurs twice."""
    hashes = module.hashes(one, [None])
    return hashes is not None and len(set(hashes.tolist())) == len(one)


def _is_labelled_alike(a: Any, b: Any) -> bool:
    return a is b or bool(a.equals(b))


def _shared(
    module: Dialect, sources: Sequence[Source], result: Any, wanted: Sequence[Hashable] | None
) -> list[Hashable]:
    own = [label for label, _ in module.columns(result)] if wanted is None else list(wanted)
    return [
        label
        for label in dict.fromkeys(own)
        if module.column(result, label) is not None
        and all(module.column(s.frame, s.name(label)) is not None for s in sources)
    ]


def _stacked(module: Dialect, sources: Sequence[Source], result: Any, labels: Sequence[Hashable]) -> Any | None:
    import numpy as np

    if sum(len(s.frame) for s in sources) != len(result):
        return None
    start = 0
    for source in sources:
        rows = np.arange(start, start + len(source.frame))
        part = module.take(result, rows)
        for label in labels:
            own = module.column(source.frame, source.name(label))
            if module.differs(own, module.column(part, label)).any():
                return None
        start += len(source.frame)
    return np.arange(start)


def _by_label(
    module: Dialect, source: Source, result: Any, labels: Sequence[Hashable], *, relabelled: bool, partial: bool
) -> Any | None:
    """Rows found by their labels, believed only when the values at these labels say so too."""
    import numpy as np

    was, now = module.index(source.frame), module.index(result)
    if was is None or not was.is_unique or not now.is_unique or was.nlevels != now.nlevels:
        return None
    strict = relabelled and _is_default(now)
    if strict and not (partial and len(now) > len(was)):
        return None  # rows put at the end keep the others where they were; nothing else is shown by 0, 1, 2 …
    rows = np.asarray(was.get_indexer(now))
    known = np.flatnonzero(rows >= 0)
    if not len(known):
        return None
    before, after = module.take(source.frame, rows[known]), module.take(result, known)
    masks = []
    for label in labels:
        mask = module.differs(module.column(before, source.name(label)), module.column(after, label))
        if mask.any() and (strict or not partial):
            return None
        if partial and not strict and not mask.any():
            return rows
        masks.append(mask)
    if partial:
        return rows if np.logical_or.reduce(masks).mean() < _STAYED else None
    if len(known) < len(rows) and not module.nulls(result, labels)[rows < 0].all():
        return None
    return rows


def _is_default(index: Any) -> bool:
    """True for 0, 1, 2 … : labels that a renumbering would have given as well."""
    import numpy as np

    return getattr(index.dtype, "kind", "O") in "iu" and bool((np.asarray(index) == np.arange(len(index))).all())


def _telling(module: Dialect, result: Any, labels: Sequence[Hashable]) -> list[Hashable]:
    """The labels, those first whose first values are most distinct."""
    distinct: dict[Hashable, int] = {}
    for label in labels:
        one = module.column(result, label)
        assert one is not None
        distinct[label] = len({str(value) for value in one[:64].to_list()})
    return sorted(labels, key=lambda label: -distinct[label])


def _by_value(module: Dialect, sources: Sequence[Source], result: Any, labels: Sequence[Hashable]) -> Any | None:
    """Rows found by their values, where all source rows of these values carry the same."""
    import numpy as np

    heads = [(s, module.take(s.frame, np.arange(min(1, len(s.frame))))) for s in sources]
    usable = [n for n in labels if all(module.hashes(head, [s.name(n)]) is not None for s, head in heads)]
    wanted = module.hashes(result, usable)
    given = [module.hashes(s.frame, [s.name(label) for label in usable]) for s in sources]
    if not usable or wanted is None or any(g is None for g in given):
        return None
    stacked = np.concatenate(given)
    codes = np.concatenate([np.asarray(s.codes) for s in sources])
    if not len(stacked):
        return None
    order, unique, starts, at, found = _looked_up(stacked, wanted)
    del unique
    mixed = np.minimum.reduceat(codes[order], starts) != np.maximum.reduceat(codes[order], starts)
    if mixed[at[found]].any() or not module.nulls(result, usable)[~found].all():
        return None
    return np.where(found, order[starts[at]], -1)


def _by_key(module: Dialect, source: Source, result: Any, labels: Sequence[Hashable]) -> Any | None:
    """Rows found by columns whose values are all distinct, where these agree on the row; -1: new values in all."""
    import numpy as np

    out = np.full(len(result), -1)
    keys = 0
    for label in _telling(module, result, labels):
        given, wanted = module.hashes(source.frame, [source.name(label)]), module.hashes(result, [label])
        if given is None or wanted is None or not len(given):
            continue
        order, unique, starts, at, found = _looked_up(given, wanted)
        if len(unique) < len(given):
            continue
        rows = np.where(found, order[starts[at]], -1)
        if ((out >= 0) & found & (rows != out)).any():
            return None
        out = np.where(found, rows, out)
        keys += 1
        if keys == _KEYS:
            break
    return out if keys and (out >= 0).any() else None


def _looked_up(given: Any, wanted: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Order of the given hashes, the distinct ones, where each starts, and where the wanted are found."""
    import numpy as np

    order = np.argsort(given, kind="stable")
    unique, starts = np.unique(given[order], return_index=True)
    at = np.minimum(np.searchsorted(unique, wanted), len(unique) - 1)
    return order, unique, starts, at, unique[at] == wanted
