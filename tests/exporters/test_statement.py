"""No template says what no record says, and both languages say the same."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from pathlib import Path

import pytest

from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.exporters import statement
from jupyter_aiprov.provenance import Provenance
from tests.exporters import records

POLICIES = sorted(statement.policies())
LANGUAGES = ("en", "fr")
LOGS = {
    "no record": Provenance.of([]),
    "nothing recorded": Provenance.of([records.session()], cells=[], notebook="quiet.ipynb"),
    "uses only": records.study(),
    "full": records.study(*records.answers()),
    "screened": records.study(records.SCREENED),
    **{
        f"without {e['kind'] if e['type'] == 'declaration' else e['type']} {n}": records.study(
            *(x for x in records.answers() if x is not e)
        )
        for n, e in enumerate(records.answers())
    },
}
# Claims about people, and the record that each of them needs.
CLAIMS = {
    r"reviewed and edited|relu et corrigé": "confirmed:reviewed-and-edited",
    r"take\(?s?\)? (full )?responsibility|assument|lies entirely with|incombe entièrement"
    r"|responsible for it|sont responsables": "confirmed:responsibility",
    r"accountable for|répondent du": "confirmed:accountability",
    r"full human supervision|supervision humaine complète": "confirmed:full-human-supervision",
    r"core design decisions\.|décisions de conception principales\.": "confirmed:core-design-decisions",
    r"No AI tool is an author|Aucun outil d'IA n'est auteur": "confirmed:authors-only",
    r"\d+ were read by|ont été contrôlées par": "review",
    r"no personal data were sent|aucune donnée personnelle": "privacy",
}
VARIANTS = list(itertools.product(POLICIES, LANGUAGES, sorted(LOGS)))


def said(provenance: Provenance, need: str) -> bool:
    """Whether the record holds what a claim needs."""
    kind, _, sentence = need.partition(":")
    if kind == "review":
        return bool(provenance.reviews)
    found = provenance.declared(kind)
    return any(d["value"].get("sentence") == sentence for d in found) if sentence else bool(found)


@pytest.mark.parametrize(("policy", "language", "log"), VARIANTS)
def test_no_claim_about_people_without_its_record(policy: str, language: str, log: str) -> None:
    provenance = LOGS[log]
    text = statement.render([provenance], policy=policy, language=language, format="txt").text
    for pattern, need in CLAIMS.items():
        if re.search(pattern, text):
            assert said(provenance, need), f"{pattern!r} in {text}"
    assert "no AI used" not in text
    assert "no AI was used" not in text
    assert "{{" not in text
    assert "None" not in text
    assert not re.search(r"\([ \u00a0]*[;,)]|\b(to|pour) [.;(]|[^\n]  ", text), text


@pytest.mark.parametrize(("policy", "log"), list(itertools.product(POLICIES, sorted(LOGS))))
def test_both_languages_leave_the_same_slots_open(policy: str, log: str) -> None:
    english, french = (statement.render([LOGS[log]], policy=policy, language=x, format="txt") for x in LANGUAGES)
    assert list(english.open_slots) == list(french.open_slots)
    assert english.text.count("[TO COMPLETE: ") == french.text.count("[À COMPLÉTER\u00a0: ")
    assert ("[TO COMPLETE" in english.text) == bool(english.open_slots)


@pytest.mark.parametrize("policy", POLICIES)
def test_both_languages_of_a_part_print_the_same_slots(policy: str) -> None:
    template = tomllib.loads(statement.policies()[policy].read_text(encoding="utf-8"))
    for part in template["part"]:
        if part["style"] != "table":
            assert sorted(re.findall(r"\{[{%].*?[}%]\}", part["en"])) == sorted(
                re.findall(r"\{[{%].*?[}%]\}", part["fr"])
            )
    assert template["source_url"].startswith("https://")
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", template["retrieved"])
    assert template["version"]
    assert template["verified"] in (True, False)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_full_log_with_every_answer_leaves_nothing_open(policy: str, language: str) -> None:
    done = statement.render([LOGS["full"]], policy=policy, language=language, slots=records.ALL_SLOTS)
    assert not done.open_slots
    assert "TO COMPLETE" not in done.text
    assert "À COMPLÉTER" not in done.text


def test_answers_behind_the_results_are_counted_apart_from_development() -> None:
    text = statement.render([LOGS["uses only"]], format="txt").text
    assert "12 answers stand behind the results shown; 4 further requests were made during development" in text
    assert "superseded runs 3, failed or repeated attempts 1" in text
    assert "as reported by the server, asked for as gpt-4o-mini" in text
    assert "temperature 0.0; others were not set in the request" in text
    assert "For the rest, no AI use is recorded" in text
    assert "has gaps (recording switched off)" in text


def test_what_the_server_did_not_say_is_not_said() -> None:
    call = records.call("1", "x2", **{"gen_ai.response.model": None, "gen_ai.provider.name": None, "destination": None})
    call = {k: v for k, v in call.items() if k != "gen_ai.request.temperature"}
    done = statement.render([Provenance.of([records.session(), records.execution("x2", "c2", 3), call])], format="txt")
    assert "the answering model was not reported by the server" in done.text
    assert "Parameters were not set in the request." in done.text
    assert {"maker[gpt-4o-mini]", "route[gpt-4o-mini]", "purpose[gpt-4o-mini]"} <= set(done.open_slots)


def test_a_screening_that_found_nothing_is_not_mentioned() -> None:
    quiet = records.call("7", "x2", privacy_scan={"engine": "e", "version": "1", "findings": [], "action": "none"})
    slots = {"privacy": "no personal data were sent"}
    for policy, language in itertools.product(POLICIES, LANGUAGES):
        text = statement.render([records.study(quiet)], policy=policy, language=language, slots=slots).text
        assert "creening" not in text
        assert "contrôle automatique" not in text
    assert "reported 2 e-mail addresses; names" in statement.render([LOGS["screened"]]).text
    assert "signalé 2 adresses électroniques" in statement.render([LOGS["screened"]], language="fr").text


def test_slots_answer_questions_and_never_change_the_record() -> None:
    slots = {"checks": "all was checked", "confirm:responsibility": "yes", "purpose": "label notes", "shown": "0"}
    done = statement.render([LOGS["uses only"]], slots=slots, format="txt")
    assert "all was checked" not in done.text
    assert "confirm:responsibility" in done.open_slots
    assert "was used to label notes;" in done.text


def test_a_purpose_of_one_cell_makes_a_group_of_its_own() -> None:
    other = [records.execution("x9", "c3", 9), records.call("50", "x9", cell_id="c3")]
    done = statement.render(
        [
            records.study(
                *other, records.declaration("purpose", "draw", "cell:c3"), records.declaration("purpose", "label")
            )
        ]
    )
    assert [t.purposes for t in done.facts.tools] == [("label",), ("draw",)]


def test_a_review_of_changed_code_is_said_to_be_stale() -> None:
    text = statement.render([records.study(records.review(source_sha256="0" * 64))]).text
    assert "changed since, to review again" in text


def test_a_proposed_prompt_is_not_published_and_a_confirmed_one_is() -> None:
    proposed = records.declaration("prompt", {"name": "p", "template": "Say {x}", "confirmed": False})
    assert "Say" not in statement.render([records.study(proposed)]).text
    assert "Classify this note" in statement.render([LOGS["full"]]).text


def test_several_notebooks_make_one_section_that_names_each() -> None:
    one, two = records.study(), Provenance.of(records.uses(), cells=records.CELLS, notebook="second.ipynb")
    done = statement.render([one, two], format="txt")
    assert done.text.count("Use of AI systems") == 1
    assert "24 answers stand" in done.text
    assert "study.ipynb (cell 3) and second.ipynb (cell 3)" in done.text


def test_json_gives_text_facts_source_and_open_slots() -> None:
    made = json.loads(statement.render([LOGS["uses only"]], policy="plos", language="fr", format="json").text)
    assert made["policy"]["source_url"].startswith("https://")
    assert "checking" in made["open_slots"]
    assert made["facts"]["tools"][0]["shown"] == 12


def test_a_purpose_declared_in_both_languages_is_printed_in_the_one_asked_for() -> None:
    both = records.study(records.declaration("purpose", {"en": "sort notes", "fr": "trier des notes"}))
    assert "was used to sort notes" in statement.render([both]).text
    assert "a été utilisé pour trier des notes" in statement.render([both], language="fr").text
    english = records.study(records.declaration("purpose", {"en": "sort notes"}))
    assert "pour sort notes" in statement.render([english], language="fr").text  # people's words are theirs


def test_a_policy_that_was_not_read_at_its_source_says_so() -> None:
    assert statement.render([LOGS["full"]], policy="icmje").is_verified
    assert not statement.render([LOGS["full"]], policy="elsevier").is_verified
    said = json.loads(statement.render([LOGS["full"]], policy="jama", format="json").text)
    assert said["policy"]["verified"] is False


def test_figures_are_named_by_their_cell_and_loop_variables_not_at_all() -> None:
    axes = records.column("axes", kind="figure", origin="ai-derived", id="d-axes", cell_id="c3", execution="x3")
    piece = records.column("piece", kind="variable", id="d-piece")
    done = statement.render([records.study(axes, piece)], format="txt")
    assert "figure in cell 4" in done.text
    assert "axes" not in done.text
    assert "piece" not in done.text
    assert "figure de la cellule 4" in statement.render([records.study(axes)], language="fr").text
    named = records.study(axes, records.declaration("label", {"label": "Figure 2"}, "figure of cell 4"))
    text = statement.render([named], format="txt").text
    assert "Figure 2" in text
    assert "figure in cell 4" not in text


def test_a_user_adds_a_template_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text(
        '[[part]]\nstyle = "paragraph"\neach = "tool"\n'
        'en = "We used {{ tool.name }}."\nfr = "Usage de {{ tool.name }}."\n'
    )
    text = statement.render([LOGS["uses only"]], policy="lab", folders=[tmp_path], format="txt").text
    assert f"We used {records.MODEL}." in text


@pytest.mark.parametrize(
    "body",
    [
        "{{ tool.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{% include '/etc/passwd' %}",
        "{{ nowhere }}",
        "{% for x in %}",
        "{{ tools.append(1) }}",
    ],
)
def test_a_template_reaches_nothing_but_its_slots(tmp_path: Path, body: str) -> None:
    quoted = json.dumps(body)
    (tmp_path / "bad.toml").write_text(f'[[part]]\nstyle = "paragraph"\nen = {quoted}\nfr = {quoted}\n')
    with pytest.raises(UsageError):
        statement.render([LOGS["uses only"]], policy="bad", folders=[tmp_path])


@pytest.mark.parametrize("wrong", [{"policy": "nature"}, {"language": "de"}, {"format": "docx"}])
def test_what_there_is_no_statement_for_is_said_with_what_there_is(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="hint"):
        statement.render([LOGS["full"]], **wrong)
