"""A step after IPython's display formatter: what was made of an object, before it is sent.

Sits behind whatever formatter is registered, now or later; IPython's own registry is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

Step = Callable[[Any, dict[str, Any], dict[str, Any]], None]  # object, data and metadata, changed in place
Safely = Callable[[], AbstractContextManager[Any]]


@contextmanager
def step_after_format(formatter: Any, step: Step, safely: Safely) -> Iterator[None]:
    """Until the context is left, `step` sees what `formatter.format` makes of each object."""
    original, had = formatter.format, vars(formatter).get("format")
    active = [True]

    def format(obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: A001  the name of what it stands for
        made = original(obj, *args, **kwargs)
        if active and isinstance(made, tuple) and len(made) == 2 and all(isinstance(part, dict) for part in made):
            with safely():
                step(obj, *made)
        return made

    formatter.format = format
    try:
        yield
    finally:
        active.clear()  # where somebody wrapped this since, it stays in the chain and does nothing
        if vars(formatter).get("format") is format:
            if had is None:
                del formatter.format
            else:
                formatter.format = had
