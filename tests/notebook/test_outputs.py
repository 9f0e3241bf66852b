"""Outputs whose bundles the kernel saw are known by digest: any change shows, no save or reformatting does."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.document import cells, dumps, outputs, read
from jupyter_aiprov.notebook import stamps_of
from jupyter_aiprov.semconv import MIME
from jupyter_aiprov.verify import verify
from tests.loopback import serving

pytest.importorskip("httpx")
pytest.importorskip("pandas")
pytest.importorskip("matplotlib")

CELLS = """\
%load_ext jupyter_aiprov
import base64, httpx, json
import pandas as pd
import matplotlib.pyplot as plt
from IPython.display import HTML, JSON, SVG, Image, Markdown, clear_output, display
%matplotlib inline
def ask(text):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}
    answer = httpx.post("{url}/v1/chat/completions", json=body, timeout=30).json()
    return answer["choices"][0]["message"]["content"]
---
df = pd.DataFrame({{"note": ["one", "deux é", "three"]}})
df["label"] = df["note"].map(ask)
print("printed")
display(Markdown("# Résumé\\n\\nA line.\\n"), SVG("<svg xmlns='http://www.w3.org/2000/svg'><g/></svg>"))
display({{"application/json": {{"b": [1, 2.5, 1.0, 1e21], "a": {{"é": None}}}}, "text/plain": "json"}}, raw=True)
_ = plt.plot([1, 2, 3])
plt.show()
df
---
_ = ask("again")
display(HTML("<b>kept</b>"))
handle = display("replaced later", display_id=True)
---
handle.update("by another cell")
---
_ = ask("cleared")
display("taken away")
clear_output()
display("left")
---
_ = ask("odd numbers")
display({{"application/json": {{"a": float("nan"), "b": 2**60}}}}, raw=True)
1 / 0
---
display("no AI here")
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], list[Path]]:
    """A notebook run headless, annotated, with its journal."""
    folder = tmp_path_factory.mktemp("outputs")
    with pytest.MonkeyPatch.context() as patch, serving() as server:
        patch.setenv("HOME", str(folder))
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        patch.setenv("PYTHONWARNINGS", "ignore")
        sources = [c.strip() for c in CELLS.format(url=server.url()).split("---\n")]
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in sources])
        client = NotebookClient(
            nb, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
    journal = sorted(p for p in folder.rglob(".aiprov/*/*.jsonl") if not p.name.endswith(".content.jsonl"))
    return json.loads(json.dumps(annotate(nb, journal).notebook)), journal


def shown(nb: dict[str, Any], index: int) -> list[dict[str, Any]]:
    return [o for o in outputs(nb["cells"][index]) if MIME not in (o.get("data") or {})]


def test_the_stamp_holds_a_digest_of_each_output_that_stays(ran: tuple[dict[str, Any], list[Path]]) -> None:
    nb, journal = ran
    known = {s.index: len(s.record.get("outputs") or ()) for s in stamps_of(nb)}
    assert known == {1: 5, 2: 1, 4: 1, 5: 0}
    (stamp,) = [s for s in stamps_of(nb) if s.index == 1]
    found = verify(nb, {stamp.execution["session"]: journal})
    assert found.changes == ()
    assert "printed text and errors of stamped cells" in found.not_covered
    assert "outputs of stamped cells that the kernel did not see, or that it may replace" in found.not_covered


def change(nb: dict[str, Any], index: int, number: int) -> None:
    output = shown(nb, index)[number]
    data = output["data"]
    for mime, value in data.items():
        if mime == "application/json":
            value["b"][0] = 7
        elif mime == "image/png":
            raw = bytearray(base64.b64decode("".join(value) if isinstance(value, list) else value))
            raw[40] ^= 1
            data[mime] = base64.b64encode(bytes(raw)).decode()
        else:
            data[mime] = ["changed"] if isinstance(value, list) else "changed"
        return


@pytest.mark.parametrize(("index", "number"), [(1, n) for n in range(1, 6)] + [(2, 0), (4, 0)])
def test_an_output_that_was_changed_or_taken_out_is_found(
    ran: tuple[dict[str, Any], list[Path]], index: int, number: int
) -> None:
    nb = deepcopy(ran[0])
    change(nb, index, number)
    assert [(c.kind, c.index) for c in verify(nb).changes] == [("outputs-changed", index)]
    nb = deepcopy(ran[0])
    nb["cells"][index]["outputs"].remove(shown(nb, index)[number])
    assert [(c.kind, c.index) for c in verify(nb).changes] == [("outputs-changed", index)]


def test_what_later_code_may_replace_and_what_was_cleared_is_not_held_against_it(
    ran: tuple[dict[str, Any], list[Path]],
) -> None:
    nb = ran[0]
    assert "by another cell" in json.dumps(shown(nb, 2))
    assert "taken away" not in json.dumps(shown(nb, 4))
    assert verify(nb).changes == ()


# ── saving and reformatting ────────────────────────────────────────────────────────
def through_nbformat(nb: dict[str, Any]) -> dict[str, Any]:
    text = nbformat.writes(nbformat.from_dict(nb))
    return json.loads(text)


def lines(nb: dict[str, Any]) -> dict[str, Any]:
    for _, cell in cells(nb):
        for output in outputs(cell):
            data = output.get("data") or {}
            for mime, value in data.items():
                if isinstance(value, str):
                    data[mime] = value.splitlines(keepends=True)
    return nb


def keys_reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: keys_reversed(v) for k, v in reversed(value.items())}
    return [keys_reversed(v) for v in value] if isinstance(value, list) else value


