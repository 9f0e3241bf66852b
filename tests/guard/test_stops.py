"""A stopped request reached no server, and nothing hides or repeats the stop: real SDKs in a real kernel."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernels import Kernel, chains_are_whole, kernel
from tests.loopback import Loopback, serving

pytestmark = pytest.mark.sdk

NOTES = [
    "Patient de 54 ans hospitalisé pour une douleur thoracique évoluant depuis mardi, troponine élevée.",
    "Femme de 71 ans, toux sèche et fièvre à 39 après un retour de voyage au Sénégal, frottis négatif.",
    "Known type 1 diabetic found unconscious by her daughter, glucose 1.8 mmol/L, recovered after dextrose.",
    "Retired welder with asbestos exposure, pleural thickening on CT, declines bronchoscopy for now.",
]
ROOT = str(Path(__file__).parents[2])
WORDS = ("thoracique", "frottis", "dextrose", "bronchoscopy", "sénégal", "senegal")


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def nb(tmp_path_factory: pytest.TempPathFactory, server: Loopback) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("guard")
    with kernel(folder, OPENAI_API_KEY="sk-" + "proj-" + "a1B2" * 12, ANTHROPIC_API_KEY="x7" * 20) as running:
        with (running.folder / "patients.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["id", "age", "notes"], *([i, 50 + i, n] for i, n in enumerate(NOTES))])
        running.run(
            "%load_ext jupyter_aiprov\nimport jupyter_aiprov as aiprov, pandas as pd\nimport asyncio, httpx, json"
        )
        running.run("df = pd.read_csv('patients.csv')\naiprov.confidential(df, columns=['notes'])")
        running.run(
            f"import openai, anthropic, tenacity\nfrom concurrent.futures import ThreadPoolExecutor\n"
            f"from jupyter_aiprov.errors import ConfidentialDataError\n"
            f"client = openai.OpenAI(base_url={server.url()!r} + '/v1')\n"
            f"aclient = openai.AsyncOpenAI(base_url={server.url()!r} + '/v1')\n"
            f"claude = anthropic.Anthropic(base_url={server.url()!r})\n"
            "def messages(text): return [{'role': 'user', 'content': text}]\n"
            "def chat(text, **k): return client.chat.completions.create(model='m', messages=messages(text), **k)\n"
            "async def achat(text, **k):\n"
            "    return await aclient.chat.completions.create(model='m', messages=messages(text), **k)\n"
            "note = df.notes[0]"
        )
        yield running
    assert chains_are_whole(folder)


CALLS = {
    "sync": "chat(note)",
    "stream": "list(chat(note, stream=True))",
    "stream helper": "client.chat.completions.stream(model='m', messages=messages(note)).__enter__()",
    "responses": "client.responses.create(model='m', input=note)",
    "embeddings": "client.embeddings.create(model='m', input=list(df.notes))",
    "async": "await achat(note)",
    "async stream": "await achat(note, stream=True)",
    "gather": "await asyncio.gather(*[achat(n) for n in df.notes])",
    "task": "await asyncio.create_task(achat(note))",
    "thread pool": "list(ThreadPoolExecutor(2).map(chat, df.notes))",
    "to_thread": "await asyncio.to_thread(chat, note)",
    "tenacity": "tenacity.retry(stop=tenacity.stop_after_attempt(3))(chat)(note)",
    "apply": "df.notes.apply(chat)",
    "anthropic": "claude.messages.create(model='m', max_tokens=9, messages=messages(note))",
    "anthropic stream": "claude.messages.stream(model='m', max_tokens=9, messages=messages(note)).__enter__()",
    "httpx": "httpx.post(f'{client.base_url}chat/completions', json={'model': 'm', 'messages': messages(note)})",
}


@pytest.mark.parametrize("name", CALLS)
def test_a_stopped_call_reaches_no_server_and_is_no_exception(nb: Kernel, server: Loopback, name: str) -> None:
    """`except Exception` around it does not hide it: the cell ends in ConfidentialDataError, once."""
    before = server.count
    wrapped = f"try:\n    _ = {CALLS[name]}\nexcept Exception as error:\n    print('HIDDEN', type(error))"
    cell = nb.run(wrapped, fails=True)
    assert cell.error is not None, cell.stdout
    assert cell.error["ename"] == "ConfidentialDataError"
    assert "df.notes" in cell.error["evalue"]
    assert not [w for w in WORDS if w in json.dumps(cell.error, ensure_ascii=False).lower().replace("note", "")]
    assert "HIDDEN" not in cell.stdout
    assert server.count == before


def test_gather_that_collects_exceptions_collects_the_stop(nb: Kernel, server: Loopback) -> None:
    """asyncio hands BaseExceptions over when it is asked to; still nothing is sent."""
    before = server.count
    nb.run("got = await asyncio.gather(*[achat(n) for n in df.notes], return_exceptions=True)")
    assert nb.value("[type(g).__name__ for g in got]") == ["ConfidentialDataError"] * len(NOTES)
    assert server.count == before


def test_a_file_uploaded_to_a_provider_is_examined(nb: Kernel) -> None:
    """Uploads are no calls, yet they leave: JSON Lines in a multipart body."""
    cell = nb.run(
        "import httpx2\nreached = []\n"
        "def never(request): reached.append(1); return httpx2.Response(200, json={})\n"
        "outside = openai.OpenAI(http_client=httpx2.Client(transport=httpx2.MockTransport(never)))\n"
        "outside.files.create(file=('n.jsonl', json.dumps({'text': note}).encode()), purpose='batch')",
        fails=True,
    )
    assert cell.error is not None
    assert cell.error["ename"] == "ConfidentialDataError", cell.error
    assert "passage(s) of df.notes" in cell.error["evalue"]
    assert nb.value("reached") == []
    nb.run("_ = outside.files.create(file=('n.jsonl', b'{\"text\": \"hello\"}'), purpose='batch')", fails=True)
    assert nb.value("reached") == [1]


def test_a_stopped_call_is_on_record_as_blocked_without_its_words(nb: Kernel) -> None:
    nb.run("_ = chat(df.notes[1])", fails=True)
    last = nb.calls()[-1]
    assert last["status"] == "failed"
    assert last["error.type"] == "ConfidentialDataError"
    assert last["privacy_scan"]["action"] == "block"
    assert last["privacy_scan"]["findings"] == [{"type": "confidential", "count": 1, "column": "df.notes"}]


def test_other_calls_go_through_and_one_warning_is_given_for_each_cell(nb: Kernel, server: Loopback) -> None:
    before = server.count
    cell = nb.run("for i in range(3): _ = chat('write to jean.dupont@chu.example.org')\n_ = chat('bonjour')")
    assert server.count == before + 4
    assert cell.stderr.count("e-mail address") == 1
    assert "jean.dupont" not in cell.stderr
    assert "names of people" in cell.stderr
    assert nb.run("_ = chat('bonjour')").stderr == ""


STORY = """
reached = []
def answer(request):
    reached.append((request.url.host, request.content.decode()))
    said = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "urgent"}}
    done = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [said]}
    return httpx2.Response(200, json=done) if httpx2 else httpx.Response(200, json=done)
