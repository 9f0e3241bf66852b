"""What the log looked at, what it did not capture, what screening reported, who wrote it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.exporters._facts.results import counted
from jupyter_aiprov.provenance import Provenance


def screening(provenances: Sequence[Provenance]) -> dict[str, int]:
    """Findings by type; a screening that found nothing leaves nothing here."""
    found: Counter[str] = Counter()
    for provenance in provenances:
        for call in provenance.invocations.values():
            scan = call.get("privacy_scan")
            for one in (scan.get("findings") or ()) if isinstance(scan, Mapping) else ():
                if isinstance(one, Mapping) and one.get("type"):
                    found[clean(one["type"], 100)] += counted(one.get("count")) or 0
    return {k: n for k, n in sorted(found.items()) if n}


# counters of a session, and the reason each is a gap for
_COUNTED = (
    ("child_processes", "child-process"),
    ("shell_cells", "shell-command"),
    ("shell-command", "shell-command"),
    ("sql-function", "sql-function"),
)


def _coverage(provenances: Sequence[Provenance]) -> Iterable[Mapping[str, Any]]:
    for provenance in provenances:
        for session in provenance.sessions.values():
            if isinstance(session.get("coverage"), Mapping):
                yield session["coverage"]


def hooked(provenances: Sequence[Provenance]) -> tuple[str, ...]:
    """Libraries whose calls were looked at."""
    return tuple(sorted({clean(n, 100) for c in _coverage(provenances) for n in c.get("hooked") or ()}))


def gaps(provenances: Sequence[Provenance]) -> tuple[dict[str, int], tuple[tuple[str, str], ...]]:
    """Reasons with their counts, and the details that records give; coverage counters are gaps too."""
    counts: Counter[str] = Counter()
    details: dict[tuple[str, str], None] = {}
    for provenance in provenances:
        for gap in provenance.gaps:
            reason = clean(gap.get("reason") or "internal", 100)
            if reason == "switched-on":  # the end of a gap, not one
                continue
            counts[reason] += counted(gap.get("count")) or 1
            if gap.get("detail"):
                details[reason, clean(gap["detail"], 300)] = None
        counts["no-end"] += sum(u.count for u in provenance.uses if u.status == "started")
    for coverage in _coverage(provenances):
        for name in coverage.get("not_covered") or ():
            counts["not-covered"] += 1
            details["not-covered", clean(name, 100)] = None
        counts["reader-failed"] = max(counts["reader-failed"], counted(coverage.get("unparsed")) or 0)
        for key, reason in _COUNTED:
            counts[reason] = max(counts[reason], counted(coverage.get(key)) or 0)
    return {k: n for k, n in counts.items() if n}, tuple(details)


def writer(provenances: Sequence[Provenance]) -> str | None:
    """Tool and version that wrote the record."""
    for provenance in provenances:
        for session in provenance.sessions.values():
            tool = session.get("tool")
            if isinstance(tool, Mapping) and tool.get("name"):
                return clean(f"{tool['name']} {tool.get('version') or ''}", 100).strip()
            if isinstance(tool, str):
                return clean(tool, 100)
    return None


def labelled(provenances: Sequence[Provenance]) -> bool:
    """True when files were written and every session labelled them."""
    policies = [s.get("policy") for p in provenances for s in p.sessions.values()]
    labelled = bool(policies) and all(
        isinstance(p, Mapping) and p.get("mark_files") in ("beside", "inside") for p in policies
    )
    return labelled and any(d.get("kind") == "file" for p in provenances for d in p.ai_subjects().values())
