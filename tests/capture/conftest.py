"""Fixtures: a tap that only listens, and capture installed on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_aiprov.capture import Installed, install
from tests.capture.fake_tap import FakeTap
from tests.loopback import Loopback


@pytest.fixture
def tap() -> FakeTap:
    return FakeTap()


@pytest.fixture
def installed(tap: FakeTap) -> Iterator[Installed]:
    """Every capture file, for the length of one test."""
    with install(tap) as it:
        yield it


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running
