"""Source text to syntax trees: cells, the user's own modules, and the functions defined in them."""

from __future__ import annotations

import ast
import linecache
from types import CodeType
from typing import Any

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Sources:
    """Trees by file name, parsed once per text."""

    def __init__(self) -> None:
        self._trees: dict[str, tuple[int, ast.Module | None]] = {}
        self._functions: dict[tuple[str, int, str], FunctionNode | None] = {}

    def tree(self, filename: str) -> ast.Module | None:
        """The tree of a file that Python can show the lines of; None when it cannot be parsed."""
        lines = linecache.getlines(filename)
        if not lines:
            return None
        text = "".join(lines)
        key = hash(text)
        known = self._trees.get(filename)
        if known is not None and known[0] == key:
            return known[1]
        tree = parsed(text)
        self._trees[filename] = (key, tree)
        for found in [k for k in self._functions if k[0] == filename]:
            del self._functions[found]
        return tree

    def function(self, code: CodeType) -> FunctionNode | None:
        """The definition that a code object was compiled from."""
        tree = self.tree(code.co_filename)
        key = (code.co_filename, code.co_firstlineno, code.co_name)
        if tree is None:
            return None
        if code.co_name != "<lambda>" and key in self._functions:
            return self._functions[key]
        node = _lambda(tree, code) if code.co_name == "<lambda>" else _named(tree, code)
        self._functions[key] = node
        return node


def parsed(text: str) -> ast.Module | None:
    """The tree of a text, or None when it is no Python."""
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _named(tree: ast.Module, code: CodeType) -> FunctionNode | None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None


def _lambda(tree: ast.Module, code: CodeType) -> FunctionNode | None:
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Lambda) and n.lineno == code.co_firstlineno]
    if len(found) < 2:
        return found[0] if found else None
    for line, end_line, column, end_column in code.co_positions():
        if line is None or column is None or end_line is None or end_column is None or (line, column) == (line, 0):
            continue
        inside = [
            n
            for n in found
            if (n.lineno, n.col_offset) <= (line, column)
            and (end_line, end_column) <= (n.end_lineno or 0, n.end_col_offset or 0)
        ]
        if inside:
            return min(inside, key=lambda n: (n.end_col_offset or 0) - n.col_offset)
    return found[0]


def stored_names(tree: ast.AST) -> dict[str, int]:
    """How often each name is bound in a tree, functions included."""
    out: dict[str, int] = {}
    for node in ast.walk(tree):
        names: list[Any] = []
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names = [node.id]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = [node.name]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [(a.asname or a.name).split(".")[0] for a in node.names]
        elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
            names = [node.name]
        for name in names:
            out[name] = out.get(name, 0) + 1
    return out
