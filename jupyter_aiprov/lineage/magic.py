"""Magics that keep Python inside: `%time`, `%%time`, `%%capture`, `%run`; and imported user modules."""

from __future__ import annotations

import ast
import os
import shlex
from typing import TYPE_CHECKING

from jupyter_aiprov.lineage.scopes import Module
from jupyter_aiprov.lineage.sources import parsed
from jupyter_aiprov.lineage.state import Value, anything, scalar

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow

_INSIDE = frozenset({"time", "timeit", "prun", "capture", "aiprov", "debug", "memit", "mprun", "scalene", "%time"})
_NOT_PYTHON = frozenset(
    "bash sh script html markdown latex javascript js svg writefile file sql perl ruby cmd system sx".split()
)


def run(flow: Flow, name: str, args: list[Value]) -> Value:
    """`get_ipython().run_cell_magic(…)` as IPython writes a magic in Python."""
    consts = [a.const if isinstance(a.const, str) else "" for a in args]
    if name == "run_cell":
        return _cell(flow, consts[0] if consts else "", "")
    if len(consts) < 2:
        return anything()
    magic, line = consts[0], consts[1]
    if name == "run_line_magic":
        if magic == "run":
            return _script(flow, line)
        if magic in _INSIDE:
            return _cell(flow, _without_options(line), "<timed eval>" if magic == "time" else "")
        return anything()
    body = consts[2] if len(consts) > 2 else ""
    if magic in _NOT_PYTHON:
        return anything()
    return _cell(flow, body, "<timed exec>" if magic == "time" else "")


def _without_options(line: str) -> str:
    parts = line.lstrip().split(" ")
    while parts and parts[0].startswith("-"):
        parts.pop(0)
    return " ".join(parts)


def _cell(flow: Flow, source: str, file: str) -> Value:
    """A body that ran as a cell of its own: the chain starts anew."""
    text = flow.shell.transform_cell(source)
    tree = parsed(text)
    if tree is None:
        return anything()
    file = file or _file_of(flow, text)
    if file == "<timed eval>" and not (len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)):
        file = "<timed exec>"
    stack, before = flow.stack, flow.file
    flow.stack, flow.file = (), file
    value = scalar(const=None)
    try:
        for statement in tree.body:
            if isinstance(statement, ast.Expr):
                value = flow.eval(statement.value, flow.main)
            else:
                flow.exec(statement, flow.main)
    finally:
        flow.stack, flow.file = stack, before
    return value


def _file_of(flow: Flow, text: str) -> str:
    """The name under which a nested cell was compiled."""
    import linecache

    names = list(getattr(flow.shell.compile, "_filename_map", {}))
    for name in reversed(names[-80:]):
        if "".join(linecache.getlines(name)).rstrip("\n") == text.rstrip("\n"):
            return str(name)
    return ""


def _script(flow: Flow, line: str) -> Value:
    """`%run step.py`: its names become the notebook's."""
    try:
        words = [w for w in shlex.split(line) if not w.startswith("-")]
    except ValueError:
        return anything()
    if not words or not words[0].endswith(".py"):
        return anything()
    path = os.path.abspath(words[0])  # noqa: PTH100 - compared with what Python recorded, not resolved
    tree = None
    for candidate in (path, words[0], os.path.realpath(path)):
        tree = flow.sources.tree(candidate)
        if tree is not None:
            path = candidate
            break
    if tree is None:
        return anything()
    stack, before = flow.stack, flow.file
    files = {g.chain[i][0] for g in flow.sites.groups.values() for i in range(len(g.chain))}
    same = [f for f in files if os.path.realpath(f) == os.path.realpath(path)]
    flow.file = same[0] if same else path
    try:
        flow.block(tree.body, flow.main)
    finally:
        flow.stack, flow.file = stack, before
    return anything()


def import_module(flow: Flow, filename: str, scope: Module) -> None:
    """The body of a user's module when calls may have been made while it was imported."""
    if not any(entry[0] == filename for g in flow.sites.fresh for entry in g.chain):
        return
    if not any(g.names and g.chain[0][0] == filename for g in flow.sites.fresh):
        return
    tree = flow.sources.tree(filename)
    if tree is None:
        return
    before, flow.file = flow.file, filename
    try:
        flow.block(tree.body, scope)
    finally:
        flow.file = before
