"""`jupyter aiprov doctor`: every kernel of this machine, the journal's folder, and what would mend them."""

from __future__ import annotations

import json
import os
import shlex
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir
from traitlets import CaselessStrEnum, Unicode

from jupyter_aiprov import journal
from jupyter_aiprov.commands._command import Command, options
from jupyter_aiprov.commands._kernels import Kernel, kernels, this_environment

_SYNCED = (
    "dropbox",
    "onedrive",
    "google drive",
    "googledrive",
    "icloud",
    "nextcloud",
    "owncloud",
    "seafile",
    "syncthing",
    "box sync",
    "pcloud",
    "mega",
    "sync.com",
)
_NETWORK = (
    "nfs",
    "nfs4",
    "cifs",
    "smbfs",
    "smb3",
    "sshfs",
    "fuse.sshfs",
    "afs",
    "lustre",
    "gpfs",
    "beegfs",
    "ceph",
    "9p",
)


class Doctor(Command):
    """What is recorded where, what is not, and what to do."""

    name = "jupyter aiprov doctor"
    description = (
        "For every kernel: does it record, what is followed, what is installed and not followed; for the journal: is "
        "its folder shared, synced or unwritable; and what mends each problem. Exit code 1: there are problems."
    )
    format = CaselessStrEnum(["text", "json"], default_value="text", help="text or json.").tag(config=True)
    folder = Unicode("", help="Journal folder to look at; else the one that notebooks here use.").tag(config=True)
    aliases = options("Doctor", "format", "folder")
    takes_files = False

    def run(self) -> int:
        """Examine and report."""
        found = [examined(k) for k in (kernels() or [this_environment()])]
        where = Path(self.folder) if self.folder else _folder()
        folder = {
            "folder": str(where),
            "problems": [list(p) for p in folder_problems(where)],
            "lost": told(where, "patch-lost"),
            "left": told(where, "left"),
        }
        if self.format == "json":
            self.say(json.dumps({"kernels": found, "journal": folder}, indent=2, ensure_ascii=False))
        else:
            for line in _lines(found, folder):
                self.say(line)
        sick = any(k["problem"] for k in found if k["language"] == "python") or bool(folder["problems"])
        return int(sick)


def _folder() -> Path:
    return journal.folder_for("", cwd=Path.cwd(), session_name=None, data_dir=Path(jupyter_data_dir()))


# ── kernels ────────────────────────────────────────────────────────────────────────
def examined(kernel: Kernel) -> dict[str, Any]:
    """A kernel's state, its problem (if any) and the command that mends it."""
    problem, mend = _diagnosis(kernel)
    return {
        "name": kernel.name,
        "display_name": kernel.display_name,
        "language": kernel.language,
        "records": kernel.records,
        "python": kernel.answer.get("executable"),
        "version": kernel.answer.get("version"),
        "followed": list(kernel.answer.get("hooked") or ()),
        "not_followed": list(kernel.answer.get("not_covered") or ()),
        "problem": problem,
        "mend": mend,
        "remarks": list(kernel.answer.get("problems") or ()),
    }


def _diagnosis(kernel: Kernel) -> tuple[str, str]:
    python = shlex.quote(str(kernel.answer.get("executable") or (kernel.argv[0] if kernel.argv else "python")))
    if kernel.problem:
        mend = f"jupyter kernelspec remove {kernel.name}" if "is gone" in kernel.problem else ""
        return kernel.problem, mend
    if kernel.language != "python":
        return f"a {kernel.language or 'foreign'} kernel: its AI calls cannot be recorded", ""
    if not kernel.answer.get("ipykernel"):
        return "no ipykernel in its environment", f"{python} -m pip install ipykernel"
    if not kernel.answer.get("installed"):
        return "jupyter_aiprov is not installed in its environment", (
            f"{python} -m pip install jupyter_aiprov && {python} -m jupyter_aiprov enable"
        )
    if kernel.is_off:
        return "AIPROV=off is set", "unset AIPROV" if not kernel.env.get(
            "AIPROV"
        ) else f"edit {kernel.folder}/kernel.json"
    if by := kernel.overridden_by:
        return f"{by} sets IPKernelApp.extra_extensions without it", f"{python} -m jupyter_aiprov enable --user"
    if not kernel.loads:
        return "installed, but not loaded", f"{python} -m jupyter_aiprov enable"
    return "", ""


