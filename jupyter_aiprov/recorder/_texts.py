"""The texts of a session: each committed to once, and kept beside the chain."""

from __future__ import annotations

import hmac
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from jupyter_aiprov.journal import Event, encode
from jupyter_aiprov.model import Invocation
from jupyter_aiprov.proof import canonical, plain_canonical

_SEEN_MAX = 50_000


class Texts:
    """What was asked and answered, as commitments; `keep` takes the lines of those that are kept."""

    def __init__(self, keep: Callable[[bytes], None]) -> None:
        self._keep = keep
        self._seen: OrderedDict[bytes, str] = OrderedDict()  # digest of a text -> its commitment

    def committed(self, call: str, parts: Mapping[str, list[Any]], *, time: str, kept: bool) -> Event:
        """Commitments of a call's texts by where they stand, and whether the same was asked before.

        `kept`: the texts themselves go beside the chain, with the `time` of the line.
        """
        out: Event = {}
        texts: list[bytes] | None = [] if kept else None
        for part, values in parts.items():
            if not values:
                continue
            out[part] = refs = []
            for value in values:
                ref = self._commit(call, part, value, time, texts)
                refs.append({"role": value["role"], **ref} if type(value) is dict and "role" in value else ref)
        if texts:
            self._keep(b"".join(texts))
        if "input" in out:
            marks = [r.get("commitment") or r["repeat_of"] for r in [*out.get("system", ()), *out["input"]]]
            whole = _digest("", "".join(marks).encode())
            out["repeat"] = whole in self._seen
            if not out["repeat"]:
                self._remember(whole, "")
        return out

    def _commit(self, call: str, part: str, value: Any, time: str, texts: list[bytes] | None) -> Event:
        """A text's commitment, or that of the same sent before; its record goes to `texts`, if there is such a list."""
        plain = plain_canonical(value)
        body = plain or canonical(value)
        key = _digest(part, body)
        known = self._seen.get(key)
        if known is not None:
            return {"repeat_of": known}
        nonce = os.urandom(16)
        mark = hmac.digest(nonce, body, "sha256").hex()
        if texts is not None:  # as `encode` would have it: names and values are ours, all plain ASCII
            head = f'{{"time":"{time}","commitment":"{mark}","nonce":"{nonce.hex()}","invocation":"{call}",'
            told = plain or encode({"": value})[4:-1]
            texts.append(f'{head}"part":"{part}","value":'.encode() + told + b"}\n")
        self._remember(key, mark)
        return {"commitment": mark}

    def _remember(self, key: bytes, mark: str) -> None:
        self._seen[key] = mark
        if len(self._seen) > _SEEN_MAX:
            self._seen.popitem(last=False)


def parts_of(answer: Invocation) -> dict[str, list[Any]]:
    """The texts of a call by where they stand."""
    return {
        "system": [{"role": "system", "parts": [dict(p) for p in answer.system]}] if answer.system else [],
        "input": [m.to_dict() for m in answer.input],
        "output": [m.to_dict() for m in answer.output],
        "tools": [answer.tools] if answer.tools is not None else [],
    }


def _digest(part: str, body: bytes) -> bytes:
    """What the same text gives again, in this process only."""
    return blake2b(body, digest_size=16, person=part.encode()).digest()
