"""The labelled prompts with their made-up keys filled in, and requests that carry a text."""

from __future__ import annotations

import json
import random
import re
import string
from pathlib import Path
from typing import Any

import yaml

from jupyter_aiprov.model import Request

PROMPTS = Path(__file__).with_name("prompts.yaml")
HELD_OUT = tuple(sorted(PROMPTS.parent.glob("held_out*.yaml")))  # labelled before their first run
_ALNUM = string.ascii_letters + string.digits
# `<<u20>>`: twenty characters of the alphabet `u`
_ALPHABETS = {
    "a": _ALNUM,
    "u": _ALNUM + "-_",
    "b": _ALNUM + "+/",
    "x": "0123456789abcdef",
    "k": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
}


def keys(seed: int) -> dict[str, str]:
    """Keys of every kind, made up; never written down whole."""
    chance = random.Random(seed)

    def some(count: int, alphabet: str = _ALNUM) -> str:
        return "".join(chance.choices(alphabet, k=count))

    pem = "PRIVATE KEY-----"
    return {
        "anthropic": "sk-ant-" + "api03-" + some(95, _ALNUM + "-_"),
        "openai-project": "sk-" + "proj-" + some(120, _ALNUM + "-_"),
        "huggingface": "hf" + "_" + some(34),
        "groq": "gsk" + "_" + some(52),
        "google": "AI" + "za" + some(35, _ALNUM + "-_"),
        "xai": "xai" + "-" + some(80),
        "aws-id": "AK" + "IA" + some(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
        "aws-secret": some(40, _ALNUM + "+/"),
        "github": "gh" + "p_" + some(36),
        "gitlab": "gl" + "pat-" + some(20, _ALNUM + "-_"),
        "slack": "xo" + "xb-" + some(12, string.digits) + "-" + some(24),
        "jwt": "ey" + "JhbGciOiJIUzI1NiJ9." + "ey" + "J" + some(40) + "." + some(43, _ALNUM + "-_"),
        "pem": f"-----BEGIN {pem}\n" + "\n".join(some(64, _ALNUM + "+/") for _ in range(6)) + f"\n-----END {pem}",
        "plain": some(24) + "7",
    }


def labelled(file: Path = PROMPTS) -> tuple[list[str], list[dict[str, Any]]]:
    """The column, and the prompts: text and expected counts by rule."""
    data = yaml.safe_load(file.read_text("utf-8"))
    for number, prompt in enumerate(data["prompts"]):
        prompt.setdefault("expect", {})
        for name, key in keys(number).items():
            prompt["text"] = prompt["text"].replace(f"<<{name}>>", key)
        chance = random.Random(number)
        prompt["text"] = re.sub(
            "<<([aubxk])([0-9]+)>>",
            lambda m, chance=chance: "".join(chance.choices(_ALPHABETS[m[1]], k=int(m[2]))),
            prompt["text"],
        )
        assert "<<" not in prompt["text"], prompt["text"]
    return data.get("column", []), data["prompts"]


def chat(content: Any, url: str = "https://api.openai.com/v1/chat/completions", **headers: str) -> Request:
    """A chat request that carries this content."""
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}]}
    return Request("POST", url, {"content-type": "application/json", **headers}, json.dumps(body).encode())
