"""What is displayed says where it comes from, in real kernels: in the cell that made it and in later ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kernels import Cell, Kernel, kernel
from tests.loopback import serving

MIME = "application/vnd.aiprov.v1+json"

PRELUDE = """
import httpx, pandas as pd
def classify(text):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}
    return httpx.post("{url}/v1/chat/completions", json=body, timeout=30).json()["choices"][0]["message"]["content"]
df = pd.DataFrame({{"text": ["first note", "second note", "third note"], "age": [30, 40, 50]}})
"""
MAKE = "df['label'] = df.text.map(classify)"


@pytest.fixture
def nb(tmp_path: Path) -> Iterator[Kernel]:
    with serving(["a spoken answer"]) as server, kernel(tmp_path, AIPROV_STRICT="1") as running:
        running.run(PRELUDE.format(url=server.url()))
        running.run("%load_ext jupyter_aiprov")
        yield running


def tables(cell: Cell) -> list[dict[str, Any]]:
    """What the cell displayed as tables."""
    return [m for m in cell.of("execute_result", "display_data") if "text/html" in m["data"] and "dataframe" in html(m)]


def html(message: dict[str, Any]) -> str:
    return str(message["data"]["text/html"])


def heads(cell: Cell) -> str:
    found = tables(cell)
    assert len(found) == 1
    return html(found[0])


@pytest.mark.parametrize("end", ["\ndf", "; df", "\ndf.head()", "\ndf[['label', 'age']]", "\ndisplay(df)",
                                 "\nif True:\n    display(df.head(2))", "\ndf.style"])  # fmt: skip
def test_the_cell_that_makes_a_column_shows_it_marked(nb: Kernel, end: str) -> None:
    shown = nb.run(MAKE + end)
    table = [html(m) for m in shown.of("execute_result", "display_data") if "<table" in m["data"].get("text/html", "")]
    assert "label (AI)" in table[0]
    assert "age (AI)" not in table[0]


def test_later_cells_show_it_marked_and_nothing_else_changes(nb: Kernel) -> None:
    plain = nb.run("df.assign(label='x')")
    nb.run(MAKE)
    later = nb.run("df")
    assert "label (AI)" in heads(later)
    assert "text (AI)" not in heads(later)
    assert "(AI)" not in tables(later)[0]["data"]["text/plain"]
    assert "(AI)" not in heads(plain)
    assert nb.value("list(df.columns)") == ["text", "age", "label"]
    assert nb.value("'(AI)' in df.to_html()") is False
    assert tables(later)[0]["metadata"]["aiprov"]["subjects"] == ["df.label"]


def test_a_display_shows_what_is_there_at_its_own_line(nb: Kernel) -> None:
    shown = nb.run(f"display(df)\n{MAKE}\ndisplay(df)\ndf['label'] = ['a', 'b', 'c']\ndf")
    assert ["label (AI)" in html(m) for m in tables(shown)] == [False, True, False]


def test_where_it_is_not_certain_what_ran_nothing_is_marked(nb: Kernel) -> None:
    nb.run(MAKE)
    body = "for i in range(2):\n    display(df)\n    df['label'] = ['a', 'b', 'c']"
    assert ["(AI)" in html(m) for m in tables(nb.run(body))] == [False, False]
    nb.run("def show():\n    df['label'] = ['a', 'b', 'd']\n    display(df)")
    assert "(AI)" not in heads(nb.run("show()"))


def test_a_display_changes_nothing_that_is_said_after_the_cell(nb: Kernel) -> None:
    code = "{0}\nnew = df[df.age > 30]\nnew.loc[new.index[0], 'label'] = 'mine'\nn = df.label.str.len()"
    said = []
    for end in ("", "\ndf", "\ndisplay(new, new.head())\nn"):
        nb.run("df = df[['text', 'age']].copy()")
        nb.run(code.format(MAKE) + end)
        found = nb.value("__import__('jupyter_aiprov').origins()")
        said.append({k: (v["origin"], v["rows"], v["confidence"], v["invocation_count"]) for k, v in found.items()})
    assert said[0] == said[1] == said[2]
    assert said[0]["df.label"][0] == "ai-generated"
    assert said[0]["df.label"][3] == 3


def test_the_trait_switches_it_off_and_the_language_is_followed(nb: Kernel) -> None:
    nb.run("%config AIProv.language = 'fr'")
    assert "label (IA)" in heads(nb.run(MAKE + "\ndf"))
    nb.run("%config AIProv.mark_columns = False")
    assert "(IA)" not in heads(nb.run("df"))


def test_after_unload_displays_are_as_they_were(nb: Kernel) -> None:
    nb.run(MAKE)
    nb.run("%unload_ext jupyter_aiprov")
    later = nb.run("df")
    assert "(AI)" not in heads(later)
    assert "aiprov" not in tables(later)[0]["metadata"]
    assert nb.value("'format' in vars(get_ipython().display_formatter)") is False


def test_figures_drawn_from_answers_are_marked_also_those_sent_when_the_cell_ends(nb: Kernel) -> None:
    nb.run("%matplotlib inline\nimport matplotlib.pyplot as plt")
    drawn = nb.run(MAKE + "\nfig, ax = plt.subplots()\nax.bar(range(3), df.label.str.len())\nNone")
    (figure,) = [m for m in drawn.of("display_data") if "image/png" in m["data"]]
    assert figure["metadata"]["aiprov"]["origin"] in {"ai-derived", "ai-generated"}
    assert figure["metadata"]["aiprov"]["subjects"] == ["fig"]
    unnamed = nb.run("plt.bar(range(3), df.label.str.len())\nplt.show()")
    (figure,) = [m for m in unnamed.of("display_data") if "image/png" in m["data"]]
    assert "aiprov" in figure["metadata"]
    human = nb.run("plt.bar(range(3), df.age)\nplt.show()")
    (figure,) = [m for m in human.of("display_data") if "image/png" in m["data"]]
    assert "aiprov" not in figure["metadata"]


def test_values_computed_from_answers_are_marked(nb: Kernel) -> None:
    result = nb.run(MAKE + "\ndf.label.value_counts()").of("execute_result")[0]
    assert result["metadata"]["aiprov"]["origin"] in {"ai-derived", "ai-generated"}
    assert "aiprov" not in nb.run("df.age.mean()").of("execute_result")[0]["metadata"]


def test_what_people_state_is_shown_beside_and_a_withdrawal_ends_it(nb: Kernel) -> None:
    nb.run(MAKE)
    nb.run(
        "import jupyter_aiprov as aiprov\n"
        "id_ = aiprov.observed(df, columns=['age', 'label'], by={'name': 'Ada'}, name='df')"
    )
    assert nb.value("aiprov.origin(df, 'age')")["origin"] == "real-observation"
    label = nb.value("aiprov.origin(df, 'label')")
    assert label["origin"] == "ai-generated"  # captured: a declaration never wins over it
    assert label["declared"]["origin"] == "real-observation"
    assert "author states" in nb.run("print(aiprov.explain('df.label'))").stdout
    assert "label (AI)" in heads(nb.run("df"))
    nb.run("_ = aiprov.withdraw(id_, 'mistaken')")
    assert "declared" not in nb.value("aiprov.origin(df, 'label')")


def test_a_column_that_a_model_filled_is_counted_in_rows_for_those_who_review_it(nb: Kernel) -> None:
    made = nb.run("df['label'] = [classify(note) for note in df.text]")
    stamps = [m["data"][MIME] for m in made.of("display_data") if MIME in m["data"]]
    found = [d for d in stamps[-1]["derivations"] if d["subject"] == "df.label"]
    assert [(d["rows_ai"], d["rows_total"], d["rows_edited"]) for d in found] == [(3, 3, 0)]
