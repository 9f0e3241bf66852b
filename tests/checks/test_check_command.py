"""`jupyter aiprov check`: exit codes, baseline, many notebooks, speed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from jupyter_aiprov import checks
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


def test_a_baseline_holds_however_the_file_is_called(aiprov: Run, work: Made) -> None:  # noqa: F811
    assert aiprov("check", "--baseline", "b.json", "--write-baseline", "study.ipynb").code == 0
    for name in ("./study.ipynb", str(work.folder / "study.ipynb"), "."):
        assert aiprov("check", "--baseline", "b.json", "--fail-on", "note", name).code == 0


def test_every_rule_is_explained_with_title_why_and_how_to_mend_it(aiprov: Run) -> None:  # noqa: F811
    for code_, check in checks.registry().items():
        said = aiprov("explain", code_.lower())
        assert said.code == 0
        for part in (
            code_,
            check.title(),
            check.message().replace("{subject}", "…"),
            check.hint,
            check.link,
            check.severity,
        ):
            assert part in said.out
    assert len(aiprov("explain").out.splitlines()) == len(checks.registry())


def test_formats_and_output(aiprov: Run, work: Made) -> None:  # noqa: F811
    assert json.loads(aiprov("check", "--format", "json", "study.ipynb").out)["summary"]["notebooks"] == 1
    assert aiprov("check", "--format", "sarif", "--output", "o.sarif", "study.ipynb").code == 0
    assert json.loads(Path("o.sarif").read_text())["version"] == "2.1.0"
    assert aiprov("check", "--format", "github", "study.ipynb").out.startswith("::")
