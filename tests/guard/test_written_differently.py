"""Declared values are found in whatever form they are written: joined, tagged, broken, reformatted, other notations.

These forms were listed before the index was run on them: 290 of 354 were found at first, 348 since.
What is not found is listed, too.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import quopri
import textwrap
import unicodedata
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.guard import Guard
from jupyter_aiprov.guard.columns import Columns
from jupyter_aiprov.guard.handover import packed, unpacked
from jupyter_aiprov.model import Request
from jupyter_aiprov.redact import Redactor
from tests.guard.made import chat, labelled

NOTES = [
    "Homme de 63 ans, tabagisme sevré, lésion spiculée du lobe supérieur droit découverte fortuitement, TEP prévu.",
    "Patiente sous méthotrexate pour polyarthrite, fièvre depuis dimanche, leucopénie à 1,2 G/L, hospitalisée en "
    "isolement.",
    "Boy of six swallowed a button battery at grandmother's house, oesophageal burn on endoscopy, nil by mouth.",
    "Mrs Abernathy fell from a ladder while pruning roses; Colles' fracture reduced under haematoma block.",
    "Refuse la transfusion pour motif religieux, hémoglobine à 6,1 g/dL, comité d'éthique saisi ce matin.",
    "Night-shift nurse with recurrent syncope, tilt test positive, driving licence suspended, very anxious.",
]
NAMES = ["Siobhán O'Malley", "Jean-Baptiste Lefèvre", "Nguyễn Thị Hạnh", "María José Ortega", "Zoë van der Berg"]
IDS = ["CHU-2023-00417", "CHU-2023-00892", "CHU-2024-01055"]
LEVELS = [13.27, 9.84, 11.06, 7.91, 14.33, 10.58, 12.72, 8.45, 15.01, 9.99]
INCOMES = [1234567.5, 98765.25, 45678.75, 200100.5, 31415.9]
BORN = ["1953-04-17", "1988-11-02", "1971-06-30", "2001-01-25"]

GUARD = Guard(AIProv())
for name, values in (("note", NOTES), ("name", NAMES), ("id", IDS), ("hb", LEVELS), ("income", INCOMES), ("dob", BORN)):
    GUARD.declare("df", name, values, "warn")


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def wrapped(text: str, width: int, before: str = "") -> str:
    return before + f"\n{before}".join(textwrap.wrap(text, width))


def broken(text: str) -> str:
    """Hyphenated at the end of lines."""
    return "".join(
        f"{c}-\n" if at % 37 == 36 and c.isalpha() and text[at + 1 : at + 2].isalpha() else c
        for at, c in enumerate(text)
    )


NOTE_FORMS: dict[str, Callable[[str], str]] = {
    "first 60": lambda t: t[:60] + "…",
    "lower case, first 70": lambda t: t.lower()[:70],
    "last 60": lambda t: t[-60:],
    "no accents, upper case": lambda t: plain(t).upper(),
    "wrapped": lambda t: wrapped(t, 20),
    "quoted as in a mail": lambda t: wrapped(t, 30, "> "),
    "as a comment": lambda t: wrapped(t, 30, "# "),
    "broken words": broken,
    "no-break spaces": lambda t: t.replace(" ", "\u00a0"),
    "thin spaces": lambda t: t.replace(" ", "\u2009"),
    "tabs": lambda t: t.replace(" ", "\t"),
    "ideographic spaces": lambda t: t.replace(" ", "\u3000"),
    "underscores": lambda t: t.replace(" ", "_"),
    "hyphens": lambda t: t.replace(" ", "-"),
    "dots": lambda t: t.replace(" ", "."),
    "JSON twice": lambda t: json.dumps(json.dumps({"rows": [{"n": t}]})),
    "a repr": lambda t: repr({"n": t}),
    "a Markdown table": lambda t: f"| id | text |\n|---|---|\n| 1 | {t} |",
    "HTML": lambda t: "<p>" + html.escape(t).replace(" ", "&nbsp;") + "</p>",
    "a tag a word": lambda t: " ".join(f"<span>{w}</span>" for w in t.split()),
    "base64 in lines": lambda t: base64.encodebytes(t.encode()).decode(),
    "a data URL in a sentence": lambda t: f"see data:text/plain;base64,{base64.b64encode(t.encode()).decode()} please",
    "an address": quote_plus,
    "a list of words": lambda t: json.dumps(t.split()),
    "an address, quoted twice": lambda t: quote_plus(quote_plus(t)),
    "quoted-printable": lambda t: quopri.encodestring(t.encode(), quotetabs=True).decode() if not t.isascii() else t,
    "a repr of bytes": lambda t: repr(t.encode()),
    "read as Western European": lambda t: t.encode().decode("latin-1"),
    "a tag in each word": lambda t: " ".join(f"{w[:2]}<i>{w[2:]}</i>" if len(w) > 5 else w for w in t.split()),
    "LaTeX": lambda t: t.replace("é", "\\'{e}").replace("è", "\\`e").replace("ê", "\\^{e}").replace("à", "\\`a"),
    "hexadecimal": lambda t: t.encode().hex(),
    "UTF-16 in base64": lambda t: base64.b64encode(t.encode("utf-16-le")).decode(),
    "packed": lambda t: base64.b64encode(gzip.compress(t.encode())).decode(),
    "a sum of strings": lambda t: " +\n  ".join(repr(t[i : i + 25]) for i in range(0, len(t), 25)),
    "cut at a width, quoted": lambda t: "\n> ".join(t[i : i + 40] for i in range(0, len(t), 40)),
    "soft hyphens": lambda t: t.replace("i", "i\u00ad"),
    "one letter wrong": lambda t: t.replace("e", "3", 1),
    "short words dropped": lambda t: " ".join(w for w in t.split() if len(w) > 3),
    "digits masked": lambda t: "".join("#" if c.isdigit() else c for c in t),
}
NAME_FORMS: dict[str, Callable[[str], str]] = {
    "in a sentence": lambda t: f"Le patient {t} est sorti.",
    "lower case": str.lower,
    "no accents": plain,
    "last word first": lambda t: f"{t.split()[-1]}, {' '.join(t.split()[:-1])}",
    "joined": lambda t: t.replace(" ", "_").lower(),
    "over two lines": lambda t: t.replace(" ", "\n"),
    "an address": lambda t: ".".join(plain(t).lower().replace("'", "").split()) + "@x.example",
}
ID_FORMS: dict[str, Callable[[str], str]] = {
    "no hyphens": lambda t: t.replace("-", ""),
    "spaces": lambda t: t.replace("-", " "),
    "underscores": lambda t: t.replace("-", "_"),
    "slashes": lambda t: t.replace("-", "/"),
    "long hyphens": lambda t: t.replace("-", "\u2013"),
    "a path": lambda t: f"scans/{t}_ct.nii.gz",
    "an address": lambda t: f"https://x.example/p/{t}?a=1",
}


def columns(request: Request) -> set[str | None]:
    return {f.column for f in GUARD.examine(request, "external").findings}


@pytest.mark.parametrize("form", NOTE_FORMS)
def test_a_note_is_found(form: str) -> None:
    assert [n for n in NOTES if "df.note" not in columns(chat(NOTE_FORMS[form](n)))] == []


def conversation(*messages: tuple[str, str]) -> Request:
    body = {"model": "m", "messages": [{"role": role, "content": text} for role, text in messages]}
    return Request("POST", "https://api.openai.com/v1/chat/completions", {}, json.dumps(body).encode())


@pytest.mark.parametrize("note", NOTES)
def test_a_note_of_one_word_a_message_is_found(note: str) -> None:
    assert "df.note" in columns(conversation(*(("user", word) for word in note.split())))


@pytest.mark.parametrize("note", NOTES)
def test_a_note_in_pieces_with_answers_between_is_found(note: str) -> None:
    said = [(("user", note[i : i + 30]), ("assistant", "ok, go on")) for i in range(0, len(note), 30)]
    assert "df.note" in columns(conversation(*(message for both in said for message in both)))


@pytest.mark.parametrize("form", NAME_FORMS)
def test_a_name_is_found(form: str) -> None:
    assert [n for n in NAMES if "df.name" not in columns(chat(NAME_FORMS[form](n)))] == []


@pytest.mark.parametrize("form", ID_FORMS)
def test_an_identifier_is_found(form: str) -> None:
    assert [n for n in IDS if "df.id" not in columns(chat(ID_FORMS[form](n)))] == []


@pytest.mark.parametrize(
    "text",
    [
        f"values {LEVELS}",
        "; ".join(str(v).replace(".", ",") for v in LEVELS),
        " ".join(f"{v:.4f}" for v in LEVELS),
        ", ".join(f"{v:.2e}" for v in LEVELS),
        "\n".join(f"{i}    {v}" for i, v in enumerate(LEVELS)),
        json.dumps([{"x": v} for v in LEVELS]),
        ",".join(map(str, LEVELS)),
        "\n".join(f"{i},{v},F,{'yes' if i % 2 else 'no'}" for i, v in enumerate(LEVELS)),
        "\n".join(f"P{i},{i * 1.5},{v}" for i, v in enumerate(LEVELS)),
        str(sorted(LEVELS)),
        str(LEVELS[2:9]),
    ],
)
def test_a_row_of_measurements_is_found_however_it_is_printed(text: str) -> None:
    assert "df.hb" in columns(chat(text))


@pytest.mark.parametrize(
    "text",
    ["1234567.5", "1,234,567.5", "1 234 567,5", "1\u202f234\u202f567,50", "98 765,25 €", "9.876525e4", "1.234.567,5"],
)
def test_a_number_nobody_else_has_is_found_in_any_notation(text: str) -> None:
    assert "df.income" in columns(chat(f"income: {text}."))


DAYS = ["17/04/1953", "17.04.1953", "17-04-1953", "04/17/1953", "19530417", "1953/4/17", "1953-04-17T00:00:00"]
DAYS += ["17 avril 1953", "April 17, 1953", "17 Apr 1953", "17-Apr-1953", "17th of April 1953"]


@pytest.mark.parametrize("text", DAYS)
def test_a_day_is_found_in_any_notation(text: str) -> None:
    assert "df.dob" in columns(chat(f"seen on {text}."))


@pytest.mark.parametrize("form", ["1,234,567.5", "17 avril 1953", "CHU_2023_00417", "siobhán_o'malley"])
def test_what_is_found_in_another_form_is_redacted_in_that_form(form: str) -> None:
    redactor = Redactor()
    redactor.finders.append(GUARD.columns.spans)
    assert form not in redactor.text(f"before {form} behind")


def test_a_table_saved_as_utf_16_is_read() -> None:
    """As spreadsheets save "Unicode text"."""
    head = 'Content-Disposition: form-data; name="file"; filename="x.txt"\r\nContent-Type: text/plain'
    body = f"--b\r\n{head}\r\n\r\n".encode() + f"a\t{NOTES[0]}\n".encode("utf-16") + b"\r\n--b--\r\n"
    kind = {"content-type": "multipart/form-data; boundary=b"}
    assert "df.note" in columns(Request("POST", "https://api.openai.com/v1/files", kind, body))


INNOCENT = [
    "Homme de 50 ans, tabagisme actif, lésion du lobe inférieur gauche.",
    "La polyarthrite rhumatoïde se traite par méthotrexate.",
    "Colles' fracture reduced under block: technique?",
    "tilt test positive predictive value, driving licence rules",
    "comité d'éthique saisi, transfusion sanguine, motif religieux ?",
    "Jean Lefèvre, Baptiste Ortega; Maria Ortega and José Nguyen",
    "values 13.2, 9.8, 11.0 and 7.9; income 1,234,000 and 98,000",
    "1953 was a good year; 17 April 1954; CHU-2023 report 00417",
]


@pytest.mark.parametrize("text", INNOCENT + [p["text"] for p in labelled()[1] if not p["expect"]])
def test_innocent_texts_hold_none_of_them(text: str) -> None:
    assert columns(chat(text)) - {None} == set()


def test_what_is_not_seen() -> None:
    """Rounded numbers, an opening that any note may have, three words of which the third is cut; no spaces, words
    turned round, other codes."""
    assert "df.hb" not in columns(chat(" ".join(f"{v:.0f}" for v in LEVELS)))
    assert "df.income" not in columns(chat("about 1234567"))
    assert "df.note" not in columns(chat("The patient: Homme de 63 ans"))
    assert "df.note" not in columns(chat(NOTES[1][:40]))
    assert "df.note" not in columns(chat(NOTES[1].replace(" ", "")))
    assert "df.note" not in columns(chat(" ".join(reversed(NOTES[1].split()))))
    assert "df.note" not in columns(chat(base64.b85encode(NOTES[1].encode()).decode()))


def test_numbers_are_known_by_hashes_of_their_own() -> None:
    """Two columns of numbers do not find each other's."""
    known = Columns()
    known.declare("a.x", [1234.567, 2345.678], "block")
    known.declare("b.x", [3456.789], "block")
    assert known.found(["3,456.789"]) == {"b.x": 1}


def test_a_child_process_finds_numbers_and_days_by_sealed_hashes() -> None:
    """What is handed over holds no value, and finds the same in any notation."""
    handed = packed(GUARD.columns, b"k" * 32)
    assert b"1234567" not in handed
    child = unpacked(handed, b"k" * 32)
    for text, column in (
        ("1,234,567.5", "income"),
        ("17 avril 1953", "dob"),
        (str(LEVELS), "hb"),
        (NOTES[0].replace(" ", "_"), "note"),
    ):
        assert f"df.{column}" in child.found([text])
