"""Texts as tokens in which format does not show: what black, quotes, comments or Markdown change is gone.

Code has two readings: its tokens, and its tokens with the names it binds itself made equal. Imports,
comments, docstrings, magics and grouping punctuation are left out of both: they say nothing of who wrote.
One lexer reads every language, whole or broken, and the same on every Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from keyword import iskeyword

_MAGIC = re.compile(r"[ \t]*(?:[%?]|[\w.]+\?{1,2}[ \t]*$)")
_SHELL = re.compile(r"[ \t]*!+[ \t]*")
_FOREIGN = re.compile(
    r"%%(?:bash|sh|R|sql|script|html|HTML|javascript|js|julia|perl|ruby|latex|markdown|svg|writefile)\b"
)
_SQL = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?:select\s|with\s+\w+\s+as\s*\(|insert\s+into\s|delete\s+from\s|update\s+\w+\s+set\s"
    r"|create\s+(?:or\s+replace\s+)?(?:temp\w*\s+)?(?:table|view)\s)",
    re.IGNORECASE,
)
_LEXEME = re.compile(
    r"""(?P<remark>\#(?![0-9a-fA-F]{3,8}\b)[^\n]*|(?<![^\s])--[ \t][^\n]*|(?m:^[ \t]*//[^\n]*)|<!--[^<\n]*-->)
    |(?P<text>[rRbBfFuU]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<name>\d[\w.]*|\w+(?:'(?=\w)\w+)?)
    |(?P<joint>\\\n)
    |(?P<line>\n)
    |(?P<sign>\*\*|//|[=!<>]=|:=|->|[-+*/%@&|^]=|[^\w\s])""",
    re.VERBOSE | re.DOTALL,
)
_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_WORD = re.compile(r"\w+(?:['’]\w+)?")
_INNER = 60  # characters: a longer string over several lines is text of its own, e.g. a query
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_GROUPING = frozenset("(),;\\")  # black adds and removes these
_ASSIGNING = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "@=", "&=", "|=", "^="})
_NAME = "§"  # a name bound in the text itself


def code_tokens(source: str) -> tuple[list[str], list[str]]:
    """A source as tokens, whatever its language; and with the names equal that it binds, or takes items of."""
    lines = list(_lines_of(source))
    plain = [token for line in lines for token in line if token not in _GROUPING]
    bound = {name for line in lines for name in _bound(line)}
    return plain, _renamed(plain, bound)


def _lines_of(source: str) -> Iterator[list[str]]:
    if _FOREIGN.match(source):
        yield from _read(source.partition("\n")[2])
        return
    rows = source.splitlines()
    yield from _read("\n".join("" if _MAGIC.match(row) or _SHELL.match(row) else row for row in rows))
    yield from _read("\n".join(row[m.end() :] for row in rows if (m := _SHELL.match(row))))


def _renamed(tokens: list[str], bound: set[str]) -> list[str]:
    out: list[str] = []
    last = len(tokens) - 1
    for position, token in enumerate(tokens):
        is_attribute = position > 0 and tokens[position - 1] == "."
        is_own = token in bound or (position < last and tokens[position + 1] == "[" and token.isidentifier())
        out.append(_NAME if is_own and not is_attribute and not iskeyword(token) else token)
    return out


def words(text: str) -> list[str]:
    """Prose as lower-case words, without Markdown, links' targets and typography."""
    import unicodedata

    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"\]\([^)]*\)|<[^>]{1,200}>", " ", text)
    return [w.replace("’", "'").casefold() for w in _WORD.findall(text)]


def informative(tokens: list[str]) -> Iterator[str]:
    """The words in tokens that could tell one author from another: no sign, no one-letter name."""
    for token in tokens:
        for word in _WORD.findall(token):
            if len(word) > 1 or not word.isalpha():
                yield word.casefold()


def _read(text: str) -> list[list[str]]:
    is_sql = _SQL.match(text) is not None
    return [[token.casefold() for token in line] if is_sql else line for line in _lines(text)]


def _lines(text: str) -> Iterator[list[str]]:
    """Logical lines as tokens, without imports and strings that stand alone."""
    line: list[str] = []
    depth = strings = 0
    for found in _LEXEME.finditer(text):
        kind, token = found.lastgroup, found[0]
        if kind == "line" and depth <= 0:
            if line and line[0] not in ("import", "from") and strings != len(line):
                yield line
            line, depth, strings = [], 0, 0
        elif kind == "text":
            before = len(line)
            line.extend(_string(token))
            strings += len(line) - before
        elif kind in ("name", "sign"):
            depth += (token in _OPEN) - (token in _CLOSE)
            line.append(token)
    if line and line[0] not in ("import", "from") and strings != len(line):
        yield line


def _bound(line: list[str]) -> Iterator[str]:
    """Names that a line gives a value to: by assignment, as parameters, in loops, by `def`, `class` and `as`."""
    signs = line[1:] if line[:1] == ["async"] else line
    is_def = signs[:1] == ["def"]
    names: list[str] = []  # at the line's own depth, before its sign of assignment
    depth = 0
    binds = is_typed = False
    for before, one, after in zip(["", *signs], signs, [*signs[1:], ""], strict=False):
        if one in ("for", "lambda"):
            binds = True
        elif one == "in" or (one == ":" and binds):
            binds = False
        elif one in _ASSIGNING and depth == 0 and before != "lambda":
            yield from names
            names = []
        elif one == "-" and before == "<" and depth == 0:  # R
            yield from names
        elif one == ":" and depth == 0:
            is_typed = True
        elif one.isidentifier() and not iskeyword(one) and before != ".":
            is_parameter = is_def and depth == 1 and before in ("(", ",", "*", "**")
            if binds or is_parameter or before in ("def", "class", "as") or after == ":=":
                yield one
            elif depth == 0 and not is_typed and after != ".":
                names.append(one)
        depth += (one in _OPEN) - (one in _CLOSE)


def _string(token: str) -> list[str]:
    """A string as one token whatever its quotes; text of several lines in it, and fields, as tokens of their own."""
    start = next(i for i, sign in enumerate(token) if sign in "'\"")
    prefix = token[:start].lower()
    width = 3 if token[start : start + 3] in ('"""', "'''") else 1
    body = token[start + width : -width].replace("\\'", "'").replace('\\"', '"')
    if len(body) > _INNER and "\n" in body:
        return [t for line in _read(body) for t in line]
    if "f" not in prefix:
        return [f'"{body}"']
    out, end = [], 0
    for field in _FIELD.finditer(body):
        if field[1] is None:
            continue
        out += [f'"{body[end : field.start()]}"'] if field.start() > end else []
        out += _inner(field[1])
        end = field.end()
    return [*out, f'"{body[end:]}"'] if end < len(body) or not out else out


def _inner(field: str) -> list[str]:
    return [t for line in _lines(field) for t in line] or [field]
