"""A site for the public: one page a notebook, in everyday words, an index, and the same as JSON-LD.

Says what AI was used for, which systems, where data went, what people checked and whom to ask. Holds no
prompt, no row, no name of a column or variable and no name of a person but the contact that was stated.
Pages are self-contained: no script, nothing loaded from elsewhere.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from jupyter_aiprov.exporters import _facts, _words, passport
from jupyter_aiprov.exporters._document import Block, Heading, Items, Paragraph, clean, html_text, inline, write
from jupyter_aiprov.exporters._facts import Facts, people
from jupyter_aiprov.exporters._wording import gap_list, read_of
from jupyter_aiprov.exporters._words import Language, amount, joined, word
from jupyter_aiprov.passport import QUESTIONS
from jupyter_aiprov.provenance import Provenance

__all__ = ["site"]

# Of the passport's questions, those that the public may ask.
_PUBLIC: Final = ("title", "description", "source", "collection", "period", "population", "personal", "licence")
_REACH: Final = ("legal-basis", "contact", "rights", "maintenance")
_SAY: Final[dict[str, tuple[str, str]]] = {
    "head": ("How AI was used", "Comment l'IA a été utilisée"),
    "notebook": ("Notebook", "Carnet"),
    "why": ("What for", "Pourquoi"),
    "systems": ("AI systems", "Systèmes d'IA"),
    "where": ("Where data went", "Où sont allées les données"),
    "made": ("What holds AI content", "Ce qui contient du contenu issu de l'IA"),
    "checks": ("What people checked", "Ce que des personnes ont contrôlé"),
    "data": ("The data", "Les données"),
    "reach": ("Whom to ask, and your rights", "À qui s'adresser, et vos droits"),
    "limits": ("What this page cannot say", "Ce que cette page ne peut dire"),
    "not-stated": ("not stated", "sans mention"),
    "no-check": ("no check by a person is on record", "aucun contrôle par une personne n'est enregistré"),
    "nothing": ("no AI use is recorded", "aucun usage d'IA n'est enregistré"),
    "no-record": (
        "nothing was recorded: whether AI was used cannot be told",
        "rien n'a été enregistré\u00a0: on ne peut dire si de l'IA a été utilisée",
    ),
    "rest": (
        "Beyond this, no AI use is recorded. The record cannot tell of use outside the notebook. Not captured: {}.",
        "Au-delà, aucun usage d'IA n'est enregistré. Le registre ne dit rien des usages hors du carnet. "
        "Non capté\u00a0: {}.",
    ),
    "no-gap": ("no gap on record", "aucune lacune enregistrée"),
    "outside": ("{} (declared)", "{} (déclaré)"),
    "index": ("All notebooks", "Tous les carnets"),
}
_STYLE: Final = (
    "body{max-width:46rem;margin:2rem auto;padding:0 1rem;font-family:system-ui,sans-serif;line-height:1.5;color:#000;"
    "background:#fff}table{border-collapse:collapse;width:100%}th,td{border:1px solid #666;padding:.3rem .5rem;"
    "text-align:left;vertical-align:top;overflow-wrap:anywhere}h1{font-size:1.5rem}h2{font-size:1.15rem}"
)


def site(provenances: Sequence[Provenance], language: str = "en") -> dict[str, bytes]:
    """File name -> content: `index.html`, a page a notebook, `portal.jsonld`; the same for the same records."""
    lang: Language = "fr" if language == "fr" else "en"
    known = [(p, _facts.facts([p], impact=False, language=lang)) for p in provenances]
    names = _names([p for p, _ in known])
    pages = {
        n: _page(_title(p), write(_blocks(p, f, lang), "html"), lang) for n, (p, f) in zip(names, known, strict=True)
    }
    index = _page(_say("head", lang), _index(known, names, lang), lang)
    feed = json.dumps(_feed(known, names, lang), ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    made = {"index.html": index, **pages, "portal.jsonld": feed}
    return {name: text.encode("utf-8", "replace") for name, text in made.items()}


def _say(key: str, language: Language, *values: object) -> str:
    return _SAY[key][language == "fr"].format(*values)


def _title(provenance: Provenance) -> str:
    return clean(provenance.notebook or "notebook.ipynb", 255)


def _names(provenances: Sequence[Provenance]) -> list[str]:
    """File names of the pages: plain characters, none twice."""
    taken: Counter[str] = Counter({"index": 1})
    out = []
    for one in provenances:
        stem = re.sub(r"[^\w-]+", "-", _title(one).removesuffix(".ipynb"), flags=re.ASCII).strip("-") or "notebook"
        taken[stem.lower()] += 1
        count = taken[stem.lower()]
        out.append(f"{stem}{'' if count == 1 else f'-{count}'}.html")
    return out


def _page(title: str, body: str, language: Language) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{html_text(title)}</title>\n'
        '<link rel="alternate" type="application/ld+json" href="portal.jsonld">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _blocks(provenance: Provenance, facts: Facts, language: Language) -> list[Block]:
    parts: list[Block] = [Heading(_title(provenance), 1)]
    if facts.state != "uses":
        said = _say("nothing" if facts.state == "nothing-recorded" else "no-record", language)
        parts.append(Paragraph(said[:1].upper() + said[1:] + "."))
    else:
        for key, items in (
            ("why", _purposes(facts, language)),
            ("systems", _systems(facts, language)),
            ("where", _routes(facts, language)),
            ("made", _made(facts, language)),
            ("checks", _checks(facts, language)),
        ):
            if items:
                parts += [Heading(_say(key, language)), Items(tuple(items))]
    stated = _stated(provenance, language)
    for key, names in (("data", _PUBLIC), ("reach", _REACH)):
        parts += [Heading(_say(key, language)), Items(tuple(_question(n, stated.get(n, ()), language) for n in names))]
    missing = gap_list(facts, language) or _say("no-gap", language)
    if facts.state != "no-record":
        parts += [Heading(_say("limits", language)), Paragraph(_say("rest", language, missing))]
    return parts


def _purposes(facts: Facts, language: Language) -> list[str]:
    said = [p.rstrip(" .") for t in facts.tools for p in t.purposes]
    said += [o["purpose"].rstrip(" .") for o in facts.outside if o.get("purpose")]
    return list(dict.fromkeys(said)) or [_say("not-stated", language)]


def _systems(facts: Facts, language: Language) -> list[str]:
    named = [f"{t.model}{f' ({t.card.maker})' if t.card and t.card.maker else ''}" for t in facts.tools]
    named += [w.tool or w.model or word("ai", language) for w in facts.written]
    named += [_say("outside", language, o.get("tool") or o.get("model") or "") for o in facts.outside]
    return list(dict.fromkeys(named))


def _routes(facts: Facts, language: Language) -> list[str]:
    return list(dict.fromkeys(word(t.destination or "nowhere", language) for t in facts.tools))


def _made(facts: Facts, language: Language) -> list[str]:
    """How many columns, tables, files and figures, never their names."""
    seen = {(m.kind, m.origin, m.cell if m.kind == "figure" else m.subject) for m in facts.made if m.kind != "variable"}
    kinds = Counter((kind, origin) for kind, origin, _ in sorted(seen, key=str))
    said = [f"{amount(n, kind, language)}\u00a0: {word(origin, language)}" for (kind, origin), n in kinds.items()]
    if facts.written:
        said.append(f"{amount(len(facts.written), 'cell', language)}\u00a0: code")
    return [s.replace("\u00a0:", ":") if language == "en" else s for s in said]


def _checks(facts: Facts, language: Language) -> list[str]:
    said = []
    for one in facts.checks:
        if one.stale:
            said.append(word("stale", language))
        elif one.read is not None and one.total is not None:
            said.append(read_of(one, language))
        else:
            said.append(word(one.status, language))
    return said or [_say("no-check", language)]


def _stated(provenance: Provenance, language: Language) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for one in passport.datasets(provenance):
        for name, value in one.answers.items():
            out.setdefault(name, []).extend(people.texts(value, "text", language))
    return {name: list(dict.fromkeys(said)) for name, said in out.items()}


def _question(name: str, said: Sequence[str], language: Language) -> str:
    asked = QUESTIONS[name][language]
    colon = ": " if language == "en" else "\u00a0: "
    answer = joined([s.rstrip(" .") for s in said], language) or _say("not-stated", language)
    return f"{asked[:1].upper()}{asked[1:]}{colon}{answer}"


def _index(known: Sequence[tuple[Provenance, Facts]], names: Sequence[str], language: Language) -> str:
    heads = "".join(
        f'<th scope="col">{html_text(_say(h, language))}</th>'
        for h in ("notebook", "why", "systems", "where", "checks")
    )
    rows = []
    for name, (provenance, facts) in zip(names, known, strict=True):
        link = f'<a href="{name}">{inline(_title(provenance), "html")}</a>'
        if facts.state == "uses":
            cells = [
                _purposes(facts, language),
                _systems(facts, language),
                _routes(facts, language),
                _checks(facts, language),
            ]
        else:
            cells = [[_say("nothing" if facts.state == "nothing-recorded" else "no-record", language)], [], [], []]
        said = "".join(f"<td>{inline('; '.join(c), 'html')}</td>" for c in cells)
        rows.append(f"<tr><td>{link}</td>{said}</tr>")
    title = f"<h1>{html_text(_say('head', language))}</h1>\n"
    return f"{title}<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>\n"


def _feed(known: Sequence[tuple[Provenance, Facts]], names: Sequence[str], language: Language) -> dict[str, Any]:
    """The same as schema.org JSON-LD; every value from a record is a string."""
    return {
        "@context": "https://schema.org/",
        "@type": "DataCatalog",
        "name": _say("head", language),
        "inLanguage": language,
        "dataset": [_entry(p, f, n, language) for n, (p, f) in zip(names, known, strict=True)],
    }


def _entry(provenance: Provenance, facts: Facts, name: str, language: Language) -> Mapping[str, Any]:
    stated = _stated(provenance, language)
    out: dict[str, Any] = {"@type": "Dataset", "name": _title(provenance), "mainEntityOfPage": name}
    for key, place in (("description", "description"), ("licence", "license"), ("period", "temporalCoverage")):
        if stated.get(key):
            out[place] = "; ".join(stated[key])
    if facts.tools:
        out["isBasedOn"] = [
            {
                "@type": "SoftwareApplication",
                "name": t.model,
                **({"publisher": t.card.maker} if t.card and t.card.maker else {}),
            }
            for t in facts.tools
        ]
    dates = sorted(d for t in facts.tools for d in (t.first, t.last) if d)
    if dates and _words.day(dates[-1], language):
        out["dateModified"] = dates[-1][:10]
    return out
