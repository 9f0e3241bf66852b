"""Text generation as Hugging Face's server (TGI) speaks it, and others after it: a token an event."""

from __future__ import annotations

from typing import Any

from jupyter_aiprov.model import Usage
from jupyter_aiprov.readers import _parts, _reading, _stream
from jupyter_aiprov.readers._json import Dict, dig, first, items, mapping, mappings, string, whole

SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_new_tokens": "max_tokens",
    "stop": "stop_sequences",
    "stop_sequences": "stop_sequences",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "best_of": "best_of",
}


ANSWER = ("generated_text", "summary_text", "translation_text", "text", "answer", "label", "sequence")
RANKED = {"label", "sequence"}


def plain(payload: Any) -> _reading.Fields:
    listed = payload if isinstance(payload, list) else [payload]
    if listed and all(isinstance(a, list) for a in listed):  # a ranking for each input
        listed = [best for ranking in listed if (best := _best(ranking)) is not None]
    elif isinstance(payload, list):
        listed = [best] if (best := _best(payload)) is not None else payload
    answers = [a for a in listed if isinstance(a, dict)]
    texts = [next(iter(_parts.strings(a.get("labels"))), None) or string(first(a, *ANSWER)) for a in answers]
    if answers and not any(
        key in a for a in answers for key in (*ANSWER, "labels")
    ):  # marked words, boxes: there is no text of its own
        return {"output": (_parts.answer([{"type": "json", "content": _parts.shrunk(answers)}]),)}
    details = [mapping(a.get("details")) for a in answers]
    reasons = tuple(r for d in details if (r := string(d.get("finish_reason"))))
    return {
        "output": tuple(
            _parts.answer(_parts.texts(t), d.get("finish_reason")) for t, d in zip(texts, details, strict=True) if t
        ),
        "finish_reasons": reasons,
        "usage": _usage(details[0]) if len(details) == 1 else None,
    }


def _best(ranking: Any) -> Dict | None:
    """The likeliest of the labels or fillings that a classifier ranks; None for what is no ranking."""
    held = [
        m for m in mappings(ranking) if isinstance(m.get("score"), int | float) and m.keys() & RANKED and "box" not in m
    ]
    return max(held, key=lambda m: m["score"]) if held and len(held) == len(items(ranking)) else None


def _usage(details: Dict) -> Usage | None:
    raw = {k: details[k] for k in ("input_length", "prompt_tokens", "generated_tokens") if details.get(k) is not None}
    return (
        Usage(whole(first(raw, "input_length", "prompt_tokens")), whole(raw.get("generated_tokens")), raw=raw)
        if raw
        else None
    )


def streamed(events: list[_stream.Event]) -> _reading.Fields:
    """One token an event; the last holds the whole text."""
    chunks = [mapping(e.data) for e in events]
    last = chunks[-1] if chunks else {}
    pieces = [dig(c, "token", "text") for c in chunks if dig(c, "token", "special") is not True]
    text = string(last.get("generated_text")) or "".join(p for p in pieces if isinstance(p, str))
    found = plain({"generated_text": text, "details": last.get("details")})
    return found | {"complete": last.get("generated_text") is not None}
