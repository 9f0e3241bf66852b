"""What the values of a declared column are known by: hashes of words, numbers and days in a row.

A value of three content words or more is known by its opening three and by every run of five (four
in short notes), so that a truncated, lower-cased, accent-stripped, templated or chunked note still matches; runs that
many values share are boilerplate and do not count. A shorter value is known as a whole, if it is distinctive; of
others the order in their column is.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from jupyter_aiprov.guard import _figures
from jupyter_aiprov.guard._sieve import Sieve
from jupyter_aiprov.guard._words import GENERIC, STOP, Token, content, folded, numbers, parts, tokens, windows

OPENING: Final = 3  # content words that open a longer value: what truncation leaves; more where they say little
ENDS_MAX: Final = 6
TELLING: Final = 13  # letters of an opening in words that not every note has
TELLING_RUN: Final = 35  # letters of four words in a row: less is a phrase of the trade
RUN: Final = 5  # content words in a row that are nobody else's; one less in notes under eight
LISTED: Final = 6  # values in a row, as the column has them
THREE: Final = 3  # of them, for a first look
_RUNS_MAX: Final = 4_000_000  # beyond, one in 2, 4, 8 … runs is kept; openings always are
_SLAB: Final = 20_000
_SMALL: Final = 200_000  # values beyond which only what costs little is kept of each
_WORDS_MAX: Final = 8
WORD: Final = re.compile(r"\w+")
_DIGIT: Final = re.compile(rb"\d")

# (content words, all words, numbers, rounded numbers or days; how many in a row) -> hashes
Keys = dict[tuple[str, int], set[int]]
Cased = dict[int, set[int]]  # hash of a short value -> hashes of its spellings
Sieves = dict[tuple[str, int], Sieve]  # by kind and how many in a row


def hashed(words: Iterable[Token]) -> int:
    """One hash of words in a row, the same in every process."""
    return hash(tuple(numbers(words)))


def spelled(value: str) -> int:
    """Hash of a value as it is written, case and all."""
    return hashed([value.encode("utf-8", "surrogatepass")])


def _text(value: Any) -> str:
    """A value as it would be written; empty for what is missing."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool) or type(value).__name__ in {"NAType", "NaTType"}:
        return ""
    text = str(value)
    return "" if text in {"nan", "NaN", "<NA>", "NaT", "None", "null"} else text


