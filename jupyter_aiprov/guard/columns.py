"""Columns declared confidential: their values found in outgoing text, however it was cleaned or cut.

A value of three content words or more is known by its opening three and by every run of five (four
in short notes), so that a truncated, lower-cased, accent-stripped, templated or chunked note still matches; runs that
many values share are boilerplate and do not count. A shorter value is known as a whole, if it is
distinctive; values that are not (an age, a sex) are found as lists, and in tables and records
under their column's name. Only hashes are kept of what is searched as words, only in memory.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from jupyter_aiprov.guard._words import STOP, Token, content, folded, located, tokens, windows
from jupyter_aiprov.redact import Span, merged

OPENING: Final = 3  # content words that open a longer value: what truncation leaves
RUN: Final = 5  # content words in a row that are nobody else's; one less in notes under eight
LISTED: Final = 6  # values in a row, as the column has them
_RUNS_MAX: Final = 4_000_000  # beyond, one in 2, 4, 8 … runs is kept; openings always are
_SLAB: Final = 20_000
_WORDS_MAX: Final = 8
_ROWS: Final = 3  # rows of a table or records that make a finding


@dataclass
class Column:
    """A declared column: its name, what happens to it, how many distinct values it has."""

    name: str
    level: str  # warn | block
    candidate: bool = False  # not declared by a person: a text column read from a file
    size: int = 0
    weak: frozenset[str] = field(default_factory=frozenset, repr=False)  # found only as lists and tables

    @property
    def field(self) -> str:
        """The column's own name, without the frame's."""
        return self.name.rpartition(".")[2]


Keys = dict[tuple[str, int], set[int]]  # (content words or all words, how many in a row) -> hashes


class Columns:
    """The declared columns of a session, and one index over all their values. Thread-safe."""

    def __init__(self) -> None:
        self._bits: dict[int, Column] = {}
        self._index: dict[tuple[str, int], dict[int, int]] = {}
        self._cased: dict[int, set[str]] = {}
        self._next = 1
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._bits)

    def __iter__(self) -> Iterator[Column]:
        return iter(list(self._bits.values()))

    def declare(self, name: str, values: Iterable[Any], level: str, *, candidate: bool = False) -> Column:
        """Know the values of a column from now on; a second declaration of a name replaces the first."""
        keys, cased, weak, size = _keys_of(values)
        column = Column(name, level, candidate, size, weak)
        with self._lock:
            bit, self._next = self._next, self._next << 1
            for kind, hashes in keys.items():
                known = self._index.setdefault(kind, {})
                for shared in hashes & known.keys():
                    known[shared] |= bit
                known.update(dict.fromkeys(hashes - known.keys(), bit))
            for digest, spellings in cased.items():
                self._cased[digest] = self._cased.get(digest, set()) | spellings
            self._bits = {**{b: c for b, c in self._bits.items() if c.name != name}, bit: column}
        return column

    def forget(self, name: str) -> None:
        """Stop looking for a column."""
        with self._lock:
            self._bits = {b: c for b, c in self._bits.items() if c.name != name}

    def found(self, texts: Sequence[str]) -> dict[str, int]:
        """Column name -> how many values or passages of it are in these texts, read as one."""
        whole = "\n".join(texts)
        counts = self._counted(tokens(whole), whole)
        if len(texts) > 2 and len(whole) < 64 * len(texts):  # cut inside words, perhaps: glue them
            glued = "".join(texts)
            for name, count in self._counted(tokens(glued), glued).items():
                counts[name] = max(count, counts.get(name, 0))
        for column in self:
            if column.weak and column.field in whole:
                rows = _in_tables(whole, column)
                if rows >= _ROWS:
                    counts[column.name] = max(rows, counts.get(column.name, 0))
        return counts

    def spans(self, text: str) -> list[Span]:
        """Where values of declared columns stand in a text: a finder for the redactor."""
        if not self._bits or not self._counted(tokens(text), text):
            return []
        words, places = located(text)
        out: list[Span] = []
        for stretches, at in self._hits(words, text):
            for column in self:
                for first, last in stretches.get(column.name, ()):
                    start, end = places[at[first]][0], places[at[last - 1]][1]
                    out.append(Span(start, end, "confidential"))
        return merged(out)

    def _counted(self, words: list[Token], text: str) -> dict[str, int]:
        counts: dict[str, int] = {}
        for stretches, _at in self._hits(words, text):
            for name, found in stretches.items():
                counts[name] = max(counts.get(name, 0), len(found))
        return counts

    def _hits(self, words: list[Token], text: str) -> Iterator[tuple[dict[str, list[tuple[int, int]]], Sequence[int]]]:
        """Stretches of words by column: once over the content words, once over all words."""
        if any(kind == "content" for kind, _ in self._index):
            kept = content(words)
            stretches = self._stretches("content", kept, text)
            if stretches:
                yield stretches, [i for i, w in enumerate(words) if len(w) > 2 and w not in STOP]
        stretches = self._stretches("raw", words, text)
        if stretches:
            yield stretches, range(len(words))

    def _stretches(self, kind: str, words: list[Token], text: str) -> dict[str, list[tuple[int, int]]]:
        hits: dict[str, list[tuple[int, int]]] = {}
        for (of, size), known in list(self._index.items()):
            if of != kind:
                continue
            if known.keys().isdisjoint(map(hash, windows(words, size))):
                continue
            for at, digest in enumerate(map(hash, windows(words, size))):
                bits = known.get(digest, 0)
                if bits and self._spelled(digest, text):
                    for bit, column in self._bits.items():
                        if bits & bit:
                            hits.setdefault(column.name, []).append((at, at + size))
        return {name: _joined(found) for name, found in hits.items()}

    def _spelled(self, digest: int, text: str) -> bool:
        """A short name (Rose, Luc) counts only in its own spelling."""
        spellings = self._cased.get(digest)
        return spellings is None or any(re.search(rf"(?<!\w){re.escape(s)}(?!\w)", text) for s in spellings)


def _joined(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping stretches as one: a whole note counts once."""
    out: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _text(value: Any) -> str:
    """A value as it would be written; empty for what is missing."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool) or type(value).__name__ in {"NAType", "NaTType"}:
        return ""
    text = str(value)
    return "" if text in {"nan", "NaN", "<NA>", "NaT", "None", "null"} else text


def _keys_of(values: Iterable[Any]) -> tuple[Keys, dict[int, set[str]], frozenset[str], int]:
    texts = [t for v in values if (t := _text(v).strip())]
    distinct = list(dict.fromkeys(texts))
    categorical = len(texts) >= 20 and len(distinct) * 3 <= len(texts)
    runs: dict[int, Counter[int]] = {RUN: Counter(), RUN - 1: Counter(), OPENING: Counter()}
    keep_one_in = 1
    while sum(map(len, distinct)) // 8 // keep_one_in > _RUNS_MAX:
        keep_one_in *= 2
    keys: Keys = {}
    cased: dict[int, set[str]] = {}
    weak: list[str] = []
    for at in range(0, len(distinct), _SLAB):
        slab = distinct[at : at + _SLAB]
        lines = folded("\0".join(t.replace("\0", " ") for t in slab)).split(b"\0")
        for value, line in zip(slab, lines, strict=True):
            words = line.split()
            kept = content(words)
            size = RUN if len(kept) >= 8 else RUN - 1
            if len(kept) >= size:
                found = map(hash, windows(kept, size))
                runs[size].update(found if keep_one_in == 1 else (h for h in found if not h % keep_one_in))
            if len(kept) >= OPENING:
                runs[OPENING][hash(tuple(kept[:OPENING]))] += 1
            elif not _short(value, words, categorical, keys, cased):
                weak.append(value)
    common = 5 if len(distinct) < 1000 else 20
    for size, counts in runs.items():
        own = {h for h, n in counts.items() if n <= common}
        if own:
            keys[("content", size)] = own
    if len(weak) >= max(LISTED, len(distinct) // 2):
        _list(texts, frozenset(weak), keys)
    return keys, cased, frozenset(weak), len(distinct)


def _short(value: str, words: list[Token], categorical: bool, keys: Keys, cased: dict[int, set[str]]) -> bool:
    """Index a value of few words as a whole; False when it is too common to be told from other text."""
    if categorical or not words:
        return False
    digest = hash(tuple(words[:_WORDS_MAX]))
    if len(words) == 1:
        (word,) = words
        digits = any(48 <= c <= 57 for c in word)
        if word.isdigit() or digits:
            distinctive = len(word) >= (5 if word.isdigit() else 4)
        elif 3 <= len(word) <= 4 and value[:1].isupper():
            cased.setdefault(digest, set()).add(value)
            distinctive = True
        else:
            distinctive = len(word) >= 5
        distinctive = distinctive and word not in STOP
    else:
        distinctive = sum(map(len, words)) >= 6 and not all(w in STOP for w in words)
    if distinctive:
        keys.setdefault(("raw", min(len(words), _WORDS_MAX)), set()).add(digest)
    return distinctive


def _list(texts: list[str], weak: frozenset[str], keys: Keys) -> None:
    """Runs of values in the column's own order: `[34, 51, 67, …]` says nothing one by one."""
    if len(weak) < 8:
        return  # 0 and 1, or M and F, are in a row everywhere
    words = [w for t in texts[:1_000_000] if t in weak for w in tokens(t)]
    keys.setdefault(("raw", LISTED), set()).update(map(hash, windows(words, LISTED)))


def _in_tables(text: str, column: Column) -> int:
    """How many rows of a table, or records, show a value of this column under its name."""
    name = re.escape(column.field)
    records = re.finditer(rf"""(?<!\w){name}["']?\s{{0,3}}[:=]\s{{0,3}}["']?([^"',;}}\]\n|]{{1,80}})""", text)
    rows = sum(m[1].strip() in column.weak for m in records)
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if column.field in line:
            rows = max(rows, _under(line, lines[at + 1 : at + 2000], column))
    return rows


def _under(header: str, lines: Sequence[str], column: Column) -> int:
    delimiter = max(",;\t|", key=header.count)
    split = (lambda s: s.strip("| ").split(delimiter)) if delimiter in header else str.split
    cells = [c.strip("\"' *") for c in split(header)]
    if column.field not in cells:
        return 0
    place = cells.index(column.field) - len(cells)  # from the right: rows may begin with an index
    rows = 0
    for line in lines:
        row = split(line)
        if len(row) >= -place and row[place].strip("\"' *") in column.weak:
            rows += 1
    return rows
