"""Records made by hand: events of a small study, and the notebook that carries them."""

from __future__ import annotations

from typing import Any

import nbformat

from jupyter_aiprov import semconv, stamp
from jupyter_aiprov.proof import text_sha256
from jupyter_aiprov.provenance import Cell, Provenance, uses_of

SESSION = "0198c1d2-0000-7000-8000-000000000001"
MODEL = "gpt-4o-mini-2024-07-18"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
SOURCES = {
    "c0": "# A study of notes",
    "c1": "import pandas as pd\nnotes = pd.read_csv('notes.csv')",
    "c2": "df['label'] = [ask(n) for n in notes.text]",
    "c3": "df.label.value_counts().plot()",
    "c4": "def clean(x):\n    return x.strip()",
    "c5": "The end.",
}


def at(day: int, second: int = 0) -> str:
    """A time on a day of November 2026."""
    return f"2026-11-{day:02d}T10:00:{second:02d}.000+00:00"


def call(id_: str, execution: str, day: int = 2, **more: Any) -> dict[str, Any]:
    """One finished call to the model."""
    made = {
        "type": "invocation",
        "id": f"00000000-0000-4000-8000-{id_.rjust(12, '0')}",
        "session": SESSION,
        "execution": execution,
        "cell_id": "c2",
        "status": "completed",
        "evidence": "captured",
        "time": at(day),
        "start_time": at(day),
        "end_time": at(day, 1),
        "seconds": 1.0,
        semconv.OPERATION: "chat",
        semconv.PROVIDER: "openai",
        semconv.REQUEST_MODEL: "gpt-4o-mini",
        semconv.RESPONSE_MODEL: MODEL,
        semconv.REQUEST_PREFIX + "temperature": 0.0,
        semconv.INPUT_TOKENS: 100,
        semconv.OUTPUT_TOKENS: 5,
        semconv.DESTINATION: "external",
        semconv.SERVER_ADDRESS: "api.openai.com",
        "capture": {"method": "httpx", "streamed": False, "complete": True, "attempt": 1},
        **more,
    }
    return {k: v for k, v in made.items() if v is not None}


def session(**more: Any) -> dict[str, Any]:
    """The session event."""
    return {
        "type": "session",
        "id": SESSION,
        "session": SESSION,
        "status": "started",
        "time": at(1),
        "tool": {"name": "jupyter_aiprov", "version": "0.1.0"},
        "schema_version": "1.0",
        "semconv": semconv.SEMCONV,
        "environment": {"python": "3.11.7", "platform": "Linux", "packages": {"openai": "3.1.0", "pandas": "3.1.1"}},
        "policy": {"mark_files": "beside"},
        "coverage": {"hooked": ["httpx", "httpx2"], "not_covered": [], "housekeeping": 1},
        **more,
    }


def execution(id_: str, cell: str, count: int, day: int = 2) -> dict[str, Any]:
    """A finished run of a cell."""
    return {
        "type": "execution",
        "id": id_,
        "session": SESSION,
        "status": "completed",
        "cell_id": cell,
        "execution_count": count,
        "source_sha256": text_sha256(SOURCES.get(cell, cell)),
        "ordinal": 0,
        "time": at(day),
        "start_time": at(day),
    }


def column(subject: str = "df.label", **more: Any) -> dict[str, Any]:
    """A column that the answers made."""
    return {
        "type": "derivation",
        "id": f"d-{subject}",
        "session": SESSION,
        "execution": "x2",
        "cell_id": "c2",
        "time": at(2, 3),
        "subject": subject,
        "kind": "column",
        "origin": "ai-generated",
        "evidence": "captured",
        "confidence": "high",
        "invocation_count": 12,
        "rows_ai": 12,
        "rows_total": 12,
        "rows_edited": 1,
        "models": [MODEL],
        "path": ["cell 3", "ask()", f"{MODEL} ×12", subject],
        **more,
    }


def declaration(kind: str, value: Any, subject: str | None = None) -> dict[str, Any]:
    """What a person stated."""
    return {
        "type": "declaration",
        "id": f"dec-{kind}-{subject}-{value}"[:190],
        "time": at(4),
        "kind": kind,
        "subject": subject,
        "value": value,
    }


