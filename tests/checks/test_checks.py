"""Each rule finds what it is about and nothing else; a notebook without a record is never clean."""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov import checks
from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.checks import Document, Finding, _report
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.lineage import _formats, _sidecar
from jupyter_aiprov.notebook import provenance_of
from jupyter_aiprov.seal import output_digest, sealed, stable_digest
from jupyter_aiprov.semconv import KEY, MIME
from jupyter_aiprov.verify import verify
from tests.exporters import records
from tests.notebook.made import Made, code, document, study

Notebook = dict[str, Any]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    one = study(tmp_path)
    yield one
    one.close()


@pytest.fixture
def nb(made: Made) -> Notebook:
    return annotate(made.notebook(), made.events()).notebook


def looked_at(nb: Notebook, events: Any = (), **options: Any) -> Document:
    return Document("study.ipynb", nb, provenance_of(nb, events), verify(nb), options)


def found(nb: Notebook, policy: str = "default", events: Any = (), **options: Any) -> list[Finding]:
    return checks.findings(looked_at(nb, events, **options), checks.named(policy))


def codes(nb: Notebook, policy: str = "default", **more: Any) -> set[str]:
    return {f.code for f in found(nb, policy, **more)}


def declared(nb: Notebook, kind: str) -> Notebook:
    event = {"type": "declaration", "id": kind, "kind": kind, "subject": None, "value": "x"}
    nb["metadata"][KEY].setdefault("declarations", {})[kind] = sealed(event)
    return nb


def stamped(nb: Notebook, change: Callable[[dict[str, Any]], None]) -> Notebook:
    """The notebook with another record, sealed as its author could."""
    output = nb["cells"][1]["outputs"][-1]
    record = output["data"][MIME]
    change(record)
    record["digest"] = stable_digest(record)
    output["data"] = {MIME: sealed(record)}
    del nb["cells"][1]["metadata"][KEY]
    return nb


def group(nb: Notebook, **values: Any) -> Notebook:
    return stamped(nb, lambda record: [g.update(values) for g in record["groups"]] and None)


# ── every rule is well made ────────────────────────────────────────────────────────
@pytest.mark.parametrize("code_", list(checks.registry()))
def test_a_rule_has_title_message_hint_link_and_its_family_by_number(code_: str) -> None:
    check = checks.registry()[code_]
    family = type(check).__module__.rpartition(".")[2]
    assert code_[3] == {"disclosure": "1", "reproducibility": "2", "integrity": "3", "privacy": "4"}[family]
    assert check.title()[0].isupper()
    assert not check.title().endswith(".")
    assert check.message().endswith(".")
    assert check.hint
    assert check.link.startswith("recommendation ")


def test_a_rule_of_another_package_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    class XYZ901(checks.Check):
        """Notebooks are short"""

        hint = "part it"

        def check(self, document: Document) -> Iterator[checks.Place]:
            """This notebook is long."""
            yield checks.Place()

    class Point:
        def load(self) -> Any:
            return XYZ901

    monkeypatch.setattr(checks, "entry_points", lambda **_: [Point()])
    checks.registry.cache_clear()
    try:
        assert "XYZ901" in checks.registry()
        assert "XYZ901" in codes(document(code("1", "a")))
    finally:
        checks.registry.cache_clear()


# ── disclosure ─────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("source", [
    "import openai", "from anthropic import Anthropic", "import pandas as pd, os\nimport transformers as t",
    "from google.genai import Client", "%%ai gpt-4o\nhello", "!pip install x\nimport litellm", "x = (\nimport openai",
])  # fmt: skip
def test_aip100_a_notebook_that_brings_in_ai_and_holds_no_record_is_not_recorded(source: str) -> None:
    assert codes(document(code(source, "a"))) == {"AIP100"}


@pytest.mark.parametrize(
    "source", ["import pandas", "# import openai", "'''\nimport openai\n'''", "openai = 1", "import openapi"]
)
def test_aip100_ordinary_notebooks_are_left_alone(source: str) -> None:
    assert codes(document(code(source, "a"))) == set()


def test_aip100_r_and_julia_packages_count_too() -> None:
    nb = document(code("library(ellmer)", "a"))
    nb["metadata"] = {"kernelspec": {"name": "ir", "language": "R"}}
    assert codes(nb) == {"AIP100"}


def test_aip100_a_recorded_notebook_is_recorded(nb: Notebook) -> None:
    assert "AIP100" not in codes(nb)


def test_aip101_a_mark_without_its_stamp(nb: Notebook) -> None:
    nb["cells"][1]["outputs"] = []
    (one,) = [f for f in found(nb) if f.code == "AIP101"]
    assert (one.cell, one.cell_id, one.severity) == (2, "c-label", "error")


