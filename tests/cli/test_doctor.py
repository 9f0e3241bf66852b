"""`jupyter aiprov doctor`: every kernel and the journal's folder, with the command that mends each problem."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov.commands import doctor
from tests.cli.conftest import Done
from tests.notebook.made import Made

Run = Callable[..., Done]


def kernelspec(work: Made, name: str, **more: Any) -> None:
    folder = work.folder.parent / "data" / "kernels" / name
    folder.mkdir(parents=True)
    spec = {"argv": [sys.executable, "-m", "ipykernel_launcher"], "display_name": name, "language": "python", **more}
    (folder / "kernel.json").write_text(json.dumps(spec))


def examined(aiprov: Run) -> dict[str, Any]:
    return {k["name"]: k for k in json.loads(aiprov("doctor", "--format", "json").out)["kernels"]}


def test_each_kernel_says_why_it_does_not_record_and_what_mends_it(aiprov: Run, work: Made, tmp_path: Path) -> None:
    bare = tmp_path / "bare" / "python"  # an environment with ipykernel and without us
    bare.parent.mkdir()
    hide = "import sys; sys.argv[1:2] == ['-c'] or sys.exit(1); sys.modules['jupyter_aiprov'] = None; exec(sys.argv[2])"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{hide}" "$@"\n')
    bare.chmod(0o755)
    kernelspec(work, "off", env={"AIPROV": "off"})
    kernelspec(work, "bare", argv=[str(bare), "-m", "ipykernel_launcher"])
    kernelspec(work, "wrapped", argv=["/usr/bin/env", "kernel"])
    found = examined(aiprov)
    assert found["off"]["problem"] == "AIPROV=off is set"
    assert found["off"]["mend"].endswith("kernels/off/kernel.json")
    assert found["bare"]["problem"] == "jupyter_aiprov is not installed in its environment"
    assert "pip install jupyter_aiprov" in found["bare"]["mend"]
    assert "cannot be asked" in found["wrapped"]["problem"]
    assert not any(k["records"] for k in found.values())
    text = aiprov("doctor").out
    assert "off (off): does not record" in text
    assert "why: AIPROV=off is set" in text


def test_what_is_installed_is_told_apart_by_whether_it_is_followed(
    aiprov: Run, work: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "packages"
    for name in ("vllm", "llama_cpp"):
        (packages / name).mkdir(parents=True)
        (packages / name / "__init__.py").touch()
    kernelspec(work, "here", env={"PYTHONPATH": str(packages)})
    here = examined(aiprov)["here"]
    assert {"httpx", "llama_cpp", "urllib3"} <= set(here["followed"])
    assert here["not_followed"] == ["vllm"]


@pytest.mark.parametrize(("folder", "said"), [
    ("Dropbox/study/.aiprov/me", "synced folder (dropbox)"),
    ("OneDrive - University/.aiprov/me", "synced folder (onedrive)"),
    ("Nextcloud/.aiprov/me", "synced folder (nextcloud)"),
])  # fmt: skip
def test_a_synced_folder_is_named(tmp_path: Path, folder: str, said: str) -> None:
    ((problem, mend),) = doctor.folder_problems(tmp_path / folder)
    assert said in problem
    assert "journal_dir" in mend


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root writes everywhere
    ((problem, mend),) = doctor.folder_problems(tmp_path / ".aiprov" / "me")
    assert "cannot be written: kernels record in memory only" in problem
    assert "journal_dir" in mend


def test_a_shared_file_system_and_an_open_folder_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "file_system", lambda _: "nfs4")
    folder = tmp_path / "journal"
    folder.mkdir(mode=0o700)
    folder.chmod(0o770)
    problems = dict(doctor.folder_problems(folder))
    assert any("network file system (nfs4)" in p for p in problems)
    assert problems["the group can open it (0770)"] == f"chmod 700 {folder}"
    folder.chmod(0o700)
    monkeypatch.setattr(doctor, "file_system", lambda _: None)
    assert not list(doctor.folder_problems(folder))
