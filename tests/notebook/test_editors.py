"""Files as editors, collaboration servers, test runners, git and archives hand them on.

nbval, jupyter-ydoc, git and nbdime are really run. VS Code and Colab are not: their files are written
here in the shape that their writers give them (named at each function).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.document import cells, dumps, outputs, read
from jupyter_aiprov.notebook import provenance_of, stamps_of
from jupyter_aiprov.semconv import KEY, MIME
from jupyter_aiprov.verify import verify
from tests.notebook.made import Made
from tests.notebook.test_tools import ran, study_file

Make = Callable[..., Made]
Node = dict[str, Any]


@pytest.fixture
def whole(made: Make) -> tuple[Made, Path]:
    """An annotated notebook on disk with its journal."""
    one = made()
    path = one.save()
    path.write_bytes(dumps(annotate(one.notebook(), one.events()).notebook))
    return one, path


def shown(path: Path, *more: str) -> Node:
    """What `jupyter aiprov show` says of a file."""
    out = ran("-m", "jupyter_aiprov", "show", "--format", "json", *more, path.name, cwd=path.parent).stdout
    return dict(json.loads(out))


# ── VS Code and Colab ──────────────────────────────────────────────────────────────
def lines(text: Any) -> Any:
    return text.splitlines(keepends=True) if isinstance(text, str) else text


def as_vs_code(nb: Node, *, keeps_output_metadata: bool) -> Node:
    """As its `ipynb` extension serialises: texts as lines, keys in its order, `vscode` in metadata.

    Older versions drop the metadata of outputs (microsoft/vscode#211795).
    """
    out: Node = {"cells": [], "metadata": {**nb["metadata"], "orig_nbformat": 4}, "nbformat": 4, "nbformat_minor": 5}
    for _, cell in cells(nb):
        new: Node = {"cell_type": cell["cell_type"]}
        if cell["cell_type"] == "code":
            new["execution_count"] = cell["execution_count"]
        new |= {"id": cell["id"], "metadata": {**cell["metadata"], "vscode": {"languageId": "python"}}}
        if cell["cell_type"] == "code":
            new["outputs"] = [vs_code_output(o, keeps_output_metadata) for o in outputs(cell)]
        out["cells"].append({**new, "source": lines(cell["source"])})
    return out


def vs_code_output(output: Node, keeps_metadata: bool) -> Node:
    if "data" not in output:
        return {**output, "text": lines(output.get("text"))} if output["output_type"] == "stream" else output
    data = {mime: value if "json" in mime else lines(value) for mime, value in sorted(output["data"].items())}
    return {**output, "data": data, "metadata": output["metadata"] if keeps_metadata else {}}


def as_colab(nb: Node, *, keeps_ours: bool) -> Node:
    """As Colab downloads: nbformat 4.0, ids in the cells' metadata, `colab` beside them, outputs with an id."""
    meta = {"colab": {"provenance": [], "toc_visible": True}, "kernelspec": nb["metadata"]["kernelspec"]}
    if keeps_ours and KEY in nb["metadata"]:
        meta[KEY] = nb["metadata"][KEY]
    out: Node = {"nbformat": 4, "nbformat_minor": 0, "metadata": meta, "cells": []}
    for _, cell in cells(nb):
        known = {k: v for k, v in cell["metadata"].items() if k != KEY or keeps_ours}
        new = {k: v for k, v in cell.items() if k != "id"}
        new["metadata"] = {**known, "id": "AbC" + cell["id"], "colab": {"base_uri": "https://localhost:8080/"}}
        out["cells"].append({**new, "source": lines(cell["source"])})
    return out


@pytest.mark.parametrize("keeps_output_metadata", [True, False])
def test_a_file_saved_by_vs_code_says_the_same(whole: tuple[Made, Path], keeps_output_metadata: bool) -> None:
    one, path = whole
    before = shown(path)
    path.write_text(json.dumps(as_vs_code(read(path), keeps_output_metadata=keeps_output_metadata), indent=4))
    assert shown(path) == before
    assert verify(read(path), one.journals).answer == "consistent"
    again = annotate(read(path), one.events()).notebook
    assert provenance_of(again).count("shown") == 3


def test_a_file_downloaded_from_colab_says_the_same(whole: tuple[Made, Path]) -> None:
    one, path = whole
    before = shown(path)
    path.write_text(json.dumps(as_colab(read(path), keeps_ours=True)))
    after = shown(path)
    assert after["counts"] == before["counts"]
    assert [{**u, "cell_id": None} for u in after["uses"]] == [{**u, "cell_id": None} for u in before["uses"]]
    assert verify(read(path), one.journals).changes == ()


def test_a_file_that_lost_all_metadata_keeps_its_stamps_and_annotate_brings_marks_and_log_back(
    whole: tuple[Made, Path],
) -> None:
    one, path = whole
    path.write_text(json.dumps(as_colab(read(path), keeps_ours=False)))
    nb = read(path)
    assert provenance_of(nb).count("shown") == 3
    restored = annotate(nb, one.events()).notebook
    assert [KEY in c["metadata"] for _, c in cells(restored)] == [False, True, False]
    assert verify(restored, one.journals).answer == "consistent"


def test_editors_that_reindent_sort_keys_and_end_lines_otherwise_change_no_answer(whole: tuple[Made, Path]) -> None:
    one, path = whole
    for text in (
        json.dumps(read(path), indent=4, sort_keys=True),
        json.dumps(read(path), separators=(",", ":"), ensure_ascii=False),
        json.dumps(read(path), indent=1).replace("\n", "\r\n"),
        "\ufeff" + json.dumps(read(path), indent="\t"),
    ):
        path.write_bytes(text.encode())
        assert verify(read(path), one.journals).answer == "consistent"


# ── jupyter-collaboration ──────────────────────────────────────────────────────────
def test_the_shared_document_of_jupyter_collaboration_keeps_everything(whole: tuple[Made, Path]) -> None:
    """Its server holds notebooks as a YNotebook; this is the round trip that every save makes."""
    jupyter_ydoc = pytest.importorskip("jupyter_ydoc")
    one, path = whole
    before = read(path)
    shared = jupyter_ydoc.YNotebook()
    shared.set(json.loads(path.read_text()))
    path.write_text(json.dumps(shared.get(), indent=1))
    after = read(path)
    assert [s.record for s in stamps_of(after)] == [s.record for s in stamps_of(before)]
    assert [c["metadata"].get(KEY) for _, c in cells(after)] == [c["metadata"].get(KEY) for _, c in cells(before)]
    assert verify(after, one.journals).answer == "consistent"


# ── nbval ──────────────────────────────────────────────────────────────────────────
def test_nbval_leaves_the_file_as_it_was_and_passes_with_our_stamps_in_it(tmp_path: Path) -> None:
    """It runs the notebook and compares outputs; stable stamps are the same in every run.

    The notice of the first run in a folder is not: the file is one of the second run.
    """
    pytest.importorskip("nbval")
    path = study_file(tmp_path)
    nb = read(path)
    nb["cells"][0]["source"] += "\n%config AIProv.stamp = 'stable'"
    path.write_bytes(dumps(nb))
    for _ in range(2):
        ran("-m", "nbconvert", "--execute", "--to", "notebook", "--inplace", path.name, cwd=tmp_path)
    assert provenance_of(read(path)).count("shown") == 2
    before = path.read_bytes()
    shape = ("-p", "no:cacheprovider", "-p", "no:xdist", "-c", "/dev/null", "--rootdir", str(tmp_path))
    done = ran("-m", "pytest", "-q", *shape, "--nbval", "--nbval-current-env", path.name, cwd=tmp_path)
    assert "3 passed" in done.stdout
    assert path.read_bytes() == before


# ── git and nbdime ─────────────────────────────────────────────────────────────────
def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_annotating_again_is_no_diff_and_a_second_run_with_the_same_answers_changes_no_mark(made: Make) -> None:
    one = made()
    path = one.save()
    path.write_bytes(dumps(annotate(one.notebook(), one.events()).notebook))
    git(one.folder, "init", "-q")
    git(one.folder, "add", path.name)
    git(one.folder, "commit", "-q", "-m", "first")
    path.write_bytes(dumps(annotate(read(path), one.events()).notebook))
    assert git(one.folder, "diff") == ""
    marks = [c["metadata"].get(KEY) for _, c in cells(read(path))]
    again = made(name="again", session="5e55105e55105e55105e55105e551052")
    rerun = annotate(again.notebook(), again.events()).notebook
    assert [c["metadata"].get(KEY) for _, c in cells(rerun)] == marks


RECIPE = {
    "Diff": {"Ignore": {"/metadata": [KEY], "/cells/*/metadata": [KEY], "/cells/*/outputs/*/metadata": [KEY]}},
}


def test_the_nbdime_recipe_of_the_readme_hides_marks_and_log_and_nothing_else(made: Make) -> None:
    pytest.importorskip("nbdime")
    one = made()
    nb = one.notebook()
    (one.folder / "plain.ipynb").write_bytes(dumps(nb))
    marked = annotate(nb, one.events()).notebook
    (one.folder / "marked.ipynb").write_bytes(dumps(marked))
    marked["cells"][0]["source"] = "import anthropic"
    (one.folder / "edited.ipynb").write_bytes(dumps(marked))
    settings = one.folder / "settings"
    settings.mkdir()
    (settings / "nbdime_config.json").write_text(json.dumps(RECIPE))

    def difference(other: str, **env: str) -> str:
        as_command = "import sys; from nbdime.nbdiffapp import main; sys.argv[0] = 'nbdiff'; sys.exit(main())"
        return ran("-c", as_command, "--no-color", "plain.ipynb", other, cwd=one.folder, ok=(0, 1), **env).stdout

    recipe = {"JUPYTER_CONFIG_DIR": str(settings)}
    assert KEY in difference("marked.ipynb")
    assert difference("marked.ipynb", **recipe).strip() == ""
    assert "import anthropic" in difference("edited.ipynb", **recipe)
    assert KEY not in difference("edited.ipynb", **recipe)


# ── archives ───────────────────────────────────────────────────────────────────────
def test_an_archive_without_hidden_folders_says_what_was_not_supplied(whole: tuple[Made, Path], tmp_path: Path) -> None:
    """`actions/upload-artifact`, many zip tools and web uploads leave `.aiprov` behind."""
    one, path = whole
    away = tmp_path / "artifact"
    shutil.copytree(one.folder, away, ignore=lambda _folder, names: [n for n in names if n.startswith(".")])
    copy = away / path.name
    said, whole_said = shown(copy), shown(path)
    for told in ("models", "counts", "uses", "gaps"):
        assert said[told] == whole_said[told]
    assert verify(read(copy)).answer == "not-supplied"
    done = ran("-m", "jupyter_aiprov", "verify", copy.name, cwd=away)
    assert "12 records not supplied" in done.stdout
    ran("-m", "jupyter_aiprov", "annotate", copy.name, cwd=away)
    assert provenance_of(read(copy)).count("shown") == 3  # nothing was taken away
    stripped = read(copy)
    for _, cell in cells(stripped):
        if cell["cell_type"] == "code":
            cell["outputs"] = [o for o in outputs(cell) if MIME not in (o.get("data") or {})]
    copy.write_bytes(dumps(stripped))
    words = ("-m", "jupyter_aiprov", "annotate", "--journal", str(one.journal_folder), copy.name)
    ran(*words, cwd=away)
    assert provenance_of(read(copy)).count("shown") == 3
