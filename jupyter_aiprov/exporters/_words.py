"""The words of statements, summaries and marks, in English and French, side by side.

A key without its twin in the other language cannot be written: every entry is a pair.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal

Language = Literal["en", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr")
_AT: Final = {"en": 0, "fr": 1}

WORDS: Final[dict[str, tuple[str, str]]] = {
    # origin, verification (shared/panel words)
    "ai-generated": ("AI-generated", "contenu généré par IA"),
    "ai-assisted": ("AI-assisted (mixed)", "contenu en partie produit par IA"),
    "ai-derived": ("derived from AI output", "issu d'un résultat d'IA"),
    "synthetic": ("synthetic data", "données synthétiques"),
    "real-observation": ("measured or collected (declared)", "mesuré ou recueilli (déclaré)"),
    "human": ("written by a person (declared)", "rédigé par une personne (déclaré)"),
    "computed": ("computed", "calculé"),
    "unknown": ("origin not declared", "origine non déclarée"),
    "unverified": ("to review", "à contrôler"),
    "checked": ("checked", "contrôlé"),
    "corrected": ("corrected", "corrigé"),
    "rejected": ("rejected", "rejeté"),
    "stale": ("to review again", "à contrôler de nouveau"),
    "ai": ("AI", "IA"),
    # destinations
    "in-process": ("run in the notebook's own process", "exécuté dans le processus du carnet"),
    "loopback": ("through a server on the same machine", "par un serveur sur la même machine"),
    "institutional": ("on an institutional server", "sur un serveur de l'établissement"),
    "external": ("through an external service", "par un service externe"),
    "nowhere": ("access route not recorded", "voie d'accès non enregistrée"),
    # standings
    "superseded": ("superseded runs", "exécutions remplacées"),
    "deleted": ("deleted cells", "cellules supprimées"),
    "failed": ("failed or repeated attempts", "essais échoués ou répétés"),
    "cached": ("cached", "réponses mises en cache"),
    "withdrawn": ("withdrawn records", "enregistrements retirés"),
    # subjects
    "cell": ("cell", "cellule"),
    "cells": ("cells", "cellules"),
    "column": ("column", "colonne"),
    "columns": ("columns", "colonnes"),
    "variable": ("variable", "variable"),
    "variables": ("variables", "variables"),
    "frame": ("table", "tableau"),
    "frames": ("tables", "tableaux"),
    "file": ("file", "fichier"),
    "files": ("files", "fichiers"),
    "figure": ("figure", "figure"),
    "figures": ("figures", "figures"),
    "output": ("output", "sortie"),
    "outputs": ("outputs", "sorties"),
    "row": ("row", "ligne"),
    "rows": ("rows", "lignes"),
    "outside any cell": ("outside any cell", "hors de toute cellule"),
    "execution": ("execution", "exécution"),
    # review methods
    "read-all": ("all read", "toutes lues"),
    "sampled": ("a sample was read", "un échantillon a été lu"),
    "compared": ("compared with another source", "comparaison avec une autre source"),
    "rerun": ("run again", "nouvelle exécution"),
    "other": ("other method", "autre méthode"),
    "someone": ("a person who is not named", "une personne non nommée"),
    "asserted": ("name typed, not authenticated", "nom saisi, non authentifié"),
    "authenticated": ("authenticated by the server", "identité authentifiée par le serveur"),
    # gaps
    "switched-off": ("recording switched off", "enregistrement désactivé"),
    "unloaded": ("extension unloaded", "extension déchargée"),
    "queue-timeout": ("a record was not confirmed in time", "un enregistrement non confirmé à temps"),
    "journal-unwritable": ("the log could not be written", "registre impossible à écrire"),
    "patch-lost": ("another tool replaced a capture point", "point de capture remplacé par un autre outil"),
    "reader-failed": ("an answer could not be understood", "une réponse n'a pas pu être lue"),
    "child-process": ("child processes", "processus fils"),
    "shell-command": ("shell commands", "commandes du système"),
    "not-covered": ("libraries that are not covered", "bibliothèques non couvertes"),
    "stamp-off": ("stamps switched off", "mentions désactivées"),
    "guard-off": ("screening of outgoing text switched off", "contrôle des textes envoyés désactivé"),
    "content-none": ("texts not kept", "textes non conservés"),
    "content-purged": ("texts purged", "textes effacés"),
    "before-load": ("calls before the extension was loaded", "appels antérieurs au chargement de l'extension"),
    "edits-not-tracked": ("later edits of a table", "modifications ultérieures d'un tableau"),
    "no-end": ("calls whose end was not seen", "appels dont la fin n'a pas été vue"),
    "no-journal": ("the log beside the notebook was not supplied", "le registre joint au carnet n'a pas été fourni"),
    # table heads
    "h-where": ("Where", "Où"),
    "h-model": ("Model", "Modèle"),
    "h-asked": ("Asked for", "Demandé"),
    "h-maker": ("Maker", "Fournisseur"),
    "h-route": ("Access", "Accès"),
    "h-use": ("Answers behind the results / other requests", "Réponses derrière les résultats / autres requêtes"),
    "h-made": ("What it made", "Ce qui en est issu"),
    "h-parameters": ("Parameters set", "Paramètres fixés"),
    "h-dates": ("Dates (UTC)", "Dates (UTC)"),
    "h-review": ("Human check", "Contrôle humain"),
    "h-item": ("Item", "Point"),
    "h-answer": ("Statement", "Déclaration"),
    "h-training": ("Training data", "Données d'entraînement"),
    "h-licence": ("Licence", "Licence"),
    "uses": ("AI uses by cell", "Usages de l'IA par cellule"),
    # single phrases
    "to-complete": ("TO COMPLETE", "À COMPLÉTER"),
    "not-reported": ("not reported by the server", "non indiqué par le serveur"),
    "not-recorded": ("not recorded", "non enregistré"),
    "none-set": ("none", "aucun"),
    "and": ("and", "et"),
    "or": ("or", "ou"),
    "others": ("other values", "autres valeurs"),
    "of": ("of", "sur"),
    "edited": ("edited", "modifiées"),
    "no-review": ("none on record", "aucun enregistré"),
    "not-estimated": ("not estimated", "non estimée"),
    "known": ("known", "connues"),
    "not disclosed": ("not disclosed", "non divulguées"),
    "unknown-data": ("unknown", "inconnues"),
    "streamed": ("streamed", "en flux"),
    "incomplete": ("stopped early", "interrompues"),
}

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


def word(key: str, language: str) -> str:
    """The word in that language; an unknown key stands for itself."""
    pair = WORDS.get(key)
    return pair[_AT[language]] if pair else key


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
    month = _MONTHS[when.month - 1][_AT[language]]
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
    return pair[_AT[language]] if pair else value


def gaidet_uri(value: str) -> str | None:
    """The URI of a task given by number, URI or English label."""
    code = value.strip().removeprefix(GAIDET_BASE)
    if code.isdigit():
        return GAIDET_BASE + code.rjust(7, "0")
    return next((GAIDET_BASE + k for k, (en, _) in GAIDET.items() if en.lower() == code.lower()), None)