def review(**more: Any) -> dict[str, Any]:
    """A review of the column, a sample of it."""
    return {
        "type": "review",
        "id": "r1",
        "time": at(4),
        "subject": {"kind": "column", "name": "df.label", "cell_id": "c2"},
        "status": "checked",
        "by": {"name": "Ada Martin", "orcid": "0000-0002-1825-0097", "identity": "asserted"},
        "method": "sampled",
        "units": {"unit": "rows", "total": 12, "read": 6, "corrected": 1, "rejected": 0},
        **more,
    }


def uses() -> list[dict[str, Any]]:
    """Calls of three runs: two shown in the document, one superseded; one attempt failed."""
    return [
        session(),
        execution("x1", "c2", 2, 1),
        *(call(str(n), "x1", 1) for n in range(3)),
        execution("x2", "c2", 3),
        *(call(str(10 + n), "x2") for n in range(12)),
        call(
            "99",
            "x2",
            status="failed",
            **{semconv.RESPONSE_MODEL: None, semconv.ERROR_TYPE: "429", semconv.OUTPUT_TOKENS: None},
        ),
        column(),
        column("counts", kind="frame", origin="ai-derived", id="d-counts", cell_id="c3", execution="x3"),
        column("figure of cell 4", kind="figure", origin="ai-derived", id="d-fig", cell_id="c3", execution="x3"),
        column(
            "labels.csv",
            kind="file",
            id="d-file",
            file={
                "name": "labels.csv",
                "sha256": "ab" * 32,
                "bytes": 120,
                "columns": {"id": "unknown", "label": "ai-generated"},
            },
        ),
        {
            "type": "authorship",
            "id": "a1",
            "time": at(3),
            "session": SESSION,
            "cell_id": "c4",
            "source_sha256": text_sha256(SOURCES["c4"]),
            "origin": "ai-assisted",
            "tool": "jupyter-ai",
            "model": None,
            "share": [0.7, 0.9],
            "evidence": "captured",
        },
        {"type": "gap", "id": "g1", "time": at(3), "reason": "switched-off", "detail": "%aiprov off in cell 5"},
    ]


def answers() -> list[dict[str, Any]]:
    """Everything that people can state, each once."""
    return [
        declaration("purpose", "classify clinical notes by theme"),
        declaration("task", ["0000026", "https://w3id.org/gaidet/0000024"]),
        declaration("privacy", "pseudonymised notes were sent under contract"),
        declaration("impact", "labels of rare themes are less certain"),
        declaration("usage", "not in the analyses reported as observations"),
        declaration("oversight", "two readers met weekly"),
        declaration("person", {"name": "Ada Martin", "orcid": "0000-0002-1825-0097"}),
        declaration("prompt", {"name": "classify", "template": "Classify this note: {note}"}),
        declaration("ai-tool", {"tool": "ChatGPT", "maker": "OpenAI", "purpose": "wording of the abstract"}),
        *(
            declaration("confirmed", {"sentence": s})
            for s in (
                "responsibility",
                "reviewed-and-edited",
                "full-human-supervision",
                "accountability",
                "authors-only",
                "core-design-decisions",
            )
        ),
        declaration("dataset", DATASET, "df"),
        review(),
    ]


