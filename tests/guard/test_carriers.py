"""Values of declared columns in whole requests, however a notebook's author carries them; and what is not seen."""

from __future__ import annotations

import base64
import codecs
import gzip
import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.guard import Guard
from jupyter_aiprov.model import Request
from tests.guard.made import labelled

NOTES = [
    "Pt c/o SOB x3d, worse at night; hx of COPD, 40 pack-yrs, O2 sat 88% RA.",
    "Jeune homme amené par les pompiers après malaise au lycée, glycémie normale, pas de traumatisme crânien.",
    "Mme est revenue : elle ne supporte pas le traitement (nausées, vertiges), souhaite arrêter.",
    "Die Patientin klagt seit drei Wochen über stechende Schmerzen im rechten Knie, Röntgen unauffällig.",
    "Paciente de 67 años con antecedentes de ictus isquémico, disartria residual y marcha inestable.",
    "Says she drinks two bottles of wine a day since losing custody of her son.",
    "Suspected intimate partner violence; bruises of different ages on both forearms, denies any fall.",
    "Routine visit. BP 128/82. Continue ramipril 5 mg.",
    "RAS",
]
NAMES = [
    "Ophélie Quackenbush",
    "Nguyễn Văn Hùng",
    "Jean-Baptiste de La Tour",
    "María José Álvarez Núñez",
    "Mohamed El Amrani",
    "Anne-Sophie Le Goff",
]
IDS = [f"LYO-{n}" for n in range(40310, 40330)]
STREETS = ["12 rue des Tanneurs, 67000 Strasbourg", "Flat 4, 8 Elm Court, Leeds LS2 9JT"]
GUARD = Guard(AIProv())
for column, values in (("note", NOTES), ("name", NAMES), ("id", IDS), ("address", STREETS)):
    GUARD.declare("df", column, values, "warn")
JSON = {"content-type": "application/json"}


def chat(*contents: Any) -> Request:
    body = {"model": "m", "messages": [{"role": "user", "content": c} for c in contents]}
    return Request("POST", "https://api.openai.com/v1/chat/completions", JSON, json.dumps(body).encode())


def parts(*contents: str) -> Request:
    body = {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": c}]} for c in contents]}
    return Request("POST", "https://api.openai.com/v1/chat/completions", JSON, json.dumps(body).encode())


def upload(name: str, data: str) -> Request:
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain'
    body = f"--b\r\n{head}\r\n\r\n{data}\r\n--b--\r\n".encode()
    return Request("POST", "https://api.openai.com/v1/files", {"content-type": "multipart/form-data; boundary=b"}, body)


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def cut(text: str, size: int) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)]


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CARRIERS: dict[str, Callable[[str], Request]] = {
    "whole": chat,
    "a template": lambda t: chat(f"You are a coder. <note>{t}</note> Return ICD-10 only."),
    "upper case": lambda t: chat(t.upper()),
    "no accents, no punctuation": lambda t: chat(re.sub(r"[^\w ]+", " ", plain(t))),
    "full-width punctuation": lambda t: chat(t.replace(",", "，").replace(".", "。").replace("(", "（")),
    "HTML": lambda t: chat("<p>" + t.replace(" ", "&nbsp;").replace("é", "&eacute;") + "</p>"),
    "Markdown": lambda t: chat(" ".join(f"**{w}**" for w in t.split())),
    "three messages": lambda t: chat(*cut(t, len(t) // 3 + 1)),
    "messages of seven characters": lambda t: chat(*cut(t, 7)),
    "content parts of seven characters": lambda t: parts(*cut(t, 7)),
    "a long system prompt before the pieces": lambda t: chat("Be brief. " * 90, *cut(t, len(t) // 2 + 1)),
    "JSON": lambda t: chat(json.dumps({"rows": [{"text": t}]})),
    "JSON twice": lambda t: chat(json.dumps(json.dumps({"rows": [{"text": t}]}))),
    "code": lambda t: chat(f"df = pd.DataFrame({{'x': [{t!r}]}})"),
    "a tool's result": lambda t: chat(
        [{"type": "tool_result", "content": [{"type": "text", "text": json.dumps([t])}]}]
    ),
    "an uploaded table": lambda t: upload("x.csv", f'a,b\n1,"{t}"\n'),
    "an uploaded file's name": lambda t: upload(plain(t) + ".txt", "nothing"),
    "an uploaded batch": lambda t: upload("b.jsonl", "\n".join(json.dumps({"body": {"input": x}}) for x in ("hi", t))),
    "a data URL": lambda t: chat([{"type": "file", "file": {"file_data": "data:text/plain;base64," + b64(t)}}]),
    "base64 in a sentence": lambda t: chat(f"decode {b64('this is the note: ' + t)} and summarise"),
    "gzip": lambda t: Request(
        "POST", "https://x.org/v1", {**JSON, "content-encoding": "gzip"}, gzip.compress(json.dumps({"a": t}).encode())
    ),
    "a form": lambda t: Request(
        "POST",
        "https://api.deepl.com/v2/translate",
        {"content-type": "application/x-www-form-urlencoded"},
        urlencode({"text": t}).encode(),
    ),
    "a query": lambda t: Request("GET", "https://x.org/generate?" + urlencode({"prompt": t}), {}, b""),
    "an address in a sentence": lambda t: chat("see https://x.org/?q=" + quote(t)),
}
FOUND = [("df.note", n) for n in NOTES if n != "RAS"] + [("df.name", n) for n in NAMES]
FOUND += [("df.id", i) for i in IDS[:2]] + [("df.address", s) for s in STREETS]


def seen(request: Request) -> set[str | None]:
    return {f.column for f in GUARD.examine(request, "external").findings if f.column}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_value_is_found_whatever_carries_it(carrier: str) -> None:
    assert [v for column, v in FOUND if column not in seen(CARRIERS[carrier](v))] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_found_with_its_last_word_first_and_as_a_login(name: str) -> None:
    *first, last = name.split()
    assert "df.name" in seen(chat(f"The file of {last.upper()}, {' '.join(first)} is closed."))
    assert "df.name" in seen(chat("user " + plain(name).lower().replace(" ", ".") + " logged in"))


@pytest.mark.parametrize("text", [p["text"] for p in labelled()[1] if not p["expect"]])
def test_innocent_prompts_hold_none_of_these(text: str) -> None:
    assert seen(chat(text)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "A patient with COPD and shortness of breath, worse at night, should get spirometry first.",
        "Continue ramipril 5 mg is what the guideline says for hypertension.",
        "RAS mutations drive colorectal cancer",
        "La Tour Eiffel mesure 330 m.",
        "12 rue des Lilas, Strasbourg",
        "The patient was brought by firefighters after a malaise at school",
    ],
)
def test_a_text_on_the_same_matter_is_no_value(text: str) -> None:
    assert seen(chat(text)) == set()


def test_what_is_not_seen_as_the_readme_says() -> None:
    """Ciphers, every second word, paraphrases, a surname alone; a marker before each short piece."""
    note, name = NOTES[1], NAMES[0]
    assert not seen(chat(codecs.encode(note, "rot13")))
    assert not seen(chat(" ".join(note.split()[::2])))
    assert not seen(chat("A young man brought in by the fire brigade, blood sugar fine, no head injury."))
    assert not seen(chat("M. Quackenbush came back."))
    assert not seen(chat(*(f"part {i}: {p}" for i, p in enumerate(cut(note, 12)))))
    assert name not in repr(vars(GUARD.columns))
    assert not [n for n in (*NAMES, *NOTES) if n in repr(vars(GUARD.columns))]
