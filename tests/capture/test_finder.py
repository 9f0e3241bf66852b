"""Hooks run after the user's own import; nothing is imported for the user."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_aiprov import capture
from jupyter_aiprov.capture._finder import Finder
from tests.capture.fake_tap import FakeTap


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "aiprov_probe").mkdir()
    (tmp_path / "aiprov_probe" / "__init__.py").write_text("class A:\n    pass\n")
    (tmp_path / "aiprov_probe" / "part.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "aiprov_probe"
    for name in [n for n in sys.modules if n.startswith("aiprov_probe")]:
        del sys.modules[name]


def test_a_module_is_hooked_when_the_user_imports_it_and_its_loader_is_untouched(package):
    seen = []
    with Finder((package,), lambda module: seen.append(module.__name__)):
        assert package not in sys.modules
        assert seen == []
        module = importlib.import_module(package)
        assert seen == [package]
        assert "exec_module" not in vars(module.__spec__.loader)
        importlib.reload(module)
        assert seen == [package] * 2


def test_a_module_imported_before_is_hooked_at_once(package):
    importlib.import_module(package)
    seen = []
    with Finder((package,), lambda module: seen.append(module.__name__)) as finder:
        assert seen == [package]
        assert [m.__name__ for m in finder.present()] == [package]
    assert finder not in sys.meta_path


def test_a_star_stands_for_everything_below(package):
    seen = []
    with Finder((f"{package}.*",), lambda module: seen.append(module.__name__)):
        importlib.import_module(f"{package}.part")
    assert seen == [f"{package}.part"]


def test_an_import_error_is_the_users_own(tmp_path, monkeypatch):
    (tmp_path / "aiprov_broken.py").write_text("raise ImportError('mine')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with Finder(("aiprov_broken",), pytest.fail), pytest.raises(ImportError, match="mine"):
        importlib.import_module("aiprov_broken")


def test_looking_for_a_module_does_not_hook_or_import_it(package):
    with Finder((package,), pytest.fail):
        assert importlib.util.find_spec(package) is not None
    assert package not in sys.modules


def test_loading_imports_no_library():
    code = (
        "import sys\n"
        "from jupyter_aiprov.capture import install\n"
        "from tests.capture.fake_tap import FakeTap\n"
        "with install(FakeTap()) as it:\n"
        "    heavy = {'httpx','httpx2','urllib3','aiohttp','requests','http.client','grpc','websockets','openai',\n"
        "             'IPython','asyncio','multiprocessing','dspy','transformers','subprocess','email.parser'}\n"
        "    print(sorted(heavy & set(sys.modules)), it.hooked, it.not_covered())\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert run.stdout.strip() == "[] [] []", run.stdout


def test_two_finders_in_one_process_both_hook_and_leave_the_loader_alone(package):
    seen = []
    with Finder((package,), lambda m: seen.append("first")), Finder((package,), lambda m: seen.append("second")):
        module = importlib.import_module(package)
    assert seen == ["first", "second"]
    assert "exec_module" not in vars(module.__spec__.loader)


def test_every_capture_file_is_waited_for_by_the_modules_it_names() -> None:
    """The files are read, not imported, at load; one whose list cannot be read would never be hooked."""
    folder = Path(capture.__file__).parent
    files = {path.stem for path in folder.glob("[!_]*.py")}
    named = {name: importlib.import_module(f"jupyter_aiprov.capture.{name}").MODULES for name in files}
    assert sorted(found.MODULES for found in capture.siblings()) == sorted(named.values())


def test_what_only_carries_cells_to_child_processes_is_not_said_to_be_followed() -> None:
    """A disclosure would claim that the calls of started programs are on record."""
    with capture.install(FakeTap()) as it:
        assert "subprocess.Popen.__init__" in map(repr, it.patches)
        assert "subprocess" not in it.hooked
