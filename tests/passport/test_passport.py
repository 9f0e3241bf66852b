"""A passport tells what data are and where they come from, and nothing that points at a row or a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.commands._files import opened
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.exporters import available, passport
from jupyter_aiprov.notebook import provenance_of
from jupyter_aiprov.passport import QUESTIONS, answered, by_group, quality
from jupyter_aiprov.provenance import Provenance
from jupyter_aiprov.verify import verify
from tests.exporters import records
from tests.kernels import Kernel, chains_are_whole, kernel
from tests.loopback import Loopback, serving

pd = pytest.importorskip("pandas")


def cohort(**sizes: int) -> Any:
    """A table of groups of these sizes; every label of group b is wrong."""
    rows = [(f"secret-{g}-{n}", g, "x", "x" if g != "b" else "y") for g, size in sizes.items() for n in range(size)]
    return pd.DataFrame(rows, columns=["note", "site", "label", "expert"])


def test_quality_gives_types_and_missing_values_and_no_value() -> None:
    frame = cohort(a=10, b=10)
    frame.loc[:9, "label"] = None
    frame["lists"] = [[1]] * 20
    told = quality(frame)
    assert told["rows"] == 20
    assert {c["name"]: c["missing"] for c in told["columns"]} == {
        "note": 0,
        "site": 0,
        "label": 10,
        "expert": 0,
        "lists": 0,
    }
    assert {c["name"]: c["distinct"] for c in told["columns"]}["lists"] is None
    assert "secret" not in json.dumps(told)


@pytest.mark.parametrize("missing", [1, 4])
def test_a_small_count_is_not_told(missing: int) -> None:
    frame = cohort(a=20)
    frame.loc[: missing - 1, "label"] = None
    assert next(c for c in quality(frame)["columns"] if c["name"] == "label")["missing"] is None
    assert quality(cohort(a=3))["rows"] is None
    assert quality(cohort(a=3), k=2)["rows"] == 3


def test_polars_tables_are_described_as_well() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"site": ["a"] * 10 + ["b"] * 9 + [None], "n": list(range(20))})
    told = quality(frame)
    assert [(c["name"], c["missing"], c["distinct"]) for c in told["columns"]] == [("site", None, 3), ("n", 0, 20)]
    assert [g["group"] for g in by_group(frame, "site")["groups"]] == ["a"]


def test_groups_tell_size_ai_share_and_disagreement() -> None:
    told = by_group(
        cohort(a=10, b=20), "site", ai_rows={"label": range(15), "other": None}, reference={"label": "expert"}
    )
    assert told["groups"] == [
        {"group": "a", "rows": 10, "missing": 0.0, "ai": {"label": 1.0}, "differs": {"label": 0.0}},
        {"group": "b", "rows": 20, "missing": 0.0, "ai": {"label": 0.25}, "differs": {"label": 1.0}},
    ]
    assert told["left_out"] == 0


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ({"a": 10, "b": 4}, []),  # the total would tell b
        ({"a": 10, "b": 20, "c": 4}, ["b"]),
        ({"a": 10, "b": 4, "c": 4}, ["a"]),
        ({"a": 4}, []),
    ],
)
def test_small_groups_are_left_out_and_cannot_be_computed_from_the_total(
    sizes: dict[str, int], shown: list[str]
) -> None:
    told = by_group(cohort(**sizes), "site")
    assert [g["group"] for g in told["groups"]] == shown
    assert told["left_out"] == len(sizes) - len(shown)


def test_a_share_of_a_few_rows_is_not_told_from_either_side() -> None:
    for filled in (range(3), range(17)):
        assert by_group(cohort(a=20), "site", ai_rows={"label": filled})["groups"][0]["ai"] == {"label": None}


def test_what_cannot_be_a_group_is_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match="no column 'sex'"):
        by_group(cohort(a=9), "sex")
    with pytest.raises(UsageError, match="60 groups"):
        by_group(cohort(a=60), "note")
    with pytest.raises(UsageError, match="only a table"):
        quality([1, 2])
    with pytest.raises(UsageError, match=r"did you mean .licence"):
        answered({"license": "CC0"})
    with pytest.raises(UsageError, match="text"):
        answered({"licence": 7})


# ── the export ───────────────────────────────────────────────────────────────────────


def test_the_passport_joins_lineage_checks_and_answers_and_asks_for_the_rest() -> None:
    english, french = (passport.export(records.study(*records.answers()), language=x) for x in ("en", "fr"))
    assert "1,500 rows, 3 columns" in english
    assert re.search(r"\| label \| str \| 12 \| 4 \| AI-generated \| .*2024-07-18 \| 12 of 12 \| checked \|", english)
    assert "| id | int64 | 0 | 1,500 | origin not declared |" in english
    assert "| sex | str | fewer than 5 | 3 | origin not declared |" in english
    assert "Title of the dataset: Clinical notes" in english
    assert "Titre du jeu de données\u00a0: Notes cliniques" in french
    assert "4 of 18 questions answered by people" in english
    assert english.count("[TO COMPLETE") == french.count("[À COMPLÉTER") == 2 * len(QUESTIONS) - 4
    assert "| (missing) | 20 | 10% | 50% | – |" in english
    assert "labels.csv" in english


def test_a_declared_origin_stands_where_lineage_found_none_and_never_over_it() -> None:
    said = records.declaration("human", {"columns": ["label", "note"]}, "df")
    text = passport.export(records.study(said))
    assert re.search(r"\| note \|.*written by a person \(declared\)", text)
    assert re.search(r"\| label \|.*AI-generated", text)


@pytest.mark.parametrize(
    "value", [None, 7, "x", [], {}, {"columns": 7, "groups": "x", "answers": [1]}, {"columns": [7], "k": "x"}]
)
def test_a_declaration_that_is_none_makes_no_passport_fail(value: Any) -> None:
    found = Provenance.of([{**records.declaration("dataset", value, "df"), "value": value}])
    assert "df" in passport.export(found)


def test_croissant_takes_the_answers_where_it_has_a_place_for_them() -> None:
    made = json.loads(available()["croissant"].export(records.study(*records.answers())))
    assert made["license"] == "on request"
    assert made["rai:personalSensitiveInformation"] == ["free text about patients"]


# ── in a kernel ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        yield running


@pytest.fixture
def nb(tmp_path: Path) -> Iterator[Kernel]:
    with kernel(tmp_path) as running:
        yield running
    assert chains_are_whole(tmp_path)


def test_describe_puts_facts_on_record_and_no_value_of_a_row(nb: Kernel, server: Loopback, tmp_path: Path) -> None:
    nb.run(
        "%load_ext jupyter_aiprov\nimport jupyter_aiprov as aiprov, pandas as pd, httpx\n"
        f"def ask(text): return httpx.post({server.url()!r} + '/v1/chat/completions', json={{'model': 'gpt-4o-mini', "
        "'messages': [{'role': 'user', 'content': text}]}, timeout=30).json()['choices'][0]['message']['content']\n"
        "df = pd.DataFrame({'note': [f'secret-{n}' for n in range(12)], 'site': ['a'] * 6 + ['b'] * 6})"
    )
    nb.run("df['label'] = [ask(n) for n in df.note]")
    nb.run(
        "aiprov.describe(df, groups='site', reference={'label': 'site'}, licence='CC BY 4.0', legal_basis='consent')"
    )
    nb.run("aiprov.confidential(df, columns=['note'])")
    refused = nb.run("aiprov.describe(df, groups='note', k=1)", fails=True).error
    assert refused is not None
    assert "declared confidential" in refused["evalue"]
    found = nb.events()
    told = next(e for e in found if e.get("kind") == "dataset")
    assert told["subject"] == "df"
    assert told["value"]["answers"] == {"licence": "CC BY 4.0", "legal-basis": "consent"}
    assert [g["rows"] for g in told["value"]["groups"][0]["groups"]] == [6, 6]
    assert "secret" not in json.dumps(told)
    text = passport.export(provenance_of({"nbformat": 4, "cells": []}, found))
    assert re.search(r"\| label \|.*AI-generated", text)


def test_what_was_stated_in_a_headless_run_without_any_call_reaches_the_notebook(nb: Kernel) -> None:
    source = "aiprov.describe(df, licence='CC0')"
    nb.run(
        "%load_ext jupyter_aiprov\nimport jupyter_aiprov as aiprov, pandas as pd\ndf = pd.DataFrame({'n': range(9)})"
    )
    nb.run(source)
    path = nb.folder / "quiet.ipynb"
    cell = {"cell_type": "code", "id": "c1", "metadata": {}, "execution_count": 2, "outputs": [], "source": source}
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
    one = opened(str(path))
    assert "9 rows, 1 column." in passport.export(one.provenance())
    kept = annotate(one.nb, one.events).notebook
    assert "Licence and conditions of use: CC0" in passport.export(provenance_of(kept))
    assert verify(kept).answer != "changed"
    other = json.loads(path.read_text().replace("CC0", "CC1"))
    path.with_name("other.ipynb").write_text(json.dumps(other))
    assert not opened(str(path.with_name("other.ipynb"))).journals
