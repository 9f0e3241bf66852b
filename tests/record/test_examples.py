"""The worked examples: each situation's events are valid, and the fold makes of them what the rules say."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from jupyter_aiprov.provenance import Cell, Provenance
from tests.record.make import examples

ROOT = Path(__file__).parents[2]
EXAMPLES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("examples.json").read_text())
SCHEMA = json.loads((ROOT / "jupyter_aiprov/schema/aiprov.schema.json").read_text())
each = pytest.mark.parametrize("example", EXAMPLES, ids=[e["situation"] for e in EXAMPLES])


def fold(example: dict[str, Any]) -> Provenance:
    cells = None
    if example["cells"] is not None:
        last = {e["cell_id"]: e["id"] for e in example["events"] if e["type"] == "execution"}
        cells = [Cell(n, c, "code", "0" * 64, executions=(last[c],)) for n, c in enumerate(example["cells"])]
    return Provenance.of(example["events"], cells=cells)


def test_the_file_is_what_its_script_writes() -> None:
    assert json.loads(json.dumps(examples())) == EXAMPLES


@each
def test_every_event_of_an_example_is_valid(example: dict[str, Any]) -> None:
    checker = jsonschema.Draft202012Validator({"$ref": "#/$defs/event", "$defs": SCHEMA["$defs"]})
    for event in example["events"]:
        if not example.get("newer"):
            checker.validate(event)


@each
def test_every_example_comes_to_what_it_says(example: dict[str, Any]) -> None:
    found = fold(example)
    counted: Counter[str] = Counter()
    for use in found.uses:
        counted[use.standing] += use.count
    assert dict(counted) == example["expect"]
    asked = {i: u.execution_count for u in found.uses for i in u.invocations}
    for invocation, count in (example.get("asked_in") or {}).items():
        assert asked[invocation] == count
    for use in found.uses:
        if set(use.invocations) & set(example.get("inferred") or ()):
            assert use.evidence == "inferred"
    assert sorted(found.reviews) == sorted(example.get("reviews") or ())


@each
def test_every_example_names_a_test_that_exists(example: dict[str, Any]) -> None:
    path, _, name = example["shown_by"].partition("::")
    assert (ROOT / path).exists(), path
    if name:
        assert f"def {name}(" in (ROOT / path).read_text()


def test_a_batchs_answer_is_joined_to_the_request_by_the_providers_id() -> None:
    (example,) = [e for e in EXAMPLES if e.get("batches")]
    joined = defaultdict(list)
    for one in fold(example).invocations.values():
        joined[one["batch.id"]].append(one["id"])
    assert joined == example["batches"]


def test_what_a_newer_version_wrote_is_kept() -> None:
    (example,) = [e for e in EXAMPLES if e.get("newer")]
    found = fold(example)
    assert found.invocations["i1"]["from.the.future"] == {"kept": True}
    assert len(found.events) == 2
