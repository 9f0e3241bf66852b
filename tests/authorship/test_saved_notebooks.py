"""Notebooks as other tools save them: each command says of them what their marks say, and no more."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

Cell = dict[str, Any]


def code(source: str, *outputs: Cell, **metadata: Any) -> Cell:
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": metadata,
        "outputs": list(outputs),
        "source": source.splitlines(keepends=True),
    }


def text(source: str, **metadata: Any) -> Cell:
    return {"cell_type": "markdown", "metadata": metadata, "source": source.splitlines(keepends=True)}


def shown(data: dict[str, Any], metadata: dict[str, Any] | None = None, kind: str = "execute_result") -> Cell:
    count = {"execution_count": 1} if kind == "execute_result" else {}
    return {"output_type": kind, "data": data, "metadata": metadata or {}, **count}


def sha(source: str) -> str:
    return sha256(source.encode()).hexdigest()


HTML = {
    "text/html": ["AI generated code inserted below &#11015;&#65039;"],
    "text/plain": ["<IPython.core.display.HTML>"],
}
NOTEBOOKS: dict[str, list[Cell]] = {
    # the style of jupyter-ai 2's own examples
    "jupyter_ai_2": [
        text("# Generative AI with `%%ai`"),
        code("%load_ext jupyter_ai_magics"),
        code("%ai list", shown({"text/markdown": ["| Provider | Models |"], "text/plain": ["Available models"]})),
        code(
            "%%ai chatgpt --format markdown\nWhat is a cuboid?",
            shown(
                {"text/markdown": ["A solid."], "text/plain": ["<Markdown>"]},
                {"text/markdown": {"jupyter_ai": {"model_id": "gpt-3.5-turbo", "provider_id": "openai-chat"}}},
            ),
        ),
        code(
            "%%ai chatgpt -f code\nA function that adds",
            shown(HTML, {"text/html": {"jupyter_ai": {"model_id": "gpt-3.5-turbo", "provider_id": "openai-chat"}}}),
        ),
        code("def add(a, b):\n    return a + b"),
        code("%ai error anthropic:claude-v1.2", shown({"text/markdown": ["The name is not defined."]})),
        code("%ai register cuboid openai:text-davinci-003", shown({"text/plain": ["Registered new alias `cuboid`"]})),
    ],
    "jupyter_ai_3": [
        code("%load_ext jupyter_ai_magic_commands"),
        code("%ai list", shown({"text/plain": ["openai/gpt-4o"]})),
        code(
            "%%ai openai/gpt-4o\nSay it",
            shown({"text/plain": ["It."]}, {"jupyter_ai_v3": {"model_id": "openai/gpt-4o"}}),
        ),
        code(
            "%%ai openai/gpt-4o -f code\nsquares",
            shown(HTML, {"text/html": {"jupyter_ai_v3": {"model_id": "openai/gpt-4o"}}}),
        ),
        text("What the model wrote was taken out; the next cell is mine."),
        code("squares = {n: n * n for n in range(9)}"),
    ],
    "magic_wand": [
        code("x = 1", jupyter_ai={"agent": "improve", "messages": ["better"], "editted": False}),
        code("y = 2", jupyter_ai={"agent": "improve", "messages": ["better"], "editted": True}),
    ],
    "chatbook": [
        code(
            "x**2",
            nbi={"chatbook": {"mode": "code", "origin": "prompt", "generatedCode": "x**2", "codeHash": sha("x**2")}},
        ),
        code(
            "x**3 + 1",
            nbi={"chatbook": {"mode": "code", "origin": "prompt", "generatedCode": "x**2", "codeHash": sha("x**2")}},
        ),
        code("x", nbi={"chatbook": {"mode": "code", "origin": "code", "generatedCode": "x", "codeHash": sha("x")}}),
    ],
    "solveit": [
        text("What is a frame?\n\n##### 🤖Reply🤖<!-- SOLVEIT_SEPARATOR_7f3a9b2c -->\n\nA table with named columns."),
        text("My own words."),
    ],
    "erdos": [code("x = 1", erdosAi_cellId="1"), text("# A title", erdosAi_cellId="2")],
    "colab": [
        code("x = 1", id="aB3", colab={"base_uri": "https://localhost:8080/"}, outputId="f00"),
        text("# A title", id="cD4", colab_type="text"),
    ],
    "vscode": [code("x = 1", vscode={"languageId": "python"}, jupyter={"source_hidden": True}), text("# A title")],
}
# what the lines about cells of `show` say: cell, words
WRITTEN = {
    "jupyter_ai_2": {(4, "outputs"), (5, "outputs"), (6, "code"), (7, "outputs")},
    "jupyter_ai_3": {(3, "outputs"), (4, "outputs")},
    "magic_wand": {(1, "code"), (2, "code")},
    "chatbook": {(1, "code"), (2, "code")},
    "solveit": {(1, "code")},
    "erdos": set(),
    "colab": set(),
    "vscode": set(),
}


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "jupyter_aiprov", *words], cwd=folder, capture_output=True, text=True, encoding="utf-8"
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


def told(folder: Path, name: str) -> set[tuple[int, str]]:
    lines = [line.split() for line in run(folder, "show", name).splitlines() if line.startswith("  cell ")]
    return {(int(words[1]), "code" if "code" in words else "outputs") for words in lines}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_was_saved_is_read_as_it_is_meant_with_and_without_annotate(tmp_path: Path, name: str) -> None:
    """An older document without cell ids; `annotate` writes the same down, and `disclose` and `check` say it."""
    path = tmp_path / "study.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": NOTEBOOKS[name]}))
    assert told(tmp_path, path.name) == WRITTEN[name]
    before = run(tmp_path, "disclose", path.name)
    run(tmp_path, "check", path.name)
    run(tmp_path, "annotate", path.name)
    assert told(tmp_path, path.name) == WRITTEN[name]
    cells = json.loads(path.read_text())["cells"]
    drafted = {i + 1 for i, c in enumerate(cells) if c["metadata"].get("aiprov", {}).get("authorship")}
    assert drafted == {cell for cell, what in WRITTEN[name] if what == "code"}
    after = run(tmp_path, "disclose", path.name)
    assert after == before
    if drafted:
        assert {int(n) for n in re.findall(r"Code: cell (\d+) \(", after)} == drafted
        assert "Code : cellule" in run(tmp_path, "disclose", path.name, "--lang", "fr").replace("\u00a0", " ")
    if not WRITTEN[name]:
        assert "cannot be told" in after


def test_a_copy_of_a_mark_on_an_edited_cell_counts_as_edited(tmp_path: Path) -> None:
    path = tmp_path / "study.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": NOTEBOOKS["chatbook"]}))
    run(tmp_path, "annotate", path.name)
    marks = [c["metadata"].get("aiprov", {}).get("authorship") for c in json.loads(path.read_text())["cells"]]
    assert [m and (m[0]["origin"], m[0]["confidence"]) for m in marks] == [
        ("ai-generated", "high"),
        ("ai-assisted", "low"),
        None,
    ]
