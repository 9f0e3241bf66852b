"""With numpy and without, all at once or one by one, the guard finds the same."""

from __future__ import annotations

import json
import random
import string
import sys
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov.guard import _cells, _figures, _many, handover
from jupyter_aiprov.guard._sieve import Sieve
from jupyter_aiprov.guard._words import numbers, spaced, tokens, windows
from jupyter_aiprov.guard.columns import Columns
from tests.guard.made import labelled
from tests.guard.test_figures import pieces

CHANCE = random.Random(11)
NOTES, PROMPTS = labelled()
COLUMNS: dict[str, list[Any]] = {
    "df.notes": NOTES,
    "df.name": ["Rose", "Luc", "Li Na", "Jean-Pierre Dupont", "O'Neil Sam", "Zoé", "Anne", "Marc"],
    "df.id": [f"P-{n:05d}" for n in range(0, 3000, 7)],
    "df.hb": [round(CHANCE.gauss(13, 2), 2) for _ in range(400)],
    "df.cells": [round(CHANCE.gauss(4e6, 1e5)) for _ in range(400)],
    "df.born": [f"19{40 + n % 50}-{n % 12 + 1:02d}-{n % 28 + 1:02d}" for n in range(200)],
    "df.age": [CHANCE.randint(18, 95) for _ in range(400)],
}


def declared() -> Columns:
    columns = Columns()
    for name, values in COLUMNS.items():
        columns.declare(name, values, "block")
    return columns


KNOWN = declared()
KEY = b"k" * 32
HANDED = handover.packed(KNOWN, KEY)
CHILD = handover.unpacked(HANDED, KEY)
values = st.sampled_from([str(v) for column in COLUMNS.values() for v in column])
runs = st.sampled_from(list(COLUMNS)).flatmap(
    lambda name: st.tuples(st.integers(0, 7), st.sampled_from([",", "\n", " ", ", ", "\t"])).map(
        lambda at: at[1].join(map(str, COLUMNS[name][at[0] : at[0] + 7]))
    )
)
texts = st.lists(
    values
    | runs
    | pieces
    | st.text(max_size=20)
    | st.sampled_from(["age: 34", "hb,age", "\n", " ", ",", "-", "rose", "the"]),
    max_size=12,
).map(" ".join)


def found(columns: Columns, text: str, least: int) -> dict[str, int]:
    with patch.object(_many, "_FEW", least):
        return columns.found([text], [text[:20], text[20:]])


@given(text=texts)
@settings(max_examples=600, deadline=None)
def test_the_same_is_found_at_once_and_one_by_one(text: str) -> None:
    assert found(KNOWN, text, 0) == found(KNOWN, text, sys.maxsize)


@given(text=texts)
@settings(max_examples=400, deadline=None)
def test_a_child_finds_the_same_by_sealed_hashes(text: str) -> None:
    """At once and one by one; so does the redactor."""
    assert found(CHILD, text, 0) == found(CHILD, text, sys.maxsize) == found(KNOWN, text, 0)
    assert CHILD.spans(text) == KNOWN.spans(text)


def test_a_child_seals_little_of_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """To seal a hash costs a hundred times what it costs to make it: sieves tell most of them without."""
    sealed: list[int] = []

    def seal(plain: int, seal: Any = CHILD.seal) -> int:
        sealed.append(plain)
        return int(seal(plain))

    monkeypatch.setattr(CHILD, "seal", seal)
    text = " ".join(f"word{n % 997} {n}.{n % 89} of the" for n in range(5000))
    for least in (0, sys.maxsize):
        with patch.object(_many, "_FEW", least):
            assert CHILD.found([text]) == {}
    assert len(sealed) < 2000, "of more than 200,000 hashes"


@given(st.integers(0, len(HANDED) - 1), st.integers(1, 255))
@settings(max_examples=60)
def test_a_byte_changed_anywhere_in_what_is_handed_over_is_told(at: int, by: int) -> None:
    """A child that read it all the same would pass over values."""
    changed = bytearray(HANDED)
    changed[at] ^= by
    with pytest.raises(ValueError, match="changed"):
        handover.unpacked(bytes(changed), KEY)


