"""An answer from a cache leaves no request; it is on record all the same, marked `cached`."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_aiprov.model import text_of
from tests.capture.fake_tap import FakeTap
from tests.loopback import TEXT, Loopback

pytestmark = [pytest.mark.sdk, pytest.mark.filterwarnings("ignore")]
HI = [{"role": "user", "content": "hi"}]


def check(tap: FakeTap, server: Loopback, model: str = "gpt-4o-mini") -> None:
    assert server.count == 1
    wire, cached = tap.calls
    assert (wire.cached, cached.cached) == (False, True)
    assert cached.invocation is not None
    assert cached.invocation.request_model == model
    assert [text_of(m.parts) for m in cached.invocation.output] == [TEXT]
    assert [text_of(m.parts) for m in cached.invocation.input] == ["hi"]
    assert tap.gaps == []


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    monkeypatch.setenv("NO_PROXY", "*")


def test_litellm(tap, installed, server):
    """Its own cache object; the call around it needs the proxy's requirements in some versions."""
    litellm = pytest.importorskip("litellm")
    cache = litellm.Cache(type="local")
    asked: dict[str, Any] = {"model": "gpt-4o-mini", "messages": HI, "temperature": 0.5}
    assert cache.get_cache(**asked) is None
    answer = litellm.completion(**asked, api_base=server.url(path="/v1"), api_key="k")
    cache.add_cache(answer.model_dump_json(), **asked)
    assert cache.get_cache(**asked)
    check(tap, server)
    assert tap.calls[1].invocation.parameters["temperature"] == 0.5


def test_langchain(tap, installed, server):
    pytest.importorskip("langchain_openai")
    from langchain_core.caches import InMemoryCache
    from langchain_openai import ChatOpenAI

    llm = ChatOpenAI(model="gpt-4o-mini", base_url=server.url(path="/v1"), api_key="k", cache=InMemoryCache())
    assert [llm.invoke("hi").content for _ in range(2)] == [TEXT] * 2
    check(tap, server)


def test_dspy(tap, installed, server, tmp_path):
    dspy = pytest.importorskip("dspy")
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    llm = dspy.LM("openai/gpt-4o-mini", api_base=server.url(path="/v1"), api_key="k")
    assert [llm("hi") for _ in range(2)] == [[TEXT]] * 2
    check(tap, server)
