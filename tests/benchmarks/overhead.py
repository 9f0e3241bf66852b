"""What recording costs per call: plain, ours, OpenTelemetry GenAI, OpenInference, interleaved.

    python -m tests.benchmarks.overhead [--calls 40] [--blocks 5] [--rounds 4] [--memory 10000]

Each arm runs in its own process against one server process on 127.0.0.1, in turns, so that all meet
the same load of the machine; in new processes each round, as two of the same code may differ by half.
Content is captured by every arm, and each call asks something else; parsing, redaction and
journalling are included in the process's CPU time, as is each peer's export.

`opentelemetry` and `openinference` are set up as a user would have a record to keep: spans with the
messages in them, through the SDK's batch processor, as one line of JSON each in a file. What is asked
of `ours` is counted against `opentelemetry`. Beside it stand its dearest and its cheapest form:
`otel-events` writes the messages into log events, too, `…-memory` builds the spans and keeps them in
memory, where nothing is written and they end with the process. Prints tables; asserts nothing.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ARMS = ("plain", "ours", "opentelemetry", "otel-events", "otel-memory", "openinference", "openinf-memory")
KINDS = ("chat", "stream")
_asked = itertools.count()
queue: Any = None  # of the arm `ours`


def ask() -> dict[str, Any]:
    """A prompt of a data loop: the same question, another note each time."""
    number = next(_asked)
    note = " ".join("".join(chr(97 + number // 26**place % 26) for place in (2, 1, 0)) for _ in range(3))
    content = "Is this note about an asthma attack? " * 4 + f"The note says {note}."
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}]}


def start(arm: str) -> Any:
    """Switch the arm on in this process; returns what waits for its writing to end."""
    if arm == "ours":
        from jupyter_aiprov import capture, readers
        from jupyter_aiprov.cells import Cells
        from jupyter_aiprov.config import AIProv
        from jupyter_aiprov.guard import Guard
        from jupyter_aiprov.journal import Journal, prepare
        from jupyter_aiprov.recorder import Recorder
        from jupyter_aiprov.redact import Redactor

        folder = Path(tempfile.mkdtemp(prefix="aiprov-bench-"))
        prepare(folder / "journal")
        guard = Guard(AIProv())
        session = "0" * 36
        recorder = Recorder(
            session=session,
            cells=Cells(SimpleNamespace(execution_count=1), session),
            journal=Journal(folder / "journal", session),
            redactor=Redactor.of_environment,
            recognise=readers.recognise,
            destination=guard.destination,
        )
        recorder.examine = lambda request, destination, *_: guard.examine(request, destination)
        recorder.holds = guard.holds
        recorder.cells.begin(SimpleNamespace(raw_cell="x", cell_id="c"))
        following = capture.install(recorder)
        following.__enter__()

        def settle(following: Any = following) -> bool:  # holds the context: without it, all is undone
            return recorder.flush(60)

        global queue

        def queue() -> float:
            """Seconds from the queue to the journal's file, as the one who waits for the line sees them."""
            begin = time.perf_counter()
            recorder.journal.put({"time": "", "type": "gap", "id": "", "reason": "", "detail": "x" * 400}, wait=5)
            return time.perf_counter() - begin

        return settle
    if arm != "plain":
        return peer(arm)
    return lambda: True


def peer(arm: str) -> Any:
    """The same for an arm that is not ours."""
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, ConsoleLogRecordExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = TracerProvider()
    flushes: list[Callable[[], Any]] = [spans.force_flush]
    more: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="peer-bench-"))
    if arm.endswith("-memory"):
        kept = InMemorySpanExporter()
        spans.add_span_processor(SimpleSpanProcessor(kept))
        flushes.append(kept.clear)
    else:
        out = (folder / "spans.jsonl").open("w")
        exporter = ConsoleSpanExporter(out=out, formatter=lambda span: span.to_json(indent=None) + "\n")
        spans.add_span_processor(BatchSpanProcessor(exporter))
    if arm == "otel-events":
        events = more["logger_provider"] = LoggerProvider()
        written = (folder / "events.jsonl").open("w")
        logs = ConsoleLogRecordExporter(out=written, formatter=lambda record: record.to_json(indent=None) + "\n")
        events.add_log_record_processor(BatchLogRecordProcessor(logs))
        flushes.append(events.force_flush)
        os.environ["OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT"] = "true"
    if arm.startswith("open") and not arm.startswith("opentelemetry"):
        from openinference.instrumentation.openai import OpenAIInstrumentor
    else:
        os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
        mode = "SPAN_AND_EVENT" if arm == "otel-events" else "SPAN_ONLY"
        os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = mode
        from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
    OpenAIInstrumentor().instrument(tracer_provider=spans, **more)

    def settle() -> None:
        for flush in flushes:
            flush()

    return settle


