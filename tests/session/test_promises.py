"""design.md §2 in real kernels: never in the way, nothing lost, nothing leaked, removable."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import nbformat
import pytest

from jupyter_aiprov import journal
from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.commands.doctor import told
from jupyter_aiprov.verify import verify
from tests.kernels import Kernel, chains_are_whole, journals, kernel
from tests.loopback import Loopback, serving

CALL = """
import httpx
def ask(text="hi", mode="", **more):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}], **more}}
    return httpx.post("{url}" + (("/~" + mode) if mode else "") + "/v1/chat/completions", json=body, timeout=30)
"""


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serving() as running:
        yield running


@pytest.fixture
def nb(tmp_path: Path, server: Loopback) -> Iterator[Kernel]:
    with kernel(tmp_path) as running:
        running.run(CALL.format(url=server.url()))
        yield running
    assert chains_are_whole(tmp_path)


HEAVY = (
    "openai",
    "anthropic",
    "httpx",
    "httpx2",
    "pandas",
    "polars",
    "nbformat",
    "jsonschema",
    "nbconvert",
    "requests",
    "jinja2",
)


def test_loading_imports_no_sdk_no_http_library_and_nothing_slow(tmp_path: Path) -> None:
    with kernel(tmp_path) as nb:
        before = set(nb.value("sorted(__import__('sys').modules)"))
        nb.run("%load_ext jupyter_aiprov")
        after = set(nb.value("sorted(__import__('sys').modules)"))
    assert not {m for m in after - before if m.split(".")[0] in HEAVY}
    assert "jupyter_aiprov.lineage.flow" not in after  # what follows cells comes with the first AI call


def test_no_ai_no_stamp(nb: Kernel) -> None:
    nb.run("%load_ext jupyter_aiprov")
    for code in ("1 + 1", "print('x')", "1 / 0", "httpx.Client"):
        assert not nb.run(code, fails=True).of("display_data")


def test_load_and_reload_any_number_of_times_record_once_and_unload_records_nothing(
    nb: Kernel, server: Loopback
) -> None:
    before = nb.value("[repr(httpx.Client._send_single_request), repr(httpx.AsyncClient._send_single_request)]")
    nb.run("%load_ext jupyter_aiprov\n%load_ext jupyter_aiprov")
    for _ in range(10):
        nb.run("%reload_ext jupyter_aiprov")
    assert len(nb.run("_ = ask()").stamps) == 1
    nb.run("%unload_ext jupyter_aiprov")
    nb.run("_ = ask()")
    assert nb.value("[repr(httpx.Client._send_single_request), repr(httpx.AsyncClient._send_single_request)]") == before
    assert len(nb.calls()) == 1
    assert server.count == 2
    assert nb.value("__import__('threading').Thread.start.__module__") == "threading"
    assert "unloaded" in {e["reason"] for e in nb.events("gap")}


def test_after_unload_every_patched_attribute_is_the_original_object(nb: Kernel) -> None:
    look = (
        "import threading, concurrent.futures as cf, sys\n"
        "def look(): return {**{f'{c.__name__}.{k}': id(v) for c in (httpx.Client, httpx.AsyncClient, threading.Thread,"
        " cf.ThreadPoolExecutor) for k, v in vars(c).items()}, 'meta': [id(f) for f in sys.meta_path],"
        " 'events': {k: len(v) for k, v in get_ipython().events.callbacks.items()},"
        " 'transforms': len(get_ipython().input_transformers_cleanup),"
        " 'html': len(get_ipython().display_formatter.formatters['text/html'].deferred_printers)}"
    )
    nb.run(look)
    nb.run("before = look()")
    nb.run("%load_ext jupyter_aiprov")
    assert nb.value("look() != before")
    nb.run("_ = ask()")
    nb.run("%unload_ext jupyter_aiprov")
    assert nb.value("{k: (before.get(k), v) for k, v in look().items() if before.get(k) != v}") == {}


def test_a_wrapper_put_over_ours_stays_and_ours_goes_quiet(nb: Kernel) -> None:
    nb.run("%load_ext jupyter_aiprov")
    nb.run(
        "inner = httpx.Client._send_single_request\nseen = []\n"
        "def theirs(self, *a, **k):\n    seen.append(1)\n    return inner(self, *a, **k)\n"
        "httpx.Client._send_single_request = theirs\n_ = ask()"
    )
    nb.run("%unload_ext jupyter_aiprov")
    nb.run("_ = ask()")
    assert nb.value("len(seen)") == 2
    assert nb.value("httpx.Client._send_single_request is theirs")
    assert len(nb.calls()) == 1
    folder = nb.journals[0].parent
    assert told(folder, "left") == ["httpx.Client._send_single_request"]
    said = nb.run(f"!{sys.executable} -m jupyter_aiprov doctor --folder {folder}").stdout
    assert "another tool was wrapped over ours" in said
    assert "httpx.Client._send_single_request" in said


def test_a_patch_lost_to_another_tool_is_found_put_back_and_stated(nb: Kernel) -> None:
    nb.run("original = httpx.Client._send_single_request")
    nb.run("%load_ext jupyter_aiprov")
    nb.run("httpx.Client._send_single_request = original")
    nb.run("_ = ask()")
    assert len(nb.calls()) == 1
    assert "patch-lost" in {e["reason"] for e in nb.events("gap")}


@pytest.mark.parametrize("mode", ["500", "malformed", "cut", "gzip", "503once"])
def test_what_the_user_gets_is_what_he_gets_without_us(nb: Kernel, mode: str) -> None:
    look = (
        "def look():\n"
        "    try:\n"
        f"        r = ask('same', '{mode}')\n"
        "        return [r.status_code, sorted(r.headers), r.text, type(r).__name__]\n"
        "    except Exception as e:\n"
        "        return [type(e).__name__, repr(e.args), type(e.__cause__).__name__, type(e.__context__).__name__]\n"
    )
    nb.run(look)
    plain = nb.value("look()")
    if mode == "503once":
        plain = nb.value("look()")
    nb.run("%load_ext jupyter_aiprov")
    assert nb.value("look()") == plain
    (call,) = nb.calls()
    assert call["status"] != "started"
    if mode in {"500", "cut"}:
        assert call["status"] == "failed"
        assert call["error.type"]
    if mode == "malformed":
        assert call["capture"]["unparsed"]


def test_a_refused_connection_is_the_users_own_exception_and_a_failed_call(nb: Kernel) -> None:
    nb.run("%load_ext jupyter_aiprov")
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    code = f"httpx.post('http://127.0.0.1:9/v1/chat/completions', json={body})"
    cell = nb.run(code, fails=True)
    assert cell.error
    assert cell.error["ename"] == "ConnectError"
    assert not [line for line in cell.error["traceback"] if "jupyter_aiprov" in line and "post(" in line]
    assert cell.stamps[0]["groups"][0]["status"] == "failed"


def test_the_stamp_comes_after_an_error_and_under_capture(nb: Kernel) -> None:
    nb.run("%load_ext jupyter_aiprov")
    failed = nb.run("_ = ask()\n1 / 0", fails=True)
    assert failed.error
    assert failed.stamps[0]["execution"]["status"] == "error"
    captured = nb.run("%%capture\n_ = ask()\nprint('hidden')")
    assert captured.stamps
    assert not captured.stdout


def test_off_and_on_are_stated_gaps_and_nothing_is_recorded_between(nb: Kernel) -> None:
    nb.run("%load_ext jupyter_aiprov")
    nb.run("%aiprov off")
    nb.run("_ = ask()")
    nb.run("%aiprov on")
    nb.run("_ = ask()")
    assert len(nb.calls()) == 1
    assert [e["reason"] for e in nb.events("gap") if e["reason"].startswith("switched")] == [
        "switched-off",
        "switched-on",
    ]


def test_in_french_the_notice_the_magic_and_the_stamp_are_french(nb: Kernel) -> None:
    nb.run("%load_ext jupyter_aiprov\n%config AIProv.language = 'fr'")
    bundle = next(d["data"] for d in nb.run("_ = ask()").of("display_data") if d["data"])
    for mime in ("text/html", "text/plain", "text/latex"):
        assert "1 appel" in bundle[mime]
        assert "à contrôler" in bundle[mime]
        assert "AI" not in bundle[mime].replace("IA", "")
    assert "Provenance IA\xa0: enregistrement en cours. 1 appel d'IA, 1 modèle" in nb.run("%aiprov").stdout
    assert "ce qui est enregistré" in nb.run("%aiprov help").stdout
    assert "lacune" in nb.run("%aiprov off").stdout
    nb.run("%aiprov on")
    assert "Non capté\xa0: " in nb.run("%aiprov").stdout


TERMINAL = """%load_ext jupyter_aiprov
{call}
a = ask()
1 + 1
ask(); 1 / 0
"""


def test_a_terminal_gets_one_line_of_text(tmp_path: Path, server: Loopback) -> None:
    home = {
        "HOME": str(tmp_path),
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    call = (
        f"import httpx; ask = lambda: httpx.post('{server.url()}/v1/chat/completions', json=dict(model='m', "
        "messages=[dict(role='user', content='x')])).status_code"
    )
    words = [sys.executable, "-m", "IPython", "--no-banner", "--simple-prompt", "--colors", "nocolor"]
    done = subprocess.run(
        words,
        input=TERMINAL.format(call=call),
        cwd=tmp_path,
        env={**os.environ, **home},
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stdout.splitlines() if "[AI]" in line]
    assert len(lines) == 2, done.stdout + done.stderr
    assert all(line.endswith("[AI] m-2026-01-01, 1 call · to review") for line in lines)
    assert "ZeroDivisionError" in done.stdout
    assert journals(tmp_path)
    assert chains_are_whole(tmp_path)


def test_aiprov_off_in_the_environment_loads_nothing(tmp_path: Path, server: Loopback) -> None:
    with kernel(tmp_path, AIPROV="off") as nb:
        nb.run(CALL.format(url=server.url()) + "\n%load_ext jupyter_aiprov\n_ = ask()")
        assert not journals(tmp_path)


KEY = "sk-proj-Zq9Yx8Wv7Ut6Sr5Qp4On3Ml2Kj1Ih0Gf"
NAME = "Ophelia Quackenbush"


def test_a_planted_key_reaches_no_file_and_a_patients_name_no_notebook(tmp_path: Path) -> None:
    with (
        serving([f"{NAME} ", "has asthma"]) as server,
        kernel(tmp_path, OPENAI_API_KEY=KEY, MY_SECRET_TOKEN="tok-93hfk2lq0zmx7") as nb,
    ):
        nb.run("%load_ext jupyter_aiprov")
        nb.run(CALL.format(url=server.url()))
        cell = nb.run(
            f"import os, httpx\n"
            f"h = {{'Authorization': 'Bearer {KEY}', 'x-api-key': '{KEY}', 'cookie': 'session={KEY}'}}\n"
            f"text = '{NAME}, key {KEY} ' + os.environ['MY_SECRET_TOKEN']\n"
            f"body = {{'model': 'm', 'messages': [{{'role': 'user', 'content': text}}]}}\n"
            f"r = httpx.post('{server.url()}/v1/chat/completions?key={KEY}', json=body, headers=h)"
        )
        log = nb.run("%aiprov log")
        status = nb.run("%aiprov")
        texts = nb.value("__import__('jupyter_aiprov').invocations()")
    assert KEY in server.hits[0][2].decode(), "the request itself is never modified"
    for path in tmp_path.rglob("*"):
        if path.is_file() and "history.sqlite" not in path.name:
            data = path.read_bytes()
            assert KEY.encode() not in data, path
            assert b"tok-93hfk2lq0zmx7" not in data, path
    shown = json.dumps([m["content"] for m in cell.messages if m["msg_type"] in {"display_data", "stream"}])
    assert NAME not in shown
    assert KEY not in shown + log.stdout + status.stdout + json.dumps(texts)
    assert NAME in json.dumps(texts), "the private journal keeps the text"
    assert not [p for p in journals(tmp_path) if NAME.encode() in p.read_bytes()], "the chain holds no text"


@pytest.mark.parametrize(("policy", "kept"), [("full", True), ("digest", False), ("none", False)])
def test_the_content_policy_decides_what_is_kept(nb: Kernel, policy: str, kept: bool) -> None:
    nb.run(f"%load_ext jupyter_aiprov\n%config AIProv.journal_content = '{policy}'")
    nb.run("_ = ask('a very particular sentence')")
    found = [p for p in nb.folder.rglob(".aiprov/**/*.jsonl") if b"very particular" in p.read_bytes()]
    assert bool(found) == kept
    (call,) = nb.calls()
    assert ("commitment" in json.dumps(call.get("input") or "")) == (policy != "none")


def test_one_cell_can_keep_its_texts_out_with_line_numbers_and_await_as_they_were(nb: Kernel) -> None:
    nb.run("%load_ext jupyter_aiprov")
    nb.run("%%aiprov content=none\nimport asyncio\nawait asyncio.sleep(0)\n_ = ask('left out')")
    nb.run("_ = ask('kept in')")
    bad = nb.run("%%aiprov content=none\n\n1 / 0", fails=True)
    assert bad.error
    assert any("line 3" in line or "----> 3" in line or " 3 " in line for line in bad.error["traceback"])
    files = b"".join(p.read_bytes() for p in nb.folder.rglob(".aiprov/**/*.jsonl"))
    assert b"left out" not in files
    assert b"kept in" in files


def test_notebook_content_full_puts_texts_in_the_stamp_and_the_choice_on_record(nb: Kernel) -> None:
    nb.run("%load_ext jupyter_aiprov\n%config AIProv.notebook_content = 'full'")
    cell = nb.run("_ = ask('shown on purpose')")
    assert "shown on purpose" in json.dumps(cell.stamps[0]["content"])
    assert any(e.get("policy", {}).get("notebook_content") == "full" for e in nb.events("session"))


def test_a_stable_stamp_is_the_same_in_every_run(nb: Kernel) -> None:
    nb.run("%load_ext jupyter_aiprov\n%config AIProv.stamp = 'stable'")
    first, second = nb.run("_ = ask('x')").stamps[0], nb.run("_ = ask('x')").stamps[0]
    assert first == second


def test_a_key_kept_by_a_killed_kernel_is_a_started_line_in_a_whole_chain(nb: Kernel, server: Loopback) -> None:
    nb.run("%load_ext jupyter_aiprov")
    nb.start("ask('never answered', 'hold')")
    deadline = time.monotonic() + 20
    while not server.count:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    nb.kill()
    (call,) = nb.calls()
    assert call["status"] == "started"
    assert call["gen_ai.request.model"] == "gpt-4o-mini"
    assert chains_are_whole(nb.folder)


def test_a_read_only_folder_falls_back_and_says_where_the_journal_is(tmp_path: Path, server: Loopback) -> None:
    with kernel(tmp_path) as nb:
        (nb.folder / ".aiprov").write_text("a file where the folder should be")
        loaded = nb.run("%load_ext jupyter_aiprov")
        nb.run(CALL.format(url=server.url()))
        assert nb.run("_ = ask()").stamps
        assert "data/aiprov" in loaded.stdout
        assert list(tmp_path.rglob("data/aiprov/*/*.jsonl"))


def test_a_full_disk_changes_nothing_for_the_user_and_is_a_stated_gap(nb: Kernel) -> None:
    nb.run("%load_ext jupyter_aiprov")
    nb.run(
        "import os, errno\nreal = os.write\n"
        "def full(fd, data):\n"
        "    if b'\"seq\"' in data: raise OSError(errno.ENOSPC, 'No space left on device')\n"
        "    return real(fd, data)\n"
        "os.write = full"
    )
    assert nb.value("ask().status_code") == 200
    assert "cannot be written" in nb.run("%aiprov").stdout
    nb.run("os.write = real")
    nb.run("_ = ask()")
    assert len([c for c in nb.calls() if c["status"] == "completed"]) == 2
    assert "journal-unwritable" in {e["reason"] for e in nb.events("gap")}


# An interrupt between the two lines of `httpcore.ThreadLock.__enter__` leaves the lock taken, and closing the pool
# waits for it for ever, with us and without: here its locks are the interpreter's own, which cannot be left so.
SAFE_LOCKS = """
import threading
from httpcore._sync import connection, connection_pool, http11
connection_pool.ThreadLock = connection.Lock = http11.Lock = threading.Lock
"""


def interrupt_often(nb: Kernel, server: Loopback, times: int) -> None:
    nb.run(SAFE_LOCKS)
    nb.run("%load_ext jupyter_aiprov")
    chance = random.Random(7)
    for _ in range(times):
        sent = nb.start("for _ in range(200): ask('x')")
        before = server.count
        deadline = time.monotonic() + 20
        while server.count < before + chance.randint(1, 4):
            assert time.monotonic() < deadline
            time.sleep(chance.random() * 0.004)
        nb.interrupt()
        nb.finish(sent)
    assert nb.run("_ = ask('after')").stamps
    assert chains_are_whole(nb.folder)
    assert len(nb.calls()) >= server.count


def test_interrupts_during_calls_and_cell_ends_break_no_chain_and_lock_nothing(nb: Kernel, server: Loopback) -> None:
    interrupt_often(nb, server, 40)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_thousand_interrupts_break_no_chain_and_lock_nothing(nb: Kernel, server: Loopback) -> None:
    interrupt_often(nb, server, 1000)


HIT = """
from jupyter_aiprov.capture import _wire
class Hit:  # the interrupt arrives when the call is noted as under way, and nobody is there yet to take that back
    def get(self):
        return real.get()
    def set(self, call):
        real.set(call)
        _wire.under_way = real
        raise KeyboardInterrupt
