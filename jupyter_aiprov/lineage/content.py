"""The arbiter: whether values stand in the answers, asked only where flow had to guess.

Keeps the texts of answers and prompts of this session in memory, capped; builds its index when it
is asked, per group of calls.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from jupyter_aiprov.model import Invocation

_CAP: Final = 48 * 2**20
_LONG: Final = 12
_SAMPLE: Final = 400
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


class Answers:
    """Texts by invocation. `add` is called on the writer's thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._out: dict[str, tuple[str, ...]] = {}
        self._in: dict[str, None] = {}
        self._size = 0
        self._index: dict[frozenset[str], tuple[set[str], set[float], str]] = {}

    def add(self, invocation: str, answer: Invocation) -> None:
        """Keep what was said and what was asked."""
        texts = tuple(_texts(answer.output))
        prompts = [t for t in _texts(answer.input) if len(t) < 200_000]
        with self._lock:
            if self._size > _CAP:
                return
            self._out[invocation] = texts
            self._size += sum(map(len, texts))
            for text in prompts:
                if text not in self._in:
                    self._in[text] = None
                    self._size += len(text)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._out.clear()
            self._in.clear()
            self._index.clear()
            self._size = 0

    def _of(self, invocations: frozenset[str]) -> tuple[set[str], set[float], str]:
        found = self._index.get(invocations)
        if found is not None:
            return found
        words: set[str] = set()
        numbers: set[float] = set()
        with self._lock:
            texts = list(dict.fromkeys(t for i in invocations for t in self._out.get(i, ())))
        for text in texts:
            _leaves(text, words, numbers)
        made = (words, numbers, "\n".join(texts).lower())
        if len(self._index) > 40:
            self._index.clear()
        self._index[invocations] = made
        return made

    def is_known(self, invocations: frozenset[str]) -> bool:
        """True when at least one of these answers is at hand."""
        return any(i in self._out for i in invocations)

    def holds(self, value: Any, invocations: frozenset[str]) -> bool:
        """True when the value is an answer, a leaf or a piece of one."""
        words, numbers, text = self._of(invocations)
        if type(value) is bool:
            return str(value).lower() in words
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value) in numbers
        if not isinstance(value, str):
            return False
        plain = _normal(value)
        if plain in words:
            return True
        return len(plain) >= _LONG and len(text) < 4_000_000 and plain in text

    def was_sent(self, value: Any) -> bool:
        """True for a strong text that stood in a prompt."""
        if not isinstance(value, str) or not is_strong(value):
            return False
        with self._lock:
            prompts = list(self._in)[-3000:]
        return any(value in p for p in prompts)

    def judge(self, values: Iterable[Any], invocations: frozenset[str]) -> str:
        """What a column looks like: `generated`, `mixed`, `sent` or `other`."""
        known = _counted([v for v in values if not _is_missing(v)][:_SAMPLE])
        if not known:
            return "other"
        strong = [v for v, _ in known if is_strong(v)]
        if strong and sum(self.was_sent(v) for v in strong[:50]) >= 0.8 * len(strong[:50]):
            return "sent"
        hits = sum(count for v, count in known if self.holds(v, invocations))
        share = hits / sum(count for _, count in known)
        if not strong and len({repr(v) for v, _ in known}) < 2:
            return "other"
        if share >= 0.8:
            return "generated"
        return "mixed" if strong and share >= 0.15 else "other"


def _counted(values: list[Any]) -> list[tuple[Any, int]]:
    """Each value once, with how often it stands there: columns repeat a few."""
    try:
        counts = Counter((type(v), v) for v in values)
    except TypeError:  # lists and dicts
        return [(v, 1) for v in values]
    return [(v, count) for (_, v), count in counts.items()]


def is_strong(value: Any) -> bool:
    """A value that does not stand in an answer by chance."""
    if isinstance(value, str):
        return len(value) >= _LONG or (len(value) >= 8 and " " in value)
    if isinstance(value, float):
        return len(repr(value).replace(".", "").replace("-", "").strip("0")) >= 4
    return False


def _is_missing(value: Any) -> bool:
    return (
        value is None
        or (isinstance(value, float) and math.isnan(value))
        or type(value).__name__ in {"NAType", "NaTType"}
    )


def _normal(text: str) -> str:
    return text.strip().strip(".").strip().lower()


def _texts(messages: Any) -> Iterable[str]:
    for message in messages:
        for part in message.parts:
            for key in ("content", "arguments", "response", "result"):
                value = part.get(key)
                if isinstance(value, str):
                    yield value
                elif isinstance(value, (dict, list)):
                    yield json.dumps(value, default=str)


def _leaves(text: str, words: set[str], numbers: set[float]) -> None:
    words.add(_normal(text))
    if len(text) < 60 and text.isalpha():
        return
    for found in _NUMBER.findall(text[:200_000]):
        try:
            numbers.add(float(found))
        except ValueError:
            continue
    start = min((i for i in (text.find("{"), text.find("[")) if i >= 0), default=-1)
    if start >= 0:
        end = max(text.rfind("}"), text.rfind("]")) + 1
        with contextlib.suppress(ValueError, RecursionError):
            _walk(json.loads(text[start:end]), words)
    if len(text) < 100_000:
        for line in text.splitlines():
            words.add(_normal(line))
            for piece in re.split(r"[,;|\t]", line):
                words.add(_normal(piece))
            bullet = re.sub(r"^\s*(?:[-*•]|\d+[.)])\s*", "", line)
            words.add(_normal(bullet))


def _walk(value: Any, words: set[str]) -> None:
    if isinstance(value, dict):
        for one in value.values():
            _walk(one, words)
    elif isinstance(value, list):
        for one in value:
            _walk(one, words)
    elif isinstance(value, str):
        words.add(_normal(value))
    elif isinstance(value, bool):
        words.add(str(value).lower())
