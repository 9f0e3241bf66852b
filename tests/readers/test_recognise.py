"""What is an AI call is decided by the request alone: host, method and path, or path and body shape."""

import json

import pytest

from jupyter_aiprov import readers
from jupyter_aiprov.model import Request
from tests.readers.conftest import WIRE

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def ask(method: str, url: str, body: object = None, **headers: str) -> Request:
    return Request(method, url, headers, b"" if body is None else json.dumps(body).encode())


@pytest.mark.parametrize(
    "url",
    [
        "https://pypi.org/simple/numpy/",
        "https://huggingface.co/openai/whisper/resolve/main/model.safetensors",
        "https://storage.googleapis.com/bucket/v1/chat/completions.csv",
        "http://localhost:8888/api/contents/notebook.ipynb",
        "https://openrouter.ai/docs/quickstart",
        "https://ollama.com/library/llama3",
        "https://www.openai.com/research",
        "not a url",
        "",
    ],
)
def test_ordinary_web_traffic_is_not_recorded(url: str) -> None:
    assert readers.recognise(ask("GET", url)) is None


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("https://example.org/chat/completions", {"cart": 1}),
        ("https://example.org/api/generate", {"report": "pdf"}),
        ("https://example.org/v1/messages", {"messages": ["a"]}),
        ("https://example.org/embeddings", None),
        ("https://example.org/responses", {"answers": []}),
        ("https://dev.azure.com/org/_apis/git/repositories", {"prompt": "x"}),
        ("https://s3.eu-west-1.amazonaws.com/", {"Text": "x"}),
    ],
)
def test_a_path_alone_does_not_make_a_call_of_a_request_to_an_unknown_host(url: str, body: object) -> None:
    assert readers.recognise(ask("POST", url, body)) is None


@pytest.mark.parametrize(
    ("url", "body", "name"),
    [
        ("http://10.0.0.7:8000/v1/chat/completions", CHAT, "openai_chat.chat"),
        ("https://x.example.org/a/b/c/v1/chat/completions/", None, None),
        ("https://x.example.org/a/b/c/v1/completions", {"model": "m", "prompt": "p"}, "openai_chat.completions"),
        ("https://x.example.org/openai/v1/responses", {"model": "m", "input": "p"}, "openai_responses.responses"),
        ("https://x.example.org/v1/embeddings", {"input": "p"}, "embeddings.embeddings"),
        ("https://x.example.org/v1/messages", CHAT | {"max_tokens": 1}, "anthropic.messages"),
        ("http://[::1]:11434/api/chat", CHAT, "ollama.chat"),
        ("https://gw.example.org/bedrock/model/m/converse", CHAT, "bedrock.converse"),
        ("https://gw.example.org/g/v1beta/models/m:generateContent", {"contents": []}, "gemini.generate"),
        ("https://gw.example.org/v1/images/generations", {"prompt": "p"}, "openai_media.images"),
        ("https://gw.example.org/v1/audio/speech", {"input": "p", "voice": "v"}, "openai_media.speech"),
        ("https://gw.example.org/v1/rerank", {"query": "q", "documents": ["d"]}, "rerank.rerank"),
        ("http://localhost:8080/completion", {"prompt": "p", "n_predict": 5}, "openai_chat.llama_server"),
        ("http://localhost:8080/generate", {"inputs": "p"}, "huggingface.infer"),
    ],
)
def test_any_host_is_recognised_by_path_and_shape_of_the_body(url: str, body: object, name: str | None) -> None:
    reader = readers.recognise(ask("POST", url, body))
    assert (reader and reader.name) == name
    if reader is not None:
        assert reader.kind == "call"


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "https://api.openai.com/v1/models"),
        ("POST", "https://api.openai.com/v1/files"),
        ("DELETE", "https://api.openai.com/v1/files/file-1"),
        ("POST", "https://api.openai.com/v1/vector_stores/vs_1/files"),
        ("POST", "https://api.openai.com/v1/fine_tuning/jobs"),
        ("POST", "https://api.openai.com/v1/threads"),
        ("POST", "https://api.openai.com/v1/conversations"),
        ("POST", "https://api.openai.com/v1/responses/input_tokens"),
        ("POST", "https://api.anthropic.com/v1/messages/count_tokens"),
        ("GET", "https://api.anthropic.com/v1/messages/batches/b"),
        ("POST", "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/count-tokens"),
        ("POST", "https://generativelanguage.googleapis.com/v1beta/models/m:countTokens"),
        ("POST", "https://generativelanguage.googleapis.com/v1beta/cachedContents"),
        ("POST", "https://generativelanguage.googleapis.com/upload/v1beta/files"),
        ("GET", "https://api.replicate.com/v1/predictions"),
        ("POST", "https://us-east5-aiplatform.googleapis.com/v1/p/publishers/anthropic/models/count-tokens:rawPredict"),
        ("POST", "https://ollama.com/api/show"),
        ("GET", "https://openrouter.ai/api/v1/credits"),
    ],
)
def test_listing_storing_and_counting_is_housekeeping(method: str, url: str) -> None:
    reader = readers.recognise(ask(method, url))
    assert reader is not None
    assert reader.kind == "housekeeping"