def crlf(nb: dict[str, Any]) -> dict[str, Any]:
    for _, cell in cells(nb):
        for output in outputs(cell):
            data = output.get("data") or {}
            for mime, value in data.items():
                if mime.startswith("text/") and isinstance(value, str):
                    data[mime] = value.replace("\n", "\r\n")
    return nb


def wrapped_images(nb: dict[str, Any]) -> dict[str, Any]:
    for _, cell in cells(nb):
        for output in outputs(cell):
            data = output.get("data") or {}
            if isinstance(data.get("image/png"), str):
                whole = data["image/png"].replace("\n", "")
                data["image/png"] = "\n".join(whole[i : i + 76] for i in range(0, len(whole), 76)) + "\n"
    return nb


def without_counts(nb: dict[str, Any]) -> dict[str, Any]:
    for _, cell in cells(nb):
        for output in outputs(cell):
            output.pop("execution_count", None)
            if output.get("output_type") in ("display_data", "execute_result"):
                output["metadata"] = {**output.get("metadata", {}), "scrolled": True}
    return nb


def by_javascript(nb: dict[str, Any]) -> dict[str, Any]:
    """As a browser reads and writes JSON: 1.0 becomes 1, 1e21 is spelled 1e+21."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here")
    program = (
        "const d=[];process.stdin.on('data',x=>d.push(x))"
        ".on('end',()=>process.stdout.write(JSON.stringify(JSON.parse(Buffer.concat(d)))))"
    )
    given = json.dumps(nb).replace("NaN", "null").encode()
    done = subprocess.run([node, "-e", program], input=given, capture_output=True, check=True)
    return json.loads(done.stdout)


def minified(nb: dict[str, Any]) -> dict[str, Any]:
    return json.loads(dumps(nb, like=b'{"cells":[]}'))


SAVERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "nbformat": through_nbformat,
    "lines": lines,
    "keys re-ordered": keys_reversed,
    "CRLF": crlf,
    "wrapped images": wrapped_images,
    "counts and view metadata": without_counts,
    "a browser": by_javascript,
    "one line": minified,
}


@pytest.mark.parametrize("saver", SAVERS)
def test_no_save_and_no_reformatting_is_a_change(ran: tuple[dict[str, Any], list[Path]], saver: str) -> None:
    nb = SAVERS[saver](deepcopy(ran[0]))
    assert verify(nb).changes == ()
    change(nb, 2, 0)
    assert [c.kind for c in verify(nb).changes] == ["outputs-changed"]


@given(order=st.permutations(sorted(set(SAVERS) - {"a browser"})))
@settings(max_examples=15, deadline=None)
def test_nor_is_any_sequence_of_them(ran: tuple[dict[str, Any], list[Path]], order: list[str]) -> None:
    nb = deepcopy(ran[0])
    for saver in order:
        nb = SAVERS[saver](nb)
    assert verify(nb).changes == ()


def test_a_stamp_restored_from_the_journal_knows_the_outputs_again(
    ran: tuple[dict[str, Any], list[Path]], tmp_path: Path
) -> None:
    nb, journal = deepcopy(ran[0]), ran[1]
    for _, cell in cells(nb):
        cell["outputs"] = [o for o in outputs(cell) if MIME not in (o.get("data") or {})]
    again = annotate(nb, journal).notebook
    assert {s.index: len(s.record.get("outputs") or ()) for s in stamps_of(again)} == {1: 5, 2: 1, 4: 1, 5: 0}
    assert verify(again).changes == ()
    for _, cell in cells(nb):
        cell["outputs"] = []
    path = tmp_path / "bare.ipynb"
    path.write_bytes(dumps(annotate(nb, journal).notebook))
    assert verify(read(path)).changes == ()
