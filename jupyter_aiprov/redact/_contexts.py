"""Keys known by what stands around a word.

The word is found by substring search in the lower-cased text; `head` must match from the word on,
`before` up to the word, `value` behind the head: that is the secret. Three steps, because a value
tried behind every word of a long run would make hostile text quadratic.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from jupyter_aiprov.redact._held import may_hold
from jupyter_aiprov.redact._spans import Span

_QUOTE = r"""(?:\\{0,4}b?["'])?"""  # JSON, escaped JSON, reprs of headers
_SEP = rf"{_QUOTE}\s{{0,4}}[:=,]\s{{0,4}}(?:\[(?!redacted:)\s{{0,4}})?{_QUOTE}"
_ASSIGN = rf"""{_QUOTE}\]?\s{{0,4}}[:=]\s{{0,4}}\\{{0,4}}["']"""
_SET = rf"{_QUOTE}\]?\s{{0,4}}[:=,]\s{{0,4}}{_QUOTE}"
_EQUALS = "(?:=|%3d)"
_VALUE = r"""[^\s"'\\,;<>(){}\[\]]"""
_HEADER = r"(?!\$\{?[a-z_]|%[a-z_]+%)" + _VALUE + "{6,}"  # what a shell puts in is none
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
_IS = r"""(?:["'`]?\s{0,3}(?:=|:|->|→)\s{0,3}|,?\s{1,3}(?:is|was|(?:c['’])?(?:est|était)|vaut)\s{1,3}:?\s?)["'`«]?\s?"""
_FOR = r"(?: (?:for|from|of|to|du|de|pour|d['’] ?[\w-]{1,24})(?: [\w-]{1,24}){1,5}?| d['’] ?[\w-]{1,24})"
_STATED = rf"""(?:{_FOR}{_IS}|(?: (?:for|from|of|to) [\w-]{{1,16}})?(?:{_IS}|\s{{1,3}}["'`«]?\s?))"""
_HEX = r"(?=[0-9]{0,31}[a-f])[0-9a-f]{32,64}(?![\w.-])"
_DISCORD = r"(?-i:[MNO])[\w-]{23,27}\.[\w-]{6}\.[\w-]{27,38}(?![\w.-])"
_KEY_HEADERS = (  # `X-…-Key`, but for those that name no one
    "(?:^|[^a-z])(?:x-api-|api-|ocp-apim-subscription-"
    "|x-(?!idempotency|cache|surrogate|partition|sort|request|routing|row|primary|foreign|public)[a-z]{2,20}-(?:api-)?)"
)
_PLACEHOLDER = r"(?:password|passwd|pass|pwd|secret|changeme|change-me|x{3,12}|\*{3,64}|\.{3})"
_ANYBODY = rf"(?:user(?:name)?|usr|login):{_PLACEHOLDER}"  # of a template
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
def _any_head(word: bytes) -> re.Pattern[str]:
    """What a key behind a word needs at least from the word on: most have nothing of it behind them."""
    return re.compile("|".join(dict.fromkeys(around.head for around in _ALL_WORDS[word])), re.I)


_CONTEXT: Final = {
    "authorization": (
        _around(
            "authorization",
            f"authorization{_SEP}",
            rf"""{_SCHEMES}{_VALUE}+|aws4-hmac-sha256[^"'\r\n\\]+|{_VALUE}{{16,}}""",
        ),
    ),
    "key": (
        _around("header-key", f"key{_SEP}", _HEADER, _KEY_HEADERS),
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
        _around("assigned-secret", f"token{_SET}", f"{_HEX}|{_DISCORD}", "(?:^|[^a-z_])"),
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
        _around(
            "assigned-secret",
            r"""password\(\s{0,4}(?:["'][^"'\n]{1,64}["'],\s{0,4}){2}["']""",
            _CHOSEN,
            "set_",
        ),
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
    "wpa": (_around("assigned-secret", r"wpa[23]?(?:[ -]?psk)?[\s:=]{1,4}", _CHOSEN, "(?:^|[^a-z])"),),
    "mysql": (_around("assigned-secret", r"mysql[a-z]{0,5}\s(?:[^\n|;]{0,100}?\s)?-p", _CHOSEN),),
    "zip -p": (_around("assigned-secret", r"zip -p\s?[\"']?", _CHOSEN),),
    "curl": (
        _around(
            "basic-auth",
            r"""curl\s[^\n|;]{0,200}?(?<=\s)(?:-u|--user)[\s=]{0,2}["']?[^\s:"'$]{1,64}:""",
            rf"""(?!\$|{_NAMED}|{_PLACEHOLDER}\b)[^\s"']{{4,}}""",
        ),
    ),
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
        _around(
            "basic-auth",
            "://",
            rf"""(?!{_ANYBODY}@)[^\s/@:"'<>\[\]]{{0,256}}:(?!{_NAMED}@)[^\s/@"'<>\[\]]{{1,512}}(?=@)""",
        ),
    ),
}
_LONG_CONTEXT: Final = {  # behind these only a long run can be a key: looked for where there is one
    "cl\xe9": (
        _around("assigned-secret", rf"clés?(?: (?:d['’])?[\w-]{{1,16}}){{0,2}}?{_IS}", _MIXED, _OWNERS + " "),
        _around("assigned-secret", rf"clés? (?:d['’]\s?)?api(?: (?:d['’])?[\w-]{{1,16}}){{0,2}}?{_IS}", _MIXED),
    ),
    "client(": (_around("assigned-secret", r"""client\(\s{0,4}["']""", _MIXED),),
    "clientv2(": (_around("assigned-secret", r"""clientv2\(\s{0,4}["']""", _MIXED),),
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


def context_spans(text: str, raw: bytes, is_long: bool) -> list[Span]:
    """Keys by what stands around a word."""
    low = raw.lower()
    spans: list[Span] = []
    known = _ALL_WORDS if is_long else _WORDS
    for word in may_hold(low, tuple(known)):
        arounds = known[word]
        at = low.find(word)
        begins = _any_head(word) if at >= 0 and len(arounds) > 1 else None
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
