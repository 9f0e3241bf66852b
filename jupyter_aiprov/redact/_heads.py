"""Which runs of a text may be base64 or hexadecimal of words: told of all at once, where numpy is loaded already."""

from __future__ import annotations

from typing import Any, Final

Array = Any  # numpy.ndarray: numpy is no dependency
HEAD: Final = 16  # characters that tell
MARKS: Final = (b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda")  # of what is compressed
_CHARACTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SIX: Final = bytes(max(_CHARACTERS.find({45: 43, 95: 47}.get(c, c)), 0) for c in range(256))
_FOUR: Final = bytes(int(chr(c), 16) if chr(c) in "0123456789abcdefABCDEF" else 255 for c in range(256))
_NEVER: Final = 9
# How many bytes a character of UTF-8 has, by its first; 0 for those that follow.
_BYTES: Final = bytes(
    1 if 32 <= c < 127 or c in b"\t\n\r" else 0 if 128 <= c < 192 else 2 if 194 <= c < 224 else 3 if 224 <= c < 240
    else 4 if 240 <= c < 245 else _NEVER
    for c in range(256)
)  # fmt: skip
_CUT: Final = 4  # bytes at the end may be the beginning of a character


def begun(np: Any, raw: bytes, mapped: bytes, least: int) -> list[int]:
    """Where runs (anything but spaces in `mapped`) of so many characters begin that may be words, packed."""
    within = np.frombuffer(b" " + mapped + b" ", np.uint8) != 32
    edges = np.flatnonzero(within[1:] != within[:-1])
    starts = edges[::2]
    starts = starts[edges[1::2] - starts >= least]
    heads = np.frombuffer(raw, np.uint8)[starts[:, None] + np.arange(HEAD)]
    six = np.frombuffer(_SIX, np.uint8)[heads]
    a, b, c, d = (six[:, i::4] for i in range(4))
    data = np.stack([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d], 2).reshape(len(starts), -1)
    four = np.frombuffer(_FOUR, np.uint8)[heads]
    is_hex = (four < 16).all(1)
    kept = _may_be_text(np, data)
    kept[is_hex] |= _may_be_text(np, four[is_hex, ::2] << 4 | four[is_hex, 1::2])
    return list(starts[kept].tolist())


def _may_be_text(np: Any, data: Array) -> Array:
    """Which rows are UTF-8 but for their end, UTF-16, or compressed."""
    out = data[:, 1] == 0
    for first, second in MARKS:
        out |= (data[:, 0] == first) & (data[:, 1] == second)
    sizes = np.frombuffer(_BYTES, np.uint8)[data]
    missing = np.zeros(len(data), np.uint8)  # bytes of the character that was begun
    valid, ends = np.ones(len(data), bool), np.zeros(len(data), np.uint8)
    for place in range(data.shape[1]):
        size = sizes[:, place]
        begins = missing == 0
        valid &= np.where(begins, (size > 0) & (size < _NEVER), size == 0)
        missing = np.where(begins, size, missing) - 1
        ends[valid & (missing == 0)] = place + 1
    return out | (ends > data.shape[1] - _CUT)
