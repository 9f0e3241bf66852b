"""Answers that became cells: captured answers compared with the sources of cells that ran later.

At run time `Authorship` is told of answers on the journal's thread and of cells at their end;
`authorship_of_notebook` does the same offline, and reads other tools' marks. What is found is
`inferred`, with the share kept as a range; what `set_next_input` was given is `captured`. A cell
in which nothing is found is unknown.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.authorship._index import Index, Match, Text
from jupyter_aiprov.authorship._pieces import Kind, paragraphs, parts_of, pieces, texts
from jupyter_aiprov.model import Invocation
from jupyter_aiprov.proof import text_sha256
from jupyter_aiprov.seal import source_digest
from jupyter_aiprov.seal import text as whole

__all__ = ["Answer", "Authorship", "Matcher", "answers_of", "authorship_of_notebook", "first_runs"]

Event = dict[str, Any]
Patched = Callable[[Any, str, Callable[[Any, Any], Any]], AbstractContextManager[Any]]

# Packages that put an answer in the next cell; anybody else's text has to be found in an answer.
_TOOLS: Final = {"jupyter_ai_magic_commands": "jupyter-ai", "jupyter_ai_magics": "jupyter-ai"}
_ASKS: Final = ("%%ai", "%ai ", "%%aiprov human")  # a prompt is a person's, whatever the answer repeats
_SOURCE_MAX: Final = 100_000  # characters; what is longer is data
_GIVEN_MAX: Final = 200


@dataclass(frozen=True)
class Answer:
    """An answer with what was asked: messages as model values or as the record keeps them."""

    invocation: str | None
    model: str | None
    output: Sequence[Any]
    input: Sequence[Any] = ()
    time: str | None = None
    asking: str = ""  # source of the cell that asked


class Matcher:
    """Answers and the texts that came after them. Safe from any thread."""

    def __init__(self) -> None:
        self._index = Index()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._index)

    def answered(self, answer: Answer) -> None:
        """Remember an answer; what its question, or the cell that asked, already held was not written by it."""
        found = [text for kind, piece in pieces(answer.output) if (text := Text.of(kind, piece)).grams]
        if not found:
            return
        kinds = {text.kind for text in found}
        own = [Text.of(k, answer.asking) for k in kinds] if answer.asking else []
        for asked in texts(answer.input, "user", "system", "tool"):
            if len(asked) <= _SOURCE_MAX:
                own += [Text.of(kind, asked) for kind in kinds]
                own += [Text.of(kind, part) for kind, part in paragraphs(asked) if kind in kinds]
        with self._lock:
            self._index.add(answer, found, own)

    def match(self, source: str, kind: Kind = "code") -> Match | None:
        """The answer that most of a source came from."""
        return next(iter(self.matches(source, kind)), None)

    def matches(self, source: str, kind: Kind = "code") -> list[Match]:
        """The answers that a source came from; a source that came from none is remembered as somebody's own."""
        if len(source) > _SOURCE_MAX or source.lstrip().startswith(_ASKS):
            return []
        parts = [Text.of(k, t) for k, t in parts_of(source, kind)]
        with self._lock:
            found = [self._index.matches(part) for part in parts]
            for part, matched in zip(parts, found, strict=True):
                if not matched:
                    self._index.know(part)
        return _joined([(part.size, matched) for part, matched in zip(parts, found, strict=True)])


def _joined(found: Sequence[tuple[int, Sequence[Match]]]) -> list[Match]:
    """One match an answer, its share counted on the whole source."""
    if len(found) == 1:
        return list(found[0][1])
    total = sum(size for size, _ in found) or 1
    by_answer: dict[int, list[tuple[int, Match]]] = {}
    for size, matched in found:
        for one in matched:
            by_answer.setdefault(id(one.answer), []).append((size, one))
    out = []
    for parts in by_answer.values():
        low, high = (round(sum(size * one.share[end] for size, one in parts) / total, 2) for end in (0, 1))
        out.append(Match(parts[0][1].answer, (low, high), sum(one.tokens for _, one in parts)))
    return sorted(out, key=lambda one: -one.tokens)


def _event(source: str, match: Match) -> Event:
    answer: Answer = match.answer
    return {
        "type": "authorship",
        "source_sha256": text_sha256(source),
        "origin": "ai-generated" if match.is_verbatim else "ai-assisted",
        "model": answer.model,
        "invocation": answer.invocation,
        "share": list(match.share),
        "method": "winnowing",
        "evidence": "inferred",
        "confidence": "high" if match.share[0] >= 0.8 and match.tokens >= 30 else "medium",
    }


