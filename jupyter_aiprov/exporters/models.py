"""A card per answering model, with its APA line: what a reader needs to cite it or to run it again."""

from __future__ import annotations

from jupyter_aiprov.exporters._cards import Card, apa, cards
from jupyter_aiprov.exporters._document import Block, Heading, Items, Paragraph, write
from jupyter_aiprov.exporters._words import Language, day, word
from jupyter_aiprov.provenance import Provenance

NAME = "models"
EXTENSION = ".md"
_LABELS = {
    "version": ("Exact version", "Version exacte"),
    "asked": ("Asked for as", "Demandé sous le nom"),
    "maker": ("Maker", "Fournisseur"),
    "licence": ("Licence", "Licence"),
    "openness": ("Openness", "Ouverture"),
    "training": ("Training data", "Données d'entraînement"),
    "weights": ("Weights", "Poids"),
    "again": ("Reproducible by name", "Reproductible par son nom"),
    "dates": ("First and last use", "Première et dernière utilisation"),
    "cite": ("APA", "APA"),
}
_OPENNESS = {
    "API": ("through an interface (API)", "par une interface (API)"),
    "weights run here": ("weights run here", "poids exécutés ici"),
}
_FIXED = {
    "weights": ("yes, by revision or digest of the weights", "oui, par révision ou empreinte des poids"),
    "dated name": ("yes, dated version", "oui, version datée"),
    "alias": ("no: an alias, not reproducible by name", "non : un alias, non reproductible par son nom"),
    "undated name": ("not assured: the name carries no date", "non assuré : le nom ne porte pas de date"),
}


def export(provenance: Provenance, language: str = "en") -> str:
    """The cards as Markdown."""
    lang: Language = "fr" if language == "fr" else "en"
    found = cards([provenance])
    blocks: list[Block] = [Heading("Models" if lang == "en" else "Modèles", 2)]
    if not found:
        blocks.append(
            Paragraph(
                "No model that answered is on record."
                if lang == "en"
                else "Aucun modèle ayant répondu n'est enregistré."
            )
        )
    for card in found:
        blocks += [Heading(card.model, 3), Items(tuple(_lines(card, lang)))]
    return write(blocks, "md")


def _lines(card: Card, lang: Language) -> list[str]:
    at = 0 if lang == "en" else 1
    unknown = word("not-recorded", lang)
    first, last = day(card.first, lang), day(card.last, lang)
    values = {
        "version": card.revision or (card.model if card.reported else word("not-reported", lang)),
        "asked": ", ".join(card.asked) or unknown,
        "maker": card.maker or unknown,
        "licence": card.licence or unknown,
        "openness": _OPENNESS.get(card.openness, (card.openness,) * 2)[at] if card.openness != "unknown" else unknown,
        "training": word("unknown-data" if card.training_data == "unknown" else card.training_data, lang),
        "weights": ", ".join(
            filter(
                None,
                (
                    word("weights-not-identified", lang) if card.unidentified else None,
                    card.repository,
                    card.quantisation,
                    card.sha256 and f"SHA-256 {card.sha256}",
                ),
            )
        ),
        "again": _FIXED[card.fixed][at],
        "dates": " – ".join(dict.fromkeys(d for d in (first, last) if d)) or unknown,
        "cite": apa(card, lang),
    }
    colon = ": " if lang == "en" else "\u00a0: "
    return [f"{_LABELS[k][at]}{colon}{v}" for k, v in values.items() if v]
