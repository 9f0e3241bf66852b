"""Notebooks as they should not be: old formats, other kernels, broken parts, and what is no notebook at all."""

from __future__ import annotations

import json
from typing import Any

from tests.exporters import records


def _v4(minor: int = 5, **metadata: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": ["1 + 1"]}
    if minor >= 5:
        cell["id"] = "c1"
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": metadata, "cells": [cell]}


def _broken(value: Any) -> dict[str, Any]:
    """The study with every place for metadata, outputs and our records filled with what does not belong there."""
    nb: dict[str, Any] = json.loads(json.dumps(records.document()))
    nb["metadata"] = {"kernelspec": value, "language_info": value, "aiprov": value, "widgets": value, "title": value}
    for cell in nb["cells"]:
        cell["metadata"] = {"aiprov": value, "tags": value, "collapsed": value}
        for output in cell.get("outputs", ()):
            output["metadata"] = {"aiprov": value}
            for kind in output.get("data", {}):
                output["data"][kind] = value
    nb["cells"] += [value, {"cell_type": value, "source": value}, {"cell_type": "code", "outputs": value}]
    nb["cells"] += [
        {"cell_type": "code", "metadata": value, "source": value, "outputs": [value, {"output_type": value}]}
    ]
    return nb


_OLD_CELL = {"cell_type": "code", "language": "python", "outputs": [], "collapsed": False, "metadata": {}}
_R = {"kernelspec": {"display_name": "R", "language": "R", "name": "ir"}, "language_info": {"name": "R"}}
_JULIA = {"kernelspec": {"display_name": "Julia 1.11", "language": "julia", "name": "julia-1.11"}}

# Notebooks that every command reads.
READABLE: dict[str, Any] = {
    "nbformat 2": {
        "nbformat": 2,
        "metadata": {"name": "old"},
        "worksheets": [{"cells": [{**_OLD_CELL, "input": "print 1", "prompt_number": 1}]}],
    },
    "nbformat 3": {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "old"},
        "worksheets": [{"metadata": {}, "cells": [{**_OLD_CELL, "input": ["print 1"], "prompt_number": 1}]}],
    },
    "nbformat 4.0": _v4(0, kernelspec={"display_name": "Python 3", "name": "python3"}),
    "R": _v4(4, **_R),
    "Julia": _v4(5, **_JULIA),
    "no cells": {**_v4(), "cells": []},
    "metadata null": {**_v4(), "metadata": None},
    "metadata a list": {**_v4(), "metadata": ["x"]},
    "metadata missing": {k: v for k, v in _v4().items() if k != "metadata"},
    "parts null": _broken(None),
    "parts numbers": _broken(7),
    "parts texts": _broken("x"),
    "parts lists": _broken([[]]),
    "parts objects": _broken({"sessions": {"a": []}, "groups": 3, "execution": []}),
    "4 MB": {
        **_v4(),
        "cells": [
            {
                **_v4()["cells"][0],
                "outputs": [
                    {"output_type": "stream", "name": "stdout", "text": ["0123456789abcdef" * 64 + "\n"] * 4096}
                ],
            }
        ],
    },
}

# What is refused with one line.
REFUSED: dict[str, bytes] = {
    "0 bytes": b"",
    "blanks": b" \n\n",
    "not JSON": b"print('hello')\n",
    "cut JSON": json.dumps(_v4()).encode()[:40],
    "a list": b"[]",
    "a number": b"7",
    "not UTF-8": b"\xff\xfe\x00{",
    "of the future": b'{"nbformat": 9, "cells": []}',
    "of no format": b'{"nbformat": "four", "cells": []}',
    "no list of cells": b'{"nbformat": 4, "cells": {}}',
    "nested too deeply": b'{"cells":' + b"[" * 200_000,
}
