"""One notebook on its way to a page: the summary, the words at AI cells and outputs, and the section.

The words go into `metadata.aiprov_page` of the copy that is converted, where the templates print them.
What is ours is escaped where it is made; outputs of others are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nbformat import NotebookNode, v4

from jupyter_aiprov import notebook, semconv, stamp
from jupyter_aiprov.document import metadata as metadata_of
from jupyter_aiprov.exporters import _facts, _tables, statement, summary
from jupyter_aiprov.exporters._document import (
    Heading,
    Table,
    Target,
    clean,
    html_text,
    inline,
    md_text,
    tex_text,
    write,
)
from jupyter_aiprov.exporters._wording import semicolons
from jupyter_aiprov.exporters._words import Language, joined, number, word
from jupyter_aiprov.nbconvert.heads import said_in
from jupyter_aiprov.provenance import Cell, Event, Use
from jupyter_aiprov.strip import LEGEND

_new_text: Any = v4.new_markdown_cell
_node: Any = NotebookNode
MARKER: Final = re.compile(
    r"^\s*(<!--\s*aiprov:(section|disclosure)\s*-->|\{\{\s*aiprov\.(section|disclosure)\s*\}\})\s*$", re.IGNORECASE
)
OWN: Final = "aiprov_page"  # on cells and outputs of the copy being converted; never taken from a file


class Page:
    """One notebook on its way to a page, with the words that go into it."""

    def __init__(
        self,
        nb: NotebookNode,
        resources: Mapping[str, Any],
        *,
        target: Target,
        language: str,
        policy: str,
        slots: Mapping[str, str],
        events: Sequence[Event] = (),
    ) -> None:
        self.nb, self.target = nb, target
        name = str((resources.get("metadata") or {}).get("name") or "notebook")
        self.name = clean(name if name.endswith(".ipynb") else f"{name}.ipynb", 255)
        self.provenance = notebook.provenance_of(nb, events, notebook=self.name)
        chosen = _disclosure(nb)
        self.language: Language = "fr" if (language or chosen.get("language")) == "fr" else "en"
        wanted = policy or chosen.get("policy") or "generic"
        if not policy and wanted not in statement.policies():
            wanted = "generic"  # a policy that only the author's machine has
        answers = {**chosen.get("slots", {}), **slots}
        told = statement.render([self.provenance], policy=str(wanted), language=self.language, slots=answers)
        self.facts = told.facts
        blocks = list(told.blocks)
        if self.facts.tools and not any(
            isinstance(b, Table) and b.head[0] == word("h-where", self.language) for b in blocks
        ):
            blocks.append(_tables.uses(self.facts, self.language))
        title = next(b.text for b in blocks if isinstance(b, Heading))
        pointer = f"section “{title}”" if self.language == "en" else f"section «\u00a0{title}\u00a0»"
        top = summary.blocks(self.facts, self.language, notebook=self.name, section=pointer)
        self.summary = self._framed(self._linked(write(top, target), pointer), "summary", word("ai", self.language))
        self.section = self._framed(write(blocks, target), "section", title)

    def _linked(self, text: str, pointer: str) -> str:
        """The summary's last line leads to the section, where the page can."""
        forms = {"html": '<a href="#aiprov-section">%s</a>', "tex": r"\hyperlink{aiprov-section}{%s}"}
        before, found, after = text.rpartition(shown := inline(pointer, self.target))
        return before + forms[self.target] % shown + after if found and self.target in forms else text

    def _framed(self, text: str, name: str, label: str) -> str:
        if self.target != "html":
            place = "\\hypertarget{aiprov-section}{}\n" if (name, self.target) == ("section", "tex") else ""
            return place + text
        tag, place = ("aside", "") if name == "summary" else ("section", ' id="aiprov-section"')
        about = f'class="aiprov-{name}"{place} lang="{self.language}" aria-label="{html_text(label)}"'
        return f"<{tag} {about}>\n{text}</{tag}>\n"

    def mark(self) -> None:
        """Put a word on every AI cell and output, and our own rendering into every stamp."""
        metadata_of(self.nb).pop(OWN, None)
        uses: dict[int, list[Use]] = {}
        for use in self.provenance.uses:
            if use.cell_index is not None:
                uses.setdefault(use.cell_index, []).append(use)
        written = {w.cell: w for w in self.facts.written if w.cell}
        marks = {c.index: c for c in self.provenance.cells}
        for index, cell in enumerate(self.nb.cells):
            metadata_of(cell).pop(OWN, None)
            own: dict[str, str] = {}
            if cell.cell_type != "code" and MARKER.match(cell.source):
                own["replace"], self.section = self.section, ""
            elif text := self._word(index, uses.get(index, ()), written.get(index + 1), marks.get(index)):
                own["word"] = self._worded(text)
            if own:
                cell.metadata[OWN] = own
            for output in cell.get("outputs") or ():
                self._mark_output(output)
            self._mark_figure(cell.get("outputs") or (), index)

    def _word(self, index: int, uses: Sequence[Use], written: _facts.Written | None, cell: Cell | None) -> str:
        """`cell 3 · AI-generated · gpt-4o-mini-2024-07-18 (12) · df.label · checked`."""
        lang = self.language
        numbers: dict[str, int] = {}
        for use in uses:
            if use.standing in ("shown", "cached"):
                name = clean(use.model or word("unknown", lang), 200)
                numbers[name] = numbers.get(name, 0) + use.count
        mark = cell.mark if cell else {}
        made = [
            word("figure", lang) if m.kind == "figure" else m.subject
            for m in self.facts.made
            if m.cell == index + 1 and m.kind != "variable"
        ]
        origins = [written.origin] if written else []
        if mark.get("origin") in semconv.AI_ORIGINS:
            origins.append(str(mark["origin"]))
        if not numbers and not origins and not made:
            return ""
        parts = [f"{word('cell', lang)} {index + 1}"]
        parts += [joined(list(dict.fromkeys(word(o, lang) for o in origins or ["ai-generated"])), lang)]
        if numbers:
            parts.append(", ".join(f"{m} ({number(n, lang)})" for m, n in numbers.items()))
        if written and (written.tool or written.model):
            parts.append(clean(f"{written.tool or ''} {written.model or ''}", 200))
        if made:
            parts.append(joined(list(dict.fromkeys(made))[:6], lang))
        states = [c.status if not c.stale else "stale" for c in self.facts.checks if c.cell == index + 1]
        parts.append(joined(list(dict.fromkeys(word(s, lang) for s in states or ["unverified"])), lang))
        return " · ".join(parts)

    def _worded(self, text: str) -> str:
        head, _, rest = text.partition(" · ")
        label = word("ai", self.language)
        if self.target == "html":
            detail = f'<span class="aiprov-detail">· {html_text(rest)}</span>'
            return f'<div class="aiprov-word" lang="{self.language}">[{label}] {html_text(head)} {detail}</div>'
        if self.target == "tex":
            words = rf"\textbf{{{tex_text(f'[{label}] {head}')}}} {tex_text(f'· {rest}')}"
            return rf"\par\noindent\fbox{{\parbox{{0.96\linewidth}}{{\small {words}}}}}\par" + "\n"
        return f"> **\\[{label}\\] {md_text(head)}** {md_text('· ' + rest)}\n"

    def _mark_output(self, output: Any) -> None:
        told = metadata_of(output)
        told.pop(OWN, None)
        data = output.get("data")
        if isinstance(data, Mapping) and semconv.MIME in data:
            record = data[semconv.MIME]
            # our own rendering of the record: what a file puts beside it is not trusted to be ours
            fresh = _rendered(record, self.language) if isinstance(record, Mapping) else _nothing(self.language)
            output["data"] = _node(fresh)
            return
        columns_said = self._translate(data)
        mark = told.get(semconv.KEY)
        origin = mark.get("origin") if isinstance(mark, Mapping) else None
        if origin in semconv.ORIGINS and origin in semconv.AI_ORIGINS:
            assert isinstance(mark, Mapping)
            subjects = mark.get("subjects")
            names = [s for s in subjects if isinstance(s, str)] if isinstance(subjects, list) else []
            if not (columns_said and self.target != "tex"):  # heads and legend of the table say it already
                told[OWN] = {"legend": self._legend(str(origin), names[:8])}

    def _mark_figure(self, outputs: Sequence[Any], index: int) -> None:
        """A figure that no kernel marked: said where the cell shows one image only."""
        images = [o for o in outputs if any(str(k).startswith("image/") for k in o.get("data") or ())]
        made = [m for m in self.facts.made if m.cell == index + 1 and m.kind == "figure"]
        if made and len(images) == 1 and OWN not in (told := _own_metadata(images[0])):
            told[OWN] = {"legend": self._legend(made[0].origin, [])}

    def _legend(self, origin: str, subjects: Sequence[str]) -> str:
        """`[AI] df.label: AI-generated`, or what is known of the whole output."""
        lang, colon = self.language, ": " if self.language == "en" else "\u00a0: "
        kinds: dict[str, list[str]] = {}
        for subject in subjects:
            known = self.provenance.derivations.get(subject, {}).get("origin")
            kinds.setdefault(str(known if known in semconv.AI_ORIGINS else origin), []).append(clean(subject, 200))
        said = [f"{joined(names, lang)}{colon}{word(kind, lang)}" for kind, names in kinds.items()]
        legend = inline(f"[{word('ai', lang)}] {semicolons(said, lang) or word(origin, lang)}", self.target)
        if self.target == "html":
            return f'<div class="aiprov-legend" lang="{lang}">{legend}</div>'
        if self.target == "tex":
            return rf"\par\noindent{{\small {legend}}}\par" + "\n"
        return legend

    def _translate(self, data: object) -> bool:
        """Column words of saved tables in the page's language; True where a table has such words."""
        if not (isinstance(data, dict) and isinstance(shown := data.get("text/html"), str) and "<small>" in shown):
            return False
        data["text/html"] = said_in(shown, self.language)
        return bool(LEGEND.search(shown))

    def insert(self) -> None:
        """Turn the words into Markdown cells for exporters that know nothing of us."""
        cells = [_new_text(self.summary)]
        for cell in self.nb.cells:
            own = metadata_of(cell).pop(OWN, {})
            if own.get("replace"):
                cells.append(_new_text(own["replace"]))
                continue
            if own.get("word"):
                cells.append(_new_text(own["word"]))
            cells.append(cell)
            legends = [o["metadata"].pop(OWN)["legend"] for o in cell.get("outputs") or () if OWN in metadata_of(o)]
            cells += [_new_text(text) for text in legends]
        if self.section:
            cells.append(_new_text(self.section))
        for new in cells:  # formats before 4.5 have no ids
            if (self.nb.nbformat, self.nb.get("nbformat_minor", 0)) < (4, 5):
                new.pop("id", None)
        self.nb.cells = cells


