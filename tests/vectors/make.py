"""Write proof.json: what Python computes, for the front end to compute alike.

python tests/vectors/make.py
"""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from jupyter_aiprov import marks, proof, seal

HERE = Path(__file__).parent

VALUES: list[Any] = [
    None,
    True,
    [],
    {},
    "",
    'é 漢字 😀 \u2028 " \\ \u0007',
    {"b": 1, "a": [1.0, 0.1, -0.0, 1e21, 1e-7, 5e-324, 333333333.33333329], "é": {"z": None, "Z": False}},
    {"€": 1, "\r": 2, "דּ": 3, "1": 4, "😀": 5, "\u0080": 6, "ö": 7},
    {"$n": "9007199254740993"},
    9007199254740991,
    [[[[["deep"]]]]],
]
# Python text with lone surrogates; in JSON they are escapes, so both sides read the same.
SURROGATES: list[Any] = [
    "a\ud800b",
    "\udc00",
    ["\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "\ud83d"],
    {"halves \ud83d\ude00": "of one character: \ud83d\ude00", "and one more": "\ud83d\ude00\ud83d"},
]
TEXTS = ["", "x = 1", "é\n漢", "tail \udfff", "a" * 55, "a" * 56, "a" * 64, "a" * 119, "b" * 1000]

STAMP: dict[str, Any] = {
    "schema_version": "1.0",
    "kind": "stamp",
    "tool": "jupyter_aiprov 0.1.0",
    "execution": {
        "id": "e1",
        "session": "s1",
        "cell_id": "c1",
        "execution_count": 3,
        "source_sha256": seal.source_digest("ask()\n"),
        "ordinal": 0,
        "status": "completed",
        "time": "2026-11-23T10:00:00.000+00:00",
    },
    "groups": [
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.request.temperature": 0.0,
            "count": 12,
            "status": "completed",
            "gen_ai.usage.input_tokens": 900,
            "seconds": 1.5,
        }
    ],
    "derivations": [{"subject": "df.label", "kind": "column", "origin": "ai-generated", "rows_ai": 12}],
    "authorship": [],
    "gaps": [],
    "journal": {"session": "s1", "file": "s1.jsonl", "lines": 24, "seq": [1, 24], "root": "ab" * 32},
}
SHOWN = [{"output_type": "stream", "name": "stdout", "text": "1\n"}]
REVIEW: dict[str, Any] = {
    "status": "checked",
    "time": "2026-11-23T10:00:00.000+00:00",
    "source_sha256": seal.source_digest("ask()"),
    "outputs_sha256": seal.outputs_digest(SHOWN),
}
LATER: dict[str, Any] = {**REVIEW, "status": "rejected", "time": "2026-11-23T11:00:00.000+00:00"}
OF_BEFORE: dict[str, Any] = {**LATER, "source_sha256": seal.source_digest("before")}
# (reviews, ids that were withdrawn)
STATES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"a": REVIEW}, []),
    ({"a": REVIEW}, ["a"]),
    ({"a": REVIEW, "b": LATER}, []),
    ({"b": LATER, "a": REVIEW}, ["b"]),
    ({"a": REVIEW, "b": OF_BEFORE}, []),
    ({"a": REVIEW, "b": OF_BEFORE}, ["b"]),
    ({"a": {**REVIEW, "outputs_sha256": "0" * 64}}, []),
    ({"b": {**REVIEW, "status": "corrected"}, "a": REVIEW}, []),
    ({"a": {"status": "checked"}, "b": {}}, []),
]
OUTPUTS: list[list[Any]] = [
    [],
    [
        {"output_type": "stream", "name": "stdout", "text": ["a\r\n", "b"]},
        {"output_type": "stream", "name": "stdout", "text": "c\n"},
        {"output_type": "stream", "name": "stderr", "text": "d"},
    ],
    [{"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["…"]}],
    [
        {
            "output_type": "execute_result",
            "execution_count": 4,
            "metadata": {"x": 1},
            "data": {
                "text/plain": "<x>\n",
                "image/png": "aGVs\nbG8=\n",
                "application/json": {"b": 1.0, "a": [1]},
                "application/geo+json": '{"k": 1}',
                "image/svg+xml": ["<svg>", "</svg>\r\n"],
            },
        },
        {"output_type": "display_data", "metadata": {}, "data": {"application/vnd.aiprov.v1+json": {"kind": "stamp"}}},
    ],
]


def vectors() -> dict[str, Any]:
    """Every vector with what this version computes."""
    hashes = [sha256(str(i).encode()).hexdigest() for i in range(9)]
    stamp = {**STAMP, "digest": seal.stable_digest(STAMP)}
    return {
        "canonical": [
            {"value": v, "text": proof.canonical(v).decode(), "sha256": proof.digest(v)} for v in VALUES + SURROGATES
        ],
        "text": [{"text": t, "sha256": proof.text_sha256(t)} for t in TEXTS],
        "merkle": [{"hashes": hashes[:n], "root": proof.merkle_root(hashes[:n])} for n in range(10)],
        "stamp": {"record": stamp, "digest": stamp["digest"], "seal": seal.seal_of(stamp)},
        "source": [
            {"source": s, "sha256": seal.source_digest(s)} for s in ("a = 1\nb = 2\n", "a = 1\r\nb = 2\r\n", "é")
        ],
        "outputs": [{"outputs": o, "sha256": seal.outputs_digest(o)} for o in OUTPUTS],
        "states": [
            {
                "reviews": r,
                "withdrawn": w,
                "source": "ask()",
                "outputs": SHOWN,
                "state": marks.state_of(r, "ask()", SHOWN, w),
            }
            for r, w in STATES
        ],
    }


if __name__ == "__main__":
    (HERE / "proof.json").write_text(json.dumps(vectors(), indent=1) + "\n", encoding="ascii")
