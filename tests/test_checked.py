"""What is looked at as one is redacted as if each text were looked at by itself."""

from __future__ import annotations

from typing import Any

import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov.proof import canonical, plain_canonical, total
from jupyter_aiprov.redact import Redactor

KEY = "sk-proj-" + "a1B2" * 8
PIECES = st.sampled_from(
    [KEY, KEY[:15], KEY[15:], "Bearer abc123def456ghi789", "x-api-key: ", "'abcdef123456'", "password = \"hunter2x9\"",
     "a learnt value 99", "?sig=", "authorization", "prose about a patient", "AKIAABCDEFGHIJKLMNOP", "\\", ""]
)  # fmt: skip
NAMES = st.sampled_from(["content", "text", "role", "api_key", "total_tokens", KEY, "x-auth-token"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | PIECES | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES, inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"type": st.just("text"), "content": PIECES}), min_size=2, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(value=VALUES)
def test_looking_at_all_texts_at_once_misses_nothing(value: Any) -> None:
    redactor = Redactor(["a learnt value 99"])
    assert redactor.value(value) == value or not redactor.is_clean([value])


def test_ordinary_texts_are_seen_to_be_clean() -> None:
    message = {"role": "user", "parts": [{"type": "text", "content": "Is this note about asthma?"}]}
    values = ["gpt-4o-mini", 0.5, None, {"total_tokens": 12}, [message, message]]
    assert Redactor(["a learnt value 99"]).is_clean(values)


@settings(max_examples=400, deadline=None)
@given(value=VALUES)
def test_the_short_way_to_canonical_json_gives_the_same_bytes(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(total(value))


def test_numbers_that_python_spells_its_own_way_go_the_long_way() -> None:
    assert plain_canonical({"a": 1.0}) is None
    assert plain_canonical(2**60) is None
    assert plain_canonical({"é": 1}) is None
    assert plain_canonical({"a": "é\u2028\x7f"}) is not None
