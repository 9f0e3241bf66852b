"""What can be told from a text alone: credentials, direct identifiers, dates of birth, hidden instructions.

Each rule is a function from a text to the stretches it finds. Numbers that carry a check (NIR,
IBAN) are verified, so that counts, hashes and identifiers of another kind do not alarm. Cheap
tests of what must be there (an @, a digit) come first: prose costs no regular expression.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import AnyStr, Final

from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.redact import credentials, may_hold

Stretch = tuple[int, int]
Rule = Callable[[str], Iterator[Stretch]]


def credential(text: str) -> Iterator[Stretch]:
    """Keys, tokens, private keys, passwords in URLs; not the key that a manual shows."""
    found = credentials(text)
    return ((s.start, s.end) for s in found if s.rule != "aws-key-id" or not text.endswith("EXAMPLE", s.start, s.end))


def _table(characters: str) -> bytes:
    return bytes(97 if chr(c) in characters else 32 for c in range(256))


_DIGITS: Final = _table("0123456789-")
_NUMBER: Final = _table("0123456789 .-\u00a0?AaBb()")  # `?` stands for what is beyond Latin-1: narrow spaces
_ACCOUNT: Final = bytes(
    97 if chr(c).isascii() and chr(c).isalpha() else 49 if chr(c).isdigit() else 32 for c in range(256)
)


def _has(text: str, table: bytes, least: int) -> bool:
    """True when a run of at least so many of the table's characters is in the text."""
    return b"a" * least in text.encode("latin-1", "replace").translate(table)


def _held(low: str, words: tuple[str, ...]) -> Sequence[str]:
    """Those of some words that a text in lower case may hold."""
    known = {word.encode("latin-1"): word for word in words}
    return [known[word] for word in may_hold(low.encode("latin-1", "replace"), tuple(known))]


# ── e-mail ─────────────────────────────────────────────────────────────────────────
# `x@w.mean()` is a product in NumPy: the last label must be a top-level domain in use.
_DOMAINS = (
    "com org net edu gov mil int info biz name pro io ai app dev cloud tech online site email science health clinic"
    " care hospital doctor university academy institute foundation paris bzh corsica museum test example invalid"
)
_TLDS: Final = frozenset(_DOMAINS.split())
_EMAIL: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}[@\uff20]"
    r"((?:[\w-]{1,63}\.){1,8}(xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24}))(?![\w(\[]|\.\w)"
)
_BACKWARDS: Final = re.compile(r"[\w.+-]{1,65}")
_NOBODY: Final = frozenset({"git", "noreply", "no-reply", "hg", "svn"})


def email(text: str) -> Iterator[Stretch]:
    """E-mail addresses."""
    if "\uff20" in text:  # the wide form of East Asian keyboards
        text = text.replace("\uff20", "@")
    at, done = text.find("@"), 0
    while at >= 0:
        end = at + 1
        named = _BACKWARDS.match(text[max(done, at - 65) : at][::-1])
        size = named.end() if named else 0
        if not 0 < size < 65:
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


