"""The public schema is a good one, and the tolerant reading agrees with the jsonschema library."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov import schema, semconv

SHA = "a" * 64
VALID: dict[str, Any] = {
    "stamp": {
        "schema_version": "1.0",
        "kind": "stamp",
        "tool": "t",
        "execution": {"id": "e", "session": "s", "cell_id": None},
        "groups": [{"count": 1, "status": "completed", "gen_ai.request.temperature": 0.5, "errors": {"x": 1}}],
        "derivations": [{"subject": "df.a", "origin": "ai-generated", "rows": [[0, 2]], "file": {"name": "x.csv"}}],
        "journal": {"session": "s", "file": "s.jsonl", "lines": 2, "seq": [1, 2], "root": SHA},
        "digest": SHA,
    },
    "outputMark": {"schema_version": "1.0", "origin": "ai-derived", "subjects": ["df.a"]},
    "cellMark": {"schema_version": "1.0", "origin": "ai-generated", "models": ["m"], "state": "unverified"},
    "notebookLog": {
        "schema_version": "1.0",
        "sessions": {"s": {"head": SHA, "lines": 2}},
        "disclosure": {"slots": {"a": "b"}},
    },
    "review": {
        "type": "review",
        "id": "r",
        "subject": {"kind": "cell", "cell_id": "c"},
        "status": "checked",
        "by": {"name": "A", "identity": "asserted"},
        "units": {"unit": "rows", "total": 3},
    },
    "invocation": {"type": "invocation", "id": "i", "status": "started", "input": [{"role": "user", "repeat_of": SHA}]},
    "journalLine": {
        "type": "gap", "id": "g", "reason": "x", "session": "s", "time": "2026-11-02T09:00:00.000+00:00",
        "seq": 1, "prev": SHA, "hash": SHA,
    },
}  # fmt: skip


def library(name: str, value: Any) -> bool:
    validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": schema.load()["$defs"]})
    return bool(validator.is_valid(value))


def test_the_schema_is_a_json_schema_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.load())


def test_the_schema_has_the_words_of_semconv() -> None:
    defs = schema.load()["$defs"]
    assert defs["origin"]["enum"] == list(semconv.ORIGINS)
    assert defs["standing"]["enum"] == list(semconv.STANDINGS)
    assert defs["invocationStatus"]["enum"] == list(semconv.INVOCATION_STATUSES)
    assert {r["$ref"].rpartition("/")[2] for r in defs["event"]["anyOf"]} == set(semconv.EVENT_TYPES)


@pytest.mark.parametrize("name", list(VALID))
def test_good_records_pass_and_keep_what_we_do_not_know(name: str) -> None:
    value = {**VALID[name], "from_the_future": {"a": [1]}}
    assert schema.conformed(name, value) == (value, [])
    assert library(name, value)


@pytest.mark.parametrize("name", list(VALID))
def test_every_required_key_is_required(name: str) -> None:
    for key in schema.load()["$defs"][name].get("required", ()):
        value = {k: v for k, v in VALID[name].items() if k != key}
        assert schema.conformed(name, value)[0] is None
        assert not library(name, value)


_JSON = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
_ANY = _JSON | st.lists(_JSON, max_size=2) | st.dictionaries(st.text(max_size=4), _JSON, max_size=2)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_it_refuses_what_the_library_refuses_and_what_it_keeps_is_valid(data: Any) -> None:
    name = data.draw(st.sampled_from(list(VALID)))
    keys = list(schema.load()["$defs"][name].get("properties", {})) or ["reason", "seq", "prev"]
    value = {**VALID[name], **data.draw(st.dictionaries(st.sampled_from(keys), _ANY, max_size=2))}
    kept, problems = schema.conformed(name, value)
    assert (problems == []) == library(name, value), problems
    told: list[str] = []  # the tolerant reading itself, without the short cut for whole records
    slow = schema._conform(schema.load()["$defs"][name], value, name, told)
    assert told == problems
    assert kept == (None if slow is schema._DROP else slow)
    assert kept is None or library(name, kept)


@pytest.mark.parametrize("depth", [100, 5_000])
def test_what_is_nested_beyond_reason_is_kept_or_dropped_and_never_an_error(depth: int) -> None:
    deep: Any = 1
    for _ in range(depth):
        deep = {"a": [deep]}
    kept, problems = schema.conformed("declaration", {"type": "declaration", "id": "d", "kind": "note", "value": deep})
    assert kept is not None
    assert not problems


def test_a_reading_is_a_copy() -> None:
    kept, _ = schema.conformed("stamp", VALID["stamp"])
    kept["groups"][0]["count"] = 9
    assert VALID["stamp"]["groups"][0]["count"] == 1