# ── in a kernel ────────────────────────────────────────────────────────────────────
class Authorship:
    """Follows one kernel: hears answers, sees cells, watches what is put in the next cell."""

    def __init__(self, shell: Any, config: Any) -> None:
        self.shell = shell
        self.config = config
        self.matcher = Matcher()
        self._given: dict[str, str | None] = {}  # text -> the tool that gave it, if it is known

    def answered(self, invocation: str, answer: Invocation, asking: str) -> None:
        """On the journal's thread: an answer was read; `asking` is the source of the cell that asked."""
        if self.config.match_cells:
            model = answer.response_model or answer.request_model
            self.matcher.answered(Answer(invocation, model, answer.output, answer.input, asking=asking))

    def cell(self, execution: Any) -> list[Event]:
        """Authorship of a cell that ran, as events; empty where nothing is known."""
        if not self.config.match_cells:
            return []
        source = str(execution.source)
        was_given = source.strip() in self._given
        tool = self._given.get(source.strip())
        events = [_event(source, match) for match in self.matcher.matches(source)]
        if was_given and (events or tool is not None):  # `%load` and `%recall` use it, too
            given = {
                "type": "authorship",
                "source_sha256": text_sha256(source),
                "origin": "ai-generated",
                "method": "set_next_input",
                "evidence": "captured",
                "confidence": "high",
                **({"tool": tool} if tool else {}),
            }
            events[:1] = [{**(events[0] if events else {}), **given}]
        return events

    def installed(self, patched: Patched) -> AbstractContextManager[Any]:
        """Watch `set_next_input`, by which magics put an answer in the next cell."""
        return patched(type(self.shell), "set_next_input", self._watched)

    def _watched(self, original: Callable[..., Any], _patch: Any) -> Callable[..., Any]:
        def set_next_input(shell: Any, text: str, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            caller = str(sys._getframe(1).f_globals.get("__name__") or "").partition(".")[0]
            if len(text) <= _SOURCE_MAX:
                self._given[text.strip()] = _TOOLS.get(caller)
                while len(self._given) > _GIVEN_MAX:
                    self._given.pop(next(iter(self._given)))
            return original(shell, text, *args, **kwargs)

        return set_next_input


# ── in a document ──────────────────────────────────────────────────────────────────
def first_runs(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """When each source ran first, by its digest."""
    out: dict[str, str] = {}
    for event in events:
        sha, began = event.get("source_sha256"), event.get("start_time")
        if event.get("type") == "execution" and isinstance(sha, str) and isinstance(began, str):
            out[sha] = min(began, out.get(sha, began))
    return out


def authorship_of_notebook(
    nb: Mapping[str, Any], answers: Iterable[Answer] = (), runs: Mapping[str, str] | None = None
) -> dict[int, list[Event]]:
    """Authorship events by position of the cell: other tools' marks, then what stands in an answer.

    `runs` says when each source ran first: no answer wrote a cell that ran before it came. For cells
    whose run is not on record (Markdown, other kernels) every answer counts.
    """
    from jupyter_aiprov.readers import marks  # not in a kernel's way

    cells = [(index, cell) for index, cell in enumerate(nb.get("cells") or ()) if isinstance(cell, dict)]
    matched = _in_order(cells, list(answers), runs or {})
    found: dict[int, list[Event]] = {}
    above: Mapping[str, Any] | None = None
    for index, cell in cells:
        events = marks.authorship_of(cell, above)
        source = whole(cell.get("source"))
        for one in matched.get(index, ()):
            events.append({"cell_id": cell.get("id"), **_event(source, one), "source_sha256": source_digest(source)})
        if events:
            found[index] = events
        above = cell
    return found


def _in_order(
    cells: Sequence[tuple[int, Mapping[str, Any]]], answers: Sequence[Answer], runs: Mapping[str, str]
) -> dict[int, list[Match]]:
    """Cells and answers in the order of time, as a kernel meets them; what has no time comes last."""
    if not answers:
        return {}
    steps: list[tuple[str, int, Answer | int]] = [(one.time or "", 0, one) for one in answers]
    sources: dict[int, tuple[str, Kind]] = {}
    for index, cell in cells:
        kind: Kind | None = {"code": "code", "markdown": "prose"}.get(str(cell.get("cell_type")))  # type: ignore[assignment]
        if kind is not None:
            sources[index] = (whole(cell.get("source")), kind)
            steps.append((runs.get(source_digest(cell.get("source")), "~"), 1, index))
    matcher, out = Matcher(), dict[int, list[Match]]()
    for _, _, step in sorted(steps, key=lambda s: s[:2]):
        if isinstance(step, Answer):
            matcher.answered(step)
        else:
            out[step] = matcher.matches(*sources[step])
    return out


def answers_of(events: Iterable[Mapping[str, Any]], kept: Mapping[str, Any]) -> list[Answer]:
    """The answers of a journal whose texts were kept; `kept` is text by commitment."""
    joined: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.get("type") == "invocation":
            joined.setdefault(str(event.get("id")), {}).update(event)
    out = []
    for id_, one in joined.items():
        output = [kept[k] for k in _commitments(one.get("output")) if k in kept]
        if output:
            asked = [kept[k] for part in ("system", "input") for k in _commitments(one.get(part)) if k in kept]
            model = one.get(semconv.RESPONSE_MODEL) or one.get(semconv.REQUEST_MODEL)
            out.append(Answer(id_, str(model) if model else None, output, asked, one.get("end_time")))
    return out


def _commitments(references: Any) -> list[str]:
    found = [r.get("commitment") or r.get("repeat_of") for r in references or () if isinstance(r, Mapping)]
    return [str(k) for k in found if k]
