"""A notebook and the journal of the session that ran it, made by the package's own writers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_aiprov import journal, semconv, stamp
from jupyter_aiprov.proof import merkle_root, text_sha256
from jupyter_aiprov.provenance import uses_of

SESSION = "5e55105e55105e55105e55105e551051"
START = "2026-11-02T09:00:{:02d}.000+00:00"


def code(source: str, id_: str | None, count: int | None = None, outputs: list[Any] | None = None) -> dict[str, Any]:
    cell = {"cell_type": "code", "execution_count": count, "metadata": {}, "outputs": outputs or [], "source": source}
    return {**cell, "id": id_} if id_ else cell


def document(*cells: dict[str, Any], minor: int = 5) -> dict[str, Any]:
    meta = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": "3.12.1"},
    }
    return {"cells": list(cells), "metadata": meta, "nbformat": 4, "nbformat_minor": minor}


@dataclass
class Made:
    """Runs cells on paper: journal lines as the kernel writes them, stamps as it shows them."""

    folder: Path
    session: str = SESSION
    headless: bool = False
    cells: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journal_folder = self.folder / ".aiprov" / "ada"
        journal.prepare(self.journal_folder)
        self.journal = journal.Journal(self.journal_folder, self.session)
        self.count = 0
        self.write(
            {
                "type": "session",
                "id": self.session,
                "status": "started",
                "tool": {"name": "jupyter_aiprov", "version": "0.1.0"},
                "schema_version": "1.0",
                "notebook": None,
            }
        )
        environment = {
            "python": "3.12.1",
            "platform": "Linux 6",
            "packages": {"openai": "2.54.0", "pandas": "3.0.1", "tqdm": "4.67"},
        }
        coverage = {"hooked": ["httpx"], "not_covered": [], "housekeeping": 1}
        self.write(
            {
                "type": "session",
                "id": self.session,
                "status": "updated",
                "environment": environment,
                "coverage": coverage,
            }
        )

    def write(self, event: dict[str, Any]) -> None:
        self.journal.put({"time": START.format(self.count % 60), "session": self.session, **event})

    def run(
        self,
        source: str,
        *,
        id_: str | None = "c-1",
        calls: int = 2,
        model: str = "gpt-4o-mini",
        ordinal: int = 0,
        outputs: list[Any] | None = None,
        stamped: bool = True,
        replaces: bool = False,
        usage: dict[str, int] | None = None,
    ) -> dict[str, Any]:
        """One cell with so many calls; its stamp is the last output."""
        self.count += 1
        execution = f"e{self.count:04d}-{self.session[:8]}"
        for number in range(calls):
            call = {
                "type": "invocation",
                "id": f"i{self.count:04d}-{number}-{self.session[:8]}",
                "execution": execution,
                "cell_id": None if self.headless else id_,
                "evidence": "captured",
                "start_time": START.format(self.count % 60),
                semconv.OPERATION: "chat",
                semconv.PROVIDER: "openai",
                semconv.REQUEST_MODEL: model,
                semconv.DESTINATION: "external",
                semconv.REQUEST_PREFIX + "temperature": 0,
            }
            self.write({**call, "status": "started"})
            self.write(
                {
                    **call,
                    "status": "completed",
                    "end_time": START.format(self.count % 60),
                    "seconds": 0.25,
                    semconv.RESPONSE_MODEL: f"{model}-2024-07-18",
                    semconv.INPUT_TOKENS: 10,
                    semconv.OUTPUT_TOKENS: 3,
                    **(usage or {}),
                    "capture": {"method": "httpx", "streamed": False, "complete": True, "attempt": 1},
                    "input": [{"role": "user", "commitment": text_sha256(f"{execution}{number}")}],
                }
            )
        if calls:
            self.write(
                {
                    "type": "derivation",
                    "id": f"d{self.count:04d}-{self.session[:8]}",
                    "execution": execution,
                    "subject": "df.label",
                    "kind": "column",
                    "origin": "ai-generated",
                    "evidence": "captured",
                    "confidence": "high",
                    "rows_ai": calls,
                    "rows_total": calls,
                    "models": [f"{model}-2024-07-18"],
                }
            )
        ran = {
            "type": "execution",
            "id": execution,
            "session": self.session,
            "status": "completed",
            "cell_id": None if self.headless else id_,
            "execution_count": self.count,
            "source_sha256": text_sha256(source),
            "ordinal": ordinal,
            "start_time": START.format(self.count % 60),
        }
        self.write(ran)
        self.journal.flush(10)
        shown = list(outputs or [])
        if calls and stamped:
            shown.append(self.stamp(ran))
        cell = code(source, id_, self.count, shown)
        if replaces:
            self.cells[-1] = cell
        else:
            self.cells.append(cell)
        return cell

    def stamp(self, ran: dict[str, Any], *, stable: bool = False) -> dict[str, Any]:
        own = [e for e in self.events() if e.get("execution") == ran["id"] and e["type"] != "execution"]
        joined: dict[str, dict[str, Any]] = {}
        for event in own:
            if event["type"] == "invocation":
                joined.setdefault(event["id"], {}).update(event)
        link = {
            "session": self.session,
            "file": f"{self.session}.jsonl",
            "lines": len(own),
            "seq": [min(e["seq"] for e in own), max(e["seq"] for e in own)],
            "root": merkle_root(e["hash"] for e in own),
        }
        record = stamp.record(ran, uses_of(joined.values()), own, journal=link, stable=stable)
        return {
            "output_type": "display_data",
            "data": stamp.bundle(record),
            "metadata": {semconv.KEY: stamp.mark(record)},
        }

    def plain(self, source: str, id_: str | None, outputs: list[Any] | None = None) -> None:
        """A cell without AI."""
        self.run(source, id_=id_, calls=0, outputs=outputs)

    def events(self) -> list[dict[str, Any]]:
        self.journal.flush(10)
        return list(self.journal.events())

    @property
    def journals(self) -> dict[str, list[Path]]:
        self.journal.flush(10)
        return {self.session: journal.parts_of(self.journal_folder, self.session)}

    def notebook(self, minor: int = 5) -> dict[str, Any]:
        return json.loads(json.dumps(document(*self.cells, minor=minor)))

    def save(self, name: str = "study.ipynb") -> Path:
        path = self.folder / name
        path.write_text(json.dumps(self.notebook(), indent=1) + "\n")
        return path

    def close(self) -> None:
        self.journal.close()


def study(folder: Path, *, headless: bool = False, **more: Any) -> Made:
    """Three cells: an import, 3 calls that label a column, a count of the labels."""
    made = Made(folder, headless=headless, **more)
    made.plain("import openai", "c-import")
    shown = {"output_type": "stream", "name": "stdout", "text": ["labelled\n", "3 rows\n"]}
    made.run("df['label'] = [ask(t) for t in df.text]", id_="c-label", calls=3, outputs=[shown])
    table = {"text/html": "<table><tr><th>n</th></tr></table>", "text/plain": "n"}
    result = {"output_type": "execute_result", "data": table, "execution_count": 3, "metadata": {}}
    made.plain("df.label.value_counts()", "c-count", [result])
    return made
