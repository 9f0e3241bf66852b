"""What a first look passes over, no rule would have found: places are chosen, never findings."""

from __future__ import annotations

import base64
import string
import sys
import zlib
from collections.abc import Iterable
from unittest.mock import patch

import numpy  # noqa: F401 - as pandas loads it
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov.guard import patterns
from jupyter_aiprov.guard.patterns import _births, _checked, _hidden, _look, _phones, _records
from jupyter_aiprov.redact import _held, _packed

NUMBERS = (
    "06 12 34 56 78|0612345678|01.23.45.67.89|0033 6 12 34 56 78|01-23-45-67-89|02 / 23 / 45 / 67 / 89|05 05 05 05 05"
    "|1 85 05 78 006 084 36|185057800608436|2 85 05 2A 006 084 49|1.85.05.78.006.084|clé 36|01 02 03 04 05 06 07"
    "|123 456 7890|943 476 5919|AB-12345|P123456|12345678|12/03/1984|1984-03-12|12 mars 1984|March 3, 1984|19870214"
)
WORDS = (
    "born |né le |née |né(e) le |ne le |vue le |dob: |DOB,|Birthdate|date of birth |datedenaissance |ddn |b. |n\\'e le "
    "|née Martin le |dateNé le |MRN: |patient id |patient_id,|IPP |record no. |medical record #|hospital #|chart n° "
    "|dossier n° |n° d'admission |patient  dob\n|mrn\tname\n|tel |call me at "
)
MARKS = "\u200b|\u200d|\ufeff|\U0001f3f4\U000e0067\U000e007f|\u202e|a\u200db|\u0130|\u00a0|\u202f|\u2011|٣|é|\n\n"
PIECES = st.sampled_from([*NUMBERS.split("|"), *WORDS.split("|"), *MARKS.split("|"), *" \n\t,;|.-/:+()'\"0198aZ"])
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.lists(PIECES | st.characters(), max_size=16).map("".join)


def spans(found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted(set(found))


@given(text=TEXTS)
@settings(max_examples=1000, deadline=None)
def test_social_security_numbers_are_found_where_a_search_of_the_whole_finds_them(text: str) -> None:
    whole = [m.span() for m in _checked._NIR.finditer(text)]
    chosen = [m.span() for m in _checked._matches(text)]
    assert set(chosen) <= set(whole)
    assert set(patterns.nir(text)) <= set(whole)
    if not _look.has_foreign_digit(text):
        assert chosen == whole


@given(text=TEXTS)
@settings(max_examples=1000, deadline=None)
def test_ten_digits_are_found_where_a_search_of_the_whole_finds_them(text: str) -> None:
    raw = text.encode("latin-1", "replace")
    with patch.object(_phones._Counted, "is_in", lambda *_: False):
        chosen = [m.span() for m in _phones._french(text, raw)]
    assert chosen == [m.span() for m in _phones._FRENCH.finditer(text)]


@given(text=TEXTS)
@settings(max_examples=1000, deadline=None)
def test_hidden_characters_are_found_where_a_search_of_the_whole_finds_them(text: str) -> None:
    flags = {m.start() + 1 for m in _hidden._FLAG.finditer(text)}
    whole = [m.span() for m in _hidden._HIDDEN.finditer(text) if m.start() not in flags]
    assert list(patterns.hidden_text(text)) == whole


@given(text=TEXTS)
@settings(max_examples=1000, deadline=None)
def test_dates_of_birth_are_found_where_a_search_of_the_whole_finds_them(text: str) -> None:
    whole = {m.span(1) for m in _births._BIRTH.finditer(text)}
    assert whole <= set(patterns.birth_date(text))


@given(text=TEXTS)
@settings(max_examples=1000, deadline=None)
def test_record_numbers_are_found_where_a_search_of_the_whole_finds_them(text: str) -> None:
    whole = {
        m.span()
        for m in _records._MRN.finditer(text)
        if _records._MRN_BEFORE.search(text, max(0, m.start() - 40), m.start())
    }
    assert whole <= set(patterns.mrn(text))


WORDS_INSIDE = st.text("patient né 漢😀@\n\t", min_size=10, max_size=40).map(lambda t: t.encode())
RUNS = st.one_of(
    WORDS_INSIDE.map(base64.b64encode),
    WORDS_INSIDE.map(base64.urlsafe_b64encode),
    WORDS_INSIDE.map(lambda data: data.hex().encode()),
    WORDS_INSIDE.map(lambda data: base64.b64encode(zlib.compress(data))),
    WORDS_INSIDE.map(lambda data: base64.b64encode(data.decode().encode("utf-16-le"))),
    st.binary(min_size=12, max_size=40).map(base64.b64encode),
    st.binary(min_size=12, max_size=40).map(lambda data: data.hex().encode()),
).map(bytes.decode)


@given(runs=st.lists(RUNS, min_size=1, max_size=20), mark=st.sampled_from([" ", "\n", ",", "é", "漢"]))
@settings(max_examples=300, deadline=None)
def test_what_is_packed_is_told_of_all_runs_at_once_as_of_each(runs: list[str], mark: str) -> None:
    text = mark.join(runs)
    with patch.object(_packed, "_LONG_TEXT", 0):
        at_once = list(_packed.packed(text))
    with pytest.MonkeyPatch.context() as without:
        without.delitem(sys.modules, "numpy")
        assert list(_packed.packed(text)) == at_once


@given(text=st.text(string.ascii_letters + " -_=é?", min_size=3, max_size=300), data=st.data())
@settings(max_examples=300, deadline=None)
def test_no_word_that_a_text_holds_is_said_to_be_missing(text: str, data: st.DataObject) -> None:
    raw = text.encode("latin-1")
    begins = data.draw(st.lists(st.integers(0, len(raw) - 2), min_size=1, max_size=20))
    words = [raw[at : at + data.draw(st.integers(2, 9))] for at in begins]
    with patch.object(_held, "_LONG_TEXT", 0):
        assert list(_held.may_hold(raw, words)) == words
        assert not _held.may_hold(raw, [b"0123", b"9876"] * 4)
