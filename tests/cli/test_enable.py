"""`jupyter aiprov enable` and `disable`: beside whatever the user has, and gone again without a trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_aiprov.commands._kernels import config_file
from tests.cli.conftest import Done
from tests.kernels import kernel
from tests.notebook.made import Made

Run = Callable[..., Done]
# The user's own configuration, by file: each loads an extension called `mine`.
OWN = {
    "a list in Python": ("ipython_kernel_config.py", "# my own\nc.IPKernelApp.extra_extensions = ['mine']"),
    "an addition in Python": ("ipython_kernel_config.py", "c.IPKernelApp.extra_extensions.append('mine')\n"),
    "a list of every shell": ("ipython_config.py", "c.InteractiveShellApp.extra_extensions = ['mine']\n"),
    "the other list": ("ipython_config.py", "c.InteractiveShellApp.extensions = ['mine']\n"),
    "a list in JSON": (
        "ipython_kernel_config.json",
        json.dumps({"IPKernelApp": {"extra_extensions": ["mine"], "matplotlib": "inline"}, "Other": {"a": 1}}),
    ),
}


@pytest.fixture
def profile(work: Made, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's default profile, where a test's kernels look for it, too."""
    home = work.folder.parent / "home"
    monkeypatch.setenv("IPYTHONDIR", str(home / ".ipython"))
    made = home / ".ipython" / "profile_default"
    made.mkdir(parents=True)
    return made


def files(profile: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in profile.glob("*config*")}


@pytest.mark.parametrize("name", OWN)
def test_a_kernel_loads_the_users_extensions_and_ours_and_afterwards_all_is_as_it_was(
    aiprov: Run, work: Made, profile: Path, name: str
) -> None:
    file, text = OWN[name]
    (profile / file).write_text(text)
    before = files(profile)
    loaded = "[m in __import__('sys').modules for m in ('mine', 'jupyter_aiprov.session')]"
    (work.folder / "mine.py").write_text("def load_ipython_extension(shell): pass\n")
    assert aiprov("enable", "--user").code == 0
    assert "Already" in aiprov("enable", "--user").out
    with kernel(work.folder.parent) as nb:
        assert nb.value(loaded) == [True, True]
        assert "records (loaded by" in aiprov("status").out
    assert "Disabled" in aiprov("disable", "--user").out
    if file.endswith(".json"):
        assert {n: json.loads(t) for n, t in files(profile).items()} == {n: json.loads(t) for n, t in before.items()}
    else:
        assert files(profile) == before
    assert "Was not enabled" in aiprov("disable", "--user").out


def test_a_file_of_which_nothing_is_left_goes_away(aiprov: Run, profile: Path) -> None:
    aiprov("enable", "--user")
    assert config_file(user=True).exists()
    aiprov("disable", "--user")
    assert not list(profile.iterdir())


def test_a_broken_configuration_file_is_left_as_it_is(aiprov: Run, profile: Path) -> None:
    path = profile / "ipython_kernel_config.json"
    path.write_text("{")
    done = aiprov("enable", "--user")
    assert (done.code, path.read_text()) == (2, "{")
    assert "mend or move the file" in done.err


def test_a_list_that_cannot_be_added_to_is_left_as_it_is(aiprov: Run, profile: Path) -> None:
    path = profile / "ipython_kernel_config.py"
    path.write_text("c.IPKernelApp.extra_extensions = ('mine',)\n")
    done = aiprov("enable", "--user")
    assert done.code == 2
    assert "yourself" in done.err
    assert path.read_text() == "c.IPKernelApp.extra_extensions = ('mine',)\n"


def test_a_list_of_the_users_own_that_wins_is_named(
    aiprov: Run, profile: Path, work: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's own file is read first: a plain list in the profile takes its place."""
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.extra_extensions = ['mine']\n")
    (profile / "ipython_config.py").write_text("c.IPKernelApp.extra_extensions.append('jupyter_aiprov')\n")
    assert aiprov("status").code == 1
    said = aiprov("doctor").out
    assert f"{profile / 'ipython_kernel_config.py'} sets IPKernelApp.extra_extensions without it" in said
    assert "enable --user" in said