def work(arm: str) -> None:
    """One arm: reads commands from stdin, answers each with a line of JSON."""
    import openai

    url = sys.stdin.readline().strip()
    settle = start(arm)
    client = openai.OpenAI(base_url=url + "/v1", api_key="k", max_retries=0)

    def chat() -> float:
        begin = time.perf_counter()
        client.chat.completions.create(**ask())
        return time.perf_counter() - begin

    def stream() -> float:
        begin = time.perf_counter()
        first = 0.0
        for _ in client.chat.completions.create(**ask(), stream=True):
            first = first or time.perf_counter() - begin
        return first

    for line in sys.stdin:
        kind, count = line.split()
        run = {"chat": chat, "stream": stream, "queue": queue}[kind]
        settle()
        thread, process = time.thread_time(), time.process_time()
        waits = [run() for _ in range(int(count))]
        own = time.thread_time() - thread
        settle()
        whole = time.process_time() - process
        peak = _resident()
        print(
            json.dumps({"own": own / int(count), "whole": whole / int(count), "wait": waits, "rss": peak}), flush=True
        )


def _resident() -> float:
    """Resident memory in MB."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def serve() -> None:
    """The server, in a process of its own."""
    from tests.loopback import Loopback

    with Loopback(words=["word "] * 18) as server:
        print(server.url(), flush=True)
        sys.stdin.read()


class Arm:
    """One arm's process."""

    def __init__(self, name: str, url: str, folder: str) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.overhead", "--arm", name]
        where = {**os.environ, "TMPDIR": folder}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=where)
        self.say(url)

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def run(self, kind: str, count: int) -> dict[str, Any] | None:
        assert self.process.stdout is not None
        self.say(f"{kind} {count}")
        line = self.process.stdout.readline()
        return json.loads(line) if line else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arm", choices=ARMS)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--memory", type=int, default=0, help="calls after which memory is compared, e.g. 10000")
    options = parser.parse_args()
    if options.arm:
        work(options.arm)
    elif options.serve:
        serve()
    else:
        compare(options)


def compare(options: argparse.Namespace) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.overhead", "--serve"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    folder = tempfile.TemporaryDirectory(prefix="overhead-")  # journals and the peers' files
    results: dict[str, dict[str, list[dict[str, Any]]]] = {kind: {name: [] for name in ARMS} for kind in KINDS}
    arms: dict[str, Arm] = {}
    names = list(ARMS)
    for _ in range(options.rounds):
        stop(arm.process for arm in arms.values())
        arms = {name: Arm(name, url, folder.name) for name in names}
        for kind in KINDS:
            for name, arm in list(arms.items()):
                if arm.run(kind, 40) is None:  # warm-up; an arm whose libraries are missing falls out
                    print(f"{name}: not installed, left out")
                    del arms[name]
                    names.remove(name)
            for block in range(options.blocks):
                for name in names[block % len(names) :] + names[: block % len(names)]:  # none always follows the same
                    found = arms[name].run(kind, options.calls)
                    assert found is not None
                    results[kind][name].append(found)
    for kind in KINDS:
        table(kind, {name: found for name, found in results[kind].items() if found})
    waits = arms["ours"].run("queue", 1000)
    assert waits is not None
    print(f"\nqueue to journal: {statistics.median(waits['wait']) * 1e6:.0f} us, median of 1000 lines")
    journals = Path(folder.name).glob("aiprov-bench-*/journal/*.jsonl")
    lines = sum(1 for path in journals if ".content." not in path.name for _ in path.open())
    print(f"journal lines of `ours`: {lines}")
    if options.memory:
        ours = arms["ours"]
        early = ours.run("chat", 500)
        late = ours.run("chat", options.memory)
        assert early is not None
        assert late is not None
        print(
            f"memory of `ours`: {early['rss']:.1f} MB after 500 calls, {late['rss']:.1f} MB after {options.memory} more"
        )
    stop([*(arm.process for arm in arms.values()), server])
    folder.cleanup()


def stop(processes: Iterable[subprocess.Popen[str]]) -> None:
    for process in processes:
        process.terminate()
        process.wait()


def table(kind: str, results: dict[str, list[dict[str, Any]]]) -> None:
    """Medians per call, and what each arm adds to `plain` in the same block."""
    print(f"\n{kind}: microseconds per call, median of {len(results['plain'])} blocks; added = paired differences")
    print(f"{'':15}{'own thread':>12}{'added':>10}{'process':>12}{'added':>10}{'to answer':>12}{'added':>10}")

    def values(name: str, key: str) -> list[float]:
        return [statistics.median(b[key]) if key == "wait" else b[key] for b in results[name]]

    def added(name: str, key: str) -> float:
        return statistics.median(v - w for v, w in zip(values(name, key), values("plain", key), strict=True))

    for name in results:
        line = f"{name:15}"
        for key in ("own", "whole", "wait"):
            line += f"{statistics.median(values(name, key)) * 1e6:12.0f}{added(name, key) * 1e6:+10.0f}"
        print(line)
    print("(`to answer`: whole answer of a chat, first piece of a stream)")
    for name in (n for n in results if n not in ("plain", "ours") and "ours" in results):
        shares = (f"{added('ours', key) / max(added(name, key), 1e-9):.0%} {label}" for key, label in _SHARES)
        print(f"ours, of what {name} adds: {', '.join(shares)}")


_SHARES = (("own", "in the calling thread"), ("whole", "process-wide"))


if __name__ == "__main__":
    main()
