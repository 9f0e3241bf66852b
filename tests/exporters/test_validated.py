"""Every machine format is read by the library that its community reads it with."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov.commands._files import opened
from jupyter_aiprov.exporters import available
from jupyter_aiprov.provenance import Provenance
from tests.exporters import contexts, records

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

DEMO = os.environ.get("AIPROV_DEMO")  # a folder with the demo's notebook, run against the real model


def _demo() -> dict[str, Provenance]:
    return {"demo": opened(str(Path(DEMO, "classify-notes.ipynb"))).provenance()} if DEMO else {}


RECORDS = {
    "empty": Provenance.of([]),
    "nothing": Provenance.of([records.session()], cells=[], notebook="quiet.ipynb"),
    "full": records.study(*records.answers()),
    **_demo(),
}


@pytest.fixture(params=sorted(RECORDS))
def provenance(request: pytest.FixtureRequest) -> Provenance:
    return RECORDS[request.param]


def test_prov_json_and_prov_n_say_the_same_to_the_prov_library(provenance: Provenance) -> None:
    model = pytest.importorskip("prov.model", reason="the library prov is not installed")
    from_json = model.ProvDocument.deserialize(content=available()["prov"].export(provenance), format="json")
    from_text = model.ProvDocument.deserialize(content=available()["prov-n"].export(provenance), format="provn")
    assert len(list(from_json.get_records())) == len(list(from_text.get_records()))
    said = {type(r).__name__ for r in from_json.get_records()}
    if provenance.uses:
        assert {"ProvActivity", "ProvAgent", "ProvEntity", "ProvAssociation", "ProvGeneration"} <= said
    assert {str(r.identifier) for r in from_json.get_records() if r.identifier} >= {
        str(r.identifier) for r in from_text.get_records() if r.identifier and "aiprov" in str(r.identifier)
    }


def test_prov_attributes_drafts_to_their_model_and_revisions_to_their_draft() -> None:
    model = pytest.importorskip("prov.model", reason="the library prov is not installed")
    drafted = {"type": "authorship", "session": records.SESSION, "time": records.at(3), "evidence": "captured"}
    events = [
        {**drafted, "id": "a8", "cell_id": "c1", "origin": "ai-generated", "model": "gpt-x", "source_sha256": "1" * 64},
        {**drafted, "id": "a9", "cell_id": "c3", "origin": "ai-assisted", "tool": "magic", "source_sha256": "2" * 64},
    ]
    study = records.study(*events)
    for name, form in (("prov", "json"), ("prov-n", "provn")):
        document = model.ProvDocument.deserialize(content=available()[name].export(study), format=form)
        written = _labelled(document, document.get_records(model.ProvAttribution))
        assert ("source of cell c1", "gpt-x") in written
        assert ("draft of cell c3", "magic") in written
        assert ("draft of cell c4", "jupyter-ai") in written
        assert not any(source == "source of cell c3" for source, _ in written)  # a person revised it
        derived = document.get_records(model.ProvDerivation)
        revised = [r for r in derived if model.PROV["Revision"] in r.get_asserted_types()]
        pairs = {(f"source of cell {c}", f"draft of cell {c}") for c in ("c3", "c4")}
        assert _labelled(document, revised) == pairs
        assert ("df.label", records.MODEL) in written
        assert not any(made == "counts" for made, _ in written)  # computed from answers, not answered
        assert ("counts", records.MODEL) in _labelled(document, document.get_records(model.ProvInfluence))


def _labelled(document: Any, relations: Any) -> set[tuple[str, str]]:
    """Both ends of relations, by their labels."""
    elements = [r for r in document.get_records() if r.is_element()]
    label = {str(r.identifier): str(r.label) for r in elements}
    return {(label[str(r.args[0])], label[str(r.args[1])]) for r in relations}


def test_the_crate_is_read_by_rocrate(provenance: Provenance, tmp_path: Path) -> None:
    rocrate = pytest.importorskip("rocrate.rocrate", reason="the library rocrate is not installed")
    path = _unpacked(provenance, tmp_path)
    crate = rocrate.ROCrate(path)
    assert {"aiprov.json"} <= {e.id for e in crate.data_entities}
    actions = [e for e in crate.get_entities() if e.type == "CreateAction"]
    assert len(actions) == len(provenance.uses)


def test_the_crate_meets_every_requirement_of_process_run_crate(
    provenance: Provenance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rocrate_validator", reason="the library roc-validator is not installed")
    from rocrate_validator import models, services

    contexts.serve(monkeypatch)
    settings = services.ValidationSettings(
        rocrate_uri=str(_unpacked(provenance, tmp_path)),
        profile_identifier="process-run-crate-0.5",
        requirement_severity=models.Severity.REQUIRED,
        cache_path=str(tmp_path / "cache"),
    )
    result = services.validate(settings)
    assert not [f"{i.check.identifier}: {i.message}" for i in result.get_issues()]


def _unpacked(provenance: Provenance, folder: Path) -> Path:
    target = folder / "crate"
    made = available()["ro-crate"].export(provenance, notebook=dict(records.document()))
    zipfile.ZipFile(io.BytesIO(made)).extractall(target)
    return target


def test_citation_files_are_valid_cff(provenance: Provenance) -> None:
    pytest.importorskip("cffconvert", reason="the library cffconvert is not installed")
    from cffconvert import Citation

    Citation(available()["cff"].export(provenance)).validate()


@pytest.mark.full
def test_croissant_is_loaded_by_mlcroissant(provenance: Provenance, tmp_path: Path) -> None:
    croissant = pytest.importorskip("mlcroissant", reason="the library mlcroissant is not installed")
    path = tmp_path / "metadata.json"
    path.write_text(available()["croissant"].export(provenance), encoding="utf-8")
    dataset = croissant.Dataset(jsonld=str(path))
    assert not dataset.metadata.ctx.issues.errors
    fields = [f for s in dataset.metadata.record_sets for f in s.fields]
    if any(d.get("file") for d in provenance.derivations.values()):
        assert any(f.id.endswith("/label") for f in fields)


def test_croissant_has_what_the_specification_requires(provenance: Provenance) -> None:
    made = json.loads(available()["croissant"].export(provenance))
    assert {
        "@context",
        "@type",
        "conformsTo",
        "description",
        "license",
        "name",
        "url",
        "creator",
        "datePublished",
        "distribution",
    } <= set(made)
    origins = [f["digitalSourceType"] for s in made["recordSet"] for f in s["field"] if f["name"] == "label"]
    assert all(o == "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData" for o in origins)


def test_events_of_the_json_export_are_valid_by_our_schema(provenance: Provenance) -> None:
    jsonschema: Any = pytest.importorskip(
        "jsonschema", minversion="4.18", reason="a jsonschema with Draft 2020-12 is not installed"
    )
    schema = json.loads((Path(__file__).parents[2] / "jupyter_aiprov/schema/aiprov.schema.json").read_text())
    checker = jsonschema.Draft202012Validator({**schema, "anyOf": [{"$ref": "#/$defs/event"}]})
    for event in json.loads(available()["json"].export(provenance))["events"]:
        assert not list(checker.iter_errors(event)), event
