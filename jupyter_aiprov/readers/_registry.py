"""Readers by host and path: what `@reads` declares, and the look-up that decides what a request is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from jupyter_aiprov.model import Exchange, Invocation, Kind, Request
from jupyter_aiprov.readers import _hosts

Read = Callable[[Exchange], Invocation]
Shape = Callable[[dict[str, Any]], bool] | Sequence[str]

# What a reader that trips over a body can raise; anything else would be a fault of Python itself.
TRIPS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
_URL = re.compile(r"[a-z]+://(?:[^/?#@]*@)?(\[[^\]/]*\]|[^:/?#]*)(:\d+)?([^?#]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Rule:
    """One way to recognise a request, and the function that reads it."""

    read: Read
    host: str | None
    path: str
    method: str = "POST"
    kind: Kind = "call"
    provider: str | None = None
    shape: Shape = ()
    when: Callable[[Request], bool] | None = None
    name: str = ""
    matcher: re.Pattern[str] = field(default=re.compile(""), compare=False)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys that no request of the dialect lacks."""
        return frozenset(() if callable(self.shape) else self.shape)

    def takes(self, method: str, path: str) -> bool:
        """True when method and path are this rule's."""
        return (self.method in ("*", method)) and self.matcher.fullmatch(path) is not None

    def fits(self, request: Request) -> bool:
        """True when the body has the dialect's shape: the keys that no request of it lacks."""
        if not self.shape:
            return True
        body = request.json
        if isinstance(body, dict):
            return self.shape(body) if callable(self.shape) else body.keys() >= self.keys
        if callable(self.shape):
            return False
        # a body too long to keep, or of several parts, shows its keys as text
        partial = request.truncated or "multipart/" in request.headers.get("content-type", "")
        return partial and all(f'"{key}"'.encode() in request.body for key in self.shape)


@dataclass(frozen=True)
class Reader:
    """Reads the exchanges of one dialect at one provider.

    A call may turn out to be housekeeping once its answer is seen (a file that holds no answers); never the reverse.
    """

    name: str
    kind: Kind
    function: Read
    provider: str | None = None

    def read(self, exchange: Exchange) -> Invocation:
        """What the exchange says; a body that cannot be understood gives `unparsed`, never an exception."""
        try:
            found = self.function(exchange)
        except TRIPS as error:
            found = self._asked(exchange.request, f"{self.name}: {type(error).__name__}")
        more: dict[str, Any] = {}
        if found.error_type is None and exchange.error is not None:
            more["error_type"] = exchange.error
        if found.provider is None and self.provider is not None:
            more["provider"] = self.provider
        if self.kind == "housekeeping" and found.kind == "call":
            more["kind"] = self.kind
        return found.with_(**more) if more else found

    def _asked(self, request: Request, why: str) -> Invocation:
        try:
            return self.function(Exchange(request)).with_(unparsed=why)
        except TRIPS:
            return Invocation(operation="other", unparsed=why)


def reads(
    *,
    path: str | Sequence[str],
    host: str | Sequence[str] | None = None,
    method: str = "POST",
    provider: str | None = None,
    shape: Shape = (),
    when: Callable[[Request], bool] | None = None,
    kind: Kind = "call",
) -> Callable[[Read], Read]:
    """Declare which requests a function reads.

    `path` and `host` may hold `*` (a host's stands for one or more labels). Without `host` the rule
    holds on any host, if the JSON body has `shape`: keys that must be there, or a test of the body.
    `when` looks at the whole request, where a header says what is asked.
    """

    def declare(function: Read) -> Read:
        module = function.__module__.rpartition(".")[2]
        rules: list[Rule] = function.__dict__.setdefault("rules", [])
        for place in (host,) if host is None or isinstance(host, str) else host:
            for glob in (path,) if isinstance(path, str) else path:
                if place is None and not shape and kind == "call":
                    raise ValueError(f"{glob}: a path without a host needs the shape of the body")
                matcher = re.compile(".*".join(re.escape(piece) for piece in glob.split("*")))
                name = f"{module}.{function.__name__}"
                rules.append(Rule(function, place, glob, method, kind, provider, shape, when, name, matcher))
        return function

    return declare


