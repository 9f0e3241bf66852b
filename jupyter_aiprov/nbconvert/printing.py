"""A page as PDF, printed by a browser of the Chromium family that reaches no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from jupyter_aiprov.errors import UsageError

_BROWSERS: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)


def browser() -> str | None:
    """A browser of the Chromium family: the one that `AIPROV_BROWSER` names, else one on the PATH."""
    named = os.environ.get("AIPROV_BROWSER")
    return shutil.which(named) if named else next((found for b in _BROWSERS if (found := shutil.which(b))), None)


def print_page(page: str, *, timeout: float = 120) -> bytes:
    """The page as PDF, printed by a headless browser that reaches no network."""
    program = browser()
    if program is None:
        raise UsageError(
            "no way to make a PDF here: neither XeLaTeX with pandoc nor a browser was found",
            hint="install Chromium, or XeLaTeX and pandoc; name a browser in AIPROV_BROWSER; or print aiprov-html",
        )
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(page, encoding="utf-8", errors="replace")
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-extensions",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--proxy-server=http://127.0.0.1:9",  # the discard port: addresses need no resolver
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            f"--print-to-pdf={made}",
            source.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium refuses to start as root otherwise
        try:
            done = subprocess.run(command, capture_output=True, timeout=timeout, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise UsageError(f"the browser did not finish the PDF in {timeout:.0f} s") from None
        if not made.is_file():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise UsageError(f"the browser made no PDF: {said[-1] if said else 'no reason given'}")
        return made.read_bytes()
