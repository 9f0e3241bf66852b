"""People's statements as events, and what is shown where they meet evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov import semconv
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.lineage import declarations as d

BY = {"name": "A. Name", "orcid": "https://orcid.org/0000-0002-1825-0097"}
DF = pd.DataFrame({"age": [41, 52], "sex": ["f", "m"], "label": ["a", "b"]})


def test_one_column_is_a_subject_of_its_own() -> None:
    event = d.observed(DF, "age", name="df", by=BY)
    assert event["type"] == "declaration"
    assert event["kind"] == "observed"
    assert event["subject"] == "df.age"
    assert event["value"]["rows"] == 2
    assert len(event["value"]["sha256"]) == 64
    assert event["by"] == {"name": "A. Name", "orcid": "0000-0002-1825-0097", "identity": "asserted"}


def test_several_columns_and_a_whole_frame_are_one_event() -> None:
    assert d.human(DF, ["age", "sex"], name="df")["subject"] == "df"
    assert d.human(DF, ["age", "sex"], name="df")["value"]["columns"] == ["age", "sex"]
    assert "columns" not in d.human(DF, name="df")["value"]


def test_one_declaration_covers_a_source_file_by_name_and_digest(tmp_path: Path) -> None:
    path = tmp_path / "cohort.csv"
    path.write_text("a\n1\n")
    event = d.observed(source=str(path))
    assert event["subject"] == "file:cohort.csv"
    assert event["value"]["file"]["bytes"] == 4
    assert str(tmp_path) not in json.dumps(event)
    assert d.observed(source="/secret/home/cohort.csv")["subject"] == "file:cohort.csv"
    assert d.observed(source="SHARE wave 9, release 9.0.0")["subject"] == "file:SHARE wave 9, release 9.0.0"


def test_synthetic_keeps_generator_seed_and_parameters() -> None:
    event = d.synthetic(DF, name="df", generator="GaussianCopula", seed=np.int64(7), epochs=3)
    assert event["value"]["generator"] == "GaussianCopula"
    assert event["value"]["seed"] == 7
    assert event["value"]["parameters"] == {"epochs": 3}


def test_confidential_carries_no_digest_that_could_be_guessed_back() -> None:
    event = d.confidential(DF, ["age", "sex"], name="df", level="warn")
    assert event["value"] == {"columns": ["age", "sex"], "level": "warn"}
    assert event["by"] is None


def test_the_digest_follows_the_values_only() -> None:
    one, other = d.observed(DF, name="df"), d.observed(DF.set_axis([5, 9]), name="df")
    assert one["value"]["sha256"] == other["value"]["sha256"]
    assert one["value"]["sha256"] != d.observed(DF.assign(age=[41, 53]), name="df")["value"]["sha256"]
    assert "sha256" not in d.observed(DF.assign(x=[[1], [2]]), name="df")["value"]
    assert d.observed([1, 2, 3], name="values")["value"] == {"rows": 3}


def test_polars_frames_are_counted_and_digested() -> None:
    pl = pytest.importorskip("polars")
    value = d.observed(pl.DataFrame({"a": [1, 2]}), "a", name="df")["value"]
    assert value["rows"] == 2
    assert len(value["sha256"]) == 64


def test_reviews_count_in_the_subjects_unit() -> None:
    event = d.review(
        "df.label", "corrected", method="sampled", units={"total": 1500, "read": 100, "corrected": 12}, by=BY
    )
    assert event["subject"] == {"kind": "column", "name": "df.label"}
    assert event["units"] == {"unit": "rows", "total": 1500, "read": 100, "corrected": 12}
    assert d.review("cell:abc", "checked")["subject"] == {"kind": "cell", "cell_id": "abc"}
    assert d.review("figure:Figure 2", "checked")["subject"] == {"kind": "figure", "name": "Figure 2"}


def test_the_other_kinds() -> None:
    assert d.withdraw("e1", "wrong cell") == {"type": "withdrawal", "target": "e1", "reason": "wrong cell"}
    assert d.label("fig", "Figure 2")["value"] == {"label": "Figure 2"}
    assert d.prompt("sentiment", "Classify: {note}")["value"]["confirmed"] is True
    assert d.note("remember", subject="df.label")["value"] == {"text": "remember"}
    assert d.declare("purpose", value="coding of notes")["value"] == "coding of notes"
    assert d.declare("person", value=BY)["value"]["orcid"] == "0000-0002-1825-0097"


WRONG: dict[str, tuple[Any, str]] = {
    "no data": (lambda: d.observed(), "needs data or a source"),
    "no name": (lambda: d.observed(DF), "assign it to a variable"),
    "unknown column": (lambda: d.observed(DF, "agee", name="df"), "did you mean 'age'"),
    "columns of no frame": (lambda: d.observed([1], "age", name="x"), "leave columns out"),
    "empty source": (lambda: d.observed(source=" "), "file name"),
    "no generator": (lambda: d.synthetic(DF, name="df", generator=""), "generator"),
    "unknown kind": (lambda: d.declare("purpos", value="x"), "did you mean 'purpose'"),
    "nothing said": (lambda: d.declare("purpose"), "says nothing"),
    "not JSON": (lambda: d.declare("purpose", value={"x": object()}), "written down"),
    "status": (lambda: d.review("df.label", "check"), "did you mean 'checked'"),
    "method": (lambda: d.review("df.label", "checked", method="skim"), "read-all"),
    "more read than there are": (
        lambda: d.review("df.x", "checked", units={"total": 3, "read": 4}),
        "more than there are",
    ),
    "more corrected than read": (
        lambda: d.review("df.x", "corrected", units={"read": 3, "corrected": 4}),
        "than were read",
    ),
    "no number": (lambda: d.review("df.x", "checked", units={"read": "many"}), "not a number"),
    "nobody": (lambda: d.note("x", by={"name": ""}), "nobody is named"),
    "bad ORCID": (lambda: d.note("x", by={"orcid": "0000-0002-1825-0098"}), "no ORCID"),
    "identity": (lambda: d.note("x", by={"name": "A", "identity": "certain"}), "authenticated"),
    "no reason": (lambda: d.withdraw("e1", ""), "reason"),
    "empty note": (lambda: d.note("  "), "text"),
    "level": (lambda: d.confidential(DF, name="df", level="stop"), "block"),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_cannot_be_meant_is_refused_with_a_way_out(name: str) -> None:
    build, says = WRONG[name]
    with pytest.raises(UsageError, match=says):
        build()


# ── resolve ───────────────────────────────────────────────────────────────────────

INFERRED = {"subject": "df.age", "origin": "ai-generated", "evidence": "inferred", "confidence": "low", "rows_ai": 2}
CAPTURED = {**INFERRED, "evidence": "captured", "confidence": "high"}
SIGNED = {**d.observed(DF, "age", name="df", by=BY), "id": "d1"}
UNSIGNED = {**d.observed(DF, "age", name="df"), "id": "d2"}


def test_a_signed_declaration_wins_over_inferred_and_both_are_shown() -> None:
    shown = d.resolve(INFERRED, [SIGNED])
    assert (shown["origin"], shown["evidence"], shown["confidence"]) == ("real-observation", "declared", "high")
    assert shown["overruled"] == {"origin": "ai-generated", "evidence": "inferred", "confidence": "low"}
    assert shown["declared"]["id"] == "d1"
    assert shown["rows_ai"] == 2
    assert d.in_words(shown) == "inferred AI-generated; author states measured or collected"
    assert d.in_words(shown, "fr") == "contenu généré par IA (déduit) ; l'auteur déclare mesuré ou recueilli"


@pytest.mark.parametrize("evidence", ["captured", "imported"])
def test_no_declaration_wins_over_what_was_captured(evidence: str) -> None:
    shown = d.resolve({**CAPTURED, "evidence": evidence}, [SIGNED])
    assert shown["origin"] == "ai-generated"
    assert shown["evidence"] == evidence
    assert shown["declared"]["origin"] == "real-observation"
    assert d.in_words(shown) == f"{evidence} AI-generated; author states measured or collected"


def test_an_unsigned_declaration_is_shown_and_does_not_win() -> None:
    shown = d.resolve(INFERRED, [UNSIGNED])
    assert shown["origin"] == "ai-generated"
    assert d.in_words(shown) == "inferred AI-generated; stated without a name measured or collected"


def test_without_evidence_the_declaration_is_what_is_known() -> None:
    assert d.resolve(None, [UNSIGNED], subject="df.age")["origin"] == "real-observation"
    assert d.resolve(None, [UNSIGNED], subject="df.age")["confidence"] == "medium"
    assert d.resolve(None, [SIGNED], subject="df.age")["confidence"] == "high"
    assert d.resolve(None, [], subject="df.age")["origin"] == "unknown"
    assert d.resolve({**INFERRED, "origin": "unknown"}, [UNSIGNED])["evidence"] == "declared"


def test_the_latest_signed_declaration_counts() -> None:
    later = d.human(DF, "age", name="df", by={"name": "B"})
    assert d.resolve(INFERRED, [SIGNED, later])["origin"] == "human"
    assert d.resolve(INFERRED, [SIGNED, UNSIGNED])["declared"]["id"] == "d1"


@pytest.mark.parametrize(
    ("subject", "files", "speaks"),
    [("df.age", [], True), ("df.label", [], False), ("df", [], False), ("dff.age", [], False), ("age", [], False)],
)
def test_a_column_declaration_speaks_of_its_column_only(subject: str, files: list[str], speaks: bool) -> None:
    assert ("declared" in d.resolve(None, [SIGNED], subject=subject, files=files)) is speaks


def test_a_frame_declaration_speaks_of_its_columns() -> None:
    whole, some = d.human(DF, name="df"), d.human(DF, ["age", "sex"], name="df")
    assert d.resolve(None, [whole], subject="df.label")["origin"] == "human"
    assert d.resolve(None, [some], subject="df.sex")["origin"] == "human"
    assert d.resolve(None, [some], subject="df.label")["origin"] == "unknown"


def test_a_file_declaration_speaks_of_what_was_read_from_it() -> None:
    event = d.observed(source="cohort.csv", by=BY)
    assert d.resolve(None, [event], subject="df.age", files=["data/cohort.csv"])["origin"] == "real-observation"
    assert d.resolve(None, [event], subject="df.age", files=["other.csv"])["origin"] == "unknown"
    assert d.resolve(None, [event], subject="file:cohort.csv")["origin"] == "real-observation"
    narrow = d.observed(source="cohort.csv", columns=["age"])
    assert d.resolve(None, [narrow], subject="df.label", files=["./cohort.csv"])["origin"] == "unknown"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["subject", "origin", "evidence", "confidence"]), JSON),
    st.lists(st.dictionaries(st.sampled_from(["kind", "subject", "value", "by", "id"]), JSON)),
)
def test_records_from_anywhere_never_break_resolve(derivation: dict[str, Any], stated: list[dict[str, Any]]) -> None:
    shown = d.resolve(derivation, stated)
    d.in_words(shown)
    if derivation.get("evidence") == "captured" and derivation.get("origin") in semconv.AI_ORIGINS:
        assert shown["origin"] == derivation["origin"]
