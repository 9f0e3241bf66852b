"""Dask: a worker plug-in that records the calls of tasks, with the task's key, and ships them home.

    from jupyter_aiprov.dask import follow, collect
    follow(client)            # workers there now, and those that join
    ...
    collect(client)           # what workers on other machines wrote, into this session's journal folder

Files are the truth: a worker writes each line before the call goes on. Events
(`client.subscribe_topic("aiprov", …)`) are for live display only; some are lost when a worker dies.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from distributed.diagnostics.plugin import WorkerPlugin

from jupyter_aiprov.workers import Worker, WorkerCells

_NAME = "jupyter-aiprov"
TOPIC = "aiprov"


class AIProvPlugin(WorkerPlugin):
    """Follows the calls of one worker's tasks. Comes again: nothing is done twice."""

    name = _NAME

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = dict(settings)

    def setup(self, worker: Any) -> None:
        """On the worker: write beside the session's journal, or in a folder of our own where that one is not here."""
        settings = dict(self._settings)
        is_away = not Path(settings["folder"]).is_dir()
        if is_away:
            settings["folder"] = tempfile.mkdtemp(prefix="aiprov-")
        else:
            settings.pop("columns", None)  # their file is here, and it changes
        started = getattr(sys, "_aiprov_worker", None)
        if started is not None:  # by the start-up file: it knows no task
            started.close()
            del sys._aiprov_worker  # type: ignore[attr-defined]
        self._worker = Worker(settings, task=task_key, told=lambda: _submitting(worker))
        if is_away:
            later = "columns declared later than follow(client); call it again"
            self._worker.recorder.gap("confidential-not-watched", later)
        self._worker.recorder.subscribe(lambda event: worker.log_event(TOPIC, dict(event)))
        worker.aiprov = self._worker

    def teardown(self, worker: Any) -> None:
        """On the worker: everything back as it was."""
        self._worker.close()
        worker.aiprov = None


def task_key() -> str | None:
    """The key of the task this thread works on; of an async task, from its name."""
    import asyncio

    from distributed.worker import thread_state

    key = getattr(thread_state, "key", None)
    if key is None:
        try:
            current = asyncio.current_task()
        except RuntimeError:
            return None
        name = current.get_name() if current is not None else ""
        return name[9:-2] if name.startswith("execute('") and name.endswith("')") else None
    return str(key)


def _submitting(dask_worker: Any) -> Mapping[str, Any] | None:
    """On a worker: the cell that submitted the task of this thread, as `follow` noted it on the task."""
    from distributed.worker import thread_state

    state = dask_worker.state.tasks.get(getattr(thread_state, "key", None) or task_key())
    held = (getattr(state, "annotations", None) or {}).get(TOPIC)
    return held if isinstance(held, Mapping) else None


def _note_cells(client: Any, cells: WorkerCells) -> None:
    """Have each graph that this client hands in say which cell submitted it; the graph stays as it is."""
    import dask

    original = getattr(client, "_graph_to_futures", None)
    if original is None or getattr(original, "aiprov", False):  # another version, or followed already
        return

    def graph_to_futures(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        facts = cells.running()
        with dask.annotate(**({TOPIC: dict(facts)} if facts else {})):
            return original(*args, **kwargs)

    graph_to_futures.aiprov = True  # type: ignore[attr-defined] # so that following again wraps nothing twice
    client._graph_to_futures = graph_to_futures


def follow(client: Any, settings: Mapping[str, Any] | None = None) -> None:
    """Register the plug-in for all workers of a client; `settings` are the session's by default."""
    if settings is None:
        import json
        import os

        from jupyter_aiprov.capture._workers import VARIABLE
        from jupyter_aiprov.errors import UsageError

        held = os.environ.get(VARIABLE)
        if not held:
            raise UsageError("No session records here.", hint="run %load_ext jupyter_aiprov first")
        settings = json.loads(held)
    client.register_plugin(AIProvPlugin({**settings, "columns": _declared(settings)}))
    _note_cells(client, WorkerCells(Path(settings["folder"]), str(settings["session"])))


def _declared(settings: Mapping[str, Any]) -> bytes | None:
    """The columns declared confidential so far, for workers that do not share our disk."""
    from jupyter_aiprov import session, workers

    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is not None and (held := session.of(shell)) is not None:
        held.workers.columns(held.guard.columns)
    file = workers.columns_file(Path(settings["folder"]), str(settings["session"]))
    return file.read_bytes() if file.exists() else None


def _lines(dask_worker: Any) -> tuple[str, bytes, bytes] | None:
    """On a worker: name and bytes of its journal and its texts."""
    held = getattr(dask_worker, "aiprov", None)
    path = held.journal.path if held is not None and held.journal.flush(5) else None
    if path is None:
        return None
    texts = path.with_name(path.name.removesuffix(".jsonl") + ".content.jsonl")
    return path.name, path.read_bytes(), texts.read_bytes() if texts.exists() else b""


def collect(client: Any, folder: Path | None = None) -> list[Path]:
    """Bring home the journals of workers that do not share our disk; names the files written."""
    if folder is None:
        import json
        import os

        from jupyter_aiprov.capture._workers import VARIABLE

        folder = Path(json.loads(os.environ[VARIABLE])["folder"])
    written = []
    for found in client.run(_lines).values():
        if found is None:
            continue
        name, data, texts = found
        target = folder / name
        if not target.exists() or target.stat().st_size < len(data):
            target.write_bytes(data)
            target.chmod(0o600)
            if texts:
                beside = folder / (name.removesuffix(".jsonl") + ".content.jsonl")
                beside.write_bytes(texts)
                beside.chmod(0o600)
            written.append(target)
    return written
