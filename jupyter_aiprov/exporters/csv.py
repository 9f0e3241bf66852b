"""CSV of uses, one line per cell and kind of call; no cell can be taken for a formula."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from jupyter_aiprov import semconv
from jupyter_aiprov.exporters._document import clean
from jupyter_aiprov.provenance import Provenance, Use

NAME = "csv"
EXTENSION = ".csv"

COLUMNS = (
    "notebook",
    "cell",
    "execution_count",
    semconv.OPERATION,
    semconv.PROVIDER,
    semconv.REQUEST_MODEL,
    semconv.RESPONSE_MODEL,
    "destination",
    "status",
    "standing",
    "count",
    "parameters",
    *semconv.USAGE_KEYS,
    "usage_missing",
    "first",
    "last",
    "evidence",
)
_FORMULA = tuple("=+-@＝＋－＠|%")


def export(provenance: Provenance) -> str:
    """Comma-separated, UTF-8, header first; what was not recorded is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for use in provenance.uses:
        writer.writerow([_cell(v) for v in _row(provenance, use)])
    return out.getvalue()


def _row(provenance: Provenance, use: Use) -> list[Any]:
    given = use.attributes
    sent = {
        k.removeprefix(semconv.REQUEST_PREFIX): v
        for k, v in given.items()
        if k.startswith(semconv.REQUEST_PREFIX) and k != semconv.REQUEST_MODEL
    }
    return [
        provenance.notebook,
        use.cell_index + 1 if use.cell_index is not None else None,
        use.execution_count,
        *(
            given.get(k)
            for k in (
                semconv.OPERATION,
                semconv.PROVIDER,
                semconv.REQUEST_MODEL,
                semconv.RESPONSE_MODEL,
                semconv.DESTINATION,
            )
        ),
        use.status,
        use.standing,
        use.count,
        json.dumps(sent, ensure_ascii=False, sort_keys=True, default=str) if sent else None,
        *(use.usage.get(k) for k in semconv.USAGE_KEYS),
        use.usage_missing,
        use.first,
        use.last,
        use.evidence,
    ]


def _cell(value: Any) -> Any:
    """Numbers as they are; text that a spreadsheet would run gets an apostrophe in front."""
    if value is None or isinstance(value, int | float):
        return value
    text = clean(value)
    return "'" + text if text.lstrip().startswith(_FORMULA) else text