def _own_metadata(output: Any) -> Any:
    """The output's metadata, made where there is none to write in."""
    if not isinstance(output.get("metadata"), dict):
        output["metadata"] = _node()
    return output["metadata"]


def _rendered(record: Mapping[str, Any], language: str) -> dict[str, str]:
    """The stamp's line and table made anew from its record; a record that is none says only that it is there."""
    try:
        bundle = stamp.bundle(record, language)
    except (AttributeError, TypeError, ValueError, KeyError):
        return _nothing(language)
    return {k: str(v) for k, v in bundle.items() if k != semconv.MIME}


def _nothing(language: str) -> dict[str, str]:
    return {"text/plain": f"[{word('ai', language)}]"}


def _disclosure(nb: NotebookNode) -> dict[str, Any]:
    """What the notebook says of its own section: language, policy, answers; only texts are taken."""
    log = metadata_of(nb).get(semconv.KEY)
    found = log.get("disclosure") if isinstance(log, Mapping) else None
    if not isinstance(found, Mapping):
        return {"slots": {}}
    slots = found.get("slots")
    answers = {str(k): v for k, v in slots.items() if isinstance(v, str)} if isinstance(slots, Mapping) else {}
    return {**{k: found[k] for k in ("language", "policy") if isinstance(found.get(k), str)}, "slots": answers}
