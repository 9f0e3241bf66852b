"""Columns declared confidential: their values found in outgoing text, however it was cleaned or cut.

A value of three content words or more is known by its opening three and by every run of five (four
in short notes), so that a truncated, lower-cased, accent-stripped, templated or chunked note still matches; runs that
many values share are boilerplate and do not count. A shorter value is known as a whole, if it is
distinctive; values that are not (an age, a sex) are found as lists, and in tables and records
under their column's name. Only hashes are kept, in memory; child processes get them sealed under a
key (`handover`), so that neither a value nor a guess at one can be read from the file alone.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from jupyter_aiprov.guard._words import STOP, Token, content, folded, located, numbering, numbers, tokens, windows
from jupyter_aiprov.redact import Span, merged

OPENING: Final = 3  # content words that open a longer value: what truncation leaves
RUN: Final = 5  # content words in a row that are nobody else's; one less in notes under eight
LISTED: Final = 6  # values in a row, as the column has them
_RUNS_MAX: Final = 4_000_000  # beyond, one in 2, 4, 8 … runs is kept; openings always are
_SLAB: Final = 20_000
_WORDS_MAX: Final = 8
_ROWS: Final = 3  # rows of a table or records that make a finding
_MARGIN: Final = 240  # characters around a cut between two strings that are read as one
_WORD: Final = re.compile(r"\w+")
_DIGIT: Final = re.compile(rb"\d")


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


Keys = dict[tuple[str, int], set[int]]  # (content words or all words, how many in a row) -> hashes
Cased = dict[int, set[int]]  # hash of a short value -> hashes of its spellings


def hashed(words: Iterable[Token]) -> int:
    """One hash of words in a row, the same in every process."""
    return hash(tuple(numbers(words)))


def spelled(value: str) -> int:
    """Hash of a value as it is written, case and all."""
    return hashed([value.encode("utf-8", "surrogatepass")])


class Columns:
    """The declared columns of a session, and one index over all their values. Thread-safe."""

    def __init__(self, seal: Callable[[int], int] | None = None) -> None:
        self.seal = seal  # in a child: what the parent made of each hash before it handed them over
        self._bits: dict[int, Column] = {}
        self._index: dict[tuple[str, int], dict[int, int]] = {}
        self._cased: Cased = {}
        self._next = 1
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._bits)

    def __iter__(self) -> Iterator[Column]:
        return iter(list(self._bits.values()))

    def declare(self, name: str, values: Iterable[Any], level: str, *, candidate: bool = False) -> Column:
        """Know the values of a column from now on; a second declaration of a name replaces the first."""
        keys, cased, weak, size = _keys_of(values)
        return self.add(Column(name, level, candidate, size, weak), keys, cased)

    def add(self, column: Column, keys: Keys, cased: Cased) -> Column:
        """Know a column from now on by its hashes."""
        name = column.name
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

    def found(self, texts: Sequence[str], pieces: Sequence[str] = ()) -> dict[str, int]:
        """Column name -> how many values or passages of it are in these texts, read as one.

        `pieces` are strings that may be one text cut anywhere, the texts themselves by default.
        """
        whole = "\n".join(texts)
        counts = self._counted(tokens(whole), whole)
        pieces = pieces or texts
        if len(pieces) > 1:  # cut inside words, perhaps: what stands around the cuts, glued
            glued = "".join(p if len(p) <= 2 * _MARGIN else f"{p[:_MARGIN]}\n{p[-_MARGIN:]}" for p in pieces)
            for name, count in self._counted(tokens(glued), glued).items():
                counts.setdefault(name, count)
        for column in self:
            if column.weak and column.field in whole:
                rows = self._in_tables(whole, column)
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
        plain = numbering(words)
        if any(kind == "content" for kind, _ in self._index):
            telling = {w: n for w, n in plain.items() if len(w) > 2 and w not in STOP}
            stretches = self._stretches("content", [telling[w] for w in words if w in telling], text)
            if stretches:
                yield stretches, [i for i, w in enumerate(words) if w in telling]
        stretches = self._stretches("raw", [plain[w] for w in words], text)
        if stretches:
            yield stretches, range(len(words))

    def _stretches(self, kind: str, words: list[int], text: str) -> dict[str, list[tuple[int, int]]]:
        hits: dict[str, list[tuple[int, int]]] = {}
        for (of, size), known in list(self._index.items()):
            if of != kind:
                continue
            if known.keys().isdisjoint(self._hashes(words, size)):
                continue
            for at, digest in enumerate(self._hashes(words, size)):
                bits = known.get(digest, 0)
                if bits and self._spelled(digest, text):
                    for bit, column in self._bits.items():
                        if bits & bit:
                            hits.setdefault(column.name, []).append((at, at + size))
        return {name: _joined(found) for name, found in hits.items()}

    def _hashes(self, words: list[int], size: int) -> Iterator[int]:
        found = map(hash, windows(words, size))
        return found if self.seal is None else map(self.seal, found)

    def _mark(self, value: str) -> int:
        return spelled(value) if self.seal is None else self.seal(spelled(value))

    def _spelled(self, digest: int, text: str) -> bool:
        """A short name (Rose, Luc, Li Na) counts only in its own spelling."""
        spellings = self._cased.get(digest)
        if spellings is None:
            return True
        words = _WORD.findall(text)
        return any(
            self._mark(" ".join(words[at : at + size])) in spellings for size in (1, 2, 3) for at in range(len(words))
        )

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


def _keys_of(values: Iterable[Any]) -> tuple[Keys, Cased, frozenset[int], int]:
    texts = [t for v in values if (t := _text(v).strip())]
    distinct = list(dict.fromkeys(texts))
    categorical = len(texts) >= 20 and len(distinct) * 3 <= len(texts)
    is_prose = sum(t.count(" ") for t in distinct) > 4 * len(distinct)
    runs: dict[int, Counter[int]] = {RUN: Counter(), RUN - 1: Counter(), OPENING: Counter()}
    keep_one_in = 1
    while sum(map(len, distinct)) // 8 // keep_one_in > _RUNS_MAX:
        keep_one_in *= 2
    keys: Keys = {}
    cased: Cased = {}
    weak: list[str] = []
    for at in range(0, len(distinct), _SLAB):
        slab = distinct[at : at + _SLAB]
        lines = folded("\0".join(t.replace("\0", " ") for t in slab)).split(b"\0")
        for value, line in zip(slab, lines, strict=True):
            words = line.split()
            kept = content(words)
            size = RUN if len(kept) >= 8 else RUN - 1
            if len(kept) >= size:
                found = map(hash, windows(numbers(kept), size))
                runs[size].update(found if keep_one_in == 1 else (h for h in found if not h % keep_one_in))
            if len(kept) >= OPENING:
                runs[OPENING][hashed(kept[:OPENING])] += 1
                for form in _forms(words) if len(words) <= 4 else ():
                    keys.setdefault(("raw", len(form)), set()).add(hashed(form))
            elif categorical or not _short(value, words, is_prose, keys, cased):
                weak.append(value)
    common = 5 if len(distinct) < 1000 else 20
    for size, counts in runs.items():
        own = {h for h, n in counts.items() if n <= common}
        if own:
            keys[("content", size)] = own
    if len(weak) >= max(LISTED, len(distinct) // 2):
        _list(texts, frozenset(weak), keys)
    return keys, cased, frozenset(map(spelled, weak)), len(distinct)


def _short(value: str, words: list[Token], is_prose: bool, keys: Keys, cased: Cased) -> bool:
    """Index a value of few words as a whole; False when it is too common to be told from other text."""
    words = words[:_WORDS_MAX]
    if not words or all(w in STOP for w in words):
        return False
    digest = hashed(words)
    size = sum(map(len, words))
    if len(words) == 1 and (size > 4 or words[0].isdigit()):
        distinctive = size > 4
    elif len(words) == 1 and any(48 <= c <= 57 for c in words[0]):
        distinctive = size == 4
    elif size >= 6:
        distinctive = True
    else:  # Rose, Luc, Li Na: names in their own spelling, if the column does not hold prose (RAS, bof)
        distinctive = not is_prose and len(value) > 2 and all(w[:1].isupper() for w in value.split())
        if distinctive:
            cased.setdefault(digest, set()).add(spelled(" ".join(_WORD.findall(value))))
    if distinctive:
        keys.setdefault(("raw", len(words)), set()).add(digest)
        for form in _forms(words):
            keys.setdefault(("raw", len(form)), set()).add(hashed(form))
    return distinctive


def _forms(words: list[Token]) -> list[list[Token]]:
    """How else a short value is written: without its hyphens, and a name with its last word first."""
    forms: list[list[Token]] = []
    line = b" ".join(words)
    if b"-" in line:
        parts = line.replace(b"-", b" ").split()
        if 1 < len(parts) <= _WORDS_MAX and len(line) > 6:
            forms.append(parts)
            if len(words) == 1:
                forms.append([b"".join(parts)])
    if 1 < len(words) <= 4 and len(line) > 6 and not _DIGIT.search(line):
        forms.append([words[-1], *words[:-1]])
    return forms


def _list(texts: list[str], weak: frozenset[str], keys: Keys) -> None:
    """Runs of values in the column's own order: `[34, 51, 67, …]` says nothing one by one."""
    if len(weak) < 8:
        return  # 0 and 1, or M and F, are in a row everywhere
    words = [w for t in texts[:1_000_000] if t in weak for w in tokens(t)]
    keys.setdefault(("raw", LISTED), set()).update(map(hash, windows(numbers(words), LISTED)))


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