# ── the journal's folder ───────────────────────────────────────────────────────────
def folder_problems(folder: Path) -> Iterator[tuple[str, str]]:
    """What is wrong with a journal folder, and what mends it."""
    there = next((p for p in (folder, *folder.parents) if p.exists()), folder)
    quoted = shlex.quote(str(folder))
    if not os.access(there, os.W_OK | os.X_OK):
        yield (
            f"{there} cannot be written: kernels record in memory only",
            "set c.AIProv.journal_dir to a folder that can",
        )
    whole = str(folder.absolute()).lower()
    if name := next((s for s in _SYNCED if s in whole), None):
        yield f"it is in a synced folder ({name}): texts of prompts leave this machine", "set c.AIProv.journal_dir"
    if kind := file_system(there):
        yield (
            f"it is on a network file system ({kind})",
            "set c.AIProv.journal_dir to a local disk if others can read it",
        )
    if folder.is_dir() and os.name == "posix":
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & 0o077:
            who = "everybody" if mode & 0o007 else "the group"
            yield f"{who} can open it ({mode:04o})", f"chmod 700 {quoted}"
        if folder.stat().st_uid != os.getuid():
            yield "it belongs to another user", "set c.AIProv.journal_dir to a folder of your own"


def file_system(path: Path) -> str | None:
    """The kind of network file system a path is on, where Linux tells; else None."""
    mounts = Path("/proc/mounts")
    if sys.platform != "linux" or not mounts.exists():
        return None
    best, kind = "", ""
    whole = str(path.resolve())
    for line in mounts.read_text(errors="replace").splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        if (whole == point or whole.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind if kind in _NETWORK else None


def told(folder: Path, what: str) -> list[str]:
    """Of the latest sessions: hooks that were lost to another tool (`patch-lost`), or left inside its own (`left`)."""
    if not folder.is_dir():
        return []
    out: set[str] = set()
    for session in journal.sessions_in(folder)[-5:]:
        for path in journal.parts_of(folder, session):
            for event in journal.read(path):
                if event.get("reason") == what:
                    out.add(str(event.get("detail")))
                elif event.get("type") == "gap" and isinstance(event.get(what), list):
                    out.update(map(str, event[what]))
    return sorted(out)


def _lines(found: list[dict[str, Any]], folder: dict[str, Any]) -> Iterator[str]:
    for kernel in found:
        yield f"{kernel['name']} ({kernel['display_name']}): " + ("records" if kernel["records"] else "does not record")
        if kernel["problem"]:
            yield f"  why: {kernel['problem']}"
        if kernel["mend"]:
            yield f"  mend: {kernel['mend']}"
        if kernel["followed"]:
            yield f"  followed when imported: {', '.join(kernel['followed'])}"
        if kernel["not_followed"]:
            yield f"  installed and not followed: {', '.join(kernel['not_followed'])}"
        for remark in kernel["remarks"]:
            yield f"  remark: {remark}"
    yield f"Journal folder: {folder['folder']}"
    for problem, mend in folder["problems"]:
        yield f"  {problem}"
        yield f"  mend: {mend}"
    if not folder["problems"]:
        yield "  private and writable"
    for lost in folder["lost"]:
        yield f"  a hook was taken over by another tool and put back at the cell's end: {lost}"
    for left in folder["left"]:
        yield f"  at unload another tool was wrapped over ours: theirs stays, ours inside it does nothing: {left}"
        yield "  mend: restart the kernel if it should go"
    yield "Not seen by any hook: commands in a shell (!…), other processes, calls before the extension was loaded."