def keys_of(values: Iterable[Any]) -> tuple[Keys, Cased, frozenset[int], int, Sieves]:
    """Hashes by kind; spellings of short values; those found only in lists and tables; how many distinct; sieves."""
    texts = [t for v in values if (t := _text(v).strip())]
    distinct = list(dict.fromkeys(texts))
    categorical = len(texts) >= 20 and len(distinct) * 3 <= len(texts)
    is_prose = sum(t.count(" ") for t in distinct) > 4 * len(distinct)
    runs: dict[int, Counter[int]] = {size: Counter() for size in range(OPENING, ENDS_MAX + 1)}
    is_small = len(distinct) <= _SMALL
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
            words = parts(line)
            kept = content(words)
            size = RUN if len(kept) >= 8 else RUN - 1
            if len(kept) >= size:
                found = map(hash, windows(numbers(kept), size))
                runs[size].update(found if keep_one_in == 1 else (h for h in found if not h % keep_one_in))
            whole = line.split()
            if len(kept) >= OPENING and (len(whole) > 1 or not any(map(bytes.isdigit, words))):
                for end in _ends(kept, is_small):
                    runs[len(end)][hashed(end)] += 1
                for form in _forms(value, whole, words) if len(whole) <= 4 else ():
                    keys.setdefault(("raw", len(form)), set()).add(hashed(form))
            elif categorical or not _short(value, whole, words, is_prose, keys, cased):
                weak.append(value)
    common = 5 if len(distinct) < 1000 else 20
    for size, counts in runs.items():
        own = {h for h, n in counts.items() if n <= common}
        if own:
            keys[("content", size)] = own
    if len(weak) >= max(LISTED, len(distinct) // 2):
        _list(texts, frozenset(weak), keys)
    sieves = _figures_of(texts, distinct, keys)
    return keys, cased, frozenset(map(spelled, weak)), len(distinct), sieves


def _ends(kept: list[Token], is_small: bool) -> Iterator[list[Token]]:
    """The opening of a note, as long as it must be to be nobody else's; of few notes also telling runs."""
    weights = [0 if w in GENERIC else len(w) for w in kept]
    said = 0
    for at, weight in enumerate(weights[:ENDS_MAX], 1):
        said += weight
        if at >= OPENING and (said >= TELLING or at in {len(weights), ENDS_MAX}):
            yield kept[:at]
            break
    for at in range(len(kept) - RUN + 2) if is_small and len(kept) >= 8 else ():
        if sum(weights[at : at + RUN - 1]) >= TELLING_RUN:
            yield kept[at : at + RUN - 1]


def _short(value: str, whole: list[Token], words: list[Token], is_prose: bool, keys: Keys, cased: Cased) -> bool:
    """Index a value of few words as a whole; False when it is too common to be told from other text."""
    whole, words = whole[:_WORDS_MAX], words[:_WORDS_MAX]
    if not words or all(w in STOP for w in whole):
        return False
    digest = hashed(words)
    size = sum(map(len, whole))
    if len(whole) == 1 and (size > 4 or whole[0].isdigit()):
        distinctive = size > 4
    elif len(whole) == 1 and any(48 <= c <= 57 for c in whole[0]):
        distinctive = size == 4
    elif size >= 6:
        distinctive = True
    else:  # Rose, Luc, Li Na: names in their own spelling, if the column does not hold prose (RAS, bof)
        distinctive = not is_prose and len(value) > 2 and all(w[:1].isupper() for w in value.split())
        if distinctive:
            cased.setdefault(digest, set()).add(spelled(" ".join(WORD.findall(value))))
    if distinctive:
        keys.setdefault(("raw", len(words)), set()).add(digest)
        for form in _forms(value, whole, words):
            keys.setdefault(("raw", len(form)), set()).add(hashed(form))
    return distinctive


def _forms(value: str, whole: list[Token], words: list[Token]) -> list[list[Token]]:
    """How else a short value is written: without its hyphens or apostrophes, and a name with its last word first."""
    forms: list[list[Token]] = []
    line = b" ".join(whole)
    if len(line) <= 6:
        return forms
    if len(whole) == 1 < len(words):
        forms.append([b"".join(words)])
    if 1 < len(whole) <= 4 and not _DIGIT.search(line):
        forms.append([*parts(whole[-1]), *parts(b" ".join(whole[:-1]))])
        if "'" in value or "\u2019" in value:
            *first, last = value.split()
            bare = value.replace("'", "").replace("\u2019", "")
            forms += [tokens(bare), [*tokens(last), *tokens(" ".join(first))]]
    return forms


def _figures_of(texts: list[str], distinct: list[str], keys: Keys) -> Sieves:
    """Numbers that are nobody else's and rows of decimals; days. For columns that hold little else."""
    sieves: Sieves = {}
    sample = distinct[:: max(1, len(distinct) // 50)][:50]
    if sum(_number(t) is not None for t in sample) * 5 >= len(sample) * 4 > 0:
        least = _figures.DISTINCT if len(distinct) <= 10_000 else _figures.DISTINCT + 2
        own = {v for t in distinct if (v := _number(t)) is not None and _figures.digits(v) >= least}
        if own:
            keys.setdefault(("number", 1), set()).update(hash((v,)) for v in own)
        row = [v for t in texts[:_SMALL] if (v := _number(t)) is not None]
        if sum(v % 1 != 0 for v in row) * 2 > len(row):
            for values in (row, sorted(row)):
                _rows("number", values, keys, sieves)
                _rows("rounded", list(map(_figures.rounded, values)), keys, sieves)
    elif sum(any(place[0] == 0 for _, place in _figures.days(t)) for t in sample) * 5 >= len(sample) * 4 > 0:
        keys.setdefault(("day", 1), set()).update(hash((d,)) for t in distinct for d, _ in _figures.days(t))
    return sieves


def _rows(kind: str, values: list[float], keys: Keys, sieves: Sieves) -> None:
    found = {
        hash(run) for run in zip(*(values[i:] for i in range(LISTED)), strict=False) if len(set(run)) > LISTED // 2
    }
    if found:
        keys.setdefault((kind, LISTED), set()).update(found)
        sieves.setdefault((kind, THREE), Sieve()).add(set(map(hash, windows(values, THREE))))


def _number(text: str) -> float | None:
    """The number a value is, without its sign; leading zeros make an identifier."""
    if text[:1] == "0" and text[1:2].isdigit():
        return None
    try:
        value = float(text)
    except ValueError:
        return _figures.number(text)
    return abs(value) if math.isfinite(value) else None


def _list(texts: list[str], weak: frozenset[str], keys: Keys) -> None:
    """Runs of values in the column's own order: `[34, 51, 67, …]` says nothing one by one."""
    if len(weak) < 8:
        return  # 0 and 1, or M and F, are in a row everywhere
    words = [w for t in texts[:1_000_000] if t in weak for w in tokens(t)]
    keys.setdefault(("raw", LISTED), set()).update(map(hash, windows(numbers(words), LISTED)))
