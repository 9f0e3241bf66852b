"""Keys known by their own format.

Only letters, digits, `_`, `-`, `.` occur in them, so that only long runs of those are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from jupyter_aiprov.redact._held import may_hold
from jupyter_aiprov.redact._spans import Span

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
_JOINER_TABLE: Final = bytes(106 if chr(c) in "-_." else 32 for c in range(256))
_MANY_RUNS: Final = 64  # from here on, looking for each mark in the whole text costs less
_TAIL: Final = 16  # characters of a key, no chance makes so many of them an x
_FEW_MARKS: Final = 8
_RUN: Final = 20  # the shortest run that a token format fits into, e.g. an AWS key id
_LONG_RUN: Final = 2000  # from here on, looking for each mark is faster than for any
RUN_NEEDLE: Final = b"a" * _RUN
RUN_TABLE: Final = bytes(97 if chr(c).isascii() and (chr(c).isalnum() or chr(c) in "_-.") else 32 for c in range(256))
_AWS_SECRET: Final = re.compile(r"""[\s,:;|"'\\=/]{1,12}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])""")


def token_spans(text: str, raw: bytes, mapped: bytes, start: int) -> list[Span]:
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
        start = mapped.find(RUN_NEEDLE, end)
    return spans


def _keys_in_run(text: str, start: int, end: int) -> Iterable[Span]:
    for match in _TOKEN.finditer(text, start, end):
        rule = str(match.lastgroup).replace("_", "-")
        if rule == "jwt":
            yield from _jwt(text, start, match.start())
            continue
        if not match[0][-_TAIL:].strip("xX"):  # how a manual writes one
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
