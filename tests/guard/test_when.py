"""When a request is examined: before it leaves, beside its started line where the guard can only warn of it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.errors import ConfidentialDataError
from jupyter_aiprov.guard import Guard
from tests.capture.recording import recording

MAIL = "Write to marie.curie@example.org, please."
NOTE = "fell down the cellar stairs on Tuesday evening"


class Sent:
    """One request asked under a guard: where it was examined, what was said before it left."""

    def __init__(self, folder: Path, guard: Guard, text: str) -> None:
        self.examined_in: list[str] = []
        self.warned_in: list[str] = []
        self.warnings_when_sent: list[int] = []
        with recording(folder) as record:

            def examine(request: Any, destination: str, *_: Any) -> Any:
                self.examined_in.append(threading.current_thread().name)
                return guard.examine(request, destination)

            record.recorder.examine, record.recorder.holds = examine, guard.holds
            record.recorder.warn = lambda _text: self.warned_in.append(threading.current_thread().name)
            self.error: BaseException | None = None
            try:
                with httpx.Client(transport=httpx.MockTransport(self.respond)) as client:
                    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
                    client.post("https://api.openai.com/v1/chat/completions", json=body)
            except ConfidentialDataError as error:
                self.error = error
            started, *_ = record.events("invocation")
            self.scan = started["privacy_scan"]

    def respond(self, _request: httpx.Request) -> httpx.Response:
        self.warnings_when_sent.append(len(self.warned_in))
        return httpx.Response(200, json={"choices": [{"message": {"role": "assistant", "content": "yes"}}]})


def test_what_can_only_warn_is_examined_beside_the_started_line_and_said_before_it_leaves(tmp_path: Path) -> None:
    sent = Sent(tmp_path, Guard(AIProv()), MAIL)
    assert sent.examined_in == ["aiprov-journal"]
    assert sent.warned_in == ["MainThread"]
    assert sent.warnings_when_sent == [1]
    assert [f["type"] for f in sent.scan["findings"]] == ["email"]


def test_what_may_stop_is_examined_by_whoever_asks_and_never_leaves(tmp_path: Path) -> None:
    guard = Guard(AIProv())
    guard.declare("df", "note", [NOTE], "block")
    sent = Sent(tmp_path, guard, f"Summarise: {NOTE}")
    assert sent.examined_in == ["MainThread"]
    assert isinstance(sent.error, ConfidentialDataError)
    assert sent.warnings_when_sent == []
    assert sent.scan["action"] == "block"


@pytest.mark.parametrize(
    ("config", "text"),
    [({"guard_patterns": {"own": "asthma"}}, "asthma?"), ({"guard_rules": {"name": "warn"}}, "hi"), ({}, "x" * 70_000)],
)
def test_what_may_take_long_to_look_at_keeps_no_other_line_waiting(
    tmp_path: Path, config: dict[str, Any], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = Guard(AIProv(**config))
    monkeypatch.setattr(guard, "_rules", dict)  # what they find is not the question, and models are not at hand
    assert Sent(tmp_path, guard, text).examined_in == ["MainThread"]
