"""No dependency that we ask for, or that is installed with us, is below a fix that we know of."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.advisories import FIXED, NOTHING_FOUND, OPEN, below, floor, main, report

EXTRAS = ["lab", "demo", "impact", "prov", "pii", "dask", "test"]  # the SDK worlds are for our tests: not looked up
PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def asked() -> Iterator[Requirement]:
    yield from map(Requirement, PROJECT["dependencies"])
    for extra in EXTRAS:
        yield from map(Requirement, PROJECT["optional-dependencies"][extra])


@pytest.mark.parametrize("requirement", list(asked()), ids=str)
def test_the_oldest_version_that_we_allow_has_the_fixes(requirement: Requirement) -> None:
    assert below(requirement.name, floor(requirement)) is None


def installed(name: str, extras: frozenset[str], seen: dict[str, Version]) -> dict[str, Version]:
    """What is installed of all that a package asks for, directly or not."""
    for line in requires(name) or ():
        one = Requirement(line)
        wanted = one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in (*extras, ""))
        key = canonicalize_name(one.name)
        if not wanted or key in seen:
            continue
        try:
            seen[key] = Version(version(key))
        except PackageNotFoundError:
            continue  # of an extra that is not installed
        installed(key, frozenset(one.extras), seen)
    return seen


def test_what_is_installed_with_us_has_the_fixes() -> None:
    everything = installed("jupyter_aiprov", frozenset(EXTRAS), {})
    assert {"tornado", "jupyter-server", "mistune", "urllib3"} <= everything.keys()  # not only what we name ourselves
    assert [found for name, number in everything.items() if (found := below(name, number))] == []


def test_a_floor_below_a_fix_is_found() -> None:
    assert "CVE-2024-34062" in str(below("tqdm", floor(Requirement("tqdm>=4.66"))))
    assert "(any)" in str(below("tqdm", floor(Requirement("tqdm"))))
    assert below("tqdm", floor(Requirement("tqdm>=4.66.3"))) is None
    assert below("something-else", None) is None


def test_the_report_says_what_was_never_looked_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pinned = tmp_path / "requirements"
    pinned.write_text(
        "# a comment\ntornado==6.5.8\ntraitlets==5.9\ndask==2026.8.0 ; python_version > '3'\nunheard-of==1\n"
    )
    assert main(str(pinned)) == 1
    said = capsys.readouterr().out
    assert "tornado 6.5.8 is below 6.5.9" in said
    assert "Not looked up (1): unheard-of" in said
    assert "not fixed: dask" in said
    assert report([Requirement("tornado==6.5.9")])[0] == []


def test_a_package_is_listed_once() -> None:
    assert not FIXED.keys() & NOTHING_FOUND
    assert not OPEN.keys() & (FIXED.keys() | NOTHING_FOUND)
    assert all(name == canonicalize_name(name) for name in (*FIXED, *OPEN, *NOTHING_FOUND))
