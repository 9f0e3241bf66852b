"""Column heads and legends of saved tables, said in the language of the page.

The kernel wrote them in its own language. Only what `lineage.display` wrote is touched: a table with
our legend behind it, of which every part is understood.
"""

from __future__ import annotations

import html
import re
from typing import Final

from jupyter_aiprov.strip import HEAD, LEGEND
from jupyter_aiprov.words import Language, word

_TAG: Final = re.compile(r"<[^>]*>")
_ORIGINS: Final = ("ai-generated", "ai-assisted", "ai-derived", "synthetic")
_SIGN: Final = {"AI": "ai", "IA": "ai", "synthetic": "synthetic", "synthétique": "synthetic"}
_SIGNS: Final = {"ai": {"en": "AI", "fr": "IA"}, "synthetic": {"en": "synthetic", "fr": "synthétique"}}
_LEAD: Final = {"en": "Origin of columns", "fr": "Origine des colonnes"}
_PERHAPS: Final = {"en": "perhaps ", "fr": "peut-être "}
_HIDDEN: Final = {"en": "not shown", "fr": "non affichée(s)"}
_MORE: Final = {"en": ("and ", " more"), "fr": ("et ", " de plus")}


def said_in(shown: str, language: Language) -> str:
    """The HTML with heads and legend in that language; unchanged where it says so already or is not ours."""
    other: Language = "fr" if language == "en" else "en"
    legends = LEGEND.findall(shown)
    made = {legend: _legend(html.unescape(legend), other, language) for legend in legends}
    if not made or None in made.values() or _LEAD[other] not in shown:
        return shown

    names = " ".join(map(html.unescape, legends))

    def head(found: re.Match[str]) -> str:
        name = html.unescape(_TAG.sub("", found.group(2)).strip())
        if name not in names and not any(_MORE[other][1] in legend for legend in legends):
            return found.group(0)  # a column that its author called `x (AI)`
        return found.group(1) + found.group(2) + _sign(found, language)

    shown = HEAD.sub(head, shown)
    return LEGEND.sub(lambda m: _paragraph(str(made[m.group(1)]), language), shown)


def _paragraph(legend: str, language: Language) -> str:
    return f"<p><small>{html.escape(f'{_LEAD[language]} – {legend}')}</small></p>"


def _sign(found: re.Match[str], language: Language) -> str:
    sign = found.group(0)[len(found.group(1) + found.group(2)) :].strip(" ()")
    key = _SIGN[sign.rstrip("?")]
    return f" ({_SIGNS[key][language]}{'?' if sign.endswith('?') else ''})"


def _legend(text: str, before: Language, after: Language) -> str | None:
    """`a, b: AI-generated; c: perhaps …` in the other language; None where a part is not understood."""
    parts = [_part(part, before, after) for part in text.split("; ")]
    return None if None in parts else "; ".join(map(str, parts))


def _part(part: str, before: Language, after: Language) -> str | None:
    names, found, said = part.rpartition(": ")
    if not found:
        return None
    if names == _HIDDEN[before]:
        return f"{_HIDDEN[after]}: {_listed(said, before, after)}"
    perhaps = said.startswith(_PERHAPS[before])
    said = said.removeprefix(_PERHAPS[before])
    origin = next((o for o in _ORIGINS if word(o, before) == said), None)
    if origin is None:
        return None
    return f"{_listed(names, before, after)}: {_PERHAPS[after] if perhaps else ''}{word(origin, after)}"


def _listed(names: str, before: Language, after: Language) -> str:
    lead, end = _MORE[before]
    found = re.search(rf" {lead}(\d+){re.escape(end)}$", names)
    return names if found is None else f"{names[: found.start()]} {_MORE[after][0]}{found.group(1)}{_MORE[after][1]}"
