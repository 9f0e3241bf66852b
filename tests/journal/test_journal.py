"""record.md §3: one writer, one chain, lines that survive what breaks around them."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov import journal
from jupyter_aiprov.journal import Journal
from jupyter_aiprov.proof import commitment

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(st.characters(categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


def written(folder: Path, *events: dict[str, Any], session: str = "s") -> Path:
    one = Journal(folder, session)
    for event in events:
        one.put({"type": "gap", "id": str(id(event)), **event})
    assert one.close()
    return folder / f"{session}.jsonl"


@settings(max_examples=60, deadline=None)
@given(values=st.lists(JSON, min_size=1, max_size=8))
def test_whatever_an_event_holds_the_chain_is_whole(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any]
) -> None:
    path = written(tmp_path_factory.mktemp("j"), *({"detail": v} for v in values))
    verdict = journal.verify(path)
    assert verdict.is_whole
    assert verdict.lines == len(values)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_single_changed_byte_is_found(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = written(tmp_path_factory.mktemp("j"), *({"detail": f"text {n}", "n": n} for n in range(4)))
    raw = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    new = data.draw(st.integers(0, 255).filter(lambda b: b != raw[at]))
    before = journal.verify(path)
    raw[at] = new
    path.write_bytes(raw)
    after = journal.verify(path)
    assert not after.is_whole or after.torn_tail or after.lines < before.lines


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 10_000))
def test_after_a_crash_anywhere_replay_gives_a_prefix(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = written(tmp_path_factory.mktemp("j"), *({"n": n} for n in range(6)))
    raw = path.read_bytes()
    path.write_bytes(raw[: cut % (len(raw) + 1)])
    assert journal.verify(path).is_whole
    assert [e["n"] for e in journal.read(path)] == list(range(len(list(journal.read(path)))))


def test_a_removed_line_a_swapped_line_and_a_foreign_line_are_breaks(tmp_path: Path) -> None:
    path = written(tmp_path, *({"n": n} for n in range(5)))
    lines = path.read_bytes().splitlines(keepends=True)
    foreign = written(tmp_path, {"n": 9}, {"n": 10}, session="other").read_bytes().splitlines(keepends=True)[1]
    for changed in (
        lines[:2] + lines[3:],
        [lines[0], lines[2], lines[1], *lines[3:]],
        [*lines[:2], foreign, *lines[2:]],
    ):
        path.write_bytes(b"".join(changed))
        assert not journal.verify(path).is_whole
    path.write_bytes(b"".join(lines))
    assert journal.verify(path).is_whole


@pytest.mark.parametrize("seq", ["a", [1], {}, None, 1.5])
def test_a_line_numbered_with_no_number_is_a_break_and_no_error(tmp_path: Path, seq: object) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(journal.sealed(journal.encode({"seq": seq, "type": "gap", "prev": journal.GENESIS}))[0])
    assert not journal.verify(path).is_whole
    assert journal.append(path, {"type": "content"})["seq"] == 1


def test_eight_threads_that_write_at_once_leave_one_chain(tmp_path: Path) -> None:
    one = Journal(tmp_path, "s")
    threads = [
        threading.Thread(target=lambda k=k: [one.put({"type": "gap", "id": f"{k}-{n}"}) for n in range(200)])
        for k in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one.close()
    verdict = journal.verify(tmp_path / "s.jsonl")
    assert verdict.is_whole
    assert verdict.lines == 1600


class Refusing:
    """os.write of a disk that is full for a while, and writes half of the first line it refuses."""

    def __init__(self, refuse: int) -> None:
        self.refuse = refuse
        self.real = os.write

    def __call__(self, fd: int, data: bytes) -> int:
        if self.refuse:
            self.refuse -= 1
            if len(data) > 40 and self.refuse % 2:
                self.real(fd, bytes(data[:20]))
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.real(fd, data)


def test_a_full_disk_keeps_the_lines_in_memory_and_says_since_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Journal(tmp_path, "s")
    assert one.put({"type": "gap", "id": "a"}, wait=5)
    full = Refusing(10**6)
    monkeypatch.setattr(os, "write", full)
    for name in "bcd":
        assert one.put({"type": "gap", "id": name}, wait=5)
    assert not one.is_writable
    assert [e["id"] for e in one.events()] == ["a", "b", "c", "d"]
    full.refuse = 0
    one.put({"type": "gap", "id": "e"}, wait=5)
    assert one.is_writable
    assert one.close()
    events = list(journal.read(tmp_path / "s.jsonl"))
    assert [e.get("reason") or e["id"] for e in events] == ["a", "journal-unwritable", "b", "c", "d", "e"]
    assert "No space left" in events[1]["detail"]
    assert events[1]["from"] <= events[1]["to"]
    assert journal.verify(tmp_path / "s.jsonl").is_whole


def lazily(one: Journal, *names: str) -> None:
    for name in names:
        event = {"type": "gap", "id": name}
        one.run(lambda event=event: one.write(event, lazily=True), lazily=True)


def test_lines_that_may_wait_for_each_other_stay_in_order_with_those_that_may_not(tmp_path: Path) -> None:
    one = Journal(tmp_path, "s")
    told = []
    one.written = lambda event: told.append((event["id"], event["seq"]))
    lazily(one, *(f"a{n}" for n in range(40)))
    assert one.put({"type": "gap", "id": "b"}, wait=5)
    lazily(one, "c", "d")
    assert one.flush(5)
    seen = [e["id"] for e in one.events()]
    assert seen == [*(f"a{n}" for n in range(40)), "b", "c", "d"]
    assert told == [(name, n) for n, name in enumerate(seen, 1)]
    lazily(one, "e")
    assert one.close()
    verdict = journal.verify(tmp_path / "s.jsonl")
    assert verdict.is_whole
    assert verdict.lines == 44


def test_an_urgent_line_takes_those_before_it_along_to_the_disk(tmp_path: Path) -> None:
    one = Journal(tmp_path, "s")
    seen: list[list[str]] = []

    def both() -> None:
        one.write({"type": "gap", "id": "a"}, lazily=True)
        one.write({"type": "gap", "id": "b"}, lambda: seen.append([e["id"] for e in one.events()]))

    one.run(both)
    assert one.flush(5)
    assert seen == [["a", "b"]]
    assert one.close()


def test_lines_refused_together_are_kept_and_chained_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Journal(tmp_path, "s")
    assert one.put({"type": "gap", "id": "a"}, wait=5)
    full = Refusing(10**6)
    monkeypatch.setattr(os, "write", full)
    lazily(one, "b", "c", "d")
    assert one.flush(5)
    assert not one.is_writable
    assert [e["id"] for e in one.events()] == ["a", "b", "c", "d"]
    full.refuse = 0
    one.put({"type": "gap", "id": "e"}, wait=5)
    assert one.close()
    assert [e["id"] for e in journal.read(tmp_path / "s.jsonl") if "from" not in e] == ["a", "b", "c", "d", "e"]
    assert journal.verify(tmp_path / "s.jsonl").is_whole


def test_texts_go_before_the_lines_that_name_them_and_a_purge_finds_them(tmp_path: Path) -> None:
    one = Journal(tmp_path, "s")

    def both() -> None:
        one.keep_texts(b'{"commitment":"c"}\n', lazily=True)
        one.write({"type": "invocation", "id": "a"}, lazily=True)

    one.run(both, lazily=True)
    seen: list[int] = []
    one.run(lambda: seen.append(len(list(journal.read(tmp_path / "s.content.jsonl")))))
    assert one.flush(5)
    assert seen == [1]  # work that does not wait looks at what is on disk
    assert one.close()


def test_a_folder_deleted_under_us_is_made_again_and_nothing_later_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    one = Journal(folder, "s")
    one.put({"type": "gap", "id": "a"}, wait=5)
    (folder / "s.jsonl").unlink()
    folder.rmdir()
    one.put({"type": "gap", "id": "b"}, wait=5)
    assert one.close()
    assert [
        e["id"] for p in journal.parts_of(folder, "s") or sorted(folder.glob("*.jsonl")) for e in journal.read(p)
    ] == ["b"]


def test_rotation_goes_on_in_the_next_file_and_the_chain_goes_through(tmp_path: Path) -> None:
    one = Journal(tmp_path, "s", rotate_at=300)
    for n in range(12):
        one.put({"type": "gap", "id": str(n)})
    assert one.close()
    parts = journal.parts_of(tmp_path, "s")
    assert len(parts) > 2
    assert journal.verify(parts).is_whole
    assert journal.verify(parts).lines == 12
    assert not journal.verify([parts[0], *parts[2:]]).is_whole


def test_without_a_folder_the_session_is_kept_in_memory(tmp_path: Path) -> None:
    one = Journal(None, "s")
    one.put({"type": "gap", "id": "a"}, wait=5)
    assert [e["id"] for e in one.events()] == ["a"]
    assert one.close()


def test_folders_and_files_are_private_and_explain_themselves(tmp_path: Path) -> None:
    folder = tmp_path / ".aiprov" / "me"
    assert journal.prepare(folder)
    assert not journal.prepare(folder)
    one = Journal(folder, "s")
    one.put({"type": "gap", "id": "a"}, wait=5)
    one.run(lambda: one.keep_texts(journal.encode({"commitment": "c", "nonce": "00", "value": "x"}) + b"\n"))
    assert one.close()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in folder.glob("*.jsonl")} == {0o600}
    assert (tmp_path / ".aiprov" / ".gitignore").read_text() == "*\n"
    assert "SHA-256" in (folder / "README.txt").read_text()


def test_a_purge_removes_texts_and_nonces_and_leaves_the_chain_whole(tmp_path: Path) -> None:
    one = Journal(tmp_path, "s")
    for n, text in enumerate(["keep this", "Jane Doe has asthma"]):
        nonce = bytes([n]) * 16
        one.put({"type": "invocation", "id": str(n), "input": [{"commitment": commitment(nonce, text)}]})
        record = {
            "time": "2026-01-01T00:00:00.000+00:00",
            "commitment": commitment(nonce, text),
            "nonce": nonce.hex(),
            "invocation": str(n),
            "part": "input",
            "value": text,
        }
        one.run(lambda record=record: one.keep_texts(journal.encode(record) + b"\n"))
    assert one.close()
    done = journal.purge(tmp_path, lambda r: "Jane" in str(r["value"]), criterion="text")
    assert (done.sessions, done.texts) == (1, 1)
    assert not [p for p in tmp_path.iterdir() if b"Jane" in p.read_bytes()]
    assert journal.verify(tmp_path / "s.jsonl").is_whole
    last = list(journal.read(tmp_path / "s.jsonl"))[-1]
    assert (last["type"], last["status"], last["criterion"], last["count"]) == ("content", "purged", "text", 1)
    assert [t["value"] for t in journal.read_texts(tmp_path / "s.content.jsonl")] == ["keep this"]
    journal.purge(tmp_path, lambda _: True, criterion="date")
    assert not (tmp_path / "s.content.jsonl").exists()


KILLED = """
import os, sys, threading
sys.path.insert(0, {root!r})
from pathlib import Path
from jupyter_aiprov.journal import Journal
one = Journal(Path({folder!r}), "s")
print("ready", flush=True)
n = 0
while True:
    n += 1
    one.put({{"type": "gap", "id": str(n), "detail": "x" * (n % 500)}}, wait=1)
    print(n, flush=True)
