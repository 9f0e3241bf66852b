"""Texts as tokens in which format does not show: what black, quotes, comments or Markdown change is gone.

Code has two readings: its tokens, and its tokens with the names it binds itself made equal. Imports,
comments, docstrings, magics and grouping punctuation are left out of both: they say nothing of who wrote.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
from collections.abc import Iterator
from keyword import iskeyword

_MAGIC = re.compile(r"[ \t]*(?:[%!?]|[\w.]+\?{1,2}[ \t]*$)")
_FOREIGN = re.compile(
    r"%%(?:bash|sh|R|sql|script|html|HTML|javascript|js|julia|perl|ruby|latex|markdown|svg|writefile)\b"
)
_LEXEME = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|\w+|[^\w\s]")
_REMARK = re.compile(r"(?m)(?:^|(?<=\s))(?:#|--|//).*$")
_WORD = re.compile(r"\w+(?:['’]\w+)?")
_LAYOUT = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}
)
_INNER = 60  # characters: a longer string over several lines is text of its own, e.g. a query
_GROUPING = frozenset("(),;\\")  # black adds and removes these
_NAME = "§"  # a name bound in the text itself


def code_tokens(source: str) -> list[str]:
    """A source as tokens; another language's, or a broken one's, as words and signs."""
    if _FOREIGN.match(source):
        return _plain(source.partition("\n")[2])
    text = "\n".join("" if _MAGIC.match(line) else line for line in source.splitlines())
    try:
        return [token for line in _lines(text) for token in line]
    except (tokenize.TokenError, SyntaxError, IndentationError, ValueError):
        return _plain(text)


def renamed(source: str, tokens: list[str]) -> list[str]:
    """The tokens with every name that the source binds itself made equal."""
    bound = _bound(source)
    out: list[str] = []
    for position, token in enumerate(tokens):
        is_attribute = position > 0 and tokens[position - 1] == "."
        out.append(_NAME if token in bound and not is_attribute else token)
    return out


def words(text: str) -> list[str]:
    """Prose as lower-case words, without Markdown, links' targets and typography."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"\]\([^)]*\)|<[^>]{1,200}>", " ", text)
    return [w.replace("’", "'").casefold() for w in _WORD.findall(text)]


def _lines(text: str) -> Iterator[list[str]]:
    """Logical lines as tokens, without imports and strings that stand alone."""
    line: list[str] = []
    kinds: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text + "\n").readline):
        if token.type in _LAYOUT:
            continue
        if token.type == tokenize.NEWLINE:
            if line and line[0] not in ("import", "from") and kinds != {tokenize.STRING}:
                yield line
            line, kinds = [], set()
        elif token.string not in _GROUPING:
            kinds.add(token.type)
            line.extend(_literals(token.string) if token.type == tokenize.STRING else (token.string,))
    if line:
        yield line


def _literals(text: str) -> list[str]:
    """A string as one token; a text of several lines in it (a query, a program) as its own tokens."""
    if len(text) > _INNER and "\n" in text:
        return _plain(text.strip("rRbBfFuU").strip("'\""))
    return [_literal(text)]


def _literal(text: str) -> str:
    """A string in one spelling, whatever its quotes."""
    try:
        return repr(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text.replace("'", '"').lower()


def _plain(text: str) -> list[str]:
    found = _LEXEME.findall(_REMARK.sub("", text))
    return [_literal(t) if t[0] in "'\"" else t for t in found if t not in _GROUPING]


def _bound(source: str) -> set[str]:
    text = "\n".join("" if _MAGIC.match(line) else line for line in source.splitlines())
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        found = re.findall(r"(?m)(?:^|[;(,])\s*(\w+)\s*(?:=(?!=)|<-)|\b(?:def|for|as)\s+(\w+)", text)
        return {name for pair in found for name in pair if name and not iskeyword(name)}
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler):
            names.add(node.name or "")
    imported = {
        (a.asname or a.name).split(".")[0]
        for n in ast.walk(tree)
        if isinstance(n, ast.Import | ast.ImportFrom)
        for a in n.names
    }
    return names - imported
