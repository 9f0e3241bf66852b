"""nbconvert exporters `aiprov-html`, `-latex`, `-pdf`, `-markdown`, and a preprocessor for any other.

They put a summary on top, a word at every AI cell and output, and the section "Use of AI systems"
at the end or where a marker cell stands. What is ours is escaped, inert and local; outputs of others
stay as in the stock exporters, except that no page loads a remote script by itself.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from nbconvert.exporters import HTMLExporter, LatexExporter, MarkdownExporter, PDFExporter
from nbconvert.exporters.pdf import LatexFailed
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode, v4
from traitlets import Bool, CaselessStrEnum, Dict, HasTraits, Unicode, default
from traitlets import List as Listed
from traitlets.config import Config

from jupyter_aiprov import notebook, semconv, stamp
from jupyter_aiprov.document import metadata as metadata_of
from jupyter_aiprov.errors import UsageError
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
from jupyter_aiprov.exporters._words import Language, joined, number, word
from jupyter_aiprov.provenance import Cell, Use

_new_text: Any = v4.new_markdown_cell
_node: Any = NotebookNode
PAGES: Final = Path(__file__).with_name("exporters") / "pages"
MARKER: Final = re.compile(
    r"^\s*(<!--\s*aiprov:(section|disclosure)\s*-->|\{\{\s*aiprov\.(section|disclosure)\s*\}\})\s*$", re.IGNORECASE
)
OWN: Final = "aiprov_page"  # on cells and outputs of the copy being converted; never taken from a file


class AIProvPreprocessor(Preprocessor):
    """Gives a notebook its summary, words and section before any exporter turns it into a page.

    With `insert` on (the default) they become Markdown cells, so that exporters that know nothing of
    us show them; our own exporters turn it off and place HTML, LaTeX or Markdown themselves.
    """

    enabled = Bool(True).tag(config=True)
    insert = Bool(True, help="Insert Markdown cells; off when the template places the text itself.").tag(config=True)
    language = CaselessStrEnum(
        ["", "en", "fr"], default_value="", help="Language of the page's own text; empty: the notebook's choice."
    ).tag(config=True)
    policy = Unicode("", help="Policy of the section; empty: the notebook's choice, else generic.").tag(config=True)
    slots: Any = Dict(help="Answers to open slots of the section, by slot.").tag(config=True)
    target: Target = "md"

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Mark the copy of the notebook that is being converted."""
        page = Page(
            nb,
            resources,
            target="md" if self.insert else self.target,
            language=self.language,
            policy=self.policy,
            slots=self.slots,
        )
        page.mark()
        if self.insert:
            page.insert()
        resources["aiprov"] = {"summary": page.summary, "section": page.section, "provenance": page.provenance}
        return nb, resources


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
    ) -> None:
        self.nb, self.target = nb, target
        name = str((resources.get("metadata") or {}).get("name") or "notebook")
        self.name = clean(name if name.endswith(".ipynb") else f"{name}.ipynb", 255)
        self.provenance = notebook.provenance_of(nb, notebook=self.name)
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
        self.summary = self._framed(write(top, target), "summary", word("ai", self.language))
        self.section = self._framed(write(blocks, target), "section", title)

    def _framed(self, text: str, name: str, label: str) -> str:
        if self.target != "html":
            return text
        tag = "aside" if name == "summary" else "section"
        return f'<{tag} class="aiprov-{name}" lang="{self.language}" aria-label="{html_text(label)}">\n{text}</{tag}>\n'

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

    def _word(self, index: int, uses: Sequence[Use], written: _facts.Written | None, cell: Cell | None) -> str:
        """`cell 3 · AI-generated · gpt-4o-mini-2024-07-18 (12) · df.label · checked`."""
        lang = self.language
        numbers: dict[str, int] = {}
        for use in uses:
            if use.standing in ("shown", "cached"):
                name = clean(use.model or word("unknown", lang), 200)
                numbers[name] = numbers.get(name, 0) + use.count
        mark = cell.mark if cell else {}
        made = [m.subject for m in self.facts.made if m.cell == index + 1 and m.kind != "variable"]
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
            parts.append(joined(made[:6], lang))
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
            fresh = _rendered(record, self.language) if isinstance(record, Mapping) else {"text/plain": "[AI]"}
            output["data"] = _node(fresh)
            return
        mark = told.get(semconv.KEY)
        origin = mark.get("origin") if isinstance(mark, Mapping) else None
        if origin not in semconv.ORIGINS or origin not in semconv.AI_ORIGINS:
            return
        assert isinstance(mark, Mapping)
        subjects = mark.get("subjects")
        names = [clean(s, 200) for s in subjects if isinstance(s, str)] if isinstance(subjects, list) else []
        text = f"[{word('ai', self.language)}] {word(str(origin), self.language)}"
        text += (": " if self.language == "en" else "\u00a0: ") + joined(names[:8], self.language) if names else ""
        legend = inline(text, self.target)
        if self.target == "html":
            legend = f'<div class="aiprov-legend" lang="{self.language}">{legend}</div>'
        elif self.target == "tex":
            legend = rf"\par\noindent{{\small {legend}}}\par" + "\n"
        told[OWN] = {"legend": legend}

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


