"""Child processes: every call on record, credited to the running cell; a killed child loses none that began."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov import journal, workers
from tests.loopback import Loopback

pytestmark = pytest.mark.filterwarnings("ignore")
pytest.importorskip("httpx")

PARENT = """
import json, os, sys
from pathlib import Path
from types import SimpleNamespace

from jupyter_aiprov import capture, readers
from jupyter_aiprov.cells import Cells
from jupyter_aiprov.config import AIProv
from jupyter_aiprov.journal import Journal
from jupyter_aiprov.recorder import Recorder
from jupyter_aiprov.redact import Redactor
from jupyter_aiprov.workers import Workers

import child_code
from child_code import ask

URL, FOLDER = sys.argv[1], Path(sys.argv[2])
SESSION = "0123456789abcdef0123456789abcdef0123"


def work(workers, cells):
{body}


if __name__ == "__main__":
    shell = SimpleNamespace(execution_count=1)
    cells = Cells(shell, SESSION)
    record = Journal(FOLDER, SESSION)
    recorder = Recorder(session=SESSION, cells=cells, journal=record, redactor=Redactor.of_environment,
                        recognise=readers.recognise, destination=lambda request: "loopback")
    with capture.install(recorder) as INSTALLED, Workers(recorder, AIProv()).installed() as workers:
        execution = cells.begin(SimpleNamespace(raw_cell="x", cell_id="cell-1"))
        workers.cell(execution)
        work(workers, cells)
        cells.end(SimpleNamespace(execution_count=1))
        workers.cell(None)
    record.close()
"""

CHILD = """
import json, os, urllib.request

def ask(url, n=0):
    import httpx
    asked = {"model": "m", "messages": [{"role": "user", "content": f"row {n}"}]}
    return httpx.post(url + "/v1/chat/completions", json=asked, timeout=30).status_code

def ask_and_hang(url, pid_file):
    import httpx, pathlib
    ask(url)
    pathlib.Path(pid_file).write_text(str(os.getpid()))
    ask(url.replace("/~", "/~hold") if "/~" in url else url + "/~hold")
