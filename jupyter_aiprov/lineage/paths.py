"""Paths as far as a text names them: what is not known of one stands as `*`.

A cache that keeps each answer in a file of its own builds the name from a digest: `cache/*.json` is
written, `cache/*.json` is read.
"""

# ruff: noqa: ARG001 - one signature for every operation, so that tables can hold them

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from glob import iglob
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from jupyter_aiprov.lineage.state import Value, anything, repeated, scalar

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

ANY: Final = "*"
_LONG: Final = 400
_CHANGES_NAME: Final = frozenset({"with_suffix", "with_name", "with_stem", "relative_to"})
_SAME: Final = frozenset({"resolve", "absolute", "expanduser", "as_posix", "__str__", "__fspath__"})


def text_of(value: Value | None) -> str | None:
    """The text of a path, with `*` for what is not known; None when nothing is."""
    if value is None:
        return None
    if type(value.const) is str:
        return value.const
    data = value.data if isinstance(value.data, dict) else {}
    found = data.get("path", data.get("pattern"))
    return found if isinstance(found, str) else None


def absolute(value: Value | None) -> str | None:
    """The absolute path that a value names."""
    text = text_of(value)
    if not text or len(text) > 1000 or "\n" in text or "://" in text:
        return None
    if ANY in text and len(text.replace(ANY, "").strip("./\\")) < 3:
        return None  # could be any file
    return os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111


def path(text: str) -> Value:
    """The value of a path."""
    return Value("any", data={"path": text})


def pattern(parts: Iterable[Value]) -> dict[str, str] | None:
    """What is known of a text that was put together: for `Value.data`; None when it says nothing."""
    texts = [text_of(p) for p in parts]
    if all(t is None for t in texts) or any(t is not None and ("\n" in t or len(t) > _LONG) for t in texts):
        return None
    text = re.sub(r"\*+", ANY, "".join(ANY if t is None else t for t in texts))
    return {"pattern": text} if 2 < len(text) <= _LONG and re.search(r"[./\\_-]", text) else None


def under(folder: Value, names: Iterable[Value]) -> Value | None:
    """`folder / name`, `os.path.join(folder, name)`."""
    start = text_of(folder)
    if start is None:
        return None
    texts = [t if t is not None else ANY for t in (text_of(n) for n in names)]
    return path(os.path.join(start, *texts))  # noqa: PTH118 - texts, not files


def of_path(owner: Value, name: str, args: list[Value]) -> Value | None:
    """A method of a path that gives another path; None for others."""
    text = text_of(owner)
    if text is None:
        return None
    if name in _SAME:
        return path(text)
    if name == "joinpath":
        return under(owner, args)
    if name in _CHANGES_NAME and args:
        given = text_of(args[0]) or ANY
        folder, base = os.path.split(text)
        stem, suffix = PurePath(base).stem, PurePath(base).suffix
        new = {"with_suffix": stem + given, "with_name": given, "with_stem": given + suffix}.get(name, base)
        return path(os.path.join(folder, new))  # noqa: PTH118
    if name in {"glob", "rglob", "iterdir"}:
        names = ANY if name == "iterdir" or not args else (text_of(args[0]) or ANY).replace("**/", "")
        return repeated("list", path(os.path.join(text, names)))  # noqa: PTH118
    return None


def attribute(owner: Value, name: str) -> Value | None:
    """`path.parent`, `path.name`; None for others."""
    text = (owner.data or {}).get("path") if isinstance(owner.data, dict) else None
    if not isinstance(text, str) or name not in {"parent", "name", "stem", "suffix"}:
        return None
    folder, base = os.path.split(text)
    if name == "parent":
        return path(folder or ".")
    stem, suffix = PurePath(base).stem, PurePath(base).suffix
    found = {"name": base, "stem": stem, "suffix": suffix}[name]
    return scalar(const=found) if ANY not in found else Value("scalar", data={"pattern": found})


def is_match(one: str, other: str) -> bool:
    """The same file may be meant."""
    return one == other or (ANY in one and fnmatchcase(other, one)) or (ANY in other and fnmatchcase(one, other))


def files(text: str, *, since: int = 0, most: int = 100) -> Iterator[str]:
    """The files that a path with `*` stands for, those changed since a time in nanoseconds."""
    if ANY not in text:
        yield text
        return
    for found in islice(iglob(text.replace("[", "[[]")), 20 * most):  # noqa: PTH207 - texts, not files
        try:
            recent = os.stat(found).st_mtime_ns >= since  # noqa: PTH116
        except OSError:
            continue
        if recent:
            most -= 1
            yield found
        if most <= 0:
            return


class Literals:
    """The paths that the texts in cells name, put together with the folders that cells named before."""

    def __init__(self) -> None:
        self.folders: dict[str, None] = {}

    def named(self, source: str, more: Iterable[str] = ()) -> list[str]:
        """Absolute paths that a source may speak of; folders are remembered."""
        found: dict[str, None] = {}
        texts = dict.fromkeys([*_QUOTED.findall(source), *(t for t in more if len(t) < _LONG and "\n" not in t)])
        for text in islice((t for t in texts if "://" not in t and not t.isspace()), 100):
            whole = os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111
            if os.path.isdir(whole):  # noqa: PTH112
                if len(self.folders) < 50:
                    self.folders[whole] = None
            elif "." in text or os.sep in text:
                found[whole] = None
        for text in [t for t in texts if "." in t]:
            name = os.path.basename(text)  # noqa: PTH119
            found.update(dict.fromkeys(os.path.join(folder, name) for folder in self.folders))  # noqa: PTH118
        return list(islice(found, 300))


_QUOTED: Final = re.compile(r"""['"]([^'"\n]{1,300})['"]""")


def joined(flow: Flow, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """`os.path.join(…)`."""
    return (under(args[0], args[1:]) if args else None) or anything()


def listed(flow: Flow, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """`glob.glob(…)`, `os.listdir(…)`."""
    text = text_of(args[0]) if args else None
    return repeated("list", scalar() if text is None else path(text.replace("**/", "")))


def names(flow: Flow, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """`os.listdir(folder)`: names without their folder."""
    return repeated("list", Value("scalar", data={"pattern": ANY}))
