"""`python -m tests.benchmarks.authorship`: precision and recall on the labelled pairs, and what a cell costs."""

from __future__ import annotations

import platform
import random
import re
import statistics
import time
from collections import Counter

from jupyter_aiprov.authorship import Answer, Matcher
from jupyter_aiprov.model import Message
from tests.authorship.labelled import SETS, Outcome, labelled, outcomes


def scores(found: list[Outcome]) -> tuple[float, float]:
    """Precision (the right answer named, of all named) and recall (of all cells that came from one)."""
    named = [o for o in found if o.said is not None]
    right = [o for o in named if o.is_right]
    return len(right) / len(named), len(right) / sum(o.same for o in found)


def thousand(seed: int = 8) -> Matcher:
    """A thousand different answers of usual length: the labelled ones with other names and numbers in them."""
    chance = random.Random(seed)
    texts = list(labelled()["answers"].values())
    matcher = Matcher()
    for number in range(1000):
        changed = re.sub(
            r"\b[a-z_]{4,}\b",
            lambda word: f"{word[0]}_{number}" if chance.random() < 0.3 else word[0],  # noqa: B023
            texts[number % len(texts)],
        )
        matcher.answered(Answer(str(number), "gpt-4o", [Message.text("assistant", changed)]))
    return matcher


def milliseconds() -> list[float]:
    """What each cell of the labelled pairs costs against a thousand answers, in time of this thread."""
    matcher = thousand()
    spent = []
    for pair in labelled()["pairs"]:
        began = time.thread_time()
        matcher.match(pair["cell"], "code" if pair["type"] == "code" else "prose")
        spent.append(1000 * (time.thread_time() - began))
    return spent


def main() -> None:
    print(f"Python {platform.python_version()}")
    for path in SETS:
        found = outcomes(path)
        total = Counter(o.same for o in found)
        wrong = Counter(o.kind for o in found if not o.is_right)
        precision, recall = scores(found)
        print(f"{path.stem}: {total[True]} cells that came from an answer, {total[False]} that did not")
        print(f"  precision {precision:.3f}, recall {recall:.3f}; wrong: {dict(wrong) or 'none'}")
    spent = milliseconds()
    print(f"ms per cell against 1,000 answers: median {statistics.median(spent):.2f}, most {max(spent):.2f}")


if __name__ == "__main__":
    main()