"""


def test_a_killed_process_loses_no_line_that_was_confirmed(tmp_path: Path) -> None:
    code = KILLED.format(root=str(Path(__file__).parents[2]), folder=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    seen = 0
    for line in process.stdout:
        if line.strip().isdigit():
            seen = int(line)
        if seen > 300:
            os.kill(process.pid, signal.SIGKILL)
            break
    process.stdout.close()
    process.wait()
    verdict = journal.verify(tmp_path / "s.jsonl")
    assert verdict.is_whole
    assert verdict.lines >= seen


def test_a_child_after_fork_writes_a_file_of_its_own(tmp_path: Path) -> None:
    code = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from jupyter_aiprov.journal import Journal
one = Journal(Path({str(tmp_path)!r}), "s")
one.put({{"type": "gap", "id": "parent"}}, wait=5)
if os.fork() == 0:
    one.after_fork("s-child")
    one.put({{"type": "gap", "id": "child"}}, wait=5)
    one.close()
    os._exit(0)
os.wait()
one.put({{"type": "gap", "id": "again"}}, wait=5)
one.close()
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    assert [e["id"] for e in journal.read(tmp_path / "s.jsonl")] == ["parent", "again"]
    assert [e["id"] for e in journal.read(tmp_path / "s-child.jsonl")] == ["child"]
    assert journal.verify(tmp_path / "s.jsonl").is_whole
    assert journal.verify(tmp_path / "s-child.jsonl").is_whole


def test_the_hash_is_that_of_the_raw_line_without_it_as_the_readme_says(tmp_path: Path) -> None:
    import hashlib

    path = written(tmp_path, {"n": 1})
    line = path.read_text().strip()
    mark = json.loads(line)["hash"]
    assert hashlib.sha256(line.replace(f',"hash":"{mark}"}}', "}").encode()).hexdigest() == mark


FORK_IN_AN_IMPORT = """
import os, sys, threading, types
from pathlib import Path
from jupyter_aiprov.journal import Journal, prepare
folder = Path(sys.argv[1])
gate = sys.modules["gate"] = types.ModuleType("gate")
gate.entered, gate.leave = threading.Event(), threading.Event()
(folder / "slowly.py").write_text("import gate; gate.entered.set(); gate.leave.wait(0.5)")
sys.path.insert(0, str(folder))
prepare(folder / "journal")
one = Journal(folder / "journal", "s")
one.run(lambda: __import__("slowly"))
assert gate.entered.wait(30)
if os.fork() == 0:
    import slowly
    os._exit(7)
print(os.waitstatus_to_exitcode(os.wait()[1]), one.flush(30), one.close())
"""


def test_a_fork_while_the_writer_imports_leaves_the_child_no_lock_that_nobody_opens(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORK_IN_AN_IMPORT, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == ("7 True True\n", 0), done.stderr
