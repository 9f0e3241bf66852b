"""OpenAI's and Anthropic's clients in a real kernel, built before and after loading, in every way they can be asked.

Each request that the server counted is one attempt on record, in the cell that made it, and what the client gives is
what it gives without the extension. Runs with whichever openai is installed: 2 (httpx) and 3 (httpx2) are both tried.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kernels import Kernel, chains_are_whole, kernel
from tests.loopback import serving

# Each way takes a client, its async twin and a base address, and gives what a caller can see, as JSON.
COMMON = """
import asyncio, gc, inspect, re, concurrent.futures as cf
def headers(found):
    return sorted([k, v] for k, v in found.items() if k != "date")
def error(e, depth=0):
    if e is None or depth > 6:
        return None
    said = re.sub("0x[0-9a-f]+", "0x", repr(e.args))
    more = [getattr(e, n, None) for n in ("status_code", "code", "type", "body", "message")]
    return [type(e).__module__, type(e).__qualname__, said, repr(more), error(e.__cause__, depth + 1),
            error(e.__context__, depth + 1), e.__suppress_context__]
def failing(call):
    try:
        return ["no error", repr(call())]
    except Exception as e:
        return error(e)
def kind(value):
    return type(value).__module__ + "." + type(value).__qualname__
"""
OPENAI = """
import openai
def clients():
    made = dict(api_key="x", max_retries=0, base_url="{url}/v1", timeout=30)
    return openai.OpenAI(**made), openai.AsyncOpenAI(**made)
ASKED = dict(model="gpt-4o-mini", messages=[dict(role="user", content="hi")])
def at(client, mode):
    return client.with_options(base_url="{url}/~" + mode + "/v1").chat.completions
def create(client):
    return client.chat.completions.create
def nobody(client):
    return client.with_options(base_url="http://127.0.0.1:9/v1").chat.completions
def place(client):
    return client.chat.completions
"""
ANTHROPIC = """
import anthropic
def clients():
    made = dict(api_key="x", max_retries=0, base_url="{url}", timeout=30)
    return anthropic.Anthropic(**made), anthropic.AsyncAnthropic(**made)
ASKED = dict(model="claude-sonnet-4-5", max_tokens=9, messages=[dict(role="user", content="hi")])
def at(client, mode):
    return client.with_options(base_url="{url}/~" + mode).messages
def create(client):
    return client.messages.create
def nobody(client):
    return client.with_options(base_url="http://127.0.0.1:9").messages
def place(client):
    return client.messages
"""
WAYS = """
def chat(client, twin):
    got = place(client).create(**ASKED)
    return [kind(got), got.model_dump(mode="json"), got._request_id]
def raw(client, twin):
    got = place(client).with_raw_response.create(**ASKED)
    return [kind(got), kind(got.http_response), got.status_code, headers(got.headers), got.http_response.content.hex(),
            kind(got.parse()), got.http_response.is_closed]
def streaming(client, twin):
    with place(client).with_streaming_response.create(stream=True, **ASKED) as got:
        seen = [kind(got), got.status_code, headers(got.headers)]
        return [*seen, [c.hex() for c in got.iter_bytes()], got.http_response.is_closed]
def by_line(client, twin):
    with place(client).with_streaming_response.create(stream=True, **ASKED) as got:
        return list(got.iter_lines())
def to_the_end(client, twin):
    got = place(client).create(stream=True, **ASKED)
    return [kind(got), got.response.status_code, [[kind(c), c.model_dump(mode="json")] for c in got],
            got.response.is_closed]
def broken_off(client, twin):
    got, seen = place(client).create(stream=True, **ASKED), []
    for piece in got:
        seen.append(piece.model_dump(mode="json"))
        if len(seen) == 2:
            break
    got.close()
    return [seen, got.response.is_closed]
def never_read(client, twin):
    got = place(client).create(stream=True, **ASKED)
    said = kind(got)
    del got
    gc.collect()
    return said
async def gather(client, twin):
    all_ = await asyncio.gather(*[place(twin).create(**ASKED) for _ in range(50)])
    return [[kind(one), one.model_dump(mode="json")] for one in all_]
