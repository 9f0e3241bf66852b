"""A Jupyter server, a browser, and pages of JupyterLab and Notebook 7."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Loopback

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "jupyter_aiprov" / "labextension"
TOKEN = "for-tests-only"


def chromium() -> str | None:
    """Path of the browser; None where there is none."""
    return os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )


@dataclass
class Server:
    """A running Jupyter server; `folder` is what it serves."""

    url: str
    folder: Path
    settings: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    def page(self, app: str, name: str) -> str:
        """Address of a notebook in `lab` or `notebook`."""
        path = "lab/tree" if app == "lab" else "notebooks"
        return f"{self.url}/{path}/{name}?token={TOKEN}&reset"

    def configure(self, plugin: str, values: dict[str, Any]) -> None:
        """Write a user setting of the front end."""
        file = self.settings / plugin
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))


@contextmanager
def serving(tmp: Path, *extra: str, python: str = sys.executable, bundle: bool = True) -> Iterator[Server]:
    """A server with its own configuration, data and kernels; `bundle`: with our front end."""
    folder, home = tmp / "work", tmp / "home"
    folder.mkdir()
    home.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    share = home / "data"
    (share / "labextensions").mkdir(parents=True)
    (home / "config").mkdir()
    if bundle:
        (share / "labextensions" / "jupyter-aiprov").symlink_to(BUNDLE)
        shutil.copy(ROOT / "labextension" / "server-config.json", home / "config" / "jupyter_server_config.json")
    env = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(share),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "PYTHONPATH": str(ROOT),
    }
    command = [
        *(python, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"),
        *("--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"),
        *("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"),
        *extra,
    ]
    with (tmp / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _await(url, process, tmp / "server.log")
            running = Server(url, folder, home / "settings", process)
            news = {"fetchNews": "false", "checkForUpdates": False}
            running.configure("@jupyterlab/apputils-extension/notification.jupyterlab-settings", news)
            yield running
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:  # a kernel that does not answer holds it; the tests are over
                process.kill()
                process.wait()


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(log.read_text())
        try:
            with urllib.request.urlopen(f"{url}/api?token={TOKEN}", timeout=5):
                return
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(log.read_text())


def missing(what: str) -> None:
    """Skip, unless the gate requires a browser: then what is missing is a failure."""
    if os.environ.get("AIPROV_REQUIRE_BROWSER"):
        pytest.fail(what)
    pytest.skip(what)


def python_of(variable: str, what: str) -> str:
    """Interpreter of another environment; `.ci/full` makes it and names it so."""
    path = os.environ.get(variable)
    if not path:
        pytest.skip(f"{variable} names the Python of an environment with {what}")
    return path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not (BUNDLE / "package.json").exists():
        missing("the front end is not built: cd labextension && jlpm install && jlpm build")
    with serving(tmp_path_factory.mktemp("jupyter")) as running:
        yield running


@pytest.fixture(scope="session")
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    path = chromium()
    if path is None:
        missing("no Chromium: set CHROMIUM to its path")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield running
        running.close()


def new_context(browser: Any) -> Any:
    """A browser's window of its own: other cookies, another person."""
    opened = browser.new_context(
        viewport={"width": 1400, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    opened.set_default_timeout(30_000)
    return opened


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    opened = new_context(browser)
    yield opened
    opened.close()


@pytest.fixture
def show(server: Server, context: Any) -> Callable[..., Any]:
    """Open a notebook in an application with the panel at the right; returns the page."""
    return opener(server, context)


def opener(server: Server, context: Any) -> Callable[..., Any]:
    """What `show` does, for any server and window."""

    def open_(name: str, app: str = "lab", *, panel: bool = True) -> Any:
        page = context.new_page()
        page.goto(server.page(app, name))
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        if panel:
            open_panel(page)
        return page

    return open_


def open_panel(page: Any) -> Any:
    """The panel, shown by its command."""
    page.wait_for_function("() => window.jupyterapp && window.jupyterapp.commands.hasCommand('jupyter-aiprov:open')")
    page.wait_for_function("() => window.jupyterapp.commands.isEnabled('jupyter-aiprov:open')")
    page.evaluate("() => window.jupyterapp.commands.execute('jupyter-aiprov:open')")
    panel = page.locator(".jp-AIProv-panel")
    panel.wait_for(state="visible")
    return panel
