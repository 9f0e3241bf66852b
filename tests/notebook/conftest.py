from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.notebook.made import Made, study


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., Made]]:
    """Make a study in a folder of its own; its journal is closed at the end."""
    opened: list[Made] = []

    def make(*, name: str = "work", **more: Any) -> Made:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        opened.append(study(folder, **more))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