"""

BODIES = {
    "fork": """
        import multiprocessing
        with multiprocessing.get_context("fork").Pool(2) as pool:
            print(pool.starmap(ask, [(URL, n) for n in range(20)]))
    """,
    "spawn": """
        import multiprocessing
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            print(pool.starmap(ask, [(URL, n) for n in range(20)]))
    """,
    "forkserver": """
        import multiprocessing
        with multiprocessing.get_context("forkserver").Pool(2) as pool:
            print(pool.starmap(ask, [(URL, n) for n in range(20)]))
    """,
    "process pool": """
        from concurrent.futures import ProcessPoolExecutor
        with ProcessPoolExecutor(2) as pool:
            print(list(pool.map(ask, [URL] * 20, range(20))))
    """,
    "joblib": """
        import joblib
        print(joblib.Parallel(n_jobs=2)(joblib.delayed(ask)(URL, n) for n in range(20)))
    """,
    "subprocess": """
        import subprocess
        code = f"from child_code import ask; [ask({URL!r}, n) for n in range(20)]"
        subprocess.run([sys.executable, "-c", code], check=True)
    """,
    "os.fork": """
        for n in range(4):
            pid = os.fork()
            if pid == 0:
                for k in range(5):
                    ask(URL, 5 * n + k)
                os._exit(0)
            os.waitpid(pid, 0)
    """,
}


def run(tmp_path: Path, server: Loopback, body: str, child: str = "") -> tuple[Path, subprocess.Popen[str]]:
    """The parent as a program of its own, in an environment whose start-up file is in place."""
    place = tmp_path / "site"
    place.mkdir()
    workers.write_startup(place)
    (place / "sitecustomize.py").write_text(f"import site\nsite.addsitedir({str(place)!r})\n")
    (place / "child_code.py").write_text(CHILD + child)
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(body=textwrap.indent(textwrap.dedent(body), "    ")))
    folder = tmp_path / "journal"
    journal.prepare(folder)
    paths = os.pathsep.join([str(place), str(Path.cwd())])
    environment = {k: v for k, v in os.environ.items() if k != workers.VARIABLE}
    environment |= {"PYTHONPATH": paths, "NO_PROXY": "*", "AIPROV_STRICT": "1"}
    command = [sys.executable, str(script), server.url(), str(folder)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return folder, process


def events(folder: Path) -> list[dict[str, Any]]:
    files = [p for p in folder.glob("*.jsonl") if not p.name.endswith(".content.jsonl")]
    for path in files:
        assert journal.verify(path).is_whole, path
    return [event for path in files for event in journal.read(path)]


@pytest.fixture
def server() -> Any:
    with Loopback() as running:
        yield running


@pytest.mark.parametrize("kind", BODIES)
def test_twenty_calls_in_children_are_twenty_records_of_the_running_cell(tmp_path, server, kind):
    if kind == "joblib":
        pytest.importorskip("joblib")
    folder, process = run(tmp_path, server, BODIES[kind])
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err[-3000:]
    assert server.count == 20, out
    calls = [e for e in events(folder) if e["type"] == "invocation"]
    started = {e["id"]: e for e in calls if e["status"] == "started"}
    completed = {e["id"]: e for e in calls if e["status"] == "completed"}
    assert len(started) == len(completed) == 20
    assert {e["cell_id"] for e in calls} == {"cell-1"}
    assert all(e["site"]["process"] != process.pid for e in calls)
    parents = [e for e in events(folder) if e["type"] == "session" and e.get("parent")]
    assert parents
    assert all(e["id"].startswith(e["parent"][:36]) for e in parents)


LATER = {
    "process pool": """
        from concurrent.futures import ProcessPoolExecutor
        pool = ProcessPoolExecutor(2)
        first = [pool.submit(ask_later, URL, GATE) for _ in range(5)]
        next_cell()
        second = [pool.submit(ask, URL) for _ in range(5)]
        print([f.result() for f in first + second])
        pool.shutdown()
    """,
    "spawned pool": """
        import multiprocessing
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            first = pool.starmap_async(ask_later, [(URL, GATE)] * 5, chunksize=1)
            next_cell()
            second = pool.imap_unordered(ask, [URL] * 5)
            print(first.get(), list(second))
    """,
    "forked pool": """
        import multiprocessing
        with multiprocessing.get_context("fork").Pool(2) as pool:
            first = [pool.apply_async(func=ask_later, args=(URL, GATE)) for _ in range(5)]
            next_cell()
            print([f.get() for f in first], pool.map(ask, [URL] * 5))
    """,
    "loky": """
        from joblib.externals.loky import get_reusable_executor
        pool = get_reusable_executor(2)
        first = [pool.submit(ask_later, URL, GATE) for _ in range(5)]
        next_cell()
        print([f.result() for f in first], list(pool.map(ask, [URL] * 5)))
    """,
    "dask": """
        from distributed import Client, LocalCluster
        from jupyter_aiprov.dask import follow
        sizes = {"n_workers": 2, "threads_per_worker": 2, "dashboard_address": None}
        with LocalCluster(**sizes) as cluster, Client(cluster) as client:
            follow(client)
            follow(client)  # wraps nothing twice
            first = client.map(ask_later, [URL] * 5, [GATE] * 5, pure=False)
            next_cell()
            second = [client.submit(ask, URL, n, pure=False) for n in range(5)]
            print(client.gather(first + second))
    """,
    "process": """
        import multiprocessing
        spawn = multiprocessing.get_context("spawn")
        first = [spawn.Process(target=ask_later, args=(URL, GATE)) for _ in range(5)]
        [p.start() for p in first]
        waiting(5)
        next_cell()
        second = [spawn.Process(target=ask, args=(URL,)) for _ in range(5)]
        [p.start() for p in second]
        [p.join() for p in first + second]
    """,
    "subprocess": """
        import subprocess
        def program(code): return subprocess.Popen([sys.executable, "-c", "from child_code import *; " + code])
        first = [program(f"ask_later({URL!r}, {GATE!r})") for _ in range(5)]
        waiting(5)
        next_cell()
        second = [program(f"ask({URL!r})") for _ in range(5)]
        [p.wait() for p in first + second]
    """,
}
ASK_LATER = """
def ask_later(url, gate):
    import os, pathlib, time
    pathlib.Path(gate + f".{os.getpid()}").touch()
    while not os.path.exists(gate):
        time.sleep(0.02)
    return ask(url)
