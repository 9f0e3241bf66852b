"""Prompts of 100,000 bytes or so, of every shape that is sent: prose, code, tables, records, logs, packed data."""

from __future__ import annotations

import base64
import json
import random
import string
import uuid
from collections.abc import Callable
from typing import Any

SIZE = 100_000
HEX = "0123456789abcdef"
EN = "The patient's notes were re-read by two clinicians: see Table 2. Answer in one word, please; be brief. "
FR = "Les données recueillies à l'hôpital sont relues par deux médecins : « voilà ». Classez chaque phrase — merci. "
CODE = '''@app.route("/cohort/<int:site>")
def cohort(site: int, *, since: str = "2021-01-01") -> dict[str, float]:
    """Mean and spread of `hb` at one site; raises KeyError for a site that is not there."""
    rows = df.loc[(df["site"] == site) & (df["day"] >= since), ["hb", "age"]]  # %d rows
    return {"mean": rows["hb"].mean(), "std": rows["hb"].std(ddof=1), "n": len(rows) or 0x1F, "q": 1e-3}

'''
ZH = "患者于三天前无明显诱因出现发热,体温最高三十九度,伴有咳嗽、咳痰。请把每一条记录分为轻、中、重三类。"


def filled(line: Callable[[int], str], size: int = SIZE) -> str:
    """Lines, the number of each given, until they are so many bytes."""
    lines, done = [], 0
    while done < size:
        lines.append(line(len(lines)))
        done += len(lines[-1].encode()) + 1
    return "\n".join(lines).encode()[:size].decode("utf-8", "ignore")


def shapes() -> dict[str, Any]:
    """Name -> content of a message of 100,000 bytes or so."""
    plain = {**texts(), **documents()}
    pieces = [text[:4000] for text in plain.values() if isinstance(text, str)]
    return {**plain, "a mix of all": "\n\n".join(pieces)[:SIZE]}


