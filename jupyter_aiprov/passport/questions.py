"""What a passport asks of people, in both languages; what nobody answered is shown as unanswered."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final

from jupyter_aiprov.errors import UsageError

QUESTIONS: Final[dict[str, dict[str, str]]] = {
    "title": {"en": "title of the dataset", "fr": "titre du jeu de données"},
    "description": {"en": "what the data are", "fr": "ce que sont les données"},
    "creator": {"en": "who made the dataset", "fr": "qui a constitué le jeu de données"},
    "contact": {"en": "whom to ask about the data", "fr": "à qui s'adresser au sujet des données"},
    "licence": {"en": "licence and conditions of use", "fr": "licence et conditions d'utilisation"},
    "source": {"en": "where the data come from", "fr": "d'où viennent les données"},
    "collection": {"en": "how they were collected", "fr": "mode de recueil"},
    "period": {"en": "when they were collected", "fr": "période de recueil"},
    "population": {"en": "whom or what they describe", "fr": "population ou objets décrits"},
    "personal": {"en": "personal data in them, or none", "fr": "données personnelles contenues, ou aucune"},
    "sensitive": {"en": "sensitive attributes, or none", "fr": "attributs sensibles, ou aucun"},
    "legal-basis": {"en": "legal basis of their processing", "fr": "base légale du traitement"},
    "rights": {"en": "how people concerned exercise their rights", "fr": "exercice de leurs droits par les personnes"},
    "third-party": {
        "en": "licence of third parties' texts that were sent to a model, or none",
        "fr": "licence des textes de tiers envoyés à un modèle, ou aucun",
    },
    "biases": {"en": "known biases and balance of groups", "fr": "biais connus et équilibre des groupes"},
    "limitations": {"en": "known limits", "fr": "limites connues"},
    "uses": {"en": "uses they are fit for, and uses they are not", "fr": "usages appropriés et inappropriés"},
    "maintenance": {"en": "how long they are kept and maintained", "fr": "durée de conservation et maintenance"},
}


def answered(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers under the questions' own names; a text, or one a language."""
    out: dict[str, Any] = {}
    for key, said in answers.items():
        name = key.replace("_", "-")
        if name not in QUESTIONS:
            near = difflib.get_close_matches(name, QUESTIONS, n=1)
            raise UsageError(
                f"a passport does not ask for {key!r}",
                hint=f"did you mean {near[0]!r}?" if near else "it asks for " + ", ".join(QUESTIONS),
            )
        texts = said.values() if isinstance(said, Mapping) else [said]
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise UsageError(f"{key} is a text, or one for each of en and fr", hint=f'{key}="…"')
        out[name] = dict(said) if isinstance(said, Mapping) else said.strip()
    return out
