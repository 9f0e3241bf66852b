"""`python -m tests.benchmarks.guard`: counts, precision and recall per rule, and what an examination costs."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.guard import Guard
from jupyter_aiprov.redact import Redactor
from tests.guard.made import HELD_OUT, PROMPTS, chat, labelled


@dataclass
class Score:
    """Prompts by outcome of one rule."""

    hit: int = 0
    false: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.false) if self.hit + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 1.0


def scored(file: Path = PROMPTS) -> tuple[dict[str, Score], list[str]]:
    """Every labelled prompt of a file through the whole guard, as a request; what went wrong in words."""
    column, _ = labelled()
    _, prompts = labelled(file)
    guard = Guard(AIProv())
    guard.declare("df", "notes", column, "warn")
    scores: dict[str, Score] = {}
    wrong: list[str] = []
    for prompt in prompts:
        scan = guard.examine(chat(prompt["text"]), "external")
        found = {f.type: f.count for f in scan.findings}
        for rule in found.keys() | prompt["expect"].keys():
            score = scores.setdefault(rule, Score())
            if rule in found and rule in prompt["expect"]:
                score.hit += 1
                if found[rule] != prompt["expect"][rule]:
                    wrong.append(f"{rule}: {found[rule]} for {prompt['expect'][rule]}: {prompt['text'][:70]!r}")
            elif rule in found:
                score.false += 1
                wrong.append(f"{rule}: false alarm: {prompt['text'][:70]!r}")
            else:
                score.missed += 1
                wrong.append(f"{rule}: missed: {prompt['text'][:70]!r}")
    return scores, wrong


def milliseconds(run: Callable[[], object], times: int) -> float:
    """CPU time of the calling thread, best of `times` (the machine may be shared)."""
    best = float("inf")
    for _ in range(times):
        begun = time.thread_time()
        run()
        best = min(best, time.thread_time() - begun)
    return best * 1e3


EN = "The patient's notes were re-read by two clinicians: see Table 2. Answer in one word, please; be brief. "
FR = "Les données recueillies à l'hôpital sont relues par deux médecins : « voilà ». Classez chaque phrase — merci. "


def costs() -> dict[str, float]:
    """Milliseconds: examinations beside a declared column of 100,000 notes, redaction, indexing."""
    guard, redactor = Guard(AIProv()), Redactor()
    notes = [
        f"Note {i}: douleur {i % 977} thorax gauche {i * 7919 % 104729} retour {i % 31} domicile"
        for i in range(100_000)
    ]
    out = {"index of 100,000 notes": milliseconds(lambda: guard.declare("df", "notes", notes), 1)}
    for name, text in (("English", EN), ("French", FR)):
        long = (text * 1000)[:100_000]
        request = chat(long)
        out[f"100 kB {name} prompt"] = milliseconds(lambda r=request: guard.examine(r, "external", cell="c"), 9)  # type: ignore[misc]
        out[f"redaction of 2 kB {name}"] = milliseconds(lambda t=text: redactor.text((t * 30)[:2000]), 200)  # type: ignore[misc]
    identifiers = [f"P-{i:07d}" for i in range(1_000_000)]
    out["index of 1,000,000 identifiers"] = milliseconds(lambda: guard.declare("df", "id", identifiers), 1)
    out["100 kB beside both columns"] = milliseconds(lambda: guard.examine(request, "external", cell="c"), 9)
    return out


def main() -> None:
    """Print the tables."""
    for file in (PROMPTS, *HELD_OUT):
        _, prompts = labelled(file)
        innocent = sum(not p["expect"] for p in prompts)
        print(f"{file.name}: {len(prompts)} labelled prompts, {innocent} of them innocent\n")
        print(f"{'rule':<14}{'hits':>6}{'false':>7}{'missed':>8}{'precision':>11}{'recall':>8}")
        scores, wrong = scored(file)
        for rule, score in sorted(scores.items()):
            counts = f"{rule:<14}{score.hit:>6}{score.false:>7}{score.missed:>8}"
            print(f"{counts}{score.precision:>11.3f}{score.recall:>8.3f}")
        print("\n" + "\n".join(wrong or ["every count as labelled"]) + "\n")
    print(f"CPU time in milliseconds, Python {platform.python_version()}, {platform.machine()}")
    for name, spent in costs().items():
        print(f"{name:<36}{spent:>10.3f}")


if __name__ == "__main__":
    main()
