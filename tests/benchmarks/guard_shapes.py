"""`python -m tests.benchmarks.guard_shapes`: what an examination of 100 kB costs, whatever the text looks like.

Beside two columns of a million values each that nobody may send: identifiers and measurements, or notes. With numpy
loaded, as pandas loads it, and without, and in a child process that was handed the columns. First what knowing the
columns costs.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import platform
import random
import resource
import statistics
import string
import sys
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy  # noqa: F401 - as pandas loads it

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.errors import ConfidentialDataError
from jupyter_aiprov.guard import Guard
from jupyter_aiprov.guard.handover import packed, unpacked
from tests.guard.made import chat

SIZE = 100_000
EN = "The patient's notes were re-read by two clinicians: see Table 2. Answer in one word, please; be brief. "
FR = "Les données recueillies à l'hôpital sont relues par deux médecins : « voilà ». Classez chaque phrase — merci. "
CODE = '''@app.route("/cohort/<int:site>")
def cohort(site: int, *, since: str = "2021-01-01") -> dict[str, float]:
    """Mean and spread of `hb` at one site; raises KeyError for a site that is not there."""
    rows = df.loc[(df["site"] == site) & (df["day"] >= since), ["hb", "age"]]  # %d rows
    return {"mean": rows["hb"].mean(), "std": rows["hb"].std(ddof=1), "n": len(rows) or 0x1F, "q": 1e-3}

'''
ZH = "患者于三天前无明显诱因出现发热,体温最高三十九度,伴有咳嗽、咳痰。请把每一条记录分为轻、中、重三类。"


def shapes() -> dict[str, Any]:
    """Name -> content of a message of 100,000 bytes or so."""
    chance = random.Random(7)

    def filled(line: Callable[[int], str]) -> str:
        lines, size, number = [], 0, 0
        while size < SIZE:
            lines.append(line(number))
            size += len(lines[-1]) + 1
            number += 1
        return "\n".join(lines)[:SIZE]

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
                f"done in {chance.random() * 9:.3f}s from 10.0.{i % 255}.{i % 199} id={some('0123456789abcdef', 32)}"
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
        "hashes": filled(lambda i: f"{some('0123456789abcdef', 64)}  data/part-{i:05d}.parquet"),
    }


def guards() -> dict[str, Guard]:
    """Guards that know two columns of a million values each; prints what that costs."""
    chance = random.Random(1)
    identifiers = [f"P-{i:07d}" for i in range(1_000_000)]
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(3, 9))) for _ in range(20_000)]
    words += [*set(f"{EN}{FR}".split()), *map(str, range(100))]
    levels = [round(chance.gauss(50, 9), 6) for _ in range(1_000_000)]
    notes = [" ".join(chance.choices(words, k=12)) for _ in range(1_000_000)]
    known = {"ids+numbers": Guard(AIProv()), "notes+ids": Guard(AIProv())}
    for of, name, values in (
        ("ids+numbers", "id", identifiers),
        ("ids+numbers", "level", levels),
        ("notes+ids", "notes", notes),
        ("notes+ids", "id", identifiers),
    ):
        before, begun = _resident(), time.thread_time()
        known[of].declare("df", name, values)
        print(f"a million values of {name:<6} {time.thread_time() - begun:5.1f} s {_resident() - before:6.0f} MB")
    return known


def children(known: dict[str, Guard]) -> dict[str, Guard]:
    """The same columns as child processes know them; prints what handing them over costs."""
    key = random.Random(2).randbytes(16)
    out = {}
    for name, guard in known.items():
        begun = time.thread_time()
        data = packed(guard.columns, key)
        done = time.thread_time()
        out[name] = Guard(AIProv())
        out[name].columns = unpacked(data, key)
        took = time.thread_time() - done
        print(f"{name} handed over in {done - begun:.1f} s, {len(data) / 1e6:.0f} MB; taken in {took:.1f} s")
    return out


def _resident() -> float:
    """Megabytes of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize() / 1e6


def milliseconds(run: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and best CPU time of the calling thread."""
    spent = []
    for _ in range(times):
        begun = time.thread_time()
        run()
        spent.append(time.thread_time() - begun)
    return statistics.median(spent) * 1e3, min(spent) * 1e3


def main(only: str = "") -> None:
    """Print the table."""
    known = guards()
    handed = children(known)
    print(f"CPU time in milliseconds (median, best), Python {platform.python_version()}, {platform.machine()}")
    print(f"{'100 kB of':<24}" + "".join(f"{name + kind:>22}" for kind in ("", " child", " bare") for name in known))
    for name, content in shapes().items():
        if only not in name:
            continue
        request = chat(content)
        assert request.json is not None  # parsed already, when the guard is asked
        costs = [
            milliseconds(partial(_examined, guard, request), 15) for of in (known, handed) for guard in of.values()
        ]
        with patch.dict(sys.modules):
            del sys.modules["numpy"]
            costs += [milliseconds(partial(_examined, guard, request), 5) for guard in known.values()]
        print(f"{name:<24}" + "".join(f"{median:>15.2f}{best:>7.2f}" for median, best in costs), flush=True)


def _examined(guard: Guard, request: Any) -> None:
    with contextlib.suppress(ConfidentialDataError):
        guard.examine(request, "external", cell="c")


if __name__ == "__main__":
    main(*sys.argv[1:])
