"""One card per answering model: exact version, maker, openness; what nobody said stays unknown.

A maker is named only where the record names one: the provider of an external service that serves
its own models, the namespace of a repository, or a person's declaration. Names of models are not
guessed from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.provenance import Provenance, Use

Training = Literal["known", "not disclosed", "unknown"]

# Services that serve their maker's own models: provider name -> maker and its page on models.
MAKERS: Final[dict[str, tuple[str, str]]] = {
    "openai": ("OpenAI", "https://platform.openai.com/docs/models"),
    "azure.ai.openai": ("OpenAI", "https://learn.microsoft.com/azure/ai-services/openai/concepts/models"),
    "anthropic": ("Anthropic", "https://docs.anthropic.com/en/docs/about-claude/models"),
    "mistral_ai": ("Mistral AI", "https://docs.mistral.ai/getting-started/models/"),
    "gcp.gemini": ("Google", "https://ai.google.dev/gemini-api/docs/models"),
    "cohere": ("Cohere", "https://docs.cohere.com/docs/models"),
    "deepseek": ("DeepSeek", "https://api-docs.deepseek.com/"),
    "x_ai": ("xAI", "https://docs.x.ai/docs/models"),
    "perplexity": ("Perplexity", "https://docs.perplexity.ai/"),
    "moonshot_ai": ("Moonshot AI", "https://platform.moonshot.ai/docs"),
}
_DATED = re.compile(r"(?:^|[-_@:/.])((?:20\d{2})-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01]))(?:\D|$)")


@dataclass(frozen=True)
class Card:
    """What is on record about one model that answered."""

    model: str  # as reported by the server, else as asked for
    reported: bool  # whether a server reported it
    asked: tuple[str, ...] = ()
    provider: str | None = None
    maker: str | None = None
    url: str | None = None
    openness: str = "unknown"  # API | weights run here | unknown
    licence: str | None = None
    training_data: Training = "unknown"
    revision: str | None = None
    repository: str | None = None
    sha256: str | None = None
    quantisation: str | None = None
    unidentified: bool = False  # it ran on this machine, from weights that nothing tells apart
    alias: bool = False
    fixed: Literal["weights", "dated name", "alias", "undated name"] = "undated name"
    year: str | None = None
    first: str | None = None
    last: str | None = None
    calls: int = 0
    kind: Literal["llm", "embedding", "ai"] = "ai"  # what its operations show it to be

    @property
    def reproducible_by_name(self) -> bool:
        """Whether the same name will mean the same model later."""
        return self.fixed in ("weights", "dated name")

    @property
    def key(self) -> str:
        """A BibTeX key: letters, digits and hyphens."""
        key = re.sub(r"[^A-Za-z0-9]+", "-", self.model).strip("-").lower()
        return key or "model"

    def to_dict(self) -> dict[str, Any]:
        """The card as JSON."""
        return {**asdict(self), "asked": list(self.asked), "reproducible_by_name": self.reproducible_by_name}


def cards(provenances: Sequence[Provenance]) -> list[Card]:
    """A card per answering model (and weights), in order of first appearance; failed calls alone make none."""
    groups: dict[tuple[str, str], list[Use]] = {}
    for provenance in provenances:
        for use in provenance.uses:
            if use.standing in ("withdrawn", "failed") or use.model is None:
                continue
            groups.setdefault((use.model, str(weights(use).get("sha256") or "")), []).append(use)
    said = declared_models(provenances)
    return [_card(uses, said) for uses in groups.values()]


def declared_models(provenances: Sequence[Provenance]) -> dict[str, Mapping[str, Any]]:
    """What people declared of models: subject `model:<name>` of an `ai-tool` declaration -> its fields."""
    out: dict[str, Mapping[str, Any]] = {}
    for provenance in provenances:
        for one in provenance.declared("ai-tool"):
            subject, value = one.get("subject"), one.get("value")
            if isinstance(subject, str) and subject.startswith("model:") and isinstance(value, Mapping):
                out[subject.removeprefix("model:")] = value
    return out


def weights(use: Use) -> Mapping[str, Any]:
    """What is known of the weights of a model that ran here."""
    found = use.attributes.get("weights")
    return found if isinstance(found, Mapping) else {}


def maker_of(use: Use) -> tuple[str | None, str | None]:
    """Maker and page of the model, where the record names one."""
    repository = str(weights(use).get("repository") or "")
    if "/" in repository:
        return clean(repository.split("/")[0], 200), f"https://huggingface.co/{clean(repository, 200)}"
    provider = str(use.attributes.get(semconv.PROVIDER) or "")
    if use.attributes.get(semconv.DESTINATION) == "external" and provider in MAKERS:
        return MAKERS[provider]
    return None, None


def _card(uses: Sequence[Use], said: Mapping[str, Mapping[str, Any]]) -> Card:
    head = uses[0]
    name = clean(head.model or "", 300)
    known = weights(head)
    maker, url = maker_of(head)
    asked = tuple(
        dict.fromkeys(
            clean(u.attributes.get(semconv.REQUEST_MODEL), 300) for u in uses if u.attributes.get(semconv.REQUEST_MODEL)
        )
    )
    declared = next((said[n] for n in (head.model or "", *asked) if n in said), {})
    dated = _DATED.search(name)
    alias = bool(re.search(r"(^|[-:@/])latest$", name))
    places = {u.attributes.get(semconv.DESTINATION) for u in uses}
    is_identified = bool(known.get("sha256") or known.get("revision"))
    local = is_identified or places == {"in-process"}
    training = str(declared.get("training_data") or "unknown")
    return Card(
        model=name,
        reported=bool(head.attributes.get(semconv.RESPONSE_MODEL)),
        asked=asked,
        provider=_text(head.attributes.get(semconv.PROVIDER)),
        maker=_text(declared.get("maker")) or maker,
        url=_link(declared.get("url")) or url,
        openness=_text(declared.get("openness"))
        or ("weights run here" if local else "API" if places == {"external"} else "unknown"),
        licence=_text(declared.get("licence") or declared.get("license") or known.get("licence")),
        training_data="known" if training == "known" else "not disclosed" if training == "not disclosed" else "unknown",
        revision=_text(known.get("revision")),
        repository=_text(known.get("repository")),
        sha256=_text(known.get("sha256")),
        quantisation=_text(known.get("quantisation")),
        unidentified=not is_identified and any(weights(use).get("identified") is False for use in uses),
        alias=alias,
        fixed="weights" if is_identified else "alias" if alias else "dated name" if dated else "undated name",
        year=dated.group(1)[:4] if dated else None,
        first=min((u.first for u in uses if u.first), default=None),
        last=max((u.last for u in uses if u.last), default=None),
        calls=sum(u.count for u in uses),
        kind=_kind({str(u.attributes.get(semconv.OPERATION)) for u in uses}),
    )


def _kind(operations: set[str]) -> Literal["llm", "embedding", "ai"]:
    if operations <= {"chat", "text_completion"}:
        return "llm"
    return "embedding" if operations == {"embeddings"} else "ai"


def _text(value: object) -> str | None:
    return clean(value, 500) or None if value is not None else None


def _link(value: object) -> str | None:
    text = clean(value, 500) if isinstance(value, str) else ""
    return text if re.fullmatch(r"https?://[^\s\"'<>{}\\^`|]+", text) else None


_KINDS: Final = {
    "llm": ("Large language model", "Grand modèle de langage"),
    "embedding": ("Embedding model", "Modèle de plongement"),
    "ai": ("AI model", "Modèle d'IA"),
}


def kind_in_words(card: Card, language: str = "en") -> str:
    """What the model is, as far as the requests to it show."""
    return _KINDS[card.kind][language == "fr"]


def apa(card: Card, language: str = "en") -> str:
    """The reference as the APA asks for a model used through its interface."""
    nobody, undated = ("[maker not recorded]", "n.d.") if language == "en" else ("[fournisseur sans mention]", "s. d.")
    parts = [f"{card.maker or nobody}. ({card.year or undated}). {card.model} [{kind_in_words(card, language)}]."]
    if card.url:
        parts.append(card.url)
    return " ".join(parts)