# ── telephone ──────────────────────────────────────────────────────────────────────
_E164: Final = re.compile(
    r"(?<![\w)+.*/-])\+(?:\(?[1-9]\d{0,2}\)?)(?:[ .\u00a0\u202f-]?\(?\d{1,4}\)?){2,6}(?![\w%]|[.,]\d)"
)
_CODES: Final = re.compile(
    r"1|7|2(?:0|7|[1-689]\d)|3(?:[0-469]|[578]\d)|4(?:[013-9]|2\d)|5(?:[1-8]|[09]\d)|6(?:[0-6]|[789]\d)"
    r"|8(?:[1246]|[0578]\d)|9(?:[0-58]|[679]\d)"
)
_SPACED = "[ \u00a0\u202f]"
_DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2212"
_PAIRS_OF_FIVE = (
    rf"(?:(?:{_SPACED}\d\d){{4}}|(?:\.\d\d){{4}}|(?:-\d\d){{4}}|(?: [-/] \d\d){{4}}|(\d{{8}}))(?![\w]|[.,-]\d)"
)
# What must be there comes first, what may not stand before it behind: a search for one character is fast.
_FRENCH: Final = re.compile(rf"0(?<![\w.,+/-]0)([1-9]){_PAIRS_OF_FIVE}")
# A zero and another digit, with nothing before them that would make them part of something else.
_ZERO_KINDS: Final = bytes(
    48 if c == 48 else 49 if 49 <= c <= 57 else 119 if chr(c).isalnum() or chr(c) in "_.,+/-" else 32
    for c in range(256)
)
_BEGUN: Final = b" 01"
_FOREIGN_DIGIT: Final = re.compile(
    "[\u0660-\u0669\u06f0-\u06f9\u07c0-\u07c9\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f\u0ae6-\u0aef\u0b66-\u0b6f"
    "\u0be6-\u0bef\u0c66-\u0c6f\u0ce6-\u0cef\u0d66-\u0d6f\u0e50-\u0e59\u0ed0-\u0ed9\u0f20-\u0f29\u1040-\u1049"
    "\u17e0-\u17e9\u1810-\u1819\uff10-\uff19]"
)
_FRENCH_ABROAD: Final = re.compile(rf"(?<![\w.,+/-])(?:\+|00)33[ .\u00a0\u202f-]?(?:\(0\)[ ]?)?([1-9]){_PAIRS_OF_FIVE}")
# The plans of other countries, where the text says that it is a telephone number; (415) 555-2671 says so itself.
_NATIONAL: Final = re.compile(
    r"(?<![\w.,+/-])(?:\(0?\d{2,4}\)|0\d{2,4}|[2-9]\d\d)[ .-]?\d{3,4}(?:[ .-]?\d{2,4}){1,2}(?![\w]|[.,-]\d)"
)
_AMERICAN: Final = re.compile(r"\((?<![\w.,+/-]\()[2-9]\d\d\) ?[2-9]\d\d-\d{4}(?![\w]|[.,-]\d)")
_PAIRS: Final = re.compile(rf"(?<!\d)\d\d(?:{_SPACED}\d\d)+(?!\d)")
_MORE_PAIRS: Final = re.compile(rf"\d\d(?:{_SPACED}\d\d)*")
_CALL: Final = re.compile(
    r"(?i)(?:t[ée]l(?:[ée]phone)?|phone|mobile|portable|fax|appel\w*|call\w*|joindre|num[ée]ro|contact)"
    r"\W{0,4}[\w ]{0,12}\W{0,4}\Z"
)
_RING: Final = re.compile(
    r"(?i)(?<![a-z])(?:t[ée]l(?:[ée]phone|efon)?|(?:tele)?phone|mobile|cell|portable|fax|whatsapp|handy|call|ring|dial"
    r"|reach(?:able| \w{2,8}))\.?(?: (?:number|no\.?|nr\.?|is|at|on|me|us|was|her|him|the|home)){0,3}[\s\"':=]{0,5}\Z"
)
_RING_WORDS: Final = (
    "tel",
    "tél",
    "phone",
    "mobile",
    "cell",
    "portable",
    "fax",
    "whatsapp",
    "handy",
    "call",
    "ring",
    "dial",
    "reach",
)


def _dialled(digits: str) -> bool:
    """A country code in use, and eleven digits where the plan says so."""
    code = _CODES.match(digits)
    whole = len(digits) == 11 or code is None or code[0] not in {"1", "7", "33"} or digits.startswith("330")
    return code is not None and whole and len(set(digits)) > 2


def _matches(pattern: re.Pattern[str], text: str, begun: str) -> Iterator[re.Match[str]]:
    """What `finditer` gives of a pattern that begins so: a search for a few characters is fast."""
    done = 0
    for at in _places(text, begun):
        if at >= done and not (at and text[at - 1].isalnum()) and (match := pattern.match(text, at)):
            done = match.end()
            yield match


def _french(text: str) -> Iterator[re.Match[str]]:
    """Ten digits, in pairs or in one."""
    if not text.isascii() and _FOREIGN_DIGIT.search(text):
        yield from _FRENCH.finditer(text)
        return
    mapped = b" " + text.encode("latin-1", "replace").translate(_ZERO_KINDS)
    done = 0
    for at in _places(mapped, _BEGUN):
        if at >= done and (match := _FRENCH.match(text, at)):
            done = match.end()
            yield match


