"""The numbers of a text, read all at once where numpy is loaded: what `_figures.literals` finds, as numbers.

Cells of digits and one point are read here; what needs thought (`1,234.5`, `1e-3`, `1'000`) is left to
`_figures`, one by one.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from jupyter_aiprov.guard import _figures
from jupyter_aiprov.guard._many import Array

_LONGEST: Final = 15  # digits that a float holds whatever they are
_DIGIT, _POINT, _LETTER, _QUOTE, _SIGN, _COMMA = 1, 2, 4, 8, 16, 32  # what a byte is, and what a cell holds
_KINDS: Final = bytes(
    _DIGIT
    if 48 <= c <= 57
    else {46: _POINT, 44: _COMMA, 97: _LETTER, 101: _SIGN, 39: _QUOTE, 43: _SIGN, 45: _SIGN}.get(c, 0)
    for c in range(256)
)
_E, _PLUS, _MINUS, _DOT = 101, 43, 45, 46
_MARK: Final = re.compile(rb"'(?:(?<![a-z0-9.']')|(?![a-z0-9.']))")  # of a text in quotes
_EXACT: Final = 22  # powers of ten that a float holds
_TENS: Final = tuple(float(f"1e{n}") for n in range(_EXACT + 1))
_NEAR: Final = 1e-6  # of the middle between two roundings: Python's own rounding is asked


class Numbers(NamedTuple):
    """The numbers of a text in order."""

    values: Array
    sizes: Array  # characters
    ends_row: Array  # no other number follows in the same row of cells
    second: Array  # the other readings: `1.234` and `1,234` may be 1234
    second_sizes: Array


class _Cells:
    """Digits, points and letters between spaces and commas; a row is cells with nothing but commas between them.

    Rows without a digit, words most often, are left out.
    """

    def __init__(self, np: Any, data: bytes) -> None:
        self.np = np
        kinds = np.frombuffer(data.translate(_KINDS), np.uint8)
        within = (kinds != 0) & (kinds != _COMMA)
        edges = np.flatnonzero(within[1:] != within[:-1]) + 1
        held = np.bitwise_or.reduceat(kinds, edges)[::2] if len(edges) else kinds[:0]
        starts, ends = edges[::2], edges[1::2]
        commas = np.cumsum(kinds == _COMMA, dtype=np.int32)
        gaps = starts[1:] - ends[:-1]
        is_joined = np.zeros(len(starts), bool)  # to the cell before
        is_joined[1:] = commas[starts[1:]] - commas[ends[:-1] - 1] == gaps
        is_wide = np.zeros(len(starts), bool)  # an empty cell is between
        is_wide[1:] = is_joined[1:] & (gaps > 1)
        row = np.cumsum(~is_joined) - 1
        whole = np.bitwise_or.reduceat(held, np.flatnonzero(~is_joined)) if len(starts) else held
        kept = ((whole & _DIGIT) != 0)[row]
        self.starts, self.ends, self.held = starts[kept], ends[kept], held[kept]
        self.is_joined, self.is_wide = is_joined[kept], is_wide[kept]
        self.sizes = self.ends - self.starts
        self.row = np.cumsum(~self.is_joined) - 1
        self.first = np.flatnonzero(~self.is_joined)
        self.final = np.append(self.first[1:], len(self.starts)) - 1
        self._numbers(kinds, data)

    def _numbers(self, kinds: Array, data: bytes) -> None:
        """Which cells are digits with one point at most and perhaps an exponent, as Python writes a number."""
        np = self.np
        raw = np.frombuffer(data, np.uint8)
        self.point, points = self._where(np.flatnonzero(kinds == _POINT))
        exponent, exponents = self._where(np.flatnonzero(raw == _E))
        begins = kinds[self.starts] == _DIGIT
        self.length = exponent - self.starts  # of what stands before the exponent
        self.has_point = points > 0
        self.decimals = np.where(self.has_point, exponent - 1 - self.point, 0)
        self.has_exponent = exponents > 0
        self.scale = self.decimals.copy()
        plain = (self.held & ~np.uint8(_POINT)) == _DIGIT
        bare = plain.copy()  # no letter, no quote
        at = np.flatnonzero(self.has_exponent)
        if len(at):
            power, is_power = self._powers(raw, exponent[at] + 1, self.ends[at])
            self.scale[at] -= power
            bare[at] = (self.held[at] & ~np.uint8(_POINT | _SIGN)) == _DIGIT
            is_power &= bare[at] & (exponents[at] == 1) & (~self.has_point[at] | (self.decimals[at] > 0))
            plain[at] = is_power
        is_simple = plain & (self.length <= _LONGEST) & (points < 2) & begins
        self.is_number = is_simple & (np.abs(self.scale) <= _EXACT)
        never = ~begins | ((points == 0) & (self.length > _LONGEST)) | (self.has_exponent & ~plain)
        never |= (points > 1) & (self.decimals != 3) & (self.decimals != 0)  # 10.0.0.17
        never |= (points > 1) & (self.decimals == 3) & (raw[np.maximum(self.ends - 8, 0)] != _DOT)  # 10.0.0.171
        self.is_none = bare & never & (kinds[self.ends - 1] != _POINT)  # the point of a sentence is no part of it

    def _where(self, places: Array) -> tuple[Array, Array]:
        """The last of these places in each cell, or its end; and how many are in it."""
        np = self.np
        of = np.searchsorted(self.starts, places, "right") - 1
        inside = (of >= 0) & (places < np.append(self.ends, 0)[of])
        of, places = of[inside], places[inside]
        out = self.ends.copy()
        out[of] = places
        return out, np.bincount(of, minlength=len(self.starts))

    def _powers(self, raw: Array, at: Array, ends: Array) -> tuple[Array, Array]:
        """What stands behind an `e`, and whether it is an exponent."""
        np = self.np
        sign = np.where(raw[at] == _MINUS, -1, 1)
        at = at + ((raw[at] == _MINUS) | (raw[at] == _PLUS))
        first, second = raw[at].astype(np.int64) - 48, raw[np.minimum(at + 1, len(raw) - 1)].astype(np.int64) - 48
        digits = ends - at
        is_digit = (first >= 0) & (first < 10)
        is_two = (digits == 2) & is_digit & (second >= 0) & (second < 10)
        return sign * np.where(is_two, first * 10 + second, first), is_two | ((digits == 1) & is_digit)

    def rows(self) -> tuple[Array, Array]:
        """The rows that are two cells and one number (`12,5`), and those whose commas need thought."""
        np = self.np
        whole = np.bitwise_or.reduceat(self.held, self.first)
        numbers = np.logical_and.reduceat(self.is_number, self.first)
        inner = self.is_joined.copy()
        inner[self.final] = False
        parts = np.logical_or.reduceat((inner & (self.sizes != 3)) | self.is_wide, self.first)
        left, right = self.first, np.minimum(self.first + 1, len(self.starts) - 1)
        is_pair = self.final == self.first + 1
        # `1,234.5` and `1.234,5` may be one number, `12.34,5.6` is not
        parts |= is_pair & self.has_point[left] & (self.has_point[right] | (self.decimals[left] != 3))
        parts |= self.final - self.first > 4  # more than a number has groups of three
        parts |= is_pair & self.has_point[right] & (self.point[right] - self.starts[right] != 3)
        is_decimal = is_pair & numbers & ~parts & ~self.has_point[left] & ~self.has_point[right]
        is_decimal &= ~self.has_exponent[left] & ~self.has_exponent[right]
        is_decimal &= self.sizes[left] + self.sizes[right] <= _LONGEST
        ends = self.has_point[self.final] & (self.decimals[self.final] == 0)  # the point of a sentence
        asks = (self.final > self.first) & (ends | ((whole & _LETTER) == 0) & ~is_decimal & ~(numbers & parts))
        return is_decimal, asks & ((whole & _DIGIT) != 0)

    def mantissas(self, data: bytes) -> Array:
        """The digits of each cell as a number; of cells that are one."""
        np = self.np
        raw = np.frombuffer(data, np.uint8)
        out = np.zeros(len(self.starts))
        at = np.flatnonzero(self.is_number)
        starts, sizes, points = self.starts[at], self.length[at], self.point[at]
        total = np.zeros(len(at))
        for place in range(int(sizes.max(initial=0))):
            here = starts + place
            is_digit = (place < sizes) & (here != points)
            total = np.where(is_digit, total * 10 + (raw[here] - 48.0), total)
        out[at] = total
        return out


def read(np: Any, text: str) -> Numbers:
    """The numbers of a text."""
    data = b" " + _figures.rows_of(text) + b" " * (_LONGEST + 1)
    if b"'" in data:
        data = _MARK.sub(b",", data)  # parts, as an empty cell does, and is in the way of nothing
    cells = _Cells(np, data)
    nothing = np.zeros(0)
    if not len(cells.starts):
        return Numbers(nothing, nothing, nothing != 0, nothing, nothing)
    is_decimal, asks = cells.rows()
    in_row = asks[cells.row]
    alone = ~in_row & ~cells.is_number & ~cells.is_none & ((cells.held & _DIGIT) != 0)
    alone &= ((cells.held & _LETTER) == 0) | ((cells.held & _QUOTE) != 0)
    values, scale, sizes = cells.mantissas(data), cells.scale, cells.sizes.copy()
    tens = np.array(_TENS)
    left = cells.first[is_decimal]
    right = left + 1
    values[left] = values[left] * tens[sizes[right]] + values[right]
    scale[left] = sizes[right]
    sizes[left] += 1 + sizes[right]
    keep = cells.is_number & ~in_row
    keep[right] = False
    places, rows, sizes, scale = cells.starts[keep], cells.row[keep], sizes[keep], scale[keep]
    digits = values[keep]
    values = np.where(scale < 0, digits * tens[np.abs(scale)], digits / tens[np.abs(scale)])
    again = (scale == 3) & (sizes > 4) & (sizes < 8) & ~cells.has_exponent[keep]
    second, second_sizes = digits[again], sizes[again] - 1
    spans = list(zip(cells.first[asks].tolist(), cells.final[asks].tolist(), strict=True))
    spans += [(i, i) for i in np.flatnonzero(alone).tolist()]
    if spans:
        starts, ends, row = cells.starts.tolist(), cells.ends.tolist(), cells.row.tolist()
        found = [(starts[a], row[a], t) for a, b in spans for t in _figures.cells(data[starts[a] : ends[b]])]
        others = [(place, t) for place, _, t in found if t[-4:-3] == b"." and _figures.second([t])]
        order = np.argsort(np.append(places, [place for place, _, _ in found]), kind="stable")
        rows = np.append(rows, [of for _, of, _ in found])[order]
        sizes = np.append(sizes, [len(t) for _, _, t in found])[order]
        values = np.append(values, [float(t) for _, _, t in found])[order]
        order = np.argsort(np.append(places[again], [place for place, _ in others]), kind="stable")
        second = np.append(second, list(map(float, _figures.second([t for _, t in others]))))[order]
        second_sizes = np.append(second_sizes, [len(t) - 1 for _, t in others])[order]
    ends_row = np.ones(len(rows), bool)
    ends_row[:-1] = rows[1:] != rows[:-1]
    return Numbers(values, sizes, ends_row, second, second_sizes)


def rounded(np: Any, values: Array) -> Array:
    """Each of them to three significant digits, as `_figures.rounded` does it."""
    at = np.flatnonzero((values >= 1000) | (values % 1 != 0))
    out = values.copy()
    out[at] = _rounded(np, values[at])
    return out


def _rounded(np: Any, values: Array) -> Array:
    with np.errstate(all="ignore"):
        power = np.floor(np.log10(values))
        scaled = values * 10.0 ** (2 - power)
        whole = np.rint(scaled)
        away = power - 2
        known = np.abs(away) <= _EXACT
        tens = np.array(_TENS)[np.where(known, np.abs(away), 0).astype(np.intp)]
        out = np.where(away >= 0, whole * tens, whole / tens)
        unsure = ~(np.abs(scaled - np.floor(scaled) - 0.5) > _NEAR) | ~known | ~(np.abs(scaled - 550) < 450.5)
    at = np.flatnonzero(unsure)
    if len(at):
        out[at] = _figures.all_rounded(values[at].tolist())
    return out
