"""A deterministic OpenAI-compatible model on loopback, so that labels can be written down beforehand.

Answers depend on the prompt only. GET answers a station record: a web call that is no AI call.
"""

from __future__ import annotations

import json
import re
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FIRST = ["Ines", "Bram", "Yuki", "Tariq", "Odile", "Sven", "Paloma", "Kofi", "Greta", "Wanda"]
LAST = ["Marchetti", "Okonkwo", "Halvorsen", "Duarte", "Petrova", "Nakagawa", "Lefevre", "Abara", "Quist", "Romero"]
WARDS = ["cardiology", "oncology", "paediatrics", "surgery"]
TONES = ["calm", "angry", "joyful"]


def number(text: str) -> int:
    """A stable number for a text."""
    return zlib.crc32(text.encode())


def tone(text: str) -> str:
    """The tone that the model hears in a text."""
    lowered = text.lower()
    if re.search(r"thank|wonderful|lovely|happy", lowered):
        return "joyful"
    if re.search(r"late|worst|never|rude|lost", lowered):
        return "angry"
    return "calm"


def patients(count: int) -> list[dict[str, Any]]:
    """Invented people."""
    return [
        {
            "name": f"{FIRST[i % 10]} {LAST[(i * 3) % 10]}",
            "age": 19 + number(FIRST[i % 10]) % 60,
            "weight": round(45 + number(LAST[i % 10]) % 5500 / 100, 2),
            "ward": WARDS[number(FIRST[i % 10] + "w") % 4],
            "smoker": bool(number(FIRST[i % 10] + "s") % 2),
        }
        for i in range(count)
    ]


def reply(prompt: str) -> str:
    """The answer to a prompt."""
    asked = prompt.lower()
    tail = prompt.rsplit("\n", 1)[-1] if "\n" in prompt else prompt.split(":", 1)[-1]
    found = re.search(r"(\d+) (?:patients|rows|lines|items)", asked)
    count = int(found[1]) if found else 4
    if "batch" in asked:
        return json.dumps([tone(line) for line in prompt.split("\n")[1:] if line.strip()])
    if "tone" in asked:
        return f" {tone(tail).title()}. " if number(tail) % 2 else tone(tail)
    if "rate" in asked:
        return str(1 + number("r" + tail) % 10)
    if "record" in asked:
        return json.dumps(
            {
                "topic": ["waiting", "staff", "food"][number("t" + tail) % 3],
                "severity": round(number("v" + tail) % 1000 / 997, 4),
                "note": f"Assessed with protocol {number(tail) % 8831} on the ward.",
            }
        )
    if "patients" in asked and "csv" in asked:
        return "name,age,weight,ward\n" + "\n".join(
            f"{p['name']},{p['age']},{p['weight']},{p['ward']}" for p in patients(count)
        )
    if "patients" in asked:
        text = json.dumps({"patients": patients(count)})
        return f"Sure!\n```json\n{text}\n```" if "fenced" in asked else text
    if "lines" in asked:
        return "\n".join(f"- {FIRST[i % 10]} visits the {WARDS[i % 4]} department" for i in range(count))
    if "urgent" in asked:
        return "yes" if number("u" + tail) % 2 else "no"
    if "summary" in asked:
        return f"The writer sounds {tone(tail)} and mentions matter {number(tail) % 89} at some length."
    if "translate" in asked:
        return " ".join(word[::-1] for word in tail.split())
    if "estimate" in asked:
        return f"{20 + number('e' + tail) % 60000 / 1000:.3f}"
    if "keywords" in asked:
        return ", ".join(sorted(set(re.findall(r"[a-z]{4,}", tail.lower())))[:3])
    if "code" in asked:
        return ["K21.9", "I10", "E11.65", "J45.4"][number("c" + tail) % 4]
    if "name" in asked:
        return f"{FIRST[number(tail) % 10]} {LAST[number(tail + 'l') % 10]}"
    return f"Having weighed it, option {number(prompt) % 61} seems the most sensible one."


def arguments(prompt: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Tool arguments for the properties that are asked for."""
    tail = prompt.rsplit("\n", 1)[-1]
    known: dict[str, Any] = {
        "tone": tone(tail),
        "severity": round(number("v" + tail) % 1000 / 997, 4),
        "urgent": bool(number("u" + tail) % 2),
        "patients": patients(3),
    }
    return {key: known.get(key) for key in properties}


class Handler(BaseHTTPRequestHandler):
    """Chat completions, streamed or not, tools and embeddings."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet per answer: headers and body apart wait for delayed acknowledgements

    def log_message(self, *args: object) -> None:
        """Quiet."""

    def _send(self, value: Any, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self) -> None:
        """A web call that is no AI call."""
        self._send({"temps": [3.25, 4.5, 2.75, 6.0], "station": "Sonnblick summit observatory"})

    def do_POST(self) -> None:
        """An AI call."""
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.endswith("embeddings"):
            texts = [sent["input"]] if isinstance(sent["input"], str) else sent["input"]
            vectors = [[(number(f"{t}/{k}") % 2000001 - 1000000) / 1e6 for k in range(6)] for t in texts]
            data = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)]
            self._send(
                {
                    "object": "list",
                    "model": sent["model"],
                    "usage": {"prompt_tokens": 1, "total_tokens": 1},
                    "data": data,
                }
            )
            return
        prompt = sent["messages"][-1]["content"]
        if "refuse" in prompt.lower():
            self._send({"error": {"message": "refused", "type": "invalid_request_error"}}, 400)
            return
        text = reply(prompt)
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if sent.get("tools"):
            function = sent["tools"][0]["function"]
            body = json.dumps(arguments(prompt, function["parameters"]["properties"]))
            call = {"id": "c1", "type": "function", "function": {"name": function["name"], "arguments": body}}
            message = {"role": "assistant", "content": None, "tool_calls": [call]}
        if sent.get("stream"):
            self._stream(text, sent["model"])
            return
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": len(prompt), "completion_tokens": len(text), "total_tokens": len(prompt) + len(text)}
        self._send(
            {
                "id": "x",
                "object": "chat.completion",
                "created": 1,
                "model": sent["model"],
                "choices": [choice],
                "usage": usage,
            }
        )

    def _stream(self, text: str, model: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for start in range(0, len(text), 9):
            choice = {"index": 0, "delta": {"content": text[start : start + 9]}, "finish_reason": None}
            chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True


def start() -> ThreadingHTTPServer:
    """A server on a free loopback port; the caller shuts it down."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, name="model-server").start()
    return server
