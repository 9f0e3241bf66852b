"""Who is warned, what is stopped, where; failing closed for declared columns and open for the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_aiprov.config import AIProv
from jupyter_aiprov.errors import ConfidentialDataError, UsageError
from jupyter_aiprov.guard import Guard, _Deadline, _TooSlow, destinations, patterns, text_columns
from jupyter_aiprov.guard.columns import Columns
from jupyter_aiprov.guard.texts import Texts
from jupyter_aiprov.model import Request
from tests.guard.made import chat, labelled

NOTE = "Suivi d'un mélanome opéré en 2019, adénopathie axillaire apparue récemment, biopsie programmée jeudi."
MAIL = "Write to jean.dupont@chu.example, +33 6 12 34 56 78."


def guard(**config: Any) -> Guard:
    return Guard(AIProv(**config))


def protecting(level: str = "block", **config: Any) -> Guard:
    made = guard(**config)
    made.declare("df", "notes", [NOTE], level)
    return made


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://api.openai.com/v1/chat/completions", "external"),
        ("http://127.0.0.1:11434/api/chat", "loopback"),
        ("http://localhost:8000/v1", "loopback"),
        ("http://[::1]:8000/v1", "loopback"),
        ("http://[::ffff:127.0.0.1]/v1", "loopback"),
        ("http://ollama.localhost/v1", "loopback"),
        ("https://llm.univ-lille.example/v1", "institutional"),
        ("https://univ-lille.example/v1", "institutional"),
        ("https://notuniv-lille.example/v1", "external"),
        ("https://univ-lille.example.evil.example/v1", "external"),
        ("http://gpu1.lab:8000/v1", "loopback"),
        ("http://gpu1.lab:8001/v1", "external"),
        ("http://10.0.0.5/v1", "external"),
        ("not a url", "external"),
        ("http://[broken", "external"),
    ],
)
def test_destinations_are_told_by_host_and_configuration(url: str, place: str) -> None:
    asked = Request("POST", url) if "[broken" not in url else Request("POST", "http://")
    known = guard(institutional_hosts=["univ-lille.example"], local_hosts=["gpu1.lab:8000"])
    assert known.destination(asked) == place


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "qwen3-coder:480b-cloud", "glm-4.6:cloud"])
def test_a_cloud_model_behind_ollama_is_external_even_when_declared(model: str) -> None:
    body = json.dumps({"model": model, "messages": []}).encode()
    asked = Request("POST", "http://127.0.0.1:11434/api/chat", {}, body)
    assert destinations.destination(asked, local=["127.0.0.1"]) == "external"


def test_out_of_the_box_identifiers_warn_and_nothing_is_stopped() -> None:
    scan = guard().examine(chat(MAIL), "external")
    assert scan.to_dict()["findings"] == [{"type": "email", "count": 1}, {"type": "phone", "count": 1}]
    assert scan.action == "warn"
    assert scan.warning is not None
    assert "jean" not in scan.warning
    assert "612" not in scan.warning.replace(" ", "")
    assert "names of people" in scan.warning
    quiet = guard().examine(chat("Classify: good or bad?"), "external")
    assert (quiet.action, quiet.warning, quiet.findings) == ("none", None, ())


def test_one_warning_a_cell() -> None:
    one = guard()
    warned = [one.examine(chat(MAIL), "external", cell=c).warning is not None for c in ("a", "a", "b", "a")]
    assert warned == [True, False, True, False]


def test_the_warning_speaks_french() -> None:
    scan = protecting("warn", language="fr").examine(chat(NOTE + MAIL), "external")
    assert scan.warning is not None
    assert "1 adresse électronique et 1 numéro de téléphone" in scan.warning
    assert "df.notes (déclarée confidentielle)" in scan.warning
    assert "noms de personnes" in scan.warning


@pytest.mark.parametrize(
    ("level", "destination", "local", "action"),
    [
        ("block", "external", False, "stop"),
        ("block", "loopback", False, "stop"),
        ("block", "loopback", True, "none"),
        ("block", "institutional", False, "none"),
        ("block", "in-process", False, "none"),
        ("warn", "external", False, "warn"),
        ("warn", "loopback", False, "warn"),
        ("warn", "institutional", False, "none"),
    ],
)
def test_declared_columns_by_level_and_destination(level: str, destination: str, local: bool, action: str) -> None:
    one = protecting(level, local_hosts=["127.0.0.1"] if local else [])
    asked = chat(NOTE, "http://127.0.0.1:8000/v1/chat/completions")
    if action == "stop":
        with pytest.raises(ConfidentialDataError) as stopped:
            one.examine(asked, destination)
        assert (stopped.value.rule, stopped.value.column) == ("confidential", "df.notes")
        assert "mélanome" not in str(stopped.value)
        assert stopped.value.scan is not None
        assert stopped.value.scan["action"] == "block"
    else:
        scan = one.examine(asked, destination)
        assert scan.action == action
        assert scan.to_dict()["findings"] == [{"type": "confidential", "count": 1, "column": "df.notes"}]


def test_rules_are_set_by_name_group_and_column() -> None:
    assert guard(guard_rules={"email": "off"}).examine(chat(MAIL), "external").to_dict()["findings"] == [
        {"type": "phone", "count": 1}
    ]
    assert guard(guard_rules={"identifier": "off"}).examine(chat(MAIL), "external").findings == ()
    with pytest.raises(ConfidentialDataError, match="1 telephone number"):
        guard(guard_rules={"phone": "block"}).examine(chat(MAIL), "external")
    assert protecting(guard_rules={"df.notes": "warn"}).examine(chat(NOTE), "external").action == "warn"


def test_own_patterns_are_reported_by_name_and_a_broken_one_is_said() -> None:
    scan = guard(guard_patterns={"lab-id": r"LAB-\d{4}"}).examine(chat("LAB-1234 and LAB-9999"), "external")
    assert scan.to_dict()["findings"] == [{"type": "lab-id", "count": 2}]
    with pytest.raises(UsageError, match=r"guard_patterns\['x'\]"):
        guard(guard_patterns={"x": "("}).examine(chat("a"), "external")


def test_calls_that_are_no_request_are_examined_by_their_texts() -> None:
    with pytest.raises(ConfidentialDataError):
        protecting().examine(None, "external", [NOTE])
    assert protecting().examine(None, "in-process", [NOTE]).action == "none"


def crash(*_: object, **__: object) -> None:
    raise ZeroDivisionError(NOTE)


def test_a_crash_stops_what_a_declared_column_could_be_in_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message of what crashed could quote the data: it is neither shown nor chained."""
    monkeypatch.setattr(Columns, "found", crash)
    with pytest.raises(ConfidentialDataError) as stopped:
        protecting().examine(chat("hello"), "external")
    assert "ZeroDivisionError" in str(stopped.value)
    assert "mélanome" not in str(stopped.value)
    assert stopped.value.__cause__ is None
    assert stopped.value.__suppress_context__
    for one, destination in ((protecting(), "institutional"), (protecting("warn"), "external")):
        with pytest.raises(ZeroDivisionError):  # the recorder makes it a gap, the request goes on
            one.examine(chat("hello"), destination)


