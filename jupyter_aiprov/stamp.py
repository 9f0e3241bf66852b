"""The stamp at the end of a cell: what the machine reads and what people read, from one record.

HTML is text nodes in `details`, `table` and `p` only (no style, script or id): it reads well after
JupyterLab's sanitiser and in an untrusted notebook. Knows nothing of kernels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from jupyter_aiprov import seal, semconv
from jupyter_aiprov._version import __version__
from jupyter_aiprov.provenance import Use
from jupyter_aiprov.words import word

Record = dict[str, Any]
TOOL = f"jupyter_aiprov {__version__}"
_DERIVATIONS_MAX = 200
_PATH = re.compile(r"^(?:[/~]|[A-Za-z]:[\\/]|\\\\)")
_DERIVATION_KEYS = (
    *("subject", "kind", "origin", "evidence", "confidence", "rows", "rows_ai", "rows_edited", "rows_total"),
    *("selected_by", "models", "path", "file", "state", "invocation_count"),
)

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "ai": "AI",
        ":": ":",
        "call": "call",
        "calls": "calls",
        "made": "made",
        "review": "to review",
        "failed": "failed",
        "abandoned": "stopped early",
        "unread": "never read",
        "started": "not finished",
        "cached": "from a cache",
        "not captured": "not captured",
        "selected": "rows selected by a model",
        "asked": "asked for as",
        "unknown model": "model not named",
        "caption": "AI use recorded in this cell",
        "head": "Operation|Model (as reported by the server)|Provider|Calls|State|Where it ran",
        "in-process": "in this process",
        "loopback": "server on this machine",
        "institutional": "institutional server",
        "external": "external service",
        "completed": "answered",
        "became": "What became of it",
        "ai-generated": "AI-generated",
        "ai-assisted": "AI-assisted (mixed)",
        "ai-derived": "derived from AI output",
        "synthetic": "synthetic data",
        "low": "derived?",
        "row": "row",
        "rows": "rows",
        "file": "file",
        "journal": "Log",
        "line": "line",
        "lines": "lines",
        "source": "this cell's text",
        "code": "code",
    },
    "fr": {
        "ai": "IA",
        ":": "\u00a0:",
        "call": "appel",
        "calls": "appels",
        "made": "a produit",
        "review": "à contrôler",
        "failed": "en échec",
        "abandoned": "interrompu",
        "unread": "jamais lu",
        "started": "inachevé",
        "cached": "servi par un cache",
        "not captured": "non capté",
        "selected": "lignes choisies par un modèle",
        "asked": "demandé sous le nom",
        "unknown model": "modèle non nommé",
        "caption": "Usage d'IA enregistré dans cette cellule",
        "head": "Opération|Modèle (tel qu'indiqué par le serveur)|Fournisseur|Appels|État|Lieu d'exécution",
        "in-process": "dans ce processus",
        "loopback": "serveur sur cette machine",
        "institutional": "serveur de l'établissement",
        "external": "service externe",
        "completed": "réponse reçue",
        "became": "Ce qui en est issu",
        "ai-generated": "contenu généré par IA",
        "ai-assisted": "contenu en partie produit par IA",
        "ai-derived": "issu d'un résultat d'IA",
        "synthetic": "données synthétiques",
        "low": "issu d'un résultat d'IA\u00a0?",
        "row": "ligne",
        "rows": "lignes",
        "file": "fichier",
        "journal": "Registre",
        "line": "ligne",
        "lines": "lignes",
        "source": "le texte de cette cellule",
        "code": "code",
    },
}


def record(
    execution: Mapping[str, Any],
    uses: Sequence[Use],
    events: Sequence[Mapping[str, Any]],
    *,
    journal: Mapping[str, Any] | None = None,
    content: Sequence[Mapping[str, Any]] = (),
    stable: bool = False,
) -> Record:
    """The machine record of one execution (schema: `stamp`); `stable` leaves the volatile part out."""
    groups = [public(use.to_dict()) for use in uses]
    out: Record = {
        "schema_version": semconv.SCHEMA_VERSION,
        "kind": "stamp",
        "tool": TOOL,
        "execution": {k: v for k, v in _execution(execution).items() if v is not None or k == "cell_id"},
        "groups": groups,
        "derivations": _derivations(events),
        "authorship": [_only(e, _AUTHORSHIP_KEYS) for e in events if e.get("type") == "authorship"],
        "gaps": [
            {"reason": e.get("reason"), "detail": e.get("detail") or ""} for e in events if e.get("type") == "gap"
        ],
    }
    if execution.get("outputs"):
        out["outputs"] = list(execution["outputs"])
    if content:
        out["content"] = list(content)
    out[seal.DIGEST] = seal.stable_digest(out)
    if stable:
        return seal.sealed({"tool": TOOL, **seal.stable(out), "gaps": out["gaps"], seal.DIGEST: out[seal.DIGEST]})
    if journal:
        out["journal"] = dict(journal)
    return seal.sealed(out)


_AUTHORSHIP_KEYS = ("origin", "tool", "model", "share", "method", "evidence", "confidence")


def public(group: Mapping[str, Any]) -> Record:
    """A group without what must not travel: a model named by a path keeps its file name only."""
    out = dict(group)
    for key in (semconv.REQUEST_MODEL, semconv.RESPONSE_MODEL):
        name = out.get(key)
        if isinstance(name, str) and _PATH.match(name):
            out[key] = re.split(r"[\\/]", name.rstrip("/\\"))[-1]
    return out


def _execution(execution: Mapping[str, Any]) -> Record:
    keys = ("id", "session", "cell_id", "execution_count", "source_sha256", "ordinal", "status")
    return {**{k: execution.get(k) for k in keys}, "time": execution.get("start_time")}


def _derivations(events: Sequence[Mapping[str, Any]]) -> list[Record]:
    latest: dict[str, Record] = {}
    for event in events:
        if event.get("type") == "derivation":
            latest[str(event.get("subject"))] = _only(event, _DERIVATION_KEYS)
    return list(latest.values())[:_DERIVATIONS_MAX]


def _only(event: Mapping[str, Any], keys: Sequence[str]) -> Record:
    return {k: event[k] for k in keys if event.get(k) is not None}


# ── what people read ───────────────────────────────────────────────────────────────
def line(stamp: Mapping[str, Any], language: str = "en") -> str:
    """One quiet line: models and calls, what they made, what is not as it should be."""
    say = WORDS[language]
    counts: dict[str, int] = {}
    troubles: dict[str, int] = {}
    for group in stamp.get("groups") or ():
        status, count = str(group.get("status")), int(group.get("count") or 0)
        if status in {"failed", "unread", "started", "abandoned", "cached"}:
            troubles[status] = troubles.get(status, 0) + count
        if status != "failed":
            model = _model(group) or say["unknown model"]
            counts[model] = counts.get(model, 0) + count
    parts = [f"{m}, {n} {say['call'] if n == 1 else say['calls']}" for m, n in counts.items()]
    made = [d for d in stamp.get("derivations") or () if d.get("origin") in semconv.AI_ORIGINS]
    columns = [d for d in made if d.get("kind") in {"column", "file", "figure"}] or made
    if columns:
        names = ", ".join(str(d.get("subject")) for d in columns[:4])
        parts.append(f"{say['made']} {names}" + (f" +{len(columns) - 4}" if len(columns) > 4 else ""))
    if any(d.get("selected_by") for d in stamp.get("derivations") or ()):
        parts.append(say["selected"])
    parts += [f"{n} {say[s]}" for s, n in troubles.items()]
    if stamp.get("gaps"):
        parts.append(f"{say['not captured']}{say[':']} {len(stamp['gaps'])}")
    written = [a for a in stamp.get("authorship") or () if a.get("origin") in semconv.AI_ORIGINS]
    for one in written[:2]:
        name = one.get("tool") or one.get("model")
        parts.append(f"{say['code']}{say[':']} {say[str(one['origin'])]}" + (f" ({name})" if name else ""))
    if counts or made or written:
        parts.append(say["review"])
    return f"{say['ai']}{say[':']} " + " · ".join(parts)


def _model(group: Mapping[str, Any]) -> str:
    return str(group.get(semconv.RESPONSE_MODEL) or group.get(semconv.REQUEST_MODEL) or "")


def plain(stamp: Mapping[str, Any], language: str = "en") -> str:
    """The line for terminals and text exports."""
    say = WORDS[language]
    return f"[{say['ai']}] " + line(stamp, language).removeprefix(f"{say['ai']}{say[':']} ")


def html(stamp: Mapping[str, Any], language: str = "en") -> str:
    """The line, opening to a table of the calls and what became of them; everything escaped."""
    say = WORDS[language]
    rows = []
    for group in stamp.get("groups") or ():
        asked, said = group.get(semconv.REQUEST_MODEL), group.get(semconv.RESPONSE_MODEL)
        model = str(said or asked or say["unknown model"])
        if said and asked and said != asked:
            model += f" ({say['asked']} {asked})"
        where = str(group.get(semconv.DESTINATION) or "")
        cells = (
            str(group.get(semconv.OPERATION) or ""),
            model,
            str(group.get(semconv.PROVIDER) or ""),
            str(group.get("count") or ""),
            say.get(str(group.get("status")), str(group.get("status"))),
            say.get(where, where),
        )
        rows.append("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in cells) + "</tr>")
    head = "".join(f"<th>{escape(h)}</th>" for h in say["head"].split("|"))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
    made = "".join(f"<li>{escape(_became(d, say, language))}</li>" for d in stamp.get("derivations") or ())
    gaps = "".join(f"<li>{escape(_gap(g, say, language))}</li>" for g in stamp.get("gaps") or ())
    made = f"<p>{escape(say['became'])}</p><ul>{made}</ul>" if made else ""
    journal = stamp.get("journal") or {}
    foot = ""
    if journal.get("file"):
        lines = journal.get("lines")
        text = f"{say['journal']}{say[':']} {journal['file']}, {lines} {say['line' if lines == 1 else 'lines']}"
        foot = f"<p>{escape(text)}</p>"
    return (
        f"<details><summary>{escape(line(stamp, language))}</summary>"
        f"<p>{escape(say['caption'])}</p>{table}{made}{f'<ul>{gaps}</ul>' if gaps else ''}{foot}</details>"
    )


def _became(derivation: Mapping[str, Any], say: Mapping[str, str], language: str) -> str:
    origin = str(derivation.get("origin") or "unknown")
    said = say["low"] if derivation.get("confidence") == "low" else say.get(origin) or word(origin, language)
    text = f"{derivation.get('subject')}{say[':']} {said}"
    total, made = derivation.get("rows_total"), derivation.get("rows_ai")
    if isinstance(total, int) and isinstance(made, int):
        text += f" ({made}/{total} {say['row' if total == 1 else 'rows']})"
    if derivation.get("selected_by"):
        text += f"; {say['selected']}" if language == "en" else f"\u00a0; {say['selected']}"
    return text


def _gap(gap: Mapping[str, Any], say: Mapping[str, str], language: str) -> str:
    """What was not captured, in words; the detail stays as the recorder gave it."""
    text = f"{say['not captured']}{say[':']} {word(str(gap.get('reason')), language)}"
    return text + (f" ({gap['detail']})" if gap.get("detail") else "")


_LATEX = {
    **{c: "\\" + c for c in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "·": r"\textperiodcentered{}",
    "\u00a0": "~",
    "\n": " ",
}


def latex(stamp: Mapping[str, Any], language: str = "en") -> str:
    """The line for PDFs; no glyph that a font may lack."""
    text = "".join(_LATEX.get(c, c) for c in plain(stamp, language) if c.isprintable() or c in _LATEX)
    return rf"\par\noindent\textit{{\small {text}}}\par"


def bundle(stamp: Mapping[str, Any], language: str = "en") -> dict[str, Any]:
    """The MIME bundle of the stamp's output."""
    return {
        semconv.MIME: dict(stamp),
        "text/html": html(stamp, language),
        "text/plain": plain(stamp, language),
        "text/latex": latex(stamp, language),
    }


def mark(stamp: Mapping[str, Any]) -> Record:
    """`output.metadata.aiprov` of the stamp's own output."""
    out: Record = {"schema_version": semconv.SCHEMA_VERSION, "kind": "stamp"}
    execution = (stamp.get("execution") or {}).get("id")
    return {**out, "execution": execution} if execution else out
