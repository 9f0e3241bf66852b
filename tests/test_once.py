"""An attribute made once is the same for every thread, whatever happens while it is made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from jupyter_aiprov.once import once


class Thing:
    made = 0
    fails = False

    @once
    def part(self) -> object:
        """A part."""
        if self.fails:
            raise KeyboardInterrupt
        self.made += 1
        return object()


def test_threads_that_ask_together_get_the_same_object() -> None:
    for _ in range(200):
        thing, start = Thing(), Barrier(4)
        with ThreadPoolExecutor(4) as pool:
            parts = list(pool.map(lambda _: (start.wait(), thing.part)[1], range(4)))  # noqa: B023 - used at once
        assert len({id(part) for part in parts}) == 1
        assert thing.made == 1


def test_an_interrupt_while_it_is_made_leaves_nothing_and_the_next_makes_it() -> None:
    thing = Thing()
    thing.fails = True
    with pytest.raises(KeyboardInterrupt):
        _ = thing.part
    thing.fails = False
    assert thing.part is thing.part
    assert Thing.part.__doc__ == "A part."
