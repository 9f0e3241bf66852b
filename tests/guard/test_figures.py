"""Numbers are read the same with and without their places, and as what they may stand for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov.guard import _figures

pieces = st.lists(
    st.floats(0, 1e6).map(str)
    | st.integers(0, 10**17).map(str)
    | st.floats(0, 1e7).map("{:,.2f}".format)
    | st.text("0123456789.,' eE+-\n\u00a0\u202faé_x", max_size=24)
    | st.sampled_from([", ", ",", "\n", " ", "; ", ".", "'", "e", "1 234 567,5", "3rd", "10.0.0.1"]),
    max_size=30,
).map("".join)


@given(text=pieces)
@settings(max_examples=1000, deadline=None)
def test_numbers_without_their_places_are_the_numbers_with_them(text: str) -> None:
    """The quick look decides whether the slow one is taken: it must see no less, and in the same order."""
    slow = list(_figures.numbers(text))
    quick, last = _figures.literals(text)
    assert [read[0] for read, _ in slow] == list(map(float, quick))
    assert [read[0] for read, _ in _figures.last_of_rows(text, slow)] == list(map(float, last))
    assert {read[1] for read, _ in slow if len(read) > 1} <= set(map(float, _figures.second(quick)))
    assert all(text[begin].isdigit() and text[end - 1].isdigit() for _, (begin, end) in slow)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("12.5,13.5,14.25", [12.5, 13.5, 14.25]),
        ("1,F,12.5\n2,M,13.5", [1, 12.5, 2, 13.5]),
        ("1,234,567.5", [1234567.5]),
        ("1.234.567,5", [1234567.5]),
        ("1 234 567,5 and 12", [1234567.5, 12]),
        ("1'234'567.5", [1234567.5]),
        ("3,5", [3.5]),
        ("1.5e-3, 2E4", [0.0015, 20000]),
        ("v1.2.3, S1, 3rd, x_5, 10.0.0.1", []),
        ("end 12. And 13.", [12, 13]),
        ("12\n345", [12, 345]),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, values: list[float]) -> None:
    assert [read[0] for read, _ in _figures.numbers(text)] == values
