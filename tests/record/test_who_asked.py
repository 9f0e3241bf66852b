"""record.md §1 and §6 in real kernels: every call is credited to the cell that asked for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov import journal
from tests.kernels import Kernel, chains_are_whole, kernel
from tests.loopback import TEXT, Loopback, serving

ASK = """
%load_ext jupyter_aiprov
import json, threading, time, asyncio, concurrent.futures as cf
import httpx
def ask(text="hi", mode="", stream=False):
    body = {{"model": "gpt-4o-mini", "stream": stream, "messages": [{{"role": "user", "content": text}}]}}
    url = "{url}" + (("/~" + mode) if mode else "") + "/v1/chat/completions"
    return httpx.post(url, json=body, timeout=30).json() if not stream else (url, body)
"""


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        yield running


@pytest.fixture
def nb(tmp_path: Path, server: Loopback) -> Iterator[Kernel]:
    with kernel(tmp_path) as running:
        running.run(ASK.format(url=server.url()))
        yield running
    assert chains_are_whole(tmp_path)


def counts(nb: Kernel) -> dict[str, int]:
    """Execution id -> execution count."""
    nb.run("import jupyter_aiprov.session as _s; _s.of(get_ipython()).recorder.flush(5)")
    return {e["id"]: e.get("execution_count") for e in nb.events("execution")}


def until(nb: Kernel, statuses: list[str], seconds: float = 20) -> list[dict[str, Any]]:
    """The calls, once their last words are these."""
    deadline = time.monotonic() + seconds
    while True:
        calls = nb.calls()
        if [c["status"] for c in calls] == statuses:
            return calls
        assert time.monotonic() < deadline, [c["status"] for c in calls]
        nb.run("None")


def test_a_stream_created_in_one_cell_and_read_in_another_is_one_call_of_the_first(nb: Kernel) -> None:
    made = nb.run(
        "url, body = ask(stream=True)\nctx = httpx.stream('POST', url, json=body); response = ctx.__enter__()"
    )
    assert made.stamps[0]["groups"][0]["status"] == "started"
    nb.run("1 + 1")
    nb.run("text = b''.join(response.iter_raw()); ctx.__exit__(None, None, None)")
    (call,) = until(nb, ["completed"])
    where = counts(nb)
    assert (where[call["execution"]], where[call["read_in"]]) == (2, 4)
    assert call["capture"]["complete"]
    assert nb.seen.updates[-1]["groups"][0]["status"] == "completed"
    assert nb.seen.updates[-1]["execution"]["execution_count"] == 2
    assert [bool(s["groups"]) for s in nb.seen.stamps] in ([True], [True, False]), "the reader made no call of its own"


def test_a_thread_belongs_to_the_cell_that_started_it_even_when_it_outlives_it(nb: Kernel, server: Loopback) -> None:
    nb.run("t = threading.Thread(target=lambda: (time.sleep(0), ask('late', 'hold')))\nt.start()")
    other = nb.run("ask('now')['model']")
    server.release.set()
    nb.run("t.join()")
    calls = until(nb, ["completed", "completed"])
    where = counts(nb)
    assert sorted(where[c["execution"]] for c in calls) == [2, 3]
    assert all(c["evidence"] == "captured" for c in calls)
    assert other.stamps[0]["groups"][0]["count"] == 1


def test_pool_work_belongs_to_the_cell_that_submitted_it(nb: Kernel, server: Loopback) -> None:
    nb.run("pool = cf.ThreadPoolExecutor(2); list(pool.map(ask, ['a', 'b']))")
    submitted = nb.run("future = pool.submit(ask, 'late', 'hold')")
    assert submitted.of("display_data"), "a place for the stamp to come"
    nb.run("x = 1")
    server.release.set()
    nb.run("_ = future.result()")
    calls = until(nb, ["completed"] * 3)
    where = counts(nb)
    assert [where[c["execution"]] for c in calls] == [2, 2, 3]
    nb.run("None")
    assert nb.seen.updates[-1]["execution"]["execution_count"] == 3
    assert nb.seen.updates[-1]["groups"][0]["status"] == "completed"


def test_tasks_belong_to_the_cell_that_created_them(nb: Kernel, server: Loopback) -> None:
    nb.run(
        f"async def a(text, mode=''):\n"
        f"    async with httpx.AsyncClient() as client:\n"
        f"        await client.post('{server.url()}' + mode + '/v1/chat/completions',\n"
        f"            json={{'model': 'm', 'messages': [{{'role': 'user', 'content': text}}]}}, timeout=30)\n"
    )
    nb.run("task = asyncio.create_task(a('later', '/~hold'))")
    nb.run("await asyncio.gather(*[a(str(i)) for i in range(5)])")
    server.release.set()
    nb.run("await task")
    calls = until(nb, ["completed"] * 6)
    where = counts(nb)
    assert sorted(where[c["execution"]] for c in calls) == [3, 4, 4, 4, 4, 4]


def test_a_run_inside_a_run_has_one_stamp_the_outer_cells(nb: Kernel) -> None:
    cell = nb.run("get_ipython().run_cell(\"ask('inner')\")\n_ = ask('outer')")
    assert len(cell.stamps) == 1
    assert cell.stamps[0]["groups"][0]["count"] == 2
    where = counts(nb)
    assert {where[c["execution"]] for c in nb.calls()} == {2}


def test_two_identical_cells_run_headless_are_told_apart_by_ordinal(nb: Kernel) -> None:
    first, second = nb.run("_ = ask('same')"), nb.run("_ = ask('same')")
    one, two = first.stamps[0]["execution"], second.stamps[0]["execution"]
    assert one["source_sha256"] == two["source_sha256"]
    assert (one["ordinal"], two["ordinal"]) == (0, 1)


def test_the_front_ends_cell_id_is_kept_only_if_it_looks_like_one(nb: Kernel) -> None:
    good = nb.run("_ = ask()", cell_id="3f9c-abc_D")
    bad = nb.run("_ = ask()", cell_id="vscode-notebook-cell:/home/alice/study.ipynb#W3sZmlsZQ")
    assert good.stamps[0]["execution"]["cell_id"] == "3f9c-abc_D"
    assert bad.stamps[0]["execution"]["cell_id"] is None


def comm_message(nb: Kernel, comm: str) -> None:
    message = nb.client.session.msg("comm_msg", {"comm_id": comm, "data": {"click": True}})
    nb.client.shell_channel.send(message)


BUTTON = """
from comm import create_comm
button = create_comm(target_name="none-listens")
clicks = []
def clicked(message):
    clicks.append(ask("clicked"))
