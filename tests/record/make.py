"""Write `examples.json`: every situation of the record's rules, with its events and what they come to.

    python -m tests.record.make

Ids and digests are short and made up; the events are what the journal of such a notebook holds.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

Event = dict[str, Any]
DAY = "2026-11-23T10:{:02d}:{:02d}.000+00:00"


class Story:
    """A session's events in order."""

    def __init__(self, session: str = "s1") -> None:
        self.session = session
        self.events: list[Event] = [self.at({"type": "session", "id": session, "status": "started"}, 0)]
        self.minute = 0

    def at(self, event: Event, minute: int, second: int = 0) -> Event:
        return {"time": DAY.format(minute, second), "session": self.session, **event}

    def cell(
        self,
        id_: str,
        *,
        cell: str | None = "c1",
        source: str = "ask()",
        count: int = 1,
        ordinal: int = 0,
        minute: int | None = None,
        status: str = "completed",
    ) -> str:
        self.minute = self.minute + 1 if minute is None else minute
        self.events.append(
            self.at(
                {
                    "type": "execution",
                    "id": id_,
                    "status": status,
                    "cell_id": cell,
                    "execution_count": count,
                    "source_sha256": sha256(source.encode()).hexdigest(),
                    "ordinal": ordinal,
                    "start_time": DAY.format(self.minute, 0),
                    "end_time": DAY.format(self.minute, 30),
                },
                self.minute,
                30,
            )
        )
        return id_

    def call(
        self,
        id_: str,
        execution: str | None,
        status: str = "completed",
        *,
        started: bool = True,
        ended: bool = True,
        **more: Any,
    ) -> None:
        evidence = more.pop("evidence", "captured")
        base = {
            "type": "invocation",
            "id": id_,
            "execution": execution,
            "evidence": evidence,
            "start_time": DAY.format(self.minute, 1),
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o-mini",
            "destination": "external",
        }
        capture = {"method": "httpx2", "attempt": more.pop("attempt", 1)}
        if started:
            self.events.append(self.at({**base, "status": "started", "capture": capture}, self.minute, 1))
        if ended:
            whole = more.pop("complete", status in {"completed", "cached"})
            done = {"streamed": more.pop("streamed", False), "complete": whole}
            answered = (
                {"gen_ai.response.model": "gpt-4o-mini-2024-07-18"}
                if status in {"completed", "cached", "abandoned"}
                else {}
            )
            self.events.append(
                self.at(
                    {
                        **base,
                        **answered,
                        "status": status,
                        "end_time": DAY.format(self.minute, 2),
                        "capture": {**capture, **done},
                        **more,
                    },
                    self.minute,
                    2,
                )
            )


