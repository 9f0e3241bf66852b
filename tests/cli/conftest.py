from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jupyter_aiprov import cli
from tests.notebook.made import Made, study


@dataclass
class Done:
    """What one call of the command line gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """A folder with `study.ipynb` and its journal, as working directory; Jupyter's folders elsewhere."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.delenv("AIPROV", raising=False)
    made = study(folder)
    made.save()
    made.journal.flush(10)
    yield made
    made.close()


@pytest.fixture
def aiprov(
    work: Made, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Done]:
    """`jupyter aiprov …` in this process."""

    def run(*words: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(list(words))
        out, err = capfdbinary.readouterr()
        code = ended.value.code
        return Done(int(code or 0), out.decode(), err.decode())

    return run


def written(folder: Path, name: str, nb: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(nb))
    return path
