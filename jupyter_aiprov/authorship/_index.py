"""Answers by fingerprint: which of them a text has most of, and how much.

Winnowing (Schleimer, Wilkerson and Aiken 2003) picks the grams by which answers are found; how much
is kept is then counted on all grams of the few that come into question.
"""

from __future__ import annotations

import zlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, Final

from jupyter_aiprov.authorship._common import COMMON
from jupyter_aiprov.authorship._pieces import Kind
from jupyter_aiprov.authorship._tokens import code_tokens, informative, words

GRAM: Final = 5  # tokens
WINDOW: Final = 4
ANSWERS_MAX: Final = 4000
_KNOWN_MAX: Final = 500_000  # grams
_CANDIDATES: Final = 4
_TOKENS_MAX: Final = 20_000
_MARKS: Final = 60  # the rarest fingerprints of a text are looked up
_PLACES: Final = 30  # the latest answers that share one
_LEAST: Final = 4  # grams of an answer's own


@dataclass(frozen=True)
class Enough:
    """What counts as kept: tokens, their share of the text, the words that not everybody uses, the longest run."""

    tokens: int
    share: float
    telling: int
    run: int = 0


_ENOUGH: Final = {
    "code": (
        Enough(10, 0.6, 6),
        Enough(20, 0.25, 4),
        Enough(30, 0.9, 2),
        Enough(40, 0.25, 2, run=40),
        Enough(40, 0.1, 8, run=30),
    ),
    "prose": (Enough(12, 0.6, 0), Enough(30, 0.3, 0), Enough(16, 0.2, 0, run=16)),
}
_RENAMED_ENOUGH: Final = (Enough(20, 0.7, 4), Enough(40, 0.7, 0, run=30))


@dataclass(frozen=True)
class Text:
    """A text as tokens and grams, in its plain reading and, for code, with own names made equal."""

    kind: Kind
    tokens: tuple[str, ...]
    loose: tuple[str, ...]  # the tokens with own names made equal; empty for prose
    grams: tuple[int, ...]
    renamed: tuple[int, ...]

    @staticmethod
    def of(kind: Kind, text: str) -> Text:
        """The text read as code or as prose."""
        if kind == "prose":
            plain = words(text)[:_TOKENS_MAX]
            return Text(kind, tuple(plain), (), tuple(_grams(plain, "p")), ())
        plain, loose = (read[:_TOKENS_MAX] for read in code_tokens(text))
        return Text(kind, tuple(plain), tuple(loose), tuple(_grams(plain, "c")), tuple(_grams(loose, "r")))

    @property
    def size(self) -> int:
        """How many tokens."""
        return len(self.tokens)

    @property
    def all(self) -> frozenset[int]:
        """The grams of both readings."""
        return frozenset((*self.grams, *self.renamed))


@dataclass(frozen=True)
class Match:
    """What of a text stands in an answer: `share` is of the text, from literally to with names made equal."""

    answer: Any
    share: tuple[float, float]
    tokens: int

    @property
    def is_verbatim(self) -> bool:
        """True when nothing that is not format differs."""
        return self.share[0] >= 0.98


class Index:
    """Answers' grams, the oldest of which are forgotten past a limit."""

    def __init__(self) -> None:
        self._answers: OrderedDict[int, tuple[Any, frozenset[int]]] = OrderedDict()
        self._places: defaultdict[int, list[int]] = defaultdict(list)
        self._known: set[int] = set()  # grams that a person had written before
        self._numbers = count()

    def add(self, answer: Any, texts: Sequence[Text], own: Iterable[Text] = ()) -> None:
        """An answer's pieces; what stands in `own` was a person's, unless an earlier answer had it first."""
        theirs: set[int] = set()
        for text in own:
            theirs |= text.all - self._answered(text)
        theirs |= self._known
        readings = [reading for text in texts for reading in _without(text, theirs)]
        grams = frozenset(chain.from_iterable(readings))
        if len(grams) < _LEAST:
            return
        number = next(self._numbers)
        self._answers[number] = (answer, grams)
        for mark in {mark for reading in readings for mark in _winnowed(reading)}:
            self._places[mark].append(number)
        while len(self._answers) > ANSWERS_MAX:
            gone, (_, grams_gone) = self._answers.popitem(last=False)
            for gram in grams_gone & self._places.keys():
                self._places[gram] = [n for n in self._places[gram] if n != gone]
                if not self._places[gram]:
                    del self._places[gram]

    def know(self, text: Text) -> None:
        """A text that no answer accounts for: an answer that repeats it later did not write it."""
        if len(self._known) < _KNOWN_MAX:
            self._known.update(text.all)

    def __len__(self) -> int:
        return len(self._answers)

    def matches(self, text: Text) -> list[Match]:
        """The answers that enough of the text stands in, that of the largest part first; each part counts once."""
        if text.size < GRAM or not self._answers:
            return []
        seen = [_Seen.of(text, *self._answers[number]) for number in self._candidates(text)]
        out: list[Match] = []
        while (best := max((s for s in seen if s.is_enough(text)), key=lambda s: s.weight, default=None)) is not None:
            out.append(Match(best.answer, best.share(text), sum(best.loose)))
            seen = [s.without(best) for s in seen if s is not best]
        return out

    def _candidates(self, text: Text) -> list[int]:
        marks = {*_winnowed(text.grams), *_winnowed(text.renamed)}
        places = sorted((self._places[mark] for mark in marks & self._places.keys()), key=len)
        hits = Counter(chain.from_iterable(numbers[-_PLACES:] for numbers in places[:_MARKS]))
        return [number for number, _ in hits.most_common(_CANDIDATES)]

    def _answered(self, text: Text) -> frozenset[int]:
        """What earlier answers have of a text."""
        found = [self._answers[n][1] for n in self._candidates(text)] if self._answers else []
        return frozenset().union(*found)


