"""Text as blocks of plain strings, written out for HTML, Markdown, LaTeX and plain text.

What a template or a record says stays plain text until the last step, where the writer of the
target escapes all of it: no value can bring markup of its own. The only mark inside a string is
the pair of private characters around an open slot; `clean` takes both out of every value.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

OPEN, CLOSE = "\ue000", "\ue001"  # an open slot stands between them

# Controls, bidirectional overrides, invisible separators, tag characters: nothing a reader could see.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff\ue000-\uf8ff\U000e0000-\U000e007f]")


@dataclass(frozen=True)
class Heading:
    """A title; level 2 is a section."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Running text; `lead` is its run-in heading."""

    text: str
    lead: str = ""


@dataclass(frozen=True)
class Items:
    """An unnumbered list."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table of plain strings."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


Block = Heading | Paragraph | Items | Table
Target = Literal["md", "html", "tex", "txt"]
TARGETS: tuple[Target, ...] = ("md", "html", "tex", "txt")


def clean(value: object, limit: int = 2000) -> str:
    """One line of visible characters: a value from a record, ready to stand in a sentence."""
    text = value if isinstance(value, str) else str(value)
    text = text[: 4 * limit]  # what is cut off below need not be cleaned
    text = text.encode("utf-8", "replace").decode() if not text.isascii() else text
    text = _UNSEEN.sub("", text)
    text = "".join(
        " " if c in "\t\n\r\v\f" else c for c in text if c in "\t\n\r\v\f" or unicodedata.category(c) != "Cc"
    )
    text = re.sub(r"[ \u2000-\u200a]{2,}", " ", text).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(text: str) -> str:
    """The text with the marks of open slots taken out."""
    return text.replace(OPEN, "").replace(CLOSE, "")


# ── escapes ──────────────────────────────────────────────────────────────────────────


def html_text(text: str) -> str:
    """Text for HTML content and quoted attributes."""
    return html.escape(text, quote=True)


_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "\u00a0": "~",
    "\u202f": r"\,",
    "→": r"$\rightarrow$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "…": r"\ldots{}",
    "–": "--",
    "—": "---",
    "«": r"\guillemotleft{}",
    "»": r"\guillemotright{}",
    "“": "``",
    "”": "''",
    "`": r"\textasciigrave{}",
    "[": "{[}",
    "]": "{]}",
}


def tex_text(text: str) -> str:
    """Text for LaTeX: no character keeps a meaning of its own, ligatures of hyphens are broken."""
    out = "".join(_TEX.get(c, c) for c in text.replace("--", "-\ue002-"))
    return out.replace("\ue002", "{}")


_MD_ANYWHERE = re.compile(
    r"([\\`*\[\]{}|~$!])|(?<![A-Za-z0-9])(_)|(_)(?![A-Za-z0-9])|(:(?=//))|((?<=\bwww)\.)|((?<=\w)@(?=\w))"
)
_MD_AT_START = re.compile(r"^(\s*)([#+\-=>]|\d+(?=[.)]))")


def md_text(text: str) -> str:
    """Text for Markdown: no emphasis, link, HTML, math or list of its own; autolinks are broken."""
    text = _MD_ANYWHERE.sub(lambda m: "\\" + m.group(0), text)
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    if found := _MD_AT_START.match(text):
        head = found.group(2)
        text = found.group(1) + (f"\\{head}" if not head.isdigit() else head) + text[found.end() :]
        if head.isdigit():
            text = re.sub(r"^(\s*\d+)([.)])", r"\1\\\2", text)
    return text


# ── writers ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Writer:
    escape: Callable[[str], str]
    open_slot: tuple[str, str]
    lead: tuple[str, str]

    def inline(self, text: str, lead: str = "") -> str:
        """The text escaped, open slots made visible."""
        parts = re.split(f"({OPEN}[^{CLOSE}]*{CLOSE})", text)
        out = [
            self.open_slot[0] + self.escape(plain(p)) + self.open_slot[1]
            if p.startswith(OPEN)
            else self.escape(plain(p))
            for p in parts
            if p
        ]
        start = [self.lead[0] + self.escape(lead) + self.lead[1]] if lead else []
        return " ".join([*start, *(["".join(out)] if out else [])])


_WRITERS: dict[Target, _Writer] = {
    "html": _Writer(html_text, ('<mark class="aiprov-open">', "</mark>"), ("<strong>", "</strong>")),
    "md": _Writer(md_text, ("**", "**"), ("**", "**")),
    "tex": _Writer(tex_text, (r"\textbf{", "}"), (r"\textbf{", "}")),
    "txt": _Writer(lambda t: t, ("", ""), ("", "")),
}


def inline(text: str, target: Target) -> str:
    """One string for the target, without a paragraph around it."""
    return _WRITERS[target].inline(text)


def write(blocks: Iterable[Block], target: Target) -> str:
    """The blocks as a document part of the target, ending with a newline."""
    parts = [_FORMS[target](block, _WRITERS[target]) for block in blocks]
    joint = "\n" if target == "html" else "\n\n"
    return joint.join(p for p in parts if p) + "\n"


def _html(block: Block, w: _Writer) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{w.inline(text)}</h{level}>"
        case Paragraph(text, lead):
            return f"<p>{w.inline(text, lead)}</p>"
        case Items(texts):
            return "<ul>\n" + "\n".join(f"<li>{w.inline(t)}</li>" for t in texts) + "\n</ul>"
        case Table(head, rows, caption):
            title = f"<caption>{w.inline(caption)}</caption>\n" if caption else ""
            top = "".join(f'<th scope="col">{w.inline(c)}</th>' for c in head)
            body = "\n".join("<tr>" + "".join(f"<td>{w.inline(c)}</td>" for c in row) + "</tr>" for row in rows)
            head_html = f"{title}<thead><tr>{top}</tr></thead>"
            return f'<table class="aiprov-table">\n{head_html}\n<tbody>\n{body}\n</tbody>\n</table>'


def _md(block: Block, w: _Writer) -> str:
    match block:
        case Heading(text, level):
            return "#" * level + " " + w.inline(text)
        case Paragraph(text, lead):
            return w.inline(text, lead)
        case Items(texts):
            return "\n".join(f"- {w.inline(t)}" for t in texts)
        case Table(head, rows, caption):
            lines = [_md_row(head, w), "|" + " --- |" * len(head), *(_md_row(r, w) for r in rows)]
            return (f"*{w.inline(caption)}*\n\n" if caption else "") + "\n".join(lines)


def _md_row(cells: Sequence[str], w: _Writer) -> str:
    return "| " + " | ".join(w.inline(c) for c in cells) + " |"


_LEVELS = {1: "section", 2: "section", 3: "subsection", 4: "subsubsection"}


def _tex(block: Block, w: _Writer) -> str:
    match block:
        case Heading(text, level):
            return f"\\{_LEVELS.get(level, 'paragraph')}*{{{w.inline(text)}}}"
        case Paragraph(text, lead):
            return w.inline(text, lead)
        case Items(texts):
            return "\\begin{itemize}\n" + "\n".join(f"\\item {{}}{w.inline(t)}" for t in texts) + "\n\\end{itemize}"
        case Table(head, rows, caption):
            shares = _shares([head, *rows])
            columns = "".join(f">{{\\raggedright}}p{{{share:.3f}\\linewidth}}" for share in shares)
            top = " & ".join(rf"\textbf{{{w.inline(c)}}}" for c in head) + r" \tabularnewline \midrule \endhead"
            lines = [r"% needs \usepackage{longtable,array,booktabs}", r"{\scriptsize\setlength{\tabcolsep}{3pt}"]
            lines += [f"\\begin{{longtable}}{{@{{}}{columns}@{{}}}}"]
            title = rf"\multicolumn{{{len(head)}}}{{@{{}}l@{{}}}}{{\textbf{{{w.inline(caption)}}}}} \tabularnewline"
            lines += [*([title] if caption else []), r"\toprule", top]
            lines += [" & ".join(w.inline(c) for c in row) + r" \tabularnewline" for row in rows]
            return "\n".join([*lines, r"\bottomrule", r"\end{longtable}}"])


def _shares(rows: Sequence[Sequence[str]]) -> list[float]:
    """Of the line, what each column gets: more for longer texts, but none is squeezed."""
    weights = [min(max(*(len(c) for c in column), 10), 120) ** 0.5 for column in zip(*rows, strict=False)]
    return [0.94 * w / sum(weights) for w in weights]


def _txt(block: Block, w: _Writer) -> str:
    match block:
        case Heading(text, level):
            line = w.inline(text)
            return line + "\n" + ("=" if level < 3 else "-") * len(line)
        case Paragraph(text, lead):
            return w.inline(text, lead)
        case Items(texts):
            return "\n".join(f"- {w.inline(t)}" for t in texts)
        case Table(head, rows, caption):
            said = ("; ".join(f"{h}: {w.inline(c)}" for h, c in zip(head, row, strict=False) if c) for row in rows)
            return "\n".join([*([w.inline(caption)] if caption else []), *(f"- {line}" for line in said)])


_FORMS: dict[Target, Callable[[Block, _Writer], str]] = {"html": _html, "md": _md, "tex": _tex, "txt": _txt}


@dataclass
class Draft:
    """Blocks under construction: sentences join the paragraph before them, items the list."""

    blocks: list[Block] = field(default_factory=list)

    def sentence(self, text: str) -> None:
        """Add to the last paragraph."""
        if self.blocks and isinstance(self.blocks[-1], Paragraph):
            last = self.blocks[-1]
            self.blocks[-1] = Paragraph(f"{last.text} {text}".strip(), last.lead)
        else:
            self.blocks.append(Paragraph(text))

    def item(self, text: str) -> None:
        """Add to the last list."""
        if self.blocks and isinstance(self.blocks[-1], Items):
            self.blocks[-1] = Items((*self.blocks[-1].texts, text))
        else:
            self.blocks.append(Items((text,)))

    def row(self, head: Sequence[str], cells: Sequence[str]) -> None:
        """Add to the last table with this head."""
        last = self.blocks[-1] if self.blocks else None
        if isinstance(last, Table) and last.head == tuple(head):
            self.blocks[-1] = Table(last.head, (*last.rows, tuple(cells)), last.caption)
        else:
            self.blocks.append(Table(tuple(head), (tuple(cells),)))