def _rendered(record: Mapping[str, Any], language: str) -> dict[str, str]:
    """The stamp's line and table made anew from its record; a record that is none says only that it is there."""
    try:
        bundle = stamp.bundle(record, language)
    except (AttributeError, TypeError, ValueError, KeyError):
        return {"text/plain": "[AI]"}
    return {k: str(v) for k, v in bundle.items() if k != semconv.MIME}


def _disclosure(nb: NotebookNode) -> dict[str, Any]:
    """What the notebook says of its own section: language, policy, answers; only texts are taken."""
    log = metadata_of(nb).get(semconv.KEY)
    found = log.get("disclosure") if isinstance(log, Mapping) else None
    if not isinstance(found, Mapping):
        return {"slots": {}}
    slots = found.get("slots")
    answers = {str(k): v for k, v in slots.items() if isinstance(v, str)} if isinstance(slots, Mapping) else {}
    return {**{k: found[k] for k in ("language", "policy") if isinstance(found.get(k), str)}, "slots": answers}


# ── exporters ────────────────────────────────────────────────────────────────────────


class _Marked(HasTraits):
    """What our exporters share: options, templates inside the package, and the words on the copy."""

    language = CaselessStrEnum(
        ["", "en", "fr"], default_value="", help="Language of what we add; empty: the notebook's choice."
    ).tag(config=True)
    policy = Unicode("", help="Policy of the section; empty: the notebook's choice, else generic.").tag(config=True)
    slots: Any = Dict(help="Answers to open slots of the section, by slot.").tag(config=True)
    target: Target = "md"

    @default("extra_template_basedirs")
    def _our_templates(self) -> list[str]:
        return [str(PAGES), str(Path.cwd())]

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        """Convert a marked copy; the notebook itself is left as it is."""
        nb, resources = copy.deepcopy(nb), resources if resources is not None else {}
        page = Page(nb, resources, target=self.target, language=self.language, policy=self.policy, slots=self.slots)
        page.mark()
        resources["aiprov"] = {"summary": page.summary, "section": page.section, **self._switches()}
        output, resources = super().from_notebook_node(nb, resources, **kw)
        return output, resources

    def _switches(self) -> dict[str, bool]:
        return {}


class AIProvHTMLExporter(_Marked, HTMLExporter):
    """HTML with stamps, summary and section; loads nothing from elsewhere unless asked to."""

    export_from_notebook = "HTML with AI provenance"
    target: Target = "html"
    safe = Bool(False, help="Sanitise the outputs and texts of others and forbid all scripts.").tag(config=True)
    math = Bool(False, help="Load MathJax from its URL; off leaves formulas as source.").tag(config=True)
    scripts = Bool(False, help="Load require.js, Mermaid and the widget manager from their URLs.").tag(config=True)

    @default("template_name")
    def _our_template(self) -> str:
        return "aiprov-html"

    def _switches(self) -> dict[str, bool]:
        safe = self.safe or self.sanitize_html
        return {"math": self.math and not safe, "scripts": self.scripts and not safe, "csp": safe}

    def _init_resources(self, resources: Any) -> Any:
        resources = super()._init_resources(resources)
        if self.safe:
            resources["should_sanitize_html"] = True
        return resources

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        """Convert; with `safe`, active outputs of others are taken out first."""
        if self.safe or self.sanitize_html:
            nb = _passive(nb)
        output, resources = super().from_notebook_node(nb, resources, **kw)
        return output, resources


_ACTIVE: Final = ("application/javascript", "application/vnd.jupyter.widget-view+json", "text/vnd.mermaid")


