"""The journal where the world is unkind: clocks that jump, shared and moved folders, disks that forget their files."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov import journal
from jupyter_aiprov.journal import Journal
from jupyter_aiprov.provenance import Provenance
from tests.kernels import chains_are_whole, kernel
from tests.loopback import serving

CALL = """
import httpx
body = {{"model": "m", "messages": [{{"role": "user", "content": "x"}}]}}
def ask(): return httpx.post("{url}/v1/chat/completions", json=body, timeout=30).status_code
"""


def gap(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "gap", "id": name, "reason": "test", **more}


def names(folder: Path, session: str = "s") -> list[str]:
    return [e["id"] for p in journal.parts_of(folder, session) for e in journal.read(p)]


# ── clocks ─────────────────────────────────────────────────────────────────────────
@given(times=st.lists(st.datetimes(), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_a_clock_that_jumps_breaks_no_chain_and_changes_no_order(
    tmp_path_factory: pytest.TempPathFactory, times: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("clock")
    one = Journal(folder, "s")
    for number, time in enumerate(times):
        one.put(gap(str(number), time=time.isoformat(timespec="milliseconds") + "+00:00"))
    assert one.close()
    assert journal.verify(folder / "s.jsonl").is_whole
    assert names(folder) == [str(n) for n in range(len(times))]


def test_an_answer_dated_before_its_question_is_still_one_call(tmp_path: Path) -> None:
    """The fold goes by the order of lines, not by their times."""
    one = Journal(tmp_path, "s")
    call = {"type": "invocation", "id": "i", "session": "s", "execution": "e"}
    one.put({**call, "status": "started", "time": "2027-03-28T03:00:00.000+00:00"})
    one.put({**call, "status": "completed", "time": "2027-03-28T01:59:59.000+00:00", "gen_ai.request.model": "m"})
    assert one.close()
    (use,) = Provenance.of(journal.read(tmp_path / "s.jsonl")).uses
    assert (use.status, use.count) == ("completed", 1)


# ── folders ────────────────────────────────────────────────────────────────────────
def test_two_kernels_in_one_folder_keep_two_whole_records(tmp_path: Path) -> None:
    with serving() as server, kernel(tmp_path) as first, kernel(tmp_path) as second:
        for nb in (first, second):
            nb.run("%load_ext jupyter_aiprov")
            nb.run(CALL.format(url=server.url()))
        sent = [(nb, nb.start("for _ in range(25): ask()")) for _ in range(3) for nb in (first, second)]
        for nb, message in sent:
            nb.finish(message)
        own = [nb.value("len(__import__('jupyter_aiprov').invocations())") for nb in (first, second)]
        paths = first.journals
    assert own == [75, 75]
    assert len(paths) == 2
    assert chains_are_whole(tmp_path)
    calls = [{e["id"] for e in journal.read(p) if e["type"] == "invocation"} for p in paths]
    assert [len(c) for c in calls] == [75, 75]
    assert not calls[0] & calls[1]


def test_a_folder_renamed_under_a_kernel_takes_the_record_along(tmp_path: Path) -> None:
    """What is open stays open; what the next kernel writes lies where its notebook is."""
    with serving() as server, kernel(tmp_path) as nb:
        nb.run("%load_ext jupyter_aiprov")
        nb.run(CALL.format(url=server.url()))
        nb.run("_ = ask()")
        moved = nb.folder.with_name("renamed")
        nb.folder.rename(moved)
        for _ in range(3):
            assert nb.run("print(ask())").stdout.strip() == "200"
        stamp = nb.run("_ = ask()").stamps[0]
        asked = server.count
    folders = [p.parent for p in sorted(tmp_path.rglob("*.jsonl")) if not p.name.endswith(".content.jsonl")]
    assert folders == [moved / ".aiprov" / folders[0].name]
    verdict = journal.verify(journal.parts_of(folders[0], stamp["journal"]["session"]))
    assert verdict.is_whole
    recorded = {e["id"] for p in folders[0].glob("*.jsonl") for e in journal.read(p) if e.get("type") == "invocation"}
    assert len(recorded) == asked == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_becomes_read_only_is_a_stated_gap(tmp_path: Path) -> None:
    one = Journal(tmp_path, "s", rotate_at=10)
    one.put(gap("a"), wait=5)
    tmp_path.chmod(0o500)
    one.put(gap("b"), wait=5)
    assert not one.is_writable
    tmp_path.chmod(0o700)
    one.put(gap("c"), wait=5)
    assert one.close()
    assert [e.get("id") for e in one.events()][:1] == ["a"]
    assert {"a", "b", "c"} <= set(names(tmp_path))


# ── network disks ──────────────────────────────────────────────────────────────────
class Disk:
    """`os` as the journal sees it, with the failures of a network disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.failing: dict[str, Callable[..., bool]] = {}
        for name in ("write", "fsync", "fstat", "ftruncate", "open", "close"):
            real = getattr(os, name)

            def call(*args: Any, name: str = name, real: Any = real, **kwargs: Any) -> Any:
                fails = self.failing.get(name)
                if fails is not None and fails(*args):
                    raise OSError(errno.ESTALE if name != "fsync" else errno.EIO, "Stale file handle")
                return real(*args, **kwargs)

            monkeypatch.setattr(os, name, call)