def examples() -> list[dict[str, Any]]:
    """Situation, outcome, the test that shows it, events, the document where there is one, what they come to."""
    out: list[dict[str, Any]] = []

    def add(
        situation: str,
        outcome: str,
        shown_by: str,
        story: Story | list[Event],
        expect: dict[str, int],
        *,
        cells: list[str] | None = None,
        **more: Any,
    ) -> None:
        events = story if isinstance(story, list) else story.events
        out.append(
            {
                "situation": situation,
                "outcome": outcome,
                "shown_by": shown_by,
                "events": events,
                "cells": cells,
                "expect": expect,
                **more,
            }
        )

    s = Story()
    s.cell("e3", cell="c3", count=3)
    s.call("i1", "e3", started=True, ended=False)
    s.cell("e5", cell="c5", count=5, source="read()")
    s.call("i1", "e3", started=False, streamed=True, read_in="e5")
    add(
        "stream created in cell 3, read in cell 5",
        "one invocation, asked in 3, read in 5, stamp of 3 updated",
        "tests/record/test_who_asked.py::test_a_stream_created_in_one_cell_and_read_in_another_is_one_call_of_the_first",
        s,
        {"shown": 1},
        asked_in={"i1": 3},
    )

    s = Story()
    s.cell("e2", cell="c2", count=2, source="button")
    s.cell("e3", cell="c3", count=3, source="running")
    s.call("i1", "e2", evidence="inferred")
    add(
        "call from a comm handler in a subshell while a cell runs",
        "credited to the cell that opened the comm, inferred; the running cell untouched",
        "tests/record/test_who_asked.py::test_a_comm_handler_in_a_subshell_leaves_the_running_cell_untouched",
        s,
        {"shown": 1},
        asked_in={"i1": 2},
        inferred=["i1"],
    )
    add(
        "widget button built in A, clicked while C runs",
        "A, inferred",
        "tests/record/test_who_asked.py::test_a_widget_callback_is_credited_to_the_cell_that_built_the_widget",
        s,
        {"shown": 1},
        asked_in={"i1": 2},
        inferred=["i1"],
    )

    s = Story()
    s.cell("e1", source="get_ipython().run_cell('ask()')\nask()")
    s.call("i1", "e1")
    s.call("i2", "e1")
    add(
        "get_ipython().run_cell inside a cell",
        "one stamp, the outer cell's",
        "tests/record/test_who_asked.py::test_a_run_inside_a_run_has_one_stamp_the_outer_cells",
        s,
        {"shown": 2},
        asked_in={"i1": 1, "i2": 1},
    )

    s = Story()
    s.cell("eA", cell="cA", count=1, source="pool")
    s.cell("eB", cell="cB", count=2, source="submit")
    s.cell("eC", cell="cC", count=3, source="wait")
    s.call("i1", "eB")
    add(
        "thread pool created in A, work submitted in B, finishing after B",
        "B; late answers update B's stamp",
        "tests/record/test_who_asked.py::test_pool_work_belongs_to_the_cell_that_submitted_it",
        s,
        {"shown": 1},
        asked_in={"i1": 2},
    )

    s = Story()
    s.cell("e1", source="map in processes")
    child = Story("s1-4711")
    child.minute = 1
    child.call("i1", "e1", task_key="ask-1")
    add(
        "fork, spawn, Dask worker",
        "own journal file, merged; credited to the submitting cell; if not hooked: a gap",
        "tests/test_workers.py",
        [*s.events, *child.events],
        {"shown": 1},
        asked_in={"i1": 1},
    )

    s = Story()
    s.cell("e1", status="aborted")
    s.call("i1", "e1", "abandoned", streamed=True)
    add(
        "interrupt in the middle of a stream",
        "abandoned, partial text committed, chain whole",
        "tests/record/test_who_asked.py::test_an_interrupt_in_the_middle_of_a_stream_keeps_the_part_and_the_chain",
        s,
        {"shown": 1},
        asked_in={"i1": 1},
    )

    s = Story()
    s.cell("e1")
    s.call("i1", "e1", "failed", attempt=1, **{"error.type": "rate_limit_exceeded"})
    s.call("i2", "e1", "failed", attempt=2, **{"error.type": "rate_limit_exceeded"})
    s.call("i3", "e1", attempt=3)
    add(
        "SDK retries twice then succeeds",
        "three attempts, one answer counted",
        "tests/record/test_situations.py::test_two_retries_of_an_sdk_are_three_attempts_and_one_answer",
        s,
        {"shown": 1, "failed": 2},
        asked_in={"i3": 1},
    )

    s = Story("s1")
    s.cell("e1", cell="c1", source="submit the batch")
    s.call("i1", "e1", complete=False, **{"batch.id": "batch_7"})
    later = Story("s2")
    later.cell("e9", cell="c2", count=1, source="fetch the batch", minute=40)
    later.call("i2", "e9", **{"batch.id": "batch_7"})
    add(
        "batch job fetched a day later in another kernel",
        "asked in session 1, answer in session 2, joined by the provider's batch id",
        "tests/record/test_situations.py::test_a_batch_fetched_in_another_kernel_is_one_call_of_the_cell_that_handed_it_in",
        [*s.events, *later.events],
        {"shown": 1},
        asked_in={"i1": 1},
        batches={"batch_7": ["i1", "i2"]},
    )

    s = Story()
    s.cell("e1", cell=None, count=1, ordinal=0)
    s.call("i1", "e1")
    s.cell("e2", cell=None, count=2, ordinal=1)
    s.call("i2", "e2")
    add(
        "two identical cells run headless",
        "told apart by ordinal",
        "tests/record/test_who_asked.py::test_two_identical_cells_run_headless_are_told_apart_by_ordinal",
        s,
        {"shown": 2},
        asked_in={"i1": 1, "i2": 2},
    )

    first = Story("s1")
    first.cell("e1", cell="c1", count=1)
    first.call("i1", "e1")
    first.cell("e2", cell="c1", count=2)
    first.call("i2", "e2")
    first.cell("e3", cell="gone", count=3, source="deleted later")
    first.call("i3", "e3")
    again = Story("s2")
    again.cell("e4", cell="c1", count=1, minute=50)
    again.call("i4", "e4")
    add(
        "cell re-run, cell deleted, Restart-and-Run-All",
        "superseded and deleted calls are counted apart",
        "tests/record/test_situations.py::test_calls_of_earlier_runs_and_of_deleted_cells_are_counted_apart",
        [*first.events, *again.events],
        {"shown": 1, "superseded": 2, "deleted": 1},
        cells=["c1"],
        asked_in={"i4": 1},
    )

    s = Story()
    s.cell("e1")
    s.call("i1", "e1")
    add(
        "notebook copied, renamed, saved as",
        "stamps still find their journal by session; a copy says so",
        "tests/record/test_situations.py::test_a_copied_or_renamed_notebook_finds_its_journal_and_says_it_is_one",
        s,
        {"shown": 1},
        asked_in={"i1": 1},
    )

    s = Story()
    s.cell("e1")
    s.call("i1", "e1")
    for id_, who, name in (("r1", "Ada", "df.label"), ("r2", "Grace", "df.score")):
        s.events.append(
            s.at(
                {
                    "type": "review",
                    "id": id_,
                    "status": "checked",
                    "subject": {"kind": "column", "name": name},
                    "by": {"name": who, "identity": "asserted"},
                    "method": "read-all",
                },
                9,
            )
        )
    add(
        "two people review different items in two browsers",
        "both reviews remain",
        "tests/ui/test_collaboration.py::test_two_people_who_review_different_items_lose_nothing",
        s,
        {"shown": 1},
        asked_in={"i1": 1},
        reviews=["r1", "r2"],
    )

    add(
        "kernel env without the package, server env with it",
        'panel: "this kernel does not record", with the one command',
        "tests/ui/test_real_life.py::test_a_kernel_without_the_extension_is_asked_once_and_said",
        [],
        {},
    )
    add(
        "older file in a newer version and the reverse",
        "read without loss; golden files frozen at each release",
        "tests/golden/test_golden.py::test_a_golden_file_says_what_it_said_when_it_was_made",
        [
            {
                "type": "invocation",
                "id": "i1",
                "status": "completed",
                "time": DAY.format(1, 0),
                "session": "s1",
                "from.the.future": {"kept": True},
            },
            {"type": "from-the-future", "id": "f1", "time": DAY.format(1, 0), "session": "s1"},
        ],
        {"shown": 1},
        newer=True,
    )
    return out


if __name__ == "__main__":
    path = Path(__file__).with_name("examples.json")
    path.write_text(json.dumps(examples(), indent=1) + "\n")
