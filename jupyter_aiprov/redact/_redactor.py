"""Redaction with a memory."""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final
from urllib.parse import SplitResult, parse_qsl, quote, quote_plus, unquote, urlsplit

from jupyter_aiprov.redact._credentials import credentials
from jupyter_aiprov.redact._gathered import MAX_DEPTH, gathered
from jupyter_aiprov.redact._messages import Glued, conversations
from jupyter_aiprov.redact._names import SCHEME, environment_secrets, is_plain, is_secret_header, is_secret_name
from jupyter_aiprov.redact._packed import packed
from jupyter_aiprov.redact._spans import Finder, Span, cut, merged, touching

_MAX_LITERALS: Final = 128


class Redactor:
    """Redaction with a memory: literal secrets that have no format, and finders added later.

    A finder is any function from a text to the spans that must go, e.g. the index of a column
    declared confidential.
    """

    _carried: ClassVar[dict[str, str]] = {}  # what requests of this process carried as credentials
    _headers: ClassVar[frozenset[int]] = frozenset()  # hashes of the headers that were looked at

    def __init__(self, literals: Iterable[str] = ()) -> None:
        self._literals: dict[str, str] = {}
        self.finders: list[Finder] = []
        self.learn(*literals)

    @classmethod
    def of_environment(cls, environ: Mapping[str, str] | None = None) -> Redactor:
        """A redactor that knows the secrets among the environment variables, read once."""
        return cls(environment_secrets(os.environ if environ is None else environ))

    def learn(self, *values: str, rule: str = "secret") -> None:
        """Redact these literal values from now on; words, paths and short values are ignored."""
        known = dict(self._literals)
        for value in values:
            if not is_plain(value):
                known.update((form, rule) for form in _spellings(value))
        # A session that changes keys all day keeps the latest; replaced whole, so that readers need no lock.
        self._literals = dict(list(known.items())[-_MAX_LITERALS:])

    def learn_request(self, url: str, headers: Mapping[str, str]) -> None:
        """Redact the request's own credentials wherever they turn up: servers echo them in errors."""
        found: list[str] = []
        if not (getattr(headers, "carries_no_secret", False) and len(headers)):  # asking makes them, and them known
            found += [SCHEME.sub("", v) for k, v in headers.items() if v and is_secret_header(k)]
        query = _taken_apart(url) if "?" in url or "@" in url else None
        if query is not None:
            found += [v for k, v in parse_qsl(query.query) if is_secret_header(k) or k.lower() == "sig"]
            found += [unquote(query.password)] if query.password else []
        fresh = [v for v in found if v not in self._literals]
        if fresh:
            self.learn(*fresh)

    @classmethod
    def remember(cls, header: str) -> None:
        """A credential that a request carried: every redactor of this process redacts it from now on.

        Capture leaves such headers out of what it hands over, yet servers echo them in their errors.
        """
        if hash(header) in cls._headers:
            return
        secret = SCHEME.sub("", header).strip()
        known = {} if is_plain(secret) else dict.fromkeys(_spellings(secret), "secret")
        # Replaced whole, the latest kept: readers need no lock.
        cls._carried = dict([*cls._carried.items(), *known.items()][-_MAX_LITERALS:])
        cls._headers = (cls._headers if len(cls._headers) < 1000 else frozenset()) | {hash(header)}

    def spans(self, text: str) -> list[Span]:
        """What must not be written of this text: credentials, learnt literals, what finders find."""
        return merged(credentials(text) + self._learnt(text) + self._packed(text))

    def _packed(self, text: str) -> list[Span]:
        """Base64 that holds what must not be written: all of it."""
        found = ((start, end, [*credentials(inside), *self._learnt(inside)]) for start, end, inside in packed(text))
        return [Span(start, end, spans[0].rule) for start, end, spans in found if spans]

    def _learnt(self, text: str) -> list[Span]:
        spans: list[Span] = []
        for literal, rule in (*self._literals.items(), *self._carried.items()):
            if literal in text:
                spans = spans + [Span(*m.span(), rule) for m in re.finditer(re.escape(literal), text)]
        for finder in self.finders:
            spans = [*spans, *finder(text)]
        return spans

    def text(self, text: str) -> str:
        """The text without its secrets; the same object when it has none."""
        return cut(text, self.spans(text))

    def texts(self, texts: Sequence[str]) -> list[str]:
        """Texts that belong together: a secret cut in two by a chunk boundary goes too."""
        return [cut(t, s) for t, s in zip(texts, self._of_pieces(texts), strict=True)]

    def _of_pieces(self, texts: Sequence[str]) -> list[list[Span]]:
        spans = [self.spans(t) for t in texts]
        whole = self.spans("".join(texts)) if len(texts) > 1 else []
        start = 0
        for i, text in enumerate(texts):
            end = start + len(text)
            spans[i] = merged(
                spans[i]
                + [
                    Span(max(s.start, start) - start, min(s.end, end) - start, s.rule)
                    for s in touching(whole, start, end)
                    if s.start < start or s.end > end
                ]
            )
            start = end
        return spans

    def value(self, value: Any) -> Any:
        """A JSON-like value without secrets, keys included; numbers, booleans and None as they are. Always a copy."""
        return self._value(value, 0)

    def is_clean(self, values: Iterable[Any]) -> bool:
        """True when JSON-like values hold no secret: their texts are looked at once, as one."""
        texts: list[str] = []
        names: list[str] = []
        for value in values:
            if type(value) is str:
                texts.append(value)
            elif not gathered(value, texts, names, 0):
                return False
        whole = "\n".join(texts)
        if credentials(whole) or self._learnt(f"{whole}\n{chr(10).join(names)}" if names else whole):
            return False
        return not self._packed(whole)

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth > MAX_DEPTH:
            return "[redacted:too-deep]"
        if isinstance(value, Mapping):
            return {self.text(str(k)): self._member(str(k), v, depth + 1) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return self._sequence(value, depth + 1)
        if isinstance(value, bytes | bytearray):
            return self.text(bytes(value).decode("latin-1")).encode("latin-1", "replace")
        return self.text(str(value))

    def _member(self, name: str, value: Any, depth: int) -> Any:
        if isinstance(value, str) and value and is_secret_name(name) and not value.startswith("[redacted:"):
            return "[redacted:named-secret]"
        return self._value(value, depth)

    def _sequence(self, items: Sequence[Any], depth: int) -> list[Any]:
        if len(items) > 1 and all(isinstance(i, str) for i in items):
            return list(self.texts(items))
        out = [self._value(i, depth) for i in items]
        for key in ("content", "text"):  # parts of one message: their texts are read as one
            at = [i for i, item in enumerate(items) if isinstance(item, Mapping) and isinstance(item.get(key), str)]
            if len(at) > 1:
                for i, text in zip(at, self.texts([items[i][key] for i in at]), strict=True):
                    out[i][key] = text
        return self._messages(items, out) if len(items) > 1 else out

    def _messages(self, items: Sequence[Any], out: list[Any]) -> list[Any]:
        """A secret whose pieces are in several messages goes from each of them."""
        for places in conversations(items):
            glued = Glued([str(items[i]["parts"][j][key]) for i, j, key in places])
            across = glued.across(self.spans(glued.text))
            for i in sorted({places[n][0] for n in across}):
                own = [n for n, place in enumerate(places) if place[0] == i]
                whole = self._of_pieces([glued.pieces[n] for n in own])
                for n, spans in zip(own, whole, strict=True):
                    _, j, key = places[n]
                    out[i]["parts"][j][key] = cut(glued.pieces[n], merged(spans + across.get(n, [])))
        return out


def _spellings(value: str) -> set[str]:
    """How a literal may be written: as it is, escaped as JSON once and twice, in URLs, in HTML."""
    once, raw = json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]
    forms = {value, once, raw, json.dumps(once)[1:-1], once.replace("/", "\\/"), html.escape(value), repr(value)[1:-1]}
    try:
        return forms | {quote(value), quote(value, safe=""), quote_plus(value)}
    except UnicodeEncodeError:  # lone surrogates have no URL form
        return forms


def _taken_apart(url: str) -> SplitResult | None:
    """The URL taken apart, or None when it is none."""
    try:
        parts = urlsplit(url)
        parts.hostname  # noqa: B018 - the property raises on a broken address
    except ValueError:
        return None
    return parts
