"""The tools themselves, installed in an environment of their own: what they write is what we read."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jupyter_aiprov.readers.marks import authorship_of, marks_of
from tests.authorship.labelled import labelled
from tests.kernels import Cell, kernel
from tests.loopback import serving

# An interpreter with jupyter-ai-magic-commands, notebook-intelligence, ipykernel and httpx.
PYTHON = os.environ.get("AIPROV_JUPYTER_AI_PYTHON", "")
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not PYTHON, reason="set AIPROV_JUPYTER_AI_PYTHON to an interpreter with jupyter-ai"),
    pytest.mark.timeout(400),
]
CODE = labelled()["answers"]["regex"].split("```python\n")[1].split("```")[0].rsplit("\n\n", 1)[0]
MODEL = "openai/gpt-4o-mini"


def saved(source: str, ran: Cell) -> dict[str, Any]:
    """The cell as a front end saves it."""
    results = [{"output_type": "execute_result", **one} for one in ran.of("execute_result")]
    return {"cell_type": "code", "id": "c", "source": source, "metadata": {}, "outputs": results}


def test_the_magics_of_jupyter_ai_3_are_read_and_their_code_is_followed(tmp_path: Path) -> None:
    answers = {"json": json.dumps({"dose": 5}), "code": f"```python\n{CODE}\n```"}
    with kernel(tmp_path, python=PYTHON, OPENAI_API_KEY="sk-test", LITELLM_LOCAL_MODEL_COST_MAP="True") as nb:
        nb.run("%load_ext jupyter_aiprov", timeout=200)
        nb.run("%load_ext jupyter_ai_magic_commands", timeout=200)
        for form in ("text", "markdown", "json", "code"):
            with serving([answers.get(form, "A dose is an amount.")]) as server:
                source = f"%%ai {MODEL} -f {form} --api-base {server.url()}/v1\nFind the dose in a text"
                cell = saved(source, nb.run(source, timeout=200))
            (mark,) = [m for m in marks_of(cell) if m.of == "outputs"]
            assert (mark.tool, mark.model, mark.evidence) == ("jupyter-ai", MODEL, "imported"), form
        assert [m.model for m in marks_of(cell) if m.of == "below"] == [MODEL]
        assert not marks_of(saved("%ai list", nb.run("%ai list", timeout=200)))
        nb.run(CODE, cell_id="inserted")
        (event,) = nb.events("authorship")
        assert (event["tool"], event["method"], event["evidence"]) == ("jupyter-ai", "set_next_input", "captured")
        assert event["invocation"] == nb.calls()[-1]["id"]
        assert event["share"] == [1.0, 1.0]
        nb.run(CODE + "\n\nassert dose_in_mg('2,5 g') == 2500.0\nassert dose_in_mg(None) is None\n", cell_id="edited")
        assert nb.events("authorship")[-1]["origin"] == "ai-assisted"


def test_chatbooks_own_digests_are_the_ones_we_compare() -> None:
    """Chatbook's own code generation, without its server; the front end saves what it returns."""
    program = (
        "import json; from notebook_intelligence.chatbook_kernel.codegen import resolve_executable_source as run\n"
        f"answer = '```python\\n' + {CODE!r} + '\\n```'\n"
        "code, info = run('find doses', {}, lambda p, m: {'generatedCode': answer})\n"
        "print('INFO' + json.dumps({'code': code, **info}))"
    )
    done = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    info = json.loads(done.stdout.split("INFO", 1)[1])
    assert info["code"] == CODE
    said = {
        "mode": "prompt",
        "origin": "prompt",
        "prompt": "find doses",
        **{k: info[k] for k in ("promptHash", "generatedCode")},
    }
    cell = {"cell_type": "code", "source": "find doses", "metadata": {"nbi": {"chatbook": said}}}
    assert authorship_of(cell)[0]["confidence"] == "high"
    assert authorship_of({**cell, "source": "find weights"})[0]["confidence"] == "low"