"""
NEXT = """
        import glob, time
        from child_code import ask_later
        GATE = str(FOLDER / "gate")
        def next_cell():
            cells.end(SimpleNamespace(execution_count=1))
            workers.cell(None)
            workers.cell(cells.begin(SimpleNamespace(raw_cell="y", cell_id="cell-2")))
            Path(GATE).touch()
        def waiting(number):
            while len(glob.glob(GATE + ".*")) < number:
                time.sleep(0.02)
"""


@pytest.mark.parametrize("kind", LATER)
def test_work_belongs_to_the_cell_that_submitted_it_though_it_is_done_while_another_runs(tmp_path, server, kind):
    if kind == "loky":
        pytest.importorskip("joblib")
    if kind == "dask":
        pytest.importorskip("distributed")
    folder, process = run(tmp_path, server, NEXT + LATER[kind], child=ASK_LATER)
    out, err = process.communicate(timeout=150)
    assert process.returncode == 0, err[-3000:]
    assert server.count == 10, out
    completed = [e for e in events(folder) if e["type"] == "invocation" and e["status"] == "completed"]
    assert sorted(e["cell_id"] or "" for e in completed) == ["cell-1"] * 5 + ["cell-2"] * 5


def test_what_a_pool_raises_is_what_it_raises_without_us(tmp_path, server):
    body = """
        import multiprocessing, pickle
        from concurrent.futures import ProcessPoolExecutor
        from child_code import fail
        def told(work):
            try:
                return work()
            except Exception as error:
                return type(error).__name__, str(error), str(error.__cause__)
        def ways():
            with ProcessPoolExecutor(1) as pool, multiprocessing.get_context("spawn").Pool(1) as other:
                return [told(work) for work in (
                    lambda: pool.submit(fail, 1).result(),
                    lambda: pool.submit(len, 5).result(),
                    lambda: list(pool.map(fail, [1, 2])),
                    lambda: other.apply(fail, (1,)),
                    lambda: other.map(fail, [1, 2]),
                    lambda: list(other.imap(fail, [1, 2])),
                )]
        ours = ways()
        patches = [p for p in INSTALLED.patches if p.name in ("submit", "apply_async", "_map_async", "imap")]
        assert len(patches) >= 4, patches
        INSTALLED.close()
        plain = ways()
        assert ours == plain, (ours, plain)
        print("same")
    """
    failing = "\ndef fail(n):\n    raise KeyError(n)\n"
    _, process = run(tmp_path, server, body, child=failing)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err[-3000:]
    assert out.strip() == "same"


def test_a_killed_child_leaves_every_call_that_began(tmp_path, server):
    body = """
        import multiprocessing, signal, time
        from child_code import ask_and_hang
        pid_file = FOLDER / "pid"
        child = multiprocessing.get_context("spawn").Process(target=ask_and_hang, args=(URL, str(pid_file)))
        child.start()
        print(child.pid, flush=True)
        child.join()
        print(child.exitcode, flush=True)
    """
    folder, process = run(tmp_path, server, body)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    while server.count < 2:  # the second request arrived: it began, and it hangs
        assert process.poll() is None, process.stderr and process.stderr.read()
        server.release.wait(0.02)
    os.kill(child, signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err[-3000:]
    calls = [e for e in events(folder) if e["type"] == "invocation"]
    assert [e["status"] for e in calls] == ["started", "completed", "started"]


def test_the_startup_file_is_one_line_that_looks_at_the_environment_first(tmp_path):
    written = workers.write_startup(tmp_path)
    before = written[0].read_text()
    assert workers.write_startup(tmp_path) == written
    assert written[0].read_text() == before
    assert before.count("\n") == 1
    assert before.index("environ.get") < before.index("__import__")
    assert workers.is_enabled(tmp_path)
    assert workers.remove_startup(tmp_path) == written
    assert workers.remove_startup(tmp_path) == []
    assert not workers.is_enabled(tmp_path)


def test_without_the_variable_the_startup_line_imports_nothing(tmp_path):
    line = workers.write_startup(tmp_path)[0].read_text()
    code = f"import sys\nexec({line!r})\nprint([n for n in sys.modules if n.startswith('jupyter_aiprov')])"
    environment = {k: v for k, v in os.environ.items() if k != workers.VARIABLE}
    out = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("held", ["nonsense", "{}", '{"session": "s"}', "[]"])
def test_a_variable_that_is_not_ours_breaks_no_program(held, tmp_path):
    code = "from jupyter_aiprov.workers import start; start(); print('on')"
    environment = {**os.environ, workers.VARIABLE: held}
    out = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert (out.stdout.strip(), out.stderr) == ("on", "")


def test_dask_tasks_are_on_record_with_their_keys(tmp_path, server):
    pytest.importorskip("distributed")
    body = """
        from distributed import Client, LocalCluster
        from jupyter_aiprov.dask import collect, follow
        sizes = {"n_workers": 2, "threads_per_worker": 2, "dashboard_address": None}
        with LocalCluster(**sizes) as cluster, Client(cluster) as client:
            follow(client)
            futures = [client.submit(ask, URL, n, key=f"row-{n}", pure=False) for n in range(20)]
            print(client.gather(futures))
            print(collect(client, FOLDER))
    """
    folder, process = run(tmp_path, server, body)
    out, err = process.communicate(timeout=150)
    assert process.returncode == 0, err[-3000:]
    calls = [e for e in events(folder) if e["type"] == "invocation"]
    completed = [e for e in calls if e["status"] == "completed"]
    assert len(completed) == server.count == 20, out
    assert {e["site"]["task"] for e in completed} == {f"row-{n}" for n in range(20)}
    assert {e["cell_id"] for e in calls} == {"cell-1"}
    assert json.dumps(calls).count("row 1") == 0, "no text in the chain"


# ── columns declared confidential ──────────────────────────────────────────────────
DECLARED = """
        import glob
        from jupyter_aiprov.guard import Guard
        guard = Guard(AIProv())
        guard.declare("df", "note", ["Chute dans l'escalier avec fracture du col, vit seule au troisième étage."])
        guard.declare("df", "name", ["Ophélie Quackenbush", "Li Na"])
        guard.declare("df", "age", [34, 51, 67, 42, 29, 80, 55, 61, 73, 38, 45, 90])
