"""What each dialect's reader finds in exchanges written from the published API references."""

from typing import Any

from jupyter_aiprov import readers
from jupyter_aiprov.model import Exchange


def test_the_request_alone_names_its_reader_and_the_exchange_says_what_the_reference_says(
    case: Any, as_found: Any
) -> None:
    reader = readers.recognise(case.exchange.request)
    assert reader is not None, "not recognised as an AI call"
    invocation = reader.read(case.exchange)
    got = as_found(invocation) | {"reader": reader.name}
    wanted = dict(case.expect)
    sent = wanted.pop("parameters", {})
    extra = wanted.pop("extra", {})
    assert {key: got[key] for key in wanted} == wanted
    assert {key: got["parameters"].get(key) for key in sent} == sent
    assert {key: got["extra"].get(key) for key in extra} == extra


def test_a_started_record_holds_the_request_and_nothing_of_an_answer(case: Any) -> None:
    reader = readers.recognise(case.exchange.request)
    assert reader is not None
    started, ended = reader.read(Exchange(case.exchange.request)), reader.read(case.exchange)
    assert (started.output, started.finish_reasons, started.usage, started.complete) == ((), (), None, False)
    assert started.response_model is None
    if ended.kind == "call":
        assert (started.request_model, started.input, started.system) == (
            ended.request_model,
            ended.input,
            ended.system,
        )
        assert dict(started.parameters) == dict(ended.parameters)


def test_a_call_that_never_got_an_answer_carries_the_name_of_its_exception(case: Any) -> None:
    reader = readers.recognise(case.exchange.request)
    assert reader is not None
    assert reader.read(Exchange(case.exchange.request, None, "error", "ConnectError")).error_type == "ConnectError"