def rules_of(namespace: object) -> Iterable[Rule]:
    """The rules of a module's functions, or of one function."""
    for value in (namespace, *vars(namespace).values()) if hasattr(namespace, "__dict__") else ():
        yield from getattr(value, "__dict__", {}).get("rules", ()) if callable(value) else ()


def tail(path: str) -> str:
    """The last word of a path: what any-host rules are looked up by."""
    return path.rstrip("/").rpartition("/")[2].rpartition(":")[2]


class _Candidates(NamedTuple):
    """The readers that an address leaves, in order."""

    hosted: tuple[tuple[Reader, Callable[[Request], bool] | None], ...]
    anywhere: tuple[tuple[Reader, Rule], ...]
    is_known: bool  # the host is one that serves AI, or the user says so
    is_ai: bool  # what nothing else takes is recorded raw
    owner: str | None


class Registry:
    """All rules, arranged so that ordinary web traffic is turned away at once."""

    def __init__(self, rules: Iterable[Rule], fallback: Callable[[Request], Rule]) -> None:
        ordered = sorted(dict.fromkeys(rules), key=lambda r: (-len(r.path.replace("*", "")), r.when is None))
        self._fallback = fallback
        self._hosted = [r for r in ordered if r.host is not None]
        self._anywhere: dict[str, list[Rule]] = {}
        for rule in ordered:
            if rule.host is None:
                self._anywhere.setdefault(tail(rule.path), []).append(rule)
        self._at = lru_cache(maxsize=1024)(self._look_up)
        self._among = lru_cache(maxsize=512)(self._narrowed)

    def recognise(self, request: Request, hosts: Sequence[str] = ()) -> Reader | None:
        """The reader for a request, or None for ordinary web traffic."""
        found = self._among(request.method, request.url, tuple(hosts))
        if found is None:
            return None
        for reader, when in found.hosted:
            if when is None or when(request):
                return reader
        for reader, rule in found.anywhere:
            if rule.fits(request) or (found.is_known and request.json is None):
                return reader
        return _reader(self._fallback(request), found.owner) if found.is_ai else None

    def _narrowed(self, method: str, address: str, hosts: tuple[str, ...]) -> _Candidates | None:
        """What method and address leave of the rules; None for ordinary web traffic."""
        url = _URL.match(address)
        if url is None:
            return None
        host, port, path = url[1].lower(), url[2] or "", url[3]
        named = bool(hosts) and _named(host, port, hosts)
        hosted, provided = self._at(host + port)
        if not (hosted or provided or named) and method != "POST":
            return None
        provider = _hosts.provider_of(host, path) if provided else None
        known = named or provider is not None
        return _Candidates(
            tuple((_reader(r, r.provider or provider), r.when) for r in hosted if r.takes(method, path)),
            tuple(
                (_reader(r, provider or r.provider), r)
                for r in (*self._anywhere.get(tail(path), ()), *self._anywhere.get("*", ()))
                if r.takes(method, path)
            ),
            known,
            known or bool(hosted),
            provider or next((r.provider for r in hosted if r.provider), None),
        )

    def _look_up(self, place: str) -> tuple[list[Rule], bool]:
        host = place.partition(":")[0] if not place.startswith("[") else place
        return [
            rule
            for rule in self._hosted
            if rule.host and _hosts.pattern(rule.host).fullmatch(place if ":" in rule.host else host)
        ], bool(_hosts.entries(host))


@lru_cache(maxsize=256)
def _named(host: str, port: str, hosts: tuple[str, ...]) -> bool:
    return any(_hosts.pattern(line).fullmatch(host + port if ":" in line else host) for line in hosts)


@lru_cache(maxsize=2048)
def _reader(rule: Rule, provider: str | None) -> Reader:
    return Reader(rule.name, rule.kind, rule.read, provider)