def phone(text: str) -> Iterator[Stretch]:
    """Telephone numbers: international with their country code, French ones, others where the text says so."""
    taken, abroad = -1, set[int]()
    if "+" in text:
        for match in _matches(_E164, text, "+"):
            digits = re.sub(r"\D", "", match[0])
            if 9 <= len(digits) <= 15 and _dialled(digits):
                taken = match.end()
                abroad.update(range(*match.span()))
                yield match.span()
    if not _has(text, _NUMBER, 10):
        return
    for dash in () if text.isascii() else _DASHES:
        text = text.replace(dash, "-")
    counted = _Counted()
    abroad_too = [_matches(_FRENCH_ABROAD, text, code) for code in ("+33", "0033")]
    for match in chain(_french(text), *abroad_too):
        if match.start() < taken and match[0][0] == "+":
            continue
        compact = match[2] is not None
        if match[0][0] == "+" and compact:
            continue  # already found as an international number
        if match[0] == "0123456789":
            continue
        # A bare run of ten digits is a telephone number for mobiles (06, 07); else something must say so.
        if compact and match[1] not in "67" and not _CALL.search(text, max(0, match.start() - 32), match.start()):
            continue
        if not compact and match[0][0] == "0" and counted.is_in(text, match.start()):
            continue
        yield match.span()
    american = {m.start(): m.end() for m in _AMERICAN.finditer(text) if m.start() not in abroad}
    yield from american.items()
    low = text.lower()
    for begin, end in _behind(low, _held(low, _RING_WORDS)) if len(low) == len(text) else [(0, len(text))]:
        for match in _NATIONAL.finditer(text, begin, end):
            at = match.start()
            if match[0].isdigit() or at in abroad or at in american:
                continue
            if _FRENCH.match(text, at) or _FRENCH_ABROAD.match(text, at):
                continue
            if 10 <= sum(map(str.isdigit, match[0])) <= 12 and _RING.search(text, max(0, at - 40), at):
                yield match.span()


class _Counted:
    """The row of two-digit numbers that was looked at last: it is read once, however many numbers it may be."""

    def __init__(self) -> None:
        self._end, self._is_counting = 0, False

    def is_in(self, text: str, at: int) -> bool:
        """True in a row of pairs that is not made of telephone numbers: five pairs each, a 0 first."""
        if at < self._end:
            return self._is_counting
        begin = at
        while begin >= 3 and text[begin - 1] in " \u00a0\u202f" and text[begin - 3 : begin - 1].isdigit():
            begin -= 3
        row = _PAIRS.match(text, begin)
        if row is None:  # it goes on from a longer number: a date, a measurement
            more = _MORE_PAIRS.match(text, at)
            self._end, self._is_counting = more.end() if more else at, True
            return begin < at
        pairs = re.findall(r"\d\d", row[0])
        self._end = row.end()
        self._is_counting = len(pairs) > 6 and not (len(pairs) % 5 == 0 and all(p[0] == "0" for p in pairs[::5]))
        return self._is_counting


# ── numbers that carry a check ─────────────────────────────────────────────────────
_GAP = "[ .\u00a0\u202f-]?"
_NIR: Final = re.compile(
    rf"(?<![\w.,-])([1-478]){_GAP}(\d\d){_GAP}(0[1-9]|1[0-2]|[2-9]\d){_GAP}(\d\d|2[ABab])"
    rf"(?:{_GAP}(\d{{3}})|(\d){_GAP}(\d\d))"
    rf"{_GAP}(\d{{3}})(?:[ ,;/(]{{1,3}}(?i:cl[ée]\s?:?\s?)|{_GAP}|/| ?\()(\d\d)(?![\w]|[.,]\d)"
)
# Thirteen digits with one mark between two of them at most; the key may stand further away.
_NIR_KINDS: Final = bytes(
    97 if 48 <= c <= 57 else 115 if chr(c) in " .-\u00a0?" else 10 if c == 10 else 32 for c in range(256)
)
_NIR_DIGITS: Final = b"a" * 13
_LENGTHS = (
    "AD24 AE23 AT20 BE16 BG22 BR29 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 HU28 IE22 "
    "IL23 IS26 IT27 LI21 LT20 LU20 LV21 MA28 MC27 MT31 NL18 NO15 PL28 PT25 RO24 RS22 SA24 SE24 SI19 SK24 "
    "SM27 TN24 TR26 UA29 "
)
_IBAN_LENGTHS: Final = {word[:2]: int(word[2:]) for word in _LENGTHS.split()}
_IBAN_RUN: Final = 36
_IBAN_LEAST: Final = 15
_IBAN_GAPS: Final = (" ", "\u00a0", "\u202f", "-")
_IBAN: Final = re.compile(
    r"(?i)(?<![\w-])([A-Z]{2})\d\d(?:[ \u00a0\u202f-]?[A-Z0-9]{2,4}){2,7}(?:[ \u00a0\u202f-]?[A-Z0-9]{1,4})?(?!\w)"
)


