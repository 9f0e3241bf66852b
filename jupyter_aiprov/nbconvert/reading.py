"""A notebook file as templates need it: broken parts are mended or left out; what is no notebook is refused."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

from nbformat import NotebookNode, from_dict
from nbformat.v4.rwbase import rejoin_lines
from traitlets.config import Application

from jupyter_aiprov import document
from jupyter_aiprov.document import Node, Notebook
from jupyter_aiprov.errors import NotebookError
from jupyter_aiprov.seal import text

_CELLS: Final = ("code", "markdown", "raw")
_WIDGETS: Final = "application/vnd.jupyter.widget-state+json"
_BYTES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf")
_OUTPUTS: Final = ("stream", "display_data", "execute_result", "error")
_from_dict: Any = from_dict
_rejoin: Any = rejoin_lines


def notebook_from(stream: Any, name: str, log: Any) -> NotebookNode:
    """The notebook in a stream; raises NotebookError, in `jupyter nbconvert` one line and exit code 2 instead."""
    nb, refused = _read(stream, name)
    if refused is not None and not _is_command():
        raise refused
    if refused is not None:
        log.error("%s", refused)
        raise SystemExit(refused.exit_code)
    mended: NotebookNode = _rejoin(_from_dict(_mended(nb)))
    return mended


def _is_command() -> bool:
    """True in `jupyter nbconvert`, which would show a traceback."""
    return Application.initialized() and str(Application.instance().name) == "jupyter-nbconvert"


def _read(stream: Any, name: str) -> tuple[Notebook, NotebookError | None]:
    try:
        raw = stream.read()
        return document.read(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogateescape")), None
    except UnicodeDecodeError:
        return {}, NotebookError(f"{name}: not a notebook: not UTF-8 text")
    except NotebookError as error:
        return {}, NotebookError(str(error).replace("notebook:", f"{name}:", 1))


def _mended(nb: Notebook) -> Notebook:
    minor = nb.get("nbformat_minor")
    minor = minor if isinstance(minor, int) else 0
    cells = [_cell(cell) for _, cell in document.cells(nb) if cell.get("cell_type") in _CELLS]
    for number, cell in enumerate(cells if minor >= 5 else ()):
        cell.setdefault("id", f"cell-{number}")  # the copy is converted, not kept
    return {
        "nbformat": 4,
        "nbformat_minor": minor,
        "metadata": _metadata(nb),
        "cells": cells,
    }


def _cell(cell: Node) -> Node:
    out = {k: cell[k] for k in ("id", "attachments") if isinstance(cell.get(k), str if k == "id" else dict)}
    out |= {"cell_type": cell["cell_type"], "metadata": _metadata(cell), "source": text(cell.get("source"))}
    if cell["cell_type"] == "code":
        count = cell.get("execution_count")
        out["execution_count"] = count if isinstance(count, int) else None
        out["outputs"] = [_output(o) for o in document.outputs(cell) if o.get("output_type") in _OUTPUTS]
    return out


def _output(output: Node) -> Node:
    kind = output["output_type"]
    out: Node = {"output_type": kind}
    if kind == "stream":
        name = output.get("name")
        return {**out, "name": name if isinstance(name, str) else "stdout", "text": text(output.get("text"))}
    if kind == "error":
        trace = output.get("traceback")
        lines = [line for line in trace if isinstance(line, str)] if isinstance(trace, list) else []
        return {**out, "ename": text(output.get("ename")), "evalue": text(output.get("evalue")), "traceback": lines}
    data = output.get("data")
    kinds = data.items() if isinstance(data, dict) else ()
    shown = {str(k): v if str(k).endswith("json") else text(v) for k, v in kinds}
    shown = {k: v for k, v in shown.items() if k not in _BYTES or _is_base64(v)}
    out |= {"data": shown, "metadata": _metadata(output)}
    return {**out, "execution_count": output.get("execution_count")} if kind == "execute_result" else out


def _is_base64(value: str) -> bool:
    try:
        return bool(binascii.a2b_base64(value.encode("ascii")))
    except ValueError:
        return False


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _has(*names: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(isinstance(value.get(n), str) for n in names)


def _is(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


# What nbformat's schema says of metadata; nbconvert refuses a notebook for it.
_FORMS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "kernelspec": _has("name", "display_name"),
    "language_info": _has("name"),
    "orig_nbformat": _is(int),
    "title": _is(str),
    "date": _is(str),
    "authors": _is(list),
    "widgets": lambda value: isinstance(value, dict) and isinstance(value.get(_WIDGETS), dict),
    "collapsed": _is(bool),
    "scrolled": lambda value: value in (True, False, "auto"),
    "deletable": _is(bool),
    "editable": _is(bool),
    "name": _is(str),
    "format": _is(str),
    "tags": _is_texts,
    "jupyter": _is(dict),
    "execution": lambda value: isinstance(value, dict) and _is_texts(list(value.values())),
}


def _metadata(node: Node) -> Node:
    """Metadata without the parts that have not the form which nbformat prescribes."""
    return {k: v for k, v in document.metadata(node).items() if k not in _FORMS or _FORMS[k](v)}
