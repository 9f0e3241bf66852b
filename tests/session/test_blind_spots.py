"""What nothing here can observe is said: shell commands, AI functions of databases, libraries without a hook."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_aiprov.coverage import blind_spots
from tests.kernels import kernel

SEEN = {
    "!curl https://api.openai.com/v1/chat/completions -d @ask.json": ("shell-command", "curl"),
    "answer = !curl -s http://localhost:11434/api/generate": ("shell-command", "curl"),
    "x = 1\n  !ollama run llama3.2 'why'": ("shell-command", "ollama"),
    "%%bash\nset -e\nollama run llama3.2 < prompt.txt": ("shell-command", "ollama"),
    "%%sh\nclaude -p 'summarise' > out.txt": ("shell-command", "claude"),
    "%%script bash\ncurl https://x": ("shell-command", "curl"),
    "%sx llama-cli -m model.gguf": ("shell-command", "llama-cli"),
    "get_ipython().system('curl -s http://localhost:11434/api/generate')": ("shell-command", "curl"),
    "out = get_ipython().getoutput('ls')": ("shell-command", ""),
    "!{command}": ("shell-command", ""),
    "!ls": ("shell-command", ""),
    "spark.sql('SELECT ai_query(\"databricks-gpt\", note) FROM notes')": ("sql-function", "ai_query"),
    "df.selectExpr('ai_classify(note, array(\"a\"))')": ("sql-function", "ai_classify"),
    "df.withColumn('s', expr('ai_analyze_sentiment(note)'))": ("sql-function", "ai_analyze_sentiment"),
    "%%bigquery\nSELECT * FROM ML.GENERATE_TEXT(MODEL m, TABLE t)": ("sql-function", "ML.GENERATE_TEXT"),
    "%%bigquery\nSELECT AI.CLASSIFY(note, ['a']) FROM t": ("sql-function", "AI.CLASSIFY"),
    "session.sql(\"SELECT SNOWFLAKE.CORTEX.COMPLETE('m', note)\")": ("sql-function", "SNOWFLAKE.CORTEX.COMPLETE"),
    "%%sql\nSELECT pgml.transform('text-classification', inputs => ARRAY['x'])": ("sql-function", "pgml.transform"),
    "%%sql\nSELECT azure_openai.create_embeddings('d', note) FROM t": (
        "sql-function",
        "azure_openai.create_embeddings",
    ),
    "con.sql(\"SELECT prompt('Sum up ' || note) FROM t\")": ("sql-function", "prompt"),
    "%%sql\nselect ai narrate how many patients are there": ("sql-function", "SELECT AI"),
    "%%bigquery\nSELECT AI.SIMILARITY(a, b) FROM t": ("sql-function", "AI.SIMILARITY"),
    "%%sql\nSELECT ai_complete('m', note) FROM t": ("sql-function", "ai_complete"),
    "%%sql\nSELECT ai.openai_chat_complete('gpt-4o', note) FROM t": ("sql-function", "ai.openai_chat_complete"),
}
UNSEEN = [
    "x = 1",
    "curl = 3\nprint(curl)",
    "if a != b: pass",
    "# !curl x",
    "%time ask()",
    "ai.generate_thing(x)",
    "my_ai_query",
    "answer = prompt('x')",
    "the text to select AI systems from",
]


@pytest.mark.parametrize("source", SEEN)
def test_a_cell_that_may_call_ai_where_nothing_sees_it_is_noted_with_its_word(source: str) -> None:
    assert SEEN[source] in list(blind_spots(source))


@pytest.mark.parametrize("source", UNSEEN)
def test_an_ordinary_cell_is_not(source: str) -> None:
    assert list(blind_spots(source)) == []


def test_the_disclosure_says_what_was_not_captured(tmp_path: Path) -> None:
    with kernel(tmp_path) as nb:
        nb.run("%load_ext jupyter_aiprov")
        nb.run("!echo curl s3cret-argument")
        nb.run("%%bash\necho ollama run")
        nb.run("query = 'SELECT ai_query(m, note)'")
        nb.run("import sys, types; sys.modules['vllm'] = types.ModuleType('vllm')")
        gaps = {(e["reason"], e["detail"]) for e in nb.events("gap")}
        nb.run("%unload_ext jupyter_aiprov")
        (coverage,) = [e["coverage"] for e in nb.events("session") if e["status"] == "ended"]
    wanted = {
        ("shell-command", "curl"),
        ("shell-command", "ollama"),
        ("sql-function", "ai_query"),
        ("not-covered", "vllm"),
    }
    assert wanted <= gaps
    assert "s3cret-argument" not in str(gaps)
    assert (coverage["shell-command"], coverage["sql-function"], coverage["not_covered"]) == (2, 1, ["vllm"])


OUTSIDE = """
import asyncio, os, subprocess
there = "http://127.0.0.1:9/v1/chat/completions"
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
"""
CHILDREN = {
    "subprocess.run('curl -s ' + there, shell=True, **quiet)": "curl",
    "subprocess.run(['bash', '-c', 'wget -q ' + there], **quiet)": "wget",
    "_ = os.system('ollama run llama3.2 why > /dev/null 2>&1')": "ollama",
    "p = await asyncio.create_subprocess_shell('xh ' + there, **quiet); _ = await p.wait()": "xh",
    "_ = os.popen('llm why 2>&1').read()": "llm",
}


def test_programs_that_ask_models_are_said_however_they_are_started_and_others_are_not(tmp_path: Path) -> None:
    with kernel(tmp_path) as nb:
        nb.run("%load_ext jupyter_aiprov")
        nb.run(OUTSIDE)
        nb.run(
            "subprocess.run('echo curl', shell=True, **quiet); _ = os.system('true'); subprocess.run(['ls'], **quiet)"
        )
        assert nb.events("gap") == []
        for code in CHILDREN:
            nb.run(code)
        nb.run("%unload_ext jupyter_aiprov")
        found = [e["detail"].partition(":")[0] for e in nb.events("gap") if e["reason"] == "child-process"]
        assert nb.value("(os.system.__module__, subprocess.Popen.__init__.__name__)") == ["posix", "__init__"]
    assert found == list(CHILDREN.values())


OWN_STACKS = ("curl_cffi", "pycurl", "primp", "aiosonic", "niquests", "geventhttpclient", "tornado.simple_httpclient")


def test_clients_that_send_without_a_library_we_follow_are_said_when_imported(tmp_path: Path) -> None:
    with kernel(tmp_path) as nb:
        nb.run("%load_ext jupyter_aiprov")
        nb.run(f"import sys, types\nfor n in {OWN_STACKS}: sys.modules[n] = types.ModuleType(n)")
        nb.run("%unload_ext jupyter_aiprov")
        assert {e["detail"] for e in nb.events("gap") if e["reason"] == "not-covered"} == set(OWN_STACKS)


def test_shell_cells_whose_program_is_not_known_are_counted_in_the_disclosure(tmp_path: Path) -> None:
    from jupyter_aiprov.exporters._facts.coverage import gaps
    from jupyter_aiprov.provenance import Provenance

    with kernel(tmp_path) as nb:
        nb.run("%load_ext jupyter_aiprov")
        nb.run("!true")
        nb.run("command = 'true'\n!{command}")
        nb.run("%unload_ext jupyter_aiprov")
        counts, _ = gaps([Provenance.of(nb.events())])
    assert counts["shell-command"] == 2
