"""Notebook files, read as they come and written back as they were: nbformat 2 to 4, any kernel.

Knows the shape of documents, not what a record means. Broken parts read as empty; only what is no
notebook at all is refused, with one line. Version 4 is read with the json module alone: nbformat is
imported for older files and for signatures, and nothing is validated.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.errors import NotebookError
from jupyter_aiprov.proof import digest
from jupyter_aiprov.seal import outputs_digest, source_digest, text

Notebook = dict[str, Any]
Node = dict[str, Any]

MAX_BYTES = 512 * 2**20
_BROKEN = (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError)


def read(source: str | Path | bytes) -> Notebook:
    """A notebook as nbformat 4 from a path, `-` for standard input, or bytes; raises NotebookError."""
    name, raw = _raw(source)
    if len(raw) > MAX_BYTES:
        raise NotebookError(f"{name}: {len(raw) / 2**20:.0f} MB is more than a notebook can be")
    if not raw.strip():
        raise NotebookError(f"{name}: the file is empty (0 bytes of content)")
    try:
        nb = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotebookError(f"{name}: not a notebook: not UTF-8 text") from None
    except RecursionError:
        raise NotebookError(f"{name}: not a notebook: nested too deeply") from None
    except ValueError as error:
        raise NotebookError(f"{name}: not a notebook: not JSON ({error})") from None
    if not isinstance(nb, dict):
        raise NotebookError(f"{name}: not a notebook: the JSON is no object")
    return _as_version_4(name, nb)


def _raw(source: str | Path | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return "notebook", source
    if str(source) == "-":
        return "standard input", sys.stdin.buffer.read()
    path = Path(source)
    try:
        return str(source), path.read_bytes()
    except FileNotFoundError:
        raise NotebookError(f"{source}: no such file") from None
    except IsADirectoryError:
        raise NotebookError(f"{source}: is a folder", hint=f"name the notebooks in it: {path}/*.ipynb") from None
    except (OSError, ValueError) as error:
        raise NotebookError(f"{source}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _as_version_4(name: str, nb: Notebook) -> Notebook:
    major = nb.get("nbformat", 4 if "cells" in nb else 3)
    if isinstance(major, bool) or not isinstance(major, int) or major < 2:
        raise NotebookError(f"{name}: not a notebook: nbformat {major!r}"[:200])
    if major > 4:
        raise NotebookError(f"{name}: nbformat {major} is newer than this version reads (4)")
    if major < 4:
        nb = _upgraded(name, nb, major)
    if not isinstance(nb.get("cells"), list):
        raise NotebookError(f"{name}: not a notebook: it has no list of cells")
    return nb


def _upgraded(name: str, nb: Notebook, major: int) -> Notebook:
    nbformat = _nbformat()
    broken = (*_BROKEN, nbformat.ValidationError, nbformat.reader.NotJSONError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            new = nbformat.convert(nbformat.reader.reads(json.dumps({**nb, "nbformat": major})), 4)
    except broken:
        raise NotebookError(f"{name}: not a notebook: nbformat {major} that cannot be converted") from None
    upgraded: Notebook = json.loads(json.dumps(new))
    return upgraded


def write(nb: Notebook, path: str | Path) -> None:
    """Put the notebook in the file's place at once, with its indentation, key order and last line end."""
    path = Path(path)
    try:
        old = path.read_bytes()
        mode = path.stat().st_mode & 0o777
    except OSError:
        old, mode = b"", None
    data = dumps(nb, like=old)
    if data == old:
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(data)
        if mode is not None:
            beside.chmod(mode)
        beside.replace(path.resolve())  # a link stays a link
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise NotebookError(f"{path}: cannot be written ({error.strerror})") from None


