"""The digests that the front end shares with Python are frozen in proof.json."""

import json
from pathlib import Path

from tests.vectors.integrity import cases
from tests.vectors.make import vectors


def test_python_computes_what_the_shared_vectors_say() -> None:
    """A change here breaks every notebook sealed before it: raise the schema version instead."""
    frozen = json.loads((Path(__file__).parent / "proof.json").read_text(encoding="ascii"))
    assert json.loads(json.dumps(vectors())) == frozen


def test_verify_answers_what_the_shared_notebooks_say() -> None:
    """The browser is tested with the same notebooks: both must give the same of the four answers."""
    frozen = json.loads((Path(__file__).parent / "integrity.json").read_text(encoding="ascii"))
    assert json.loads(json.dumps(cases())) == frozen
