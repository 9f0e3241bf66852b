"""Values that their place names: columns, INSERT, HL7, vCards."""

from __future__ import annotations

import time

import pytest

from jupyter_aiprov.guard import patterns


def found(rule: str, text: str) -> list[str]:
    return [text[begin:end] for begin, end in patterns.RULES[rule](text)]


def test_the_columns_of_an_insert_name_the_values_of_every_row() -> None:
    text = (
        'INSERT INTO public.patients (id, `nom`, naissance, "tel", ipp)\nVALUES\n'
        "  (1, 'O''Brien, A (b)', '1957-02-11', '0491123456', 80012345),\n"
        "  (2, NULL, DATE '1960-01-01', '+32 475 12 34 56', '80012346');"
    )
    assert found("phone", text) == ["+32 475 12 34 56", "0491123456"]
    assert found("birth-date", text)[0] == "1957-02-11"
    assert found("mrn", text) == ["80012345", "80012346"]


def test_an_insert_of_other_columns_is_of_no_person() -> None:
    text = "INSERT INTO visits (id, day, count) VALUES (10000001, '1957-02-11', 1491123456), (2, '1960-01-01', 7);"
    assert not [rule for rule in patterns.RULES if found(rule, text)]


@pytest.mark.parametrize("text", ["PID|1||20714469^^^CHU^MR||DUPONT^JEAN||19570822|M", "x\rPID|||20714469||||19570822"])
def test_a_pid_segment_says_by_place_who_a_patient_is(text: str) -> None:
    assert found("mrn", text) == ["20714469"]
    assert found("birth-date", text) == ["19570822"]
    assert not found("mrn", text.replace("PID|", "OBX|"))


def test_a_card_says_a_birthday() -> None:
    assert found("birth-date", "BEGIN:VCARD\nBDAY;VALUE=date:1972-10-05\nREV:2024-03-05\nEND:VCARD") == ["1972-10-05"]


def test_a_column_of_telephone_numbers_needs_no_spaces_in_them() -> None:
    text = 'nom,tel_fixe,score\nA,0491123456,10000001\nB,"0299284321",10000002\nC,,3\n\n0491123457'
    assert found("phone", text) == ["0491123456", "0299284321"]
    assert not found("phone", text.replace("tel_fixe", "hotel"))


def test_international_numbers_may_begin_with_two_zeros() -> None:
    assert found("phone", "ring 0032 2 555 67 89 or 0044 20 7946 0991") == ["0032 2 555 67 89", "0044 20 7946 0991"]
    assert not found("phone", "IBAN DE89 3704 0044 0532 0130 00, counts 0012 3 45 and 2000 12 345 67 89")


@pytest.mark.parametrize(
    "shape",
    [
        "tel,",
        "né(e) le,",
        "insert into t (a) values (",
        "insert into t (a) values ('",
        "insert into ",
        "PID|",
        "PID|\n",
    ],
)
def test_a_megabyte_of_one_shape_is_read_in_linear_time(shape: str) -> None:
    """Under a second of CPU time each on a quiet machine; anything quadratic would take minutes."""
    text = shape * (2**20 // len(shape))
    begun = time.process_time()
    for rule in ("phone", "birth-date", "mrn"):
        for _ in patterns.RULES[rule](text):
            pass
    assert time.process_time() - begun < 8
