"""The papermill engine `aiprov`: runs as papermill does, then writes marks and log into the result.

`papermill --engine aiprov in.ipynb out.ipynb`. The kernel records if the extension is loaded in it
(`jupyter aiprov enable`, or `%load_ext` in the notebook); where it is not, the result stays as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from papermill.engines import NBClientEngine

from jupyter_aiprov import journal
from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.notebook import stamps_of


class AIProvEngine(NBClientEngine):  # type: ignore[misc, unused-ignore]
    """papermill's own engine, and `annotate` on what came out, also after an error."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, *args: Any, **kwargs: Any) -> None:
        """Run, then annotate from the journals of the sessions that stamped."""
        try:
            NBClientEngine.execute_managed_notebook(nb_man, kernel_name, *args, **kwargs)
        finally:
            files = journals(nb_man.nb, Path(kwargs.get("cwd") or "."))
            nb_man.nb = nbformat.from_dict(annotate(nb_man.nb, files).notebook)


def journals(nb: Any, folder: Path) -> list[Path]:
    """Files of the sessions that the notebook's stamps name, as far as they lie below `folder`."""
    sessions = {str(one.execution.get("session")) for one in stamps_of(nb)}
    found = sorted(p for p in folder.glob(".aiprov/*/") if p.is_dir())
    return [path for place in found for session in sorted(sessions) for path in journal.parts_of(place, session)]
