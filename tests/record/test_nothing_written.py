"""Whatever is asked and answered, in whatever pieces: no key and no declared value is in any file that is written."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov.guard.columns import Columns
from tests.capture.recording import Recording, recording
from tests.guard.made import labelled
from tests.test_redact import SECRETS, secrets

NOTES, _ = labelled()
COLUMNS = Columns()
COLUMNS.declare("df.note", NOTES, "warn")
EXAMPLE = itertools.count()
around = st.text("abc déf\n\"'{}[]:,;éà漢", max_size=40)
cuts = st.lists(st.integers(0, 300), max_size=5)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    with recording(tmp_path_factory.mktemp("record")) as made:
        made.recorder.redactor.finders.append(COLUMNS.spans)
        yield made


def pieces(text: str, at: list[int]) -> list[str]:
    places = sorted({min(a, len(text)) for a in at} | {0, len(text)})
    return [text[a:b] for a, b in itertools.pairwise(places)] or [""]


def streamed(parts: list[str]) -> httpx.Response:
    chunks = [{"choices": [{"index": 0, "delta": {"content": part}}], "model": "m"} for part in parts]
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    return httpx.Response(200, text=body, headers={"content-type": "text/event-stream"})


def ask(messages: list[Any], answer: list[str], status: int = 200) -> None:
    def respond(_request: httpx.Request) -> httpx.Response:
        return streamed(answer) if status == 200 else httpx.Response(status, json={"error": {"message": answer[0]}})

    with httpx.Client(transport=httpx.MockTransport(respond)) as client:
        body = {"model": "m", "stream": True, "messages": messages}
        client.post("https://api.openai.com/v1/chat/completions", json=body)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def written(record: Recording) -> list[str]:
    """All text of all files: as it is, as JSON reads it, and what was written in pieces put together."""
    lines = [json.loads(line) for line in record.text().splitlines() if line.startswith("{")]
    for path in record.folder.glob("*.jsonl"):
        path.write_bytes(b"") if path.name.endswith(".content.jsonl") else None
    return [
        json.dumps(lines),
        "\n".join(s for one in lines for s in strings(one)),
        *("".join(strings(x)) for x in lines),
    ]


@given(
    before=around, secret=secrets | st.sampled_from(NOTES), behind=around, asked=cuts, told=cuts, error=st.booleans()
)
@settings(max_examples=150, deadline=None)
def test_what_was_planted_is_in_no_file_however_it_was_cut(
    record: Recording, before: str, secret: str, behind: str, asked: list[int], told: list[int], error: bool
) -> None:
    mark = f"innocuous {next(EXAMPLE)}"  # another text each time: what was kept before is not kept again
    text = f"{before} {secret} {behind} {mark}"
    parts = [{"type": "text", "text": part} for part in pieces(text, asked)]
    answer = [text] if error else pieces(text, told)
    ask([{"role": "user", "content": parts}], answer, status=400 if error else 200)
    ask([{"role": "user", "content": text}], answer)
    found = written(record)
    assert not [one for one in found if secret in one]
    assert [one for one in found if mark in one]  # what may be kept is


@given(
    before=around,
    secret=st.one_of(*(s for name, s in SECRETS.items() if name != "private-key")) | st.sampled_from(NOTES),
    at=st.lists(st.integers(1, 60), min_size=1, max_size=3),
    other=st.sampled_from(["", "And?", "x" * 3000]),
    system=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_what_was_planted_in_several_messages_is_not_in_their_texts_put_together(
    record: Recording, before: str, secret: str, at: list[int], other: str, system: bool
) -> None:
    """A reader of the record puts the messages together as the model did; answers may stand between them."""
    mark = f"innocuous {next(EXAMPLE)}"
    cut = pieces(secret, [min(a, len(secret) - 1) for a in at])
    said = [f"{mark} {before} {cut[0]}", *cut[1:]]
    messages = [{"role": "user", "content": text} for text in said]
    messages[0]["role"] = "system" if system and not other else "user"
    if other:
        messages = [m for message in messages for m in (message, {"role": "assistant", "content": other})]
    ask(messages, ["yes"])
    lines = [json.loads(line) for line in record.text().splitlines() if line.startswith("{")]
    for path in record.folder.glob("*.content.jsonl"):
        path.write_bytes(b"")
    kept = [line["value"] for line in lines if "value" in line]
    texts = [p["content"] for v in kept if v["role"] in ("user", "system") for p in v["parts"]]
    assert secret not in "".join(texts)
    assert [t for t in texts if mark in t]


@given(
    before=around,
    secret=secrets | st.sampled_from(NOTES),
    packed=st.sampled_from(
        [
            lambda t: base64.b64encode(t).decode(),
            lambda t: base64.urlsafe_b64encode(t).decode(),
            lambda t: base64.b64encode(gzip.compress(t)).decode(),
            bytes.hex,
        ]
    ),
)
@settings(max_examples=100, deadline=None)
def test_what_was_planted_in_base64_is_in_no_file(record: Recording, before: str, secret: str, packed: Any) -> None:
    mark = f"innocuous {next(EXAMPLE)}"
    text = packed(f"Re: {secret} ok".encode())
    ask([{"role": "user", "content": f"{mark} {before} {text}"}], [f"It says {text} ", "indeed"])
    found = written(record)
    assert not [one for one in found if text[12:-12] in one]
    assert [one for one in found if mark in one]


# ── a call is on disk before it leaves ─────────────────────────────────────────────
def test_a_disk_that_hangs_is_a_gap_and_stops_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is away for as long as both calls take."""
    with recording(tmp_path) as record:
        release = threading.Event()
        journal = record.recorder.journal
        place, reached = journal._place, threading.Event()

        def hung(line: bytes) -> None:
            reached.set()
            release.wait(60)
            place(line)

        monkeypatch.setattr(journal, "_place", hung)
        ask([{"role": "user", "content": "one"}], ["yes"])
        assert reached.is_set()
        ask([{"role": "user", "content": "two"}], ["yes"])
        release.set()
        assert [g["reason"] for g in record.events("gap")] == ["queue-timeout"]
        assert len(record.calls()) == 2