@pytest.mark.parametrize(
    "heading", ["# Use of AI systems", "## Utilisation de systèmes d'IA", "### Declaration of generative AI"]
)
def test_aip102_a_section_in_a_markdown_cell_is_enough(nb: Notebook, heading: str) -> None:
    assert "AIP102" in codes(nb)
    nb["cells"].append({"cell_type": "markdown", "id": "m", "metadata": {}, "source": f"{heading}\ntext"})
    assert "AIP102" not in codes(nb)


@pytest.mark.parametrize(("code_", "kind"), [("AIP103", "purpose"), ("AIP104", "person"), ("AIP404", "privacy")])
def test_what_only_people_know_is_asked_for_until_it_is_declared(nb: Notebook, code_: str, kind: str) -> None:
    assert code_ in codes(nb)
    assert code_ not in codes(declared(nb, kind))


def test_aip105_an_answer_whose_model_nobody_named(nb: Notebook) -> None:
    def unnamed(record: dict[str, Any]) -> None:
        for one in record["groups"]:
            one.pop("gen_ai.request.model")
            one.pop("gen_ai.response.model")

    assert "AIP105" not in codes(nb)
    assert "AIP105" in codes(stamped(nb, unnamed))


def test_aip107_a_review_by_a_person_is_enough(nb: Notebook) -> None:
    from tests.notebook.test_verify import reviewed

    assert "AIP107" in codes(nb)
    assert "AIP107" not in codes(reviewed(nb))


def test_aip106_ai_code_of_which_neither_tool_nor_model_is_named(nb: Notebook) -> None:
    def written(tool: str | None) -> Notebook:
        one = deepcopy(nb)
        authorship = {"origin": "ai-generated", "tool": tool, "evidence": "declared", "confidence": "high"}
        one["cells"][0]["metadata"][KEY] = {"schema_version": "1.0", "authorship": [authorship]}
        return one

    assert "AIP106" in codes(written(None))
    assert "AIP106" not in codes(written("jupyter-ai"))


@pytest.mark.parametrize("label", ["beside", "beside, by its stem", "by somebody else", "inside"])
@pytest.mark.parametrize("name", ["labels.csv", "labels.parquet", "figure.png"])
def test_aip108_a_file_with_ai_content_and_no_label_beside_it_or_inside(made: Made, name: str, label: str) -> None:
    from jupyter_aiprov.commands._files import opened
    from jupyter_aiprov.commands.check import unlabelled

    path = made.folder / name
    if name.endswith(".csv"):
        path.write_text("id,label\n1,good\n")
    elif name.endswith(".png"):
        path.write_bytes(base64.b64decode(records.PNG))
    else:
        pytest.importorskip("pyarrow")
        importlib.import_module("pandas").DataFrame({"label": ["good"]}).to_parquet(path)
    file = {"name": name, "sha256": "0" * 64, "bytes": 1, "columns": {"label": "ai-generated"}}
    event = {"type": "derivation", "id": "d-file", "subject": f"file:{name}", "kind": "file", "origin": "ai-generated"}
    made.write({**event, "execution": "e0002-5e55105e", "file": file, "evidence": "captured", "confidence": "high"})
    made.journal.flush(10)
    one = opened(str(made.save()))
    assert unlabelled(one, one.provenance()) == [name]
    assert "AIP108" in codes(one.nb, unlabelled_files=[name])
    labels = {"label": {"origin": "ai-generated", "evidence": "captured", "confidence": "high"}}
    if label == "inside":
        if not _formats.mark_inside(path, path.with_name("marked"), _formats.note(labels)):
            assert name.endswith(".csv")  # has no place for a label
            return
        path.with_name("marked").replace(path)
    else:
        described = _sidecar.described(None, name, labels, file={"bytes": 1})
        if label == "by somebody else":
            described = {"url": name, "schema:digitalSourceType": {"@id": "http://example.org/ai"}}
        beside = f"{path.stem}-metadata.json" if "stem" in label else f"{name}-metadata.json"
        path.with_name(beside).write_text(json.dumps(described))
    assert unlabelled(one, one.provenance()) == []


# ── reproducibility ────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("name", "pinned"), [
    ("gpt-4o-mini-2024-07-18", True), ("gpt-4o", False), ("claude-sonnet-4-5-20250929", True),
    ("mistral-large-latest", False),
    ("mistral-large-2411", True), ("SmolLM2-135M-Instruct.Q4_1.gguf", True), ("gemini-2.5-pro", False),
])  # fmt: skip
def test_aip201_names_that_move_are_told_from_names_that_stand_still(nb: Notebook, name: str, pinned: bool) -> None:
    changed = group(nb, **{"gen_ai.response.model": name, "gen_ai.request.model": name})
    assert ("AIP201" in codes(changed)) is not pinned


