"""Values of declared columns are found however they were cut and cleaned; other text is left alone."""

from __future__ import annotations

import json
import math
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov.guard.columns import Columns
from jupyter_aiprov.redact import Redactor
from tests.guard.made import labelled

NOTES, PROMPTS = labelled()
INNOCENT = [p["text"] for p in PROMPTS if not p["expect"]]


def declared(values: Any, name: str = "df.notes") -> Columns:
    columns = Columns()
    columns.declare(name, values, "block")
    return columns


COLUMNS = declared(NOTES)


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


CHANGES = {
    "as it is": lambda t: t,
    "lower case": str.lower,
    "upper case": str.upper,
    "without accents": plain,
    "decomposed": lambda t: unicodedata.normalize("NFD", t),
    "without punctuation": lambda t: "".join(c if c.isalnum() or c == " " else " " for c in t),
    "truncated": lambda t: t[:50],
    "second half": lambda t: t[len(t) // 2 - 15 :],
    "one word a line": lambda t: t.replace(" ", "\n"),
    "JSON": json.dumps,
    "JSON in JSON": lambda t: json.dumps(json.dumps({"note": t})),
    "zero-width characters": lambda t: t.replace("a", "a\u200b"),
    "typographic quotes": lambda t: t.replace("'", "’"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("note", NOTES, ids=range(len(NOTES)))
def test_a_changed_note_is_still_found(note: str, change: str) -> None:
    assert COLUMNS.found(["Classify: " + CHANGES[change](note) + "\nAnswer in one word."]) == {"df.notes": 1}


words = st.lists(st.sampled_from(" ".join(INNOCENT[:40]).split()), max_size=30).map(" ".join)


@given(before=words, note=st.sampled_from(NOTES), behind=words, change=st.sampled_from(sorted(CHANGES)))
@settings(max_examples=400, deadline=None)
def test_a_planted_note_is_found_and_redacted_in_any_surroundings(
    before: str, note: str, behind: str, change: str
) -> None:
    redactor = Redactor()
    redactor.finders.append(COLUMNS.spans)
    planted = CHANGES[change](note)
    text = f"{before} {planted} {behind}"
    assert COLUMNS.found([text])
    assert planted not in redactor.text(text)
    assert planted not in json.dumps(redactor.value({"messages": [{"content": text}]}), ensure_ascii=False)


@given(note=st.sampled_from(NOTES), size=st.integers(5, 60))
@settings(max_examples=200, deadline=None)
def test_a_note_cut_into_pieces_of_one_request_is_found(note: str, size: int) -> None:
    """Chunks in separate messages are read as one, whether they were cut between words or inside them."""
    assert COLUMNS.found([note[i : i + size] for i in range(0, len(note), size)])


identifiers = st.from_regex(r"\A[A-Z]{1,3}-[0-9]{4,8}\Z")


@given(values=st.lists(identifiers, min_size=1, max_size=20, unique=True), before=words, behind=words)
@settings(max_examples=200, deadline=None)
def test_a_short_value_is_found_exactly_and_redacted(values: list[str], before: str, behind: str) -> None:
    columns = declared(values, "df.id")
    redactor = Redactor()
    redactor.finders.append(columns.spans)
    text = f"{before} {values[0]}, {behind}"
    assert columns.found([text])["df.id"] >= 1
    assert values[0] not in redactor.text(text)


def test_innocent_prompts_hold_no_note_and_are_redacted_to_themselves() -> None:
    for text in INNOCENT:
        assert COLUMNS.found([text]) == {}
        assert COLUMNS.spans(text) == []


def test_each_passage_counts_once() -> None:
    assert COLUMNS.found(["\n\n".join(NOTES[:5])]) == {"df.notes": 5}


@pytest.mark.parametrize(
    ("values", "text", "count"),
    [
        (["Jean Dupont", "Anna Kowalska"], "Le dossier de jean dupont est clos", 1),
        (["Rose", "Luc"], "Rose est venue, Luc aussi", 2),
        (["Rose", "Luc"], "a rose is a rose", 0),
        (["P-00123", "P-00124"], "compare P-00123 with p-00124", 2),
        ([123456, 654321], "id 654321", 1),
        (["jean.d@chu.example"], "write to jean.d@chu.example", 1),
        (["1968-03-12", "1970-01-02"], "seen on 1968-03-12", 1),
        (["张伟患有糖尿病和高血压"], "请分类：张伟患有糖尿病和高血压。", 1),
        (["oui", "non"] * 20, "oui, non", 0),
        ([None, math.nan, "", "  "], "None nan", 0),
    ],
)
def test_short_values_are_found_whole_and_common_words_are_not(values: list[Any], text: str, count: int) -> None:
    assert declared(values, "df.x").found([text]).get("df.x", 0) == count


AGES = [34, 51, 67, 42, 29, 80, 55, 61, 73, 38, 45, 90]


@pytest.mark.parametrize(
    "text",
    [
        f"Mean of {AGES}?",
        "ages: " + ", ".join(map(str, AGES[2:9])),
        "id,age,sex\n" + "\n".join(f"{i},{a},F" for i, a in enumerate(AGES)),
        "   id  age sex\n" + "\n".join(f"{i}  {i}   {a}   M" for i, a in enumerate(AGES)),
        "| id | age |\n|---|---|\n" + "\n".join(f"| {i} | {a} |" for i, a in enumerate(AGES)),
        json.dumps([{"id": i, "age": a} for i, a in enumerate(AGES)]),
    ],
)
def test_ages_are_found_as_lists_tables_and_records(text: str) -> None:
    assert declared(AGES, "df.age").found([text]).get("df.age", 0) >= 1


@pytest.mark.parametrize(
    "text", ["She is 34.", "n = 51, p = 0.67", "age = 40", "rows 42 to 80", "[1, 2, 3, 4, 5, 6, 7]"]
)
def test_a_single_age_is_a_number(text: str) -> None:
    assert declared(AGES, "df.age").found([text]) == {}


def test_what_many_values_share_is_boilerplate() -> None:
    """A template filled for each patient is not the patient."""
    template = "Compte rendu de consultation du service de cardiologie, patient adressé par son médecin : {}"
    columns = declared([template.format(f"motif {i} numéro {i * 7919}") for i in range(50)])
    assert columns.found(["Résume : " + template.format("…")]) == {}
    assert columns.found([template.format("motif 7 numéro 55433")]) == {"df.notes": 1}


def test_declaring_again_replaces_and_forgetting_ends() -> None:
    columns = declared(["P-00123"], "df.id")
    columns.declare("df.id", ["P-99999"], "warn")
    assert [c.level for c in columns] == ["warn"]
    assert columns.found(["P-00123"]) == {}
    assert columns.found(["P-99999"]) == {"df.id": 1}
    columns.forget("df.id")
    assert columns.found(["P-99999"]) == {}


def test_a_value_shared_by_two_columns_is_reported_for_both() -> None:
    columns = declared(["P-00123"], "df.id")
    columns.declare("other.key", ["P-00123"], "warn")
    assert columns.found(["P-00123"]) == {"df.id": 1, "other.key": 1}


def test_a_large_column_is_indexed_in_seconds_and_costs_a_prompt_milliseconds() -> None:
    """200,000 identifiers here, a million in the benchmark; bounds are loose, the machine may be shared."""
    begun = time.thread_time()
    columns = declared([f"P-{i:07d}" for i in range(200_000)], "df.id")
    assert time.thread_time() - begun < 5
    text = ("The notes were re-read by two clinicians: see Table 2. " * 2000)[:100_000]
    best = min(_spent(columns, text) for _ in range(5))
    assert best < 0.03
    assert columns.found([text + " P-0150000"]) == {"df.id": 1}


def _spent(columns: Columns, text: str) -> float:
    begun = time.thread_time()
    columns.found([text])
    return time.thread_time() - begun


def test_no_value_is_kept_in_the_index_of_words() -> None:
    columns = declared([*NOTES, "P-00123"])
    assert not [n for n in NOTES if n in repr(vars(columns))]
    assert "P-00123" not in repr(vars(columns))


def test_a_row_of_numbers_is_found_where_no_sieve_tells_what_is_not_there() -> None:
    declared, bare = Columns(), Columns()
    column = declared.declare("df.level", [round(50 + 7.31 * n % 9, 3) for n in range(40)], "block")
    bare.add(column, declared.keys_of(column), declared.cased)
    text = ", ".join(str(round(50 + 7.31 * n % 9, 3)) for n in range(4, 14))
    assert bare.found([text]) == declared.found([text]) == {"df.level": 1}
