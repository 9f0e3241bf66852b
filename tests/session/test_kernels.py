"""Stamps come in every kernel that is supported: ipykernel 6.29, 7.0 and the newest, each in its own environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kernels import kernel
from tests.loopback import serving

# `.ci/run --full` makes one environment per version and names their interpreters here.
PYTHONS = [p for p in os.environ.get("AIPROV_KERNEL_PYTHONS", "").split(os.pathsep) if p]

CELLS = """
import httpx
def ask(text="hi"):
    body = {{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": text}}]}}
    return httpx.post("{url}/v1/chat/completions", json=body, timeout=30).json()
"""


@pytest.mark.full
@pytest.mark.skipif(not PYTHONS, reason="set AIPROV_KERNEL_PYTHONS to interpreters with other ipykernels")
@pytest.mark.parametrize("python", PYTHONS)
def test_stamps_late_updates_and_origins_come_in_this_kernel(tmp_path: Path, python: str) -> None:
    with serving() as server, kernel(tmp_path, python=python) as nb:
        nb.run("%load_ext jupyter_aiprov")
        nb.run(CELLS.format(url=server.url()))
        assert nb.run("_ = ask()").stamps[0]["groups"][0]["count"] == 1
        failed = nb.run("_ = ask()\n1 / 0", fails=True)
        assert failed.stamps
        assert nb.run("%%capture\n_ = ask()").stamps
        nb.run("import threading\nt = threading.Thread(target=ask); t.start(); t.join()")
        nb.run("%unload_ext jupyter_aiprov")
        assert len(nb.calls()) == 4
        assert {c["evidence"] for c in nb.calls()} == {"captured"}