async def async_stream(client, twin):
    got = await place(twin).create(stream=True, **ASKED)
    return [kind(got), [[kind(c), c.model_dump(mode="json")] async for c in got]]
def threads(client, twin):
    with cf.ThreadPoolExecutor(8) as pool:
        return [one.model_dump(mode="json") for one in pool.map(lambda _: place(client).create(**ASKED), range(16))]
def refused(client, twin):
    return failing(lambda: nobody(client).create(**ASKED))
def busy(client, twin):
    return failing(lambda: at(client, "500").create(**ASKED))
def malformed(client, twin):
    return failing(lambda: at(client, "malformed").create(**ASKED))
def cut(client, twin):
    return failing(lambda: [c.model_dump(mode="json") for c in at(client, "cut").create(stream=True, **ASKED)])
def retried(client, twin):
    client = client.with_options(max_retries=2)
    client._calculate_retry_timeout = lambda *a, **k: 0
    return failing(lambda: at(client, "500").create(**ASKED))
WAYS = [chat, raw, streaming, by_line, to_the_end, broken_off, never_read, gather, async_stream, threads, refused, busy,
        malformed, cut, retried]
def names(): return [w.__name__ for w in WAYS]
async def told(way, pair):
    got = way(*pair)
    return await got if inspect.isawaitable(got) else got
"""
ENDS = {  # way -> how its attempts end; where it is not said: completed
    "broken_off": "abandoned",
    "never_read": "unread",
    "refused": "failed",
    "busy": "failed",
    "cut": "failed",
    "retried": "failed",
}
ASKED = {"gather": 50, "threads": 16, "retried": 3}  # way -> requests; where it is not said: one


@pytest.mark.timeout(400)  # some 130 cells
@pytest.mark.parametrize("library", ["openai", "anthropic"])
def test_every_way_of_asking_gives_the_same_and_each_attempt_is_on_record_in_its_cell(
    library: str, tmp_path: Path
) -> None:
    pytest.importorskip(library)
    with serving() as server, kernel(tmp_path) as nb:
        code = {"openai": OPENAI, "anthropic": ANTHROPIC}[library]
        nb.run(COMMON + code.replace("{url}", server.url()) + WAYS)
        nb.run("built_before = clients(); bound_before = create(built_before[0])")
        ways = nb.value("names()")
        nb.run("plain = clients()")
        nb.run("expected = {w.__name__: await told(w, plain) for w in WAYS}")
        nb.run("%load_ext jupyter_aiprov")
        nb.run("built_after = clients()")
        server.hits.clear()
        for built in ("built_before", "built_after"):
            for way in ways:
                before = server.count
                cell = nb.run(f"found = await told({way}, {built})")
                nb.run(f"assert found == expected[{way!r}], (found, expected[{way!r}])")
                asked = server.count - before
                assert asked == (0 if way == "refused" else ASKED.get(way, 1)), way
                calls = in_cell(nb, cell.reply["execution_count"])
                assert len(calls) == max(asked, 1), way
                assert {c["status"] for c in calls} == {ENDS.get(way, "completed")}, way
                assert cell.stamps[0]["groups"][0]["count"] == len(calls), way
                if way == "retried":
                    assert sorted(c["capture"]["attempt"] for c in calls) == [1, 2, 3]
        bound = nb.run("_ = bound_before(**ASKED)")
        assert len(in_cell(nb, bound.reply["execution_count"])) == 1
        assert len(nb.calls()) == server.count + 2, "a refused connection is an attempt that no server counts"
    assert chains_are_whole(tmp_path)


def in_cell(nb: Kernel, execution_count: int) -> list[dict[str, Any]]:
    """The calls that are credited to the cell with this count."""
    nb.run("import jupyter_aiprov.session as _s; assert _s.of(get_ipython()).recorder.flush(10)")
    ids = {e["id"] for e in nb.events("execution") if e.get("execution_count") == execution_count}
    return [c for c in nb.calls() if c["execution"] in ids]
