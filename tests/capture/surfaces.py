"""Ways of asking through SDKs and frameworks, by name: `@surface("library")` on a function of the server's address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

HI = [{"role": "user", "content": "hi"}]
KEY = "sk-s3cret-0123456789"
Surface = Callable[[str], Any]
SURFACES: dict[str, tuple[str, Surface]] = {}
CLIENTS: dict[Any, Any] = {}


def surface(library: str) -> Callable[[Surface], Surface]:
    """Note a way of asking, and the module it needs."""

    def note(function: Surface) -> Surface:
        assert function.__name__ not in SURFACES
        SURFACES[function.__name__] = (library, function)
        return function

    return note


def kept(make: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A client, made once until `CLIENTS` is cleared: a test asks through it before and after loading."""
    key = (make, args, repr(sorted(kwargs.items())))
    if key not in CLIENTS:
        CLIENTS[key] = make(*args, **kwargs)
    return CLIENTS[key]


def run(awaitable: Any) -> Any:
    return asyncio.run(awaitable)


def joined(pieces: Any) -> str:
    """The text of OpenAI's pieces."""
    return "".join(p.choices[0].delta.content or "" for p in pieces if p.choices)


async def joined_async(pieces: Any) -> str:
    return "".join([p.choices[0].delta.content or "" async for p in pieces if p.choices])