"""
SENT = """
        from child_code import send
        texts = ["chute dans l escalier avec fracture du col, vit seule", "QUACKENBUSH, Ophelie", "Li Na is in",
                 "id,age\\n1,34\\n2,51\\n3,67", "nothing of the kind", "li na"]
"""
SEND = """
def send(url, text):
    import httpx
    from jupyter_aiprov.errors import ConfidentialDataError
    asked = {"model": "m", "messages": [{"role": "user", "content": text}]}
    try:
        return httpx.post(url + "/v1/chat/completions", json=asked, timeout=30).status_code
    except ConfidentialDataError as error:
        return error.column or error.rule
"""
STOPPED = ["df.note", "df.name", "df.name", "df.age", 200, 200]


def answers(out: str) -> list[Any]:
    return json.loads(next(line for line in out.splitlines() if line.startswith("["))) if out else []


def test_a_spawned_child_knows_the_declared_columns_also_those_declared_after_it_started(tmp_path, server):
    body = (
        DECLARED
        + SENT
        + """
        import multiprocessing
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            before = pool.starmap(send, [(URL, "warm"), (URL, texts[0])])
            assert before == [200, 200], before
            workers.columns(guard.columns)
            print(json.dumps(pool.starmap(send, [(URL, t) for t in texts])))
            files = [p for p in glob.glob(str(FOLDER) + "/.*") if p.endswith(".columns")]
            assert [oct(os.stat(p).st_mode & 0o777) for p in files] == ["0o600"]
            held = open(files[0], "rb").read()
            assert b"df.note" not in held
            assert not [w for w in (b"fracture", b"Quackenbush", b"quackenbush", b"Li Na") if w in held]
