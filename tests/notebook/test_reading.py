"""Notebooks of any version and state are read, or refused with one clear line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.document import cells, dumps, language, notebook_digest, read, write
from jupyter_aiprov.errors import NotebookError
from jupyter_aiprov.notebook import events_of, provenance_of
from jupyter_aiprov.semconv import KEY, MIME
from jupyter_aiprov.strip import strip
from jupyter_aiprov.verify import verify
from tests.notebook.made import Made, code, document

Make = Callable[..., Made]

V3 = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": "old"},
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 1, "source": ["Old"], "metadata": {}},
                {
                    "cell_type": "code",
                    "input": ["import openai\n", "1"],
                    "language": "python",
                    "prompt_number": 4,
                    "collapsed": False,
                    "metadata": {},
                    "outputs": [{"output_type": "pyout", "prompt_number": 4, "text": ["1"], "metadata": {}}],
                },
            ],
            "metadata": {},
        }
    ],
}
V2 = {
    "nbformat": 2,
    "metadata": {"name": "older"},
    "worksheets": [
        {"cells": [{"cell_type": "code", "input": "print 1", "language": "python", "prompt_number": 1, "outputs": []}]}
    ],
}


@pytest.mark.parametrize(("raw", "said"), [
    (b"", "empty"),
    (b" \n\n", "empty"),
    (b"{", "not JSON"),
    (b"hello", "not JSON"),
    (b"\xff\xfe\x00n", "not UTF-8"),
    (b"[1, 2]", "no object"),
    (b"17", "no object"),
    (b'{"cells": 3}', "no list of cells"),
    (b'{"nbformat": 4}', "no list of cells"),
    (b'{"nbformat": "four", "cells": []}', "nbformat 'four'"),
    (b'{"nbformat": 1, "cells": []}', "nbformat 1"),
    (b'{"nbformat": 5, "cells": []}', "newer"),
    (b'{"nbformat": 3, "worksheets": 7}', "cannot be converted"),
    (b'{"nbformat": 3, "worksheets": [{"cells": [3]}]}', "cannot be converted"),
    (b"[" * 100_000, "nested too deeply"),
])  # fmt: skip
def test_what_is_no_notebook_is_refused_with_one_line(raw: bytes, said: str) -> None:
    with pytest.raises(NotebookError, match=said) as error:
        read(raw)
    assert "\n" not in str(error.value)


def test_missing_files_and_folders_are_refused_with_one_line(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match="no such file"):
        read(tmp_path / "none.ipynb")
    with pytest.raises(NotebookError, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize(("raw", "count"), [(V3, 2), (V2, 1)])
def test_old_formats_are_read_as_version_4(raw: dict[str, Any], count: int) -> None:
    nb = read(json.dumps(raw).encode())
    assert nb["nbformat"] == 4
    assert len(nb["cells"]) == count
    assert events_of(nb)[0] == []


@pytest.mark.parametrize("minor", [0, 1, 2, 3, 4, 5, 99])
def test_every_minor_version_is_read_as_it_is(made: Make, minor: int) -> None:
    nb = read(json.dumps(made().notebook(minor=minor)).encode())
    assert nb["nbformat_minor"] == minor
    assert provenance_of(nb).count("shown") == 3


def test_a_byte_order_mark_and_windows_line_ends_are_read_and_kept(made: Make, tmp_path: Path) -> None:
    nb = made().notebook()
    path = tmp_path / "w.ipynb"
    path.write_bytes(json.dumps(nb, indent=2).replace("\n", "\r\n").encode())
    write(annotate(read(path)).notebook, path)
    assert b"\r\n" in path.read_bytes()
    assert read(b"\xef\xbb\xbf" + json.dumps(nb).encode()) == nb


def test_kernels_of_other_languages_are_read() -> None:
    for name, spec in (("R", {"name": "ir", "language": "R"}), ("julia", {"name": "julia-1.11", "language": "julia"})):
        nb = document(code("library(ellmer)", "a"))
        nb["metadata"] = {"kernelspec": spec, "language_info": {"name": name}}
        assert language(read(json.dumps(nb).encode())) == name.lower()
        assert events_of(nb)[0] == []
        assert verify(nb).answer == "consistent"


BROKEN = [
    {"metadata": None},
    {"metadata": []},
    {"metadata": {KEY: "x"}},
    {"metadata": {KEY: {"sessions": [], "reviews": 3}}},
    {"metadata": {KEY: {"schema_version": "1.0", "sessions": {"a": None}, "declarations": {"b": {}}}}},
    {"cells": [None, 3, "x", [], {}]},
    {"cells": [{"cell_type": "code"}]},
    {"cells": [{"cell_type": "code", "source": 3, "outputs": {}, "metadata": 3}]},
    {
        "cells": [
            {"cell_type": "code", "source": [1, None, "x"], "outputs": [None, 3, {"data": 3}, {"data": {MIME: 3}}]}
        ]
    },
    {"cells": [{"cell_type": "code", "outputs": [{"data": {MIME: "{"}}, {"data": {MIME: {"groups": 3}}}]}]},
    {"cells": [{"cell_type": "code", "metadata": {KEY: {"schema_version": "1.0", "reviews": {"a": {"time": 3}}}}}]},
    {"cells": [{"cell_type": "code", "metadata": {KEY: {"schema_version": 1, "origin": ["ai"], "models": {}}}}]},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_parts_read_as_empty_and_nothing_raises(broken: dict[str, Any]) -> None:
    nb = read(json.dumps({**document(), **broken}).encode())
    provenance_of(nb)
    verify(nb)
    done = annotate(nb)
    strip(done.notebook)
    assert strip(strip(nb).notebook).notebook == strip(nb).notebook


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_hostile_records_never_raise(data: Any) -> None:
    """Any JSON in any field of any record is read, verified, annotated and stripped without an error."""
    from jupyter_aiprov import schema

    def record(name: str) -> dict[str, Any]:
        keys = list(schema.load()["$defs"][name]["properties"])
        made: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from(keys), _JSON, max_size=6))
        return made

    stamp = {"schema_version": "1.0", "kind": "stamp", "execution": {"id": "e"}, "groups": [], "digest": "0" * 64}
    stamp |= record("stamp")
    stamp["groups"] = [{"count": 1, "status": "completed"} | record("group")]
    cell = code(
        "1", "c-1", 1, [{"output_type": "display_data", "data": {MIME: stamp}, "metadata": {KEY: record("outputMark")}}]
    )
    cell["metadata"][KEY] = {"schema_version": "1.0"} | record("cellMark")
    nb = document(cell)
    nb["metadata"][KEY] = {"schema_version": "1.0"} | record("notebookLog") | {"sessions": {"s": record("sessionLog")}}
    provenance_of(nb)
    verify(nb)
    once = annotate(nb).notebook
    assert annotate(once).notebook == once
    assert not strip(strip(once).notebook).destroyed


def test_a_notebook_of_4_mb_is_read_in_good_time(made: Make) -> None:
    nb = made().notebook()
    text = {"output_type": "stream", "name": "stdout", "text": ["x" * 80 + "\n"] * 50_000}
    nb["cells"][0]["outputs"] = [text]
    raw = json.dumps(nb).encode()
    assert len(raw) > 4_000_000
    assert provenance_of(read(raw)).count("shown") == 3


# ── writing back ───────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("indent", [None, 1, 2, "\t"])
def test_a_file_keeps_its_indentation_order_of_keys_and_last_line_end(made: Make, tmp_path: Path, indent: Any) -> None:
    path = tmp_path / "n.ipynb"
    separators = (",", ":") if indent is None else (",", ": ")
    path.write_text(json.dumps(made().notebook(), indent=indent, ensure_ascii=False, separators=separators))
    before = path.read_bytes()
    write(read(path), path)
    assert path.read_bytes() == before


def test_lone_surrogates_are_written_escaped() -> None:
    nb = document(code("'\ud800'", "a"))
    assert read(dumps(nb)) == nb


def test_the_notebook_digest_survives_marks_save_key_order_and_line_ends(made: Make) -> None:
    one = made()
    nb = one.notebook()
    marked = annotate(nb, one.events()).notebook
    windows = json.loads(json.dumps(marked))
    for _, cell in cells(windows):
        cell["source"] = cell["source"].replace("\n", "\r\n")
        cell["execution_count"] = None
    stripped = strip(nb).notebook
    assert len({notebook_digest(n) for n in (nb, marked, windows, stripped, read(dumps(nb)))}) == 1
    nb["cells"][1]["source"] += "#"
    assert notebook_digest(nb) != notebook_digest(marked)
