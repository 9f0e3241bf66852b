"""On a Python that lineage is not tested on: labels by content and declarations only, and this is on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pandas")
pytest.importorskip("httpx")

from jupyter_aiprov import journal, lineage
from tests.lineage import running
from tests.loopback import serving

ANSWER = "a long spoken answer of the model"
PRELUDE = """
import httpx, pandas as pd
import jupyter_aiprov as aiprov
def classify(text):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}
    return httpx.post("{url}/v1/chat/completions", json=body, timeout=30).json()["choices"][0]["message"]["content"]
df = pd.DataFrame({{"text": ["first note of three", "second note of three", "third note of three"], "age": [1, 2, 3]}})
"""


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(lineage, "TESTED", frozenset())
    monkeypatch.setenv("AIPROV_STRICT", "1")
    with serving([ANSWER]) as server, running.shell() as made:
        made.server = server
        run(made, PRELUDE.format(url=server.url()))
        yield made


def run(shell: Any, code: str) -> None:
    result = shell.run_cell(code, store_history=True)
    assert result.error_in_exec is None, result.error_in_exec


def origins(shell: Any) -> Any:
    run(shell, "found = aiprov.origins()")
    return shell.user_ns["found"]


def test_answers_are_recognised_by_their_content_and_never_for_certain(shell: Any) -> None:
    run(shell, "df['label'] = df.text.map(classify)\nnote = classify('x')\nhuman = 'something that a person wrote'")
    found = origins(shell)
    assert set(found) == {"df", "df.label", "note"}
    for said in found.values():
        assert said["evidence"] == "inferred"
        assert said["confidence"] == "low"
    assert found["df.label"]["origin"] == "ai-generated"
    assert found["df"]["origin"] == "ai-assisted"


def test_short_categories_say_nothing_by_themselves(shell: Any) -> None:
    shell.server.words[:] = ["calm"]
    run(shell, "df['label'] = df.text.map(classify)\ndf['gold'] = ['calm', 'calm', 'calm']")
    assert origins(shell) == {}


def test_what_is_written_over_or_deleted_is_said_no_longer(shell: Any) -> None:
    run(shell, "df['label'] = df.text.map(classify)\nnote = classify('x')")
    run(shell, "df['label'] = ['a human remark', 'another human remark', 'the third human remark']\ndel note")
    assert origins(shell) == {}


def test_declarations_are_kept_and_shown(shell: Any) -> None:
    run(shell, "_ = aiprov.observed(df, columns=['age'], by={'name': 'Ada'}, name='df')")
    assert origins(shell)["df.age"]["origin"] == "real-observation"


def test_the_coverage_and_a_gap_say_so(shell: Any) -> None:
    run(shell, "note = classify('x')")
    shell.run_line_magic("unload_ext", "jupyter_aiprov")
    events = [e for p in Path(".aiprov").rglob("*.jsonl") if "content" not in p.name for e in journal.read(p)]
    gaps = [e for e in events if e["type"] == "gap"]
    assert any(e["reason"] == "lineage-by-content" and e["detail"].startswith("Python 3") for e in gaps)
    covered = [e["coverage"] for e in events if e["type"] == "session" and "coverage" in e]
    assert covered[-1]["other"]["lineage"].startswith("content and declarations only")
    shell.run_line_magic("load_ext", "jupyter_aiprov")


def test_a_tested_python_is_followed_and_says_nothing_of_it() -> None:
    assert {(3, 11), (3, 12), (3, 13)} == lineage.TESTED
    with running.shell() as made:
        from jupyter_aiprov.api import _current

        assert _current().lineage.follows
        made.run_line_magic("unload_ext", "jupyter_aiprov")
        text = "".join(p.read_text() for p in Path().rglob("*.jsonl"))
        made.run_line_magic("load_ext", "jupyter_aiprov")
    assert "lineage-by-content" not in text
