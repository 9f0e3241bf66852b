"""A patch is put back exactly, or goes quiet where somebody wrapped over it."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_aiprov.capture._patch import Patch, patched


def counting(log: list[str]) -> Any:
    def make(original: Any, patch: Patch) -> Any:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if patch.active:
                log.append("ours")
            return original(*args, **kwargs)

        return wrapper

    return make


def fresh() -> type:
    class Base:
        def inherited(self) -> str:
            return "inherited"

    class Thing(Base):
        def own(self) -> str:
            return "own"

        @staticmethod
        def still() -> str:
            return "still"

        @classmethod
        def kind(cls) -> str:
            return cls.__name__

    return Thing


@pytest.mark.parametrize(
    ("name", "answer"), [("own", "own"), ("inherited", "inherited"), ("still", "still"), ("kind", "Thing")]
)
def test_every_kind_of_method_answers_as_before_and_is_put_back(name, answer):
    thing, log = fresh(), []
    before = dict(vars(thing))
    with patched(thing, name, counting(log)):
        assert getattr(thing(), name)() == answer
        assert log == ["ours"]
    assert dict(vars(thing)) == before
    assert list(vars(thing)) == list(before)


def test_somebody_elses_wrapper_over_ours_stays_and_ours_goes_quiet():
    thing, log = fresh(), []
    with patched(thing, "own", counting(log)) as patch:
        ours = thing.own

        def theirs(self: Any) -> str:
            log.append("theirs")
            return ours(self)

        thing.own = theirs
        assert not patch.is_ours
        assert not patch.lost
        thing().own()
        assert log == ["theirs", "ours"]
    assert thing.own is theirs
    log.clear()
    assert thing().own() == "own"
    assert log == ["theirs"]


@pytest.mark.parametrize("how", ["wraps", "partial", "object", "closure"])
def test_a_wrapper_that_reaches_ours_does_not_count_as_lost(how):
    thing = fresh()
    with patched(thing, "own", counting([])) as patch:
        ours = thing.own
        if how == "wraps":
            thing.own = functools.wraps(ours)(lambda self: "x")
        elif how == "partial":
            thing.own = functools.partial(ours)
        elif how == "closure":
            thing.own = lambda self: ours(self)
        else:

            class Holder:
                def __init__(self) -> None:
                    self.inner = ours

                def __call__(self, *args: Any) -> Any:
                    return self.inner(*args)

            thing.own = Holder()
        assert not patch.lost


def test_a_reloaded_method_is_a_lost_patch():
    thing = fresh()
    with patched(thing, "own", counting([])) as patch:
        thing.own = fresh().own
        assert patch.lost
    assert not patch.lost


def test_a_method_that_is_not_there_is_an_attribute_error_and_nothing_changes():
    thing = fresh()
    before = dict(vars(thing))
    with pytest.raises(AttributeError), patched(thing, "missing", counting([])):
        pass
    assert dict(vars(thing)) == before


NAMES = st.sampled_from(["own", "inherited", "still", "kind"])


@given(st.lists(st.tuples(NAMES, st.integers(0, 20)), max_size=12), st.randoms())
def test_any_interleaving_of_patching_and_undoing_restores_the_class(steps, random):
    thing, log = fresh(), []
    before = dict(vars(thing))
    open_ones: list[Patch] = []
    for name, number in steps:
        if number < len(open_ones):
            open_ones.pop(number).undo()
        else:
            open_ones.append(Patch(thing, name, counting(log)))
    random.shuffle(open_ones)
    for patch in open_ones:
        patch.undo()
    assert dict(vars(thing)) == before
    assert thing().own() == "own"
    assert log == []
