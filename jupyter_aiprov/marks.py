"""Cell marks and the notebook log as values, made from stamps and journal events.

A cell mark is short and the same after every run with the same answers: no ids, counts, times or
content of calls. A session's entry in the log is small. Neither reads nor writes a document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.provenance import Event, use_of_group
from jupyter_aiprov.seal import is_source, outputs_digest, sealed

Record = dict[str, Any]

KEPT = ("reviews", "declarations")  # what people added to a cell mark
SEEN = ("command", "awareness")  # methods by which the panel sees a tool write
_RANK = ("unknown", "human", "real-observation", "computed", "ai-assisted", "ai-derived", "synthetic", "ai-generated")
# Packages whose version says something of how answers were got; the journal has them all.
KEY_PACKAGES = (
    *("openai", "anthropic", "google-genai", "mistralai", "cohere", "ollama", "litellm", "langchain_core", "dspy"),
    *("transformers", "torch", "vllm", "llama_cpp", "xllamacpp", "httpx", "httpx2", "requests", "pandas", "polars"),
    *("numpy", "sklearn", "ipykernel", "IPython"),
)
_GAPS_MAX = 20


def cell_mark(
    stamps: Sequence[Mapping[str, Any]],
    said: Mapping[str, Any],
    source: Any,
    outputs: Sequence[Any],
    withdrawn: Container[str] = (),
) -> Record:
    """The mark of a cell with these stamps; what people added to the mark there is stays.

    `withdrawn` are the ids of records that were taken back: the notebook log has them.
    """
    out: Record = {"schema_version": semconv.SCHEMA_VERSION}
    if stamps:
        out["schema_version"] = str(stamps[-1].get("schema_version") or semconv.SCHEMA_VERSION)
        if origin := _origin(stamps):
            out["origin"] = origin
        if models := _models(stamps):
            out["models"] = models
        if sha := (stamps[-1].get("execution") or {}).get("source_sha256"):
            out["source_sha256"] = sha
    else:
        out |= {k: said[k] for k in ("schema_version", "origin", "models", "source_sha256") if k in said}
    out["state"] = state_of(said.get("reviews") or {}, source, outputs, withdrawn)
    if authors := _authors([a for stamp in stamps for a in stamp.get("authorship") or ()], said):
        out["authorship"] = authors
    if "outputs_sha256" in said:
        out["outputs_sha256"] = said["outputs_sha256"]
    out |= {k: said[k] for k in KEPT if said.get(k)}
    return out


def _authors(ran: Sequence[Mapping[str, Any]], said: Mapping[str, Any]) -> list[Record]:
    """What the panel saw stays; the rest is the last run's to say, where it says anything."""
    made = [sealed(a) for a in ran]
    known = [sealed(a) for a in said.get("authorship") or () if not ran or a.get("method") in SEEN]
    return made + [a for a in known if a not in made]


def _origin(stamps: Sequence[Mapping[str, Any]]) -> str | None:
    """The strongest word for what the cell shows: an answer of its own before what came of others'."""
    found = {str(d.get("origin")) for s in stamps for d in s.get("derivations") or ()}
    found |= {str(a.get("origin")) for s in stamps for a in s.get("authorship") or ()}
    if any(g.get("status") != "failed" for s in stamps for g in s.get("groups") or ()):
        found.add("ai-generated")
    known = [origin for origin in _RANK if origin in found]
    return known[-1] if known else None


def _models(stamps: Sequence[Mapping[str, Any]]) -> list[str]:
    uses = [use_of_group(g) for s in stamps for g in s.get("groups") or () if isinstance(g, Mapping)]
    named = {u.model for u in uses if u.model}
    named |= {str(m) for s in stamps for d in s.get("derivations") or () for m in d.get("models") or ()}
    named |= {str(a["model"]) for s in stamps for a in s.get("authorship") or () if a.get("model")}
    return sorted(named)


def state_of(
    reviews: Mapping[str, Mapping[str, Any]], source: Any, outputs: Sequence[Any], withdrawn: Container[str] = ()
) -> str:
    """Where people's checks stand: the latest word, `stale` once its subject changed, else `unverified`.

    What was withdrawn is no word; the panel computes the same (`tests/vectors`).
    """
    standing = [(str(r.get("time") or ""), id_) for id_, r in reviews.items() if id_ not in withdrawn]
    if not standing:
        return "unverified"
    latest = reviews[max(standing)[1]]
    return "stale" if is_outdated(latest, source, outputs) else str(latest.get("status") or "unverified")


def withdrawn_of(log: Mapping[str, Any]) -> frozenset[str]:
    """Ids of the records that the notebook log says were taken back."""
    found = log.get("withdrawals")
    said = found.values() if isinstance(found, Mapping) else ()
    return frozenset(str(one.get("target")) for one in said if isinstance(one, Mapping))


def is_outdated(review: Mapping[str, Any], source: Any, outputs: Sequence[Any]) -> bool:
    """True when source or outputs are no longer those that were reviewed."""
    if review.get("source_sha256") and not is_source(source, review["source_sha256"]):
        return True
    return bool(review.get("outputs_sha256")) and review["outputs_sha256"] != outputs_digest(outputs)


def session_entry(events: Sequence[Event], known: Mapping[str, Any], superseded: Sequence[Mapping[str, Any]]) -> Record:
    """A session in the notebook log, from its journal's events; `superseded` are groups with their standing."""
    out: Record = {k: v for k, v in known.items() if k != "seal"}
    chained = [e for e in events if isinstance(e.get("hash"), str)]
    if chained:
        out["head"], out["lines"] = str(chained[-1]["hash"]), len(chained)
    for event in events:
        if event.get("type") == "session":
            _tell(out, event)
    if superseded:
        out["superseded"] = list(superseded)
    gaps = Counter(
        (str(e.get("reason")), str(e.get("detail") or ""))
        for e in events
        if e.get("type") == "gap" and not e.get("execution")
    )
    if gaps:
        shown = list(gaps.items())[:_GAPS_MAX]
        out["gaps"] = [{"reason": r, "detail": d, **({"count": n} if n > 1 else {})} for (r, d), n in shown]
    return sealed(out)


def _tell(out: Record, event: Mapping[str, Any]) -> None:
    if event.get("status") == "started" and event.get("time"):
        out["started"] = event["time"]
    if event.get("status") == "ended" and event.get("time"):
        out["ended"] = event["time"]
    if event.get("tool"):
        out["tool"] = event["tool"]
    if event.get("coverage"):
        out["coverage"] = event["coverage"]
    environment = event.get("environment")
    if isinstance(environment, Mapping):
        packages = environment.get("packages") or {}
        key = {name: packages[name] for name in KEY_PACKAGES if name in packages}
        out["environment"] = {k: environment[k] for k in ("python", "platform") if k in environment} | {"packages": key}


def entry_of_stamps(stamps: Sequence[Mapping[str, Any]], known: Mapping[str, Any]) -> Record:
    """What stamps alone tell of their session: how far its journal went at least, when, with which tool."""
    if known:
        return dict(known)
    out: Record = {}
    links = [s["journal"] for s in stamps if isinstance(s.get("journal"), Mapping)]
    if last := max((n for link in links for n in link.get("seq") or ()), default=0):
        out["lines"] = last
    times = sorted(str(s["execution"]["time"]) for s in stamps if (s.get("execution") or {}).get("time"))
    if times:
        out["started"] = times[0]
    if tools := [str(s["tool"]) for s in stamps if s.get("tool")]:
        out["tool"] = tools[-1]
    return sealed(out)