def nir(text: str) -> Iterator[Stretch]:
    """French social security numbers whose key is right, Corsica's 2A and 2B among them."""
    if not _has(text, _NUMBER, 15):
        return
    done = 0
    for begin, end in _lines_of_digits(text):
        for match in _NIR.finditer(text, max(begin, done), end):
            done = match.end()
            body = "".join(part or "" for part in match.groups()[:-1]).upper().replace("2A", "19").replace("2B", "18")
            if 97 - int(body) % 97 == int(match[9]):
                yield match.span()


def _lines_of_digits(text: str) -> Iterator[Stretch]:
    """The lines with thirteen digits that only single marks part, Corsica's letters read as digits."""
    if not text.isascii() and _FOREIGN_DIGIT.search(text):
        yield 0, len(text)
        return
    upper = text.encode("latin-1", "replace").upper().replace(b"2A", b"19").replace(b"2B", b"18")
    digits = upper.translate(_NIR_KINDS).replace(b"ss", b" ").replace(b"s", b"")
    if _NIR_DIGITS not in digits:
        return
    begin = 0
    for line in digits.split(b"\n"):
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        if _NIR_DIGITS in line:
            below = text.find("\n", end + 1)  # where its key may be
            yield begin, len(text) if below < 0 else below
        begin = end + 1


def iban(text: str) -> Iterator[Stretch]:
    """Bank accounts whose length and check digits are right."""
    mapped = b" " + text.encode("latin-1", "replace").translate(_ACCOUNT) + b" "
    at, done = mapped.find(b" aa11"), 0
    while at >= 0:
        run = mapped.find(b" ", at + 1)  # where it is written without spaces, it ends where the run does
        may_be = at >= done and text[at : at + 2].upper() in _IBAN_LENGTHS and run - at - 1 <= _IBAN_RUN
        may_be = may_be and (run - at > _IBAN_LEAST or text[run - 1 : run] in _IBAN_GAPS)
        match = _IBAN.match(text, at) if may_be else None
        at = mapped.find(b" aa11", at + 1)
        if match is None:
            continue
        done = match.end()
        account = re.sub(r"[^A-Z0-9]", "", match[0].upper())
        length = _IBAN_LENGTHS.get(match[1].upper())
        if length and len(account) >= length:  # a capital word behind it is not part of it
            account = account[:length]
            if int("".join(str(int(c, 36)) for c in account[4:] + account[:4])) % 97 == 1:
                yield match.span()


