"""Sentences that findings are told in: English that knows its French.

A sentence is a `str` in English, so that it is compared, kept and written as one; both languages stand
side by side where it is made. `in_french` knows the reasons that schema and journal give in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final


class Said(str):
    """A sentence in English with its French."""

    french: str

    def __new__(cls, english: str, french: str) -> Said:
        """Both are needed: a sentence without its twin cannot be made."""
        one = super().__new__(cls, english)
        one.french = french
        return one

    def text(self, language: str) -> str:
        """The sentence in that language."""
        return self.french if language == "fr" else str(self)


_REASONS: Final = (  # of schema, journal and anchor files: what is said between is kept as it is
    (r"(.*) line (\d+): (.*)", r"\1 ligne \2 : {3}"),
    (r"not a whole line", "pas une ligne entière"),
    (r"not a record", "pas un enregistrement"),
    (r"changed after it was written", "modifiée après son écriture"),
    (
        r"does not follow the line before \(has (\S+), not (\d+)\)",
        r"ne suit pas la ligne précédente (porte \1, non \2)",
    ),
    (r"not the text that was committed to", "pas le texte engagé"),
    (r"the same text twice", "deux fois le même texte"),
    (r"a text that its call did not commit to", "un texte auquel son appel ne s'est pas engagé"),
    (r"its (\S+) is not that of its line", r"son champ \1 n'est pas celui de sa ligne"),
    (r"not an anchor: not JSON", "pas un fichier d'ancrage : pas du JSON"),
    (r"not an anchor of jupyter_aiprov", "pas un fichier d'ancrage de jupyter_aiprov"),
    (r"not a JSON object", "pas un objet JSON"),
    (r"not an object", "pas un objet"),
    (r"not a list", "pas une liste"),
    (r"not a whole number", "pas un nombre entier"),
    (r"not a number", "pas un nombre"),
    (r"not a text", "pas un texte"),
    (r"not a boolean", "pas un booléen"),
    (r"not a null", "pas nul"),
    (r"not one of (.*)", r"aucun de \1"),
    (r"not of the form (.*)", r"pas de la forme \1"),
    (r"not ('.*'|\S+)", r"pas \1"),
    (r"(\d+) characters", r"\1 caractères"),
    (r"(\d+) items", r"\1 éléments"),
    (r"(\d+) keys", r"\1 clés"),
    (r"out of range", "hors limites"),
    (r"of no known form", "d'aucune forme connue"),
    (r"lacks (.*)", r"manque de \1"),
)
_PATTERNS: Final = tuple((re.compile(pattern, re.DOTALL), french) for pattern, french in _REASONS)


def in_french(reason: str) -> str:
    """A reason in French; where it begins with a place (`stamp.groups[0]: …`), the place stays."""
    for pattern, french in _PATTERNS:
        if found := pattern.fullmatch(reason):
            told = french.replace("{3}", "")
            return found.expand(told) + (in_french(found[3]) if "{3}" in french else "")
    place, colon, rest = reason.partition(": ")
    return f"{place} : {in_french(rest)}" if colon else reason


def reasons(given: Iterable[str], *, at_most: int = 3) -> Said:
    """Reasons in one sentence."""
    few = list(given)[:at_most]
    return Said("; ".join(few), " ; ".join(map(in_french, few)))
