"""The site for the public says what was stated and recorded in everyday words, and names no row, prompt or person."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov.portal import site
from jupyter_aiprov.provenance import Provenance
from tests.cli.conftest import Done, aiprov, work  # noqa: F401 - fixtures
from tests.exporters import records
from tests.exporters.test_inert import HOSTILE, Seen, hostile
from tests.notebook.made import Made

Run = Callable[..., Done]
FULL = records.study(*records.answers())
QUIET = Provenance.of([records.session()], cells=[], notebook="quiet.ipynb")
OTHER = Provenance.of([], notebook="plain.ipynb")


def text(made: dict[str, bytes], name: str) -> str:
    """A page without its tags."""
    return re.sub(r"<[^>]+>", " ", made[name].decode().split("<body>")[1])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_notebook_has_a_page_and_a_line_in_the_index(language: str) -> None:
    made = site([FULL, QUIET, OTHER, FULL], language)
    assert set(made) == {"index.html", "study.html", "quiet.html", "plain.html", "study-2.html", "portal.jsonld"}
    index = made["index.html"].decode()
    assert re.findall(r'<a href="([^"]+)">', index) == ["study.html", "quiet.html", "plain.html", "study-2.html"]
    assert f'<html lang="{language}">' in index


def test_the_page_says_what_for_which_systems_where_to_who_checked_and_whom_to_ask() -> None:
    page = text(site([FULL]), "study.html")
    for said in (
        "classify clinical notes by theme",
        "gpt-4o-mini-2024-07-18 (OpenAI)",
        "ChatGPT (declared)",
        "through an external service",
        "1 column: AI-generated",
        "6 of 12 rows read, 1 corrected",
        "free text about patients",
        "data@hospital.example",
        "Where the data come from: not stated",
        "no AI use is recorded",
        "recording switched off",
    ):
        assert said in page, said


@pytest.mark.parametrize("secret", ["Ada Martin", "0000-0002", "df.label", "Classify this note", "labels.csv", "1480"])
def test_no_prompt_person_column_or_row_is_in_the_site(secret: str) -> None:
    assert not any(secret in content.decode() for content in site([FULL]).values())


def test_nothing_recorded_is_never_nothing_used() -> None:
    made = site([QUIET, OTHER])
    assert "No AI use is recorded." in text(made, "quiet.html")
    assert "whether AI was used cannot be told" in text(made, "plain.html")
    assert not re.search(r"no AI (was )?used", "".join(c.decode() for c in made.values()))


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_records_add_no_tag_no_name_and_no_context(name: str) -> None:
    made = site([hostile(name)])
    clean = {tag for page in site([FULL]).values() for tag in _tags(page)}
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+\.(html|jsonld)", file) for file in made)
    for file, content in made.items():
        if file.endswith(".html"):
            assert _tags(content) <= clean | {"a"}
            assert "<script" not in content.decode()
    feed = json.loads(made["portal.jsonld"])
    assert feed["@context"] == "https://schema.org/"
    assert all(isinstance(v, str) for d in feed["dataset"] for k, v in d.items() if k != "isBasedOn")


def _tags(content: bytes) -> set[str]:
    seen = Seen()
    seen.feed(content.decode())
    return seen.tags


def test_the_command_writes_the_site_for_many_notebooks(aiprov: Run, work: Made) -> None:  # noqa: F811
    work.save("second.ipynb")
    done = aiprov("portal", "--output", "site", "--lang", "fr", "study.ipynb", "second.ipynb")
    assert done.code == 0, done.err
    assert {p.name for p in Path("site").iterdir()} == {"index.html", "study.html", "second.html", "portal.jsonld"}
    assert "Systèmes d" in Path("site/study.html").read_text(encoding="utf-8")
    Path("file").write_text("x")
    refused = aiprov("portal", "--output", "file", "study.ipynb")
    assert (refused.code, "cannot be written" in refused.err) == (2, True)


def test_the_same_records_make_the_same_site() -> None:
    first: Any = site([FULL, QUIET])
    assert first == site([FULL, QUIET])
