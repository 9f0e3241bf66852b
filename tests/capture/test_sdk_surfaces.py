"""Each SDK and framework: one record per request on the wire, the same answer with and without us."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_aiprov import readers
from jupyter_aiprov.capture import install
from tests.capture import framework_surfaces, more_surfaces, newer_surfaces, sdk_surfaces
from tests.capture.surfaces import CLIENTS, KEY, SURFACES
from tests.loopback import Loopback

pytestmark = [
    pytest.mark.sdk,
    pytest.mark.filterwarnings("ignore"),  # the SDKs' own deprecations and unclosed sockets
]
assert framework_surfaces
assert more_surfaces
assert newer_surfaces
assert sdk_surfaces
# left before the answer's end; instructor stops at the first word that is no JSON
LEFT = {"anthropic_stream_left_early", "bedrock_stream_left_early", "instructor_partial"}
# answered later: the rows of a batch belong to the call that asked for it
LATER = {"openai_batch", "anthropic_batch"}
# LiteLLM 1.83 neither reads this stream to its last event nor lets it go
HELD = {"litellm_anthropic_stream"}


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither telemetry nor proxies nor price lists from the net."""
    for name, value in {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True", "DO_NOT_TRACK": "1", "LANGSMITH_TRACING": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1", "NO_PROXY": "*",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for name in [n for n in os.environ if n.lower() in ("http_proxy", "https_proxy", "all_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def clients() -> Iterator[None]:
    """No client outlives its test."""
    CLIENTS.clear()
    yield
    CLIENTS.clear()


@pytest.mark.parametrize("name", SURFACES)
def test_one_record_per_request_and_the_same_answer_whenever_the_client_was_built(
    name: str, server: Loopback, tap: Any
) -> None:
    library, ask = SURFACES[name]
    pytest.importorskip(library, exc_type=ImportError)
    try:
        expected = ask(server.url())  # builds the clients that are kept
    except TypeError as error:
        if "but this SDK uses" in str(error):  # two libraries of the resolved set that do not fit each other
            pytest.skip(f"without us: {error}")
        raise
    gc.collect()
    asked = [path for path in server.paths if "/api/tags" not in path]
    assert asked, "the surface must reach the wire"
    for _built in ("before loading", "after"):
        with install(tap):
            server.hits.clear()
            tap.clear()
            assert ask(server.url()) == expected
            gc.collect()
            assert len(tap.calls) == server.count == len(asked), (tap.by_method(), server.paths)
            for call in tap.calls:
                assert call.status == 200
                assert call.ended is not None or name in HELD
                assert KEY not in str(call.request.headers)
                reader = readers.recognise(call.request)
                assert reader is not None, call.request.url
                found = reader.read(call.exchange)
                assert found.unparsed is None
                assert found.error_type is None
                assert found.complete is (name not in LEFT | LATER) or reader.kind == "housekeeping"
            assert tap.gaps == []
        CLIENTS.clear()
