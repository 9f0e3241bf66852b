"""Where the cost of a recorded chat call goes: each arm leaves out what comes behind it.

    python -m tests.benchmarks.overhead_parts [--calls 40] [--blocks 15] [--rounds 3]

`wrapped` describes the request and lets it go; `recognised` also tells reader and destination; `begun` makes a call of
it without any writer; `handed over` has a writer that writes nothing; `whole` is what users have. Medians of CPU time;
the lines' own cost is the writer thread's, as they happen beside the calls. Prints a table; asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks.overhead import ask, start, stop

ARMS = ("plain", "wrapped", "recognised", "begun", "handed over", "whole")
LINES = ("_start_line", "_end_line")


def left_out(arm: str) -> dict[str, list[int]]:
    """Leave out what this arm has not; the writer's nanoseconds by line, as they come."""
    from jupyter_aiprov.journal import Journal
    from jupyter_aiprov.recorder import Recorder, _recorder

    spent: dict[str, list[int]] = {name: [] for name in LINES}
    recorder: Any = Recorder
    if arm == "wrapped":
        recorder.start = lambda *_args, **_more: None
    elif arm == "recognised":
        recorder._begin = lambda *_args: None
    elif arm == "begun":
        journal: Any = Journal
        journal.run, journal.flush = (lambda *_args, **_more: None), (lambda *_args, **_more: True)
        recorder.gap, _recorder.STARTED_WAIT = (lambda *_args, **_more: None), 0
    elif arm == "handed over":
        recorder._start_line = lambda _self, _call, _invocation, written: written.release()
        recorder._end_line = lambda *_args: None
    else:
        for name in LINES:
            setattr(recorder, name, _timed(getattr(recorder, name), spent[name]))
    return spent


def _timed(function: Callable[..., Any], spent: list[int]) -> Callable[..., Any]:
    def timed(*args: Any) -> Any:
        begin = time.thread_time_ns()
        try:
            return function(*args)
        finally:
            spent.append(time.thread_time_ns() - begin)

    return timed


def work(arm: str, calls: int, blocks: int) -> None:
    """One arm in this process: prints a line of JSON."""
    import openai

    url = sys.stdin.readline().strip()
    spent = left_out(arm) if arm != "plain" else {}
    settle = start("plain" if arm == "plain" else "ours")
    client = openai.OpenAI(base_url=url + "/v1", api_key="k", max_retries=0)
    own, whole = [], []
    for _ in range(blocks + 1):
        settle()
        thread, process = time.thread_time(), time.process_time()
        for _ in range(calls):
            client.chat.completions.create(**ask())
        own.append((time.thread_time() - thread) / calls)
        settle()
        whole.append((time.process_time() - process) / calls)
    lines = {name: statistics.median(found[calls:]) / 1e9 for name, found in spent.items() if found}
    print(json.dumps({"own": statistics.median(own[1:]), "whole": statistics.median(whole[1:]), "lines": lines}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arm", choices=ARMS)
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--blocks", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.arm:
        work(options.arm, options.calls, options.blocks)
        return
    command = [sys.executable, "-m", "tests.benchmarks.overhead", "--serve"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = server.stdout.readline()
    found: dict[str, list[dict[str, Any]]] = {arm: [] for arm in ARMS}
    for _ in range(options.rounds):
        for arm in ARMS:
            said = ["--arm", arm, "--calls", str(options.calls), "--blocks", str(options.blocks)]
            run = [sys.executable, "-m", "tests.benchmarks.overhead_parts", *said]
            found[arm].append(json.loads(subprocess.run(run, input=url, stdout=subprocess.PIPE, text=True).stdout))
    stop([server])
    print(
        f"microseconds per chat call, medians of {options.rounds} processes\n{'':12}{'own thread':>12}{'process':>10}"
    )
    plain = {key: statistics.median(one[key] for one in found["plain"]) for key in ("own", "whole")}
    print(f"{'plain':12}{plain['own'] * 1e6:12.0f}{plain['whole'] * 1e6:10.0f}")
    for arm in ARMS[1:]:
        added = {key: statistics.median(one[key] for one in found[arm]) - plain[key] for key in plain}
        print(f"{arm:12}{added['own'] * 1e6:+12.0f}{added['whole'] * 1e6:+10.0f}")
    lines = [statistics.median(one["lines"][name] for one in found["whole"]) * 1e6 for name in LINES]
    print(f"the writer's thread, as it happens: started line {lines[0]:.0f}, end line {lines[1]:.0f}")


if __name__ == "__main__":
    main()