@pytest.mark.parametrize(("code_", "values"), [
    ("AIP202", {"status": "abandoned"}),
    ("AIP202", {"incomplete": 1}),
    ("AIP207", {"destination": "loopback"}),
    ("AIP208", {"repeats": 2}),
])  # fmt: skip
def test_what_a_group_says_of_itself(nb: Notebook, code_: str, values: dict[str, Any]) -> None:
    assert code_ not in codes(deepcopy(nb))
    assert code_ in codes(group(nb, **values))


def test_aip203_unset_sampling_parameters(nb: Notebook) -> None:
    def unset(record: dict[str, Any]) -> None:
        for one in record["groups"]:
            one.pop("gen_ai.request.temperature")

    assert "AIP203" not in codes(nb)
    assert "AIP203" in codes(stamped(nb, unset))


def test_aip204_a_source_edited_after_the_answer(nb: Notebook) -> None:
    nb["cells"][1]["source"] += " "
    assert "AIP204" in codes(nb)


def test_aip205_cells_out_of_order(made: Made) -> None:
    made.run("later()", id_="c-later", calls=1)
    nb = made.notebook()
    assert "AIP205" not in codes(nb)
    nb["cells"].insert(0, nb["cells"].pop())
    assert "AIP205" in codes(nb)


def test_aip206_an_environment_that_is_not_on_record(made: Made, nb: Notebook) -> None:
    assert "AIP206" in codes(made.notebook())
    assert "AIP206" not in codes(nb)


def test_aip209_answers_of_a_batch_that_name_no_batch(made: Made) -> None:
    call = {
        "type": "invocation",
        "status": "completed",
        "execution": "e0002-5e55105e",
        "gen_ai.operation.name": "batch",
    }
    told = {**call, "batch.count": 500, "batch.failed": 0}
    made.write({**told, "id": "i-named", "batch.id": "batch_7"})
    assert "AIP209" not in codes(made.notebook(), events=made.events())
    made.write({**told, "id": "i-nameless", "batch.file": "file-9"})
    (one,) = [f for f in found(made.notebook(), events=made.events()) if f.code == "AIP209"]
    assert "500 answers" in one.message


# ── integrity and privacy ──────────────────────────────────────────────────────────
def test_aip301_an_edited_record(nb: Notebook) -> None:
    assert "AIP301" not in codes(nb)
    nb["cells"][1]["outputs"][-1]["data"][MIME]["groups"][0]["count"] = 1
    assert "AIP301" in codes(nb)


def test_aip302_outputs_other_than_those_that_were_stamped(nb: Notebook) -> None:
    outputs = nb["cells"][1]["outputs"]
    sealed_outputs = [output_digest(outputs[0])]
    changed = stamped(nb, lambda record: record.update(outputs=sealed_outputs))
    assert "AIP302" not in codes(changed)
    changed["cells"][1]["outputs"][0]["text"] = "something else\n"
    assert "AIP302" in codes(changed)


def test_aip305_a_journal_that_was_changed(made: Made, nb: Notebook) -> None:
    path = made.journals[made.session][0]
    path.write_bytes(path.read_bytes().replace(b"gpt-4o", b"gpt-4x"))
    document = Document("study.ipynb", nb, provenance_of(nb), verify(nb, made.journals), {})
    assert "AIP305" in {f.code for f in checks.findings(document, checks.named("default"))}


def test_aip303_a_review_of_what_is_no_longer_there(nb: Notebook) -> None:
    from tests.notebook.test_verify import reviewed

    reviewed(nb)["cells"][1]["outputs"][0]["text"] = "other"
    assert "AIP303" in codes(nb)


def test_aip304_an_undecided_merge(nb: Notebook) -> None:
    nb["metadata"]["nbdime-conflicts"] = {"local_diff": []}
    assert "AIP304" in codes(nb)


def test_aip306_gaps_are_named(made: Made) -> None:
    made.write({"type": "gap", "id": "g", "reason": "switched-off", "detail": "by %aiprov"})
    (one,) = [f for f in found(made.notebook(), events=made.events()) if f.code == "AIP306"]
    assert "switched-off – by %aiprov" in one.message


def test_aip401_a_credential_in_source_or_output() -> None:
    key = "sk-proj-" + "a1B2" * 8
    assert codes(document(code(f"key = '{key}'", "a"))) == {"AIP401"}
    shown = {"output_type": "stream", "name": "stdout", "text": [f"{key}\n"]}
    (one,) = found(document(code("print(key)", "a", 1, [shown])))
    assert (one.code, one.subject) == ("AIP401", "outputs")
    assert key not in str(one)