def _passive(nb: NotebookNode) -> NotebookNode:
    """A copy without scripts, widgets and raw HTML; another form of the same output stays."""
    nb = copy.deepcopy(nb)
    metadata_of(nb).pop("widgets", None)
    for cell in nb.cells:
        if cell.cell_type == "raw":
            metadata_of(cell).pop("raw_mimetype", None)
            metadata_of(cell)["raw_mimetype"] = "text/plain"
        for output in cell.get("outputs") or ():
            for kind in _ACTIVE:
                if isinstance(output.get("data"), dict):
                    output["data"].pop(kind, None)
    return nb


class AIProvLatexExporter(_Marked, LatexExporter):
    """LaTeX with stamps, summary and section."""

    export_from_notebook = "LaTeX with AI provenance"
    target: Target = "tex"

    @default("template_name")
    def _our_template(self) -> str:
        return "aiprov-latex"


class AIProvMarkdownExporter(_Marked, MarkdownExporter):
    """Markdown with stamps, summary and section."""

    export_from_notebook = "Markdown with AI provenance"

    @default("template_name")
    def _our_template(self) -> str:
        return "aiprov-markdown"


class AIProvPDFExporter(_Marked, PDFExporter):
    """PDF through XeLaTeX where it is installed, else through the browser at hand."""

    export_from_notebook = "PDF with AI provenance"
    target: Target = "tex"
    route = CaselessStrEnum(
        ["auto", "latex", "web"],
        default_value="auto",
        help="Way to the PDF: latex, web (a browser), or what is at hand.",
    ).tag(config=True)
    safe = Bool(False, help="On the web route: sanitise the outputs of others and forbid all scripts.").tag(config=True)
    latex_command = Listed(["xelatex", "-no-shell-escape", "{filename}", "-quiet"]).tag(config=True)

    @default("template_name")
    def _our_template(self) -> str:
        return "aiprov-latex"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        """Convert by the first way that works; `auto` falls back to the browser."""
        has_latex = all(shutil.which(program) for program in (self.latex_command[0], "pandoc"))
        if self.route == "latex" or (self.route == "auto" and has_latex):
            given = copy.deepcopy(resources) if resources is not None else None
            try:
                return super().from_notebook_node(nb, given, **kw)
            except (LatexFailed, OSError) as error:
                if self.route == "latex":
                    raise
                self.log.warning(
                    "XeLaTeX did not make the PDF (%s); the browser does", str(error).strip().splitlines()[-1:]
                )
        return self._printed(nb, resources, **kw)

    def _printed(self, nb: NotebookNode, resources: Any, **kw: Any) -> tuple[bytes, Any]:
        config = Config(copy.deepcopy(self.config))
        for name in self.default_config:
            config.pop(name, None)  # what LaTeX wants of outputs and images is not what a page wants
        exporter = AIProvHTMLExporter(
            config=config, language=self.language, policy=self.policy, slots=dict(self.slots), safe=self.safe
        )
        page, resources = exporter.from_notebook_node(nb, resources, **kw)
        resources["output_extension"] = ".pdf"
        return print_page(page), resources


_BROWSERS: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)


def browser() -> str | None:
    """A browser of the Chromium family: the one that `AIPROV_BROWSER` names, else one on the PATH."""
    named = os.environ.get("AIPROV_BROWSER")
    return shutil.which(named) if named else next((found for b in _BROWSERS if (found := shutil.which(b))), None)


def print_page(page: str, *, timeout: float = 120) -> bytes:
    """The page as PDF, printed by a headless browser that reaches no network."""
    program = browser()
    if program is None:
        raise UsageError(
            "no way to make a PDF here: neither XeLaTeX with pandoc nor a browser was found",
            hint="install Chromium, or XeLaTeX and pandoc; name a browser in AIPROV_BROWSER; or print aiprov-html",
        )
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, encoding="utf-8", errors="replace")
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-extensions",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--proxy-server=http://127.0.0.1:9",  # the discard port: addresses need no resolver
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            f"--print-to-pdf={made}",
            source.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses to start as root otherwise
        try:
            done = subprocess.run(command, capture_output=True, timeout=timeout, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise UsageError(f"the browser did not finish the PDF in {timeout:.0f} s") from None
        if not made.is_file():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise UsageError(f"the browser made no PDF: {said[-1] if said else 'no reason given'}")
        return made.read_bytes()