# ── dates of birth ─────────────────────────────────────────────────────────────────
_MONTH = (
    "(?:jan(?:uary|vier)?|feb(?:ruary)?|f[ée]v(?:rier)?|mar(?:ch|s)?|apr(?:il)?|avr(?:il)?|may|mai|june?|juin|july?"
    "|juil(?:let)?|aug(?:ust)?|ao[uû]t|sep(?:t(?:ember|embre)?)?|oct(?:ober|obre)?|nov(?:ember|embre)?"
    "|d[ée]c(?:ember|embre)?)"
)
_DAY, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:1[89]|20)\d\d"
_DATE = (
    rf"(?:{_DAY}[ ./-]{_DAY}[ ./-](?:1[89]|20)?\d\d|{_YEAR}[ ./-](?:0?[1-9]|1[0-2])[ ./-]{_DAY}"
    rf"|{_DAY}-{_MONTH}-{_YEAR}|{_DAY}(?:er|st|nd|rd|th)? (?:of )?{_MONTH}\.?,? {_YEAR}"
    rf"|{_MONTH}\.? {_DAY}(?:st|nd|rd|th)?,? {_YEAR})(?!\d)"
)
_BORN = (
    r"(?:born(?:_on)?|birth[ _-]?(?:date|day)|date[ _-]?of[ _-]?birth|d\.?o\.?b\.?"
    r"|n\\'\{?e\}?(?:\(e\)|e)?(?= le\b)|n(?:é|e|é)(?:\(e\)|\.e|·e|e)?(?= le\b)"
    r"|née?(?= \d| [a-zéèê]{6,20} le \d| à [\w'’-]{2,16} le \d)|\bb\.(?= \d)"
    r"|date[ _-]?(?:de[ _-]?)?naissance|naissance|naiss|ddn)"
)
_WHOLE = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"  # 19870214
_COMPARED = r"(?![^\n\d]{0,24}?\s[<>]=?\s)"  # `dob > '1990-01-01'` asks about many people
_BIRTH: Final = re.compile(
    rf"(?i)(?:(?<![a-zéè])|(?-i:(?<=[a-z])(?=[A-Z]))){_BORN}(?![a-z]){_COMPARED}[^\n\d]{{0,24}}?(?<!\d)({_DATE}|{_WHOLE})"
)
_BIRTH_CELL: Final = re.compile(rf"""(?i)(?:^|[,;\t|])["' ]*{_BORN}["' ]*(?=[,;\t|]|$)""")
_BIRTH_HEAD: Final = re.compile(rf"(?i){_BORN}")
_DATE_ALONE: Final = re.compile(rf"(?i){_DATE}|{_WHOLE}")
_DATE_CELL: Final = re.compile(rf"(?i)(?<![\d-]){_DATE}")
_BIRTH_WORDS: tuple[str, ...] = (
    "born",
    "birth",
    "dob",
    "d.o.b",
    "naiss",
    "ddn",
    "é le",
    "ée le",
    "e le",
    "(e) le",
    "·e le",
)
_BIRTH_WORDS += ("né ", "née ", "b. ")


_AROUND: Final = 96  # characters


def birth_date(text: str) -> Iterator[Stretch]:
    """Dates that the words around them, or the head of their column, call dates of birth."""
    low = text.lower()
    if len(low) != len(text):  # a few letters grow when lowered; places must stay
        low = text
    seen: set[int] = set()
    words = _held(low, _BIRTH_WORDS)
    places = sorted({at for word in words for at in _places(low, word)})
    begin = 0
    ends = [*places[1:], len(text) + 2 * _AROUND] if places else []
    for at, following in zip(places, ends, strict=True):
        if following - at > _AROUND:  # windows that touch are read as one
            first = places[begin]
            begin = bisect_right(places, at)
            for match in _BIRTH.finditer(text, max(0, first - 16), at + 80):
                if match.start(1) not in seen:
                    seen.add(match.start(1))
                    yield match.span(1)
    heads = sorted(at for word in words if word[-1] not in "e " for at in _places(low, word))
    for at in heads:
        yield from _birth_column(text, at, seen)
    for span in _printed(text, heads, _BIRTH_HEAD, _DATE_ALONE):
        if span[0] not in seen:
            yield span


def _birth_column(text: str, at: int, seen: set[int]) -> Iterator[Stretch]:
    """The dates of a table under a head that says birth, as far as the table goes."""
    begin, end = text.rfind("\n", max(0, at - 500), at) + 1, text.find("\n", at, at + 500)
    if end < 0 or not any(d in text[begin:end] for d in ",;\t|") or not _BIRTH_CELL.search(text[begin:end]):
        return
    blank = text.find("\n\n", end)
    for match in _DATE_CELL.finditer(text, end, blank if blank > 0 else len(text)):
        if match.start() not in seen:
            seen.add(match.start())
            yield match.span()


# ── tables as R and pandas print them ──────────────────────────────────────────────
_FIELD: Final = re.compile(r"\S+")
_PRINTED_MAX: Final = 400  # characters of a line


def _printed(text: str, places: Iterable[int], head: re.Pattern[str], cell: re.Pattern[str]) -> Iterator[Stretch]:
    """The cells under a head in tables whose columns are parted by spaces, counted from the right.

    Rows may begin with an index; a table ends with the first row that holds too few. No line is read twice.
    """
    done = 0
    for at in places:
        if at < done:
            continue
        begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        done = end + 1 if end >= 0 else len(text)
        if end < 0 or end - begin > _PRINTED_MAX:
            continue
        heads = [m[0] for m in _FIELD.finditer(text, begin, end)]
        under = [i - len(heads) for i, word in enumerate(heads) if head.fullmatch(word)] if len(heads) > 1 else []
        while under and done < len(text):
            stop = text.find("\n", done)
            stop = len(text) if stop < 0 else stop
            fields = list(_FIELD.finditer(text, done, min(stop, done + _PRINTED_MAX)))
            if not len(heads) <= len(fields) <= len(heads) + 1:
                break
            for place in under:
                if cell.fullmatch(fields[place][0]):
                    yield fields[place].span()
            done = stop + 1


