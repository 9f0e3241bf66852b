"""A notebook made to harm: nothing in it runs, every view still answers and the panel says what it left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_aiprov import semconv
from tests.ui import sample
from tests.ui.conftest import Server
from tests.ui.lab import idle, notebook, put, run_cell, tab

pytestmark = pytest.mark.ui

EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{7*7}}" onmouseover="window.hacked=1'


KINDS = frozenset({"kind", "status", "origin", "schema_version", "cell_id", "state", "unit", "source_sha256", "id"})


def poisoned(value: Any, keep: frozenset[str] = KINDS) -> Any:
    """Every text but those that say what kind of thing it is, replaced by script."""
    if isinstance(value, dict):
        return {k: v if k in keep else poisoned(v, keep) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(v, keep) for v in value]
    return EVIL if isinstance(value, str) else value


def hostile() -> dict[str, Any]:
    """Script in every field, prototypes, wrong types, a 10 MB stamp, 100,000 records."""
    nb = sample.notebook()
    whole = next(one["data"][semconv.MIME] for one in nb["cells"][2]["outputs"] if semconv.MIME in one["data"])
    everywhere = poisoned(whole, frozenset())
    for cell in nb["cells"]:
        if "aiprov" in cell["metadata"]:
            cell["metadata"]["aiprov"] = poisoned(cell["metadata"]["aiprov"])
        for output in cell.get("outputs", []):
            if semconv.MIME in output.get("data", {}):
                output["data"][semconv.MIME] = poisoned(output["data"][semconv.MIME])
                output["data"]["text/html"] = EVIL
    review = {"status": "rejected", "subject": {"kind": EVIL, "name": EVIL}, "note": EVIL, "by": {"name": EVIL}}
    mark = nb["cells"][2]["metadata"]["aiprov"]
    mark["reviews"] = {EVIL: review, "__proto__": {"polluted": 1}, "constructor": 3, "x": [1]}
    log = nb["metadata"]["aiprov"]
    log["disclosure"] = {"slots": {EVIL: EVIL}, "language": EVIL, "policy": EVIL}
    log["sessions"] = {EVIL: {"gaps": [{"reason": EVIL, "detail": EVIL}] * 3, "superseded": "none"}}
    log["declarations"] = {str(i): {"kind": EVIL, "subject": str(i)} for i in range(100_000)}
    big = {"kind": "stamp", "execution": {"id": "big"}, "groups": [{"count": 1, "status": "completed"}] * 60_000}
    big["padding"] = "x" * 8_000_000
    shapes: list[Any] = [
        everywhere,
        {EVIL: EVIL, "kind": "stamp", "groups": {EVIL: EVIL}},
        None,
        3,
        "{",
        [],
        {"groups": {}},
        {"execution": [], "groups": [[[]]]},
        big,
    ]
    nb["cells"][1]["outputs"] += [
        {"output_type": "display_data", "metadata": {"aiprov": one}, "data": {semconv.MIME: one}} for one in shapes
    ]
    nb["cells"][4]["metadata"]["aiprov"] = "no mark"
    return nb


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_nothing_in_a_hostile_notebook_runs_and_what_is_left_out_is_said(
    app: str, server: Server, show: Callable[..., Any]
) -> None:
    name = f"hostile-{app}.ipynb"
    data = json.dumps(hostile(), indent=1).encode() + b"\n"
    assert len(data) > 10_000_000
    (server.folder / name).write_bytes(data)
    page = show(name, app)
    page.get_by_text("Left out:").wait_for()
    for view in ("data", "review", "disclosure", "timeline"):
        tab(page, view)
        page.wait_for_selector(f"#jp-AIProv-tab-{view}[aria-selected='true']")
    page.get_by_label("Search in the timeline").fill("onerror")
    page.locator(".jp-AIProv-timeline .jp-AIProv-item").first.wait_for()
    page.get_by_label("Search in the timeline").fill("")
    for summary in page.locator(".jp-AIProv-stamp summary, .jp-AIProv-head summary").all()[:8]:
        summary.click()
    page.get_by_role("button", name="Check file integrity").click()
    page.locator(".jp-AIProv-answer[data-answer='changed']").wait_for()
    assert page.evaluate("() => [window.hacked, ({}).polluted, document.querySelector('img[src=x]')]") == [None] * 3
    assert "<script>" in page.locator(".jp-AIProv-panel").inner_text()
    page.close()
    assert (server.folder / name).read_bytes() == data


def test_a_kernel_that_tells_of_100_000_calls_leaves_the_panel_answering(
    server: Server, show: Callable[..., Any]
) -> None:
    flood = (
        "from comm import get_comm_manager\n"
        "def opened(comm, message):\n"
        "    comm.send({'type': 'snapshot', 'schema_version': '1.0', 'state': 'recording', 'session': 's',\n"
        "               'events': [None, 3, [], {'type': {}}, {'type': '__proto__'}]})\n"
        "    for n in range(100):\n"
        "        comm.send({'type': 'events', 'events': [\n"
        "            {'type': 'invocation', 'id': f'{n}/{i}', 'status': 'completed', 'execution': f'run-{n}',\n"
        "             'cell_id': 'c0', '__proto__': {'polluted': 1}, 'gen_ai.request.model': '<img src=x>'}\n"
        "            for i in range(1000)]})\n"
        "get_comm_manager().register_target('aiprov', opened)\n"
        "kernel = get_ipython().kernel\n"
        "kernel.session.send(kernel.iopub_socket, 'aiprov_hello', {}, parent=kernel.get_parent())"
    )
    put(server, "flood.ipynb", notebook(flood, "1 + 1"))
    page = show("flood.ipynb")
    idle(page)
    run_cell(page, 0)
    page.get_by_text("Left out: 80,0").wait_for()
    for view in ("data", "review", "disclosure", "timeline"):
        tab(page, view)
        page.wait_for_selector(f"#jp-AIProv-tab-{view}[aria-selected='true']")
    run_cell(page, 1)
    page.wait_for_function("() => document.querySelectorAll('.jp-Cell')[1].innerText.includes('[2]')")
    assert page.evaluate("() => [window.hacked, ({}).polluted, document.querySelector('img[src=x]')]") == [None] * 3
