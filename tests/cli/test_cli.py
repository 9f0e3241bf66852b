"""`jupyter aiprov`: exit codes 0, 1, 2; one clear line and a hint for every user error; never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov import cli
from jupyter_aiprov.document import read
from jupyter_aiprov.nbconvert import AIProvHTMLExporter, AIProvMarkdownExporter
from jupyter_aiprov.semconv import CACHE_CREATION_TOKENS, CACHE_READ_TOKENS, KEY, REASONING_TOKENS
from tests.cli.conftest import Done, written
from tests.notebook.made import Made, code, document

Run = Callable[..., Done]


@pytest.mark.parametrize(("words", "said"), [
    (["shwo"], "did you mean jupyter aiprov show?"),
    (["show"], "needs a notebook"),
    (["show", "none.ipynb"], "no such file"),
    (["show", "--fromat", "json", "study.ipynb"], "did you mean --format?"),
    (["show", "--format", "yaml", "study.ipynb"], "--format takes any of"),
    (["verify", "."], ""),
    (["explain", "AIP1O1"], "did you mean AIP101?"),
    (["export", "--format", "crate", "study.ipynb"], "did you mean ro-crate?"),
    (["share", "study.ipynb"], "--for reviewer"),
    (["share", "study.ipynb", "--for", "press"], "--for takes" ),
    (["journal", "purg"], "did you mean jupyter aiprov journal purge?"),
    (["journal", "purge"], "exactly one of"),
    (["journal", "purge", "--matching", "Anna"], "standard input"),
    (["journal", "purge", "--before", "June"], "YYYY-MM-DD"),
    (["check", "--policy", "nature", "study.ipynb"], "no policy"),
    (["check", "--baseline", "b.json", "study.ipynb"], "no such baseline"),
    (["enable", "now"], "takes no argument"),
])  # fmt: skip
def test_user_errors_are_a_line_and_a_hint_and_exit_code_2(aiprov: Run, words: list[str], said: str) -> None:
    done = aiprov(*words)
    if said == "--for takes":
        said = "takes any of"
    assert done.code == (2 if said else 0)
    assert said in done.err
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) <= 2


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff\xff", b'{"nbformat": 9, "cells": []}'])
@pytest.mark.parametrize("command", ["show", "verify", "annotate", "strip", "check", "disclose", "export", "share"])
def test_what_is_no_notebook_gives_one_line_in_every_command(aiprov: Run, command: str, raw: bytes, work: Made) -> None:
    (work.folder / "bad.ipynb").write_bytes(raw)
    extra = ["--for", "public"] if command == "share" else []
    done = aiprov(command, "bad.ipynb", *extra)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert (work.folder / "bad.ipynb").read_bytes() == raw


def test_every_command_has_help_and_all_options_have_a_text(aiprov: Run) -> None:
    for name in [n for n in cli.COMMANDS if n != "demo"]:
        done = aiprov(name, "--help-all")
        assert done.code == 0
        assert len(done.out) > 200
    assert aiprov("--help").code == 0


def test_show_counts_no_token_twice(aiprov: Run, work: Made) -> None:
    """What was read from a cache, and what was thought, is part of what was sent and answered."""
    parts = {CACHE_READ_TOKENS: 8, CACHE_CREATION_TOKENS: 1, REASONING_TOKENS: 2}
    work.run("again = classify()", id_="c-9", usage=parts)
    work.save()
    assert "chat ×2 · 26 tokens" in aiprov("show", "study.ipynb").out.splitlines()[-1]


def test_show_tells_the_same_in_text_and_json_and_from_standard_input(aiprov: Run, work: Made) -> None:
    assert "3 AI answers behind the results shown · 1 model" in aiprov("show", "study.ipynb").out
    said = json.loads(aiprov("show", "--format", "json", "study.ipynb").out)
    assert (said["counts"], said["models"]) == ({"shown": 3}, ["gpt-4o-mini-2024-07-18"])
    piped = aiprov("show", "-", stdin=(work.folder / "study.ipynb").read_bytes())
    assert "3 AI answers" in piped.out
    assert "no AI use is on record" in aiprov("show", str(written(work.folder, "plain.ipynb", document()))).out


def test_options_can_stand_in_a_configuration_file(aiprov: Run, work: Made) -> None:
    folder = work.folder.parent / "config"
    folder.mkdir()
    (folder / "jupyter_aiprov_config.py").write_text("c.Show.format = 'json'\n")
    assert json.loads(aiprov("show", "study.ipynb").out)["recorded"]


def test_patterns_and_folders_are_expanded(aiprov: Run, work: Made) -> None:
    work.save("second.ipynb")
    for words in ("*.ipynb", str(work.folder)):
        assert aiprov("verify", words).out.count("consistent, not anchored") == 2


def test_annotate_strip_and_verify_go_round(aiprov: Run, work: Made) -> None:
    path = work.folder / "study.ipynb"
    assert aiprov("annotate", "--check", "study.ipynb").code == 1
    assert aiprov("annotate", "study.ipynb").code == 0
    assert aiprov("annotate", "--check", "study.ipynb").code == 0
    whole = read(path)
    assert "consistent, not anchored" in aiprov("verify", "study.ipynb").out
    done = aiprov("strip", "study.ipynb")
    assert "destroyed 1 stamp, 3 recorded AI calls" in done.err
    assert KEY not in json.dumps(read(path)).replace("jupyter_aiprov", "")
    assert aiprov("verify", "study.ipynb").code == 1  # the journal knows that a stamp was there
    aiprov("annotate", "study.ipynb")
    assert read(path) == whole


def test_verify_ends_with_1_where_something_changed_and_with_strict_where_something_is_missing(
    aiprov: Run, work: Made
) -> None:
    nb = work.notebook()
    nb["cells"][1]["source"] = "df['label'] = 1"
    written(work.folder, "changed.ipynb", nb)
    done = aiprov("verify", "changed.ipynb")
    assert (done.code, "changed: cell 2" in done.out) == (1, True)
    away = work.folder.parent / "away"
    away.mkdir()
    alone = str(written(away, "study.ipynb", work.notebook()))
    assert aiprov("verify", alone).code == 0
    assert aiprov("verify", "--strict", alone).code == 1
    assert aiprov("verify", "--strict", "--journal", str(work.journal_folder), alone).code == 0
    assert json.loads(aiprov("verify", "--format", "json", alone).out)["answer"] == "not-supplied"
    assert "enregistrements non fournis" in aiprov("verify", "--lang", "fr", alone).out


def test_an_audit_log_is_a_journal_for_verify(aiprov: Run, work: Made) -> None:
    assert aiprov("export", "--format", "audit-log", "--output", "log.jsonl", "study.ipynb").code == 0
    away = work.folder.parent / "away"
    away.mkdir()
    alone = str(written(away, "study.ipynb", work.notebook()))
    assert "consistent, not anchored" in aiprov("verify", "--journal", "log.jsonl", alone).out


def test_every_export_format_writes_something_from_the_command_line(aiprov: Run) -> None:
    names = [line.split()[0] for line in aiprov("export", "--format", "list").out.splitlines()]
    assert {"json", "prov", "csv", "bibtex", "audit-log"} <= set(names)
    for name in names:
        done = aiprov("export", "--format", name, "--output", f"out.{name}", "study.ipynb")
        assert done.code == 0, name
        assert Path(f"out.{name}").stat().st_size > 0


def test_disclose_makes_one_section_of_several_notebooks_and_strict_fails_while_a_slot_is_open(
    aiprov: Run, work: Made
) -> None:
    work.save("second.ipynb")
    done = aiprov("disclose", "study.ipynb", "second.ipynb")
    assert done.code == 0
    assert done.out.count("Use of AI systems") == 1
    assert "TO COMPLETE" in done.out
    assert aiprov("disclose", "--strict", "study.ipynb").code == 1
    french = aiprov("disclose", "--lang", "fr", "study.ipynb")
    assert "systèmes d" in french.out
    assert "que seules des personnes connaissent" in french.err


@pytest.mark.parametrize("exporter", [AIProvHTMLExporter, AIProvMarkdownExporter])
def test_a_page_and_the_section_read_the_journal_beside_the_notebook(aiprov: Run, work: Made, exporter: Any) -> None:
    work.run("tone()", id_="c-tone", calls=4)
    work.run("tone()", id_="c-tone", calls=2, ordinal=1, replaces=True)
    path = work.save()
    said = "4 further requests were made during development"
    assert said in aiprov("disclose", "study.ipynb").out
    assert said in exporter().from_filename(str(path))[0]
    assert said not in exporter(alone=True).from_filename(str(path))[0]
    away = work.folder.parent / "away"
    away.mkdir()
    alone = str(written(away, "study.ipynb", work.notebook()))
    assert said not in exporter().from_filename(alone)[0]
    assert said in exporter(journal=str(work.journal_folder)).from_filename(alone)[0]
    grown = work.run("late()", id_="c-late", calls=3)
    assert grown  # a journal that grew is read again in the same process
    assert "8 answers stand" in exporter().from_filename(str(work.save()))[0]


def test_share_anonymous_takes_people_and_paths_out_and_keeps_origins_counts_and_proof(aiprov: Run, work: Made) -> None:
    from tests.notebook.test_verify import whole

    nb = whole(work)
    nb["metadata"]["authors"] = [{"name": "Ada Lovelace"}]
    nb["cells"].append(code("open('/home/ada/x')", "c-open", None, []))
    written(work.folder, "signed.ipynb", nb)
    done = aiprov("share", "signed.ipynb", "--for", "anonymous")
    assert done.code == 0
    raw = (work.folder / "signed-anonymous.ipynb").read_text()
    assert '"Ada"' not in raw
    assert "Lovelace" not in raw
    assert "every tenth row" not in raw
    assert "names and identifiers of people: 2" in done.err
    assert "cell 4, source: a home folder" in done.err
    assert "consistent" in aiprov("verify", "signed-anonymous.ipynb").out
    assert json.loads(aiprov("show", "--format", "json", "signed-anonymous.ipynb").out)["counts"] == {"shown": 3}


def test_share_takes_declared_people_and_hosts_out_and_warns_of_what_is_printed(aiprov: Run, work: Made) -> None:
    from jupyter_aiprov.annotate import annotate
    from jupyter_aiprov.seal import sealed

    nb = annotate(work.notebook(), work.events()).notebook
    said = {
        "d-person": {
            "kind": "person",
            "subject": None,
            "value": {"name": "Ada Lovelace", "orcid": "0000-0002-1825-0097"},
        },
        "d-host": {"kind": "host", "subject": "llm.secret.example", "value": "institutional"},
        "d-dataset": {"kind": "dataset", "subject": "df", "value": {"answers": {"contact": "Ada Lovelace"}}},
        "d-purpose": {"kind": "purpose", "subject": None, "value": "label notes", "by": {"name": "Ada Lovelace"}},
    }
    log = nb["metadata"][KEY]
    log["declarations"] = {i: sealed({"type": "declaration", "id": i, **d}) for i, d in said.items()}
    log["disclosure"] = {"language": "en", "policy": "generic", "slots": {"who": "Ada Lovelace", "prompts": "annex 2"}}
    log.pop("seal", None)
    printed = {"output_type": "stream", "name": "stdout", "text": ["texts stay in .aiprov/ada (private)\n"]}
    nb["cells"].append(code("1", "c-notice", None, [printed]))
    written(work.folder, "signed.ipynb", nb)
    for audience in ("reviewer", "public", "anonymous"):
        done = aiprov("share", "signed.ipynb", "--for", audience)
        raw = (work.folder / f"signed-{audience}.ipynb").read_text()
        assert done.code == 0
        assert "secret.example" not in raw
        assert "annex 2" in raw
        assert "label notes" in raw
        assert "cell 4, output: whose journal folder it is" in done.err
        assert ("Lovelace" in raw) == ("0000-0002-1825-0097" in raw) == (audience != "anonymous")
        shown = json.loads(aiprov("show", "--format", "json", f"signed-{audience}.ipynb").out)
        assert shown["counts"] == {"shown": 3}
        assert "changed" not in aiprov("verify", f"signed-{audience}.ipynb").out


# ── doctor ─────────────────────────────────────────────────────────────────────────
def test_doctor_names_what_is_wrong_and_the_command_that_mends_it(aiprov: Run, work: Made) -> None:
    work.journal_folder.chmod(0o755)
    found = json.loads(aiprov("doctor", "--format", "json", "--folder", str(work.journal_folder)).out)
    assert any("everybody can open it" in p and m.startswith("chmod 700") for p, m in found["journal"]["problems"])
    gone = Path(work.folder.parent / "data" / "kernels" / "gone")
    gone.mkdir(parents=True)
    spec = {"argv": ["/nowhere/bin/python", "-m", "x"], "display_name": "Gone", "language": "python"}
    (gone / "kernel.json").write_text(json.dumps(spec))
    r = gone.parent / "ir"
    r.mkdir()
    (r / "kernel.json").write_text(json.dumps({"argv": ["R"], "display_name": "R", "language": "R"}))
    done = aiprov("doctor", "--format", "json")
    kernels = {k["name"]: k for k in json.loads(done.out)["kernels"]}
    assert done.code == 1
    assert "its Python is gone" in kernels["gone"]["problem"]
    assert kernels["gone"]["mend"] == "jupyter kernelspec remove gone"
    assert "cannot be recorded" in kernels["ir"]["problem"]
    assert aiprov("doctor").out.count("mend: ") >= 1


# ── journals ───────────────────────────────────────────────────────────────────────
def test_journal_list_verify_merge_gc(aiprov: Run, work: Made) -> None:
    assert "3 completed" in aiprov("journal").out
    assert "chain whole" in aiprov("journal", "verify").out
    (work.journal_folder / "orphan.content.jsonl").write_text("{}\n")
    assert "orphan" in aiprov("journal", "gc", "--dry-run").out
    assert (work.journal_folder / "orphan.content.jsonl").exists()
    aiprov("journal", "gc")
    assert not (work.journal_folder / "orphan.content.jsonl").exists()
    assert "1 files copied" in aiprov("journal", "merge", "all", str(work.journal_folder)).out
    assert "1 the same" in aiprov("journal", "merge", "all", str(work.journal_folder)).out
    path = work.journals[work.session][0]
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"gpt-4o", b"gpt-4x"))
    assert aiprov("journal", "verify").code == 1
    assert aiprov("journal", "merge", "all", str(work.journal_folder)).code == 1
    path.write_bytes(raw)


def test_purge_destroys_matching_texts_names_the_copies_and_keeps_the_chain(aiprov: Run, work: Made) -> None:
    texts = work.journal_folder / f"{work.session}.content.jsonl"
    lines = [
        {"time": "2026-11-02T09:00:00.000+00:00", "commitment": c * 64, "nonce": "0" * 32, "invocation": c, "value": v}
        for c, v in (("a", "note of Anna Berg"), ("b", "another"))
    ]
    texts.write_text("".join(json.dumps(line) + "\n" for line in lines))
    written(work.folder, "other.ipynb", document(code("'anna berg'", "x")))
    checkpoints, crate = work.folder / ".ipynb_checkpoints", work.folder / "crate"
    for folder in (checkpoints, crate):
        folder.mkdir()
    written(checkpoints, "study-checkpoint.ipynb", document(code("'Anna Berg'", "x")))
    for name in ("crate/ro-crate-metadata.json", "study.py", "labels.csv"):
        (work.folder / name).write_text("… Anna Berg …", encoding="utf-8")
    (work.folder / "innocent.csv").write_text("nobody")
    work.journal.close()
    done = aiprov("journal", "purge", "--matching", "-", stdin=b"Anna Berg\n")
    assert "1 texts destroyed" in done.out
    for copy in ("other.ipynb", "study-checkpoint.ipynb", "ro-crate-metadata.json", "study.py", "labels.csv"):
        assert copy in done.out
    assert "innocent.csv" not in done.out
    assert "Anna" not in texts.read_text()
    assert "another" in texts.read_text()
    assert "Anna" not in done.out + done.err
    assert "chain whole" in aiprov("journal", "verify").out
    assert aiprov("journal", "purge", "--before", "2027-01-01").code == 0
    assert not texts.exists()


def test_anchor_and_verify_say_what_counts_and_refuse_to_overwrite(aiprov: Run, work: Made) -> None:
    aiprov("annotate", "study.ipynb")
    made = aiprov("anchor", "study.ipynb", "--to", "file")
    assert (made.code, made.out.startswith("study.ipynb: wrote study.ipynb.anchor.json")) == (0, True)
    assert "study.ipynb.anchor.json exists" in aiprov("anchor", "study.ipynb", "--to", "file").err
    assert aiprov("anchor", "study.ipynb", "--to", "file", "--force").code == 0
    assert "not counted: a file beside the notebook" in aiprov("verify", "study.ipynb").out
    assert "consistent, anchored on 20" in aiprov("verify", "study.ipynb", "--anchor", "study.ipynb.anchor.json").out


@pytest.mark.parametrize(("words", "said"), [
    (["study.ipynb"], "needs --to"),
    (["study.ipynb", "--to", "ssh"], "needs --key"),
    (["study.ipynb", "--to", "ssh", "--key", "none"], "no such key"),
    (["study.ipynb", "--to", "rfc3161", "--response", "none"], "no request was made"),
    (["study.ipynb", "--to", "file", "--key", "none"], "--key to --to ssh"),
    (["-", "--to", "file"], "takes a file"),
])  # fmt: skip
def test_anchor_refuses_what_it_cannot_do_and_leaves_no_file(
    aiprov: Run, work: Made, words: list[str], said: str
) -> None:
    done = aiprov("anchor", *words)
    assert (done.code, said in done.err) == (2, True)
    assert not list(work.folder.glob("*.anchor*"))