def test_aip402_texts_that_travel(nb: Notebook) -> None:
    content = [{"invocation": "i", "input": [{"role": "user", "parts": []}]}]
    assert "AIP402" in codes(stamped(nb, lambda r: r.update(content=content)))


def test_aip403_findings_of_the_guard_in_what_left(made: Made) -> None:
    scan = {"findings": [{"type": "email", "count": 2}], "action": "warn"}
    made.write({"type": "invocation", "id": "i-x", "status": "completed", "execution": None, "privacy_scan": scan})
    (one,) = [f for f in found(made.notebook(), events=made.events()) if f.code == "AIP403"]
    assert "held email" in one.message


def test_aip405_a_home_folder_in_a_record(nb: Notebook) -> None:
    changed = group(nb, **{"gen_ai.request.model": "/home/ada/models/m.gguf"})
    assert "AIP405" in codes(changed)


# ── policies, selections, formats ──────────────────────────────────────────────────
def test_policies_weigh_select_and_ignore(nb: Notebook) -> None:
    assert {f.severity for f in found(nb, "journal") if f.code == "AIP103"} == {"error"}
    assert "AIP103" not in codes(nb, "draft")
    assert codes(nb, "integrity") <= {"AIP100"} | {c for c in checks.registry() if c[3] in "34"}


def test_the_longer_beginning_wins(nb: Notebook) -> None:
    policy = checks.named("default").narrowed(["AIP1"], ["AIP10"])
    assert not policy.wants("AIP103", "x.ipynb")
    assert checks.named("default").narrowed(["AIP103"], ["AIP1"]).wants("AIP103", "x.ipynb")
    assert not checks.named("default").narrowed(["AIP1"], []).wants("AIP201", "x.ipynb")


def test_a_policy_file_ignores_by_path(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"per_path": {"drafts/*": ["AIP1"]}, "severity": {"AIP201": "error"}}))
    policy = checks.named(str(path))
    assert not policy.wants("AIP103", "drafts/a.ipynb")
    assert policy.wants("AIP103", "final/a.ipynb")
    path.write_text('{"selct": []}')
    with pytest.raises(UsageError, match="selct"):
        checks.named(str(path))


def test_reports_in_every_format_name_the_same_findings(nb: Notebook) -> None:
    report = _report.Report(found(nb), 1, 1)
    said = json.loads(_report.as_json(report))["findings"]
    sarif = json.loads(_report.sarif(report, checks.registry(), "0.1.0"))
    results = sarif["runs"][0]["results"]
    assert [r["ruleId"] for r in results] == [f["code"] for f in said]
    rules = sarif["runs"][0]["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in results)
    assert len(_report.github(report).splitlines()) == len(said) + 1
    for one in said:
        assert one["code"] in _report.text(report)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_sarif_is_read_by_a_library_of_its_own(nb: Notebook) -> None:
    library = pytest.importorskip("sarif_pydantic", reason="the library sarif-pydantic is not installed")
    made = json.loads(_report.sarif(_report.Report(found(nb, "journal"), 1, 1), checks.registry(), "0.1.0"))
    log = library.Sarif.model_validate(made)
    assert [r.rule_id for r in log.runs[0].results] == [r["ruleId"] for r in made["runs"][0]["results"]]


def test_paths_of_sarif_are_addresses() -> None:
    made = [
        json.loads(_report.sarif(_report.Report([Finding("AIP301", "error", "m", "h", "l", path=p)]), rules, "0"))
        for p, rules in (("a b/é.ipynb", checks.registry()), ("/x/a b.ipynb", checks.registry()))
    ]
    places = [m["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for m in made]
    assert places == ["a%20b/%C3%A9.ipynb", "file:///x/a%20b.ipynb"]


def test_annotations_for_github_cannot_be_broken_out_of() -> None:
    nasty = Finding("AIP301", "error", "a\n::error::b%", "h", "l", path="x,y:z.ipynb")
    line, _ = _report.github(_report.Report([nasty], 1)).splitlines()
    assert line.startswith("::error file=x%2Cy%3Az.ipynb,title=AIP301::a%0A::error::b%25")


def test_not_recorded_is_counted_apart_and_never_clean() -> None:
    nb = document(code("import openai", "a"))
    report = _report.Report(found(nb), 1, 0, ["x.ipynb"])
    assert "1 not recorded although AI libraries are used" in report.summary()
    assert report.summary().endswith("0 without errors or warnings")
