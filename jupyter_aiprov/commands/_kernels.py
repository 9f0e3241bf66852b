"""Kernels of this machine and what each would do: asked of their own Python, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_path

EXTENSION = "jupyter_aiprov"
CONFIG = "ipython_kernel_config.py"
TIMEOUT = 60  # seconds for a Python to answer

# Runs in the kernel's own environment, which may lack everything: standard library first.
_PROBE = r"""
import importlib.util, json, os, sys
out = {"executable": sys.executable, "prefix": sys.prefix, "python": sys.version.split()[0], "installed": False}
def has(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False
out["ipykernel"] = has("ipykernel")
problems, named, lists, setter = [], [], {}, None
try:
    from IPython.paths import get_ipython_dir
    from IPython.core.application import ENV_CONFIG_DIRS, SYSTEM_CONFIG_DIRS
    from traitlets.config.loader import Config, JSONFileConfigLoader, LazyConfigValue, PyFileConfigLoader
    profile = os.path.join(get_ipython_dir(), "profile_default")
    merged = Config()
    for base in ("ipython_config", "ipython_kernel_config"):  # as IPython loads them: what comes later counts
        for folder in [*SYSTEM_CONFIG_DIRS, *ENV_CONFIG_DIRS[::-1], profile]:
            for loader, end in ((PyFileConfigLoader, ".py"), (JSONFileConfigLoader, ".json")):
                path = os.path.join(folder, base + end)
                if not os.path.exists(path):
                    continue
                try:
                    config = loader(base + end, path=folder).load_config()
                except Exception as error:
                    problems.append("%s: %s" % (path, type(error).__name__))
                    continue
                for cls in ("InteractiveShellApp", "IPKernelApp"):
                    for key in ("extra_extensions", "extensions"):
                        value = config.get(cls, {}).get(key)
                        if value is None:
                            continue
                        if not isinstance(value, LazyConfigValue):
                            setter = path if key == "extra_extensions" else setter
                        elif not value.to_dict():
                            continue
                        if "jupyter_aiprov" in repr(value):
                            named.append(path)
                merged.merge(config)
    whole = Config()
    for cls in ("InteractiveShellApp", "IPKernelApp"):
        whole.merge(merged.get(cls, {}))
    for key in ("extra_extensions", "extensions"):
        value = whole.get(key) or []
        lists[key] = list(value.get_value([]) if isinstance(value, LazyConfigValue) else value)
except Exception as error:
    if not isinstance(error, ImportError):
        problems.append("IPython's configuration: " + type(error).__name__)
out["lists"], out["problems"], out["named"], out["setter"] = lists, problems, named, setter
out["installed"] = has("jupyter_aiprov")
try:
    from importlib.metadata import version
    out["version"] = version("jupyter_aiprov")
except ImportError:
    pass
if out["installed"]:
    try:
        from jupyter_aiprov import capture
        names = {m.partition(".")[0] for c in capture.siblings() for m in c.MODULES} - {"http"}
        names -= getattr(capture, "CARRIERS", set())
        out["hooked"] = sorted(n for n in names if has(n))
        # a part of a package that everybody has tells nothing until it is imported
        out["not_covered"] = sorted(n for n in capture.NOT_COVERED if "." not in n and has(n))
    except Exception as error:
        problems.append("jupyter_aiprov does not import: %s: %s" % (type(error).__name__, error))
print("AIPROV" + json.dumps(out))
"""


@dataclass(frozen=True)
class Kernel:
    """A kernelspec and what its own environment answered."""

    name: str
    display_name: str
    language: str
    argv: tuple[str, ...]
    folder: Path
    answer: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def loads(self) -> str | None:
        """The file whose setting loads the extension; None when none does."""
        named = self.answer.get("named") or ()
        is_loaded = any(EXTENSION in values for values in self.answer.get("lists", {}).values())
        return str(named[-1]) if is_loaded and named else None

    @property
    def overridden_by(self) -> str | None:
        """The user's own file whose `extra_extensions` takes the place of ours."""
        return str(self.answer.get("setter")) if self.answer.get("named") and not self.loads else None

    @property
    def records(self) -> bool:
        """True when a notebook with this kernel is recorded without doing anything."""
        return bool(self.answer.get("installed") and self.answer.get("ipykernel") and self.loads) and not self.is_off

    @property
    def is_off(self) -> bool:
        """True when AIPROV=off stands in the kernelspec or around us."""
        return self.env.get("AIPROV", os.environ.get("AIPROV", "")).lower() == "off"


def config_file(*, user: bool) -> Path:
    """Where `enable` writes: the environment's folder, or the user's default profile."""
    if not user:
        return Path(sys.prefix) / "etc" / "ipython" / CONFIG
    root = os.environ.get("IPYTHONDIR")
    return (Path(root) if root else Path.home() / ".ipython") / "profile_default" / CONFIG


def this_environment() -> Kernel:
    """The environment that this command runs in, whatever kernelspecs there are."""
    return _asked(Kernel("(this environment)", "this environment", "python", (sys.executable,), Path(sys.prefix)))


def kernels() -> list[Kernel]:
    """Every kernelspec on Jupyter's path; the first of a name counts, as in Jupyter."""
    found: dict[str, Kernel] = {}
    for folder in map(Path, jupyter_path("kernels")):
        for path in sorted(folder.glob("*/kernel.json")):
            name = path.parent.name.lower()
            if name not in found:
                found[name] = _asked(_spec(name, path))
    return list(found.values())


def _spec(name: str, path: Path) -> Kernel:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        argv = tuple(str(a) for a in said["argv"])
        env = {str(k): str(v) for k, v in dict(said.get("env") or {}).items()}
        language = str(said.get("language") or "").lower()
        return Kernel(name, str(said.get("display_name") or name), language, argv, path.parent, env=env)
    except (OSError, ValueError, KeyError, TypeError):
        return Kernel(name, name, "", (), path.parent, problem=f"{path}: not a kernelspec")


def _asked(kernel: Kernel) -> Kernel:
    if kernel.problem or kernel.language != "python" or not kernel.argv:
        return kernel
    program = kernel.argv[0]
    if (
        program in ("python", "python3")
        or program.endswith(("/python", "python.exe"))
        or "python" in Path(program).name
    ):
        program = sys.executable if program in ("python", "python3") else program
    else:
        return _with(kernel, {}, f"starts {Path(program).name}, not Python itself: cannot be asked")
    environment = {**os.environ, **kernel.env}
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter that the kernelspec itself starts
            [program, "-c", _PROBE], capture_output=True, text=True, timeout=TIMEOUT, env=environment, check=False
        )
    except FileNotFoundError:
        return _with(kernel, {}, f"its Python is gone: {program}")
    except (OSError, subprocess.TimeoutExpired) as error:
        return _with(kernel, {}, f"its Python does not answer ({type(error).__name__})")
    _, mark, said = done.stdout.rpartition("AIPROV")
    if not mark:
        return _with(kernel, {}, "its Python fails: " + (done.stderr.strip().splitlines() or ["no message"])[-1][:200])
    return _with(kernel, json.loads(said), "")


def _with(kernel: Kernel, answer: Mapping[str, Any], problem: str) -> Kernel:
    return Kernel(
        kernel.name, kernel.display_name, kernel.language, kernel.argv, kernel.folder, answer, problem, kernel.env
    )
