"""What a megabyte that was made to be slow costs: one short text over and over, through guard and redaction.

    python -m tests.benchmarks.guard_hostile [--size 1000000] [--limit 20]

Each shape begins what a rule looks for and never ends it. Prints thread CPU seconds, dearest first; a
shape that takes longer than the limit is said to be unbounded. Asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.guard import Guard
from jupyter_aiprov.model import Request
from jupyter_aiprov.redact import Redactor

SHAPES = (
    *("a", " ", "\n", "1", "12 ", "06 ", "-", ".", "a@", "a@b.", "+", "+33 ", "0033", "'", "{", "[[", "dob ", "born "),
    *("né le 1", "patient ", "MRN: ", "mrn,", "tel ", "(415) ", "FR76 ", "1 85 ", "2A", "\u200b", "QUJD", "deadbeef"),
    *("sk-", "AKIA", "eyJ.", "password=", "password for ", "key for ", "de passe d'", "-----BEGIN ", "Message-ID: <"),
    *("\\u00e9", "%41", "1,", "1,234,", "1.2.", "1'", "01/02/1990 ", "1990-01-02 ", "12:00:00 ", "漢", "é", "e\u0301"),
    *("patient  1\n", "patient\t1\n", "patient_id,name\n", '{"system":"mrn","value":"', "\\'e", "123e4567-e89b-", "\t"),
    *(
        "|",
        "<a ",
        "http://a.b/",
        "\r\n",
        "tel,",
        "né(e) le,",
        "insert into t (a) values (",
        "insert into t (a) values ('",
    ),
    *("PID|", "PID|\n", "00 1", "curl -u "),
)


class _TooLong(BaseException):
    """The limit was reached."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise _TooLong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--limit", type=int, default=20, help="seconds for a shape")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, _stop)
    guard, redactor = Guard(AIProv()), Redactor()
    found = []
    for shape in SHAPES:
        text = (shape * (options.size // len(shape) + 1))[: options.size]
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}, ensure_ascii=False).encode()
        request = Request("POST", "https://api.openai.com/v1/chat/completions", {}, body)
        signal.alarm(options.limit)
        try:
            spent = _spent(guard.examine, request, "external"), _spent(redactor.text, text)
        except _TooLong:
            spent = float("inf"), float("inf")
        finally:
            signal.alarm(0)
        found.append((max(spent), shape, *spent))
    print(f"{options.size:,} characters of one shape; seconds of CPU")
    print(f"{'shape':30}{'guard':>10}{'redaction':>12}")
    for _, shape, examined, redacted in sorted(found, reverse=True):
        print(f"{shape!r:30}{examined:10.2f}{redacted:12.2f}")


def _spent(work: Callable[..., object], *args: Any) -> float:
    begin = time.thread_time()
    work(*args)
    return time.thread_time() - begin


if __name__ == "__main__":
    main()
