"""A real kernel in a folder of its own, driven as a front end does, and what it left behind."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

from jupyter_aiprov import journal
from jupyter_aiprov.semconv import MIME


@dataclass
class Cell:
    """What one execution sent back."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [m["content"] for m in self.messages if m["msg_type"] in kinds]

    @property
    def stdout(self) -> str:
        return "".join(m["text"] for m in self.of("stream") if m["name"] == "stdout")

    @property
    def stderr(self) -> str:
        return "".join(m["text"] for m in self.of("stream") if m["name"] == "stderr")

    @property
    def error(self) -> dict[str, Any] | None:
        found = self.of("error")
        return found[0] if found else None

    @property
    def stamps(self) -> list[dict[str, Any]]:
        """Stamps sent as new displays."""
        return [m["data"][MIME] for m in self.of("display_data") if MIME in m["data"]]

    @property
    def updates(self) -> list[dict[str, Any]]:
        """Stamps sent as updates of earlier displays."""
        return [m["data"][MIME] for m in self.of("update_display_data") if MIME in m["data"]]


class Kernel:
    """One running kernel; `run` waits for the cell, `events` reads the journal beside it."""

    def __init__(
        self, folder: Path, env: dict[str, str], python: str = sys.executable, module: str = "ipykernel_launcher"
    ) -> None:
        self.folder = folder
        self.seen = Cell()  # every message, whosever
        self.manager = KernelManager(kernel_name="python3")
        spec = self.manager.kernel_spec
        assert spec is not None
        spec.argv = [python, "-Xfrozen_modules=off", "-m", module, "-f", "{connection_file}"]
        self.manager.start_kernel(cwd=str(folder), env=env)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(
        self,
        code: str,
        *,
        timeout: float = 60,
        cell_id: str | None = None,
        fails: bool = False,
        subshell: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> Cell:
        """Execute and wait; unless `fails`, an error in the cell fails the test."""
        cell = Cell()
        message = self.client.session.msg(
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": True,
                "user_expressions": {},
                "allow_stdin": False,
                "stop_on_error": False,
            },
            metadata={**({"cellId": cell_id} if cell_id else {}), **(metadata or {})},
        )
        if subshell:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        self._collect(cell, message["header"]["msg_id"], timeout)
        if cell.error and not fails:
            raise AssertionError("\n".join(cell.error["traceback"]))
        return cell

    def start(self, code: str) -> str:
        """Send a cell without waiting; `finish` collects it."""
        return str(self.client.execute(code, allow_stdin=False, stop_on_error=False))

    def finish(self, message: str, timeout: float = 60) -> Cell:
        cell = Cell()
        self._collect(cell, message, timeout)
        return cell

    def _collect(self, cell: Cell, message: str, timeout: float) -> None:
        while True:
            got = self.client.get_iopub_msg(timeout=timeout)
            self.seen.messages.append(got)
            if got["parent_header"].get("msg_id") != message:
                continue
            cell.messages.append(got)
            if got["msg_type"] == "status" and got["content"]["execution_state"] == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=timeout)
            if reply["parent_header"].get("msg_id") == message:
                cell.reply = reply["content"]
                return

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def kill(self) -> None:
        """SIGKILL: nothing in the kernel gets to run."""
        assert self.manager.provisioner is not None
        os.kill(self.manager.provisioner.process.pid, signal.SIGKILL)  # type: ignore[attr-defined]
        self.manager.provisioner.process.wait()  # type: ignore[attr-defined]

    def value(self, expression: str) -> Any:
        """An expression's value, by JSON."""
        out = self.run(f"import json as _json; print('VALUE' + _json.dumps({expression}, default=str))")
        return json.loads(out.stdout.split("VALUE", 1)[1])

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=False)

    # ── what it left ──────────────────────────────────────────────────────────────
    @property
    def journals(self) -> list[Path]:
        return journals(self.folder)

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        found = [e for p in self.journals for e in journal.read(p)]
        return [e for e in found if kind is None or e["type"] == kind]

    def calls(self) -> list[dict[str, Any]]:
        """Invocations joined by id."""
        joined: dict[str, dict[str, Any]] = {}
        for event in self.events("invocation"):
            joined.setdefault(event["id"], {}).update(event)
        return list(joined.values())


def journals(folder: Path) -> list[Path]:
    """The chain files below a folder."""
    return sorted(p for p in folder.rglob(".aiprov/*/*.jsonl") if not p.name.endswith(".content.jsonl"))


def chains_are_whole(folder: Path) -> bool:
    """Every chain below a folder verifies."""
    by_session: dict[str, list[Path]] = {}
    for path in journals(folder):
        by_session.setdefault(path.name.split(".")[0], []).append(path)
    return all(journal.verify(paths).is_whole for paths in by_session.values())


@contextmanager
def kernel(
    folder: Path, *, python: str = sys.executable, module: str = "ipykernel_launcher", **env: str
) -> Iterator[Kernel]:
    """A kernel with a home and Jupyter folders of its own."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    clean = {
        k: v for k, v in os.environ.items() if not k.startswith(("JPY_", "AIPROV", "OPENAI", "ANTHROPIC", "JUPYTER"))
    }
    root = str(Path(__file__).parents[1])
    clean.update(
        HOME=str(home),
        IPYTHONDIR=str(home / ".ipython"),
        JUPYTER_DATA_DIR=str(home / "data"),
        PYTHONPATH=root,
        MPLBACKEND="Agg",
        PYTHONWARNINGS="ignore",
        **env,
    )
    running = Kernel(work, clean, python, module)
    try:
        yield running
    finally:
        running.stop()
