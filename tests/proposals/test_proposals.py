"""A template is what the prompts of one function share; what differs is a slot, and nothing is published by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_aiprov.exporters import statement
from jupyter_aiprov.notebook import provenance_of
from jupyter_aiprov.proposals import proposals, template_of
from tests.kernels import Kernel, kernel
from tests.loopback import Loopback, serving

NOTES = ["pain since Tuesday", "fever after a trip", "fell from a ladder, no fracture", "pain in the chest"]


@pytest.mark.parametrize(
    ("prompt", "template"),
    [
        ("Classify this note: {}", "Classify this note: {text}"),
        ("{}\n\nSummarise the note above.", "{text}\n\nSummarise the note above."),
        ("Note: {} . Answer yes or no to: {} ?", "Note: {text} . Answer yes or no to: {text2} ?"),
        ("Translate {} to French", "Translate {text} to French"),
    ],
)
def test_what_differs_is_a_slot(prompt: str, template: str) -> None:
    assert template_of([prompt.format(n, n) for n in NOTES]) == template


def test_words_that_some_notes_share_by_chance_stay_out() -> None:
    texts = [f"Classify: {n}" for n in ("the pain in the knee was bad", "we saw the knee and the hip, bad")]
    assert template_of([*texts, "Classify: other"]) is None  # one word is next to nothing
    told = template_of([t.replace("Classify", "Classify this note") for t in texts])
    assert told is not None
    assert "knee" not in told


def test_texts_that_share_nothing_or_are_documents_make_no_template() -> None:
    assert template_of(["a b c", "x y z"]) is None
    assert template_of(["word " * 4000, "word " * 4001]) is None
    assert template_of([]) is None


@given(st.lists(st.text("ab {}\n.:", max_size=30), min_size=2, max_size=6))
def test_every_text_is_the_template_with_its_slots_filled(parts: list[str]) -> None:
    texts = [f"Say what this is: {part} (one word only)" for part in parts]
    told = template_of(texts)
    assert told is not None
    pattern = "(.*)".join(re.escape(p) for p in re.split(r"\{text\d*\}", told))
    assert all(re.fullmatch(pattern, text, re.DOTALL) for text in texts)


def test_calls_of_one_place_make_a_group_and_a_single_call_makes_none() -> None:
    def call(text: str, line: int, execution: str = "x") -> dict[str, object]:
        said = [{"role": "system", "parts": [{"type": "text", "content": "Be short."}]}]
        said += [{"role": "user", "parts": [{"type": "text", "content": text}]}]
        return {
            "site": {"function": "ask", "line": line},
            "execution": execution,
            "execution_count": 3,
            "gen_ai.input.messages": said,
            "gen_ai.response.model": "m-1",
        }

    calls = [call(f"Sort this note: {n}", 4) for n in NOTES] + [call("Something else entirely", 9)]
    calls += [call(f"Sort this note: {n}", 4, "run again") for n in NOTES] + [{"execution": "x"}, {"site": None}]
    assert proposals(calls) == [
        {
            "name": "ask",
            "template": "Sort this note: {text}",
            "system": "Be short.",
            "models": ["m-1"],
            "calls": 4,
            "cells": [3],
        }
    ]


@pytest.fixture
def nb(tmp_path: Path) -> Iterator[Kernel]:
    with kernel(tmp_path) as running:
        yield running


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        yield running


def test_a_proposal_is_published_only_when_a_person_declares_it(nb: Kernel, server: Loopback) -> None:
    nb.run(
        "%load_ext jupyter_aiprov\nimport httpx, jupyter_aiprov as aiprov\n"
        f"def sort(note): return httpx.post({server.url()!r} + '/v1/chat/completions', json={{'model': 'gpt-4o-mini', "
        "'messages': [{'role': 'user', 'content': 'Sort this note: ' + note}]}, timeout=30)"
    )
    nb.run(f"for note in {NOTES!r}: sort(note)")
    shown = nb.run("%aiprov prompts").stdout
    line = "aiprov.prompt('sort', 'Sort this note: {text}')"
    assert line in shown
    assert not any(note in shown for note in NOTES)
    assert not [e for e in nb.events() if e.get("kind") == "prompt"]
    before = statement.render([provenance_of({"nbformat": 4, "cells": []}, nb.events())])
    assert "prompts" in before.open_slots
    assert nb.value("[p['name'] for p in aiprov.prompts()]") == ["sort"]
    nb.run(line)
    after = statement.render([provenance_of({"nbformat": 4, "cells": []}, nb.events())], format="txt")
    assert "sort: “Sort this note: {text}”" in after.text
