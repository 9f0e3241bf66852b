"""Names of people and places, found by presidio when it is installed (`pip install "jupyter_aiprov[pii]"`).

Asked for with `AIProv.guard_rules = {"name": "warn"}`. Nothing is downloaded: a language whose
spaCy model is not installed is not examined. A text is read in its own language: a French model
takes English verbs for people. The models load for seconds, once.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any

from jupyter_aiprov.errors import UsageError

_MODELS = {"en": ("en_core_web_lg", "en_core_web_md", "en_core_web_sm"), "fr": ("fr_core_news_md", "fr_core_news_sm")}
_ENTITIES = ["PERSON", "LOCATION"]
_TELLING = {  # words that tell the language of a text
    "en": frozenset("the of and to in is was for with that on are as by it he she his her this from at be".split()),
    "fr": frozenset(
        "le la les de des du et à est un une pour avec dans que qui sur il elle au aux en son sa ce".split()
    ),
}
_WORD = re.compile(r"[^\W\d_]+")


@cache
def _analyzer() -> tuple[Any, tuple[str, ...]]:
    if find_spec("presidio_analyzer") is None:
        raise UsageError("the rule 'name' needs presidio", hint='pip install "jupyter_aiprov[pii]"')
    models = [
        {"lang_code": language, "model_name": next(filter(find_spec, names))}
        for language, names in _MODELS.items()
        if any(map(find_spec, names))
    ]
    if not models:
        raise UsageError("the rule 'name' needs a spaCy model", hint="python -m spacy download en_core_web_sm")
    provider = importlib.import_module("presidio_analyzer.nlp_engine").NlpEngineProvider
    engine = provider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    languages = tuple(m["lang_code"] for m in models)
    analyzer = importlib.import_module("presidio_analyzer").AnalyzerEngine(
        nlp_engine=engine, supported_languages=list(languages)
    )
    return analyzer, languages


def ready() -> None:
    """Load the models now; UsageError says what is missing."""
    _analyzer()


def name(text: str) -> Iterator[tuple[int, int]]:
    """Names of people and places in the language of the text, where its model is installed."""
    analyzer, languages = _analyzer()
    spans = {
        (found.start, found.end)
        for language in spoken(text, languages)
        for found in analyzer.analyze(text=text, language=language, entities=_ENTITIES, score_threshold=0.6)
        if _is_name(text, found.start, found.end)
    }
    return iter(sorted(spans))


def spoken(text: str, languages: tuple[str, ...]) -> list[str]:
    """Those of the languages that a text may be in: the one whose small words it holds most, all when it holds none."""
    words = _WORD.findall(text.lower())
    counts = {language: sum(w in _TELLING[language] for w in words) for language in _TELLING}
    most = max(counts.values())
    return [language for language in languages if counts[language] == most]


def _is_name(text: str, start: int, end: int) -> bool:
    """A capital that is not only the one that begins a sentence; models take `Summarise` for a person."""
    capitals = [m.start() for m in _WORD.finditer(text, start, end) if m[0][0].isupper()]
    return len(capitals) > 1 or any(
        text[:at].rstrip(" \"'«(\n")[-1:] not in {"", ".", "!", "?", ":"} for at in capitals
    )
