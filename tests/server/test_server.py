"""The server extension renders what the command line renders, for whom the server knows, inside its files."""

from __future__ import annotations

import http.cookiejar
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

    def ask(self, what: str, body: Any = None, *, token: str | None = TOKEN, **headers: str) -> tuple[int, bytes, Any]:
        """Status, body and headers of an answer."""
        if token:
            headers["Authorization"] = f"token {token}"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/base/aiprov/api/{what}", data, {k.replace("_", "-"): v for k, v in headers.items()}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers

    def logged_in(self) -> tuple[str, str]:
        """The cookies of a browser that logged in, and the XSRF token among them."""
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        opener.open(f"{self.url}/base/api/contents?token={TOKEN}", timeout=60).close()
        opener.open(f"{self.url}/base/login?token={TOKEN}", timeout=60).close()
        cookies = {c.name: str(c.value) for c in jar}
        return "; ".join(f"{k}={v}" for k, v in cookies.items()), cookies["_xsrf"]


ENDPOINTS = [
    ("status", None),
    ("disclose", {"path": "study.ipynb"}),
    ("export", {"path": "study.ipynb", "format": "json"}),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    tmp = tmp_path_factory.mktemp("server")
    folder = tmp / "work"
    folder.mkdir()
    (tmp / "outside.ipynb").write_text(json.dumps(sample.notebook()))
    (folder / "link.ipynb").symlink_to(tmp / "outside.ipynb")
    (folder / "linked").symlink_to(tmp, target_is_directory=True)
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


@pytest.mark.parametrize(("what", "body"), ENDPOINTS)
@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_a_stranger_gets_nothing(client: Client, what: str, body: Any, token: str | None) -> None:
    status, said, _ = client.ask(what, body, token=token)
    assert status == 403
    assert b"gpt-4o" not in said


@pytest.mark.parametrize(("what", "body"), ENDPOINTS)
def test_a_page_of_another_origin_gets_nothing_with_the_users_cookies(client: Client, what: str, body: Any) -> None:
    cookies, xsrf = client.logged_in()
    own = {"token": None, "Cookie": cookies, "X_XSRFToken": xsrf}
    assert client.ask(what, body, **own, Origin=client.url)[0] == 200
    for origin in ("https://evil.example", "null", f"{client.url}.evil.example"):
        status, said, headers = client.ask(what, body, **own, Origin=origin)
        assert status in {403, 404}, origin
        assert b"gpt-4o" not in said
        assert headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize(("what", "body"), ENDPOINTS[1:])
def test_a_form_that_another_page_sends_is_refused_without_the_xsrf_token(client: Client, what: str, body: Any) -> None:
    cookies, xsrf = client.logged_in()
    assert client.ask(what, body, token=None, Cookie=cookies)[0] == 403
    version, mask, signed, when = xsrf.split("|")
    other = "|".join([version, mask, signed[::-1], when])
    assert client.ask(what, body, token=None, Cookie=cookies, X_XSRFToken=other)[0] == 403
    assert client.ask(what, body, token=None, Cookie=cookies, X_XSRFToken=xsrf)[0] == 200


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


@pytest.mark.parametrize("what", ["disclose", "export"])
@pytest.mark.parametrize("sent", [{}, {"notebook": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}])
@pytest.mark.parametrize(
    "path",
    [
        *("../outside.ipynb", "a/../../outside.ipynb", "..\\outside.ipynb", "", 3, "/etc/passwd", "none.ipynb"),
        *(
            "C:\\outside.ipynb",
            "//outside/x.ipynb",
            "%2e%2e/outside.ipynb",
            "..%2foutside.ipynb",
            "a/..%5c../outside.ipynb",
        ),
        *(
            "./../outside.ipynb",
            "study.ipynb/../../outside.ipynb",
            "\x00",
            "a\x00/../../x",
            "..",
            "\u2025/outside.ipynb",
        ),
    ],
)
def test_a_path_outside_the_servers_files_is_refused(client: Client, what: str, sent: Any, path: object) -> None:
    status, said, _ = client.ask(what, {"path": path, "format": "json", **sent})
    assert status in {400, 403, 404}
    assert str(client.folder.parent) not in said.decode()


@pytest.mark.parametrize("what", ["disclose", "export"])
@pytest.mark.parametrize("path", ["link.ipynb", "linked/outside.ipynb"])
def test_what_a_link_out_of_the_servers_files_points_to_is_not_read(client: Client, what: str, path: str) -> None:
    """The page's own copy of such a notebook is rendered; nothing beside the file is looked at."""
    assert client.ask(what, {"path": path, "format": "json"})[0] == 403
    sent = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    status, said, _ = client.ask(what, {"path": path, "format": "json", "notebook": sent})
    assert status == 200
    assert b"gpt-4o" not in said


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


DEEP = b"[" * 200_000 + b"]" * 200_000


@pytest.mark.parametrize("what", ["disclose", "export"])
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"\xff\xfe", b"\x00", b"NaN", b'"x"', DEEP, b'{"path": ' + DEEP + b"}"),
        b'{"path": "study.ipynb", "format": "json", "notebook": ' + DEEP + b"}",
        *(
            b'{"path": "study.ipynb", "format": "json", "notebook": {"cells": %s}}' % (b"[" * n + b"]" * n)
            for n in (300, 900, 2_000)
        ),
        b'{"path": "study.ipynb", "format": "json", "notebook": {"cells": [], "nbformat": 1' + b"0" * 5_000 + b"}}",
    ],
    ids=range(13),
)
def test_a_body_that_is_no_request_is_refused_and_the_server_lives_on(client: Client, what: str, body: bytes) -> None:
    status, said, _ = client.ask(what, body)
    assert status in {200, 400}
    assert status == 400 or b'"cells": [[' in body  # what is no cell is passed over
    assert b"Traceback" not in said
    assert client.ask("status")[0] == 200


@pytest.mark.parametrize("what", ["disclose", "export"])
def test_a_body_too_large_for_a_notebook_is_refused(client: Client, what: str) -> None:
    body = b'{"path": "study.ipynb", "format": "json", "notebook": "' + b"x" * (65 * 2**20) + b'"}'
    status, _, _ = client.ask(what, body)
    assert status in {400, 413}
    assert client.ask("status")[0] == 200


@pytest.mark.parametrize("what", ["status", "disclose", "export"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_do_nothing(client: Client, what: str, method: str) -> None:
    request = urllib.request.Request(f"{client.url}/base/aiprov/api/{what}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # no token
            status, said = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, said = error.code, error.read()
    assert status in {204, 403, 405} or (method == "OPTIONS" and not said)
    assert b"gpt-4o" not in said
