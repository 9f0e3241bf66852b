"""The server extension renders what the command line renders, for whom the server knows, inside its files."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov.exporters import statement
from jupyter_aiprov.notebook import provenance_of
from tests.ui import sample

pytest.importorskip("jupyter_server")
ROOT = Path(__file__).resolve().parents[2]
TOKEN = "for-tests-only"


class Client:
    """Requests with the token, or without."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    def ask(self, what: str, body: Any = None, *, token: str | None = TOKEN) -> tuple[int, bytes, Any]:
        """Status, body and headers of an answer."""
        headers = {"Authorization": f"token {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/base/aiprov/api/{what}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    tmp = tmp_path_factory.mktemp("server")
    folder = tmp / "work"
    folder.mkdir()
    (tmp / "outside.ipynb").write_text(json.dumps(sample.notebook()))
    sample.write(folder / "study.ipynb", sample.notebook())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "HOME": str(tmp), "PYTHONPATH": str(ROOT)}
    env |= {f"JUPYTER_{k}_DIR": str(tmp / k) for k in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}", "--ServerApp.base_url=/base"]
    command += ["--ServerApp.jpserver_extensions={'jupyter_aiprov': True}"]
    process = subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    running = Client(f"http://127.0.0.1:{port}", folder)
    try:
        for _ in range(300):
            try:
                if running.ask("status")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield running
    finally:
        process.terminate()
        process.wait(20)


def test_the_status_names_formats_policies_and_languages(client: Client) -> None:
    status, body, _ = client.ask("status")
    said = json.loads(body)
    assert status == 200
    assert {"statement", "json"} <= {one["name"] for one in said["formats"]}
    assert "icmje" in {one["name"] for one in said["policies"]}
    assert said["languages"] == ["en", "fr"]


@pytest.mark.parametrize("what", ["status", "disclose", "export"])
def test_a_stranger_gets_nothing(client: Client, what: str) -> None:
    status, _, _ = client.ask(what, None if what == "status" else {"path": "study.ipynb"}, token=None)
    assert status == 403


def test_the_statement_is_the_command_lines(client: Client) -> None:
    status, body, _ = client.ask("disclose", {"path": "study.ipynb", "language": "fr", "policy": "icmje"})
    here = provenance_of(sample.notebook(), notebook="study.ipynb")
    assert status == 200
    assert json.loads(body)["text"] == statement.render([here], language="fr", policy="icmje").text


def test_answers_of_the_unsaved_notebook_fill_slots_and_keep_their_field(client: Client) -> None:
    nb = sample.notebook()
    before = json.loads(client.ask("disclose", {"path": "study.ipynb", "notebook": nb})[1])
    name = next(s["name"] for s in before["slots"] if s["missing"] and not s["name"].startswith("confirm:"))
    nb["metadata"]["aiprov"]["disclosure"] = {"slots": {name: "sorting of notes by <topic>"}}
    after = json.loads(client.ask("disclose", {"path": "study.ipynb", "notebook": nb})[1])
    assert {"name": name, "missing": False}.items() <= next(s for s in after["slots"] if s["name"] == name).items()
    assert "sorting of notes by" in after["text"]
    assert (client.folder / "study.ipynb").read_bytes() == sample.data(sample.notebook())


@pytest.mark.parametrize(
    "path", ["../outside.ipynb", "a/../../outside.ipynb", "..\\outside.ipynb", "", 3, "/etc/passwd", "none.ipynb"]
)
def test_a_path_outside_the_servers_files_is_refused(client: Client, path: object) -> None:
    assert client.ask("disclose", {"path": path})[0] in {400, 403, 404}


def test_an_export_is_a_file_to_keep_never_a_page(client: Client) -> None:
    status, body, headers = client.ask("export", {"path": "study.ipynb", "format": "json"})
    assert status == 200
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == 'attachment; filename="study-json.json"'
    assert json.loads(body)


@pytest.mark.parametrize(
    "body",
    [[], "x", {"path": "study.ipynb", "format": "exe"}, {"path": "study.ipynb", "format": "json", "notebook": 3}],
)
def test_nonsense_is_refused_with_a_client_error(client: Client, body: object) -> None:
    assert client.ask("export", body)[0] == 400
