"""Labels of files: there again tomorrow, honest about changes, never in somebody's way."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sqlite3
import stat
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_aiprov import semconv
from jupyter_aiprov.lineage import _formats, _sidecar
from jupyter_aiprov.lineage.files import LEDGER, FileLedger

LABEL = {
    "origin": "ai-generated",
    "evidence": "captured",
    "confidence": "high",
    "models": ["gpt-4o-mini-2024-07-18"],
    "invocations": ["i1", "i2"],
}
LABELS = {"label": LABEL}
AI_DATA = "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData"


def frame() -> pd.DataFrame:
    return pd.DataFrame({"id": [1, 2, 3], "text": ["a", "b", "c"], "label": ["pos", "neg", "pos"]})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def ledger(tmp_path: Path, mode: str = "beside") -> FileLedger:
    return FileLedger(tmp_path / ".aiprov" / "someone", mode)


def sidecar(path: Path) -> Any:
    return json.loads(path.with_name(path.name + "-metadata.json").read_text("utf-8"))


def _sql(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        frame().to_sql("t", connection, index=False, if_exists="replace")
    connection.close()


def _duck(path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    made = frame()
    with duckdb.connect(str(path)) as connection:
        connection.register("made", made)
        connection.execute("CREATE OR REPLACE TABLE t AS SELECT * FROM made")


def _png(path: Path) -> None:
    pytest.importorskip("PIL.Image").new("RGB", (4, 4), "red").save(path)


WRITERS: dict[str, Any] = {
    "x.csv": lambda p: frame().to_csv(p, index=False),
    "x.tsv": lambda p: frame().to_csv(p, index=False, sep="\t"),
    "x.json": lambda p: frame().to_json(p),
    "x.jsonl": lambda p: frame().to_json(p, orient="records", lines=True),
    "x.parquet": lambda p: frame().to_parquet(p),
    "x.feather": lambda p: frame().to_feather(p),
    "x.xlsx": lambda p: frame().to_excel(p, index=False),
    "x.pkl": lambda p: p.write_bytes(pickle.dumps(frame())),
    "x.npy": lambda p: np.save(p, np.arange(3)),
    "x.txt": lambda p: p.write_text("an answer"),
    "x.png": _png,
    "x.sqlite": _sql,
    "x.duckdb": _duck,
}
TABLES = {"x.sqlite": "t", "x.duckdb": "t", "x.xlsx": "Sheet1"}


# ── round trips ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_tomorrows_kernel_gets_the_labels_back_from_the_ledger(name: str, tmp_path: Path, data: Path) -> None:
    path = data / name
    WRITERS[name](path)
    event = ledger(tmp_path).wrote(path, LABELS, table=TABLES.get(name))
    assert event is not None
    assert event["columns"] == {"label": "ai-generated"}
    assert ledger(tmp_path).read(path, table=TABLES.get(name)) == {"label": LABEL}


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_another_machine_gets_the_labels_back_from_the_sidecar(name: str, tmp_path: Path, data: Path) -> None:
    path = data / name
    WRITERS[name](path)
    ledger(tmp_path).wrote(path, LABELS, table=TABLES.get(name))
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(data, elsewhere)
    got = FileLedger(None).read(elsewhere / name, table=TABLES.get(name))
    assert got is not None
    assert got["label"]["origin"] == "ai-generated"
    assert got["label"]["evidence"] == "imported"
    assert got["label"]["confidence"] == "high"
    assert "invocations" not in got["label"]


@pytest.mark.parametrize("name", [n for n in sorted(WRITERS) if n not in TABLES])
@pytest.mark.parametrize("mode", ["off", "beside"])
def test_a_file_changed_since_says_so_with_low_confidence(name: str, mode: str, tmp_path: Path, data: Path) -> None:
    path = data / name
    WRITERS[name](path)
    ledger(tmp_path, mode).wrote(path, {"label": {**LABEL, "rows": [[0, 2]], "rows_ai": 3}})
    path.write_bytes(path.read_bytes() + b" ")
    got = ledger(tmp_path).read(path)
    assert got is not None
    assert got["label"]["confidence"] == "low"
    assert got["label"]["changed"] == "changed since"
    assert "rows" not in got["label"]


@pytest.mark.parametrize("name", ["x.sqlite", "x.duckdb"])
def test_another_table_of_the_database_changes_nothing_this_table_does(name: str, tmp_path: Path, data: Path) -> None:
    path = data / name
    WRITERS[name](path)
    ledger(tmp_path).wrote(path, LABELS, table="t")
    run = _run_sqlite if name == "x.sqlite" else _run_duckdb
    run(path, "CREATE TABLE other AS SELECT 1 AS one")
    got = ledger(tmp_path).read(path, table="t")
    assert got is not None
    assert "changed" not in got["label"]
    assert ledger(tmp_path).read(path, table="other") is None
    run(path, "UPDATE t SET label = 'mine' WHERE id = 2")
    got = ledger(tmp_path).read(path, table="t")
    assert got is not None
    assert got["label"]["changed"] == "changed since"


def _run_sqlite(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def _run_duckdb(path: Path, statement: str) -> None:
    with pytest.importorskip("duckdb").connect(str(path)) as connection:
        connection.execute(statement)


def test_a_duckdb_that_the_user_holds_open_is_read_all_the_same(tmp_path: Path, data: Path) -> None:
    path = data / "x.duckdb"
    _duck(path)
    with pytest.importorskip("duckdb").connect(str(path)) as connection:
        assert ledger(tmp_path).wrote(path, LABELS, table="t") is not None
        connection.execute("SELECT 1")
        assert ledger(tmp_path).read(path, table="t") == {"label": LABEL}


def test_a_renamed_file_is_known_by_its_content(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    ledger(tmp_path, "off").wrote(path, LABELS)
    assert ledger(tmp_path).read(path.rename(data / "final.csv")) == {"label": LABEL}


def test_a_clean_file_has_no_labels_and_is_not_digested(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    monkeypatch.setattr(_formats, "file_digest", lambda path: pytest.fail("digested"))
    assert ledger(tmp_path).read(path) is None


def test_written_again_without_ai_values_takes_the_labels_back(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    ledger(tmp_path).wrote(path, LABELS)
    frame().drop(columns="label").to_csv(path)
    assert ledger(tmp_path).wrote(path, {}) is None
    assert ledger(tmp_path).read(path) is None
    assert [p.name for p in data.iterdir()] == ["x.csv"]


def test_writing_the_same_again_leaves_one_note(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    for _ in range(3):
        ledger(tmp_path).wrote(path, LABELS)
    assert len(sidecar(path)["notes"]) == 1
    assert len(sidecar(path)["tableSchema"]["columns"]) == 3


# ── the sidecar ───────────────────────────────────────────────────────────────────


def test_the_sidecar_is_csvw_with_a_source_type_for_each_ai_column(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    event = ledger(tmp_path).wrote(path, LABELS)
    assert event is not None
    assert event["sidecar"] == "x.csv-metadata.json"
    found = sidecar(path)
    assert found["@context"] == "http://www.w3.org/ns/csvw"
    assert found["url"] == "x.csv"
    assert found["tableSchema"]["columns"] == [
        {"name": "id", "titles": "id"},
        {"name": "text", "titles": "text"},
        {"name": "label", "titles": "label", "schema:digitalSourceType": {"@id": AI_DATA}},
    ]
    assert found["notes"][0]["sha256"] == event["sha256"]
    assert str(tmp_path) not in json.dumps(found)
    assert "i1" not in json.dumps(found["notes"])


def test_pictures_and_texts_have_the_source_type_of_media(tmp_path: Path, data: Path) -> None:
    path = data / "x.png"
    _png(path)
    ledger(tmp_path).wrote(path, {"": LABEL})
    assert sidecar(path)["schema:digitalSourceType"] == {"@id": semconv.IPTC + "trainedAlgorithmicMedia"}
    assert FileLedger(None).read(path)[""]["origin"] == "ai-generated"


FOREIGN: dict[str, Any] = {
    "@context": ["http://www.w3.org/ns/csvw", {"@language": "fr"}],
    "url": "x.csv",
    "dc:title": "Cohorte",
    "dc:license": {"@id": "https://creativecommons.org/licenses/by/4.0/"},
    "tableSchema": {
        "primaryKey": "id",
        "columns": [
            {"name": "id", "titles": ["id"], "datatype": "integer"},
            {"name": "label", "titles": {"fr": "label"}, "dc:description": "étiquette"},
        ],
    },
    "notes": [{"by": "somebody"}],
}


def test_a_foreign_sidecar_is_merged_and_given_back_as_it_was(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    other = data / "x.csv-metadata.json"
    other.write_text(json.dumps(FOREIGN), "utf-8")
    ledger(tmp_path).wrote(path, LABELS)
    merged = sidecar(path)
    columns = {c["name"]: c for c in merged["tableSchema"]["columns"]}
    assert columns["label"]["dc:description"] == "étiquette"
    assert columns["label"]["schema:digitalSourceType"] == {"@id": AI_DATA}
    assert columns["id"]["datatype"] == "integer"
    assert merged["dc:title"] == "Cohorte"
    assert merged["@context"] == FOREIGN["@context"]
    assert merged["notes"][0] == {"by": "somebody"}
    ledger(tmp_path).wrote(path, {})
    left = sidecar(path)
    assert [c for c in left["tableSchema"]["columns"] if c["name"] != "text"] == FOREIGN["tableSchema"]["columns"]
    assert {k: v for k, v in left.items() if k != "tableSchema"} == {
        k: v for k, v in FOREIGN.items() if k != "tableSchema"
    }


def test_a_source_type_that_somebody_else_set_stays(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    theirs = {"@id": semconv.IPTC + "digitalCapture"}
    document = {
        "@context": _sidecar.CONTEXT,
        "url": "x.csv",
        "tableSchema": {"columns": [{"titles": "label", "schema:digitalSourceType": theirs}]},
    }
    (data / "x.csv-metadata.json").write_text(json.dumps(document))
    ledger(tmp_path).wrote(path, LABELS)
    assert sidecar(path)["tableSchema"]["columns"][0]["schema:digitalSourceType"] == theirs
    assert FileLedger(None).read(path)["label"]["origin"] == "ai-generated"


def test_the_table_of_a_group_is_the_one_described(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    document = {"@context": _sidecar.CONTEXT, "tables": [{"url": "y.csv"}, {"url": "x.csv"}]}
    (data / "x.csv-metadata.json").write_text(json.dumps(document))
    ledger(tmp_path).wrote(path, LABELS)
    tables = sidecar(path)["tables"]
    assert tables[0] == {"url": "y.csv"}
    assert tables[1]["notes"][0]["columns"]["label"]["origin"] == "ai-generated"
    assert FileLedger(None).read(path) is not None


@pytest.mark.parametrize(
    "content",
    [
        b"not json",
        b"[1, 2]",
        b'{"url": "another.csv"}',
        b'{"name": "package", "version": 1}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'"x"',
        b"{",
    ],
)
def test_a_sidecar_of_somebody_else_is_never_overwritten(content: bytes, tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    other = data / "x.csv-metadata.json"
    other.write_bytes(content)
    event = ledger(tmp_path).wrote(path, LABELS)
    assert event is not None
    assert "sidecar" not in event
    assert other.read_bytes() == content
    ledger(tmp_path).wrote(path, {})
    assert other.read_bytes() == content


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_a_sidecar_that_is_a_link_is_not_followed(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    target = tmp_path / "precious.json"
    target.write_text("{}")
    (data / "x.csv-metadata.json").symlink_to(target)
    event = ledger(tmp_path).wrote(path, LABELS)
    assert event is not None
    assert "sidecar" not in event
    assert target.read_text() == "{}"


def test_several_tables_of_a_workbook_have_a_note_each(tmp_path: Path, data: Path) -> None:
    path = data / "x.xlsx"
    WRITERS["x.xlsx"](path)
    ledger(tmp_path).wrote(path, LABELS, table="Sheet1")
    ledger(tmp_path).wrote(path, {"n": {**LABEL, "origin": "ai-derived"}}, table="Sheet2")
    assert list(FileLedger(None).read(path, table="Sheet1")) == ["label"]
    assert list(FileLedger(None).read(path, table="Sheet2")) == ["n"]
    assert FileLedger(None).read(path, table="Sheet3") is None


def test_words_that_we_do_not_know_are_not_believed(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    ledger(tmp_path).wrote(path, LABELS)
    document = sidecar(path)
    columns = {
        "label": {"origin": "ai-generated", "evidence": "captured", "confidence": "<b>"},
        "x": {"origin": "evil"},
        "y": 3,
    }
    document["notes"][0]["columns"] = columns
    (data / "x.csv-metadata.json").write_text(json.dumps(document))
    got = FileLedger(None).read(path)
    assert got == {"label": {"origin": "ai-generated", "evidence": "imported", "confidence": "low"}}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40),
    st.lists(st.text(max_size=12), min_size=1, max_size=5, unique=True),
)
def test_hostile_names_of_files_and_columns_come_back_as_they_were(
    tmp_path: Path, name: str, columns: list[str]
) -> None:
    path = tmp_path / ("d" + os.urandom(6).hex()) / (name + ".csv")
    path.parent.mkdir()
    path.write_text("x")
    labels = dict.fromkeys(columns, LABEL)
    event = ledger(tmp_path).wrote(path, labels)
    assert event is not None
    json.dumps(event).encode()
    assert list(ledger(tmp_path).read(path) or ()) == columns
    assert sorted(FileLedger(None).read(path) or ()) == sorted(columns)
    assert {p.name for p in path.parent.iterdir()} == {path.name, path.name + "-metadata.json"}


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["url", "tables", "tableSchema", "columns", "notes", "titles", "name", "type", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_merged_without_loss_or_left_alone(document: Any) -> None:
    before = json.dumps(document, sort_keys=True)
    out = _sidecar.described(document, "x.csv", LABELS, file={"sha256": "0" * 64, "bytes": 1})
    assert json.dumps(document, sort_keys=True) == before
    if isinstance(document, dict) and out is not None:
        assert set(document) - {"notes"} <= set(out)
        for key in set(document) - {"notes", "tableSchema", "tables", _sidecar.SOURCE_TYPE}:
            assert out[key] == document[key]
        got = _sidecar.labels_of(out, "x.csv")
        assert got is not None
        assert got["columns"]["label"]["origin"] == "ai-generated"
    _sidecar.withdrawn(document, "x.csv")


# ── modes, rights, failures ───────────────────────────────────────────────────────


def test_off_leaves_the_folder_and_the_bytes_alone(tmp_path: Path, data: Path) -> None:
    path = data / "x.parquet"
    WRITERS["x.parquet"](path)
    before = path.read_bytes()
    ledger(tmp_path, "off").wrote(path, LABELS)
    assert path.read_bytes() == before
    assert [p.name for p in data.iterdir()] == ["x.parquet"]


@pytest.mark.parametrize("name", ["x.parquet", "x.png"])
def test_inside_travels_with_the_file_and_keeps_its_content(name: str, tmp_path: Path, data: Path) -> None:
    path = data / name
    WRITERS[name](path)
    mode = stat.S_IMODE(path.stat().st_mode)
    labels = LABELS if name == "x.parquet" else {"": LABEL}
    event = ledger(tmp_path, "inside").wrote(path, labels)
    assert event is not None
    assert "sidecar" not in event
    assert [p.name for p in data.iterdir()] == [name]
    assert stat.S_IMODE(path.stat().st_mode) == mode
    got = FileLedger(None).read(path)
    assert got is not None
    assert {c: v["origin"] for c, v in got.items()} == dict.fromkeys(labels, "ai-generated")
    assert ledger(tmp_path).read(path) == dict(labels)
    if name == "x.parquet":
        pd.testing.assert_frame_equal(pd.read_parquet(path), frame())
    else:
        image = pytest.importorskip("PIL.Image").open(path)
        assert image.getpixel((0, 0)) == (255, 0, 0)
        assert json.loads(image.text["aiprov"])["columns"][""]["origin"] == "ai-generated"
        image.close()
    again = path.read_bytes()
    ledger(tmp_path, "inside").wrote(path, labels)
    assert len(path.read_bytes()) == len(again)


def test_inside_a_format_without_a_place_goes_beside(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    before = path.read_bytes()
    event = ledger(tmp_path, "inside").wrote(path, LABELS)
    assert event is not None
    assert event["sidecar"] == "x.csv-metadata.json"
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["x.parquet", "x.png"])
def test_a_broken_file_is_not_made_worse(name: str, tmp_path: Path, data: Path) -> None:
    path = data / name
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDATbroken")
    ledger(tmp_path, "inside").wrote(path, LABELS)
    assert path.read_bytes() == b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDATbroken"
    assert sorted([p.name for p in data.iterdir()]) == [name, name + "-metadata.json"]
    assert ledger(tmp_path).read(path) == {"label": LABEL}


@pytest.mark.parametrize(
    "path",
    ["https://example.org/x.csv", "s3://b/x", "/dev/null", "", "no/such.csv", "a\0b", "/", "\ud800"],
)
def test_what_is_no_regular_file_says_nothing(path: str, tmp_path: Path) -> None:
    assert ledger(tmp_path).wrote(path, LABELS) is None
    assert ledger(tmp_path).read(path) is None


@pytest.mark.skipif(os.name == "nt", reason="POSIX rights")
def test_the_sidecar_is_as_readable_as_its_file_and_the_ledger_is_private(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    path.chmod(0o640)
    ledger(tmp_path).wrote(path, LABELS)
    assert stat.S_IMODE((data / "x.csv-metadata.json").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / ".aiprov" / "someone" / LEDGER).stat().st_mode) == 0o600


def test_no_path_enters_the_ledger(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    ledger(tmp_path).wrote(path, LABELS)
    assert str(tmp_path) not in (tmp_path / ".aiprov" / "someone" / LEDGER).read_text()


def test_a_ledger_that_cannot_be_written_still_knows_in_this_kernel(tmp_path: Path, data: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    one = FileLedger(tmp_path / "file" / "folder", "off")
    assert one.wrote(path, LABELS) is not None
    assert one.read(path) == {"label": LABEL}


def test_a_torn_or_foreign_ledger_line_is_passed_over(tmp_path: Path, data: Path) -> None:
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    folder = tmp_path / ".aiprov" / "someone"
    folder.mkdir(parents=True)
    (folder / LEDGER).write_bytes(b'{"torn\n[1]\nnull\n{"columns": 3}\n')
    ledger(tmp_path, "off").wrote(path, LABELS)
    assert ledger(tmp_path).read(path) == {"label": LABEL}


def test_two_kernels_share_one_ledger(tmp_path: Path, data: Path) -> None:
    one, other = ledger(tmp_path, "off"), ledger(tmp_path, "off")
    path = data / "x.csv"
    WRITERS["x.csv"](path)
    assert other.read(path) is None
    one.wrote(path, LABELS)
    assert other.read(path) == {"label": LABEL}


def test_writers_side_by_side_lose_no_line(tmp_path: Path, data: Path) -> None:
    def write(i: int) -> None:
        path = data / f"{i}.csv"
        path.write_text(f"{i}\n")
        ledger(tmp_path).wrote(path, LABELS)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(ledger(tmp_path).read(data / f"{i}.csv") == {"label": LABEL} for i in range(12))


def test_a_very_large_file_is_sampled_and_says_so(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_formats, "WHOLE", 1000)
    path = data / "x.bin"
    path.write_bytes(os.urandom(3 * 2**20))
    event = ledger(tmp_path).wrote(path, LABELS)
    assert event is not None
    assert "sha256" not in event
    assert event["sampled"]
    assert ledger(tmp_path).read(path) == {"label": LABEL}
    with path.open("r+b") as file:
        file.write(b"x" * 10)
    assert ledger(tmp_path).read(path)["label"]["changed"] == "changed since"
