"""`jupyter aiprov check`: exit codes, baseline, many notebooks, speed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Done, aiprov, work, written  # noqa: F401 - fixtures
from tests.notebook.made import Made, code, document

Run = Callable[..., Done]


def test_exit_codes(aiprov: Run, work: Made) -> None:  # noqa: F811
    assert aiprov("check", "study.ipynb").code == 0
    assert aiprov("check", "--fail-on", "warning", "study.ipynb").code == 1
    assert aiprov("check", "--fail-on", "never", "--policy", "journal", "study.ipynb").code == 0
    assert aiprov("check", "--policy", "journal", "study.ipynb").code == 1
    assert aiprov("check", "none.ipynb").code == 2


def test_not_recorded_fails_and_the_summary_counts_all_files(aiprov: Run, work: Made) -> None:  # noqa: F811
    written(work.folder, "wild.ipynb", document(code("import openai", "a")))
    written(work.folder, "plain.ipynb", document(code("1 + 1", "a")))
    done = aiprov("check", ".")
    assert done.code == 1
    summary = done.out.splitlines()[-1]
    assert summary.startswith("3 notebooks")
    assert "1 not recorded" in summary
    assert "1 without errors or warnings" in summary


def test_a_baseline_lets_only_new_findings_through(aiprov: Run, work: Made) -> None:  # noqa: F811
    written(work.folder, "wild.ipynb", document(code("import openai", "a")))
    assert aiprov("check", "--baseline", "base.json", "--write-baseline", ".").code == 0
    done = aiprov("check", "--baseline", "base.json", "--fail-on", "note", ".")
    assert (done.code, "known from the baseline" in done.out) == (0, True)
    written(work.folder, "wild2.ipynb", document(code("import anthropic", "a")))
    assert aiprov("check", "--baseline", "base.json", ".").code == 1


def test_formats_and_output(aiprov: Run, work: Made) -> None:  # noqa: F811
    assert json.loads(aiprov("check", "--format", "json", "study.ipynb").out)["summary"]["notebooks"] == 1
    assert aiprov("check", "--format", "sarif", "--output", "o.sarif", "study.ipynb").code == 0
    assert json.loads(Path("o.sarif").read_text())["version"] == "2.1.0"
    assert aiprov("check", "--format", "github", "study.ipynb").out.startswith("::")