"""
    )
    folder, process = run(tmp_path, server, body, SEND)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err[-3000:]
    assert answers(out) == STOPPED
    assert server.count == 4, "two before the declaration, two innocent ones"
    assert not list(folder.glob(".*.columns")), "nothing is left when the session ends"
    texts = b"".join(p.read_bytes() for p in folder.glob("*.jsonl"))
    assert b"Quackenbush" not in texts
    assert b"QUACKENBUSH" not in texts


def test_a_dask_worker_knows_the_declared_columns(tmp_path, server):
    pytest.importorskip("distributed")
    body = (
        DECLARED
        + SENT
        + """
        from distributed import Client, LocalCluster
        from jupyter_aiprov.dask import follow
        workers.columns(guard.columns)
        with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster:
            with Client(cluster) as client:
                follow(client)
                print(json.dumps(client.gather([client.submit(send, URL, t, pure=False) for t in texts])))
"""
    )
    folder, process = run(tmp_path, server, body, SEND)
    out, err = process.communicate(timeout=150)
    assert process.returncode == 0, err[-3000:]
    assert answers(out) == STOPPED
    assert server.count == 2
    assert "confidential-not-watched" not in {e.get("reason") for e in events(folder)}


@pytest.mark.parametrize(
    "damage",
    [
        "open(path, 'r+b').truncate(40)",
        "open(path, 'wb').write(b'{}')",
        "os.remove(path)",
        "os.environ.update({'AIPROV_WORKERS': json.dumps({**json.loads(os.environ['AIPROV_WORKERS']),"
        " 'columns': None, 'columns_key': ''})}) or open(path, 'ab').write(b'x')",
    ],
)
def test_a_child_that_cannot_read_the_columns_lets_nothing_out_and_says_so(tmp_path, server, damage):
    body = (
        DECLARED
        + SENT
        + f"""
        import multiprocessing
        workers.columns(guard.columns)
        (path,) = glob.glob(str(FOLDER) + "/.*.columns")
        {damage}
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(json.dumps(pool.starmap(send, [(URL, "nothing of the kind")])))
"""
    )
    folder, process = run(tmp_path, server, body, SEND)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err[-3000:]
    assert answers(out) == ["not-examined-lost"]
    assert server.count == 0
    assert "confidential-not-watched" in {e.get("reason") for e in events(folder)}


def test_a_dask_worker_on_another_machine_knows_what_was_declared_before_it_was_followed(tmp_path, monkeypatch):
    """Another machine: the session's folder is not there; the plug-in carries the sealed hashes."""
    pytest.importorskip("distributed")
    from jupyter_aiprov.config import AIProv
    from jupyter_aiprov.dask import AIProvPlugin
    from jupyter_aiprov.guard import Guard
    from jupyter_aiprov.guard.handover import packed

    guard = Guard(AIProv())
    guard.declare("df", "name", ["Ophélie Quackenbush"])
    settings = {"session": "s" * 32, "folder": str(tmp_path / "gone"), "config": {}, "columns_key": "00" * 16}
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    plugin = AIProvPlugin({**settings, "columns": packed(guard.columns, bytes(16)), "declared": True})
    host = type("Host", (), {"log_event": lambda *_: None})()
    plugin.setup(host)
    try:
        plugin._worker.watch()
        assert plugin._worker.guard.columns.found(["quackenbush ophelie"]) == {"df.name": 1}
        assert plugin._worker.recorder.content == "digest"
        plugin._worker.journal.flush(5)
        (gap,) = [e for e in plugin._worker.journal.events() if e["type"] == "gap"]
        assert (gap["reason"], "call it again" in gap["detail"]) == ("confidential-not-watched", True)
    finally:
        plugin.teardown(host)
