"""Files of every earlier release are read without loss by every later one; these files never change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov import schema
from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.document import dumps, read
from jupyter_aiprov.notebook import marks_of, provenance_of, stamps_of
from jupyter_aiprov.strip import strip
from jupyter_aiprov.verify import verify

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("v*/*.ipynb"))


def expected(path: Path) -> dict[str, Any]:
    return json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_golden_file_says_what_it_said_when_it_was_made(path: Path) -> None:
    nb = read(path)
    found = provenance_of(nb)
    said = expected(path)
    assert {s: found.count(s) for s in said["counts"]} == said["counts"]
    assert sorted({u.model for u in found.uses if u.model}) == said["models"]
    assert sorted(found.ai_subjects()) == said["subjects"]
    assert sorted(found.reviews) == said["reviews"]
    assert sorted(found.declarations) == said["declarations"]
    assert [m.index for m in marks_of(nb)] == said["marks"]
    assert verify(nb).to_dict()["answer"] == said["answer"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_golden_file_is_written_back_byte_for_byte(path: Path) -> None:
    raw = path.read_bytes()
    assert dumps(read(raw), like=raw) == raw


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_golden_file_fits_the_schema_and_can_be_annotated_and_stripped(path: Path) -> None:
    nb = read(path)
    assert [p for s in stamps_of(nb) for p in s.problems] == []
    once = annotate(nb).notebook
    assert annotate(once).notebook == once
    assert "aiprov" not in json.dumps(strip(once).notebook).replace("jupyter_aiprov", "")


def test_keys_of_a_newer_version_are_kept_when_this_one_writes() -> None:
    """The reverse: a file of version 1.7 with keys that we do not know goes through `annotate` whole."""
    nb = read(HERE / "v1" / "annotated.ipynb")
    text = json.dumps(nb).replace('"schema_version": "1.0"', '"schema_version": "1.7"')
    newer = json.loads(text)
    newer["metadata"]["aiprov"]["horizon"] = {"a": 1}
    stamp = next(s for s in stamps_of(newer))
    stamp.record["weather"] = "fair"
    again = annotate(newer).notebook
    assert again["metadata"]["aiprov"]["horizon"] == {"a": 1}
    assert next(s for s in stamps_of(again)).record["weather"] == "fair"
    assert provenance_of(again).count("shown") == provenance_of(nb).count("shown")


def test_the_schema_knows_its_version() -> None:
    assert schema.load()["$id"].endswith(":1.0")