# ── record numbers, hidden text ────────────────────────────────────────────────────
_MRN_WORDS: Final = (
    "mrn",
    "record_",
    "record n",
    "rec. n",
    "nip",
    "patient",
    "hospital n",
    "ipp",
    "iep",
    "dossier",
    "nhs n",
    "nda",
    "chart n",
    "admission",
)
_MRN: Final = re.compile(r"(?<![\w.-])(?:\d{3}[ -]\d{3}[ -]\d{4}|(?:[A-Za-z]{1,4}-?)?\d[\d-]{4,13})(?!\w|[.,]\d)")
_MRN_BEFORE: Final = re.compile(
    r"(?i)(?<![a-z])(?:mrn|(?:med(?:ical|\.)?|health|patient|hospital)[ _]rec(?:ord|\.)?[ _](?:number|no\.?|n°|#|id)"
    r"|patient[ _-]?(?:id|number|no\.?)"
    r"|ipp|iep|nda|nip|(?:hospital|nhs|chart|admission)[ _](?:number|no\.?|n°|#)|n(?:um[ée]ro|°) d['’]admission"
    r"|(?:num[ée]ro|n°|id(?:entifiant)?)[ _]?(?:du |de |d['’])?(?:dossier|patient)(?: m[ée]dical| patient)?"
    r"|dossier (?:m[ée]dical |patient )?n°)"
    r"[\s:#=\"'°]{0,6}(?:is |est |no\.? |n° )?\Z"
)
_MRN_NAMES = (
    r"(?:patient[_ ]?(?:id|no|number)|mrn|ipp|iep|nip|(?:medical[_ ])?record[_ ](?:number|no|id)"
    r"|(?:num[ée]?r?o?|id|no)_(?:patient|dossier))"
)
_MRN_HEAD: Final = re.compile(rf"""(?im)(?:^|[,;\t|])["' ]*({_MRN_NAMES})["' ]*(?=[,;\t|]|$)""")
_MRN_NAME: Final = re.compile(rf"(?i){_MRN_NAMES}")
_MRN_CELL: Final = re.compile(rf"[\"' ]*({_MRN.pattern})[\"' ]*")
_DELIMITER: Final = re.compile(r"[,;\t|]")
_HEAD_WORDS: Final = ("patient", "mrn", "ipp", "iep", "nip", "record", "dossier")
_HEAD_SIDE: Final = 40  # characters
_HEADS_MAX, _ROWS_MAX = 8, 10_000
_SAID: Final = 72  # characters: what a word is said of begins 40 behind it, and is not longer than this leaves
# Emoji and several scripts need joiners, and files begin with a mark: hidden is what no reader needs.
_INVISIBLE: Final = re.compile("[\u180e\u200b-\u200f\u202d\u202e\u2060-\u2064\ufeff\U000e0000-\U000e01ef]")
_HIDDEN: Final = re.compile(
    "[\U000e0000-\U000e007f\U000e0100-\U000e01ef]+|(?<!\\A)\ufeff+|[\u180e\u200b-\u200f\u2060-\u2064]{2,}"
    "|[\u200b\u2060-\u2064\u180e]"
    "|(?<=[A-Za-z])[\u200c\u200d]+(?=[A-Za-z])|[\u202d\u202e]+"
)
_FLAG: Final = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f")


def _behind(low: str, words: Sequence[str]) -> list[Stretch]:
    """Where something may stand that one of these words is said of: behind each, those that touch joined."""
    out: list[Stretch] = []
    for at in sorted(m for word in words for m in _places(low, word)):
        if out and at <= out[-1][1]:
            out[-1] = out[-1][0], at + _SAID
        else:
            out.append((at, at + _SAID))
    return [(begin, min(end, len(low))) for begin, end in out]


