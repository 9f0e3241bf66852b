"""What other tools wrote into a notebook is read as they mean it, and no further."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.notebook import provenance_of
from jupyter_aiprov.readers.marks import authorship_of, failures, marks_of


def code(source: str, *outputs: dict[str, Any], name: str = "c", **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name,
        "source": source,
        "metadata": metadata,
        "outputs": list(outputs),
        "execution_count": 1,
    }


def shown(data: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"output_type": "execute_result", "execution_count": 1, "data": data, "metadata": metadata}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}


OLD = shown(
    {"text/markdown": "A Cuboid is a solid."},
    **{"text/markdown": {"jupyter_ai": {"provider_id": "openai-chat", "model_id": "gpt-4"}}},
)
NEW = shown({"text/plain": "A Cuboid is a solid."}, jupyter_ai_v3={"model_id": "openai/gpt-4o"})
INSERTED = shown(
    {"text/html": "AI generated code inserted below &#11015;&#65039;", "text/plain": "<HTML>"},
    **{"text/html": {"jupyter_ai_v3": {"model_id": "openai/gpt-4o"}}},
)
LISTED = shown({"text/plain": "Available models\n* openai/gpt-4o", "text/markdown": "## Available models"})


@pytest.mark.parametrize(
    ("cell", "model"),
    [
        (code("%%ai openai-chat:gpt-4\nWhat is a cuboid?", OLD), "openai-chat:gpt-4"),
        (code("%%ai openai/gpt-4o -f text\nWhat is a cuboid?", NEW), "openai/gpt-4o"),
        (code("%%ai -f markdown chatgpt\nWhat is a cuboid?", shown({"text/markdown": "A solid."})), "chatgpt"),
        (code("%ai error chatgpt", shown({"text/markdown": "The index is out of range."})), "chatgpt"),
        (code("%ai fix openai/gpt-4o", NEW), "openai/gpt-4o"),
    ],
)
def test_jupyter_ai_marks_the_output_and_not_the_persons_prompt(cell: dict[str, Any], model: str) -> None:
    (mark,) = marks_of(cell)
    assert (mark.of, mark.tool, mark.model) == ("outputs", "jupyter-ai", model)
    assert authorship_of(cell) == []


@pytest.mark.parametrize(
    "source",
    [
        "%ai list",
        "%ai list openai",
        "%ai help",
        "%ai version",
        "%ai register mine openai/gpt-4o",
        "%load_ext jupyter_ai",
    ],
)
def test_commands_that_ask_no_model_leave_no_mark(source: str) -> None:
    assert marks_of(code(source, LISTED)) == []


def test_a_prompt_that_got_no_answer_leaves_no_mark() -> None:
    failed = {"output_type": "stream", "name": "stderr", "text": "Error calling language model"}
    assert marks_of(code("%%ai openai/gpt-4o\nHello", failed)) == []


def test_code_that_jupyter_ai_inserted_is_marked_in_the_cell_below() -> None:
    above = code("%%ai openai/gpt-4o -f code\nA function that adds", INSERTED)
    (event,) = authorship_of(code("def add(a, b):\n    return a + b", name="d"), above)
    assert (event["tool"], event["model"], event["evidence"]) == ("jupyter-ai", "openai/gpt-4o", "inferred")


def chatbook(source: str, **said: Any) -> dict[str, Any]:
    return code(source, nbi={"chatbook": said})


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_chatbook_code_from_a_prompt_is_the_models_until_it_is_edited() -> None:
    said = {"mode": "code", "origin": "prompt", "prompt": "square it", "generatedCode": "x**2", "codeHash": sha("x**2")}
    assert authorship_of(chatbook("x**2", **said))[0]["origin"] == "ai-generated"
    stale = authorship_of(chatbook("x**3 + 1", **said))[0]
    assert (stale["origin"], stale["confidence"]) == ("ai-assisted", "low")


def test_chatbook_code_that_was_only_described_stays_unmarked() -> None:
    said = {"mode": "code", "origin": "code", "codeSource": "x", "generatedCode": "x", "codeHash": sha("x")}
    assert authorship_of(chatbook("x", **said)) == []


def test_a_chatbook_prompt_runs_the_models_code() -> None:
    said = {"mode": "prompt", "prompt": "square it", "generatedCode": "x**2", "promptHash": sha("square it")}
    assert authorship_of(chatbook("square it", **said))[0]["confidence"] == "high"
    assert authorship_of(chatbook("cube it", **said))[0]["confidence"] == "low"


@pytest.mark.parametrize(("edited", "origin"), [(False, "ai-generated"), (True, "ai-assisted")])
def test_magic_wand_tells_whether_a_person_changed_the_cell(edited: bool, origin: str) -> None:
    cell = code("x = 1", jupyter_ai={"agent": "improve", "messages": ["…"], "editted": edited})
    assert authorship_of(cell)[0]["origin"] == origin


def test_solveit_marks_the_answer_after_its_separator() -> None:
    text = "What is this?\n\n##### 🤖Reply🤖<!-- SOLVEIT_SEPARATOR_7f3a9b2c -->\n\nA frame."
    assert authorship_of({"cell_type": "markdown", "id": "m", "source": text, "metadata": {}})[0]["tool"] == "solveit"
    assert authorship_of({"cell_type": "markdown", "source": "# SOLVEIT_SEPARATOR", "metadata": {}}) == []


@pytest.mark.parametrize("metadata", [{"erdosAi_cellId": "1"}, {"prov_id": "x"}, {"trusted": True}, {"provenance": []}])
def test_what_every_cell_gets_is_no_authorship(metadata: dict[str, Any]) -> None:
    assert marks_of(code("x = 1", **metadata)) == []


@pytest.mark.parametrize(
    "broken", [None, 1, [], "x", {"chatbook": 3}, {"chatbook": {"origin": "prompt", "codeHash": []}}]
)
def test_broken_marks_say_nothing_and_raise_nothing(broken: Any) -> None:
    for cell in (
        code("x", nbi=broken, jupyter_ai=broken),
        {"source": broken},
        {"outputs": [broken], "metadata": broken},
    ):
        assert isinstance(marks_of(cell), list)
    assert failures() == ()


def test_a_saved_notebook_of_jupyter_ai_shows_what_was_made_and_drafted() -> None:
    nb = notebook(
        code("%%ai openai-chat:gpt-4\nWhat is a cuboid?", OLD, name="old"),
        code("%ai list", LISTED, name="list"),
        code("%%ai openai/gpt-4o -f code\nadd", INSERTED, name="ask"),
        code("def add(a, b):\n    return a + b", name="below"),
        code("x = 1", name="own"),
    )
    found = provenance_of(nb)
    assert {d["cell_id"]: d["models"] for d in found.ai_subjects().values()} == {
        "old": ["openai-chat:gpt-4"],
        "ask": ["openai/gpt-4o"],
    }
    assert [(a["cell_id"], a["evidence"]) for a in found.authorship] == [("below", "inferred")]


def test_annotate_writes_foreign_marks_as_ours_once() -> None:
    nb = notebook(code("x = 1", name="w", jupyter_ai={"agent": "improve", "messages": ["…"]}), code("y = 2", name="o"))
    made = annotate(nb)
    mark = made.notebook["cells"][0]["metadata"]["aiprov"]
    assert (mark["origin"], mark["authorship"][0]["tool"]) == ("ai-generated", "jupyterlab-magic-wand")
    assert "aiprov" not in made.notebook["cells"][1]["metadata"]
    again = annotate(made.notebook)
    assert (again.notebook, again.done) == (made.notebook, [])
    assert len(provenance_of(made.notebook).authorship) == 1


def test_what_an_agents_server_wrote_is_found_in_its_notebook_and_nowhere_else(tmp_path: Path) -> None:
    """By its source: a cell that was changed since, or the same line in another notebook, is not claimed."""
    from jupyter_aiprov.journals import journals_of

    folder = tmp_path / ".aiprov" / "ada"
    folder.mkdir(parents=True)
    line = {"id": "a1", "session": "s" * 32, "type": "authorship", "cell_id": None, "source_sha256": sha("df.head()")}
    line |= {"origin": "ai-generated", "tool": "jupyter-mcp-server", "method": "insert_cell", "notebook": "study.ipynb"}
    line |= {"seq": 1, "time": "2026-11-02T09:00:00.000+00:00", "evidence": "captured", "confidence": "high"}
    path = folder / f"{'s' * 32}.jsonl"
    path.write_text(json.dumps(line) + "\n")
    nb = notebook(code("df.head()", name="w"), code("df.head(3)", name="o"))
    assert journals_of(nb, str(tmp_path / "study.ipynb")) == {"s" * 32: [path]}
    assert journals_of(nb, str(tmp_path / "other.ipynb")) == {}
    found = provenance_of(nb, [line], notebook="study.ipynb").authorship
    assert [(a["cell_id"], a["tool"]) for a in found] == [("w", "jupyter-mcp-server")]
    assert provenance_of(nb, [line], notebook="other.ipynb").authorship == ()
    made = annotate(nb, [line], name="study.ipynb").notebook
    assert [bool(c["metadata"].get("aiprov")) for c in made["cells"]] == [True, False]
    assert len(provenance_of(made, [line], notebook="study.ipynb").authorship) == 1, "said once"


def test_only_the_cell_right_below_is_what_jupyter_ai_inserted() -> None:
    above = code("%%ai openai/gpt-4o -f code\nadd", INSERTED)
    for other in (
        {"cell_type": "markdown", "source": "A note of my own.", "metadata": {}},
        code(""),
        code("%%ai openai/gpt-4o\nAnother question"),
    ):
        assert authorship_of(other, above) == []
    nb = notebook(
        above, {"cell_type": "markdown", "id": "m", "source": "Gone.", "metadata": {}}, code("x = 1", name="own")
    )
    assert provenance_of(nb).authorship == ()


def test_the_audit_sink_of_jupyter_mcp_server_records_cells_that_agents_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    from jupyter_aiprov import journal
    from jupyter_aiprov.mcp import AuditSink

    monkeypatch.setenv("AIPROV_JOURNAL", str(tmp_path / "journal"))
    sink = AuditSink()
    calls = [
        ("after_tool_call", "use_notebook", {"notebook_name": "s", "notebook_path": "a/study.ipynb"}, {"error": None}),
        ("before_tool_call", "insert_cell", {"cell_source": "x = 1"}, {}),
        ("after_tool_call", "insert_cell", {"cell_source": "x = 1"}, {"error": None, "result": "ok"}),
        ("after_tool_call", "insert_cell", {"cell_source": "y = 1"}, {"error": ValueError("no")}),
        ("after_tool_call", "read_notebook", {"notebook_name": "a"}, {"error": None}),
    ]
    for event, tool, arguments, more in calls:
        asyncio.run(sink.on_event(event, tool_name=tool, arguments=arguments, context={}, **more))
    sink.close()
    (path,) = (tmp_path / "journal").glob("*.jsonl")
    events = list(journal.read(path))
    assert [e["type"] for e in events] == ["session", "authorship", "session"]
    assert (events[1]["source_sha256"], events[1]["method"]) == (sha("x = 1"), "insert_cell")
    assert events[1]["notebook"] == "study.ipynb"
    assert journal.verify(path).is_whole
