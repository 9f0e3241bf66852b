"""Whatever of ours breaks before a request was examined: what was declared confidential does not leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernels import Kernel, kernel
from tests.loopback import Loopback, serving

START = """
%load_ext jupyter_aiprov
import httpx, pandas as pd, jupyter_aiprov as aiprov
df = pd.DataFrame({{"note": ["fell down the cellar stairs on Tuesday", "sleeps badly since the funeral"]}})
aiprov.confidential(df, columns=["note"])
def ask(text):
    body = {{"model": "m", "messages": [{{"role": "user", "content": text}}]}}
    return httpx.post("{url}/v1/chat/completions", json=body).status_code
"""
BREAK = {
    "recognising": "import jupyter_aiprov.readers as broken; broken.recognise = lambda *a: 1 / 0",
    "classifying": "import jupyter_aiprov.guard.destinations as broken; broken.destination = lambda *a, **k: 1 / 0",
    "remembering credentials": "import jupyter_aiprov.redact as broken; broken.Redactor.learn_request = None",
    "finding the cell": "import jupyter_aiprov.cells as broken; broken.Cells.current = None",
    "a pattern of the user's own": "%config AIProv.guard_patterns = {'mine': '('}",
}


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        yield running


@pytest.fixture
def nb(tmp_path: Path, server: Loopback) -> Iterator[Kernel]:
    with kernel(tmp_path) as running:
        running.run(START.format(url=server.url()))
        yield running


@pytest.mark.parametrize("what", BREAK)
def test_a_failure_of_ours_lets_no_declared_value_out_and_stops_nothing_else(
    nb: Kernel, server: Loopback, what: str
) -> None:
    nb.run(BREAK[what])
    cell = nb.run("ask('Summarise: ' + df.note[0])", fails=True)
    assert cell.error is not None
    assert cell.error["ename"] == "ConfidentialDataError"
    assert server.count == 0
    assert nb.value("ask('hello')") == 200
    assert server.count == 1
