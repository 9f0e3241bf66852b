"""What a stamp needs of one execution."""

from __future__ import annotations

from jupyter_aiprov.journal import Event
from jupyter_aiprov.proof import merkle_root
from jupyter_aiprov.provenance import Count, Use, alike, uses_of

_IDS_MAX = 20  # ids of alike calls that a stamp may need


class Tally:
    """What a stamp needs of one execution, kept small: groups, hashes of the lines, open calls."""

    def __init__(self) -> None:
        self.groups: dict[str, Count] = {}
        self.open: dict[str, Event] = {}
        self.hashes: list[str] = []
        self.seqs: list[int] = []
        self.ids: list[str] = []
        self.events: list[Event] = []  # derivations, gaps, authorship of this execution
        self.texts: list[Event] = []
        self.changed = False

    def add(self, event: Event) -> None:
        """A line of this execution was written."""
        self.changed = True
        if event.get("hash"):
            self.hashes.append(event["hash"])
            self.seqs.append(event["seq"])
        if event["type"] != "invocation":
            self.events.append(event)
            return
        if event["status"] == "started":
            self.open[event["id"]] = event
            self.ids.append(event["id"])
            return
        self.open.pop(event["id"], None)
        if event.get("kind") == "housekeeping":
            return
        key = alike(event)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Count(event, _IDS_MAX)
        group.add(event)

    def uses(self) -> list[Use]:
        """Alike calls, those still open among them as `started`."""
        return [*(group.use() for group in list(self.groups.values())), *uses_of(list(self.open.values()))]

    def root(self) -> str | None:
        """Merkle root over the hashes of this execution's lines."""
        return merkle_root(self.hashes)
