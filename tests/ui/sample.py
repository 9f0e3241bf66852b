"""A notebook with provenance as this version writes it, made by the package's own functions."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

from jupyter_aiprov import marks, seal, stamp
from jupyter_aiprov.provenance import uses_of

Cell = dict[str, Any]
SESSION = "5e5510n" * 4
START = "2026-11-20T09:00:00.000+00:00"
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": platform.python_version(),
    },
}


def call(number: int, *, asked: str, answered: str | None, status: str = "completed", **more: Any) -> dict[str, Any]:
    """An invocation as the journal would have it."""
    return {
        "type": "invocation",
        "id": f"i{number}",
        "status": status,
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": asked,
        **({"gen_ai.response.model": answered} if answered else {}),
        "gen_ai.request.temperature": 0.0,
        "gen_ai.usage.input_tokens": 150,
        "gen_ai.usage.output_tokens": 25,
        "destination": "external",
        "seconds": 0.5,
        "start_time": START,
        "end_time": START,
        "capture": {"method": "httpx", "streamed": False, "complete": status == "completed"},
        **more,
    }


def code(
    id_: str,
    source: str,
    *,
    count: int,
    calls: list[dict[str, Any]] | None = None,
    events: list[dict[str, Any]] | None = None,
    outputs: list[Cell] | None = None,
    seq: int = 0,
) -> Cell:
    """A code cell, stamped and marked where it has calls or events."""
    cell: Cell = {
        "cell_type": "code",
        "id": id_,
        "execution_count": count,
        "metadata": {},
        "source": source,
        "outputs": list(outputs or []),
    }
    if not calls and not events:
        return cell
    execution = {
        "id": f"run-{id_}",
        "session": SESSION,
        "cell_id": id_,
        "execution_count": count,
        "source_sha256": seal.source_digest(source),
        "ordinal": 0,
        "status": "completed",
        "start_time": START,
    }
    journal = {"session": SESSION, "file": f"{SESSION}.jsonl", "lines": 2, "seq": [seq, seq + 1], "root": "ab" * 32}
    record = stamp.record(execution, uses_of(calls or []), events or [], journal=journal if seq else None)
    cell["outputs"].append(
        {"output_type": "display_data", "data": stamp.bundle(record), "metadata": {"aiprov": stamp.mark(record)}}
    )
    cell["metadata"]["aiprov"] = marks.cell_mark([record], {}, source, cell["outputs"])
    return cell


def derivation(subject: str, kind: str, origin: str = "ai-generated", **more: Any) -> dict[str, Any]:
    """What became of answers."""
    return {
        "type": "derivation",
        "subject": subject,
        "kind": kind,
        "origin": origin,
        "evidence": "captured",
        "confidence": "high",
        "models": ["gpt-4o-mini-2024-07-18"],
        **more,
    }


def notebook(*, journal: bool = False) -> dict[str, Any]:
    """Five uses: a labelled column, what was computed from it, a failed call, code from a tool, a broken stream."""
    number = 1 if journal else 0
    label = derivation(
        "df.label",
        "column",
        rows_ai=1230,
        rows_edited=6,
        rows_total=1500,
        path=["cell 3", "ask()", "gpt-4o-mini ×12", "df.label"],
    )
    counts = derivation("figure 1", "figure", "ai-derived", path=["df.label", "counts", "figure 1"])
    by_tool = {
        "type": "authorship",
        "origin": "ai-assisted",
        "tool": "Jupyternaut",
        "model": "claude-sonnet-4-5",
        "share": [0.7, 0.9],
        "method": "winnowing",
        "evidence": "inferred",
        "confidence": "medium",
    }
    text = {"output_type": "stream", "name": "stdout", "text": "1500 notes\n"}
    cells: list[Cell] = [
        {
            "cell_type": "markdown",
            "id": "title",
            "metadata": {},
            "source": "# Notes of the ward\nHow often is pain mentioned?",
        },
        code("load", "df = notes()\nprint(len(df), 'notes')", count=1, outputs=[text]),
        code(
            "label",
            "df['label'] = [ask(f'Classify: {n}') for n in df.note]",
            count=2,
            calls=[call(i, asked="gpt-4o-mini", answered="gpt-4o-mini-2024-07-18") for i in range(12)],
            events=[
                label,
                derivation("labels.csv", "file", file={"name": "labels.csv"}, rows_ai=1230, rows_total=1500),
            ],
            seq=number and 1,
        ),
        code(
            "plot",
            "counts = df.groupby('label').size()\ncounts.plot.bar()",
            count=3,
            events=[counts, derivation("counts.size", "column", "ai-derived", rows_ai=3, rows_total=3)],
            seq=number and 3,
        ),
        code(
            "clean", "def clean(text):\n    return ' '.join(text.split())", count=4, events=[by_tool], seq=number and 5
        ),
        code(
            "summary",
            "for piece in stream('Summarise'):\n    print(piece)",
            count=5,
            calls=[
                call(
                    20,
                    asked="local-smollm",
                    answered="SmolLM2-135M-Instruct",
                    status="abandoned",
                    destination="loopback",
                    **{"gen_ai.provider.name": "unknown"},
                ),
                call(21, asked="local-smollm", answered=None, status="failed", **{"error.type": "503"}),
            ],
            events=[{"type": "gap", "reason": "shell-command", "detail": "curl"}],
            seq=number and 7,
        ),
        {"cell_type": "markdown", "id": "end", "metadata": {}, "source": "Conclusions to follow."},
    ]
    events = [
        {"type": "session", "status": "started", "time": START, "tool": {"name": "jupyter_aiprov", "version": "0.1.0"}},
        {"type": "gap", "reason": "before-load", "detail": "2 cells ran before"},
    ]
    log = {"schema_version": "1.0", "sessions": {SESSION: marks.session_entry(events, {}, [])}}
    return {"cells": cells, "metadata": {**KERNEL, "aiprov": log}, "nbformat": 4, "nbformat_minor": 5}


def write(path: Path, nb: dict[str, Any]) -> bytes:
    """Put the notebook on disk as JupyterLab would; returns its bytes."""
    path.write_bytes(data(nb))
    return data(nb)


def data(nb: dict[str, Any]) -> bytes:
    """The notebook's bytes as JupyterLab saves them."""
    return (json.dumps(nb, ensure_ascii=False, indent=1) + "\n").encode()
