"""Which weights a local model has: repository and commit, SHA-256 of its files, quantisation.

A file is hashed once per process, in the background: the first calls of a large model are
recorded without the sum, later ones with it. Hugging Face's cache names files by their SHA-256.
"""

from __future__ import annotations

import hashlib
import re
import struct
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

_SHA = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 22
_GGUF_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16",
}  # fmt: skip
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


class Sums:
    """SHA-256 of files, each once, by a thread that ends with the process."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int, int], str | None] = {}
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def of(self, path: Path) -> str | None:
        """The sum where it is known already; otherwise it is on its way."""
        real = path.resolve()
        if _SHA.fullmatch(real.name):
            return real.name
        stat = real.stat()
        key = (str(real), stat.st_size, stat.st_mtime_ns)
        with self._lock:
            if key not in self._known:
                self._known[key] = None
                thread = threading.Thread(target=self._sum, args=(real, key), name="aiprov-weights", daemon=True)
                self._threads.append(thread)
                thread.start()
            return self._known[key]

    def wait(self) -> None:
        """Until every sum asked for is known."""
        while self._threads:
            self._threads.pop().join()

    def _sum(self, path: Path, key: tuple[str, int, int]) -> None:
        digest = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
        except OSError:
            return
        self._known[key] = digest.hexdigest()


sums = Sums()


def of_files(files: Sequence[Path]) -> dict[str, Any]:
    """`sha256` of the one file; of several, of their `<sha256>  <name>` lines in order of name."""
    try:
        found = [(path.name, sums.of(path)) for path in sorted(files)]
    except OSError:
        return {}
    if not found or any(digest is None for _, digest in found):
        return {}
    if len(found) == 1:
        return {"sha256": found[0][1]}
    lines = "".join(f"{digest}  {name}\n" for name, digest in found)
    return {"sha256": hashlib.sha256(lines.encode()).hexdigest(), "files": len(found)}


def of_gguf(path: str | Path) -> dict[str, Any]:
    """Of a llama.cpp file: name, repository where it says so, quantisation, sum."""
    file = Path(path)
    out: dict[str, Any] = {"file": file.name}
    head = gguf_head(file)
    for key, name in (("general.repo_url", "repository"), ("general.source.huggingface.repository", "repository")):
        if isinstance(head.get(key), str):
            out[name] = head[key]
    quantisation = _GGUF_TYPES.get(head.get("general.file_type", -1))
    if quantisation:
        out["quantisation"] = quantisation
    return {**out, **of_files([file])}


def of_config(config: Any) -> dict[str, Any]:
    """Of a Transformers configuration: repository or folder, commit, quantisation, sum."""
    name = str(getattr(config, "_name_or_path", "") or "")
    if not name:
        return {}
    commit = getattr(config, "_commit_hash", None)
    folder = Path(name)
    out: dict[str, Any] = {}
    if folder.is_dir():
        out["repository"] = folder.name  # a path would tell where on this machine
    else:
        out["repository"] = name
        folder = _cached(name, commit)
    if commit:
        out["revision"] = commit
    held = getattr(config, "quantization_config", None)
    if held is not None:
        facts = dict(held) if isinstance(held, Mapping) else dict(vars(held))
        bits = facts.get("bits") or (4 if facts.get("load_in_4bit") else 8 if facts.get("load_in_8bit") else None)
        how = facts.get("quant_method")
        out["quantisation"] = "-".join(str(v) for v in (getattr(how, "value", how), bits and f"{bits}bit") if v)
    files = [*folder.glob("*.safetensors")] or [*folder.glob("pytorch_model*.bin")]
    return {**out, **of_files(files)}


def _cached(name: str, commit: str | None) -> Path:
    import os

    home = os.environ.get("HF_HOME", "~/.cache/huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE", f"{home}/hub")).expanduser()
    return cache / ("models--" + name.replace("/", "--")) / "snapshots" / (commit or "unknown")


def gguf_head(path: Path) -> dict[str, Any]:
    """The short metadata of a GGUF file; empty where it is none."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                return {}
            _, _, count = struct.unpack("<IQQ", file.read(20))
            return dict(_pair(file) for _ in range(min(count, 64)))
    except (OSError, struct.error, KeyError, UnicodeDecodeError, MemoryError, OverflowError):
        return {}


def _pair(file: BinaryIO) -> tuple[str, Any]:
    key = _text(file)
    (kind,) = struct.unpack("<I", file.read(4))
    return key, _value(file, kind)


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    return file.read(min(length, 1 << 20)).decode()


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == 8:
        return _text(file)
    if kind == 9:
        inner, count = struct.unpack("<IQ", file.read(12))
        if inner in _SIZES:
            file.seek(_SIZES[inner] * count, 1)
        else:
            for _ in range(count):
                _value(file, inner)
        return None
    data = file.read(_SIZES[kind])
    return int.from_bytes(data, "little") if kind in (0, 2, 4, 10) else None