def texts() -> dict[str, Any]:
    """Prose, code, tables and packed data."""
    chance = random.Random(7)

    def some(letters: str, count: int) -> str:
        return "".join(chance.choices(letters, k=count))

    alnum = string.ascii_letters + string.digits
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + chance.randbytes(SIZE * 3 // 4)).decode()
    rows = [
        {"id": i, "hb": round(chance.gauss(13, 2), 2), "age": chance.randint(18, 95), "site": f"S{i % 7}"}
        for i in range(2000)
    ]
    return {
        "English prose": (EN * 1000)[:SIZE],
        "French prose": (FR * 1000)[:SIZE],
        "Chinese prose": (ZH * 1000)[: SIZE // 3],
        "code": filled(lambda i: CODE % i),
        "200 messages": [{"type": "text", "text": (EN + FR)[i % 50 : i % 50 + 170] * 3} for i in range(200)],
        "JSON rows in a text": json.dumps(rows)[:SIZE],
        "JSON document": json.dumps({"rows": rows}),
        "CSV of floats": filled(lambda i: ",".join(f"{chance.gauss(0, 100):.4f}" for _ in range(8))),
        "CSV of counts": filled(lambda i: ",".join(str(chance.randint(0, 999)) for _ in range(10))),
        "CSV of identifiers": filled(lambda i: f"P-{chance.randint(2_000_000, 9_999_999)},S{i % 7},{'FM'[i % 2]}"),
        "printed frame": filled(
            lambda i: f"{i:<6}{chance.gauss(50, 9):>10.3f}{chance.gauss(1, 9):>12.6f}  2024-03-{i % 28 + 1:02d}"
        ),
        "list of integers": json.dumps([chance.randint(0, 10**6) for _ in range(13_000)])[:SIZE],
        "log file": filled(
            lambda i: (
                f"2024-05-{i % 28 + 1:02d} 12:{i % 60:02d}:07,{i % 1000:03d} INFO [worker-{i % 8}] lab.jobs:{i % 400} "
                f"done in {chance.random() * 9:.3f}s from 10.0.{i % 255}.{i % 199} id={some(HEX, 32)}"
            )
        ),
        "FASTA": filled(lambda i: f">NM_{100000 + i}.2 gene {i}" if i % 12 == 0 else some("ACGT", 60)),
        "one word": some(string.ascii_letters, SIZE),
        "one number": some(string.digits, SIZE),
        "one base64 word": some(alnum + "+/", SIZE),
        "picture in a data URL": [{"type": "image_url", "image_url": {"url": "data:image/png;base64," + picture}}],
        "base64 lines": filled(lambda i: some(alnum + "+/", 76)),
        "HTML": filled(
            lambda i: f'<tr class="row"><td id="c{i}">{EN[:40]}</td><td>{i * 7919 % 1000 / 10}&nbsp;mg</td></tr>'
        ),
        "CSV of two floats": filled(lambda i: f"{chance.gauss(48, 1):.5f},{chance.gauss(2, 1):.5f}"),
        "scientific notation": filled(lambda i: " ".join(f"{chance.gauss(0, 9):.5e}" for _ in range(6))),
        "timestamps": filled(lambda i: f"2023-{i % 12 + 1:02d}-{i % 28 + 1:02d} {i % 24:02d}:{i % 60:02d};{i % 7};{i}"),
        "UUIDs": filled(lambda i: f"{uuid.UUID(int=chance.getrandbits(128), version=4)},{i % 9}"),
        "LaTeX table": filled(lambda i: f"{EN[i % 40 : i % 40 + 12]} & {chance.gauss(50, 9):.2f} & ({i % 97}) \\\\"),
        "variants": filled(
            lambda i: (
                f"{i % 22 + 1}\t{chance.randint(1, 10**8)}\trs{chance.randint(1, 10**8)}\tG\tA\t{i % 999}\tPASS\tAC=1"
            )
        ),
        "hashes": filled(lambda i: f"{some(HEX, 64)}  data/part-{i:05d}.parquet"),
    }


def documents() -> dict[str, Any]:
    """What programs write: nested documents, changes, dumps; and other scripts."""
    chance = random.Random(11)

    def some(letters: str, count: int) -> str:
        return "".join(chance.choices(letters, k=count))

    def key() -> str:
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))

    def day() -> str:
        return f"20{chance.randint(10, 25)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"

    visits = [
        {
            "visit": {"id": key(), "date": day(), "site": {"code": f"S{i % 7}", "ward": "cardiology"}},
            "labs": [{"name": n, "value": round(chance.gauss(9, 3), 2), "flag": None} for n in ("hb", "crp", "k")],
            "remark": EN[i % 40 : i % 40 + 60],
        }
        for i in range(300)
    ]
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + chance.randbytes(20_000)).decode()
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": i,
                "id": some(HEX, 8),
                "metadata": {},
                "outputs": [
                    {"data": {"image/png": picture + "\n", "text/plain": ["<Figure size 640x480>"]}, "metadata": {}}
                ],
                "source": CODE.splitlines(keepends=True),
            }
            for i in range(4)
        ],
        "metadata": {"kernelspec": {"name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    changed = CODE.splitlines()
    called = [{"type": "text", "text": json.dumps(visits[i : i + 4])} for i in range(0, 240, 4)]
    return {
        "pretty JSON": json.dumps(visits, indent=2)[:SIZE],
        "tool results": called,
        "JSON in JSON": json.dumps(json.dumps(json.dumps(visits)))[:SIZE],
        "JSON Lines": "\n".join(map(json.dumps, visits))[:SIZE],
        "JSON of UUIDs": json.dumps([{"id": key(), "of": key(), "at": day() + "T08:15:00Z"} for _ in range(800)]),
        "CSV with dates, UUIDs": filled(
            lambda i: f"{key()},{day()},{day()} 08:{i % 60:02d}:00,{chance.gauss(1, 3):.3f}"
        ),
        "CSV as Excel in France": filled(
            lambda i: f"S{i % 7};{chance.gauss(13, 2):.2f};{day()[8:]}/{day()[5:7]}/2024;oui\r".replace(".", ",")
        ),
        "XML": filled(
            lambda i: (
                f'  <obs id="o{i}" when="{day()}"><code v="{i % 9000}-{i % 9}"/><q unit="g/dL">{i % 170 / 10}</q></obs>'
            )
        ),
        "notebook with pictures": json.dumps(notebook, indent=1)[:SIZE],
        "notebook in a text": "Here it is:\n" + json.dumps(notebook, indent=1)[:SIZE],
        "git diff": filled(
            lambda i: (
                f"diff --git a/lab/{i}.py b/lab/{i}.py\nindex {some(HEX, 7)}..{some(HEX, 7)}"
                f" 100644\n@@ -{i},6 +{i},7 @@ def cohort\n"
                + "\n".join(f"{' +-'[n % 3]}{c}" for n, c in enumerate(changed))
            )
        ),
        "SQL dump": filled(
            lambda i: (
                f"INSERT INTO labs VALUES ({i},'{key()}',{chance.gauss(9, 3):.2f},'{day()} 10:00',NULL,'S{i % 9}');"
            )
        ),
        "YAML": filled(lambda i: f"- site: S{i % 7}\n  when: {day()}\n  hb: {i % 170 / 10}\n  note: >\n    {EN[:60]}"),
        "Markdown table": filled(
            lambda i: f"| {i} | {day()} | {chance.gauss(9, 3):.2f} ± 0.{i % 9} | {EN[i % 40 : i % 40 + 20]} |"
        ),
        "addresses of pages": filled(
            lambda i: f"https://example.org/a/{key()}?page={i}&q={some(string.ascii_lowercase, 9)}%20x"
        ),
        "addresses of machines": filled(
            lambda i: f"192.168.{i % 256}.{i * 7 % 256}:{1024 + i} -> 10.0.{i % 9}.1 {i % 1500}b"
        ),
        "traceback": filled(
            lambda i: f'  File "/opt/lab/job_{i}.py", line {i}, in run\n    x[{i}] = f(y, 0x{some(HEX, 12)})'
        ),
        "VCF": filled(
            lambda i: (
                f"chr{i % 22}\t{chance.randint(1, 10**8)}\t.\tG\tA\t{i % 99}.5\tPASS\tDP={i};AF=0.{i % 97}\tGT\t0/1"
            )
        ),
        "sheet of hours": filled(
            lambda i: f"{i % 28 + 1:02d}/{i % 12 + 1:02d}/24 {i % 24:02d}h{i % 60:02d} {i % 9} + {i % 4} = {i % 13}"
        ),
        "pairs of digits": filled(lambda i: " ".join(f"{chance.randint(0, 99):02d}" for _ in range(20))),
        "vectors": json.dumps([[round(chance.gauss(0, 1), 6) for _ in range(64)] for _ in range(160)])[:SIZE],
        "escaped French": json.dumps(FR * 1000)[:SIZE],
        "clinical notes": filled(
            lambda i: (
                f"Patiente, {i % 70 + 20} ans, vue le {day()[8:]}/{day()[5:7]}/2024 : FC {i % 60 + 50}/min. {FR[:90]}"
            )
        ),
        "Arabic": filled(
            lambda i: f"راجع المريض قسم الطوارئ بعد ثلاثة أيام من الحمى والسعال، وكانت حرارته ٣٨٫{i % 9}."
        ),
        "Russian": filled(
            lambda i: f"Пациент {i} обратился с жалобами на кашель и температуру {36 + i % 5},{i % 10} °C."
        ),
        "Japanese": filled(lambda i: f"患者は３日前から発熱（３８.{i % 9}度）と咳があり、第{i}病棟に入院した。"),
        "Polish": filled(
            lambda i: (
                f"Pacjentka zgłosiła się {i % 28 + 1} maja z bólem głowy, gorączką i dusznością; łącznie {i} osób."
            )
        ),
        "emoji chat": filled(lambda i: f"ok 👍🏽 merci 🙏 on se voit à {i % 12}h{i % 60:02d} 👩‍⚕️ ?? 😀😀 haha {i}"),
    }
