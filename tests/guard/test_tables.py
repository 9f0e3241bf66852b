"""What the head of a table or the name beside a value says of it, in the shapes that notebooks paste."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.guard import Guard, patterns
from tests.guard.made import chat

FRAME = pd.DataFrame(
    {
        "visit": ["first", "second", "third"],
        "patient_id": [12345678, 22345679, 32345670],
        "dob": ["1958-12-05", "1961-01-02", "1940-07-30"],
        "seen": ["2024-01-03", "2024-01-04", "2024-01-05"],
    }
)


@pytest.mark.parametrize(
    "shown", [FRAME.to_string(), FRAME.to_string(index=False), FRAME.to_csv(sep=";", columns=["patient_id", "dob"])]
)
def test_a_frame_that_was_pasted_shows_births_and_record_numbers(shown: str) -> None:
    assert [shown[a:b] for a, b in patterns.birth_date(shown)] == list(FRAME.dob)
    assert [shown[a:b] for a, b in patterns.mrn(shown)] == list(map(str, FRAME.patient_id))


def test_a_frame_without_such_a_head_shows_none() -> None:
    shown = FRAME.rename(columns={"patient_id": "reads", "dob": "day"}).to_string()
    assert not list(patterns.birth_date(shown))
    assert not list(patterns.mrn(shown))


@pytest.mark.parametrize(
    "text",
    [
        "he was born\nin a small town in 1950 12 03",
        "the patient_id column\nof 12345678 rows and more",
        "dob\n",
        "a dob",
        "dob x\n\n",
    ],
)
def test_a_sentence_is_no_table(text: str) -> None:
    assert not list(patterns.birth_date(text))
    assert not list(patterns.mrn(text))


def test_a_table_ends_with_the_first_row_that_holds_too_few() -> None:
    shown = "id dob\n1 1958-12-05\n2 1961-01-02\n\nseen 2024-01-03\n"
    assert [shown[a:b] for a, b in patterns.birth_date(shown)] == ["1958-12-05", "1961-01-02"]


@pytest.mark.parametrize(
    ("member", "rule"),
    [
        ({"system": "phone", "value": "(03) 5555 6473"}, "phone"),
        ({"type": {"coding": [{"code": "MR"}]}, "value": "7789231"}, "mrn"),
        ({"name": "date of birth", "value": "12/03/1961"}, "birth-date"),
        ({"label": "Numéro de dossier", "value": "778812"}, "mrn"),
        ({"key": "db_password", "value": "Kp7vRt29xm"}, "credential"),
    ],
)
@pytest.mark.parametrize("wrapped", [json.dumps, lambda m: [{"type": "text", "text": json.dumps([m])}]])
def test_a_value_is_read_with_the_name_beside_it(member: object, rule: str, wrapped: object) -> None:
    scan = Guard(AIProv()).examine(chat(wrapped({"entry": [member]})), "external")  # type: ignore[operator]
    assert [(f.type, f.count) for f in scan.findings] == [(rule, 1)]


def test_names_of_other_things_say_nothing_of_a_value() -> None:
    rows = [
        {"system": "http://loinc.org", "value": "12345678"},
        {"name": "reads", "value": "7789231"},
        {"value": "x1234567"},
    ]
    assert not Guard(AIProv()).examine(chat(json.dumps(rows)), "external").findings


def test_an_address_counts_once_whatever_stands_behind_it() -> None:
    text = "to=claire.perrin@hopital.example.fr id=<20240229.9D1A@mx1> cc=a.b@example.org,c.d@example.org"
    assert len(list(patterns.email(text))) == 3


def test_the_name_of_a_mail_is_no_address() -> None:
    text = "Message-ID: <CAF8d1xY@mail.example.com>\n> In-Reply-To: <87o7bz2k@posteo.net>\nFrom: <a.b@example.org>"
    assert [text[a:b] for a, b in patterns.email(text)] == ["a.b@example.org"]
