"""The whole story, driven in a browser: run, see, review, disclose, save, reopen without a kernel, check, tamper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Loopback
from tests.ui.conftest import Server, opener, python_of, serving
from tests.ui.story import story

pytestmark = pytest.mark.ui


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_run_see_review_disclose_save_reopen_check_and_tamper(
    app: str, server: Server, show: Callable[..., Any], loopback: Loopback, context: Any
) -> None:
    story(app, server, show, loopback, context)


@pytest.mark.full
@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_the_same_in_the_oldest_jupyterlab_that_is_declared(
    app: str, tmp_path: Path, loopback: Loopback, context: Any
) -> None:
    python = python_of("AIPROV_OLDEST_LAB", "the oldest JupyterLab of package.json")
    with serving(tmp_path, python=python) as server:
        story(app, server, opener(server, context), loopback, context)