button.on_msg(clicked)
"""


def test_a_widget_callback_is_credited_to_the_cell_that_built_the_widget(nb: Kernel) -> None:
    nb.run(BUTTON)
    nb.run("x = 2")
    comm_message(nb, nb.value("button.comm_id"))
    (call,) = until(nb, ["completed"])
    assert counts(nb)[call["execution"]] == 2
    assert call["evidence"] == "inferred"


def test_a_comm_handler_in_a_subshell_leaves_the_running_cell_untouched(nb: Kernel, server: Loopback) -> None:
    if nb.value("__import__('ipykernel').version_info[0]") < 7:
        pytest.skip("subshells came with ipykernel 7")
    built = nb.run(BUTTON).reply["execution_count"]
    comm = nb.value("button.comm_id")
    request = nb.client.session.msg("create_subshell_request", {})
    nb.client.control_channel.send(request)
    subshell = nb.client.get_control_msg(timeout=20)["content"]["subshell_id"]
    nb.run("button.send({})", subshell=subshell)  # ipykernel sends a comm's messages to the shell that spoke last
    running = nb.start("mine = ask('from the cell', 'hold')\nwhile not clicks: time.sleep(0.01)")
    deadline = time.monotonic() + 20
    while not server.count:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    comm_message(nb, comm)
    while server.count < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    server.release.set()
    cell = nb.finish(running)
    calls = until(nb, ["completed", "completed"])
    where = counts(nb)
    by_count = {where[c["execution"]]: c["evidence"] for c in calls}
    assert by_count[built] == "inferred"
    assert sorted(by_count.values()) == ["captured", "inferred"]
    assert cell.stamps[0]["groups"][0]["count"] == 1


def test_a_raw_thread_that_cannot_be_told_is_inferred(nb: Kernel) -> None:
    nb.run(
        "import _thread\ndone = []\n_thread.start_new_thread(lambda: done.append(ask('raw')), ())\n"
        "while not done: time.sleep(0.01)"
    )
    (call,) = until(nb, ["completed"])
    assert call["evidence"] == "inferred"
    assert counts(nb)[call["execution"]] == 2


def test_an_interrupt_in_the_middle_of_a_stream_keeps_the_part_and_the_chain(nb: Kernel, server: Loopback) -> None:
    running = nb.start(
        f"got = []\n"
        f"with httpx.stream('POST', '{server.url('endless')}/v1/chat/completions',\n"
        f"    json={{'model': 'm', 'stream': True, 'messages': [{{'role': 'user', 'content': 'x'}}]}}) as r:\n"
        f"    for line in r.iter_lines(): got.append(line) or open('first', 'w').close()"
    )
    deadline = time.monotonic() + 20
    while not (nb.folder / "first").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    nb.interrupt()
    cell = nb.finish(running)
    assert cell.error
    assert cell.error["ename"] == "KeyboardInterrupt"
    (call,) = until(nb, ["abandoned"], 5)
    assert not call["capture"]["complete"]
    kept = {t["commitment"]: t["value"] for p in nb.folder.rglob("*.content.jsonl") for t in journal.read_texts(p)}
    assert kept[call["output"][0]["commitment"]]["parts"][0]["content"].startswith(TEXT), "the part that came"
    executions = {e["execution_count"]: e["status"] for e in nb.events("execution") if e.get("execution_count")}
    assert executions[2] == "aborted"
    assert cell.stamps[0]["groups"][0]["status"] == "abandoned"


def test_retries_of_an_sdk_are_attempts_and_one_answer_is_counted(nb: Kernel, server: Loopback) -> None:
    nb.run(
        f"import openai\nclient = openai.OpenAI(base_url='{server.url('503once')}/v1', api_key='x', max_retries=2)\n"
        f"r = client.chat.completions.create(model='gpt-4o-mini', messages=[{{'role': 'user', 'content': 'q'}}])"
    )
    failed, answered = until(nb, ["failed", "completed"])
    assert (failed["capture"]["attempt"], answered["capture"]["attempt"]) == (1, 2)
    assert failed["error.type"]
    assert server.count == 2


def test_an_execution_outside_any_cell_is_said_to_be_outside(nb: Kernel) -> None:
    nb.run("import atexit\nget_ipython().kernel.io_loop.call_later(0.05, lambda: ask('timer')) and None")
    calls = until(nb, ["completed"])
    assert calls[0]["execution"] is None or calls[0]["evidence"] in {"captured", "inferred"}