def test_a_crash_while_reading_the_body_stops_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Texts, "of", crash)
    with pytest.raises(ConfidentialDataError):
        protecting().examine(chat("hello"), "external")
    with pytest.raises(ZeroDivisionError):
        guard().examine(chat("hello, ask dr@hospital.fr"), "external")


@given(
    text=st.text("0123456789٣۴ -+.()néle birthdobmrnFR\n?", max_size=40)
    | st.from_regex(r"\+[1-9] ?\(?[0-9]( [0-9]){5,9}")
)
def test_no_rule_about_numbers_finds_what_the_first_look_passes_over(text: str) -> None:
    if not patterns.may_hold_numbers(text):
        assert not [name for name in patterns.NUMBERS for _ in patterns.RULES[name](text)]


def wholly(request: Request) -> dict[str, Any]:
    """What is found where no look is saved."""
    one = guard()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one, "_is_plain", lambda _request: False)
        return one.examine(request, "external").to_dict()


def test_one_look_at_a_plain_chat_passes_over_nothing_that_examining_it_finds() -> None:
    _, prompts = labelled()
    seen = 0
    for prompt in prompts:
        request = chat(prompt["text"])
        seen += guard()._is_plain(request)
        assert guard().examine(request, "external").to_dict() == wholly(request), prompt["text"]
    assert seen > 100


