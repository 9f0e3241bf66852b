"""Cards, citations and footprints say what is on record and call the rest unknown."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

import pytest

from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.exporters import available
from jupyter_aiprov.exporters._cards import apa, cards
from jupyter_aiprov.provenance import Provenance
from tests.exporters import records


def card(**more: object):
    """The card of one call with these attributes."""
    return cards([Provenance.of([records.call("1", "x", **more)])])[0]


def test_a_dated_snapshot_is_reproducible_by_name_and_an_alias_is_not() -> None:
    assert card().fixed == "dated name"
    assert not card(**{"gen_ai.response.model": "mistral-small-latest"}).reproducible_by_name
    assert card(**{"gen_ai.response.model": "gpt-4o"}).fixed == "undated name"
    assert (
        card(weights={"sha256": "a" * 64, "repository": "HuggingFaceTB/SmolLM2"}, destination="in-process").fixed
        == "weights"
    )


def test_a_maker_is_named_only_where_the_record_names_one() -> None:
    assert card().maker == "OpenAI"
    assert card(destination="loopback").maker is None  # anything may answer behind a server on this machine
    assert card(**{"gen_ai.provider.name": "groq"}).maker is None
    assert card(weights={"repository": "HuggingFaceTB/SmolLM2"}, destination="in-process").maker == "HuggingFaceTB"


def test_training_data_are_unknown_until_somebody_says_so() -> None:
    said = {
        **records.declaration(
            "ai-tool", {"training_data": "not disclosed", "licence": "proprietary"}, f"model:{records.MODEL}"
        )
    }
    assert card().training_data == "unknown"
    found = cards([records.study(said)])[0]
    assert (found.training_data, found.licence) == ("not disclosed", "proprietary")


def test_the_apa_line_is_the_tool_form() -> None:
    assert (
        apa(card())
        == f"OpenAI. (2024). {records.MODEL} [Large language model]. https://platform.openai.com/docs/models"
    )


def test_failed_requests_alone_make_no_card() -> None:
    assert cards([Provenance.of([records.call("1", "x", status="failed")])]) == []


def test_an_unknown_model_is_not_estimated() -> None:
    local = Provenance.of([records.call("1", "x", destination="loopback")])
    assert json.loads(available()["impact"].export(local))["models"][0]["estimate"] == "not estimated"


@pytest.mark.skipif(importlib.util.find_spec("ecologits") is None, reason="the library ecologits is not installed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_footprint_is_a_range_with_method_and_version() -> None:
    provenance = Provenance.of([records.call(str(n), "x") for n in range(3)])
    estimate = json.loads(available()["impact"].export(provenance))["models"][0]["estimate"]
    assert estimate["method"] == "EcoLogits"
    assert estimate["version"]
    assert 0 < estimate["gwp_kgco2eq"][0] <= estimate["gwp_kgco2eq"][1]
    partly = Provenance.of(
        [
            records.call("1", "x"),
            records.call("2", "x", **{"gen_ai.usage.output_tokens": None, "gen_ai.usage.input_tokens": None}),
        ]
    )
    assert json.loads(available()["impact"].export(partly))["models"][0]["estimate"] == "not estimated"


def test_the_audit_log_hands_lines_on_byte_for_byte_and_never_a_text(tmp_path: Path) -> None:
    lines = [
        f'{{"type":"gap","id":"{n}","x":1.0,"hash":"{hashlib.sha256(str(n).encode()).hexdigest()}"}}' for n in range(3)
    ]
    (tmp_path / f"{records.SESSION}.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / f"{records.SESSION}.content.jsonl").write_text('{"value":"a secret text"}\n')
    (tmp_path / "other.jsonl").write_text("{}\n")
    made = available()["audit-log"].export(records.study(), journal=tmp_path)
    assert made == "\n".join(lines) + "\n"


def test_no_journal_at_hand_is_said_with_what_to_do() -> None:
    with pytest.raises(UsageError, match="hint"):
        available()["audit-log"].export(records.study())


def test_the_crate_packs_recorded_files_only_while_they_are_the_recorded_ones(tmp_path: Path) -> None:
    import io
    import zipfile

    (tmp_path / "labels.csv").write_text("id,label\n1,pain\n")
    digest = hashlib.sha256((tmp_path / "labels.csv").read_bytes()).hexdigest()
    (tmp_path / "labels.csv-metadata.json").write_text("{}")

    def packed(*events: dict[str, object], sha256: str = digest) -> list[str]:
        file = {"name": "labels.csv", "sha256": sha256, "bytes": 17}
        provenance = records.study(records.column("labels.csv", kind="file", id="d9", file=file), *events)
        made = available()["ro-crate"].export(provenance, path=tmp_path / "study.ipynb")
        return zipfile.ZipFile(io.BytesIO(made)).namelist()

    assert {"data/labels.csv", "data/labels.csv-metadata.json"} <= set(packed())
    assert "data/labels.csv" not in packed(sha256="0" * 64)
    assert "data/labels.csv" not in packed(records.declaration("confidential", "df.name", "df.name"))


def test_every_export_works_without_any_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for name in ("ecologits", "prov", "rocrate", "mlcroissant"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for name, module in available().items():
        if name != "audit-log":
            assert module.export(records.study(*records.answers()))
            assert module.export(Provenance.of([]))


def test_weights_that_are_not_identified_are_said_to_be_so():
    unknown = card(weights={"identified": False}, destination="loopback")
    assert unknown.unidentified
    assert unknown.openness == "unknown"
    assert not card(weights={"revision": "a" * 64}, destination="loopback").unidentified
    assert not card(destination="external").unidentified
