"""Columns declared confidential: their values found in outgoing text, however it was cleaned or cut.

Values are looked for by the hashes of `_keys`; those that say nothing alone (an age, a sex) as lists, and in tables
and records under their column's name. Only hashes are kept, in memory; child processes get them sealed under a
key (`handover`), so that neither a value nor a guess at one can be read from the file alone.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from jupyter_aiprov.guard import _cells, _figures, _many
from jupyter_aiprov.guard._keys import LISTED, THREE, WORD, Cased, Keys, Sieves, keys_of, spelled
from jupyter_aiprov.guard._sieve import Sieve
from jupyter_aiprov.guard._words import STOP, Token, located, numbering, spaced, tokens, windows
from jupyter_aiprov.redact import Span, merged

_ROWS: Final = 3  # rows of a table or records that make a finding
_MARGIN: Final = 240  # characters around a cut between two strings that are read as one
_PIECE: Final = 64  # characters of a string that is no more than a few words

Stretches = dict[str, list[tuple[int, int]]]  # by column
Known = dict[int, int]  # hash -> the columns that have it, a bit each
LookUp = Callable[[int, Known], Iterable[tuple[int, int]]]  # how many in a row, of which -> places and hashes


@dataclass
class Column:
    """A declared column: its name, what happens to it, how many distinct values it has."""

    name: str
    level: str  # warn | block
    candidate: bool = False  # not declared by a person: a text column read from a file
    size: int = 0
    weak: frozenset[int] = field(default_factory=frozenset, repr=False)  # hashes: found only as lists and tables

    @property
    def field(self) -> str:
        """The column's own name, without the frame's."""
        return self.name.rpartition(".")[2]


class Columns:
    """The declared columns of a session, and one index over all their values. Thread-safe."""

    def __init__(self, seal: Callable[[int], int] | None = None) -> None:
        self.seal = seal  # in a child: what the parent made of each hash before it handed them over
        self._bits: dict[int, Column] = {}
        self._index: dict[tuple[str, int], Known] = {}
        self._cased: Cased = {}
        self.sieves: Sieves = {}  # over the hashes as they are, sealed or not
        self._next = 1
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._bits)

    def __iter__(self) -> Iterator[Column]:
        return iter(list(self._bits.values()))

    def declare(self, name: str, values: Iterable[Any], level: str, *, candidate: bool = False) -> Column:
        """Know the values of a column from now on; a second declaration of a name replaces the first."""
        keys, cased, weak, size, sieves = keys_of(values)
        return self.add(Column(name, level, candidate, size, weak), keys, cased, sieves)

    def add(self, column: Column, keys: Keys, cased: Cased, sieves: Sieves | None = None) -> Column:
        """Know a column from now on by its hashes."""
        name = column.name
        with self._lock:
            for of, sieve in (sieves or {}).items():
                self.sieves.setdefault(of, Sieve()).join(sieve)
            bit, self._next = self._next, self._next << 1
            for kind, hashes in keys.items():
                known = self._index.setdefault(kind, {})
                for shared in hashes & known.keys():
                    known[shared] |= bit
                known.update(dict.fromkeys(hashes - known.keys(), bit))
                if self.seal is None:
                    self.sieves.setdefault(kind, Sieve()).add(hashes)
            for digest, spellings in cased.items():
                self._cased[digest] = self._cased.get(digest, set()) | spellings
            self._bits = {**{b: c for b, c in self._bits.items() if c.name != name}, bit: column}
        return column

    def forget(self, name: str) -> None:
        """Stop looking for a column."""
        with self._lock:
            self._bits = {b: c for b, c in self._bits.items() if c.name != name}

    def keys_of(self, column: Column) -> Keys:
        """The hashes of one column."""
        bit = next(b for b, c in self._bits.items() if c is column)
        return {
            kind: found for kind, known in self._index.items() if (found := {h for h, b in known.items() if b & bit})
        }

    @property
    def cased(self) -> Cased:
        """The spellings of short values."""
        return self._cased

    def found(
        self, texts: Sequence[str], pieces: Sequence[str] = (), said: Iterable[Sequence[str]] = ()
    ) -> dict[str, int]:
        """Column name -> how many values or passages of it are in these texts, read as one.

        `pieces` are strings that may be one text cut anywhere, the texts themselves by default; `said` the pieces
        by who says them.
        """
        whole = "\n".join(texts)
        counts = self._counted(whole)
        pieces = pieces or texts
        cut = [pieces, *(s for s in said if len(s) < len(pieces))]
        for strings in cut:
            for name, count in self._in_pieces(strings).items() if len(strings) > 1 else ():
                counts.setdefault(name, count)
        for column in self:
            if column.weak and column.field in whole:
                rows = self._in_tables(whole, column)
                if rows >= _ROWS:
                    counts[column.name] = max(rows, counts.get(column.name, 0))
        return counts

    def _in_pieces(self, pieces: Sequence[str]) -> dict[str, int]:
        """What is in strings that may be one text: cut inside words, perhaps, or a word each."""
        glued = "".join(p if len(p) <= 2 * _MARGIN else f"{p[:_MARGIN]}\n{p[-_MARGIN:]}" for p in pieces)
        counts = self._counted(glued)
        if any(len(p) <= _PIECE for p in pieces):
            apart = " ".join(p if len(p) <= _PIECE else f"{p[:_PIECE]}\n{p[-_PIECE:]}" for p in pieces)
            for name, count in self._counted(apart).items():
                counts.setdefault(name, count)
        return counts

    def spans(self, text: str) -> list[Span]:
        """Where values of declared columns stand in a text: a finder for the redactor."""
        if not self._bits or not self._counted(text):
            return []
        words, places = located(text)
        out: list[Span] = []
        found = [(stretches, [places[i] for i in at]) for stretches, at in self._hits(words, text)]
        for stretches, where in [*found, *self._figured(text)]:
            for column in self:
                for first, last in stretches.get(column.name, ()):
                    out.append(Span(where[first][0], where[last - 1][1], "confidential"))
        return merged(out)

    def _counted(self, text: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for stretches in (*self._said(text), *(found for found, _ in self._figured(text))):
            for name, found in stretches.items():
                counts[name] = max(counts.get(name, 0), len(found))
        return counts

    def _said(self, text: str) -> Iterator[Stretches]:
        """Stretches of words by column, without the words."""
        np = _many.numpy(len(text))
        if np is None:
            yield from (found for found, _ in self._hits(tokens(text), text))
            return
        lanes, sizes = _many.word_lanes(np, spaced(text))
        if any(kind == "content" for kind, _ in self._index):
            telling = lanes[(sizes > 2) & ~_many.among(np, lanes, _STOP_LANES)]
            yield self._stretches("content", self._at_once(np, "content", telling), text)
        yield self._stretches("raw", self._at_once(np, "raw", lanes), text)

    def _hits(self, words: list[Token], text: str) -> Iterator[tuple[Stretches, Sequence[int]]]:
        """Stretches of words by column: once over the content words, once over all words."""
        plain = numbering(words)
        if any(kind == "content" for kind, _ in self._index):
            telling = {w: n for w, n in plain.items() if len(w) > 2 and w not in STOP}
            stretches = self._stretches(
                "content", self._in_turn("content", [telling[w] for w in words if w in telling]), text
            )
            if stretches:
                yield stretches, [i for i, w in enumerate(words) if w in telling]
        stretches = self._stretches("raw", self._in_turn("raw", [plain[w] for w in words]), text)
        if stretches:
            yield stretches, range(len(words))

    def _figured(self, text: str) -> Iterator[tuple[Stretches, Sequence[_figures.Place]]]:
        """Stretches of numbers and days, in whatever form they are written."""
        kinds = {kind for kind, _ in self._index}
        if ("number" in kinds or "rounded" in kinds) and self._may_hold_numbers(text):
            found = list(_figures.numbers(text))
            rows = [f for f in found if f[0][0] % 1]  # without the counts and row numbers between them
            others = [((second,), place) for (_, *rest), place in found for second in rest]
            last = _figures.last_of_rows(text, found)  # without the cells before them
            for stream in (found, rows, last, others):
                if stream and (stream is found or len(stream) < len(found) or stream is others):
                    places = [place for _, place in stream]
                    values = [read[0] for read, _ in stream]
                    yield self._stretches("number", self._in_turn("number", values), text), places
                    if stream is not others:
                        yield (
                            self._stretches(
                                "rounded", self._in_turn("rounded", list(map(_figures.rounded, values))), text
                            ),
                            places,
                        )
        if "day" in kinds:
            named = list(_figures.days(text))
            yield (
                self._stretches("day", self._in_turn("day", [day for day, _ in named]), text),
                [place for _, place in named],
            )

    def _may_hold_numbers(self, text: str) -> bool:
        """False where no declared number and no row of them can be in a text: told without their places."""
        np = _many.numpy(len(text))
        if np is not None:
            return self._may_hold(np, _cells.read(np, text))
        found, last = _figures.literals(text)
        others = _figures.second(found)
        long = [float(t) for t in (*found, *others) if len(t) >= _figures.DISTINCT]
        alone = self._index.get(("number", 1))
        if alone and any(True for _ in self._in_turn("number", long)(1, alone)):
            return True
        values = list(map(float, found))
        rows = [v for v in values if v % 1]
        streams = [values]
        streams += [rows] if len(rows) < len(values) else []
        streams += [list(map(float, last))] if len(last) < len(found) else []
        if any(self._has_row("number", s) for s in (*streams, list(map(float, others)))):
            return True
        return any(self._has_row("rounded", s) for s in streams)

    def _may_hold(self, np: Any, found: _cells.Numbers) -> bool:
        """The same, all at once."""
        lanes = _many.float_lanes(np, found.values)
        others = _many.float_lanes(np, found.second)
        long = [lanes[found.sizes >= _figures.DISTINCT], others[found.second_sizes >= _figures.DISTINCT]]
        known = self._index.get(("number", 1))
        if known and any(True for _ in self._at_once(np, "number", np.concatenate(long))(1, known)):
            return True
        parts = [np.ones(len(lanes), bool), found.values % 1 != 0, found.ends_row]
        parts = [part for part in parts if part is parts[0] or not part.all()]
        if any(self._has_row_in("number", np, lanes[part]) for part in parts):
            return True
        if self._has_row_in("number", np, others):
            return True
        if ("rounded", LISTED) not in self._index:
            return False
        lanes = _many.float_lanes(np, _cells.rounded(np, found.values))
        return any(self._has_row_in("rounded", np, lanes[part]) for part in parts)

    def _has_row_in(self, kind: str, np: Any, lanes: _many.Array) -> bool:
        """`_has_row`, all at once, by the hashes of the values (or of them rounded)."""
        known, sieve = self._index.get((kind, LISTED)), self.sieves.get((kind, THREE))
        if not known or sieve is None or len(lanes) < LISTED:
            return bool(known) and len(lanes) >= LISTED
        every = [lanes[at::4] for at in range(THREE)]
        hashes = _many.runs(np, [part[: len(every[-1])] for part in every])
        fourths = sieve.passed_at_once(np, hashes) * 4
        begins = (fourths[:, None] + np.arange(THREE - LISTED, 1)).ravel()
        begins = begins[(begins >= 0) & (begins <= len(lanes) - LISTED)]
        rows = _many.signed(np, _many.runs(np, [lanes[begins + at] for at in range(LISTED)]))
        return not known.keys().isdisjoint(self._sealed(rows))

    def _has_row(self, kind: str, values: list[float]) -> bool:
        """True when six values of a column are here in a row: then three are that begin at a fourth place."""
        known, sieve = self._index.get((kind, LISTED)), self.sieves.get((kind, THREE))
        if not known or sieve is None:
            return bool(known)
        every = [values[at::4] for at in range(THREE)]
        if kind == "rounded":
            every = [_figures.all_rounded(part) for part in every]
        return self._is_row(kind, known, values, sieve.passed(map(hash, zip(*every, strict=False))))

    def _is_row(self, kind: str, known: Known, values: Any, fourths: list[int]) -> bool:
        """True when around one of these fourth places there are six values of a column in a row."""
        for at in fourths:
            begin = max(0, at * 4 - LISTED + THREE)
            around_it = list(values[begin : at * 4 + LISTED])
            if kind == "rounded":
                around_it = _figures.all_rounded(around_it)
            if not known.keys().isdisjoint(self._sealed(map(hash, windows(around_it, LISTED)))):
                return True
        return False

    def _stretches(self, kind: str, looked_up: LookUp, text: str) -> Stretches:
        hits: Stretches = {}
        spellings = _Spellings(text, self._mark)
        for (of, size), known in list(self._index.items()):
            for at, digest in looked_up(size, known) if of == kind else ():
                if digest in self._cased and not spellings.hold(self._cased[digest]):
                    continue
                for bit, column in self._bits.items():
                    if known[digest] & bit:
                        hits.setdefault(column.name, []).append((at, at + size))
        return {name: _joined(found) for name, found in hits.items()}

    def _in_turn(self, kind: str, words: Sequence[float]) -> LookUp:
        """Runs of these values, one by one."""

        def hashes(size: int) -> Iterator[int]:
            return map(hash, windows(words, size))

        def looked_up(size: int, known: Known) -> Iterable[tuple[int, int]]:
            if self.seal is not None:  # to seal one costs a microsecond: most are told without
                found = list(hashes(size))
                return self._known(known, (at := self.sieves[kind, size].passed(found)), [found[i] for i in at])
            if known.keys().isdisjoint(hashes(size)):
                return ()
            return ((at, digest) for at, digest in enumerate(hashes(size)) if digest in known)

        return looked_up

    def _at_once(self, np: Any, kind: str, lanes: _many.Array) -> LookUp:
        """Runs of the values that have these hashes, all at once; those that a sieve lets through in turn."""
        runs = _many.Runs(np, lanes)

        def looked_up(size: int, known: Known) -> Iterable[tuple[int, int]]:
            hashes = runs.of(size)
            at = self.sieves[kind, size].passed_at_once(np, hashes)
            return self._known(known, at.tolist(), _many.signed(np, hashes[at]))

        return looked_up

    def _known(self, known: Known, places: Iterable[int], hashes: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Of what a sieve let through, what is known, by the names it is known under."""
        return ((at, digest) for at, digest in zip(places, self._sealed(hashes), strict=True) if digest in known)

    def _sealed(self, hashes: Iterable[int]) -> Iterable[int]:
        return hashes if self.seal is None else map(self.seal, hashes)

    def _mark(self, value: str) -> int:
        return spelled(value) if self.seal is None else self.seal(spelled(value))

    def _in_tables(self, text: str, column: Column) -> int:
        """How many rows of a table, or records, show a value of this column under its name."""
        name = re.escape(column.field)
        records = re.finditer(rf"""(?<!\w){name}["']?\s{{0,3}}[:=]\s{{0,3}}["']?([^"',;}}\]\n|]{{1,80}})""", text)
        rows = sum(self._mark(m[1].strip()) in column.weak for m in records)
        lines = text.splitlines()
        for at, line in enumerate(lines):
            if column.field in line:
                under = _under(line, lines[at + 1 : at + 2000], column.field)
                rows = max(rows, sum(self._mark(cell) in column.weak for cell in under))
        return rows


