"""Writes the golden files of one version, once: `python tests/golden/make.py v1`. Never run for a released one."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from jupyter_aiprov import stamp
from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.notebook import marks_of, provenance_of
from jupyter_aiprov.provenance import use_of_group
from jupyter_aiprov.verify import verify
from tests.notebook.made import study
from tests.notebook.test_verify import reviewed


def main(version: str) -> None:
    target = Path(__file__).parent / version
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        one = study(Path(folder))
        one.run("tone()", id_="c-tone", calls=4)
        one.run("tone()", id_="c-tone", calls=2, ordinal=1, replaces=True)
        events = one.events()
        stamped = one.notebook()
        annotated = annotate(stamped, events).notebook
        cleared = json.loads(json.dumps(annotated))
        for cell in cleared["cells"]:
            cell["outputs"] = []
        french = json.loads(json.dumps(stamped))
        stable = json.loads(json.dumps(stamped))
        for cell in french["cells"]:
            for output in cell["outputs"]:
                if record := output["data"].get("application/vnd.aiprov.v1+json") if "data" in output else None:
                    output["data"] = stamp.bundle(record, "fr")
        for cell in stable["cells"]:
            for number, output in enumerate(cell["outputs"]):
                if record := output["data"].get("application/vnd.aiprov.v1+json") if "data" in output else None:
                    uses = [use_of_group(g) for g in record["groups"]]
                    made = [{**d, "type": "derivation"} for d in record["derivations"]]
                    again = stamp.record(record["execution"], uses, made, stable=True)
                    cell["outputs"][number] = {
                        **output,
                        "data": stamp.bundle(again),
                        "metadata": {"aiprov": stamp.mark(again)},
                    }
        one.close()
        found = {
            "stamped": stamped,
            "stamped-fr": french,
            "stable": stable,
            "annotated": annotated,
            "reviewed": reviewed(json.loads(json.dumps(annotated))),
            "outputs-cleared": cleared,
            "without-cell-ids": {
                **one.notebook(minor=4),
                "cells": [{k: v for k, v in c.items() if k != "id"} for c in stamped["cells"]],
            },
        }
    for name, nb in found.items():
        (target / f"{name}.ipynb").write_text(json.dumps(nb, indent=1) + "\n")
        fold = provenance_of(nb)
        said = {
            "counts": {s: fold.count(s) for s in ("shown", "superseded", "deleted", "failed")},
            "models": sorted({u.model for u in fold.uses if u.model}),
            "subjects": sorted(fold.ai_subjects()),
            "reviews": sorted(fold.reviews),
            "declarations": sorted(fold.declarations),
            "marks": [m.index for m in marks_of(nb)],
            "answer": verify(nb).answer,
        }
        (target / f"{name}.json").write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