def test_an_unknown_generating_path_on_a_known_host_is_recorded_raw() -> None:
    reader = readers.recognise(ask("POST", "https://api.openai.com/v9/dream", {"model": "m"}))
    assert reader is not None
    assert (reader.name, reader.kind, reader.provider) == ("generic.call", "call", "openai")


def test_a_dialect_on_a_known_host_is_recognised_even_when_its_body_is_broken() -> None:
    request = Request("POST", "https://api.openai.com/v1/chat/completions", {}, b'{"model": "m",')
    reader = readers.recognise(request)
    assert reader is not None
    assert reader.name == "openai_chat.chat"
    assert readers.recognise(Request("POST", "https://example.org/chat/completions", {}, b'{"model": "m",')) is None


def test_a_body_longer_than_what_is_kept_is_recognised_by_the_keys_in_its_head() -> None:
    body = b'{"model": "m", "messages": [{"role": "user", "content": "' + b"x" * 1000
    reader = readers.recognise(Request("POST", "http://gpu:8000/v1/chat/completions", {}, body, truncated=True))
    assert reader is not None
    assert reader.name == "openai_chat.chat"


@pytest.mark.parametrize("host", ["llm.example.org", "*.example.org", "llm.example.org:8443"])
def test_the_users_own_hosts_count_as_known(host: str) -> None:
    request = ask("POST", "https://llm.example.org:8443/private/ask", {"prompt": "hi"})
    assert readers.recognise(request) is None
    reader = readers.recognise(request, [host])
    assert reader is not None
    assert (reader.name, reader.provider) == ("generic.call", None)
    listing = readers.recognise(ask("GET", "https://llm.example.org:8443/private/models"), [host])
    assert listing is not None
    assert listing.kind == "housekeeping"


def test_the_same_dialect_at_another_provider_is_another_reader() -> None:
    names = ("https://api.groq.com/openai/v1/chat/completions", "https://api.deepseek.com/chat/completions")
    found = [readers.recognise(ask("POST", url, CHAT)) for url in names]
    assert [reader and reader.provider for reader in found] == ["groq", "deepseek"]
    assert len({reader and reader.name for reader in found}) == 1


def test_a_port_or_user_in_the_address_does_not_hide_a_known_host() -> None:
    reader = readers.recognise(ask("POST", "https://user@API.OpenAI.com:443/v1/chat/completions?x=1", CHAT))
    assert reader is not None
    assert reader.provider == "openai"


ADDRESSES = [
    line.split(" ", 3)
    for line in (WIRE / "addresses.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("line", ADDRESSES, ids=[f"{line[1]} {line[2].partition('//')[2][:80]}" for line in ADDRESSES])
def test_keeping_things_at_an_ai_host_is_no_call_and_asking_is_one(line: list[str]) -> None:
    wanted, method, url, *body = line
    headers = {"content-type": "application/json"} if body else {}
    reader = readers.recognise(Request(method, url, headers, body[0].encode() if body else b""))
    found = reader.kind if reader else "none"
    # what nobody answers needs no name: housekeeping at a host that is not known goes by unseen
    assert found == wanted or (wanted == "housekeeping" and found == "none")
