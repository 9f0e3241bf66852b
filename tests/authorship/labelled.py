"""The labelled pairs, and what the matcher says of them; read by the test and by the benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from jupyter_aiprov.authorship import Answer, Matcher
from jupyter_aiprov.model import Message

PAIRS = Path(__file__).with_name("pairs.yaml")


@dataclass(frozen=True)
class Outcome:
    """One pair: what is so, what was said, and of which answer."""

    kind: str
    answer: str
    same: bool
    said: str | None  # the answer that the matcher names
    share: tuple[float, float] | None

    @property
    def is_right(self) -> bool:
        return self.said == (self.answer if self.same else None)


@cache
def labelled() -> dict[str, Any]:
    return yaml.safe_load(PAIRS.read_text(encoding="utf-8"))


def answer(name: str, question: str = "How would you do this?") -> Answer:
    text = labelled()["answers"][name]
    return Answer(name, "gpt-4o", [Message.text("assistant", text)], [Message.text("user", question)])


def outcomes() -> list[Outcome]:
    """Each pair by itself, among all answers."""
    out = []
    for pair in labelled()["pairs"]:
        matcher = Matcher()
        for name in labelled()["answers"]:
            asked = {"question": pair["question"]} if name == pair["answer"] and "question" in pair else {}
            matcher.answered(answer(name, **asked))
        found = matcher.match(pair["cell"], "code" if pair["type"] == "code" else "prose")
        said = found.answer.invocation if found else None
        out.append(Outcome(pair["kind"], pair["answer"], pair["same"], said, found.share if found else None))
    return out
