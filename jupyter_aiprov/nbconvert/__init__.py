"""nbconvert exporters `aiprov-html`, `-latex`, `-pdf`, `-markdown`, and a preprocessor for any other.

They put a summary on top, a word at every AI cell and output, and the section "Use of AI systems"
at the end or where a marker cell stands. What is ours is escaped, inert and local; outputs of others
stay as in the stock exporters, except that no page loads a remote script by itself.
"""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from nbconvert.exporters import HTMLExporter, LatexExporter, MarkdownExporter, PDFExporter
from nbconvert.exporters.pdf import LatexFailed
from nbconvert.filters import clean_html
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Bool, CaselessStrEnum, Dict, HasTraits, Unicode, default
from traitlets import List as Listed
from traitlets.config import Config

from jupyter_aiprov.document import metadata as metadata_of
from jupyter_aiprov.errors import JournalError
from jupyter_aiprov.exporters._document import Target
from jupyter_aiprov.exporters._words import day
from jupyter_aiprov.journals import events_beside
from jupyter_aiprov.nbconvert.page import Page
from jupyter_aiprov.nbconvert.printing import browser, print_page
from jupyter_aiprov.nbconvert.reading import notebook_from
from jupyter_aiprov.provenance import Event

__all__ = [
    "AIProvHTMLExporter",
    "AIProvLatexExporter",
    "AIProvMarkdownExporter",
    "AIProvPDFExporter",
    "AIProvPreprocessor",
    "browser",
    "cleaned",
    "print_page",
]

PAGES: Final = Path(__file__).parents[1] / "exporters" / "pages"


def recorded(nb: NotebookNode, resources: Mapping[str, Any], given: str, log: Any) -> list[Event]:
    """What the journals beside the notebook say; nothing where no file's place is known or none can be read."""
    about = resources.get("metadata") or {}
    if not given and "path" not in about:
        return []
    name = Path(str(about.get("path") or ""), f"{about.get('name') or 'notebook'}.ipynb")
    try:
        return events_beside(nb, str(name), given)
    except (JournalError, OSError) as error:
        if given:
            raise
        log.warning("The journal beside the notebook was left out: %s", error)
        return []


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
    journal = Unicode("", help="Journal folder or file; else it is looked for beside the notebook.").tag(config=True)
    alone = Bool(False, help="Read the notebook file alone, whatever journal lies beside it.").tag(config=True)
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
            events=[] if self.alone else recorded(nb, resources, self.journal, self.log),
        )
        page.mark()
        if self.insert:
            page.insert()
        resources["aiprov"] = {"summary": page.summary, "section": page.section, "provenance": page.provenance}
        return nb, resources


# ── exporters ────────────────────────────────────────────────────────────────────────


class _Marked(HasTraits):
    """What our exporters share: options, templates inside the package, and the words on the copy."""

    language = CaselessStrEnum(
        ["", "en", "fr"], default_value="", help="Language of what we add; empty: the notebook's choice."
    ).tag(config=True)
    policy = Unicode("", help="Policy of the section; empty: the notebook's choice, else generic.").tag(config=True)
    slots: Any = Dict(help="Answers to open slots of the section, by slot.").tag(config=True)
    journal = Unicode("", help="Journal folder or file; else it is looked for beside the notebook.").tag(config=True)
    alone = Bool(False, help="Read the notebook file alone, whatever journal lies beside it.").tag(config=True)
    target: Target = "md"
    log: Any

    @default("extra_template_basedirs")
    def _our_templates(self) -> list[str]:
        return [str(PAGES), str(Path.cwd())]

    def from_file(self, file_stream: Any, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        """Convert what a file holds, of any nbformat from 2 on; broken parts are mended or left out."""
        about = (resources or {}).get("metadata") or {}
        nb = notebook_from(file_stream, f"{about.get('name') or 'notebook'}.ipynb", self.log)
        return self.from_notebook_node(nb, resources=resources, **kw)

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[Any, Any]:
        """Convert a marked copy; the notebook itself is left as it is."""
        nb, resources = _markable(nb), resources if resources is not None else {}
        page = Page(
            nb,
            resources,
            target=self.target,
            language=self.language,
            policy=self.policy,
            slots=self.slots,
            events=[] if self.alone else recorded(nb, resources, self.journal, self.log),
        )
        page.mark()
        if page.language == "fr" and self.target == "tex":
            nb.metadata.setdefault("date", day(date.today().isoformat(), "fr"))  # LaTeX's own is English
        resources["aiprov"] = {"summary": page.summary, "section": page.section, **self._switches()}
        output, resources = super().from_notebook_node(nb, resources, **kw)
        return output, resources

    def _switches(self) -> dict[str, bool]:
        return {}


_node: Any = NotebookNode


def _markable(nb: NotebookNode) -> NotebookNode:
    """A copy of which what `Page` marks is its own; nbconvert copies the rest before anybody changes it."""
    out = _node(nb)
    out.metadata = _own(nb.get("metadata"))
    out.cells = [_own(cell) for cell in nb.cells]
    for cell in out.cells:
        cell.metadata = _own(cell.get("metadata"))
        if "outputs" in cell:
            cell.outputs = [_own(output) for output in cell.outputs]
        for output in cell.get("outputs") or ():
            for part in ("metadata", "data"):
                if isinstance(output.get(part), dict):
                    output[part] = _own(output[part])
    marked: NotebookNode = out
    return marked


def _own(node: Any) -> Any:
    return _node(node) if isinstance(node, dict) else _node()


# Highlighted code as Pygments writes it: spans that hold text, text, and nothing else.
_TEXT: Final = r"(?:[^<>&\x00-\x08\x0b-\x1f\x7f-\x9f]++|&(?:amp|lt|gt);)*+"
_HIGHLIGHTED: Final = re.compile(
    rf"<div class=\" highlight hl-[\w-]+\"><pre>{_TEXT}"
    rf"(?:<span(?: class=\"[\w ]+\")?>{_TEXT}</span>{_TEXT})*+</pre></div>\n?"
)


def cleaned(element: Any) -> str:
    """`clean_html` of nbconvert; highlighted code, which it leaves as it is, is not parsed to find that out."""
    text = str(element)
    return text if _HIGHLIGHTED.fullmatch(text) and not isinstance(element, bytes) else clean_html(element)


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

    def default_filters(self) -> Iterable[tuple[str, Any]]:
        """The stock filters, with the one that costs a sixth of a page done once where it changes nothing."""
        yield from super().default_filters()
        yield "clean_html", cleaned

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
            config=config,
            language=self.language,
            policy=self.policy,
            slots=dict(self.slots),
            journal=self.journal,
            alone=self.alone,
            safe=self.safe,
        )
        page, resources = exporter.from_notebook_node(nb, resources, **kw)
        resources["output_extension"] = ".pdf"
        return print_page(page), resources
