"""The public names: `import jupyter_aiprov as aiprov`. JSON-able dicts in and out.

Each finds the session of the running IPython shell; where none records, reading gives nothing and
stating something raises `UsageError`, so that no declaration is lost quietly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from jupyter_aiprov import semconv
from jupyter_aiprov import session as sessions
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.lineage import declarations
from jupyter_aiprov.passport import LEAST, answered, by_group, quality
from jupyter_aiprov.proposals import proposals

Columns = Sequence[str] | str | None


def _found() -> sessions.Session | None:
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return None if shell is None else sessions.of(shell)


def _current() -> sessions.Session:
    current = _found()
    if current is None:
        raise UsageError("nothing is being recorded here", hint="%load_ext jupyter_aiprov")
    return current


P = ParamSpec("P")
R = TypeVar("R")


def _quoting_no_secret(function: Callable[P, R]) -> Callable[P, R]:
    """An error quotes what was given, and a traceback travels with the notebook: secrets are taken out of it."""

    @wraps(function)
    def told(*args: P.args, **options: P.kwargs) -> R:
        __tracebackhide__ = True
        try:
            return function(*args, **options)
        except UsageError as error:
            current = _found()
            clean = str if current is None else current.redactor.text
            if clean(str(error)) == str(error):
                raise
            message, hint = clean(error.message), error.hint and clean(error.hint)
        raise UsageError(message, hint=hint)

    return told


# ── reading the record ─────────────────────────────────────────────────────────────
def invocations() -> list[dict[str, Any]]:
    """The calls of this kernel session, one dict an attempt, under OpenTelemetry's names.

    Beside them `execution_count`, `cell_id`, `status`, times and `capture`; content as far as the
    policy kept it. Empty where nothing records.
    """
    current = _found()
    return current.invocations() if current else []


def origins() -> dict[str, dict[str, Any]]:
    """What holds AI content now: {"df": {…}, "df.column": {"origin", "evidence", "confidence", …}}."""
    current = _found()
    if current is None:
        return {}
    current.recorder.flush(10)
    return current.lineage.origins()


def origin(frame: Any, column: str | None = None) -> dict[str, Any]:
    """The origin of a frame, of one of its columns, or of any value by its name; `unknown` if none is known."""
    current = _found()
    unknown: dict[str, Any] = {"origin": "unknown", "evidence": None, "confidence": None, "invocations": []}
    if current is None:
        return unknown
    name = frame if isinstance(frame, str) else current.name_of(frame)
    subject = name if column is None else f"{name}.{column}"
    return origins().get(str(subject)) or unknown


@_quoting_no_secret
def explain(subject: str) -> str:
    """The path from the call to `df.column` in words, with cell numbers."""
    current = _current()
    return current.redactor.text(current.lineage.explain(subject))


# ── statements that only people can make ───────────────────────────────────────────
@_quoting_no_secret
def observed(frame: Any = None, columns: Columns = None, *, source: str | None = None, **more: Any) -> str:
    """These data were measured or collected; `source="cohort.csv"` alone covers a file. Returns the event's id."""
    return _state(declarations.observed, frame, columns, source=source, **more)


@_quoting_no_secret
def synthetic(frame: Any = None, columns: Columns = None, *, generator: str, seed: Any = None, **more: Any) -> str:
    """These rows stand for observations and come from a generator. Returns the event's id."""
    return _state(declarations.synthetic, frame, columns, generator=generator, seed=seed, **more)


@_quoting_no_secret
def human(frame: Any = None, columns: Columns = None, **more: Any) -> str:
    """These values were written by a person. Returns the event's id."""
    return _state(declarations.human, frame, columns, **more)


@_quoting_no_secret
def confidential(frame: Any, columns: Columns = None, level: str = "block", **more: Any) -> str:
    """Values of these columns must not leave: `level` is "block" (external destinations) or "warn"."""
    current = _current()
    id_ = _state(declarations.confidential, frame, columns, level=level, **more)
    current.protect(str(more.get("name") or current.name_of(frame) or "data"), frame, columns, level)
    return id_


@_quoting_no_secret
def describe(
    frame: Any,
    groups: Columns = None,
    *,
    reference: Mapping[str, str] | None = None,
    k: int = LEAST,
    name: str | None = None,
    **answers: Any,
) -> str:
    """Facts of a table for its data passport, and answers to what the passport asks. Returns the event's id.

    Rows, types, missing values; with `groups` (columns) also subgroups, with `reference` ({AI column: a person's})
    where they differ. No value of a row leaves the kernel but the groups' names, and no count below `k`.
    """
    current = _current()
    table = name or current.name_of(frame)
    if not table:
        raise UsageError("describe() was given data without a name", hint="assign it to a variable, then pass that")
    value: dict[str, Any] = {**quality(frame, k), "answers": answered(answers)}
    wanted = [groups] if isinstance(groups, str) else list(groups or ())
    confidential_ = {c.name for c in current.guard.columns if not c.candidate}
    if secret := sorted({f"{table}.{g}" for g in wanted} & confidential_):
        raise UsageError(f"{secret[0]} is declared confidential: its values cannot name groups")
    if wanted:
        held = {n: o for n, o in origins().items() if o.get("origin") in semconv.AI_ORIGINS}
        filled = {n.removeprefix(f"{table}."): o.get("rows") for n, o in held.items() if n.startswith(f"{table}.")}
        value["groups"] = [by_group(frame, g, ai_rows=filled, reference=reference, k=k) for g in wanted]
    return current.declare(declarations.declare("dataset", subject=table, value=value))


@_quoting_no_secret
def prompt(name: str, template: str, **more: Any) -> str:
    """The constant part of a group of calls, with its slots named: `Classify this note: {note}`."""
    return _current().declare(declarations.prompt(name, template, **more))


def prompts() -> list[dict[str, Any]]:
    """Templates proposed from this session's calls: what the prompts of one function share, its slots named.

    Nothing is published: read them, then `prompt(name, template)` what may be shown. Empty where no text is kept.
    """
    return proposals(invocations())


@_quoting_no_secret
def label(item: Any, name: str) -> str:
    """Tie a figure or table to the manuscript's name for it: `aiprov.label(fig, "Figure 2")`."""
    current = _current()
    return current.declare(declarations.label(current.name_of(item) or type(item).__name__, name))


@_quoting_no_secret
def declare(kind: str, subject: str | None = None, value: Any = None, by: Mapping[str, Any] | None = None) -> str:
    """Any other declaration: purpose, task, person, oversight, privacy, impact, usage, confirmed, host, ai-tool."""
    return _current().declare(declarations.declare(kind, subject=subject, value=value, by=by))


@_quoting_no_secret
def review(subject: Any, status: str, **more: Any) -> str:
    """A person checked, corrected or rejected an AI result: method, units, note and who. Returns the event's id."""
    return _current().declare(declarations.review(subject, status, **more))


@_quoting_no_secret
def note(text: str, subject: str | None = None) -> str:
    """A remark that belongs to the record."""
    return _current().declare(declarations.note(text, subject=subject))


@_quoting_no_secret
def withdraw(event: str, reason: str) -> str:
    """Take a mistaken record out of the counts, never out of the history."""
    return _current().declare(declarations.withdraw(event, reason))


def _state(build: Any, frame: Any, columns: Columns, **more: Any) -> str:
    current = _current()
    name = more.pop("name", None) or (current.name_of(frame) if frame is not None else None)
    return current.declare(build(frame, columns=columns, name=name, **more))