try:
    import httpx2
except ImportError:
    httpx2 = None
Http = httpx2 or httpx
hosts = {"loopback": "http://127.0.0.1:9", "institutional": "https://llm.univ.example"}
hosts["external"] = "https://api.openai.com"
def clean(text):
    import re, unicodedata
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return re.sub(r"[^\\w\\s]", " ", plain)
forms = {"whole": lambda t: t, "truncated": lambda t: t[:50], "cleaned": clean}
forms["templated"] = lambda t: f"Note: {t}\\nCode:"
outcome = {}
for place, host in hosts.items():
    sender = Http.Client(transport=Http.MockTransport(answer))
    for form, change in forms.items():
        for note in df.notes:
            try:
                sender.post(host + "/v1/chat/completions", json={"model": "m", "messages": messages(change(note))})
                outcome.setdefault(place + " " + form, []).append("sent")
            except ConfidentialDataError:
                outcome.setdefault(place + " " + form, []).append("stopped")
"""


def test_patients_notes_reach_the_institution_and_nobody_else(nb: Kernel) -> None:
    """Whole, truncated, cleaned, templated; loopback keeps the external rules until declared."""
    nb.run("%config AIProv.institutional_hosts = ['univ.example']")
    nb.run(STORY)
    outcome = nb.value("outcome")
    for place, expected in (("loopback", "stopped"), ("institutional", "sent"), ("external", "stopped")):
        for form in ("whole", "truncated", "cleaned", "templated"):
            assert outcome[f"{place} {form}"] == [expected] * len(NOTES), (place, form)
    assert {host for host, _ in nb.value("reached")} == {"llm.univ.example"}
    nb.run("%config AIProv.local_hosts = ['127.0.0.1']")
    nb.run("reached.clear()\n" + STORY)
    assert {host for host, _ in nb.value("reached")} == {"llm.univ.example", "127.0.0.1"}
    nb.run("%config AIProv.local_hosts = []")


def test_no_word_of_a_confidential_note_is_in_any_file_that_the_tool_wrote(nb: Kernel) -> None:
    """Journal, texts, stamps: every level keeps columns declared confidential out."""
    nb.run("%config AIProv.institutional_hosts = ['univ.example']")
    nb.run("%config AIProv.journal_content = 'full'\n%config AIProv.notebook_content = 'full'")
    nb.run(STORY)
    nb.run(
        "sender = Http.Client(transport=Http.MockTransport(answer))\n"
        "for n in df.notes:\n"
        "    body = {'model': 'm', 'messages': messages(n)}\n"
        "    _ = sender.post(hosts['institutional'] + '/v1/chat/completions', json=body)"
    )
    shown = json.dumps(nb.seen.messages, default=str, ensure_ascii=False).lower()
    kept = [p for p in nb.folder.rglob("*") if p.is_file() and p.suffix in {".jsonl", ".json", ".txt", ".html"}]
    assert any(p.suffix == ".jsonl" for p in kept)
    for word in WORDS:
        for path in kept:
            assert word not in path.read_text("utf-8").lower(), (word, path.name)
        published = [m for m in nb.seen.messages if m["msg_type"] in {"display_data", "update_display_data", "error"}]
        for m in published:
            assert word not in json.dumps(m["content"], default=str, ensure_ascii=False).lower()
    assert "x7x7x7" not in shown


def test_no_word_of_a_note_is_in_the_saved_notebook_its_html_or_its_journal(tmp_path: Path) -> None:
    """The whole story executed headless with every level raised to full; the CSV alone holds the notes."""
    import nbformat
    from nbclient import NotebookClient
    from nbconvert import HTMLExporter

    with (tmp_path / "patients.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "notes"], *([i, n] for i, n in enumerate(NOTES))])
    sources = [
        "%load_ext jupyter_aiprov\n%config AIProv.journal_content = 'full'\n%config AIProv.notebook_content = 'full'\n"
        "%config AIProv.institutional_hosts = ['univ.example']",
        "import pandas as pd, httpx, jupyter_aiprov as aiprov\ndf = pd.read_csv('patients.csv')\n"
        "aiprov.confidential(df, columns=['notes'])\nfrom jupyter_aiprov.errors import ConfidentialDataError\n"
        "def messages(text): return [{'role': 'user', 'content': text}]",
        STORY,
        "df['label'] = [sender.post(hosts['institutional'] + '/v1/chat/completions', json={'model': 'm', 'messages': "
        "messages(n)}).json()['choices'][0]['message']['content'] for n in df.notes] if (sender := Http.Client("
        "transport=Http.MockTransport(answer))) else None",
        "body = {'model': 'm', 'messages': messages(df.notes[0])}\n"
        "sender.post(hosts['external'] + '/v1/chat/completions', json=body)",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    client = NotebookClient(book, timeout=60, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env={**os.environ, "JUPYTER_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": ROOT})
    errors = [o for c in book.cells for o in c.outputs if o.output_type == "error"]
    assert [e.ename for e in errors] == ["ConfidentialDataError"]
    nbformat.write(book, tmp_path / "story.ipynb")
    (tmp_path / "story.html").write_text(HTMLExporter().from_notebook_node(book)[0], "utf-8")
    kept = [p for p in tmp_path.rglob("*") if p.is_file() and p.name != "patients.csv"]
    assert {".ipynb", ".html", ".jsonl"} <= {p.suffix for p in kept}
    assert "aiprov" in (tmp_path / "story.ipynb").read_text("utf-8")
    for path in kept:
        text = path.read_text("utf-8", errors="replace").lower()
        assert not [w for w in WORDS if w in text], path.name


def test_a_pool_of_processes_is_stopped_too(tmp_path: Path, server: Loopback) -> None:
    """A forked child inherits the guard; what it raises comes back or kills the child, nothing is sent."""
    script = tmp_path / "child.py"
    script.write_text(
        f"""
import os, httpx
from jupyter_aiprov.config import AIProv
from jupyter_aiprov.errors import ConfidentialDataError
from jupyter_aiprov.guard import Guard
from jupyter_aiprov.model import Request
import json
guard = Guard(AIProv())
guard.declare("df", "notes", {NOTES!r})
pid = os.fork()
if pid == 0:
    body = json.dumps({{"messages": [{{"role": "user", "content": {NOTES[0]!r}}}]}}).encode()
    try:
        guard.examine(Request("POST", "https://api.openai.com/v1/chat/completions", {{}}, body), "external")
        os._exit(0)
    except ConfidentialDataError:
        os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
""",
        "utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "7"
