"""Uses grouped by answering model, way in and declared purpose; counts by standing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters import _cards, _impact
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._facts.kinds import Made, Place, Tool
from jupyter_aiprov.exporters._facts.people import declared_for
from jupyter_aiprov.exporters._facts.results import made
from jupyter_aiprov.provenance import Provenance, Use
from jupyter_aiprov.words import Language

_DEVELOPMENT: Final = ("superseded", "deleted", "failed", "cached")
_Pairs = Sequence[tuple[Provenance, Use]]


def tools(
    provenances: Sequence[Provenance], cards: Sequence[_cards.Card], language: Language, *, impact: bool
) -> list[Tool]:
    """One tool per model, way in and purpose, in order of first use; withdrawn calls are left out."""
    groups: dict[tuple[Any, ...], list[tuple[Provenance, Use]]] = {}
    said: dict[tuple[Any, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for provenance in provenances:
        for use in provenance.uses:
            if use.standing == "withdrawn":
                continue
            purposes = declared_for(provenance, use, "purpose", language)
            tasks = declared_for(provenance, use, "task", language)
            key = _identity(use, purposes)
            groups.setdefault(key, []).append((provenance, use))
            said[key] = (purposes, tuple(dict.fromkeys((*said.get(key, ((), ()))[1], *tasks))))
    _fold_failures(groups)
    keys: Counter[str] = Counter()
    out = []
    for key, pairs in groups.items():
        name = clean(pairs[0][1].model or "unknown", 300)
        keys[name] += 1
        slot = name if keys[name] == 1 else f"{name}#{keys[name]}"
        out.append(_tool(slot, pairs, *said[key], cards, impact=impact))
    return out


def _identity(use: Use, purposes: tuple[str, ...]) -> tuple[Any, ...]:
    attributes = use.attributes
    return (
        use.model,
        attributes.get(semconv.PROVIDER),
        attributes.get(semconv.DESTINATION),
        str(_cards.weights(use).get("sha256") or ""),
        purposes,
    )


def _fold_failures(groups: dict[tuple[Any, ...], list[tuple[Provenance, Use]]]) -> None:
    """A request that failed has no answering model: it counts with the answers to the same asked-for name."""
    for key in [k for k, pairs in groups.items() if all(u.standing == "failed" for _, u in pairs)]:
        asked = {u.attributes.get(semconv.REQUEST_MODEL) for _, u in groups[key]}
        for other, pairs in groups.items():
            if (
                other != key
                and other[1:3] == key[1:3]
                and any(u.attributes.get(semconv.REQUEST_MODEL) in asked - {None} for _, u in pairs)
            ):
                pairs.extend(groups.pop(key))
                break


def _tool(
    slot: str,
    pairs: Sequence[tuple[Provenance, Use]],
    purposes: tuple[str, ...],
    tasks: tuple[str, ...],
    cards: Sequence[_cards.Card],
    *,
    impact: bool,
) -> Tool:
    uses = [u for _, u in pairs]
    answered = [u for u in uses if u.standing != "failed"] or uses
    head = answered[0]
    model = clean(head.model or "unknown", 300)
    card = next(
        (c for c in cards if c.model == model and (c.sha256 or "") == str(_cards.weights(head).get("sha256") or "")),
        None,
    )
    other: Counter[str] = Counter()
    for use in uses:
        if use.standing in _DEVELOPMENT:
            other[use.standing] += use.count
    usage: Counter[str] = Counter()
    for use in uses:
        usage.update(use.usage)
    spent = [u.seconds for u in uses if u.seconds is not None]
    names = (
        clean(u.attributes.get(semconv.REQUEST_MODEL), 300) for u in uses if u.attributes.get(semconv.REQUEST_MODEL)
    )
    return Tool(
        key=slot,
        model=model,
        reported=bool(head.attributes.get(semconv.RESPONSE_MODEL)),
        asked=tuple(dict.fromkeys(names)),
        card=card,
        provider=_cards._text(head.attributes.get(semconv.PROVIDER)),
        operations=tuple(dict.fromkeys(clean(u.attributes.get(semconv.OPERATION) or "", 100) for u in uses)),
        destination=head.attributes.get(semconv.DESTINATION)
        if head.attributes.get(semconv.DESTINATION) in semconv.DESTINATIONS
        else None,
        purposes=purposes,
        tasks=tasks,
        places=_places((p, u) for p, u in pairs if u.standing in ("shown", "cached")) or _places(pairs),
        made=_made(pairs, model),
        shown=sum(u.count for u in uses if u.standing == "shown"),
        other=dict(other),
        parameters=_parameters(u for u in uses if u.standing in ("shown", "cached")),
        first=min((u.first for u in uses if u.first), default=None),
        last=max((u.last for u in uses if u.last), default=None),
        incomplete=sum(u.incomplete for u in uses if u.standing == "shown"),
        usage=dict(usage),
        usage_missing=sum(u.usage_missing for u in uses if u.status != "failed"),
        seconds=round(sum(spent), 3) if spent else None,
        impact=_impact.estimate(answered) if impact else None,
    )


def _places(pairs: Iterable[tuple[Provenance, Use]]) -> tuple[Place, ...]:
    found: dict[str | None, tuple[set[int], set[int], list[bool]]] = {}
    for provenance, use in pairs:
        cells, executions, outside = found.setdefault(provenance.notebook, (set(), set(), [False]))
        if use.cell_index is not None:
            cells.add(use.cell_index + 1)
        elif use.execution_count:
            executions.add(use.execution_count)
        else:
            outside[0] = True
    return tuple(
        Place(clean(name, 255) if name else None, tuple(sorted(c)), tuple(sorted(x)), outside=o[0])
        for name, (c, x, o) in found.items()
    )


def _made(pairs: _Pairs, model: str) -> tuple[Made, ...]:
    """What names this model, or names none but came of the same run or of a notebook with no other model."""
    out: list[Made] = []
    executions = {u.execution for _, u in pairs if u.execution}
    for one in {id(p): p for p, _ in pairs}.values():
        alone = len({u.model for u in one.uses if u.model and u.standing != "failed"}) == 1
        out += [m for m in made(one) if model in m.models or (not m.models and (alone or m.execution in executions))]
    return tuple(out)


def _parameters(uses: Iterable[Use]) -> dict[str, tuple[Any, ...]]:
    out: dict[str, dict[str, Any]] = defaultdict(dict)
    for use in uses:
        for key, value in use.attributes.items():
            if key.startswith(semconv.REQUEST_PREFIX) and key != semconv.REQUEST_MODEL:
                out[clean(key.removeprefix(semconv.REQUEST_PREFIX), 100)].setdefault(repr(value), value)
    return {k: tuple(clean(v, 200) if isinstance(v, str) else v for v in out[k].values()) for k in sorted(out)}
