"""`jupyter aiprov enable` and `disable`: one entry in a configuration file, put in and taken out.

The entry is added to `IPKernelApp.extra_extensions`, which stands beside the user's own list of extensions and which
only kernels read: by one line of a Python file, which adds to whatever list there is, or in a JSON file where that
has the list. The rest of the file stays as it is.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from traitlets import Bool

from jupyter_aiprov.commands._command import Command, switch
from jupyter_aiprov.commands._kernels import EXTENSION, config_file, this_environment
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.workers import remove_startup, site, write_startup

_WORKERS = "Only the start-up file by which child processes and cluster workers of this environment are followed."
_HELP = "In the user's own IPython profile (every environment) instead of this environment."
_LINE = f'c.IPKernelApp.extra_extensions.append("{EXTENSION}")  # `jupyter aiprov disable` takes this line out'


class Enable(Command):
    """Load the extension in every kernel of this environment."""

    name = "jupyter aiprov enable"
    description = "Record in every kernel of this environment from now on (--user: of every environment of yours)."
    examples = "jupyter aiprov enable\njupyter aiprov enable --user"
    takes_files = False
    user = Bool(False, help=_HELP).tag(config=True)
    workers = Bool(False, help=_WORKERS).tag(config=True)
    flags = switch("Enable", "user", _HELP) | switch("Enable", "workers", _WORKERS)

    def run(self) -> int:
        """Merge the entry into the file."""
        if self.workers:
            return self._follow_children()
        path = config_file(user=self.user)
        path, before = merge(path, add=True)
        found = this_environment()
        if before is not None and any(
            problem.startswith(f"{path}: ") for problem in found.answer.get("problems") or ()
        ):
            _write(path, before)
            raise UsageError(
                f"{path}: cannot be added to", hint=f"put '{EXTENSION}' into its list of extensions yourself"
            )
        self.say(f"{'Already enabled' if before is None else 'Enabled'} in {path}")
        if not found.answer.get("ipykernel"):
            self.say("This environment has no ipykernel: only kernels installed here are concerned.")
        elif by := found.overridden_by:
            self.say(
                f"But {by} sets IPKernelApp.extra_extensions, too, and wins: "
                "`jupyter aiprov enable --user` adds it there."
            )
            return 1
        else:
            self.say(
                "Kernels started from now on record; restart those that run. `jupyter aiprov disable` takes it back."
            )
        return 0

    def _follow_children(self) -> int:
        try:
            written = write_startup(site())
        except OSError as error:
            raise UsageError(
                f"{site()} cannot be written ({error.strerror})", hint="run this in an environment of your own"
            ) from None
        self.say(f"Child processes of this environment start with us: {', '.join(map(str, written))}")
        self.say("Kernels started from now on follow them. `jupyter aiprov disable --workers` takes it back.")
        return 0


class Disable(Command):
    """Load it no longer."""

    name = "jupyter aiprov disable"
    description = "Take back what `enable` did; nothing else in the file is touched."
    examples = "jupyter aiprov disable\njupyter aiprov disable --user"
    takes_files = False
    user = Bool(False, help=_HELP).tag(config=True)
    workers = Bool(False, help=_WORKERS).tag(config=True)
    flags = switch("Disable", "user", _HELP) | switch("Disable", "workers", _WORKERS)

    def run(self) -> int:
        """Take the entry out of the file."""
        if self.workers:
            gone = remove_startup(site())
            self.say(f"Removed {', '.join(map(str, gone))}" if gone else "Child processes were not followed.")
            return 0
        path, before = merge(config_file(user=self.user), add=False)
        self.say(f"Was not enabled in {path}" if before is None else f"Disabled in {path}")
        if by := this_environment().loads:
            self.say(f"It is still loaded by {by}.")
        return 0


def merge(path: Path, *, add: bool) -> tuple[Path, str | None]:
    """Put the extension into the list, or take it out: the file, and its text before, None if nothing changed."""
    beside = path.with_suffix(".json")
    said = _read(beside)
    own = said.get("IPKernelApp", {})
    names = own.get("extra_extensions") if isinstance(own, dict) else ()
    if names is None:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        text = _with_line(before) if add else _without_line(before)
        return path, _changed(path, before, text)
    if not isinstance(names, list):
        raise UsageError(
            f"{beside}: IPKernelApp.extra_extensions is no list", hint="mend or move the file, then try again"
        )
    if (EXTENSION in names) == add:
        return beside, None
    own["extra_extensions"] = [*names, EXTENSION] if add else [n for n in names if n != EXTENSION]
    return beside, _changed(beside, beside.read_text(encoding="utf-8"), json.dumps(said, indent=2) + "\n")


def _with_line(text: str) -> str:
    """One line at the end, after whatever list the file sets; the file's own last line stays as it is."""
    if _LINE in text.splitlines():
        return text
    return f"{text}{_LINE}\n" if not text or text.endswith("\n") else f"{text}\n{_LINE}"


def _without_line(text: str) -> str:
    return text.removesuffix(f"\n{_LINE}").replace(f"{_LINE}\n", "")


def _changed(path: Path, before: str, text: str) -> str | None:
    if text == before:
        return None
    _write(path, text)
    return before


def _read(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path}: cannot be read as JSON ({error})", hint="mend or move the file, then try again"
        ) from None
    if not isinstance(said, dict):
        raise UsageError(f"{path}: holds no JSON object", hint="mend or move the file, then try again")
    return said


def _write(path: Path, text: str) -> None:
    """At once, or not at all; a file of which nothing is left goes away."""
    try:
        if not text:
            path.unlink()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        beside.write_text(text, encoding="utf-8")
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path.resolve())
    except OSError as error:
        hint = "use --user" if "profile_default" not in str(path) else "set IPYTHONDIR to a folder that you can write"
        raise UsageError(f"{path}: cannot be written ({error.strerror})", hint=hint) from None