def _places(text: AnyStr, word: AnyStr) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def mrn(text: str) -> Iterator[Stretch]:
    """Patient and medical record numbers, where the text says that they are."""
    low = text.lower()
    words = _held(low, _MRN_WORDS) if _has(text, _DIGITS, 5) or _has(text, _NUMBER, 10) else ()
    if any(word in low for word in words):
        for begin, end in _behind(low, words) if len(low) == len(text) else [(0, len(text))]:
            for match in _MRN.finditer(text, begin, end):
                if _MRN_BEFORE.search(text, max(0, match.start() - 40), match.start()):
                    yield match.span()
        places = (
            sorted(m for word in _held(low, _HEAD_WORDS) for m in _places(low, word)) if len(low) == len(text) else []
        )
        yield from _mrn_column(text, low, places)
        yield from _printed(text, places, _MRN_NAME, _MRN)


def _mrn_column(text: str, low: str, places: Sequence[int]) -> Iterator[Stretch]:
    """The record numbers of a table under a head that names them, as far as the table goes."""
    for head in islice(_heads(text, low, places), _HEADS_MAX):
        place = len(_DELIMITER.findall(text, text.rfind("\n", 0, head.start(1)) + 1, head.start(1)))
        at = text.find("\n", head.end(1)) + 1
        for _ in range(_ROWS_MAX if at else 0):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            bounds = [at - 1, *(m.start() for m in _DELIMITER.finditer(text, at, end)), end]
            if end == at or len(bounds) < place + 2:
                break
            if cell := _MRN_CELL.fullmatch(text, bounds[place] + 1, bounds[place + 1]):
                yield cell.span(1)
            at = end + 1


def _heads(text: str, low: str, places: Sequence[int]) -> Iterator[re.Match[str]]:
    """Heads of columns that name record numbers: looked for around the words they are made of."""
    if len(low) != len(text):
        yield from _MRN_HEAD.finditer(text)
        return
    done = 0
    for at in places:
        for head in _MRN_HEAD.finditer(text, max(done, at - _HEAD_SIDE), at + 2 * _HEAD_SIDE):
            done = head.end()
            if done < at + 2 * _HEAD_SIDE or done == len(text) or text[done] == "\n":
                yield head


def hidden_text(text: str) -> Iterator[Stretch]:
    """Characters that no reader sees and a model reads: zero-width, tags, overrides."""
    if text.isascii() or not _INVISIBLE.search(text):
        return
    flags = {m.start() + 1 for m in _FLAG.finditer(text)}
    for match in _HIDDEN.finditer(text):
        if match.start() not in flags:
            yield match.span()


RULES: Final[Mapping[str, Rule]] = {
    "credential": credential,
    "email": email,
    "phone": phone,
    "nir": nir,
    "iban": iban,
    "birth-date": birth_date,
    "mrn": mrn,
    "hidden-text": hidden_text,
}


# Each of them needs two digits in a row, or (in record numbers) a digit before a dash.
NUMBERS: Final = frozenset({"phone", "nir", "iban", "birth-date", "mrn"})
_DIGIT: Final = bytes(49 if chr(c) in "0123456789?" else c for c in range(256))  # `?`: perhaps another script's digit


def may_hold_numbers(text: str) -> bool:
    """False where no rule of `NUMBERS` can find anything: most prose, told by one look."""
    mapped = text.encode("latin-1", "replace").translate(_DIGIT)
    return b"11" in mapped or b"1-" in mapped


def finds_nothing(text: str) -> bool:
    """True when none of `RULES` finds anything, told by few looks; False says only that more are needed."""
    if "@" in text:
        return False
    if not text.isascii() and ("\uff20" in text or len(text.lower()) != len(text) or _INVISIBLE.search(text)):
        return False
    if may_hold_numbers(text):
        for rule in _OF_NUMBERS:
            for _ in rule(text):
                return False
    return not credentials(text)


_OF_NUMBERS: Final = tuple(RULES[name] for name in sorted(NUMBERS))


def own(patterns: Mapping[str, str]) -> dict[str, Rule]:
    """Rules of the user's own patterns, by name; UsageError says which one is no regular expression."""
    rules: dict[str, Rule] = {}
    for name, pattern in patterns.items():
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise UsageError(
                f"guard_patterns[{name!r}] is no regular expression: {error.msg}",
                hint="test it with Python's re.compile",
            ) from None
        rules[name] = _finder(compiled)
    return rules


def _finder(pattern: re.Pattern[str]) -> Rule:
    return lambda text: (m.span() for m in pattern.finditer(text) if m.end() > m.start())
