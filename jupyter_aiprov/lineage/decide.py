"""Which branch ran, where that can be known without running anything: constants and plain names."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from jupyter_aiprov.lineage.state import UNKNOWN, Value

if TYPE_CHECKING:
    from jupyter_aiprov.lineage.flow import Flow
    from jupyter_aiprov.lineage.scopes import Scope

_PLAIN = (str, int, float, bool, type(None), bytes)
_COMPARE: dict[type, Any] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def truth(flow: Flow, node: ast.expr, scope: Scope, value: Value) -> bool | None:
    """Whether a test was true; None when both may have been."""
    found = constant(flow, node, scope)
    if found is UNKNOWN and isinstance(node, (ast.Call, ast.Subscript)) and not value.label.is_ai:
        found = value.const
    if found is UNKNOWN or type(found) not in _PLAIN:
        return None
    return bool(found)


def constant(flow: Flow, node: ast.expr, scope: Scope) -> Any:
    """The constant an expression comes to, or UNKNOWN."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        value = scope.get(node.id)
        return value.const if not value.label.is_ai else UNKNOWN
    if isinstance(node, ast.Attribute):
        owner = scope.get(node.value.id) if isinstance(node.value, ast.Name) else None
        found = owner.fields.get(node.attr) if owner is not None and owner.kind == "object" else None
        return found.const if found is not None and not found.label.is_ai else UNKNOWN
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = truth(flow, node.operand, scope, Value())
        return UNKNOWN if inner is None else not inner
    if isinstance(node, ast.BoolOp):
        return _bool(flow, node, scope)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compare(flow, node, scope)
    return UNKNOWN


def _bool(flow: Flow, node: ast.BoolOp, scope: Scope) -> Any:
    stop = isinstance(node.op, ast.Or)
    found = [truth(flow, v, scope, Value()) for v in node.values]
    if stop in found:
        return stop
    return UNKNOWN if None in found else not stop


def _compare(flow: Flow, node: ast.Compare, scope: Scope) -> Any:
    left, right = constant(flow, node.left, scope), node.comparators[0]
    op = node.ops[0]
    if left is UNKNOWN or type(left) not in _PLAIN:
        return UNKNOWN
    if isinstance(op, (ast.In, ast.NotIn)) and isinstance(right, (ast.Tuple, ast.List, ast.Set)):
        options = [constant(flow, o, scope) for o in right.elts]
        if any(o is UNKNOWN for o in options):
            return UNKNOWN
        return (left in options) == isinstance(op, ast.In)
    other = constant(flow, right, scope)
    if other is UNKNOWN or type(other) not in _PLAIN:
        return UNKNOWN
    if isinstance(op, (ast.In, ast.NotIn)):
        return (left in other) == isinstance(op, ast.In) if type(left) is type(other) is str else UNKNOWN
    if isinstance(op, (ast.Is, ast.IsNot)):
        return (left is other) == isinstance(op, ast.Is) if left is None or other is None else UNKNOWN
    compare = _COMPARE.get(type(op))
    if compare is None:
        return UNKNOWN
    try:
        return bool(compare(left, other))
    except TypeError:
        return UNKNOWN
