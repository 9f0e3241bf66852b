"""Every command and every page meets every strange notebook: done, or refused with one clear line; no traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from nbconvert.exporters import get_exporter

from jupyter_aiprov.errors import NotebookError
from tests.cli.conftest import Done
from tests.cli.strange import READABLE, REFUSED
from tests.notebook.made import Made

Run = Callable[..., Done]
COMMANDS = {
    "show": [],
    "show as JSON": ["--format", "json"],
    "verify": [],
    "annotate": [],
    "strip": [],
    "check": [],
    "check as SARIF": ["--format", "sarif"],
    "disclose": ["--lang", "fr"],
    "export": ["--output", "-"],
    "export as RO-Crate": ["--format", "ro-crate", "--output", "out.zip"],
    "export as PROV": ["--format", "prov", "--output", "-"],
    "export as Croissant": ["--format", "croissant", "--output", "-"],
    "export as CFF": ["--format", "cff", "--output", "-"],
    "export as passport": ["--format", "passport", "--output", "-"],
    "portal": ["--output", "site"],
    "share": ["--for", "anonymous"],
    "anchor": ["--to", "file"],
}
PAGES = ("aiprov-html", "aiprov-markdown", "aiprov-latex")


@pytest.mark.parametrize("case", READABLE)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_strange_notebook_is_read_or_refused_in_one_line(aiprov: Run, work: Made, command: str, case: str) -> None:
    path = work.folder / "strange.ipynb"
    path.write_text(json.dumps(READABLE[case]))
    done = aiprov(command.split()[0], "strange.ipynb", *COMMANDS[command])
    assert "Traceback" not in done.out + done.err
    assert done.code in (0, 1) or len(done.err.splitlines()) <= 2
    if command.split()[0] not in ("anchor", "export", "verify"):  # these need a record, or judge what lies there
        assert done.code in (0, 1), done.err


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_notebook_is_refused_in_one_line(aiprov: Run, work: Made, command: str, case: str) -> None:
    path = work.folder / "strange.ipynb"
    path.write_bytes(REFUSED[case])
    done = aiprov(command.split()[0], "strange.ipynb", *COMMANDS[command])
    assert done.code == 2
    assert "strange.ipynb: " in done.err
    assert len(done.err.splitlines()) == 1
    assert path.read_bytes() == REFUSED[case]
    piped = aiprov(command.split()[0], "-", *COMMANDS[command], stdin=REFUSED[case])
    assert (piped.code, len(piped.err.splitlines())) == (2, 1)


@pytest.mark.parametrize("case", READABLE)
@pytest.mark.parametrize("page", PAGES)
def test_pages_of_strange_notebooks_are_made(tmp_path: Path, page: str, case: str) -> None:
    if page == "aiprov-latex" and shutil.which("pandoc") is None:
        pytest.skip("pandoc is not installed")
    path = tmp_path / "strange.ipynb"
    path.write_text(json.dumps(READABLE[case]))
    made, _ = get_exporter(page)().from_filename(str(path))
    assert "AI in this notebook" in made


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("page", PAGES)
def test_pages_of_what_is_no_notebook_are_refused_in_one_line(tmp_path: Path, page: str, case: str) -> None:
    path = tmp_path / "strange.ipynb"
    path.write_bytes(REFUSED[case])
    with pytest.raises(NotebookError, match=r"^strange\.ipynb: ") as refused:
        get_exporter(page)().from_filename(str(path))
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("case", ["0 bytes", "not JSON", "not UTF-8"])
def test_nbconvert_itself_ends_with_our_line(tmp_path: Path, case: str) -> None:
    (tmp_path / "strange.ipynb").write_bytes(REFUSED[case])
    command = [sys.executable, "-m", "nbconvert", "--to", "aiprov-html", "strange.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 2
    assert "strange.ipynb: " in done.stderr
    assert "Traceback" not in done.stderr


OBEYED = ["\x1b[2J\x1b]0;owned\x07", "\x9b31m", "\rall is well", "a\u202eb\u2066c", "\x7f\x08\x08"]


@pytest.mark.parametrize("words", OBEYED, ids=range(len(OBEYED)))
@pytest.mark.parametrize("command", ["show", "verify", "check", "disclose", "annotate", "strip", "share"])
def test_a_terminal_shows_what_a_notebook_says_and_does_not_obey_it(
    aiprov: Run, work: Made, command: str, words: str
) -> None:
    """Escapes, carriage returns and turns of direction in any text of a record come out spelled."""
    nb = work.notebook()
    record = nb["cells"][1]["outputs"][-1]["data"]["application/vnd.aiprov.v1+json"]
    record["groups"][0]["gen_ai.response.model"] = record["derivations"][0]["subject"] = words
    mark = {"schema_version": "1.0", "origin": "ai-generated", "models": [words], words: 1}
    nb["cells"][1]["metadata"]["aiprov"] = mark
    nb["metadata"]["aiprov"] = {"schema_version": "1.0", words: 1, "sessions": {words: {"lines": 3}}}
    name = f"st{words.replace('/', '')}.ipynb"
    (work.folder / name).write_text(json.dumps(nb))
    done = aiprov(command, name, *(["--for", "public"] if command == "share" else []))
    assert done.code in (0, 1), done.err
    assert not set(done.out + done.err) & set("\x1b\x07\x08\x7f\x9b\r\u202e\u2066")


@pytest.mark.parametrize("value", [10**400, -(10**400), 1e308, {}, [1], "x"], ids=lambda v: str(v)[:8])
@pytest.mark.parametrize("command", ["show", "verify", "check"])
def test_a_number_of_any_size_and_what_is_none_are_told_apart_from_records(
    aiprov: Run, work: Made, command: str, value: object
) -> None:
    nb = work.notebook()
    record = nb["cells"][1]["outputs"][-1]["data"]["application/vnd.aiprov.v1+json"]
    record["groups"][0]["count"] = record["groups"][0]["seconds"] = value
    shown = {"output_type": "display_data", "data": {"text/plain": "x"}}
    nb["cells"][1]["outputs"].insert(0, {**shown, "metadata": {"aiprov": {"subjects": [value], "origin": value}}})
    (work.folder / "strange.ipynb").write_text(json.dumps(nb))
    done = aiprov(command, "strange.ipynb")
    assert "Traceback" not in done.out + done.err
    assert done.code in (0, 1), done.err
    if command == "verify":
        assert "changed: cell 2" in done.out
