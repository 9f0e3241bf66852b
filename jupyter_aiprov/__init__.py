"""In-notebook AI provenance: `%load_ext jupyter_aiprov`, then work as before.

`import jupyter_aiprov as aiprov` gives the few public names; importing costs nothing else.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from jupyter_aiprov._version import __version__

if TYPE_CHECKING:
    from jupyter_aiprov.api import (
        confidential,
        declare,
        describe,
        explain,
        human,
        invocations,
        label,
        note,
        observed,
        origin,
        origins,
        prompt,
        prompts,
        review,
        synthetic,
        withdraw,
    )


__all__ = [
    "__version__",
    "confidential",
    "declare",
    "describe",
    "explain",
    "human",
    "invocations",
    "label",
    "load_ipython_extension",
    "note",
    "observed",
    "origin",
    "origins",
    "prompt",
    "prompts",
    "review",
    "synthetic",
    "unload_ipython_extension",
    "withdraw",
]


def __getattr__(name: str) -> Any:
    """The public names live in `api`, which is imported when one of them is asked for."""
    if name in __all__:
        return getattr(import_module("jupyter_aiprov.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext jupyter_aiprov`: record from now on. AIPROV=off in the environment stops it."""
    from jupyter_aiprov import session
    from jupyter_aiprov.config import AIProv

    if session.of(shell) is not None or os.environ.get("AIPROV", "").lower() == "off":
        return
    config = AIProv(parent=shell)
    config.session = session.Session(shell, config)
    shell.configurables.append(config)
    from jupyter_aiprov import magics

    config.session.stack.enter_context(magics.installed(shell))
    if config.session.is_new:
        print(config.session.notice())  # noqa: T201 - the first-run notice


def unload_ipython_extension(shell: Any) -> None:
    """`%unload_ext jupyter_aiprov`: every patched object is put back; the gap is on record."""
    from jupyter_aiprov import session

    current = session.of(shell)
    if current is None:
        return
    current.close()
    shell.configurables.remove(current.config)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where `jupyter-builder develop` finds the built panel."""
    return [{"src": "labextension", "dest": "jupyter-aiprov"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """The server's part: statement and exports for the panel."""
    return [{"module": "jupyter_aiprov.server"}]
