"""Runs labelled scenarios in an IPython shell of this process, through the whole extension."""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "scenarios"
AI = {"ai-generated", "ai-derived", "ai-assisted", "synthetic"}
Json = dict[str, Any]


@dataclass
class Outcome:
    """What was said of one scenario."""

    id: str
    wrong: list[str] = field(default_factory=list)
    broken: str | None = None
    count: Json = field(default_factory=lambda: {"var": _zero(), "column": _zero()})
    rows: tuple[int, int] = (0, 0)


def _zero() -> dict[str, int]:
    return {"tp": 0, "fp": 0, "fn": 0, "tn": 0, "exact": 0}


def load(folder: Path = FOLDER) -> tuple[str, list[Json]]:
    """The prelude and the scenarios of a folder."""
    import yaml

    prelude, scenarios = "", []
    for path in sorted(folder.glob("*.yaml")):
        document = yaml.safe_load(path.read_text())
        prelude = document.get("prelude", prelude)
        scenarios.extend(document.get("scenarios", []))
    return prelude, scenarios


@contextlib.contextmanager
def shell() -> Iterator[Any]:
    """A fresh shell with the extension loaded, in a folder of its own."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    before = Path.cwd()
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor" if sys.version_info else "NoColor"
    config.AIProv.stamp = "off"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        config.AIProv.journal_dir = folder + "/.aiprov"
        sys.path.insert(0, folder)
        InteractiveShell.clear_instance()
        made = InteractiveShell.instance(config=config)
        made.system = made.system_piped
        modules = set(sys.modules)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                made.run_line_magic("load_ext", "jupyter_aiprov")
            yield made
        finally:
            with contextlib.redirect_stdout(io.StringIO()):
                made.run_line_magic("unload_ext", "jupyter_aiprov")
            InteractiveShell.clear_instance()
            atexit.unregister(made.atexit_operations)  # hundreds of shells would collect garbage one by one at exit
            sys.path.remove(folder)
            for name in set(sys.modules) - modules:
                found = getattr(sys.modules[name], "__file__", None)
                if isinstance(found, str) and found.startswith(folder):
                    del sys.modules[name]
            os.chdir(before)


def run(scenario: Json, prelude: str) -> tuple[Json, str | None]:
    """Labels after the scenario's cells, and the first error."""
    with shell() as one:
        for name, text in (scenario.get("files") or {}).items():
            Path(name).write_text(text)
        for code in [prelude, *scenario["cells"]]:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                result = one.run_cell(code, store_history=True)
            error = result.error_in_exec or result.error_before_exec
            if error and not scenario.get("raises"):
                return {}, f"{type(error).__name__}: {error}"
        import jupyter_aiprov

        return jupyter_aiprov.origins(), None


def judge(scenario: Json, labels: Json, error: str | None) -> Outcome:
    """Compare what was said with what is right."""
    out = Outcome(scenario["id"], broken=error)
    for name, expected in scenario["expect"].items():
        accepted = expected.split("|")
        said = (labels.get(name) or {}).get("origin", "none")
        said = said if said in AI else "none"
        count = out.count["column" if "." in name else "var"]
        right = (said != "none") == (accepted != ["none"])
        count[("t" if right else "f") + ("p" if said != "none" else "n")] += 1
        count["exact"] += said in accepted
        if said not in accepted:
            out.wrong.append(f"{scenario['id']}: {name}: said {said}, expected {expected}")
    right_rows = 0
    for name, rows in (scenario.get("rows") or {}).items():
        said_rows = (labels.get(name) or {}).get("rows")
        right_rows += said_rows == rows
        if said_rows != rows:
            out.wrong.append(f"{scenario['id']}: {name}: rows {said_rows}, expected {rows}")
    out.rows = (right_rows, len(scenario.get("rows") or {}))
    for name in scenario.get("selected") or []:
        if not (labels.get(name) or {}).get("selected_by"):
            out.wrong.append(f"{scenario['id']}: {name}: not said to be selected by a model")
    if scenario.get("ai") is False:
        out.wrong.extend(f"{scenario['id']}: {name}: labelled without AI" for name in labels)
    return out
