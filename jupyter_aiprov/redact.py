"""The only door to anything written, shown or raised: secrets out, everything else untouched.

    text ─▶ spans (token formats · context rules · learnt literals · finders) ─▶ merged ─▶ [redacted:rule]

Keys are recognised by their formats, by what stands before them (headers, URL parameters,
assignments) and, where no format exists, because they were learnt: from the environment, from a
request's own headers, from a declared column. Linear in the text: ordinary prose costs one
translation of its bytes and a handful of substring searches, and no regular expression.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

MIN_SECRET: Final = 8  # shorter values are words; replacing them would change innocent text
_MAX_LITERALS: Final = 128
_MAX_DEPTH: Final = 100


class Span(NamedTuple):
    """A stretch of text that must not be written, and the rule that says so."""

    start: int
    end: int
    rule: str


Finder = Callable[[str], Iterable[Span]]

# ── keys known by their own format ─────────────────────────────────────────────────
# Only letters, digits, `_`, `-`, `.` occur in them, so that only long runs of those are looked at.
# A vowel before `sk-` is a word (task-…, risk-…, disk-…), not a key.
_W = r"[A-Za-z0-9_-]"
_TOKENS: Final = {
    "anthropic-key": rf"sk-ant-{_W}{{13,}}",
    "openrouter-key": rf"sk-or-{_W}{{16,}}",
    "openai-key": rf"sk-(?:proj|svcacct|admin|None)-{_W}{{16,}}|sk-[A-Za-z0-9]{{20}}T3BlbkFJ{_W}{{8,}}",
    "api-key": rf"(?<![aeiouAEIOU])sk-(?:lf-|[a-z]{{1,8}}-)?(?=[A-Za-z0-9]*[0-9])[A-Za-z0-9]{{20}}{_W}*",
    "huggingface-token": r"hf_[A-Za-z0-9]{20,}|api_org_[A-Za-z0-9]{20,}",
    "groq-key": r"gsk_[A-Za-z0-9]{20,}",
    "google-key": rf"AIza{_W}{{35}}(?!{_W}{{60}})|AQ\.Ab{_W}{{30,}}|ya29\.[A-Za-z0-9_.-]{{20,}}",
    "xai-key": r"xai-[A-Za-z0-9]{20,}",
    "perplexity-key": r"pplx-[A-Za-z0-9]{20,}",
    "replicate-token": r"r8_[A-Za-z0-9]{24,}",
    "nvidia-key": rf"nvapi-{_W}{{20,}}",
    "cerebras-key": r"csk-[A-Za-z0-9]{24,}",
    "langsmith-key": r"lsv2_[a-z]{2}_[A-Za-z0-9]{16,}_?[A-Za-z0-9]*",
    "aws-key-id": r"(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z]{24})",
    "github-token": r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}",
    "gitlab-token": rf"gl(?:pat|dt|rt|ptt|ft|soat)-{_W}{{16,}}",
    "slack-token": r"xox[abeoprs]-[A-Za-z0-9-]{15,}|xapp-[0-9]-[A-Za-z0-9-]{13,}",
    "stripe-key": r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "npm-token": r"npm_[A-Za-z0-9]{30,}",
    "pypi-token": rf"pypi-AgE{_W}{{30,}}",
    "sendgrid-key": rf"SG\.{_W}{{16,}}\.{_W}{{16,}}",
    "databricks-token": r"(?<![A-Za-z])dapi[a-f0-9]{32}",
    "vendor-key": (  # further vendors' prefixes; a digit tells them from names in code
        rf"(?<!{_W})(?:(?:fw|jina|esecret|sbp|lin_api|rubygems|ntn)_(?=[A-Za-z]*[0-9])[A-Za-z0-9]{{20,}}"
        rf"|(?:tgp_v1|glsa|shpat|sb_secret|dckr_pat|do[op]_v1)_(?=[A-Za-z_-]*[0-9]){_W}{{20,}})|(?<!{_W})(?:tvly|GOCSPX|pcsk|xkeysib|PMAK)[_-](?=[A-Za-z_-]*[0-9]){_W}{{20,}}"
        rf"|(?<!{_W})(?:hv[sbr]\.|dp\.(?:pt|st|ct)\.){_W}{{20,}}|AGE-SECRET-KEY-1[A-Z0-9]{{50,}}"
        rf"|(?<!{_W})sk_(?=[a-f]*[0-9])[a-f0-9]{{40,}}"
        rf"|(?<!{_W})pa-(?=[a-z0-9_-]*[A-Z])(?=[A-Za-z_-]*[0-9]){_W}{{40,}}"
    ),
    "jwt": rf"\.(?=eyJ{_W}{{4}})",  # the dot in its middle; `_jwt` finds both ends
}
_TOKEN: Final = re.compile("|".join(f"(?P<{name.replace('-', '_')}>{p})" for name, p in _TOKENS.items()))
_JWT_TAIL: Final = re.compile(rf"\.{_W}+(?:\.{_W}*)?")
_MARKS: Final = tuple(
    b"sk- hf_ api_org_ gsk_ AIza AQ. ya29. xai- pplx- r8_ nvapi- csk- lsv2_ AKIA ASIA ghp_ gho_ ghu_ ghs_ ghr_"
    b" github_pat_ glpat glsoat gldt glrt glptt glft xox xapp- k_live_ k_test_ npm_ pypi- SG. dapi .eyJ"
    b" fw_ jina_ esecret_ tgp_v1_ glsa_ shpat_ sbp_ sb_secret_ dckr_pat_ _v1_ lin_api_ rubygems_ ntn_ tvly GOCSPX pcsk_"
    b" xkeysib PMAK hvs. hvb. hvr. dp. AGE-SECRET sk_ pa-".split()
)  # one of them is in every key above
_MARK: Final = re.compile(b"|".join(map(re.escape, _MARKS)))
_BARE: Final = (b"AIza", b"AKIA", b"ASIA", b"dapi")  # in the keys of the others is one of these, too
_LONG_TEXT: Final = 8192  # characters
_JOINER_TABLE: Final = bytes(106 if chr(c) in "-_." else 32 for c in range(256))
_MANY_RUNS: Final = 64  # from here on, looking for each mark in the whole text costs less
_FEW_MARKS: Final = 8
_RUN: Final = 20  # the shortest run that a token format fits into, e.g. an AWS key id
_LONG_RUN: Final = 2000  # from here on, looking for each mark is faster than for any
_RUN_NEEDLE: Final = b"a" * _RUN
_RUN_TABLE: Final = bytes(97 if chr(c).isascii() and (chr(c).isalnum() or chr(c) in "_-.") else 32 for c in range(256))

# ── keys known by what stands around a word ────────────────────────────────────────
# The word is found by substring search in the lower-cased text; `head` must match from the word on,
# `before` up to the word, `value` behind the head: that is the secret. Three steps, because a value
# tried behind every word of a long run would make hostile text quadratic.
_QUOTE = r"""(?:\\{0,4}b?["'])?"""  # JSON, escaped JSON, reprs of headers
_SEP = rf"{_QUOTE}\s{{0,4}}[:=,]\s{{0,4}}(?:\[(?!redacted:)\s{{0,4}})?{_QUOTE}"
_ASSIGN = rf"""{_QUOTE}\]?\s{{0,4}}[:=]\s{{0,4}}\\{{0,4}}["']"""
_SET = rf"{_QUOTE}\]?\s{{0,4}}[:=,]\s{{0,4}}{_QUOTE}"
_EQUALS = "(?:=|%3d)"
_VALUE = r"""[^\s"'\\,;<>(){}\[\]]"""
_HEADER = _VALUE + "{6,}"
_PARAMETER = r"""[^&\s"'<>#\\;]+"""
_QUOTED = r"""(?=[^\s"'\\]*[0-9])[^\s"'\\<>{}]{8,}"""
_LONG = "[A-Za-z0-9/+=]{40,}"
# Names in code (openai_api_key_2) are no keys; every look ahead is bounded, so that no text is read twice over.
_PART = r"(?:[a-z]{1,40}\d{0,3}|\d{1,4})"
_NAMES = rf"_{{0,2}}{_PART}(?:[._-]{{1,2}}{_PART}){{0,12}}(?![\w.+/=-])"
_RANDOM = rf"(?!{_NAMES})(?=[a-z._+/=-]{{0,99}}\d)(?=[\d._+/=-]{{0,99}}[a-z])[a-z0-9_+/=.-]{{20,}}(?![\[(])"
_MIXED = (
    r"(?=[a-z_-]{0,99}\d)(?-i:(?=[A-Z0-9_-]{0,99}[a-z])(?=[a-z0-9_-]{0,99}[A-Z]))[a-z0-9_-]{24,}(?![\w.-])"
    r"|[0-9a-f]{32}(?![\w.-])"
)
_SIGN = r"""[^\s"'\\,;<>(){}\[\]]"""
_CHOSEN = (  # by a person: a letter and a digit, no name of code, no placeholder
    rf"(?![a-z_.]{{1,99}}\d?(?!{_SIGN})|[$%{{<*]|\d{{1,3}}-[a-z]+)(?={_SIGN}{{0,64}}\d)(?={_SIGN}{{0,64}}[a-z])"
    rf"{_SIGN}{{8,64}}(?![\[(])"
)
_KINDS = (
    "api|secret|access|private|auth|subscription|account|deployment|bearer|session|refresh|admin|bot|service|openai|azure"
    "|anthropic|mistral|cohere|together|deepseek|groq|hugging ?face|hf|wandb|replicate|gemini|google|voyage|tavily|aws"
    "|github"
)
_OWNERS = "(?:my|our|your|his|her|the|ma|mon|notre|votre|sa|son|la|le|cette|ce)"
_IS = r"""(?:["'`]?\s{0,3}(?:=|:|->|→)\s{0,3}|,?\s{1,3}(?:is|was|est|était|vaut)\s{1,3}:?\s?)["'`«]?\s?"""
_FOR = r"(?: (?:for|from|of|to|du|de|pour|d['’] ?[\w-]{1,24})(?: [\w-]{1,24}){1,5}?| d['’] ?[\w-]{1,24})"
_STATED = rf"""(?:{_FOR}{_IS}|(?: (?:for|from|of|to) [\w-]{{1,16}})?(?:{_IS}|\s{{1,3}}["'`«]?\s?))"""
_NAMED = r"(?:\$?\{\w{1,40}\}|\$(?-i:[A-Z][A-Z_]{1,40})|%\(\w{1,40}\)s)"  # a place for a password, not one
_IN_URL = r"(?:[?&;]|\\u0026|%26|%3f)[a-z_-]{0,24}"
_SCHEMES = r"(?:basic|bearer|token|negotiate|apikey|digest|key)\s{1,4}(?!\[redacted:|[$%{<])"


class _Around(NamedTuple):
    rule: str
    head: str
    value: str
    before: str
    last: str  # the characters that `before` ends with, told by one look
    behind: tuple[bytes, ...]  # or one of these stands before: compared, where hostile text made it a search each time


_LASTS: Final = {"[_-]?": "_-", "-)": "-", "-": "-", """["']""": "\"'"}


def _around(rule: str, head: str, value: str, before: str = "", *, behind: str = "", joined: str = "_-") -> _Around:
    words = behind.replace("hugging ?face", "hugging face|huggingface").split("|") if behind else []
    return _Around(
        rule,
        head,
        rf"(?!\[redacted:)(?:{value})",
        f"(?:{before})\\Z" if before else "",
        next((last for end, last in _LASTS.items() if before.endswith(end)), ""),
        tuple((word + mark).encode() for word in words for mark in ("", *joined)),
    )


@cache
def _pattern(source: str) -> re.Pattern[str]:
    """Compiled where its word is first met: most never are, and all of them are a fifth of what loading costs."""
    return re.compile(source, re.I)


@cache
def _any_head(arounds: tuple[_Around, ...]) -> re.Pattern[str]:
    """What one of them at least needs from the word on: most words have nothing of it behind them."""
    return re.compile("|".join(dict.fromkeys(around.head for around in arounds)), re.I)


_CONTEXT: Final = {
    "authorization": (
        _around(
            "authorization",
            f"authorization{_SEP}",
            rf"""{_SCHEMES}{_VALUE}+|aws4-hmac-sha256[^"'\r\n\\]+|{_VALUE}{{16,}}""",
        ),
    ),
    "key": (
        _around("header-key", f"key{_SEP}", _HEADER, "(?:^|[^a-z])(?:x-api-|api-|x-goog-api-|ocp-apim-subscription-)"),
        _around("url-secret", f"key{_EQUALS}", _PARAMETER, _IN_URL),
        _around("assigned-secret", f"key{_ASSIGN}", _QUOTED, behind="api|secret|access|private"),
        _around("assigned-secret", f"key{_SET}", _RANDOM, behind=_KINDS),
        _around("assigned-secret", rf"key{_STATED}", _MIXED, behind=f"{_KINDS}|{_OWNERS[3:-1]}", joined=" _-"),
        _around(
            "assigned-secret",
            f"key{_SET}",
            _RANDOM,
            r"""user(?:name)?["']\s{0,4}:\s{0,4}["'][^"']{1,40}["'],\s{0,4}["']""",
        ),
    ),
    "token": (
        _around("header-key", f"token{_SEP}", _HEADER, "(?:x-auth|x-amz-security|x-subscription|private)-"),
        _around("url-secret", f"token{_EQUALS}", _PARAMETER, _IN_URL),
        _around("assigned-secret", f"token{_ASSIGN}", _QUOTED, behind="access|auth|refresh"),
        _around("assigned-secret", f"token{_SET}", _RANDOM, "(?-i:(?:^|[^a-z])[A-Z]{2,20}_)[_-]?", behind=_KINDS),
        _around("assigned-secret", rf"token{_STATED}", _MIXED, behind=f"{_KINDS}|{_OWNERS[3:-1]}", joined=" _-"),
        _around("aws-secret", rf"token(?:{_SEP}|\s)", _LONG, "session_?"),
    ),
    "secret": (
        _around("url-secret", f"secret{_EQUALS}", _PARAMETER, _IN_URL),
        _around("assigned-secret", f"secret(?:_?key)?{_ASSIGN}", _QUOTED),
        _around("aws-secret", f"secret_?access_?key{_SEP}", _LONG),
        _around("assigned-secret", f"secret(?:_?key)?{_SET}", _RANDOM),
    ),
    "pass": (
        _around("assigned-secret", rf"pass(?:phrase)?(?:{_SET}|\s-p\s?[\"']?)", _CHOSEN, "(?:^|[^a-z]|ssh|pg)"),
        _around("url-secret", f"passw(?:or)?d{_EQUALS}", _PARAMETER, _IN_URL),
        _around("assigned-secret", f"passw(?:or)?d{_ASSIGN}", _QUOTED),
        _around("assigned-secret", f"passw(?:or)?d(?:{_SET}|{_STATED})", _CHOSEN),
        _around("assigned-secret", r"password\s{1,4}", _CHOSEN, r"login\s{1,4}[^\s]{1,24}\s{1,4}"),
    ),
    "de passe": (
        _around("assigned-secret", f"de passe{_ASSIGN}", _QUOTED, r"mot\s"),
        _around("assigned-secret", f"de passe(?:{_SET}|{_STATED})", _CHOSEN, r"mots?\s"),
    ),
    "mdp": (
        _around("assigned-secret", f"mdp{_ASSIGN}", _QUOTED, "(?:^|[^a-z])"),
        _around("assigned-secret", f"mdp(?:{_SET}|{_STATED})", _CHOSEN, "(?:^|[^a-z])"),
    ),
    "pwd": (_around("assigned-secret", f"pwd{_SET}", _CHOSEN, "(?:^|[^a-z]|db)"),),
    "login": (
        _around("assigned-secret", r"login\s{1,4}(?:--[a-z-]{1,20}[ =])?", "(?=[a-z-_]*[0-9])[a-z0-9_-]{32,}"),
        _around("assigned-secret", r"""login\(\s{0,4}(?:\w{1,12}\s?=\s?)?["']""", _RANDOM),
        _around("assigned-secret", r"""login\(\s{0,4}["'][^"']{3,64}["'],\s{0,4}["']""", _CHOSEN),
    ),
    "credential=": (_around("url-secret", "credential=", _PARAMETER, _IN_URL),),
    "sig=": (_around("url-secret", "sig=", _PARAMETER, _IN_URL),),
    "signature=": (
        _around("url-secret", "signature=", _PARAMETER, _IN_URL),
        _around("signature", "signature=", "[0-9a-f]{64}"),
    ),
    "cookie": (_around("cookie", f"cookie{_SEP}", r"""[^\s"'\\=;,<>]{1,200}=[^"'\\\r\n]+"""),),
    "bearer": (
        _around(
            "bearer-token",
            r"bearer\s{1,4}",
            r"(?=[A-Za-z._~+/=-]*[0-9]|(?-i:[A-Z]{0,9}[a-z]+[A-Z]))[A-Za-z0-9._~+/=-]{16,}",
        ),
    ),
    "://": (
        _around("basic-auth", "://", rf"""[^\s/@:"'<>\[\]]{{0,256}}:(?!{_NAMED}@)[^\s/@"'<>\[\]]{{1,512}}(?=@)"""),
    ),
}
_LONG_CONTEXT: Final = {  # behind these only a long run can be a key: looked for where there is one
    "cl\xe9": (_around("assigned-secret", rf"clés?(?: (?:d['’])?[\w-]{{1,16}}){{0,2}}?{_IS}", _MIXED, _OWNERS + " "),),
    "client(": (_around("assigned-secret", r"""client\(\s{0,4}["']""", _MIXED),),
    "jeton": (_around("assigned-secret", rf"jetons?(?: (?:d['’])?[\w-]{{1,16}}){{0,2}}?{_IS}", _MIXED, _OWNERS + " "),),
    ":aa": (_around("telegram-token", ":", r"(?-i:AA)[\w-]{33}(?![\w-])", r"(?:^|\D)\d{8,10}"),),
    "hooks.slack.com/services/": (_around("webhook", "hooks.slack.com/services/", "[a-z0-9/]{20,}"),),
    "/api/webhooks/": (_around("webhook", r"/api/webhooks/\d{6,24}/", r"[\w-]{20,}"),),
}
_WORDS: Final = {word.encode("latin-1"): arounds for word, arounds in _CONTEXT.items()}
_ALL_WORDS: Final = _WORDS | {word.encode("latin-1"): arounds for word, arounds in _LONG_CONTEXT.items()}
_WINDOW: Final = 40  # how far `before` looks back
_PEM = "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
_PRIVATE_KEY: Final = re.compile(
    rf"-----BEGIN {_PEM}(?:(?:(?!-----(?:BEGIN|END))[\s\S])*-----END {_PEM}|(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{{16,}})*)"
)
_AWS_SECRET: Final = re.compile(r"""[\s,:;|"'\\=]{1,12}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])""")

# A mapping's value under one of these names is a secret whatever it looks like; `token` and `key`
# alone are not here: log-probabilities and JSON schemas use them.
_SECRET_NAME: Final = re.compile(
    r"(?i)(?:.*[_-])?(?:api[_-]?key|authorization|passw(?:or)?d|client[_-]?secret|secret[_-]?access[_-]?key|secret[_-]?key"
    r"|(?:access|auth|refresh|bearer|session|security|id)[_-]?token|set-cookie|cookie|private[_-]?key)"
)
_SECRET_VARIABLE: Final = re.compile(
    r"(?i)(?:^|.*_)(?:(?:api|access|secret|private|master|encryption)?_?key|\w*token|\w*secret|pass|passwd|\w*password|pwd|pat"
    r"|credentials?|auth)(?:_(?:id|v?\d+|\w{1,4}))?"
)
_PLAIN: Final = re.compile(r"[A-Za-z]*(?:[-_. ][A-Za-z]+)*|[0-9.,:_-]{0,15}|[/~.].*|[A-Za-z]:\\.*")
_KEY: Final = re.compile("[a-z]+(?:_[a-z]+)*")
_NAME_MAX: Final = 32
_SECRET_HEADER: Final = re.compile(r"(?i)authorization|.*(?:key|token|secret|cookie|auth|signature|credential).*")
_SCHEME: Final = re.compile(r"(?i)(?:bearer|basic|token|apikey|key)\s+")

# ── what may be written of a request's envelope ────────────────────────────────────
_PARAMETERS: Final = frozenset(
    {"api-version", "alt", "version", "beta", "stream", "format", "pagesize", "limit", "order"}
)
_HEADERS: Final = frozenset(
    {
        "accept", "anthropic-beta", "anthropic-version", "content-encoding", "content-length", "content-type", "date",
        "openai-beta", "openai-model", "openai-processing-ms", "openai-version", "request-id", "retry-after", "server",
        "transfer-encoding", "user-agent", "x-amzn-requestid", "x-model", "x-request-id", "x-should-retry",
    }
)  # fmt: skip
_HEADER_PREFIXES: Final = ("x-ratelimit-", "anthropic-ratelimit-", "x-stainless-", "x-amzn-bedrock-")


def loaded_numpy() -> Any:
    """numpy where it was loaded already, and whole; or None. Nothing here loads it."""
    module = sys.modules.get("numpy")
    return None if getattr(getattr(module, "__spec__", None), "_initializing", True) else module


def may_hold(text: bytes, words: Sequence[bytes]) -> Sequence[bytes]:
    """Those of some words that a text may hold: told from which characters stand side by side in it.

    One look for all of them, where numpy is loaded already; elsewhere, and for short texts, all of them.
    """
    np = loaded_numpy() if len(text) >= _LONG_TEXT else None
    if np is None:
        return words
    global _last_pairs  # noqa: PLW0603 - of the text that is looked at, for all that look at it
    mark, last = (len(text), hash(text)), _last_pairs  # by name: another thread may be at another text
    if last[0] != mark:
        codes = np.frombuffer(text, np.uint8)
        pairs = np.zeros(2**16, np.bool_)
        pairs[(codes[:-1].astype(np.uint16) << 8) | codes[1:]] = True
        _last_pairs = last = mark, pairs.tobytes()
    held = last[1]
    return [word for word in words if all(held[a << 8 | b] for a, b in pairwise(word))]


_last_pairs: tuple[tuple[int, int], bytes] = (0, 0), b""  # of the text looked at last: several rules look at each


def _token_spans(text: str, raw: bytes, mapped: bytes, start: int) -> list[Span]:
    """Keys by format, looked for only in long runs of the characters that keys are made of."""
    spans: list[Span] = []
    marks: list[bytes] | None = None
    if start < 0:
        return spans
    is_bare = any(m in raw for m in _BARE)
    joined = raw.translate(_JOINER_TABLE)
    if not is_bare and b"j" not in joined:
        return spans
    seen = 0
    while start >= 0:
        end = mapped.find(b" ", start)
        end = len(text) if end < 0 else end
        if is_bare or joined.find(b"j", start, end) >= 0:
            seen += 1
            if marks is None and (seen > _MANY_RUNS or end - start >= _LONG_RUN):
                marks = [m for m in may_hold(raw, _MARKS) if m in raw]
                if not marks:
                    break
            if marks is None or (len(marks) > _FEW_MARKS and end - start < _LONG_RUN):
                has_mark = _MARK.search(raw, start, end) is not None
            else:
                has_mark = any(raw.find(m, start, end) >= 0 for m in marks)
            if has_mark:
                spans += _keys_in_run(text, start, end)
        start = mapped.find(_RUN_NEEDLE, end)
    return spans


def _keys_in_run(text: str, start: int, end: int) -> Iterable[Span]:
    for match in _TOKEN.finditer(text, start, end):
        rule = str(match.lastgroup).replace("_", "-")
        if rule == "jwt":
            yield from _jwt(text, start, match.start())
            continue
        yield Span(match.start(), match.end(), rule)
        if rule == "aws-key-id" and (secret := _AWS_SECRET.match(text, match.end())):
            yield Span(*secret.span(1), "aws-secret")


def _jwt(text: str, start: int, dot: int) -> Iterable[Span]:
    """A JWT around its first dot; its head tried from each `eyJ` of a long run would be quadratic."""
    begin = text.find("eyJ", max(start, text.rfind(".", start, dot) + 1), dot)
    tail = _JWT_TAIL.match(text, dot)
    if begin >= 0 and tail:
        yield Span(begin, tail.end(), "jwt")


def _context_spans(text: str, raw: bytes, is_long: bool) -> list[Span]:
    """Keys by what stands around a word."""
    low = raw.lower()
    spans: list[Span] = []
    known = _ALL_WORDS if is_long else _WORDS
    for word in may_hold(low, tuple(known)):
        arounds = known[word]
        at = low.find(word)
        begins = _any_head(arounds) if at >= 0 and len(arounds) > 1 else None
        while at >= 0:
            end = at + len(word)
            if begins is not None and begins.match(text, at) is None:
                at = low.find(word, end)
                continue
            for rule, head, value, before, last, behind in arounds:
                if behind and low.endswith(behind, 0, at):
                    before = ""
                elif (behind and not before) or (last and not (at and text[at - 1] in last)):
                    continue
                begun = _pattern(head).match(text, at)
                if begun and (not before or _pattern(before).search(text, max(0, at - _WINDOW), at)):
                    match = _pattern(value).match(text, begun.end())
                    if match:
                        spans.append(Span(*match.span(), rule))
                        end = max(end, match.end())
            at = low.find(word, end)
    if b"private key-----" in low:
        spans += [Span(*m.span(), "private-key") for m in _PRIVATE_KEY.finditer(text)]
    return spans


def credentials(text: str) -> list[Span]:
    """The credentials of a text that can be told by format or context, in order, not overlapping."""
    if len(text) < MIN_SECRET:
        return []
    raw = text.encode("latin-1", "replace")  # one byte per character: offsets stay those of the text
    mapped = raw.translate(_RUN_TABLE)
    start = mapped.find(_RUN_NEEDLE)
    return merged(_token_spans(text, raw, mapped, start) + _context_spans(text, raw, start >= 0))


def merged(spans: list[Span]) -> list[Span]:
    """Spans in order, overlapping ones joined under the name of the one that starts first."""
    if len(spans) < 2:
        return spans
    spans = sorted(spans, key=lambda s: (s.start, -s.end))
    out = [spans[0]]
    for span in spans[1:]:
        last = out[-1]
        if span.start < last.end:
            out[-1] = Span(last.start, max(last.end, span.end), last.rule)
        else:
            out.append(span)
    return out


def cut(text: str, spans: Sequence[Span]) -> str:
    """The text with each span replaced by `[redacted:rule]`; the same object when there is none."""
    if not spans:
        return text
    pieces, at = [], 0
    for start, end, rule in spans:
        pieces += [text[at:start], f"[redacted:{rule}]"]
        at = end
    return "".join([*pieces, text[at:]])


def is_secret_name(name: str) -> bool:
    """True when a value under this key is a secret whatever it looks like."""
    return _is_secret_key(name) if len(name) < 100 else _SECRET_NAME.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _is_secret_key(name: str) -> bool:
    return _SECRET_NAME.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def _is_secret_header(name: str) -> bool:
    return _SECRET_HEADER.fullmatch(name) is not None


def environment_secrets(environ: Mapping[str, str]) -> list[str]:
    """Values of the variables whose names look secret; paths, words, short numbers are left out."""
    return [
        value
        for name, value in environ.items()
        if len(value) >= MIN_SECRET and _SECRET_VARIABLE.fullmatch(name) and not _is_plain(value)
    ]


def _is_plain(value: str) -> bool:
    """A word, a number or a path: replacing it everywhere would change innocent text."""
    return len(value) < MIN_SECRET or (_PLAIN.fullmatch(value) is not None and (len(value) < 24 or value[0] in "/~."))


def _spellings(value: str) -> set[str]:
    """How a literal may be written: as it is, escaped as JSON once and twice, in URLs, in HTML."""
    once, raw = json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]
    forms = {value, once, raw, json.dumps(once)[1:-1], once.replace("/", "\\/"), html.escape(value), repr(value)[1:-1]}
    try:
        return forms | {quote(value), quote(value, safe=""), quote_plus(value)}
    except UnicodeEncodeError:  # lone surrogates have no URL form
        return forms


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
            if not _is_plain(value):
                known.update((form, rule) for form in _spellings(value))
        # A session that changes keys all day keeps the latest; replaced whole, so that readers need no lock.
        self._literals = dict(list(known.items())[-_MAX_LITERALS:])

    def learn_request(self, url: str, headers: Mapping[str, str]) -> None:
        """Redact the request's own credentials wherever they turn up: servers echo them in errors."""
        found: list[str] = []
        if not (getattr(headers, "carries_no_secret", False) and len(headers)):  # asking makes them, and them known
            found += [_SCHEME.sub("", v) for k, v in headers.items() if v and _is_secret_header(k)]
        query = urlsplit_or_none(url) if "?" in url or "@" in url else None
        if query is not None:
            found += [v for k, v in parse_qsl(query.query) if _SECRET_HEADER.fullmatch(k) or k.lower() == "sig"]
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
        secret = _SCHEME.sub("", header).strip()
        known = {} if _is_plain(secret) else dict.fromkeys(_spellings(secret), "secret")
        # Replaced whole, the latest kept: readers need no lock.
        cls._carried = dict([*cls._carried.items(), *known.items()][-_MAX_LITERALS:])
        cls._headers = (cls._headers if len(cls._headers) < 1000 else frozenset()) | {hash(header)}

    def spans(self, text: str) -> list[Span]:
        """What must not be written of this text: credentials, learnt literals, what finders find."""
        return merged(credentials(text) + self._learnt(text))

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
        spans = [self.spans(t) for t in texts]
        start = 0
        whole = self.spans("".join(texts)) if len(texts) > 1 else []
        for i, text in enumerate(texts):
            end = start + len(text)
            spans[i] = merged(
                spans[i]
                + [
                    Span(max(s.start, start) - start, min(s.end, end) - start, s.rule)
                    for s in _touching(whole, start, end)
                    if s.start < start or s.end > end
                ]
            )
            start = end
        return [cut(t, s) for t, s in zip(texts, spans, strict=True)]

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
            elif not _gathered(value, texts, names, 0):
                return False
        whole = "\n".join(texts)
        return not credentials(whole) and not self._learnt(f"{whole}\n{chr(10).join(names)}" if names else whole)

    def _value(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth > _MAX_DEPTH:
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
        return out

    def url(self, url: str) -> str:
        """A URL fit to be written: no user, no password, no fragment, only harmless parameters' values."""
        parts = urlsplit_or_none(url)
        if parts is None:
            return self.text(url.partition("?")[0].rpartition("@")[2])
        host = parts.netloc.rpartition("@")[2]
        query = "&".join(
            f"{k}={v}" if k.lower() in _PARAMETERS else f"{k}=[redacted:parameter]"
            for k, v in parse_qsl(parts.query, keep_blank_values=True)
        )
        shown = f"{parts.scheme}://{host}" if parts.scheme and host else host
        return self.text(f"{shown}{parts.path}{'?' + query if query else ''}")

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers that may be written: an allow-list, names in lower case."""
        return {
            name.lower(): self.text(value)
            for name, value in headers.items()
            if name.lower() in _HEADERS or name.lower().startswith(_HEADER_PREFIXES)
        }


def _gathered(value: Any, texts: list[str], names: list[str], depth: int) -> bool:
    """Take every text of a JSON value, those that belong together also as one; False where it must be walked.

    Whatever is found in one of the texts is found in them joined by line ends, too. Keys that are
    plain words go to `names`: no credential looks like them.
    """
    kind = type(value)
    if kind is str:
        texts.append(value)
    elif kind is dict:
        if depth > _MAX_DEPTH:
            return False
        for key, inner in value.items():
            if type(key) is not str:
                return False
            if key not in _KNOWN_KEYS:
                (names if len(key) < _NAME_MAX and _is_plain_key(key) else texts).append(key)
                if inner and type(inner) is str and is_secret_name(key):
                    return False
            within = type(inner)
            if within is str:
                texts.append(inner)
            elif within is not int and inner is not None and not _gathered(inner, texts, names, depth + 1):
                return False
    elif kind is list:
        if depth > _MAX_DEPTH:
            return False
        for inner in value:
            if type(inner) is str:
                texts.append(inner)
            elif not _gathered(inner, texts, names, depth + 1):
                return False
        if len(value) > 1:
            texts += _belonging(value)
    else:
        return value is None or kind is bool or kind is int or kind is float
    return True


# The keys of nearly every message and counter: plain words, and no name of a secret.
_KNOWN_KEYS: Final = frozenset(
    {"role", "parts", "type", "content", "finish_reason", "prompt_tokens", "completion_tokens", "total_tokens"}
)


@lru_cache(maxsize=1024)
def _is_plain_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None and not credentials(key)


def _belonging(items: list[Any]) -> Iterable[str]:
    """The texts that a list holds in pieces."""
    if type(items[0]) is str:
        return ["".join(items)] if all(type(i) is str for i in items) else ()
    pieces = [[i[key] for i in items if type(i) is dict and type(i.get(key)) is str] for key in ("content", "text")]
    return ["".join(p) for p in pieces if len(p) > 1]


def _touching(spans: Sequence[Span], start: int, end: int) -> Iterable[Span]:
    return (s for s in spans if s.start < end and s.end > start)


def urlsplit_or_none(url: str) -> Any:
    """The URL taken apart, or None when it is none."""
    try:
        parts = urlsplit(url)
        parts.hostname  # noqa: B018 - the property raises on a broken address
    except ValueError:
        return None
    return parts


@cache
def default() -> Redactor:
    """The redactor of this process; knows the environment's secrets as they were at first use."""
    return Redactor.of_environment()


def redact_text(text: str) -> str:
    """The text with every secret replaced by `[redacted:rule]`."""
    return default().text(text)


def redact(value: Any) -> Any:
    """A JSON-like value with every secret replaced, in keys too."""
    return default().value(value)


def safe_url(url: str) -> str:
    """A URL fit to be written."""
    return default().url(url)


def safe_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that may be written."""
    return default().headers(headers)
