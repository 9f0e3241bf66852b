"""Numbers, dates, lists and GAIDeT tasks as both languages write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from jupyter_aiprov.words import AT, LANGUAGES, Language, word

__all__ = [
    "LANGUAGES",
    "Language",
    "amount",
    "day",
    "french",
    "gaidet",
    "gaidet_uri",
    "joined",
    "number",
    "period",
    "runs",
    "word",
]


_MONTHS: Final = (
    ("January", "janvier"),
    ("February", "février"),
    ("March", "mars"),
    ("April", "avril"),
    ("May", "mai"),
    ("June", "juin"),
    ("July", "juillet"),
    ("August", "août"),
    ("September", "septembre"),
    ("October", "octobre"),
    ("November", "novembre"),
    ("December", "décembre"),
)

# GAIDeT 2025, tasks that a notebook can show; French wording of this project.
GAIDET: Final[dict[str, tuple[str, str]]] = {
    "0000017": ("Code generation", "génération de code"),
    "0000018": ("Code optimization", "optimisation de code"),
    "0000019": ("Process automation", "automatisation de processus"),
    "0000020": ("Algorithms for data analysis", "algorithmes d'analyse de données"),
    "0000022": ("Data collection", "collecte de données"),
    "0000023": ("Validation", "validation"),
    "0000024": ("Data cleaning", "nettoyage de données"),
    "0000025": ("Curation", "curation de données"),
    "0000026": ("Data analysis", "analyse de données"),
    "0000027": ("Visualization", "visualisation"),
    "0000028": ("Reproducibility testing", "essais de reproductibilité"),
    "0000030": ("Text generation", "génération de texte"),
    "0000032": ("Summarizing", "résumé de textes"),
    "0000035": ("Translation", "traduction"),
    "0000039": ("Bias analysis", "analyse des biais"),
}
GAIDET_BASE: Final = "https://w3id.org/gaidet/"


def number(value: int, language: str) -> str:
    """1,500 and 1 500 (no-break space)."""
    return f"{value:,}".replace(",", "," if language == "en" else "\u00a0")


def amount(count: int, key: str, language: str) -> str:
    """`1 row`, `1,500 rows`; French keeps the singular below two."""
    one = count < 2 if language == "fr" else count == 1
    return f"{number(count, language)} {word(key if one else key + 's', language)}"


def joined(parts: Iterable[str], language: str, last: str = "and") -> str:
    """`a, b and c`."""
    items = [p for p in parts if p]
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word(last, language)} {items[-1]}"


def day(moment: str | None, language: str) -> str | None:
    """The day of an RFC 3339 time, spelled out; None when it is no date."""
    try:
        when = date.fromisoformat(str(moment)[:10])
    except ValueError:
        return None
    month = _MONTHS[when.month - 1][AT[language]]
    number_ = "1er" if language == "fr" and when.day == 1 else str(when.day)
    return f"{number_} {month} {when.year}"


def period(first: str | None, last: str | None, language: str) -> str | None:
    """`on 2 November 2026`, `between … and …`; None when no date is on record."""
    start, end = day(first, language), day(last or first, language)
    if start is None:
        return None
    if end is None or start == end:
        return f"on {start}" if language == "en" else f"le {start}"
    if str(first)[:7] == str(last)[:7]:
        start = start.split(" ")[0]
    elif str(first)[:4] == str(last)[:4]:
        start = start.rpartition(" ")[0]
    return f"between {start} and {end}" if language == "en" else f"du {start} au {end}"


def runs(numbers: Sequence[int]) -> str:
    """`3, 5–7`: positions written short."""
    out: list[list[int]] = []
    for n in sorted(set(numbers)):
        if out and n == out[-1][1] + 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}–{b}" if b > a + 1 else f"{a}, {b}" for a, b in out)


def french(text: str) -> str:
    """No-break spaces where French typography wants them; Jinja tags are left alone."""
    parts = re.split(r"(\{\{.*?\}\}|\{%.*?%\})", text, flags=re.DOTALL)
    spaced = re.compile(r" (?=[;:?!»%])|(?<=«) ")
    return "".join(p if p.startswith(("{{", "{%")) else spaced.sub("\u00a0", p) for p in parts)


def gaidet(value: str, language: str) -> str:
    """A GAIDeT task by number or URI as its label; anything else as it was declared."""
    code = value.strip().removeprefix(GAIDET_BASE).removeprefix("http://w3id.org/gaidet/").rjust(7, "0")
    pair = GAIDET.get(code)
    return pair[AT[language]] if pair else value


def gaidet_uri(value: str) -> str | None:
    """The URI of a task given by number, URI or English label."""
    code = value.strip().removeprefix(GAIDET_BASE)
    if code.isdigit():
        return GAIDET_BASE + code.rjust(7, "0")
    return next((GAIDET_BASE + k for k, (en, _) in GAIDET.items() if en.lower() == code.lower()), None)
