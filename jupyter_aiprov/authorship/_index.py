"""Pieces of answers by fingerprint: which of them a text has most of, and how much.

Winnowing (Schleimer, Wilkerson and Aiken 2003) picks the grams by which pieces are found; how much
is kept is then counted on all grams of the few that come into question.
"""

from __future__ import annotations

import zlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, Final

from jupyter_aiprov.authorship._pieces import Kind
from jupyter_aiprov.authorship._tokens import code_tokens, renamed, words

GRAM: Final = 5  # tokens
WINDOW: Final = 4
PIECES_MAX: Final = 4000
_CANDIDATES: Final = 4
_TOKENS_MAX: Final = 20_000
_MARKS: Final = 60  # the rarest fingerprints of a text are looked up
_PLACES: Final = 30  # the latest pieces that share one
# What counts as kept: tokens at least, and the least share of the text they cover.
_ENOUGH: Final = {"code": ((10, 0.6), (24, 0.25)), "prose": ((12, 0.6), (30, 0.3))}
_RENAMED_ENOUGH: Final = ((20, 0.7),)


@dataclass(frozen=True)
class Text:
    """A text as grams, in its plain reading and, for code, with own names made equal."""

    kind: Kind
    grams: tuple[int, ...]
    renamed: tuple[int, ...]
    size: int  # tokens

    @staticmethod
    def of(kind: Kind, text: str) -> Text:
        """The text read as code or as prose."""
        if kind == "prose":
            plain = words(text)[:_TOKENS_MAX]
            return Text(kind, tuple(_grams(plain, "p")), (), len(plain))
        plain = code_tokens(text)[:_TOKENS_MAX]
        return Text(kind, tuple(_grams(plain, "c")), tuple(_grams(renamed(text, plain), "r")), len(plain))


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
    """Pieces of answers, the oldest of which are forgotten past a limit."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[int, tuple[Any, Kind, frozenset[int]]] = OrderedDict()
        self._places: defaultdict[int, list[int]] = defaultdict(list)
        self._known: set[int] = {*_COMMON}  # grams that everybody writes, or that a person had written before
        self._numbers = count()

    def add(self, answer: Any, text: Text, own: Iterable[int] = ()) -> None:
        """A piece of an answer; grams in `own` were a person's, unless an earlier answer had them first."""
        theirs = {g for g in own if g not in self._places} | self._known
        grams = [g for g in (*text.grams, *text.renamed) if g not in theirs]
        if len(grams) < 4:
            return
        number = next(self._numbers)
        self._pieces[number] = (answer, text.kind, frozenset(grams))
        for gram in {*_winnowed([g for g in text.grams if g not in theirs])} | {
            *_winnowed([g for g in text.renamed if g not in theirs])
        }:
            self._places[gram].append(number)
        while len(self._pieces) > PIECES_MAX:
            gone, (_, _, grams_gone) = self._pieces.popitem(last=False)
            for gram in grams_gone & self._places.keys():
                self._places[gram] = [n for n in self._places[gram] if n != gone]
                if not self._places[gram]:
                    del self._places[gram]

    def know(self, text: Text) -> None:
        """A text that no answer accounts for: an answer that repeats it later did not write it."""
        if len(self._known) < 500_000:
            self._known.update(text.grams, text.renamed)

    def __len__(self) -> int:
        return len(self._pieces)

    def best(self, text: Text) -> Match | None:
        """The answer that most of the text stands in, if it is enough to say so."""
        if text.size < GRAM or not self._pieces:
            return None
        marks = {*_winnowed(text.grams), *_winnowed(text.renamed)}
        places = sorted((self._places[mark] for mark in marks & self._places.keys()), key=len)
        hits = Counter(chain.from_iterable(numbers[-_PLACES:] for numbers in places[:_MARKS]))
        found = [self._measured(number, text) for number, _ in hits.most_common(_CANDIDATES)]
        kept = [m for m in found if m is not None]
        return max(kept, key=lambda m: (m.share, m.tokens), default=None)

    def _measured(self, number: int, text: Text) -> Match | None:
        answer, kind, grams = self._pieces[number]
        if kind != text.kind:
            return None
        plain = _covered(text.grams, grams)
        loose = max(plain, _covered(text.renamed, grams))
        share = (round(plain / text.size, 2), round(loose / text.size, 2))
        literally = any(plain >= n and share[0] >= part for n, part in _ENOUGH[kind])
        if literally or any(loose >= n and share[1] >= part for n, part in _RENAMED_ENOUGH):
            return Match(answer, share, loose)
        return None


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


def _covered(grams: Sequence[int], known: frozenset[int]) -> int:
    """How many tokens stand in a gram that is known."""
    total = end = 0
    for start, gram in enumerate(grams):
        if gram in known:
            total += start + GRAM - max(start, end)
            end = start + GRAM
    return total


# Lines as every textbook has them: they tell nothing of who wrote.
_IDIOMS: Final = (
    "X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)",
    "X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0, stratify=y)",
    "model.fit(X_train, y_train)\ny_pred = model.predict(X_test)\nprint(model.score(X_test, y_test))",
    "fig, ax = plt.subplots(figsize=(10, 6))\nax.legend()\nplt.tight_layout()\nplt.show()",
    "fig, axes = plt.subplots(1, 2, figsize=(12, 5))",
    "plt.figure(figsize=(10, 6))\nplt.legend()\nplt.grid(True)\nplt.show()",
    "if __name__ == '__main__':\n    main()",
    "with open(path, 'r', encoding='utf-8') as f:\n    data = json.load(f)",
    "for i in range(len(df)):\n    print(i)",
    "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
    "optimizer.zero_grad()\nloss.backward()\noptimizer.step()",
    "logging.basicConfig(level=logging.INFO)\nlogger = logging.getLogger(__name__)",
    "pd.set_option('display.max_columns', None)",
    "np.random.seed(42)\nrng = np.random.default_rng(42)",
)
_COMMON: Final = frozenset(g for idiom in _IDIOMS for t in (Text.of("code", idiom),) for g in (*t.grams, *t.renamed))
