"""Characters that no reader sees and a model reads: zero-width, tags, overrides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jupyter_aiprov.guard.patterns._look import Stretch

# Emoji and several scripts need joiners, and files begin with a mark: hidden is what no reader needs.
INVISIBLE: Final = re.compile("[\u180e\u200b-\u200f\u202d\u202e\u2060-\u2064\ufeff\U000e0000-\U000e01ef]")
_HIDDEN: Final = re.compile(
    "[\U000e0000-\U000e007f\U000e0100-\U000e01ef]+|(?<!\\A)\ufeff+|[\u180e\u200b-\u200f\u2060-\u2064]{2,}"
    "|[\u200b\u2060-\u2064\u180e]"
    "|(?<=[A-Za-z])[\u200c\u200d]+(?=[A-Za-z])|[\u202d\u202e]+"
)
_FLAG: Final = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f")


def hidden_text(text: str) -> Iterator[Stretch]:
    """Characters that no reader sees and a model reads: zero-width, tags, overrides."""
    if text.isascii() or not INVISIBLE.search(text):
        return
    flags = {m.start() + 1 for m in _FLAG.finditer(text)}
    done = 0
    for begun in INVISIBLE.finditer(text):
        if begun.start() >= done and (match := _HIDDEN.match(text, begun.start())):
            done = match.end()
            if match.start() not in flags:
                yield match.span()
