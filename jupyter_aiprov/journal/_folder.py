"""Where journals lie and what their files are called."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

README = """\
This folder holds the record of AI use of the notebooks beside it, written by jupyter_aiprov.

<session>.jsonl          one event a line: what was asked of which model, when, from which cell,
                         and what became of the answer. No prompt and no answer is in it.
                         "hash" is the SHA-256 of the line's bytes with `,"hash":"…"}` replaced by `}`;
                         "prev" is the hash of the line before (64 zeros in the first).
<session>.content.jsonl  the texts, redacted: {"commitment","nonce","invocation","part","value"}.
                         commitment = HMAC-SHA256(nonce, RFC 8785 form of value). Delete this file and
                         the other one still verifies, but tells nothing of the texts.

Keep it with your data; it is private (0700) and ignored by git. It is tamper-evident, not
tamper-proof: whoever holds the files can rebuild them.
"""


def folder_for(configured: str, *, cwd: Path, session_name: str | None, data_dir: Path) -> Path:
    """Where the journal goes: the configured folder, else beside the notebook, else `data_dir`.

    Beside the notebook means the folder of JPY_SESSION_NAME, or the working directory at load if
    it is in the home (or a notebook's own folder) and writable.
    """
    user = _user()
    if configured:
        return Path(configured).expanduser().absolute()
    if session_name:
        beside = Path(session_name).expanduser()
        beside = (beside if beside.is_absolute() else cwd / beside).parent
        if beside.is_dir() and os.access(beside, os.W_OK):
            return beside / ".aiprov" / user
    if os.access(cwd, os.W_OK) and _is_personal(cwd):
        return cwd / ".aiprov" / user
    return data_dir / "aiprov" / user


def _is_personal(folder: Path) -> bool:
    """In the home, or owned by this user: not `/`, not a system folder."""
    with suppress(OSError, RuntimeError):
        if folder.resolve().is_relative_to(Path.home().resolve()):
            return True
        return folder != Path(folder.anchor) and folder.stat().st_uid == getattr(os, "getuid", int)()
    return False


def _user() -> str:
    name = os.environ.get("JUPYTERHUB_USER") or os.environ.get("USER") or os.environ.get("USERNAME") or "me"
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name).lstrip(".") or "me"


def prepare(folder: Path, *, group_readable: bool = False) -> bool:
    """Make the folder with its README and .gitignore; True when it was not there before."""
    mode = 0o750 if group_readable else 0o700
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True, mode=mode)
    if new:
        folder.chmod(mode)
        with suppress(OSError):
            if folder.parent.name == ".aiprov":
                (folder.parent / ".gitignore").write_text("*\n")
            else:
                (folder / ".gitignore").write_text("*\n")
            (folder / "README.txt").write_text(README)
    return new


def file_name(session: str, part: int) -> str:
    return f"{session}.jsonl" if not part else f"{session}.{part}.jsonl"


def parts_of(folder: Path, session: str) -> list[Path]:
    """The files of one session in order of rotation."""
    found = [folder / file_name(session, 0)] if (folder / file_name(session, 0)).exists() else []
    part = 1
    while (path := folder / file_name(session, part)).exists():
        found.append(path)
        part += 1
    return found


def sessions_in(folder: Path) -> list[str]:
    """Ids of the sessions whose files lie in a folder, oldest first."""
    names = [p for p in folder.glob("*.jsonl") if not p.name.endswith(".content.jsonl")]
    dated = {p.name.split(".")[0]: p.stat().st_mtime for p in sorted(names)}
    return sorted(dated, key=lambda s: dated[s])
