"""A Jupyter server of another environment, with the extensions that a test wants."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen


@contextmanager
def jupyter(python: str, home: Path, extensions: Mapping[str, bool]) -> Iterator[tuple[str, dict[str, str]]]:
    """Its address (token `t`) and the environment of programs that are to find it."""
    runtime = home / "runtime"
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("JPY_", "JUPYTER", "AIPROV", "OPENAI"))},
        "HOME": str(home),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "PATH": str(Path(python).parent) + os.pathsep + os.environ["PATH"],
    }
    words = ["-m", "jupyter_server", "--port=0", "--no-browser", "--allow-root", "--ServerApp.token=t"]
    words += [f"--ServerApp.jpserver_extensions={dict(extensions)}", f"--ServerApp.root_dir={home}"]
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen([python, *words], env=env, cwd=home, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 200
            while not (found := list(runtime.glob("jpserver-*.json"))) or not _answers(found[0]):
                assert server.poll() is None, (home / "server.log").read_text()[-3000:]
                assert time.monotonic() < deadline, (home / "server.log").read_text()[-3000:]
                time.sleep(0.1)
            yield json.loads(found[0].read_text())["url"].rstrip("/"), env
        finally:
            server.terminate()
            server.wait(30)


def _answers(runtime: Path) -> bool:
    said = json.loads(runtime.read_text() or "{}")
    request = Request(said.get("url", "") + "api/status", headers={"Authorization": "token t"})
    try:
        with urlopen(request, timeout=5) as answer:
            return answer.status == 200
    except (OSError, ValueError):
        return False