def dumps(nb: Notebook, *, like: bytes = b"") -> bytes:
    """The notebook as JSON in the style of earlier bytes; nbformat's own style without any."""
    indent = _indent(like)
    separators = (",", ":") if indent is None else (",", ": ")
    out = json.dumps(nb, ensure_ascii=_is_escaped(like), indent=indent, separators=separators)
    data = (out if _is_clean(out) else json.dumps(nb, indent=indent, separators=separators)).encode()
    if b"\r\n" in like[:4096]:
        data = data.replace(b"\n", b"\r\n")
    end = b"\r\n" if like.endswith(b"\r\n") else b"\n"
    return data + (end if not like or like.endswith(b"\n") else b"")


def _is_clean(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_escaped(like: bytes) -> bool:
    """True for a file that spells every letter beyond ASCII as an escape."""
    return b"\\u" in like and like.isascii()


def _indent(like: bytes) -> int | str | None:
    if not like:
        return 1
    head = like.lstrip(b"\xef\xbb\xbf \r\n")[1:200]
    if not head.startswith((b"\n", b"\r\n")):
        return None
    line = head.lstrip(b"\r\n")
    blank = line[: len(line) - len(line.lstrip(b" \t"))].decode()
    return blank if "\t" in blank else len(blank)


# ── what is in it, whatever its state ──────────────────────────────────────────────
def cells(nb: Notebook) -> Iterator[tuple[int, Node]]:
    """Position and cell of every cell; what is no cell is passed over."""
    for index, cell in enumerate(nb.get("cells") or ()):
        if isinstance(cell, dict):
            yield index, cell


def cell_id(cell: Node) -> str | None:
    """The cell's id, where the format has one."""
    value = cell.get("id")
    return value if isinstance(value, str) else None


def source(cell: Node) -> str:
    """The cell's source in one piece."""
    return text(cell.get("source"))


def outputs(cell: Node) -> list[Node]:
    """The cell's outputs; none for cells that are not code."""
    found = cell.get("outputs")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def metadata(node: Node) -> Node:
    """Metadata of notebook, cell or output; empty when it is broken."""
    found = node.get("metadata")
    return found if isinstance(found, dict) else {}


def mark(node: Node) -> Node:
    """`metadata.aiprov`; empty when there is none or it is broken."""
    found = metadata(node).get(semconv.KEY)
    return found if isinstance(found, dict) else {}


def set_mark(node: Node, value: Node) -> None:
    """Replace `metadata.aiprov`; an empty value removes it."""
    if value:
        if not isinstance(node.get("metadata"), dict):
            node["metadata"] = {}
        node["metadata"][semconv.KEY] = value
    elif isinstance(node.get("metadata"), dict):
        node["metadata"].pop(semconv.KEY, None)


def language(nb: Notebook) -> str:
    """The kernel's language in lower case, as far as the document says it; else empty."""
    meta = metadata(nb)
    for key, name in (("language_info", "name"), ("kernelspec", "language"), ("kernelspec", "name")):
        found = meta.get(key)
        if isinstance(found, dict) and isinstance(found.get(name), str):
            return str(found[name]).lower()
    return ""


def notebook_digest(nb: Notebook) -> str:
    """Digest of sources and outputs in order: the same after a save, a re-ordering of keys, CRLF.

    Leaves out every mark of ours, metadata, cell ids and execution counts.
    """
    return digest(
        [[c.get("cell_type"), source_digest(c.get("source")), outputs_digest(outputs(c))] for _, c in cells(nb)]
    )


# ── signatures ─────────────────────────────────────────────────────────────────────
def is_trusted(nb: Notebook) -> bool:
    """True when this Jupyter has signed the notebook; asked before changing it."""
    return bool(_notary().check_signature(_node(nb)))


def trust(nb: Notebook) -> None:
    """Sign the notebook for this Jupyter; only after `is_trusted` was true of what it was before."""
    _notary().sign(_node(nb))


def _notary() -> Any:
    notary: Any = import_module("nbformat.sign").NotebookNotary()
    return notary


def _nbformat() -> Any:
    return import_module("nbformat")


def _node(nb: Notebook) -> Any:
    """As nbformat would read it: signatures are over multi-line texts in one piece."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _nbformat().reads(json.dumps(nb), as_version=4)