real, _wire.under_way = _wire.under_way, Hit()
"""


def test_an_interrupt_in_the_opening_of_a_send_silences_no_later_cell(nb: Kernel, server: Loopback) -> None:
    nb.run("%load_ext jupyter_aiprov")
    nb.run(HIT)
    assert (nb.run("ask()", fails=True).error or {})["ename"] == "KeyboardInterrupt"
    assert server.count == 0
    assert nb.run("_ = ask()").stamps
    assert nb.run("_ = ask()").stamps
    assert [e["reason"] for e in nb.events("gap")] == ["left-open"]


STREAM = """
for _ in range(500):
    body = {{"model": "m", "stream": True, "messages": [{{"role": "user", "content": "x"}}]}}
    with httpx.stream("POST", "{url}/v1/chat/completions", json=body, timeout=30) as answer:
        lines = list(answer.iter_lines())
"""
WORK = {  # what the cells do that are waiting or running when the kernel is killed
    "in calls": ["for _ in range(500): ask('x')"],
    "in streams": [STREAM],
    "at cell ends": ["print(ask('x').status_code)"] * 60,
}


def as_saved(nb: Kernel, cells: dict[str, str]) -> dict[str, Any]:
    """The notebook as a front end has it when its kernel dies: what was sent until then."""
    outputs: dict[str, list[dict[str, Any]]] = {sent: [] for sent in cells}
    with suppress(Empty):
        while True:
            got = nb.client.get_iopub_msg(timeout=0.2)
            content, sent = got["content"], got["parent_header"].get("msg_id")
            if sent in outputs and got["msg_type"] == "display_data":
                made = {"output_type": "display_data", "data": content["data"], "metadata": content["metadata"]}
                outputs[sent].append(made)
            elif sent in outputs and got["msg_type"] == "stream":
                outputs[sent].append({"output_type": "stream", "name": content["name"], "text": content["text"]})
    saved = [
        {**nbformat.v4.new_code_cell(source), "id": f"c{n}", "outputs": outputs[sent]}
        for n, (sent, source) in enumerate(cells.items())
    ]
    return json.loads(json.dumps(nbformat.v4.new_notebook(cells=saved)))


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_a_hundred_kernels_killed_at_random_lose_no_call_that_had_started(tmp_path: Path, server: Loopback) -> None:
    """In calls, in streams and at cell ends; the notebook and its journal are left without a contradiction."""
    chance = random.Random(3)
    for round_ in range(100):
        folder = tmp_path / str(round_)
        folder.mkdir()
        before = server.count
        with kernel(folder) as nb:
            nb.run("%load_ext jupyter_aiprov")
            nb.run(CALL.format(url=server.url()))
            work = WORK[list(WORK)[round_ % 3]]
            cells = {nb.start(code): code for code in (one.format(url=server.url()) for one in work)}
            target = before + chance.randint(1, 40)
            deadline = time.monotonic() + 60
            while server.count < target:
                assert time.monotonic() < deadline
                time.sleep(chance.random() * 0.004)
            nb.kill()
            saved = as_saved(nb, cells)
        asked = server.count - before
        recorded = {e["id"] for p in journals(folder) for e in journal.read(p) if e["type"] == "invocation"}
        assert len(recorded) >= asked
        assert chains_are_whole(folder)
        done = annotate(saved, journals(folder)).notebook
        nbformat.validate(nbformat.from_dict(done))
        (session,) = {p.name.split(".")[0] for p in journals(folder)}
        assert verify(done, {session: journals(folder)}).changes == ()


HOLDING = """
import httpx, json
body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": "hi"}}], "stream": True}}
client = httpx.Client()
held = client.send(client.build_request("POST", "{url}/v1/chat/completions", json=body), stream=True)
lines = held.iter_lines()
"""
TO_THE_REASON = 'for line in lines:\n    if \'"finish_reason": "stop"\' in line: break'


def test_an_answer_whose_stream_is_held_and_read_no_further_is_on_record_all_the_same(
    tmp_path: Path, server: Loopback
) -> None:
    """LiteLLM 1.83 stops at the reason an answer ended for, and neither reads on nor closes."""
    with kernel(tmp_path) as nb:
        nb.run("%load_ext jupyter_aiprov")
        nb.run(HOLDING.format(url=server.url("sized")))
        nb.run(TO_THE_REASON)
        deadline = time.monotonic() + 30
        while nb.calls()[0]["status"] == "started" and time.monotonic() < deadline:
            nb.run("pass")
        (call,) = nb.calls()
        assert call["status"] in ("completed", "abandoned")
        assert call["gen_ai.response.finish_reasons"] == ["stop"]
        assert nb.run("rest = list(lines); held.close(); client.close()").error is None
        assert len(nb.calls()) == 1


def test_when_recording_ends_what_came_of_a_stream_that_is_still_held_is_on_record(
    tmp_path: Path, server: Loopback
) -> None:
    with kernel(tmp_path) as nb:
        nb.run("%load_ext jupyter_aiprov")
        nb.run(HOLDING.format(url=server.url("hold")) + "next(lines)")
        assert nb.calls()[0]["status"] == "started"
        nb.run("%unload_ext jupyter_aiprov")
        (call,) = nb.calls()
        assert call["status"] == "abandoned"
        assert "read_in" not in call
        server.release.set()
        assert nb.run("rest = list(lines)").error is None


def test_a_stream_whose_event_loop_a_cell_holds_up_is_not_taken_for_one_that_is_read_no_further(
    tmp_path: Path, server: Loopback
) -> None:
    """The reason an answer ended for has come, its counters have not: the task that reads them has no turn."""
    with kernel(tmp_path) as nb:
        nb.run("%load_ext jupyter_aiprov")
        nb.run(HOLDING.format(url=server.url("sized")).partition("client =")[0])
        nb.run(
            "client = httpx.AsyncClient()\n"
            f"request = client.build_request('POST', '{server.url('sized')}/v1/chat/completions', json=body)\n"
            "held = await client.send(request, stream=True)\n"
            "pieces = held.aiter_lines()\n"
            'async for line in pieces:\n    if \'"finish_reason": "stop"\' in line: break'
        )
        nb.run("import time; until = time.monotonic() + 0.5\nwhile time.monotonic() < until: pass")
        nb.run("pass")
        assert nb.calls()[0]["status"] == "started"
        nb.run("rest = [line async for line in pieces]; await held.aclose(); await client.aclose()")
        (call,) = nb.calls()
        assert call["status"] in ("completed", "abandoned")
