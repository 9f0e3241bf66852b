"""Declared columns for child processes: hashes sealed under a key, never values.

A file beside the journal holds them, the key is in the environment of the session's own children.
Who has both can test a guess, as the child does; who has the file alone learns names and sizes.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

from jupyter_aiprov.guard._keys import Cased, Keys
from jupyter_aiprov.guard.columns import Column, Columns


def sealing(key: bytes) -> Callable[[int], int]:
    """What a hash is called under this key."""

    def seal(plain: int) -> int:
        mark = blake2b(plain.to_bytes(8, "little", signed=True), key=key, digest_size=8).digest()
        return int.from_bytes(mark, "little", signed=True)

    return seal


def packed(columns: Columns, key: bytes) -> bytes:
    """The columns as bytes: one line of JSON that says how many hashes of what follow."""
    seal = sealing(key)
    numbers = array("q")

    def put(hashes: Iterable[int]) -> int:
        before = len(numbers)
        numbers.extend(map(seal, hashes))
        return len(numbers) - before

    said: list[dict[str, Any]] = [
        {
            "name": c.name,
            "level": c.level,
            "candidate": c.candidate,
            "size": c.size,
            "weak": put(c.weak),
            "keys": [[kind, size, put(found)] for (kind, size), found in columns.keys_of(c).items()],
        }
        for c in columns
    ]
    cased = [[seal(digest), sorted(map(seal, found))] for digest, found in columns.cased.items()]
    return json.dumps({"columns": said, "cased": cased}).encode() + b"\n" + numbers.tobytes()


def unpacked(data: bytes, key: bytes) -> Columns:
    """The columns again; raises ValueError, KeyError or TypeError for what `packed` did not write."""
    head, _, rest = data.partition(b"\n")
    said = json.loads(head)
    numbers = array("q")
    numbers.frombytes(rest)
    place = 0

    def take(count: int) -> set[int]:
        nonlocal place
        found = set(numbers[place : place + count])
        if len(numbers) < place + count:
            raise ValueError("hashes are missing")
        place += count
        return found

    cased: Cased = {int(digest): set(map(int, found)) for digest, found in said["cased"]}
    columns = Columns(seal=sealing(key))
    for one in said["columns"]:
        weak = frozenset(take(one["weak"]))
        keys: Keys = {(str(kind), int(size)): take(count) for kind, size, count in one["keys"]}
        columns.add(Column(one["name"], one["level"], bool(one["candidate"]), int(one["size"]), weak), keys, cased)
    if place != len(numbers):
        raise ValueError("more hashes than columns")
    return columns
