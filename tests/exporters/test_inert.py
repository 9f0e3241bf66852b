"""Hostile strings in every field of a record come out as text: they run nothing, load nothing, add nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from jupyter_aiprov.exporters import available, passport, statement, summary
from jupyter_aiprov.exporters._document import md_text, tex_text, write
from jupyter_aiprov.provenance import Provenance
from tests.exporters import records

HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)>",
    "tex": r"\input{/etc/passwd}\write18{rm -rf /}$x$ %}{ \end{document} ^^5cinput{y}",
    "md": "](http://evil.example) ![x](http://evil.example/x.png) <b>b</b> `code` **bold** | cell | "
    "https://evil.example www.evil.example\n# head\n\n- item",
    "csv": "=cmd|' /C calc'!A0",
    "jsonld": '{"@context": "http://evil.example/context", "@id": "http://evil.example"}',
    "bib": 'x}, author={{Evil}}, @comment{ "',
    "yaml": "x: y\n- z\n  key: value # comment",
    "provn": "x\", prov:type='evil']) endDocument entity(evil) \\",
    "bidi": "safe\u202egnp.exe\u2066\u200b\U000e0041",
    "slots": "\ue000[TO COMPLETE: nothing]\ue001{{ 7*7 }}{% raw %}",
    "control": "a\x00b\x1b[31mred\r\n",
    "terminal": "\x9b2J\x1b]8;;http://evil.example\x07click\x1b]8;;\x07\x7f\x08\u2028x\u2029",
    "url": "javascript:alert(1) [x](javascript:alert(2)) <a href='javascript:alert(3)'>y</a> "
    "data:text/html,<script>1</script> <javascript:alert(4)>",
    "long": "x" * 100_000,
}


def poisoned(value: Any, poison: str) -> Any:
    """The value with the poison behind every text that does not drive the fold."""
    if isinstance(value, dict):
        return {k: v if k in KEPT else poisoned(v, poison) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(v, poison) for v in value]
    return value + poison if isinstance(value, str) else value


KEPT = {
    "type",
    "id",
    "session",
    "execution",
    "cell_id",
    "status",
    "kind",
    "origin",
    "time",
    "start_time",
    "end_time",
    "source_sha256",
    "sha256",
    "sentence",
}


def hostile(name: str) -> Provenance:
    """The full record with one poison in every field."""
    events = [*records.uses(), *records.answers(), records.SCREENED]
    strange = {
        "type": "declaration",
        "id": "odd",
        "kind": "ai-tool",
        "value": {"tool": HOSTILE[name], "@context": HOSTILE[name]},
    }
    given = poisoned(events, HOSTILE[name])
    for event in given:
        if event.get("value") is not None:
            event["value"] = event["value"]
    return Provenance.of([*given, strange], cells=records.CELLS, notebook="study" + HOSTILE[name] + ".ipynb")


class Seen(HTMLParser):
    """Tags and attributes that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.attributes.update(k for k, _ in attrs)


def rendered(name: str, target: Any) -> Iterator[str]:
    provenance = hostile(name)
    for policy in ("inserm", "gamer", "icmje"):
        for language in ("en", "fr"):
            yield statement.render([provenance], policy=policy, language=language, format=target).text
    yield summary.render([provenance], format=target)
    for language in ("en", "fr"):
        yield write(passport.blocks(provenance, language), target)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_html_has_our_own_tags_and_no_others(name: str) -> None:
    for text in rendered(name, "html"):
        seen = Seen()
        seen.feed(text)
        assert seen.tags <= {
            "h2",
            "h3",
            "p",
            "ul",
            "li",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "strong",
            "mark",
        }
        assert seen.attributes <= {"class", "scope"}
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ue000-\uf8ff\x00-\x08\x0b-\x1f\x7f-\x9f]", text)


