"""record.md §3: a text is what its line committed to, or it is said that it is not."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_aiprov import journal
from jupyter_aiprov.journal import Event, Journal, KeptTexts
from jupyter_aiprov.recorder._texts import Texts
from tests.cli.conftest import aiprov as aiprov
from tests.cli.conftest import work as work
from tests.journal.test_journal import JSON

TIME = "2026-11-28T10:00:00.000+00:00"


def recorded(folder: Path, *calls: dict[str, list[Any]], lines: bool = True) -> Path:
    """A session whose calls said this, and the file of its texts."""
    one = Journal(folder, "s")
    texts = Texts(partial(one.keep_texts, lazily=True))

    def end(number: int, said: dict[str, list[Any]]) -> None:
        line: Event = {"time": TIME, "type": "invocation", "id": f"call-{number}", "status": "completed"}
        line |= texts.committed(line["id"], said, time=TIME, kept=True)
        if lines:
            one.write(line, lazily=True)

    for number, said in enumerate(calls):
        one.run(partial(end, number, said))
    assert one.close()
    return folder / "s.content.jsonl"


def checked(texts: Path) -> KeptTexts:
    return journal.verify_texts(texts, journal.read(texts.with_name("s.jsonl")))


def message(text: Any) -> dict[str, Any]:
    return {"role": "user", "parts": [{"type": "text", "content": text}]}


@settings(max_examples=150, deadline=None)
@given(said=st.lists(st.lists(JSON, max_size=3), min_size=1, max_size=4))
def test_whatever_was_said_the_text_kept_is_the_one_committed_to(
    tmp_path_factory: pytest.TempPathFactory, said: list[list[Any]]
) -> None:
    calls = [{"system": [], "input": [message(v) for v in values], "output": list(values)} for values in said]
    texts = recorded(tmp_path_factory.mktemp("t"), *calls)
    if not any(said):
        assert not texts.exists()
        return
    found = checked(texts)
    assert (found.problems, found.unnamed, found.torn_tail) == ((), 0, False)
    assert found.kept == len(list(journal.read_texts(texts))) == len(texts.read_bytes().splitlines())


def test_any_single_byte_changed_in_a_text_is_reported(tmp_path: Path) -> None:
    texts = recorded(tmp_path, {"input": [message("Is this asthma?")], "output": [message("yes, état 7")]})
    raw = texts.read_bytes()

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(raw) - 1), st.integers(1, 255))
    def changed(offset: int, flip: int) -> None:
        copy = bytearray(raw)
        copy[offset] ^= flip
        texts.write_bytes(copy)
        try:
            same = [json.loads(line) for line in copy.splitlines()] == [json.loads(line) for line in raw.splitlines()]
        except ValueError:
            same = False
        found = checked(texts)
        assert same or found.problems or found.torn_tail, (offset, flip)

    changed()


def test_an_answer_rewritten_with_a_commitment_of_its_own_is_one_that_its_call_never_made(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    texts = recorded(tmp_path, {"output": [message("no effect")]})
    texts.write_bytes(recorded(other, {"output": [message("a large effect")]}).read_bytes())
    assert "did not commit to" in checked(texts).problems[0][0]
    assert checked(texts).problems[0][1] == "call-0"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("invocation", "call-1", "its invocation is not that of its line"),
        ("part", "input", "its part is not that of its line"),
        ("time", "2020-01-01T00:00:00.000+00:00", "its time is not that of its line"),
        ("value", message("another answer"), "not the text that was committed to"),
        ("nonce", "00" * 16, "not the text that was committed to"),
        ("nonce", "zz", "not the text that was committed to"),
        ("nonce", 7, "not a record"),
        ("commitment", ["x"], "not a record"),
    ],
)
def test_each_key_of_a_text_is_held_against_its_line(tmp_path: Path, key: str, value: Any, said: str) -> None:
    texts = recorded(tmp_path, {"output": [message("one")]}, {"output": [message("two")]})
    first, second = texts.read_bytes().splitlines()
    texts.write_bytes(json.dumps({**json.loads(first), key: value}).encode() + b"\n" + second + b"\n")
    found = checked(texts)
    assert [problem for problem, _ in found.problems] == [f"s.content.jsonl line 1: {said}"]
    assert found.kept == 1


def test_a_text_twice_is_reported_and_one_taken_out_is_not(tmp_path: Path) -> None:
    """Texts may be purged at any time: that one is not there is no change."""
    texts = recorded(tmp_path, {"output": [message("one")]}, {"output": [message("two")]})
    first, second = texts.read_bytes().splitlines(keepends=True)
    texts.write_bytes(first + second + first)
    assert [problem for problem, _ in checked(texts).problems] == ["s.content.jsonl line 3: the same text twice"]
    texts.write_bytes(second)
    assert checked(texts) == KeptTexts(1)


def test_texts_whose_line_never_came_are_no_change(tmp_path: Path) -> None:
    """They go to disk just before it; a killed process leaves them, or a piece of one."""
    texts = recorded(tmp_path, {"output": [message("one")]}, lines=False)
    texts.with_name("s.jsonl").touch()
    assert checked(texts) == KeptTexts(0, unnamed=1)
    texts.write_bytes(texts.read_bytes()[:-9])
    assert checked(texts) == KeptTexts(0, torn_tail=True)


@pytest.mark.parametrize("line", [b"{", b"[]", b"7", b"null", b"{}", b'{"commitment":{}}', b"\xff", b"[" * 9000])
def test_what_is_no_text_is_passed_over_by_readers_and_named_by_the_check(tmp_path: Path, line: bytes) -> None:
    texts = recorded(tmp_path, {"output": [message("one")]})
    whole = texts.read_bytes()
    texts.write_bytes(line + b"\n" + whole)
    assert len(list(journal.read_texts(texts))) == 1
    found = checked(texts)
    assert (found.kept, len(found.problems)) == (1, 1)


def test_a_changed_text_is_never_handed_on(tmp_path: Path) -> None:
    texts = recorded(tmp_path, {"output": [message("no effect")]})
    texts.write_bytes(texts.read_bytes().replace(b"no effect", b"an effect"))
    assert not list(journal.read_texts(texts))


def test_the_command_says_of_each_session_whether_its_texts_are_what_was_committed_to(
    tmp_path: Path, aiprov: Any
) -> None:
    texts = recorded(tmp_path, {"output": [message("no effect")]}, {"output": [message("none")]})
    done = aiprov("journal", "verify", str(tmp_path))
    assert (done.code, done.out.splitlines()[-1].strip()) == (0, "2 texts kept, as they were committed to")
    texts.write_bytes(texts.read_bytes().replace(b"no effect", b"an effect"))
    done = aiprov("journal", "verify", str(tmp_path))
    assert done.code == 1
    assert "1 texts kept, changed" in done.out
    assert "s.content.jsonl line 1: not the text that was committed to" in done.out
