"""Names of people and places, found by presidio when it is installed (`pip install "jupyter_aiprov[pii]"`).

Asked for with `AIProv.guard_rules = {"name": "warn"}`. Nothing is downloaded: a language whose
spaCy model is not installed is not examined.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any

from jupyter_aiprov.errors import UsageError

_MODELS = {"en": ("en_core_web_lg", "en_core_web_md", "en_core_web_sm"), "fr": ("fr_core_news_md", "fr_core_news_sm")}
_ENTITIES = ["PERSON", "LOCATION"]


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


def name(text: str) -> Iterator[tuple[int, int]]:
    """Names of people and places in every installed language."""
    analyzer, languages = _analyzer()
    spans = {
        (found.start, found.end)
        for language in languages
        for found in analyzer.analyze(text=text, language=language, entities=_ENTITIES, score_threshold=0.6)
    }
    return iter(sorted(spans))
