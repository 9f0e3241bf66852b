"""What the guard says, in English and French: column, rule and count, never a value; and what it cannot see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jupyter_aiprov.guard._scan import Finding

_RULES: Final = {
    "en": {
        "credential": ("credential", "credentials"),
        "email": ("e-mail address", "e-mail addresses"),
        "phone": ("telephone number", "telephone numbers"),
        "nir": ("French social security number", "French social security numbers"),
        "iban": ("bank account (IBAN)", "bank accounts (IBAN)"),
        "birth-date": ("date of birth", "dates of birth"),
        "mrn": ("patient record number", "patient record numbers"),
        "hidden-text": ("run of invisible characters", "runs of invisible characters"),
        "image-location": ("image that says where it was taken", "images that say where they were taken"),
        "name": ("name of a person or place", "names of persons or places"),
    },
    "fr": {
        "credential": ("clé ou mot de passe", "clés ou mots de passe"),
        "email": ("adresse électronique", "adresses électroniques"),
        "phone": ("numéro de téléphone", "numéros de téléphone"),
        "nir": ("numéro de sécurité sociale", "numéros de sécurité sociale"),
        "iban": ("compte bancaire (IBAN)", "comptes bancaires (IBAN)"),
        "birth-date": ("date de naissance", "dates de naissance"),
        "mrn": ("numéro de dossier patient", "numéros de dossier patient"),
        "hidden-text": ("suite de caractères invisibles", "suites de caractères invisibles"),
        "image-location": ("image qui dit où elle a été prise", "images qui disent où elles ont été prises"),
        "name": ("nom de personne ou de lieu", "noms de personnes ou de lieux"),
    },
}
_TEXT: Final = {
    "en": {
        "column": "{count} value(s) or passage(s) of {column} ({why})",
        "own": "{count} match(es) of your pattern {rule!r}",
        "declared": "declared confidential",
        "candidate": "a text column read from a file, personal_data is on",
        "warn": "AI provenance: what this cell sends to {host} ({destination}) holds {what}. It is sent. "
        "{unread}{blind}",
        "unread": "Not readable, so not examined: {unread}. ",
        "blind": "Not seen by this check: names of people outside declared columns, and software that is not hooked "
        "(see %aiprov status). Further findings of this cell go on record without a message.",
        "block": "Stopped before it was sent to {host} ({destination}): {what}. Nothing left this machine. Send "
        "something else, use a host named in AIProv.local_hosts or AIProv.institutional_hosts, or declare the column "
        "with level='warn'.",
        "closed": "Stopped before it was sent to {host} ({destination}): {why}, so it cannot be shown that no value of "
        "{columns} is in it. Nothing left this machine.",
        "crash": "the check failed ({error})",
        "time": "the check took too long",
        "long": "the body cannot be read to its end ({unread})",
        "lost": "the columns declared confidential could not be handed to this process",
        "any": "the declared columns",
        "and": " and ",
    },
    "fr": {
        "column": "{count} valeur(s) ou passage(s) de {column} ({why})",
        "own": "{count} occurrence(s) de votre motif {rule!r}",
        "declared": "déclarée confidentielle",
        "candidate": "colonne de texte lue dans un fichier, personal_data est actif",
        "warn": "Provenance IA : ce que cette cellule envoie à {host} ({destination}) contient {what}. L'envoi a lieu. "
        "{unread}{blind}",
        "unread": "Illisible, donc non examiné : {unread}. ",
        "blind": "Non vu par ce contrôle : les noms de personnes hors des colonnes déclarées et les logiciels non "
        "suivis (voir %aiprov status). Les constats suivants de cette cellule sont enregistrés sans message.",
        "block": "Arrêté avant l'envoi à {host} ({destination}) : {what}. Rien n'a quitté cette machine. Envoyez autre "
        "chose, utilisez un hôte nommé dans AIProv.local_hosts ou AIProv.institutional_hosts, ou déclarez la colonne "
        "avec level='warn'.",
        "closed": "Arrêté avant l'envoi à {host} ({destination}) : {why} ; rien ne montre donc qu'aucune valeur de "
        "{columns} n'y figure. Rien n'a quitté cette machine.",
        "crash": "le contrôle a échoué ({error})",
        "time": "le contrôle a pris trop de temps",
        "long": "le corps n'a pu être lu jusqu'au bout ({unread})",
        "lost": "les colonnes déclarées confidentielles n'ont pu être transmises à ce processus",
        "any": "les colonnes déclarées",
        "and": " et ",
    },
}
DESTINATIONS: Final = {
    "en": {},
    "fr": {"external": "externe", "institutional": "institutionnel", "loopback": "boucle locale"},
}


def said(finding: Finding, language: str) -> str:
    """One finding in words."""
    words = _TEXT[language]
    if finding.column:
        why = words["candidate" if finding.candidate else "declared"]
        return words["column"].format(count=finding.count, column=finding.column, why=why)
    names = _RULES[language].get(finding.type)
    if names is None:
        return words["own"].format(count=finding.count, rule=finding.type)
    return f"{finding.count} {names[finding.count > 1]}"


def counted(rule: str, count: int, language: str) -> str:
    """So many findings of a rule in words: `2 e-mail addresses`."""
    names = _RULES[language].get(rule)
    return f"{count} {names[count > 1]}" if names else f"{rule} ({count})"


def listed(findings: Iterable[Finding], language: str) -> str:
    """Findings in words, joined."""
    *head, last = (said(f, language) for f in findings)
    return ", ".join(head) + _TEXT[language]["and"] + last if head else last


def place(destination: str, language: str) -> str:
    """A destination in words."""
    return DESTINATIONS[language].get(destination, destination)


def warning(findings: Iterable[Finding], host: str, destination: str, unread: Iterable[str], language: str) -> str:
    """The one warning of a cell."""
    words = _TEXT[language]
    missing = ", ".join(unread)
    return words["warn"].format(
        host=host,
        destination=place(destination, language),
        what=listed(findings, language),
        unread=words["unread"].format(unread=missing) if missing else "",
        blind=words["blind"],
    )


def stopped(findings: Iterable[Finding], host: str, destination: str, language: str) -> str:
    """Why a request was stopped."""
    return _TEXT[language]["block"].format(
        host=host, destination=place(destination, language), what=listed(findings, language)
    )


def closed(reason: str, host: str, destination: str, columns: Iterable[str], language: str, **more: str) -> str:
    """Why a request that could not be examined was stopped; `reason` is crash, time, long or lost."""
    words = _TEXT[language]
    return words["closed"].format(
        host=host,
        destination=place(destination, language),
        why=words[reason].format(**more),
        columns=", ".join(columns) or words["any"],
    )
