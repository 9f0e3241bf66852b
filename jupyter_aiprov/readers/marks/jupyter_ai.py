"""jupyter-ai 2 and 3: `%%ai` and `%ai`, read from the output's metadata and from the cell's own first word.

Marks the output, not the source: the prompt in a `%%ai` cell is a person's. With `-f code` the
answer becomes the cell below. `model_id` is what the user typed, not what answered.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from jupyter_aiprov.readers.marks._mark import Cell, Mark, outputs_of, source_of, text_of

TOOL = "jupyter-ai"
_CELL = re.compile(r"%%ai(?:[ \t]+(?P<line>[^\n]*))?\n(?P<prompt>.*)", re.DOTALL)
_LINE = re.compile(r"^\s*(?:[\w, ]+=\s*)?%ai(?P<line>[ \t][^\n]*)?$", re.MULTILINE)
# Subcommands of `%ai`; only these ask a model. `error` is jupyter-ai 2's name of `fix`.
_ASKING = frozenset({"error", "fix"})
_VALUED = frozenset(
    {"-f", "--format", "-n", "--region-name", "-q", "--request-schema", "-p", "--response-path", "-m"}
    | {"--model-parameters", "--api-base", "--api-key-name"}
)
_INSERTED = "AI generated code inserted below"


def marks(cell: Cell) -> Iterator[Mark]:
    """The outputs of a call, and with `-f code` the cell below."""
    if cell.get("cell_type", "code") != "code":
        return
    told = [model for output in outputs_of(cell) for model in _told(output)]
    asked, typed = _asked(source_of(cell))
    for model in dict.fromkeys(told):
        yield Mark("outputs", TOOL, model=model or typed, method="output metadata")
    if asked and not told and any(_is_answer(o) for o in outputs_of(cell)):
        yield Mark("outputs", TOOL, model=typed, method="%%ai source", evidence="inferred", confidence="medium")
    if any(_INSERTED in text_of(_data(o).get("text/html")) for o in outputs_of(cell)):
        model = next((m for m in told if m), typed)
        yield Mark("below", TOOL, model=model, method="-f code", evidence="inferred", confidence="medium")


def _data(output: Mapping[str, Any]) -> Mapping[str, Any]:
    found = output.get("data")
    return found if isinstance(found, Mapping) else {}


def _told(output: Mapping[str, Any]) -> Iterator[str | None]:
    """Model ids in the output's metadata, at its top or under the key of a MIME type."""
    metadata = output.get("metadata")
    if not isinstance(metadata, Mapping):
        return
    for place in (metadata, *(v for k, v in metadata.items() if "/" in str(k) and isinstance(v, Mapping))):
        three, two = place.get("jupyter_ai_v3"), place.get("jupyter_ai")
        if isinstance(three, Mapping):
            yield _model(three)
        elif isinstance(two, Mapping):
            yield _model(two)


def _model(said: Mapping[str, Any]) -> str | None:
    names = [v for k in ("provider_id", "model_id") if isinstance(v := said.get(k), str) and v]
    return ":".join(names) or None


def _is_answer(output: Mapping[str, Any]) -> bool:
    """Errors and what was printed are no answers."""
    return output.get("output_type") in ("display_data", "execute_result")


def _asked(source: str) -> tuple[bool, str | None]:
    """Does the cell ask a model, and the model it names. `%ai list` asks none, `%ai error` does."""
    whole = _CELL.match(source.lstrip())
    if whole is not None:
        return bool(whole["prompt"].strip()), _first(whole["line"])
    for line in _LINE.finditer(source):
        words = _words(line["line"])
        if words and words[0] in _ASKING:
            return True, _first(" ".join(words[1:]))
    return False, None


def _first(line: str | None) -> str | None:
    """The first word that is neither an option nor an option's value."""
    words = iter(_words(line))
    for word in words:
        if word in _VALUED:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


def _words(line: str | None) -> list[str]:
    try:
        return shlex.split(line or "")
    except ValueError:
        return (line or "").split()