COMMANDS = {
    "section",
    "subsection",
    "textbf",
    "begin",
    "end",
    "item",
    "tabularnewline",
    "toprule",
    "midrule",
    "bottomrule",
    "endhead",
    "multicolumn",
    "scriptsize",
    "setlength",
    "tabcolsep",
    "raggedright",
    "linewidth",
    "usepackage",
    "ldots",
    "cdot",
    "times",
    "rightarrow",
    "guillemotleft",
    "guillemotright",
    "textbackslash",
    "textasciicircum",
    "textasciitilde",
    "textless",
    "textgreater",
    "textbar",
    "textasciigrave",
    "leq",
    "geq",
    "par",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_latex_has_our_own_commands_and_no_others(name: str) -> None:
    for text in rendered(name, "tex"):
        assert set(re.findall(r"\\([A-Za-z]+)", text)) <= COMMANDS
        assert "^^" not in text
        assert set(re.findall(r"\\(?:begin|end)\{(\w+)\}", text)) <= {"itemize", "longtable"}
        bare = re.sub(r"\\[{}\\]", "", text)
        assert bare.count("{") == bare.count("}")


def test_latex_escapes_every_special_character() -> None:
    assert tex_text(r"\write18{x}") == r"\textbackslash{}write18\{x\}"
    assert tex_text("50% & $5 #1 a_b ~ ^") == r"50\% \& \$5 \#1 a\_b \textasciitilde{} \textasciicircum{}"


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_markdown_renders_to_text_without_links_images_or_html(name: str) -> None:
    mistune = pytest.importorskip("mistune")
    convert = mistune.create_markdown(escape=False, plugins=["table", "url", "strikethrough"])
    for text in rendered(name, "md"):
        seen = Seen()
        seen.feed(convert(text))
        assert not seen.tags & {"a", "img", "script", "svg", "b", "iframe", "code", "pre", "h1"}, text


def test_markdown_keeps_ordinary_names_readable() -> None:
    assert md_text("gpt-4o-mini_2024 made df.label (AI)") == "gpt-4o-mini_2024 made df.label (AI)"


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_no_csv_cell_starts_a_formula(name: str) -> None:
    for prefix in ("", " ", "\t"):
        model = prefix + HOSTILE[name]
        provenance = Provenance.of(
            [records.call("1", "x2", **{"gen_ai.response.model": model, "gen_ai.provider.name": "@SUM(1)"})]
        )
        rows = list(csv.reader(io.StringIO(available()["csv"].export(provenance))))
        assert all(len(r) == len(rows[0]) for r in rows)
        assert len(rows) == 2
        assert not any(c.lstrip().startswith(tuple("=+-@")) for r in rows for c in r)


@pytest.mark.parametrize("name", sorted(HOSTILE))
@pytest.mark.parametrize("format_", ["ro-crate", "croissant"])
def test_json_ld_takes_no_context_and_no_identifier_from_a_record(name: str, format_: str) -> None:
    made = available()[format_].export(hostile(name))
    text = (
        zipfile.ZipFile(io.BytesIO(made)).read("ro-crate-metadata.json").decode() if isinstance(made, bytes) else made
    )
    document = json.loads(text)
    assert "evil" not in json.dumps(document["@context"])
    for node in nodes(document.get("@graph", document)):
        assert set(node) - {"@id", "@type", "@context", "@language", "@vocab"} == {
            k for k in node if not k.startswith("@")
        }
        assert not re.search(r"://[^/]*evil", str(node.get("@id", "")))
        assert not re.search(r"[\s<>\"{}]", str(node.get("@id", "")))
        assert not isinstance(node.get("@type"), dict)


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for key, one in value.items():
            if key != "@context":
                yield from nodes(one)
    elif isinstance(value, list):
        for one in value:
            yield from nodes(one)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_the_crate_holds_plain_file_names_only(name: str) -> None:
    archive = zipfile.ZipFile(
        io.BytesIO(available()["ro-crate"].export(hostile(name), notebook=dict(records.document())))
    )
    for entry in archive.namelist():
        assert re.fullmatch(r"(data/)?[\w.-]+", entry)
        assert ".." not in entry.split("/")


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_bibtex_entries_stay_closed(name: str) -> None:
    text = available()["bibtex"].export(hostile(name))
    assert len(re.findall(r"^@", text, re.MULTILINE)) == text.count("\n}\n")
    bare = text.replace("{@}", "")
    assert bare.count("{") == bare.count("}")
    assert len(re.findall(r"^  (\w+) = ", text, re.MULTILINE)) <= 6 * text.count("\n}\n")


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_cff_and_prov_keep_their_shape(name: str) -> None:
    yaml = pytest.importorskip("yaml")
    made = yaml.safe_load(available()["cff"].export(hostile(name)))
    assert set(made) <= {"cff-version", "message", "title", "authors", "references"}
    assert all(
        set(r) <= {"type", "title", "version", "authors", "url", "date-accessed", "notes"} for r in made["references"]
    )
    prov = json.loads(available()["prov"].export(hostile(name)))
    assert set(prov["prefix"]) == {"aiprov", "gen_ai"}
    for kind in ("agent", "entity", "activity"):
        assert all(re.fullmatch(r"aiprov:[a-z]+-[0-9a-f]{20}", i) for i in prov[kind])
    text = available()["prov-n"].export(hostile(name))
    assert text.count("\nendDocument") == 1
    assert all(
        re.match(r"  (agent|activity|entity|prefix|was|used|actedOn)|document|endDocument|$", line)
        for line in text.splitlines()
    )


@pytest.mark.parametrize("format_", sorted(set(available()) - {"audit-log"}))
def test_the_same_record_gives_the_same_bytes(format_: str) -> None:
    provenance = records.study(*records.answers())
    assert available()[format_].export(provenance) == available()[format_].export(provenance)
