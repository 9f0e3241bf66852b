"""A provider is one function: declared anywhere, recognised everywhere, and never fatal."""

import re
import sys
import types
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from jupyter_aiprov import readers
from jupyter_aiprov.model import Exchange, Request, Response

README = Path(__file__).parents[2] / "README.md"
SOURCE = '''
from jupyter_aiprov.model import Exchange, Invocation, Message
from jupyter_aiprov.readers import reads


@reads(host="api.oracle-of-delphi.example", path="/v1/ask", provider="delphi")
def ask(exchange: Exchange) -> Invocation:
    """Delphi's one endpoint."""
    body = exchange.request.json or {}
    said = Message.text("user", body["question"])
    if exchange.response is None:
        return Invocation("chat", request_model=body.get("priestess"), input=(said,))
    answer = Message.text("assistant", exchange.response.body.decode())
    return Invocation("chat", request_model=body.get("priestess"), input=(said,), output=(answer,), complete=True)
'''
ASKED = Request(
    "POST", "https://api.oracle-of-delphi.example/v1/ask", {}, b'{"question": "War?", "priestess": "Pythia"}'
)


@pytest.fixture(autouse=True)
def _fresh_registry() -> Iterator[None]:
    readers._registry.cache_clear()
    yield
    readers._registry.cache_clear()


def offer(monkeypatch: pytest.MonkeyPatch, *points: EntryPoint) -> None:
    monkeypatch.setattr(readers, "entry_points", lambda group: EntryPoints(points).select(group=group))


def test_a_provider_is_added_by_one_file_and_an_entry_point_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert readers.recognise(ASKED) is None
    readers._registry.cache_clear()
    (tmp_path / "aiprov_delphi.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    offer(monkeypatch, EntryPoint("delphi", "aiprov_delphi", readers.GROUP))
    reader = readers.recognise(ASKED)
    assert reader is not None
    assert (reader.name, reader.provider, readers.failures()) == ("aiprov_delphi.ask", "delphi", ())
    found = reader.read(Exchange(ASKED, Response(200, {}, b"A great empire will fall.")))
    assert (found.provider, found.request_model, found.complete) == ("delphi", "Pythia", True)
    monkeypatch.delitem(sys.modules, "aiprov_delphi")


def test_the_example_in_the_readme_fits_on_a_screen_and_adds_a_provider_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    section = README.read_text("utf-8").partition("## Add a provider\n")[2].partition("\n## ")[0]
    assert len(section.splitlines()) <= 45
    code = section.partition("```python\n")[2].partition("```")[0]
    named = re.search(r'^(\w+) = "my_package\.(\w+)"$', section, re.MULTILINE)
    assert named is not None
    (tmp_path / "aiprov_from_readme.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    offer(monkeypatch, EntryPoint(named[1], "aiprov_from_readme", readers.GROUP))
    asked = Request("POST", "https://api.delphi.example/v1/ask", {}, b'{"question": "War?", "model": "Pythia"}')
    reader = readers.recognise(asked)
    assert reader is not None
    started = reader.read(Exchange(asked))
    assert (started.request_model, started.output, started.complete) == ("Pythia", (), False)
    found = reader.read(Exchange(asked, Response(200, {}, b"A great empire will fall.")))
    assert (found.provider, found.complete, found.unparsed) == ("delphi", True, None)
    assert [m.to_dict()["parts"][0]["content"] for m in found.output] == ["A great empire will fall."]
    monkeypatch.delitem(sys.modules, "aiprov_from_readme")


def test_an_entry_point_may_name_the_function_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("aiprov_delphi_two")
    exec(SOURCE, module.__dict__)
    monkeypatch.setitem(sys.modules, "aiprov_delphi_two", module)
    offer(monkeypatch, EntryPoint("delphi", "aiprov_delphi_two:ask", readers.GROUP))
    assert readers.recognise(ASKED) is not None


def test_a_plug_in_comes_before_the_readers_that_are_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("aiprov_other")
    exec(
        SOURCE.replace("api.oracle-of-delphi.example", "api.writer.com").replace("/v1/ask", "/v1/chat"), module.__dict__
    )
    monkeypatch.setitem(sys.modules, "aiprov_other", module)
    offer(monkeypatch, EntryPoint("other", "aiprov_other", readers.GROUP))
    reader = readers.recognise(Request("POST", "https://api.writer.com/v1/chat", {}, b"{}"))
    assert reader is not None
    assert reader.provider == "delphi"


@pytest.mark.parametrize("source", ["import nothing_of_that_name", "1 / 0", "def broken(", "raise RuntimeError('no')"])
def test_a_plug_in_that_cannot_be_loaded_is_skipped_and_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "aiprov_broken.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    offer(monkeypatch, EntryPoint("broken", "aiprov_broken", readers.GROUP))
    assert readers.recognise(Request("GET", "https://api.openai.com/v1/models")) is not None
    assert [line.partition(":")[0] for line in readers.failures()] == ["broken (aiprov_broken)"]
    assert "was not loaded" in caplog.text


def test_a_plug_in_that_fails_on_an_exchange_gives_unparsed_and_no_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("aiprov_delphi_three")
    exec(SOURCE, module.__dict__)
    monkeypatch.setitem(sys.modules, "aiprov_delphi_three", module)
    offer(monkeypatch, EntryPoint("delphi", "aiprov_delphi_three", readers.GROUP))
    request = Request(ASKED.method, ASKED.url, {}, b'{"priestess": "Pythia"}')
    reader = readers.recognise(request)
    assert reader is not None
    found = reader.read(Exchange(request, Response(200, {}, b"x")))
    assert found.unparsed == "aiprov_delphi_three.ask: KeyError"


def test_a_rule_for_any_host_must_say_what_the_body_looks_like() -> None:
    with pytest.raises(ValueError, match="needs the shape"):
        readers.reads(path="*/anything")(lambda exchange: None)  # type: ignore[arg-type,return-value]