def test_a_stale_handle_is_opened_anew_and_no_line_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    one = Journal(tmp_path, "s")
    assert one.put(gap("a"), wait=5)
    stale = one._file.fd if one._file else -1
    for name in ("write", "fstat", "ftruncate", "close"):
        disk.failing[name] = lambda fd, *_: fd == stale
    for name in "bcd":
        assert one.put(gap(name), wait=5)
    disk.failing.clear()
    assert one.close()
    kept = [e for p in journal.parts_of(tmp_path, "s") for e in journal.read(p)]
    assert [e["id"] for e in kept if e["reason"] == "test"] == ["a", "b", "c", "d"]
    assert journal.verify(journal.parts_of(tmp_path, "s")).is_whole


def test_a_server_that_is_away_for_a_while_is_a_gap_with_its_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    one = Journal(tmp_path, "s")
    assert one.put(gap("a"), wait=5)
    disk.failing = dict.fromkeys(("write", "fsync", "fstat", "ftruncate", "open"), lambda *_: True)
    for name in "bc":
        assert one.put(gap(name), wait=5)
    one.flush(5, sync=True)
    assert not one.is_writable
    disk.failing.clear()
    assert one.put(gap("d"), wait=5)
    assert one.close()
    kept = [e for p in journal.parts_of(tmp_path, "s") for e in journal.read(p)]
    assert [e.get("id") for e in kept if e["reason"] == "test"] == ["a", "b", "c", "d"]
    (away,) = [e for e in kept if e["reason"] == "journal-unwritable"]
    assert away["from"] <= away["to"]
    assert journal.verify(journal.parts_of(tmp_path, "s")).is_whole


@pytest.mark.parametrize("part", range(0, 700, 9))
def test_a_torn_write_of_several_lines_that_cannot_be_undone_leaves_a_chain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    """As on a file that may only be appended to: what is there whole counts, the rest comes after a stated gap."""
    disk = Disk(monkeypatch)
    one = Journal(tmp_path, "s")
    assert one.put(gap("a"), wait=5)
    real, torn = os.write, [True]

    def write(fd: int, data: bytes) -> int:
        if torn[0] and b'"seq"' in data:
            torn[0] = False
            disk.failing["write"] = lambda *_: True
            os.pwrite(fd, data[: min(part, len(data) - 2)], 0)  # appended, whatever the place: the file is opened so
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data)

    monkeypatch.setattr(os, "write", write)
    disk.failing["ftruncate"] = lambda *_: True

    def several() -> None:
        for name in "bcd":
            one.write(gap(name), lazily=True)

    one.run(several, lazily=True)
    assert one.flush(5)
    assert not one.is_writable
    disk.failing.clear()
    assert one.put(gap("e"), wait=5)
    assert one.close()
    kept = [e for p in journal.parts_of(tmp_path, "s") for e in journal.read(p)]
    assert [e["id"] for e in kept if e["reason"] == "test"] == ["a", "b", "c", "d", "e"]
    assert "journal-unwritable" in {e["reason"] for e in kept}
    problems = journal.verify(journal.parts_of(tmp_path, "s")).problems
    assert [p for p in problems if "not a whole line" not in p] == []  # the torn piece itself is all that is wrong
    assert len(problems) <= 1


def test_an_fsync_that_fails_changes_nothing_for_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    disk.failing["fsync"] = lambda *_: True
    one = Journal(tmp_path, "s")
    for name in "abc":
        one.put(gap(name))
        assert one.flush(5, sync=True)
    assert one.close()
    assert names(tmp_path) == ["a", "b", "c"]


@given(plan=st.lists(st.sampled_from(["put", "refuse", "accept", "half", "delete"]), min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_whatever_the_disk_does_lines_come_in_order_or_are_said_to_be_missing(
    tmp_path_factory: pytest.TempPathFactory, plan: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("disk")
    real, refusing, half = os.write, [False], [False]

    def write(fd: int, data: bytes) -> int:
        if refusing[0] and b'"seq"' in data:
            if half[0]:
                real(fd, bytes(data[: len(data) // 2]))
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", write)
        one = Journal(folder, "s")
        number, gone = 0, 0
        for step in plan:
            if step == "put":
                number += 1
                one.put(gap(str(number)), wait=5)
            elif step == "delete":
                one.flush(5)
                for path in folder.glob("s*.jsonl"):
                    path.unlink()
                gone = number if not refusing[0] else gone
            else:
                refusing[0], half[0] = step in {"refuse", "half"}, step == "half"
        refusing[0] = False
        number += 1
        one.put(gap(str(number)), wait=5)
        assert one.close()
    found = sorted(folder.glob("s*.jsonl"), key=lambda p: (len(p.name), p.name))
    kept = [int(e["id"]) for p in found for e in journal.read(p) if e["reason"] == "test"]
    assert kept == sorted(set(kept))
    assert set(range(gone + 1, number + 1)) - set(kept) <= set(range(1, number)) if "delete" in plan else True
    if "delete" not in plan:
        assert kept == list(range(1, number + 1))
        assert journal.verify(found).is_whole
    assert number in kept
    assert json.dumps(kept)