_STOP_LANES: Final = frozenset(map(hash, numbering(STOP).values()))


class _Spellings:
    """The names of a text as they are written: a short one (Rose, Luc, Li Na) counts only in its own spelling."""

    def __init__(self, text: str, mark: Callable[[str], int]) -> None:
        self._text, self._mark = text, mark
        self._made: set[int] | None = None

    def hold(self, spellings: set[int]) -> bool:
        """True when one of these is among them."""
        if self._made is None:
            words = WORD.findall(self._text)
            begun = [at for at, word in enumerate(words) if word[0].isupper()]
            self._made = {self._mark(" ".join(words[at : at + size])) for size in (1, 2, 3) for at in begun}
        return not self._made.isdisjoint(spellings)


def _joined(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping stretches as one: a whole note counts once."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _under(header: str, lines: Sequence[str], name: str) -> list[str]:
    """The cells under a name in a table."""
    delimiter = max(",;\t|", key=header.count)
    split = (lambda s: s.strip("| ").split(delimiter)) if delimiter in header else str.split
    cells = [c.strip("\"' *") for c in split(header)]
    if name not in cells:
        return []
    place = cells.index(name) - len(cells)  # from the right: rows may begin with an index
    rows = map(split, lines)
    return [row[place].strip("\"' *") for row in rows if len(row) >= -place]
