"""One real notebook, run against the embedded model, in every format and both languages, opened as readers would.

The demo makes it; `AIPROV_DEMO` names a folder where it was made already (the environments that hold only a
validator have no model).
"""

from __future__ import annotations

import html.parser
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_aiprov.commands.export import formats

pytestmark = pytest.mark.full

MODEL = "SmolLM2-135M-Instruct.Q4_1"
# Words of ours that a French page must not hold, outside what the notebook's own author wrote.
ENGLISH = (
    r"AI-generated|AI-assisted|derived from AI|to review|AI uses|Depends on AI|Human checks|Where data went"
    r"|Not captured|self-reported|Written by|TO COMPLETE|\d answers?\b|further request"
    r"|as reported by|\[AI\]|\bAI:|\(AI\??\)"
    r"|Origin of columns|\bmade (?:notes|figure|summary)|Log:|\blines\b|Where it ran|server on this machine"
)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo, with its notebook and journal."""
    if made := os.environ.get("AIPROV_DEMO"):
        return Path(made)
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("the embedded model is not installed (extra demo)")
    folder = tmp_path_factory.mktemp("demo")
    _aiprov("demo", "--output", str(folder))
    return folder


def _aiprov(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "jupyter_aiprov", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_format_is_written_in_both_languages(demo: Path, language: str, tmp_path: Path) -> None:
    for name in formats():
        target = tmp_path / name
        _aiprov(
            "export", "--format", name, "--lang", language, f"--output={target}", str(demo / "classify-notes.ipynb")
        )
        made = target.read_bytes()
        assert b"SmolLM2-135M" in made or name == "ro-crate", name


@pytest.mark.parametrize("form", ["md", "html", "json", "tex", "txt"])
def test_the_section_names_the_model_its_calls_and_what_stays_open(demo: Path, form: str) -> None:
    notebook = str(demo / "classify-notes.ipynb")
    english, french = (_aiprov("disclose", "--format", form, "--lang", x, notebook) for x in ("en", "fr"))
    assert "13 answers stand behind the results shown" in english
    assert "13 réponses fondent les résultats présentés" in french
    assert "sort twelve made-up feedback notes" in english
    assert "classer douze avis inventés" in french
    if form != "json":  # the facts of the JSON form are keys and values, not words
        assert not re.search(ENGLISH, french)


class _Text(html.parser.HTMLParser):
    """What a reader sees of a page: texts outside code, style and head."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in ("style", "script", "head", "pre")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "script", "head", "pre")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.seen.append(data)


def test_a_french_page_says_all_of_ours_in_french(demo: Path, tmp_path: Path) -> None:
    page = _page(demo, tmp_path, "html", "fr").read_text(encoding="utf-8")
    reader = _Text()
    reader.feed(page)
    text = "\n".join(reader.seen)
    assert "label (IA)" in text
    assert "Origine des colonnes" in text
    assert f"IA\u00a0: {MODEL}, 12 appels" in text
    assert not re.search(ENGLISH, text), re.findall(rf".*(?:{ENGLISH}).*", text)


def _page(demo: Path, folder: Path, kind: str, language: str, *options: str) -> Path:
    name = {"html": "HTML", "latex": "Latex", "markdown": "Markdown", "pdf": "PDF"}[kind]
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--to",
        f"aiprov-{kind}",
        f"--AIProv{name}Exporter.language={language}",
    ]
    command += [*options, f"--output-dir={folder}", "--output=page", str(demo / "classify-notes.ipynb")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / f"page.{ {'html': 'html', 'latex': 'tex', 'markdown': 'md', 'pdf': 'pdf'}[kind] }"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", ["html", "latex", "markdown"])
def test_pages_of_the_demo_mark_each_ai_cell_and_no_other(demo: Path, kind: str, language: str, tmp_path: Path) -> None:
    if kind == "latex" and shutil.which("pandoc") is None:
        pytest.skip("pandoc is not installed")
    page = _page(demo, tmp_path, kind, language).read_text(encoding="utf-8")
    sign, cell = ("AI", "cell") if language == "en" else ("IA", "cellule")
    plain = page.replace("\\", "").replace("{[}", "[").replace("{]}", "]")
    assert sorted(map(int, re.findall(rf"\[{sign}\] {cell} (\d+)", plain))) == [7, 9, 10, 11, 13]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("route", ["latex", "web"])
def test_the_pdf_of_the_demo_holds_the_words_as_text(demo: Path, route: str, language: str, tmp_path: Path) -> None:
    from jupyter_aiprov.nbconvert import browser

    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    if route == "latex" and not (shutil.which("xelatex") and shutil.which("pandoc")):
        pytest.skip("XeLaTeX or pandoc is not installed")
    if route == "web" and browser() is None:
        pytest.skip("no browser of the Chromium family is installed")
    made = _page(demo, tmp_path, "pdf", language, f"--AIProvPDFExporter.route={route}")
    text = subprocess.run(["pdftotext", "-layout", str(made), "-"], capture_output=True, check=True).stdout.decode()
    text = re.sub(r"[\s\u00a0]+", " ", text).replace("’", "'")
    words = {
        "en": ["AI in this notebook", "[AI] cell 7", "[AI] cell 13", "derived from AI output", "Use of AI systems"],
        "fr": ["L'IA dans ce carnet", "[IA] cellule 7", "[IA] cellule 13", "issu d'un résultat d'IA", "Utilisation de"],
    }
    for word in [*words[language], MODEL]:
        assert word in text, f"{word!r} in {text}"


def test_a_page_in_black_and_white_still_tells_ai_from_not_ai(demo: Path, tmp_path: Path) -> None:
    """Words and a line beside each AI cell, in colours that print: no mark of ours is a colour alone."""
    page = _page(demo, tmp_path, "html", "en").read_text(encoding="utf-8")
    ours = page[page.index(".aiprov-summary") : page.index("</style>", page.index(".aiprov-summary"))]
    colours = {c.lower() for c in re.findall(r"#[0-9a-fA-F]{3,6}\b", ours)}
    assert all(len({*(c[1:] if len(c) == 4 else (c[1:3], c[3:5], c[5:7]))}) == 1 for c in colours), colours
    assert page.count('class="aiprov-cell"') == len(re.findall(r"\[AI\] cell \d+", page)) == 5


@pytest.mark.filterwarnings("ignore:Accessing jsonschema.__version__:DeprecationWarning")
def test_the_json_of_the_demo_is_valid_by_our_schema(demo: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", minversion="4.18", reason="no jsonschema with Draft 2020-12")
    schema = json.loads((Path(__file__).parents[2] / "jupyter_aiprov/schema/aiprov.schema.json").read_text())
    checker = jsonschema.Draft202012Validator({**schema, "anyOf": [{"$ref": "#/$defs/event"}]})
    made = json.loads(_aiprov("export", "--output=-", str(demo / "classify-notes.ipynb")))
    assert len(made["events"]) > 20
    for event in made["events"]:
        assert not list(checker.iter_errors(event)), event