# What `aiprov.describe(df, groups="sex", …)` puts on record.
DATASET = {
    "rows": 1500,
    "k": 5,
    "columns": [
        {"name": "id", "type": "int64", "missing": 0, "distinct": 1500},
        {"name": "sex", "type": "str", "missing": None, "distinct": 3},
        {"name": "label", "type": "str", "missing": 12, "distinct": 4},
    ],
    "groups": [
        {
            "by": "sex",
            "groups": [
                {"group": "", "rows": 20, "missing": 0.1, "ai": {"label": 0.5}, "differs": {"label": None}},
                {"group": "f", "rows": 1480, "missing": None, "ai": {"label": 1.0}, "differs": {"label": 0.12}},
            ],
            "left_out": 2,
        }
    ],
    "answers": {
        "title": {"en": "Clinical notes", "fr": "Notes cliniques"},
        "licence": "on request",
        "personal": "free text about patients",
        "contact": "data@hospital.example",
    },
}
ALL_SLOTS = {
    "section": "Methods",
    "declaration": "AI was used as described",
    "writing": "none",
    "new-models": "none",
    "owner": "Unit 1",
}
CELLS = tuple(
    Cell(
        n,
        c,
        "markdown" if n in (0, 5) else "code",
        text_sha256(s),
        n if n not in (0, 5) else None,
        {},
        {"c2": ("x2",), "c3": ("x3",)}.get(c, ()),
    )
    for n, (c, s) in enumerate(SOURCES.items())
)
SCREENED = call(
    "77",
    "x2",
    privacy_scan={"engine": "aiprov", "version": "1", "action": "warn", "findings": [{"type": "email", "count": 2}]},
)


def study(*events: dict[str, Any]) -> Provenance:
    """The small study, with further events."""
    return Provenance.of([*uses(), *events], cells=CELLS, notebook="study.ipynb")


def document(hostile: str = "") -> nbformat.NotebookNode:
    """The notebook of the study as it would lie on disk, stamps and all."""
    nb = nbformat.v4.new_notebook()
    nb.metadata["language_info"] = {"name": "python"}
    for id_, source in SOURCES.items():
        cell = nbformat.v4.new_markdown_cell(source) if id_ in ("c0", "c5") else nbformat.v4.new_code_cell(source)
        cell["id"] = id_
        nb.cells.append(cell)
    events = uses()
    run = execution("x2", "c2", 3)
    answered = [e for e in events if e.get("execution") == "x2" and e["type"] == "invocation"]
    record = stamp.record(run, uses_of(answered), [e for e in events if e["type"] in ("derivation", "gap")])
    nb.cells[2].execution_count = 3
    nb.cells[2].outputs = [
        nbformat.v4.new_output(
            "execute_result",
            {
                "text/html": f"<table class='dataframe'><tr><th>label (AI)</th></tr><td>pain{hostile}</td></table>",
                "text/plain": "  label\n0 pain",
            },
            execution_count=3,
            metadata={
                semconv.KEY: {
                    "schema_version": "1.0",
                    "origin": "ai-generated",
                    "subjects": ["df.label" + hostile],
                    "execution": "x2",
                }
            },
        ),
        nbformat.v4.new_output("display_data", stamp.bundle(record), metadata={semconv.KEY: stamp.mark(record)}),
    ]
    nb.cells[2].metadata[semconv.KEY] = {
        "schema_version": "1.0",
        "origin": "ai-generated",
        "models": [MODEL + hostile],
        "reviews": {"r1": review(note=hostile)},
    }
    nb.cells[3].outputs = [
        nbformat.v4.new_output(
            "display_data",
            {"image/png": PNG, "text/plain": "<Figure>"},
            metadata={semconv.KEY: {"schema_version": "1.0", "origin": "ai-derived", "subjects": ["figure of cell 4"]}},
        ),
        nbformat.v4.new_output("stream", text="done\n"),
    ]
    nb.cells[4].metadata[semconv.KEY] = {
        "schema_version": "1.0",
        "origin": "ai-assisted",
        "authorship": [{"origin": "ai-assisted", "tool": "jupyter-ai" + hostile, "share": [0.7, 0.9]}],
    }
    nb.metadata[semconv.KEY] = {
        "schema_version": "1.0",
        "sessions": {
            SESSION: {
                "tool": "jupyter_aiprov 0.1.0",
                "started": at(1),
                "coverage": session()["coverage"],
                "superseded": [
                    {
                        **uses_of(e for e in events if e.get("execution") == "x1" and e["type"] == "invocation")[
                            0
                        ].to_dict(),
                        "standing": "superseded",
                    }
                ],
            }
        },
        "declarations": {"p1": {**declaration("purpose", "classify clinical notes by theme" + hostile), "id": "p1"}},
        "disclosure": {
            "language": "en",
            "policy": "generic",
            "slots": {"privacy": "no personal data were sent" + hostile},
        },
    }
    return nb
