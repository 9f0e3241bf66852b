"""Life with other tools: each is really run, and afterwards `show` tells the truth or says what was lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.document import cells, dumps, outputs, read
from jupyter_aiprov.notebook import provenance_of, stamps_of
from jupyter_aiprov.semconv import KEY
from jupyter_aiprov.verify import verify
from tests.notebook.made import Made, code, document

Make = Callable[..., Made]


def ran(*words: str, cwd: Path, ok: tuple[int, ...] = (0,), **env: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("JPY_", "AIPROV"))}
    clean |= {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONWARNINGS": "ignore", "HOME": str(cwd), **env}
    done = subprocess.run([sys.executable, *words], cwd=cwd, env=clean, capture_output=True, text=True, timeout=170)
    assert done.returncode in ok, done.stderr[-2000:] + done.stdout[-500:]
    return done


@pytest.fixture
def whole(made: Make) -> tuple[Made, Path]:
    """An annotated notebook on disk with its journal."""
    one = made()
    path = one.save()
    path.write_bytes(dumps(annotate(one.notebook(), one.events()).notebook))
    return one, path


def test_nbstripout_takes_outputs_and_renumbers_cells_and_the_journal_brings_the_stamps_back(
    whole: tuple[Made, Path],
) -> None:
    pytest.importorskip("nbstripout")
    one, path = whole
    before = read(path)
    ran("-m", "nbstripout", path.name, cwd=path.parent)
    nb = read(path)
    assert [c["id"] for _, c in cells(nb)] == ["0", "1", "2"]
    assert not stamps_of(nb)
    found = provenance_of(nb)
    assert [d["models"] for d in found.ai_subjects().values()] == [["gpt-4o-mini-2024-07-18"]]
    assert any(g["reason"] == "stamp-missing" for g in found.gaps)
    assert verify(nb).answer == "not-supplied"
    again = annotate(nb, one.events()).notebook
    assert provenance_of(again).count("shown") == provenance_of(before).count("shown")
    assert verify(again, one.journals).answer == "consistent"


def test_nbstripout_that_keeps_outputs_changes_no_answer(whole: tuple[Made, Path]) -> None:
    pytest.importorskip("nbstripout")
    one, path = whole
    ran("-m", "nbstripout", "--keep-output", "--keep-count", path.name, cwd=path.parent)
    assert provenance_of(read(path)).count("shown") == 3
    assert verify(read(path), one.journals).answer == "consistent"


def test_nbdime_merges_stamps_of_two_sides_and_annotate_settles_it(made: Make) -> None:
    pytest.importorskip("nbdime")
    one = made()
    base = annotate(one.notebook(), one.events()).notebook
    sides = {"base": base}
    for name, source in (
        ("local", "df['label'] = [ask(t) for t in texts]"),
        ("remote", "df['label'] = list(map(ask, df.text))"),
    ):
        side = made(name=name, session=(name * 8)[:32])
        side.cells[1] = side.run(source, id_="c-label", calls=2 if name == "local" else 4, model=f"model-{name}")
        side.cells.pop()
        sides[name] = annotate(side.notebook(), side.events()).notebook
    for name, nb in sides.items():
        (one.folder / f"{name}.ipynb").write_bytes(dumps(nb))
    ran(
        "-m",
        "nbdime.nbmergeapp",
        "base.ipynb",
        "local.ipynb",
        "remote.ipynb",
        "--out",
        "m.ipynb",
        cwd=one.folder,
        ok=(0, 1),
    )
    merged = read(one.folder / "m.ipynb")
    found = verify(merged)
    assert found.answer == "changed"
    assert any(c.kind == "merge-undecided" for c in found.changes)
    runs = {s.id for s in stamps_of(merged)}
    assert len(runs) >= 2  # both sides' stamps are still there
    settled = annotate(merged).notebook
    assert KEY not in json.dumps([c["metadata"].get("nbdime-conflicts") for c in settled["cells"]])
    models = {m for _, c in cells(settled) for m in (c["metadata"].get(KEY) or {}).get("models") or ()}
    assert {"model-local-2024-07-18", "model-remote-2024-07-18"} <= models


def test_a_jupytext_pair_keeps_everything_and_a_text_file_alone_keeps_the_marks(whole: tuple[Made, Path]) -> None:
    pytest.importorskip("jupytext")
    one, path = whole
    ran("-m", "jupytext", "--set-formats", "ipynb,py:percent", path.name, cwd=path.parent)
    ran("-m", "jupytext", "--sync", path.name, cwd=path.parent)
    assert verify(read(path), one.journals).answer == "consistent"
    ran("-m", "jupytext", "--to", "ipynb", "--output", "alone.ipynb", f"{path.stem}.py", cwd=path.parent)
    alone = read(path.parent / "alone.ipynb")
    found = provenance_of(alone)
    assert found.ai_subjects()
    assert any(g["reason"] == "stamp-missing" for g in found.gaps)
    restored = annotate(alone, one.events()).notebook
    assert provenance_of(restored).count("shown") == 3
    assert verify(restored, one.journals).answer == "consistent"


def test_nbconvert_to_notebook_keeps_everything_and_clearing_outputs_is_said(whole: tuple[Made, Path]) -> None:
    one, path = whole
    ran("-m", "nbconvert", "--to", "notebook", "--output", "copy.ipynb", path.name, cwd=path.parent)
    assert verify(read(path.parent / "copy.ipynb"), one.journals).answer == "consistent"
    ran("-m", "nbconvert", "--clear-output", "--to", "notebook", "--output", "bare.ipynb", path.name, cwd=path.parent)
    bare = read(path.parent / "bare.ipynb")
    assert verify(bare, one.journals).answer == "not-supplied"
    assert provenance_of(annotate(bare, one.events()).notebook).count("shown") == 3


def test_nbformat_reads_validates_and_writes_it_without_loss(whole: tuple[Made, Path]) -> None:
    one, path = whole
    nb = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    nbformat.write(nb, path)
    assert verify(read(path), one.journals).answer == "consistent"


# ── real runs ──────────────────────────────────────────────────────────────────────
ASK = """\
import json
import httpx

