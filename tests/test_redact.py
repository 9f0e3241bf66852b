"""Redaction: no secret survives, nothing innocent changes, and hostile text costs linear time."""

import base64
import hashlib
import itertools
import json
import time
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_aiprov.redact import Redactor

redact_text, redact = Redactor().text, Redactor().value

ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
B32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def chars(alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=most or least)


def after(prefix: str, alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return chars(alphabet, least, most).map(lambda tail: prefix + tail)


SECRETS = {
    "anthropic-key": after("sk-ant-api03-", ALNUM + "_-", 80, 100),
    "openai-key": after("sk-proj-", ALNUM + "_-", 48, 150),
    "openrouter-key": after("sk-or-v1-", "0123456789abcdef", 64),
    "huggingface-token": after("hf_", ALNUM, 34, 37),
    "groq-key": after("gsk_", ALNUM, 52),
    "google-key": after("AIza", ALNUM + "_-", 35),
    "xai-key": after("xai-", ALNUM, 80),
    "aws-key-id": after("AKIA", B32, 16) | after("ASIA", B32, 16),
    "github-token": after("ghp_", ALNUM, 36) | after("github_pat_", ALNUM + "_", 82),
    "gitlab-token": after("glpat-", ALNUM + "_-", 20),
    "slack-token": after("xoxb-1234567890-", ALNUM, 24),
    "jwt": st.builds(
        lambda a, b, c: f"eyJ{a}.eyJ{b}.{c}", chars(ALNUM, 20), chars(ALNUM + "_-", 20, 60), chars(ALNUM + "_-", 43)
    ),
    "private-key": chars(ALNUM + "+/", 200, 400).map(
        lambda body: f"-----BEGIN RSA PRIVATE KEY-----\n{body[:64]}\n{body[64:]}\n-----END RSA PRIVATE KEY-----"
    ),
}
secrets = st.one_of(*SECRETS.values()).filter(lambda key: key[-16:].strip("xX") != "")  # that is a manual's
# Random text of any script, and the characters that quoting, escaping and markup put around keys.
around = st.text(max_size=60) | st.text("abc \n\t\"'\\{}[]:=,;/&?<>#%(.é漢😀", max_size=60)


@given(before=around, secret=secrets, behind=around)
@settings(max_examples=1500, deadline=None)
def test_no_planted_key_survives_at_any_place(before: str, secret: str, behind: str) -> None:
    assert secret not in redact_text(before + secret + behind)


@given(before=around, secret=secrets, behind=around, times=st.integers(1, 3))
@settings(max_examples=600, deadline=None)
def test_no_planted_key_survives_inside_json_of_json(before: str, secret: str, behind: str, times: int) -> None:
    """A tool result is JSON in a string in JSON: escaping once, twice or three times hides nothing."""
    text = before + " " + secret + " " + behind
    for _ in range(times):
        text = json.dumps({"result": text})
    out = redact_text(text)
    assert secret not in out
    assert secret.split("\n")[-2 if "\n" in secret else 0] not in out


@given(before=around, secret=secrets, behind=around, cuts=st.lists(st.integers(0, 400), max_size=6))
@settings(max_examples=600, deadline=None)
def test_no_planted_key_survives_in_chunks(before: str, secret: str, behind: str, cuts: list[int]) -> None:
    """However a text is cut into pieces, neither the pieces nor their join holds the secret."""
    text = before + secret + behind
    at = sorted({min(c, len(text)) for c in cuts} | {0, len(text)})
    pieces = [text[a:b] for a, b in itertools.pairwise(at)]
    assert secret not in "".join(redact(pieces))
    parts = redact([{"type": "text", "content": p} for p in pieces])
    assert secret not in "".join(p["content"] for p in parts)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(value=values, secret=secrets, where=st.sampled_from(["key", "value", "list", "deep"]))
@settings(max_examples=500, deadline=None)
def test_no_planted_key_survives_in_a_value(value: object, secret: str, where: str) -> None:
    planted = {"key": {secret: value}, "value": {"a": secret, "b": value}, "list": [value, secret]}.get(
        where, {"a": [{"b": ({"c": f"x {secret} y"},)}, value]}
    )
    for text in (json.dumps(redact(planted)), json.dumps(redact(planted), ensure_ascii=False)):
        assert secret not in text
        assert json.dumps(secret)[1:-1] not in text


@given(value=values)
@settings(max_examples=300, deadline=None)
def test_values_without_secrets_are_equal_and_redacting_twice_changes_nothing(value: object) -> None:
    assert redact(value) == value
    once = redact({"v": value, "k": "sk-ant-api03-" + "a1" * 40})
    assert redact(once) == once


literals = st.text(min_size=8, max_size=40).filter(lambda v: any(c.isdigit() for c in v) and not v.isdigit())


@given(before=around, secret=literals, behind=around, escaped=st.booleans())
@settings(max_examples=800, deadline=None)
def test_a_learnt_literal_goes_in_every_spelling(before: str, secret: str, behind: str, escaped: bool) -> None:
    redactor = Redactor([secret])
    if not redactor.text(secret).startswith("[redacted:"):
        return  # a number, path or word: never learnt
    text = before + (json.dumps(secret)[1:-1] if escaped else secret) + behind
    assert (json.dumps(secret)[1:-1] if escaped else secret) not in redactor.text(text)


CONTEXT = [
    ("https://generativelanguage.googleapis.com/v1beta/models/g:generateContent?alt=sse&key=Zx9-s3cr3t", "Zx9-s3cr3t"),
    ("GET /lab?token=8d2c1f HTTP/1.1", "8d2c1f"),
    ("https://acct.blob.core.windows.net/c/b?sv=2022&sig=abc%2Bdef%3D&se=1", "abc%2Bdef%3D"),
    ("https://x.example/a?api_key=hello-world", "hello-world"),
    ("https://x.example/a?a=1\\u0026access_token=hello-world", "hello-world"),
    ("https://marie:motdepasse@gateway.example/v1", "marie:motdepasse"),
    ("Authorization: Bearer abcdefgh", "abcdefgh"),
    ("authorization: Basic bWFyaWU6bW90ZGVwYXNzZQ==", "bWFyaWU6bW90ZGVwYXNzZQ"),
    ("{'Authorization': 'Bearer opaque-token-value'}", "opaque-token-value"),
    ('{\\"authorization\\": \\"Bearer opaque-token-value\\"}', "opaque-token-value"),
    ("[(b'authorization', b'Bearer opaque-token-value')]", "opaque-token-value"),
    ("x-api-key: 0123abcd0123abcd", "0123abcd0123abcd"),
    ("{'x-goog-api-key': 'not-a-known-format'}", "not-a-known-format"),
    ("api-key: 0f0f0f0f0f0f0f0f", "0f0f0f0f0f0f0f0f"),
    ("Cookie: session=abcdef; theme=dark\nAccept: */*", "session=abcdef"),
    ("set-cookie: sid=s3cret; HttpOnly", "s3cret"),
    ("curl -H 'Authorization: Bearer Xy12345678901234'", "Xy12345678901234"),
    ("it answered to Bearer Xy12345678901234 only", "Xy12345678901234"),
    ('client = Mistral(api_key="a1b2c3d4e5f6g7h8")', "a1b2c3d4e5f6g7h8"),
    ("password = 'correct-horse-9'", "correct-horse-9"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG"),
    ("AKIAIOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG"),
    ("AWS4-HMAC-SHA256 Credential=x, Signature=" + "ab" * 32, "ab" * 32),
    ("sk-" + "0123456789abcdef" * 2, "0123456789abcdef"),
    ("AZURE_OPENAI_API_KEY=" + "0a1b2c3d" * 4, "0a1b2c3d"),
    ('os.environ["TOGETHER_API_KEY"] = "' + "9f8e7d6c" * 8 + '"', "9f8e7d6c"),
    ("MISTRAL_API_KEY: aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY"),
    ("Ma clé Mistral est aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY"),
    ("co = cohere.Client('aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY')", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY"),
    ("PGPASSWORD=hunter2hunter2 psql", "hunter2hunter2"),
    ("Uid=reader;Pwd=Kl9!mmZ22x;Encrypt=yes", "Kl9!mmZ22x"),
    ("machine api.lab.example login marie password u7Rk2LmQpZ", "u7Rk2LmQpZ"),
    ("mot de passe : Xk7!pLq92z", "Xk7!pLq92z"),
    ("smtp.login('bot', 'abcd1234efgh5678')", "abcd1234efgh5678"),
    ("bot 5812345678:" + "AA" + "b3_dE" * 6 + "b3d", "b3_dE"),
]


@pytest.mark.parametrize(("text", "secret"), CONTEXT)
def test_a_key_without_format_goes_by_what_stands_before_it(text: str, secret: str) -> None:
    out = redact_text(text)
    assert secret not in out
    assert "[redacted:" in out
    assert redact_text(out) == out


INNOCENT = [
    hashlib.sha256(b"x").hexdigest(),
    "commit 6af17740c3d1a4e5b6f708192a3b4c5d6e7f8091 of https://github.com/pandas-dev/pandas/pull/12345",
    str(uuid.UUID(int=2**100)),
    "https://doi.org/10.1038/s41586-020-2649-2 and 10.1371/journal.pone.0123456",
    "BRCA1 TP53 HLA-DRB1*15:01 NM_007294.4:c.5266dupC rs80357906 ENSG00000012048",
    "data:image/png;base64," + base64.b64encode(bytes(range(256)) * 200).decode(),
    "the bearer of bad news; bearer authentication-required-by-the-server",
    "task-6b3f0c1e9a2d4f7e8b5a1c3d6b3f0c1e and risk-assessment-of-long-term-exposure-2024",
    "Cookie: a small biscuit. Authorization: ask the ethics board. Password: choose a long one.",
    "tokens=12, max_tokens=4096, key=lambda r: r[1], token == '</s>', pad_token='<|endoftext|>'",
    "sorted(rows, key=len); df.set_index(keys=['a', 'b']); signature = inspect.signature(f)",
    "http://localhost:8888/lab?reset=1 and mailto:a.b@example.org, see https://example.org:8443/a@b",
    "skin-to-skin contact; SK-N-SH and SK-MEL-28 cell lines; sk-learn; scikit-learn==1.5.0",
    "ATGCGTACGTTAGCATGCGTACGTTAGCATGCGTACGTTAGCATGCGTACGTTAGC",
    "Les données — recueillies à l’hôpital — sont « relues » ; clé primaire : identifiant.",
    "api_key=config.providers.mistral2.api_key; token=tokenizer.bos_token_id_2; password=get_password_2()",
    'curl -H "Authorization: Bearer $TOKEN"; password: 12-character minimum; the cache key is ' + "5d41402a" * 4,
    "PARTITION_KEY=year=2024/month=06; MODEL_KEY=resnet50_imagenet1k_v2; client('s3', 'eu-west-3'); login('guest')",
]


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_text_is_returned_as_the_same_object(text: str) -> None:
    assert redact_text(text) is text


@given(st.binary(min_size=100, max_size=3000))
@settings(max_examples=200, deadline=None)
def test_base64_and_hex_are_never_changed(data: bytes) -> None:
    for text in (base64.b64encode(data).decode(), data.hex(), hashlib.sha512(data).hexdigest()):
        assert redact_text(text) == text


def test_values_under_secret_names_go_and_log_probabilities_stay() -> None:
    value = {"api_key": "abc", "Authorization": "x", "token": "Hello", "logprob": -0.1, "max_tokens": 5, "key": "C#"}
    assert redact(value) == {
        **value,
        "api_key": "[redacted:named-secret]",
        "Authorization": "[redacted:named-secret]",
    }


def test_environment_secrets_are_known_by_their_names_and_words_are_left_alone() -> None:
    redactor = Redactor.of_environment(
        {
            "MISTRAL_API_KEY": "Zq81kLmN0pQr",
            "PGPASSWORD": "pa55 w\"rd'é",
            "HF_TOKEN_2": "opaque12345",
            "OPENAI_API_KEY": "lm-studio",
            "SSH_AUTH_SOCK": "/run/user/1000/keyring/ssh",
            "KEYBOARD": "azerty12345",
            "TOKENIZERS_PARALLELISM": "false",
        }
    )
    text = redactor.text(json.dumps({"e": "Zq81kLmN0pQr pa55 w\"rd'é opaque12345 lm-studio azerty12345 false"}))
    assert json.loads(text)["e"].endswith("lm-studio azerty12345 false")
    assert text.count("[redacted:secret]") == 3


def test_a_requests_own_key_is_redacted_from_the_servers_echo() -> None:
    """Mistral and Azure keys have no format, and error messages repeat them."""
    redactor = Redactor()
    redactor.learn_request("https://api.mistral.ai/v1?sig=Ab1Cd2Ef3", {"authorization": "Bearer Zq81kLmN0pQr77"})
    out = redactor.value({"error": {"message": "Incorrect API key: Zq81kLmN0pQr77, Ab1Cd2Ef3"}})
    assert out == {"error": {"message": "Incorrect API key: [redacted:secret], [redacted:secret]"}}


def test_a_key_that_any_request_carried_is_known_to_every_redactor() -> None:
    before = Redactor()
    Redactor.remember("Bearer Qw3rTy77uI0pAs")
    Redactor.remember("dummy")
    for redactor in (before, Redactor()):
        assert redactor.text("no such key: Qw3rTy77uI0pAs, dummy") == "no such key: [redacted:secret], dummy"


def test_finders_added_later_are_asked_too() -> None:
    from jupyter_aiprov.redact import Span

    redactor = Redactor()
    redactor.finders.append(lambda text: [Span(0, 4, "confidential")] if text.startswith("Jean") else [])
    assert redactor.value(["Jean va bien", "Paul"]) == ["[redacted:confidential] va bien", "Paul"]


def test_a_bottomless_value_ends() -> None:
    value: list[object] = []
    value.append(value)
    assert "too-deep" in json.dumps(redact(value))


HOSTILE = {
    "pem": "-----BEGIN PRIVATE KEY-----" * 40_000,
    "sk": "sk-" * 340_000,
    "jwt": "eyJ" * 330_000 + ".eyJ" * 1000,
    "jwt dots": ("eyJ" + "a" * 16 + ".") * 50_000,
    "key": "key=" * 250_000,
    "param": "?a_key=" * 140_000,
    "amp": "&key=" * 200_000,
    "assign": "api_key='" * 100_000,
    "basic": "://a:" * 200_000,
    "bearer": "bearer " * 140_000,
    "bearer run": "Bearer " + "a" * 1_000_000,
    "cookie": "cookie: " * 120_000,
    "aws": "AKIA" * 250_000,
    "backslash": "\\" * 1_000_000,
    "base64": base64.b64encode(bytes(range(256)) * 2900).decode(),
    "auth": "authorization:" * 70_000,
    "unquoted": "api_key=" * 120_000,
    "names": "api_key=" + "a_1." * 250_000,
    "long": "api_key=" + "a" * 1_000_000,
    "chosen": "password=" * 110_000,
    "said": "my key is " * 100_000 + "a" * 30,
    "clé": "ma clé d'api " * 80_000 + "a" * 30,
    "jeton": "le jeton " * 110_000 + "a" * 30,
    "client": "client('" * 120_000 + "a" * 30,
    "login": "login('a" * 120_000,
    "webhook": "/api/webhooks/1" * 65_000,
    "vendor": "fw_" * 330_000,
    "curl": "curl " * 200_000,
    "curl -u": "curl -u a" * 110_000,
    "mysql": "mysql -u " * 110_000,
    "zip": "zip -p " * 140_000,
    "wpa": "wpa2 " * 200_000,
    "clé api": "clé d'API " * 100_000 + "a" * 30,
    "set_password": "set_password('a','b'," * 50_000,
    "token hex": "token=" + "a" * 1_000_000,
    "token dots": "token=M" + "a.a" * 330_000,
    "x-key": "x-key-" * 160_000,
    "placeholder": "://a:password" * 80_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_megabyte_is_read_in_linear_time(name: str) -> None:
    """Under a second of CPU time each on a quiet machine; anything quadratic would take minutes."""
    begun = time.process_time()
    redact_text(HOSTILE[name])
    assert time.process_time() - begun < 4
