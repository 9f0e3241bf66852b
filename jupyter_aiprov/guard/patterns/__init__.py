"""What can be told from a text alone: credentials, direct identifiers, dates of birth, hidden instructions.

Each rule is a function from a text to the stretches it finds. Numbers that carry a check (NIR,
IBAN) are verified, so that counts, hashes and identifiers of another kind do not alarm. Cheap
tests of what must be there (an @, a digit) come first: prose costs no regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.guard.patterns._births import birth_date
from jupyter_aiprov.guard.patterns._checked import iban, nir
from jupyter_aiprov.guard.patterns._emails import email
from jupyter_aiprov.guard.patterns._hidden import INVISIBLE, hidden_text
from jupyter_aiprov.guard.patterns._look import Rule, Stretch
from jupyter_aiprov.guard.patterns._phones import phone
from jupyter_aiprov.guard.patterns._records import mrn
from jupyter_aiprov.redact import credentials

__all__ = [
    "NUMBERS",
    "RULES",
    "Rule",
    "birth_date",
    "credential",
    "email",
    "finds_nothing",
    "hidden_text",
    "iban",
    "may_hold_numbers",
    "mrn",
    "nir",
    "own",
    "phone",
]


def credential(text: str) -> Iterator[Stretch]:
    """Keys, tokens, private keys, passwords in URLs; not the key that a manual shows."""
    found = credentials(text)
    return ((s.start, s.end) for s in found if s.rule != "aws-key-id" or not text.endswith("EXAMPLE", s.start, s.end))


RULES: Final[Mapping[str, Rule]] = {
    "credential": credential,
    "email": email,
    "phone": phone,
    "nir": nir,
    "iban": iban,
    "birth-date": birth_date,
    "mrn": mrn,
    "hidden-text": hidden_text,
}


# Each of them needs two digits in a row, or (in record numbers) a digit before a dash.
NUMBERS: Final = frozenset({"phone", "nir", "iban", "birth-date", "mrn"})
_DIGIT: Final = bytes(49 if chr(c) in "0123456789?" else c for c in range(256))  # `?`: perhaps another script's digit


def may_hold_numbers(text: str) -> bool:
    """False where no rule of `NUMBERS` can find anything: most prose, told by one look."""
    mapped = text.encode("latin-1", "replace").translate(_DIGIT)
    return b"11" in mapped or b"1-" in mapped


def finds_nothing(text: str) -> bool:
    """True when none of `RULES` finds anything, told by few looks; False says only that more are needed."""
    if "@" in text:
        return False
    if not text.isascii() and ("\uff20" in text or len(text.lower()) != len(text) or INVISIBLE.search(text)):
        return False
    if may_hold_numbers(text):
        for rule in _OF_NUMBERS:
            for _ in rule(text):
                return False
    return not credentials(text)


_OF_NUMBERS: Final = tuple(RULES[name] for name in sorted(NUMBERS))


def own(patterns: Mapping[str, str]) -> dict[str, Rule]:
    """Rules of the user's own patterns, by name; UsageError says which one is no regular expression."""
    rules: dict[str, Rule] = {}
    for name, pattern in patterns.items():
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise UsageError(
                f"guard_patterns[{name!r}] is no regular expression: {error.msg}",
                hint="test it with Python's re.compile",
            ) from None
        rules[name] = _finder(compiled)
    return rules


def _finder(pattern: re.Pattern[str]) -> Rule:
    return lambda text: (m.span() for m in pattern.finditer(text) if m.end() > m.start())