def answer(request):
    body = {"object": "chat.completion", "id": "r", "model": "m-2024-07-18",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "good"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 1}}
    return httpx.Response(200, json=body)

client = httpx.Client(transport=httpx.MockTransport(answer))
for text in ("a", "b"):
    client.post("https://api.openai.com/v1/chat/completions",
                json={"model": "m", "messages": [{"role": "user", "content": text}]})
"""


def study_file(folder: Path) -> Path:
    path = folder / "run.ipynb"
    nb = document(code("%load_ext jupyter_aiprov", "c-load"), code(ASK, "c-ask"), code("1 + 1", "c-sum"))
    path.write_text(json.dumps(nb))
    return path


def headless(nb: dict[str, Any], folder: Path) -> None:
    """What every headless run must leave."""
    nbformat.validate(nbformat.from_dict(nb))
    found = provenance_of(nb)
    assert found.count("shown") == 2
    (stamp,) = stamps_of(nb)
    assert stamp.index == 1
    files = sorted(p for p in folder.glob(".aiprov/*/*.jsonl") if not p.name.endswith(".content.jsonl"))
    done = annotate(nb, files)
    assert verify(done.notebook, {str(stamp.execution["session"]): files}).answer == "consistent"
    (again,) = stamps_of(done.notebook)
    assert again.execution["cell_id"] == "c-ask"  # headless clients send no id: it is found by source and count


def test_nbconvert_execute_stamps_and_annotate_completes_it(tmp_path: Path) -> None:
    pytest.importorskip("httpx")
    path = study_file(tmp_path)
    ran("-m", "nbconvert", "--execute", "--to", "notebook", "--output", "out.ipynb", path.name, cwd=tmp_path)
    headless(read(tmp_path / "out.ipynb"), tmp_path)


def test_papermill_stamps_and_annotate_completes_it(tmp_path: Path) -> None:
    pytest.importorskip("papermill")
    path = study_file(tmp_path)
    ran("-m", "papermill", "--no-progress-bar", path.name, "out.ipynb", "-k", "python3", cwd=tmp_path)
    headless(read(tmp_path / "out.ipynb"), tmp_path)


def test_the_papermill_engine_writes_marks_and_log_also_after_an_error(tmp_path: Path) -> None:
    pytest.importorskip("papermill")
    path = study_file(tmp_path)
    nb = read(path)
    nb["cells"].append(code("1 / 0", "c-fail"))
    path.write_bytes(dumps(nb))
    program = (
        "import sys; from papermill.engines import papermill_engines as e; from papermill import execute_notebook; "
        "from papermill.exceptions import PapermillExecutionError; from jupyter_aiprov.papermill import AIProvEngine\n"
        "e.register('aiprov', AIProvEngine)\n"
        "try:\n execute_notebook('run.ipynb', 'out.ipynb', engine_name='aiprov', kernel_name='python3',"
        " progress_bar=False)\n"
        "except PapermillExecutionError: print('failed as it should')"
    )
    assert "failed as it should" in ran("-c", program, cwd=tmp_path).stdout
    out = read(tmp_path / "out.ipynb")
    nbformat.validate(nbformat.from_dict(out))
    marked = [c for _, c in cells(out) if KEY in c["metadata"]]
    assert [c["id"] for c in marked] == ["c-ask"]
    (entry,) = out["metadata"][KEY]["sessions"].values()
    assert entry["lines"] >= 5
    assert len(entry["head"]) == 64
    assert any(o.get("output_type") == "error" for _, c in cells(out) for o in outputs(c))
