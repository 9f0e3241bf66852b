"""The words that people read in stamps, pages and statements, in English and French, side by side.

A key without its twin in the other language cannot be written: every entry is a pair.
"""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["en", "fr"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr")
AT: Final = {"en": 0, "fr": 1}

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
    "nowhere": ("access route not recorded", "voie d'accès sans mention"),
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
    "answer": ("answer", "réponse"),
    "answers": ("answers", "réponses"),
    "request": ("further request", "autre requête"),
    "requests": ("further requests", "autres requêtes"),
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
    "lineage-by-content": (
        "cells not followed on this Python: values recognised by their content only",
        "cellules non suivies sur ce Python : valeurs reconnues par leur seul contenu",
    ),
    "switched-on": ("recording switched on again", "enregistrement réactivé"),
    "sql-function": ("AI functions of a database", "fonctions d'IA d'une base de données"),
    "stamp-missing": ("stamps that are gone", "mentions disparues"),
    "interrupted": ("cell ends that were interrupted", "fins de cellule interrompues"),
    "left-open": (
        "calls after an interrupt, in the same cell",
        "appels qui suivent une interruption dans la même cellule",
    ),
    "internal": ("failures of the recorder itself", "défaillances de l'enregistreur lui-même"),
    "weights-not-identified": ("weights not identified", "poids non identifiés"),
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
    "h-item": ("Item", "Point"),
    "h-answer": ("Statement", "Déclaration"),
    "uses": ("Table of AI uses", "Tableau des usages de l'IA"),
    # single phrases
    "to-complete": ("TO COMPLETE", "À COMPLÉTER"),
    "not-reported": ("not reported by the server", "non indiqué par le serveur"),
    "not-recorded": ("not recorded", "sans mention"),
    "none-set": ("none", "aucun"),
    "and": ("and", "et"),
    "or": ("or", "ou"),
    "others": ("other values", "autres valeurs"),
    "of": ("of", "sur"),
    "edit": ("edited", "modifiée"),
    "edits": ("edited", "modifiées"),
    "no-review": ("none on record", "aucun enregistré"),
    "not-estimated": ("not estimated", "non estimée"),
    "known": ("known", "connues"),
    "not disclosed": ("not disclosed", "non divulguées"),
    "unknown-data": ("unknown", "inconnues"),
}


def word(key: str, language: str) -> str:
    """The word in that language; an unknown key stands for itself."""
    pair = WORDS.get(key)
    return pair[AT[language]] if pair else key
