"""What may leave: every request is examined before it is sent.

    request ─▶ texts ─▶ declared columns (fail closed) ─▶ patterns (fail open) ─▶ policy ─▶ Scan, or stop

Out of the box credentials and direct identifiers warn, columns declared confidential are stopped
on their way to external destinations, nothing else interferes. Nothing found is ever repeated:
findings are types, columns and counts.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.errors import ConfidentialDataError, UsageError
from jupyter_aiprov.guard import _say, destinations, patterns
from jupyter_aiprov.guard._image import LOCATION
from jupyter_aiprov.guard._scan import Finding, Scan
from jupyter_aiprov.guard.columns import Columns
from jupyter_aiprov.guard.texts import Texts, plain
from jupyter_aiprov.model import Request
from jupyter_aiprov.redact import Span

__all__ = ["Finding", "Guard", "Scan"]

_JOINED_MAX: Final = 2**16  # characters
_ALONE: Final = 2**14
_OFTEN: Final = 1024  # findings: after so many the clock is looked at
SECONDS: Final = 2.0  # an examination may take this long, and as long again for every 4 MB
_NOTHING: Final = Scan()
_ACTIONS: Final = {"off": "off", "none": "none", "warn": "warn", "block": "block"}
_IDENTIFIERS: Final = frozenset({"email", "phone", "nir", "iban", "birth-date", "mrn", "image-location", "name"})


class _TooSlow(Exception):  # noqa: N818 - it is a fact, not an error of the user's
    """The time for one examination is over."""


class _Deadline:
    def __init__(self, size: int) -> None:
        self._end = time.monotonic() + SECONDS * (1 + size / 2**22)

    def check(self) -> None:
        if time.monotonic() > self._end:
            raise _TooSlow


class Guard:
    """Examines requests by the policy of `AIProv`; knows the columns declared confidential. Thread-safe."""

    def __init__(self, config: AIProv) -> None:
        self.config = config
        self.columns = Columns()
        self.is_blind = False  # columns were declared and are not known here (a child that lost them)
        self._made: tuple[Mapping[str, Any], Mapping[str, str], Mapping[str, patterns.Rule]] | None = None
        self._are_ours = True  # the rules in `_made` are `patterns.RULES`, or some of them
        self._warned: set[str] = set()
        self._lock = threading.Lock()

    # ── declarations ──────────────────────────────────────────────────────────────
    @property
    def has_columns(self) -> bool:
        """True once a person declared a column confidential."""
        return any(not c.candidate for c in self.columns)

    def holds(self, request: Request | None) -> bool:
        """True where a request is to be examined before anything else happens.

        It may be stopped, or looking takes long: columns are declared, the rules are not those out of
        the box, the body is large. Any other can only be warned of.
        """
        config = self.config
        if self.columns or self.is_blind or config.guard_rules or config.guard_patterns or config.personal_data:
            return True
        return request is not None and len(request.body) > _JOINED_MAX

    def declare(
        self, name: str, column: str, values: Iterable[Any], level: str = "block", *, candidate: bool = False
    ) -> None:
        """Know the values of `name.column` from now on; level "warn" or "block" (external destinations)."""
        if level not in {"warn", "block"}:
            raise UsageError(f"level {level!r} is unknown", hint='use level="warn" or level="block"')
        self.columns.declare(f"{name}.{column}" if column else name, values, level, candidate=candidate)

    def read_from_file(self, name: str, frame: Any) -> list[str]:
        """With `personal_data` on, every text column of a frame read from a file is a candidate; returns them."""
        declared = {c.name for c in self.columns if not c.candidate}
        found = [c for c in text_columns(frame) if f"{name}.{c}" not in declared] if self.config.personal_data else []
        for column in found:
            self.declare(name, column, frame[column], "warn", candidate=True)
        return found

    def withdraw(self, name: str) -> None:
        """Stop looking for a column (`df.notes`)."""
        self.columns.forget(name)

    def spans(self, text: str) -> list[Span]:
        """Where declared values stand in a text: a finder for the redactor."""
        return self.columns.spans(text) if self.has_columns else []

    # ── examinations ──────────────────────────────────────────────────────────────
    def destination(self, request: Request) -> str:
        """in-process, loopback, institutional or external."""
        return destinations.destination(
            request, local=self.config.local_hosts, institutional=self.config.institutional_hosts
        )

    def examine(
        self,
        request: Request | None,
        destination: str,
        texts: Iterable[str] | None = None,
        *,
        cell: str | None = None,
    ) -> Scan:
        """Examine what is about to leave; `texts` for calls that are no HTTP request.

        Raises ConfidentialDataError to stop it. The warning is given once for each `cell`.
        """
        if texts is None and request is not None and self._is_plain(request):
            return _NOTHING
        place = self._place(request, destination)
        host = (request.host if request is not None else "") or destination
        size = len(request.body) if request is not None else 0
        deadline = _Deadline(size)
        if self.is_blind and place == "external":
            raise self._closed("lost", host, destination)
        with _FailClosed(self, place, host, destination):
            found = Texts() if request is None else Texts.of(request)
            for text in texts or ():
                found.found.append(text)
                found.pieces.append(text)
            deadline.check()
            findings = self._of_columns(found, place)
            deadline.check()
            if found.blind and self._blocking(place):
                raise self._closed("long", host, destination, unread=", ".join(found.unread))
        if not any(f.action == "block" for f in findings):  # a pattern that fails must not undo what columns said
            rules = self._rules()  # models may load for seconds: that is not the time of an examination
            findings += self._of_patterns(found, place, rules, _Deadline(size))
        scan = Scan(tuple(findings), tuple(found.unread))
        if scan.action == "block":
            first = scan.of("block")[0]
            raise ConfidentialDataError(
                _say.stopped(scan.of("block"), host, destination, self.config.language),
                rule=first.type,
                column=first.column,
                scan=scan.to_dict(),
            )
        if scan.action == "warn" and self._first_of(cell):
            text = _say.warning(scan.of("warn"), host, destination, found.unread, self.config.language)
            return Scan(scan.findings, scan.unread, text)
        return scan

    def _is_plain(self, request: Request) -> bool:
        """True for most requests: a chat of strings in which nothing is found, and no columns to look for."""
        if self.columns or self.is_blind or len(request.body) > _JOINED_MAX:
            return False
        self._rules()
        found = plain(request) if self._are_ours else None
        return found is not None and patterns.finds_nothing("\n".join(found))

    def _of_columns(self, found: Texts, place: str) -> list[Finding]:
        if not self.columns:
            return []
        counts = self.columns.found(found.found, found.pieces, found.said.values())
        return [
            Finding("confidential", counts[c.name], self._column_action(c.name, c.level, place), c.name, c.candidate)
            for c in self.columns
            if c.name in counts and not (c.candidate and not self.config.personal_data)
        ]

    def _of_patterns(
        self, found: Texts, place: str, rules: Mapping[str, patterns.Rule], deadline: _Deadline
    ) -> list[Finding]:
        counts: Counter[str] = Counter()
        try:
            for batch in _batches(found.found):
                if batch[0] == LOCATION:
                    counts["image-location"] += 1
                    continue
                for name, rule in _awake(batch, rules, deadline) if len(batch) > 1 else rules.items():
                    for text in batch:
                        for number, _ in enumerate(rule(text)):
                            counts[name] += 1
                            if number % _OFTEN == 0:
                                deadline.check()
                    deadline.check()
        except _TooSlow:
            found.unread.append("the rest, for want of time")
        return [Finding(n, c, self._action(n, place)) for n, c in counts.items() if c and self._asked(n) != "off"]

    def _rules(self) -> Mapping[str, patterns.Rule]:
        """The rules to apply; made anew when the configuration changed, in place or not."""
        asked, given = self.config.guard_rules, self.config.guard_patterns
        if self._made is not None and self._made[0] == asked and self._made[1] == given:
            return self._made[2]
        own = patterns.own(dict(given))
        rules = {**patterns.RULES, **own}
        if self._asked("name") in {"warn", "block"} and "name" in asked:
            from jupyter_aiprov.guard import names

            names.ready()  # now, not while the time of an examination runs
            rules["name"] = names.name
        rules = {n: r for n, r in rules.items() if self._asked(n) != "off"}
        self._are_ours = all(patterns.RULES.get(name) is rule for name, rule in rules.items())
        self._made = dict(asked), dict(given), rules
        return rules

    # ── policy ────────────────────────────────────────────────────────────────────
    def _place(self, request: Request | None, destination: str) -> str:
        """The rules that apply: external, institutional or local (in-process, or declared in local_hosts)."""
        if destination == "loopback":
            declared = request is not None and destinations.listed(request, self.config.local_hosts)
            return "local" if declared else "external"
        return "local" if destination == "in-process" else destination

    def _asked(self, rule: str) -> str:
        """The action that configuration asks of a rule: its own, its group's, else warn."""
        rules = self.config.guard_rules
        group = "identifier" if rule in _IDENTIFIERS or rule in self.config.guard_patterns else rule
        asked = rules.get(rule, rules.get(group, "warn"))
        return _ACTIONS.get(str(asked), "warn")

    def _action(self, rule: str, place: str) -> str:
        return "none" if place == "local" else self._asked(rule)

    def _column_action(self, name: str, level: str, place: str) -> str:
        asked = self.config.guard_rules.get(name)
        if asked in _ACTIONS:
            level = "none" if asked == "off" else asked
        return level if place == "external" else "none"

    def _blocking(self, place: str) -> list[str]:
        """The columns whose values may not go there."""
        return [c.name for c in self.columns if self._column_action(c.name, c.level, place) == "block"]

    def _closed(self, reason: str, host: str, destination: str, **more: str) -> ConfidentialDataError:
        columns = self._blocking("external")
        text = _say.closed(reason, host, destination, columns, self.config.language, **more)
        scan = Scan((Finding(f"not-examined-{reason}", 1, "block"),)).to_dict()
        return ConfidentialDataError(text, rule=f"not-examined-{reason}", column=next(iter(columns), None), scan=scan)

    def _first_of(self, cell: str | None) -> bool:
        if cell is None:
            return True
        with self._lock:
            if cell in self._warned:
                return False
            if len(self._warned) > 10_000:
                self._warned.clear()
            self._warned.add(cell)
            return True


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """Texts that are looked at together, for there may be thousands; long ones and marks alone."""
    if len(texts) > 1 and LOCATION not in texts and max(map(len, texts)) <= _ALONE:
        if sum(map(len, texts)) + len(texts) <= _JOINED_MAX:
            yield list(texts)
        else:
            yield from _batches(texts[: len(texts) // 2])
            yield from _batches(texts[len(texts) // 2 :])
        return
    batch: list[str] = []
    size = 0
    for text in texts:
        if len(text) > _ALONE or text == LOCATION:
            yield [text]
            continue
        if size + len(text) > _JOINED_MAX:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield batch


def _awake(
    batch: Sequence[str], rules: Mapping[str, patterns.Rule], deadline: _Deadline
) -> Iterator[tuple[str, patterns.Rule]]:
    """The rules that may find something in a text: what finds nothing in texts joined finds nothing in any of them.

    Only our own rules are known not to ask where a text begins and ends.
    """
    whole = "\n".join(batch)
    is_same = len(whole.lower()) == len(whole)
    numbers = patterns.may_hold_numbers(whole)
    for name, rule in rules.items():
        if patterns.RULES.get(name) is not rule or not is_same:
            yield name, rule
        elif numbers or name not in patterns.NUMBERS:
            if next(iter(rule(whole)), None) is not None:
                yield name, rule
            deadline.check()


class _FailClosed:
    """Whatever goes wrong inside stops the request, if a declared column may not go where it goes.

    The cause is not chained: its message could quote what was examined.
    """

    def __init__(self, guard: Guard, place: str, host: str, destination: str) -> None:
        self._guard, self._place, self._where = guard, place, (host, destination)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception) and self._guard._blocking(self._place):
            reason = "time" if isinstance(error, _TooSlow) else "crash"
            raise self._guard._closed(reason, *self._where, error=type(error).__name__) from None


def text_columns(frame: Any) -> list[str]:
    """The columns of a pandas or polars frame that hold text."""
    out = []
    for column in getattr(frame, "columns", ()):
        kind = str(getattr(frame[column], "dtype", ""))
        if kind in {"object", "str", "String", "Utf8"} or kind.startswith(("string", "large_string")):
            out.append(str(column))
    return out
