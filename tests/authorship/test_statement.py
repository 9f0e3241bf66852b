"""Drafted cells in what is handed in: where and with what; how much only where it is asked for."""

from __future__ import annotations

import json
from typing import Any

from jupyter_aiprov.exporters import prov, statement
from jupyter_aiprov.provenance import Cell, Provenance


def drafted(*origins: str, human: str | None = None) -> Provenance:
    cells = [Cell(i, f"c{i}", "code", f"{i:064x}") for i in range(len(origins))]
    events: list[dict[str, Any]] = [
        {
            "type": "authorship",
            "id": f"a{i}",
            "cell_id": f"c{i}",
            "source_sha256": f"{i:064x}",
            "origin": origin,
            "model": "gpt-4o",
            "share": [0.7, 0.9],
            "evidence": "inferred",
        }
        for i, origin in enumerate(origins)
        if origin
    ]
    if human:
        said = {"kind": "authorship", "subject": f"cell:{human}", "value": {"origin": "human"}}
        events.append({"type": "declaration", "id": "d1", **said})
    return Provenance.of(events, cells=cells, notebook="study.ipynb")


def test_cells_drafted_alike_are_named_together() -> None:
    found = drafted("", "ai-assisted", "", "ai-assisted", "ai-assisted", "ai-assisted")
    text = statement.render([found]).text
    assert "cells 2, 4–6" in text
    assert "gpt-4o" in text


def test_the_share_is_printed_only_where_it_is_asked_for() -> None:
    found = drafted("ai-assisted")
    assert "70–90" not in statement.render([found]).text
    assert "0.7" not in statement.render([found], format="json").text
    assert "70–90" in statement.render([found], share=True).text


def test_a_draft_that_a_person_edited_stays_a_draft_that_a_person_edited() -> None:
    text = statement.render([drafted("ai-generated", human="c0")]).text
    assert "then edited by a person" in text
    assert "modifié par une personne" in statement.render([drafted("ai-generated", human="c0")], language="fr").text


def test_prov_attributes_a_draft_to_its_model_and_an_edit_to_the_draft() -> None:
    made = json.loads(prov.export(drafted("ai-generated", "ai-assisted")))
    assert len(made["wasAttributedTo"]) == 2
    (revision,) = made["wasDerivedFrom"].values()
    assert "Revision" in json.dumps(revision["prov:type"])
    assert revision["prov:usedEntity"] in {a["prov:entity"] for a in made["wasAttributedTo"].values()}


def test_a_cell_that_two_models_wrote_names_both_and_a_new_source_its_own_author_only() -> None:
    cells = [Cell(0, "c0", "code", "0" * 64)]

    def by(model: str, number: int, sha: str) -> dict[str, Any]:
        return {
            "type": "authorship",
            "id": f"a{number}",
            "cell_id": "c0",
            "source_sha256": sha * 64,
            "origin": "ai-assisted",
            "model": model,
            "evidence": "inferred",
        }

    both = statement.render([Provenance.of([by("gpt-4o", 1, "0"), by("claude", 2, "0")], cells=cells)]).text
    assert "gpt-4o" in both
    assert "claude" in both
    later = statement.render([Provenance.of([by("gpt-4o", 1, "1"), by("claude", 2, "0")], cells=cells)]).text
    assert "gpt-4o" not in later
    assert "claude" in later