WORDS = (
    "key=|sk-proj-|token: |né le 12/03/1984|06 12 34 56 78|a@b.fr|\u200b|\uff20|data:,|patient id 12345|İ| |1|pass|\n"
)
PIECES = st.sampled_from([*WORDS.split("|"), '{"a": "b"}', "cGF0aWVudCBzbWl0aEBob3NwaXRhbC5mcg==", "a" * 25 + "1"])


@given(
    texts=st.lists(st.lists(PIECES | st.text(max_size=6), max_size=5).map("".join), max_size=3),
    more=st.dictionaries(
        st.sampled_from(["model", "max_tokens", "user", "temperature", "token", "tools", "stop"]),
        st.sampled_from(
            [
                "gpt-4o-2024-08-06",
                "06 12 34 56 78",
                612345678,
                4096,
                0.7,
                None,
                True,
                ["a@b.fr"],
                "sk-proj-" + "a1" * 20,
            ]
        ),
    ),
)
def test_one_look_and_a_whole_examination_say_the_same(texts: list[str], more: dict[str, Any]) -> None:
    body = {**more, "messages": [{"role": "user", "content": text} for text in texts]}
    request = Request("POST", "https://api.openai.com/v1/chat/completions", {}, json.dumps(body).encode())
    assert guard().examine(request, "external").to_dict() == wholly(request)


def test_the_first_look_sees_every_number_of_the_labelled_prompts() -> None:
    _, prompts = labelled()
    for prompt in prompts:
        for name in patterns.NUMBERS:
            assert patterns.may_hold_numbers(prompt["text"]) or not list(patterns.RULES[name](prompt["text"]))


def test_running_out_of_time_stops_for_declared_columns_and_is_said_for_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def late(self: _Deadline) -> None:
        raise _TooSlow

    monkeypatch.setattr(_Deadline, "check", late)
    with pytest.raises(ConfidentialDataError, match="too long"):
        protecting().examine(chat("hello"), "external")
    monkeypatch.undo()
    checks = iter(range(10))

    def later(self: _Deadline) -> None:
        if next(checks) >= 3:
            raise _TooSlow

    monkeypatch.setattr(_Deadline, "check", later)
    assert protecting().examine(chat("hello"), "external").to_dict()["unread"] == ["the rest, for want of time"]


def test_a_rule_that_finds_without_end_is_stopped_in_its_midst_and_what_it_found_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = iter(range(10))

    def at_last(self: _Deadline) -> None:
        if next(checks) >= 5:
            raise _TooSlow

    monkeypatch.setattr(_Deadline, "check", at_last)
    rules = dict.fromkeys(patterns.RULES, "off")
    scan = guard(guard_patterns={"x": "x"}, guard_rules=rules).examine(chat("x" * 100_000), "external")
    [found] = scan.findings
    assert 0 < found.count < 100_000
    assert scan.unread == ("the rest, for want of time",)


def test_a_body_beyond_the_cap_is_stopped_only_for_declared_columns() -> None:
    long = Request("POST", "https://api.openai.com/v1/files", {}, b"x" * 100, truncated=True)
    with pytest.raises(ConfidentialDataError, match="to its end"):
        protecting().examine(long, "external")
    assert protecting().examine(long, "institutional").unread == ("the rest of a long body",)
    assert guard().examine(long, "external").action == "none"


def test_with_personal_data_text_columns_read_from_files_are_candidates() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {"age": [1, 2], "notes": [NOTE, "autre"], "when": pd.to_datetime(["2020-01-01", "2020-01-02"])}
    )
    assert text_columns(frame) == ["notes"]
    off = guard()
    assert off.read_from_file("df", frame) == []
    on = guard(personal_data=True)
    assert on.read_from_file("df", frame) == ["notes"]
    assert not on.has_columns
    scan = on.examine(chat(NOTE), "external")
    assert scan.action == "warn"
    assert scan.warning is not None
    assert "personal_data" in scan.warning
    assert on.examine(chat(NOTE), "institutional").action == "none"


def test_text_columns_of_polars_are_found() -> None:
    pl = pytest.importorskip("polars")
    assert text_columns(pl.DataFrame({"a": [1], "b": ["x"]})) == ["b"]


def test_levels_are_warn_and_block() -> None:
    with pytest.raises(UsageError, match="level"):
        guard().declare("df", "x", ["y"], "maybe")


def test_the_stop_passes_a_broad_except() -> None:
    assert not issubclass(ConfidentialDataError, Exception)