@pytest.mark.parametrize("key", [b"", b"o" * 32])
def test_who_has_only_the_file_reads_nothing_in_it(key: bytes) -> None:
    """No name, no hash, no sieve; nothing shows that two files hold the same."""
    again = handover.packed(KNOWN, KEY)
    plain = [b"df.notes", json.dumps("block").encode()]
    plain += [bytes(sieve.slots)[at : at + 16] for sieve in KNOWN.sieves.values() for at in range(0, 512, 16)]
    for part in plain:
        assert not any(part) or (part not in HANDED and part not in again)
    assert not any(HANDED[at : at + 8] in again for at in range(len(HANDED) - 8))
    with pytest.raises(ValueError, match="not written by this session"):
        handover.unpacked(HANDED, key)


@pytest.mark.parametrize("prompt", [p["text"] for p in PROMPTS if "confidential" in p["expect"]])
def test_a_labelled_prompt_is_found_at_once_and_one_by_one(prompt: str) -> None:
    assert found(KNOWN, prompt, 0) == found(KNOWN, prompt, sys.maxsize)
    assert "df.notes" in found(KNOWN, prompt, 0)


@given(text=st.text() | st.text(string.ascii_letters + " -_éàœ発熱\0", max_size=400))
@settings(max_examples=300, deadline=None)
def test_words_have_the_hashes_that_python_gives_them(text: str) -> None:
    words = tokens(text)
    lanes, sizes = _many.word_lanes(np, spaced(text))
    assert _many.signed(np, lanes) == list(map(hash, numbers(words)))
    assert sizes.tolist() == list(map(len, words))
    for size in (1, 2, 6):
        assert _many.signed(np, _many.Runs(np, lanes).of(size)) == list(map(hash, windows(numbers(words), size)))


@given(text=pieces)
@settings(max_examples=1000, deadline=None)
def test_numbers_read_at_once_are_the_numbers_read_one_by_one(text: str) -> None:
    one_by_one, last = _figures.literals(text)
    at_once = _cells.read(np, text)
    plain = list(map(float, one_by_one))
    assert at_once.values.tolist() == plain
    assert at_once.values[at_once.ends_row].tolist() == list(map(float, last))
    assert at_once.second.tolist() == list(map(float, _figures.second(one_by_one)))
    assert _cells.rounded(np, at_once.values).tolist() == list(map(_figures.rounded, plain))


@given(values=st.lists(st.floats(0, 1e300) | st.floats(0, 1) | st.integers(0, 2**60).map(float)))
def test_numbers_have_the_hashes_that_python_gives_them(values: list[float]) -> None:
    assert _many.signed(np, _many.float_lanes(np, np.array(values, float))) == list(map(hash, values))
    assert _cells.rounded(np, np.array(values, float)).tolist() == list(map(_figures.rounded, values))


@given(known=st.sets(st.integers(-(2**63), 2**63 - 1)), others=st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_a_sieve_says_the_same_either_way_and_never_no_to_what_is_in_it(known: set[int], others: list[int]) -> None:
    with patch.object(_many, "_FEW", 0):
        sieve = Sieve(known)
    with patch.object(_many, "_FEW", sys.maxsize):
        assert Sieve(known).slots == sieve.slots
    asked = [*known, *others]
    passed = sieve.passed(asked)
    assert passed[: len(known)] == list(range(len(known)))
    assert sieve.passed_at_once(np, np.array(asked, np.int64).view(np.uint64)).tolist() == passed


def test_without_numpy_nothing_is_done_at_once_and_nothing_loads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numpy")
    assert _many.numpy(10**6) is None
    assert "numpy" not in sys.modules
    assert KNOWN.found([NOTES[0] * 20]) == {"df.notes": 20}


LOADED = SimpleNamespace(_initializing=False)


@pytest.mark.parametrize(
    "broken",
    [object(), type("numpy", (), {"frombuffer": len}), type("numpy", (), {"frombuffer": len, "__spec__": LOADED})],
)
def test_a_numpy_that_is_none_is_not_used(monkeypatch: pytest.MonkeyPatch, broken: Any) -> None:
    monkeypatch.setitem(sys.modules, "numpy", broken)
    assert _many.numpy(10**6) is None
