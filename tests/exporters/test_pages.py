"""Pages: what is ours stands where it should, is escaped, inert and local, and says no verdict on itself."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import ExporterNameError, SlidesExporter, get_exporter
from nbconvert.filters import Highlight2HTML, clean_html

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters import _facts, summary
from jupyter_aiprov.nbconvert import (
    AIProvHTMLExporter,
    AIProvLatexExporter,
    AIProvMarkdownExporter,
    AIProvPDFExporter,
    AIProvPreprocessor,
    browser,
    cleaned,
)
from jupyter_aiprov.nbconvert.heads import said_in
from jupyter_aiprov.provenance import Provenance
from tests.exporters import records
from tests.exporters.test_inert import HOSTILE

RESOURCES = {"metadata": {"name": "study", "path": ""}}
needs_pandoc = pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc is not installed")
needs_pdftotext = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")


def converted(exporter: Any, nb: Any = None) -> Any:
    """The page of the study, or of another notebook."""
    return exporter.from_notebook_node(nb if nb is not None else records.document(), copy.deepcopy(RESOURCES))[0]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("events", [[], [records.session()], [*records.uses(), *records.answers()]])
def test_the_summary_has_at_most_eight_lines(language: Any, events: list[Any]) -> None:
    provenance = Provenance.of(events, cells=records.CELLS, notebook="study.ipynb")
    assert 2 <= len(summary.lines(_facts.facts([provenance], impact=False), language, section="x")) <= 8


@pytest.mark.parametrize(
    ("read", "corrected", "said"),
    [(6, 1, "6 lignes sur 12 contrôlées, 1 corrigée;"), (1, 2, "1 ligne sur 12 contrôlée, 2 corrigées;")],
)
def test_french_counts_of_checks_agree_in_number(read: int, corrected: int, said: str) -> None:
    units = {"unit": "rows", "total": 12, "read": read, "corrected": corrected}
    text = summary.render([records.study(records.review(units=units))], language="fr", format="txt")
    assert said in text.replace("\u00a0", " ").replace(" ;", ";")


def test_html_has_summary_words_legends_and_section_in_place() -> None:
    page = converted(AIProvHTMLExporter())
    order = [
        "AI in this notebook",
        "A study of notes",
        "[AI] cell 3",
        "label (AI)",
        "[AI] df.label: AI-generated",
        "<details>",
        "[AI] cell 5",
        "Use of AI systems</h2>",
        "Table of AI uses",
    ]
    positions = [page.index(w) for w in order]
    assert positions == sorted(positions)
    assert "self-reported at export" in page
    assert "jupyter aiprov verify study.ipynb" in page
    assert not re.search(r"\b(intact|authentic|verified)\b", page.lower().split("<body")[1])
    assert '<a href="#aiprov-section">section “Use of AI systems”</a>' in page.split("</aside>")[0]
    assert page.count('id="aiprov-section"') == 1


SOURCES = [
    "x = 1\nprint('a < b & \"c\"', x)  # é → 漢\n%matplotlib inline\n",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a &amp; b &nbsp; &lt;script&gt; &#60;",
    "@deco\ndef f(x: int) -> str:\n\treturn f'{x!r:>10}'\r\n",
    "\x00\x0b\x1b[31m\x7f\x85\u2028\u202e",
    "</span></pre></div><script>1</script>",
    "",
]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("lexer", ["ipython3", "r", "julia", "html", "text"])
def test_highlighted_code_is_cleaned_as_in_the_stock_page(source: str, lexer: str) -> None:
    shown = Highlight2HTML(pygments_lexer=lexer)(source)
    for one in (shown, source, f'<div class=" highlight hl-x"><pre>{source}</pre></div>', shown + shown):
        assert cleaned(one) == clean_html(one)


def test_html_loads_nothing_from_elsewhere() -> None:
    page = converted(AIProvHTMLExporter())
    assert not re.search(r"<(script|link|iframe|img)\b[^>]*(src|href)=[\"']?(https?:)?//", page)
    assert "<script" not in page
    assert "cdnjs" in converted(AIProvHTMLExporter(math=True))


def test_the_notebook_itself_is_left_as_it_is() -> None:
    nb = records.document()
    before = json.dumps(nb)
    for exporter in (AIProvHTMLExporter(), AIProvMarkdownExporter()):
        converted(exporter, nb)
    assert json.dumps(nb) == before


def test_a_notebook_without_a_record_says_that_nothing_can_be_told() -> None:
    page = converted(AIProvHTMLExporter(), nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1+1")]))
    assert "whether AI was used cannot be told" in page


def test_the_section_stands_where_a_marker_cell_is() -> None:
    nb = records.document()
    nb.cells.insert(1, nbformat.v4.new_markdown_cell("<!-- aiprov:section -->"))
    nb.cells[1]["id"] = "marker"
    page = converted(AIProvHTMLExporter(), nb)
    assert page.count("Use of AI systems</h2>") == 1
    assert page.index("Use of AI systems</h2>") < page.index("The end.")


def test_language_policy_and_answers_of_the_notebook_are_taken() -> None:
    nb = records.document()
    nb.metadata[semconv.KEY]["disclosure"] = {"language": "fr", "policy": "jama", "slots": {"prompts": "annexe 2"}}
    page = converted(AIProvHTMLExporter(), nb)
    assert "L'IA dans ce carnet" in page
    assert "annexe 2" in page
    assert "Utilisation de l'IA</h2>" in page
    assert "Use of AI systems</h2>" in converted(AIProvHTMLExporter(language="en", policy="generic"), nb)


TABLE = (
    "<table><thead><tr><th>own (AI)</th><th>a&amp;b (AI)</th><th>c (AI?)</th></tr></thead></table>"
    "<p><small>Origin of columns – a&amp;b: AI-generated; c: perhaps derived from AI output</small></p>"
)


def test_column_words_of_saved_tables_are_said_in_the_pages_language_and_back() -> None:
    french = said_in(TABLE, "fr")
    assert "<th>a&amp;b (IA)</th><th>c (IA?)</th>" in french
    assert "<th>own (AI)</th>" in french  # a column that its author called so
    assert "Origine des colonnes – a&amp;b: contenu généré par IA; c: peut-être issu d&#x27;un" in french
    assert said_in(french, "en").replace("&#x27;", "'") == TABLE
    assert said_in(TABLE, "en") == TABLE


@pytest.mark.parametrize("poison", ["<script>x</script>", "x: unknown words", "", "AI-generated"])
def test_a_legend_that_is_not_understood_is_left_as_it_is(poison: str) -> None:
    table = f"<table><th>a (AI)</th></table><p><small>Origin of columns – {poison}</small></p>"
    assert said_in(table, "fr") == table


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_metadata_adds_no_markup_to_a_page(name: str) -> None:
    clean, poisoned = (converted(AIProvHTMLExporter(), _hostile(p)) for p in ("", HOSTILE[name]))
    for tag in ("script", "img", "svg", "a", "iframe", "form", "style", "b"):
        assert len(re.findall(rf"<{tag}\b", poisoned)) == len(re.findall(rf"<{tag}\b", clean)), tag
    assert "49" not in poisoned.replace(HOSTILE["slots"], "").split("Use of AI systems</h2>")[1] or "49" in clean


def _hostile(poison: str) -> Any:
    nb = records.document(poison)
    nb.cells[2].outputs[0]["data"]["text/html"] = "<p>pain</p>"
    for cell in nb.cells:  # what a forged file could bring along as if it were our own page part
        if poison:
            cell.metadata["aiprov_page"] = {"word": poison, "replace": poison}
    nb.cells[2].outputs[1]["data"]["text/html"] = poison  # beside the stamp's record
    record = nb.cells[2].outputs[1]["data"][semconv.MIME]
    record["groups"][0][semconv.RESPONSE_MODEL] = records.MODEL + poison
    record["derivations"][0]["subject"] = "df.label" + poison
    return nb


def test_safe_takes_scripts_out_of_the_outputs_of_others() -> None:
    nb = records.document()
    nb.cells[3].outputs = [
        nbformat.v4.new_output("display_data", {"text/html": "<script>alert(1)</script><img src=x onerror=alert(1)>"}),
        nbformat.v4.new_output("display_data", {"application/javascript": "alert(1)", "text/plain": "js"}),
    ]
    nb.cells[5].source = "<script>alert(2)</script> [x](javascript:alert(3))"
    nb.metadata["widgets"] = {
        "application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2, "version_minor": 0}
    }
    assert "<script>alert(1)" in converted(AIProvHTMLExporter(), nb)
    page = converted(AIProvHTMLExporter(safe=True), nb)
    assert "<script" not in page
    assert not re.search(r"<img[^>]*onerror", page)
    assert 'href="javascript' not in page
    assert "Content-Security-Policy" in page


def test_markdown_and_any_other_exporter_carry_words_and_section() -> None:
    page = converted(AIProvMarkdownExporter())
    assert page.index("AI in this notebook") < page.index("cell 3") < page.index("## Use of AI systems")
    slides = SlidesExporter()
    slides.register_preprocessor(AIProvPreprocessor(), enabled=True)
    made = converted(slides)
    assert "AI in this notebook" in made
    assert "Use of AI systems" in made


def test_all_four_are_found_by_nbconvert() -> None:
    try:
        found = {n: get_exporter(n) for n in ("aiprov-html", "aiprov-latex", "aiprov-pdf", "aiprov-markdown")}
    except ExporterNameError:
        pytest.skip("the installed package has older entry points: install it again")
    assert found["aiprov-html"] is AIProvHTMLExporter


@needs_pandoc
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_metadata_adds_no_command_to_latex(name: str) -> None:
    clean, poisoned = (converted(AIProvLatexExporter(), _hostile(p)) for p in ("", HOSTILE[name]))
    for command in (r"\\input\b", r"\\write18", r"\\end\{document\}", r"\\immediate"):
        assert len(re.findall(command, poisoned)) == len(re.findall(command, clean))


@needs_pdftotext
@pytest.mark.full
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("route", ["latex", "web"])
def test_the_words_are_found_in_the_text_of_the_pdf(route: str, language: str, tmp_path: Path) -> None:
    if route == "latex" and not (shutil.which("xelatex") and shutil.which("pandoc")):
        pytest.skip("XeLaTeX or pandoc is not installed")
    if route == "web" and browser() is None:
        pytest.skip("no browser of the Chromium family is installed")
    path = tmp_path / "study.pdf"
    path.write_bytes(converted(AIProvPDFExporter(route=route, language=language)))
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True).stdout.decode()
    text = re.sub(r"[\s\u00a0]+", " ", text).replace("’", "'")
    words = {
        "en": [
            "AI in this notebook",
            "[AI] cell 3",
            "AI-generated",
            records.MODEL,
            "Use of AI systems",
            "12 answers stand behind the results",
            "[TO COMPLETE",
            "self-reported at export",
        ],
        "fr": [
            "L'IA dans ce carnet",
            "[IA] cellule 3",
            "contenu généré par IA",
            records.MODEL,
            "Utilisation de systèmes d'IA",
            "12 réponses fondent les résultats",
            "[À COMPLÉTER",
            "déclaratif",
        ],
    }
    for word in words[language]:
        assert word in text, f"{word!r} in {text}"


def test_strange_notebooks_are_converted_without_a_traceback() -> None:
    nb = records.document()
    nb.metadata[semconv.KEY] = ["not", "a", "mapping"]
    nb.cells[2].metadata[semconv.KEY] = 7
    nb.cells[2].outputs[0]["metadata"][semconv.KEY] = "text"
    nb.cells[2].outputs[1]["data"][semconv.MIME] = {"groups": 3, "execution": []}
    nb.metadata["language_info"] = {"name": "R"}
    assert "AI in this notebook" in converted(AIProvHTMLExporter(), nb)
    old = nbformat.v4.upgrade(
        nbformat.reads(
            json.dumps(
                {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [], "metadata": {}}]}
            ),
            as_version=4,
        )
    )
    assert "cannot be told" in converted(AIProvHTMLExporter(), old)
