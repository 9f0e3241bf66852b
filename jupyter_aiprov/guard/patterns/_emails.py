"""E-mail addresses.

`x@w.mean()` is a product in NumPy: the last label must be a top-level domain in use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jupyter_aiprov.guard.patterns._look import Stretch

_DOMAINS = (
    "com org net edu gov mil int info biz name pro io ai app dev cloud tech online site email science health clinic"
    " care hospital doctor university academy institute foundation paris bzh corsica museum test example invalid"
)
_TLDS: Final = frozenset(_DOMAINS.split())
_EMAIL: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}[@\uff20]"
    r"((?:[\w-]{1,63}\.){1,8}(xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24}))(?![\w(\[]|\.\w)"
)
_ENCODED: Final = re.compile(r"(?<![\w.+%-])[\w.+-]{1,64}%40(?:[\w-]{1,63}\.){1,8}([a-z]{2,24})(?![\w(\[]|\.\w)", re.I)
_BACKWARDS: Final = re.compile(r"[\w.+-]{1,65}")
_NOBODY: Final = frozenset({"git", "noreply", "no-reply", "hg", "svn"})


def email(text: str) -> Iterator[Stretch]:
    """E-mail addresses."""
    if "\uff20" in text:  # the wide form of East Asian keyboards
        text = text.replace("\uff20", "@")
    for encoded in _ENCODED.finditer(text) if "%40" in text else ():  # in the address of a page
        if len(encoded[1]) == 2 or encoded[1].lower() in _TLDS:
            yield encoded.span()
    at, done = text.find("@"), 0
    while at >= 0:
        end = at + 1
        named = _BACKWARDS.match(text[max(done, at - 65) : at][::-1])
        size = named.end() if named else 0
        if not 0 < size < 65 or text[max(0, at - size - 1) : at - size] == "@":  # a handle: @eva@social.example
            at = text.find("@", end)  # a decorator, an option: no name before it
            continue
        if match := _EMAIL.match(text, at - size, min(len(text), at + 260)):
            user, tld = match[0].split("@")[0], match[2].lower()
            known = len(tld) == 2 or tld in _TLDS or tld.startswith("xn--") or not tld.isascii()
            if known and user.lower() not in _NOBODY and not _in_url(text, match) and not _names_a_mail(text, match):
                yield match.span()
            end = done = max(end, match.end())
        at = text.find("@", end)


def _in_url(text: str, match: re.Match[str]) -> bool:
    """`https://user@host`, `package@version.io/path`: an address of a machine."""
    before = text[max(0, match.start() - 80) : match.start()]
    return re.search(r"://[^\s/]*\Z", before) is not None or text[match.end() : match.end() + 2] in {":~", ":/"}


_MAIL_ID: Final = re.compile(r"(?i)[>\s]*(?:message-id|in-reply-to|references)\s?:")


def _names_a_mail(text: str, match: re.Match[str]) -> bool:
    """`Message-ID: <87o7…@mail.example>`: no address of a person."""
    line = text.rfind("\n", max(0, match.start() - 300), match.start()) + 1
    return text[match.start() - 1 : match.start()] == "<" and _MAIL_ID.match(text, line) is not None
