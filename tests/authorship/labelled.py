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
UNSEEN = Path(__file__).with_name("unseen.yaml")
SETS = (PAIRS, UNSEEN)


@dataclass(frozen=True)
class Outcome:
    """One pair: what is so, what was said, and of which answer."""

    kind: str
    answers: frozenset[str]  # those that may be named; empty where the cell came from none
    said: str | None  # the answer that the matcher names
    share: tuple[float, float] | None

    @property
    def same(self) -> bool:
        return bool(self.answers)

    @property
    def is_right(self) -> bool:
        return self.said in self.answers if self.answers else self.said is None


@cache
def labelled(path: Path = PAIRS) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def answer(name: str, question: str = "How would you do this?", path: Path = PAIRS) -> Answer:
    text = labelled(path)["answers"][name]
    return Answer(name, "gpt-4o", [Message.text("assistant", text)], [Message.text("user", question)])


def outcomes(*paths: Path) -> list[Outcome]:
    """Each pair by itself, among all answers of its set; of all sets where none is named."""
    return [_outcome(pair, path) for path in paths or SETS for pair in labelled(path)["pairs"]]


def _outcome(pair: dict[str, Any], path: Path) -> Outcome:
    matcher = Matcher()
    kind = "code" if pair["type"] == "code" else "prose"
    if "before" in pair:
        assert matcher.match(pair["before"], kind) is None
    for name in labelled(path)["answers"]:
        asked = {"question": pair["question"]} if name == pair["answer"] and "question" in pair else {}
        matcher.answered(answer(name, path=path, **asked))
    found = matcher.match(pair["cell"], kind)
    named = {pair["answer"], pair.get("also", pair["answer"])} if pair["same"] else set()
    return Outcome(
        pair["kind"],
        frozenset(named),
        found.answer.invocation if found else None,
        found.share if found else None,
    )