@dataclass(frozen=True)
class _Seen:
    """The tokens of a text that stand in one answer: literally, and with names made equal."""

    answer: Any
    plain: bytes  # a 1 for each token that does
    loose: bytes

    @staticmethod
    def of(text: Text, answer: Any, grams: frozenset[int]) -> _Seen:
        plain, loose = _covered(text.grams, grams, text.size), _covered(text.renamed, grams, text.size)
        return _Seen(answer, plain, plain if sum(plain) >= sum(loose) else loose)

    @property
    def weight(self) -> tuple[int, int]:
        return sum(self.loose), sum(self.plain)

    def share(self, text: Text) -> tuple[float, float]:
        return round(sum(self.plain) / text.size, 2), round(sum(self.loose) / text.size, 2)

    def without(self, other: _Seen) -> _Seen:
        """What another answer does not account for."""
        plain, loose = (
            bytes(a & ~b for a, b in zip(own, other.loose, strict=True)) for own in (self.plain, self.loose)
        )
        return _Seen(self.answer, plain, loose)

    def is_enough(self, text: Text) -> bool:
        if _is_any(_ENOUGH[text.kind], self.plain, text.tokens):
            return True
        return bool(text.loose) and _is_any(_RENAMED_ENOUGH, self.loose, text.loose)


def _is_any(ways: Iterable[Enough], mask: bytes, tokens: Sequence[str]) -> bool:
    total = sum(mask)
    if not total:
        return False
    telling = len(set(informative([t for t, is_in in zip(tokens, mask, strict=True) if is_in])) - COMMON)
    run = max(map(len, mask.split(b"\0")))
    return any(
        total >= one.tokens and total >= one.share * len(tokens) and telling >= one.telling and run >= one.run
        for one in ways
    )


def _grams(tokens: Sequence[str], salt: str) -> Iterator[int]:
    for start in range(len(tokens) - GRAM + 1):
        yield zlib.crc32("\x1f".join((salt, *tokens[start : start + GRAM])).encode("utf-8", "surrogatepass"))


def _winnowed(grams: Sequence[int]) -> Iterator[int]:
    """The least gram of every window: any run of WINDOW + GRAM - 1 equal tokens shares one."""
    if len(grams) <= WINDOW:
        yield from grams[:1] and (min(grams),)
        return
    for start in range(len(grams) - WINDOW + 1):
        yield min(grams[start : start + WINDOW])


def _without(text: Text, theirs: Set[int]) -> tuple[list[int], list[int]]:
    """The grams of both readings that are not a person's; what is theirs literally is theirs under any names."""
    taken = _covered(text.grams, theirs, text.size)
    whole = b"\1" * GRAM
    loose = [g for at, g in enumerate(text.renamed) if g not in theirs and taken[at : at + GRAM] != whole]
    return [g for g in text.grams if g not in theirs], loose


def _covered(grams: Sequence[int], known: Set[int], size: int) -> bytes:
    """Which tokens stand in a gram that is known."""
    mask = bytearray(size)
    for start, gram in enumerate(grams):
        if gram in known:
            mask[start : start + GRAM] = b"\1" * GRAM
    return bytes(mask)
