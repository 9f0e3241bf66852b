"""AI services that are no language model: translation, vision, speech, text analysis, proteins.

Read as any JSON is, under their provider's name and their own word for what was asked.
"""

from __future__ import annotations

from dataclasses import replace

from jupyter_aiprov.model import Exchange, Invocation, Request
from jupyter_aiprov.readers import _body, _generic
from jupyter_aiprov.readers._json import Dict, mapping, parsed
from jupyter_aiprov.readers._registry import reads

RETRIEVED = "service.job.retrieved"  # the answer to an earlier request
LOOKS = ("List", "Describe", "Delete", "Tag", "Untag", "Create", "Update", "Put", "Stop")
AMAZON = tuple(
    f"{name}.*.amazonaws.com"
    for name in ("comprehend", "comprehendmedical", "textract", "rekognition", "transcribe", "translate")
)
AZURE_AREAS = ("language", "text", "vision", "computervision", "face", "contentsafety", "formrecognizer")
AZURE_MORE = (
    "documentintelligence",
    "contentunderstanding",
    "translator",
    "speechtotext",
    "customvision",
    "anomalydetector",
)
AZURE = ("*.cognitiveservices.azure.com", "*.api.cognitive.microsoft.com", "*.services.ai.azure.com")
SPEECH = ("speech.googleapis.com", "*-speech.googleapis.com")
ALIBABA = ("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com")
JOBS = ("*/analyzeResults/*", "*/analyzerResults/*", "/language/*/jobs/*")
LLAMA = ("api.cloud.llamaindex.ai", "api.cloud.*.llamaindex.ai")
GOOGLE_JOBS = (
    "videointelligence.googleapis.com",
    "vision.googleapis.com",
    "documentai.googleapis.com",
    "*-documentai.googleapis.com",
    "translation.googleapis.com",
)
VERTEX = ("aiplatform.googleapis.com", "*-aiplatform.googleapis.com")
AZURE_PATHS = ("/translate", *(f"/{area}/*" for area in AZURE_AREAS + AZURE_MORE))


@reads(
    host=("api.deepl.com", "api-free.deepl.com"),
    path=("/v2/translate", "/v2/write/*", "/v2/document"),
    provider="deepl",
)
def deepl(exchange: Exchange) -> Invocation:
    """DeepL: translation and rewriting, sent as JSON or as a form."""
    return _generic.call(exchange, _word(exchange))


@reads(
    host=("translation.googleapis.com", "translate.googleapis.com"),
    path=("*/translate/v2", "*:translateText", "*:translateDocument", "*:batchTranslateText"),
    method="*",
    provider="gcp.translate",
)
@reads(
    host=("vision.googleapis.com", "*-vision.googleapis.com"),
    path=("*:annotate", "*:asyncBatchAnnotate"),
    provider="gcp.vision",
)
@reads(
    host=SPEECH,
    path=("*recognize", "*longrunningrecognize"),
    provider="gcp.speech",
)
@reads(host="texttospeech.googleapis.com", path="*:synthesize", provider="gcp.text_to_speech")
@reads(host="healthcare.googleapis.com", path="*/services/nlp:*", provider="gcp.healthcare")
@reads(host="language.googleapis.com", path="*/documents:*", provider="gcp.natural_language")
@reads(
    host=("documentai.googleapis.com", "*-documentai.googleapis.com"),
    path=("*:process", "*:batchProcess"),
    provider="gcp.document_ai",
)
@reads(host="videointelligence.googleapis.com", path="*:annotate", provider="gcp.video_intelligence")
@reads(
    host=("dialogflow.googleapis.com", "*-dialogflow.googleapis.com"),
    path=("*:detectIntent", "*:serverStreamingDetectIntent"),
    provider="gcp.dialogflow",
)
def google(exchange: Exchange) -> Invocation:
    """Google's translation, vision, speech, language, document and video services."""
    return _generic.call(exchange, _word(exchange))


def _looks(request: Request) -> bool:
    return _target(request).startswith(LOOKS)


def _target(request: Request) -> str:
    return request.headers.get("x-amz-target", "").rpartition(".")[2]


@reads(host=AMAZON, path="/", kind="housekeeping", when=_looks)
def amazon_keep(exchange: Exchange) -> Invocation:
    """Lists, descriptions and settings are no calls."""
    return _generic.keep(exchange)


@reads(host="comprehend.*.amazonaws.com", path="/", provider="aws.comprehend")
@reads(host="comprehendmedical.*.amazonaws.com", path="/", provider="aws.comprehend_medical")
@reads(host="textract.*.amazonaws.com", path="/", provider="aws.textract")
@reads(host="rekognition.*.amazonaws.com", path="/", provider="aws.rekognition")
@reads(host="transcribe.*.amazonaws.com", path="/", provider="aws.transcribe")
@reads(host="translate.*.amazonaws.com", path="/", provider="aws.translate")
@reads(host="bedrock-agentcore.*.amazonaws.com", path="/runtimes/*/invocations", provider="aws.bedrock")
@reads(host="polly.*.amazonaws.com", path="/v1/speech", provider="aws.polly")
@reads(host="runtime-v2-lex.*.amazonaws.com", path=("*/sessions/*/text", "*/sessions/*/utterance"), provider="aws.lex")
@reads(host="runtime.lex.*.amazonaws.com", path=("*/user/*/text", "*/user/*/content"), provider="aws.lex")
@reads(host="qbusiness.*.amazonaws.com", path="/applications/*/conversations", provider="aws.q_business")
def amazon(exchange: Exchange) -> Invocation:
    """Amazon's services name what is asked in a header: `Comprehend_20171127.DetectSentiment`."""
    return _generic.call(exchange, _target(exchange.request) or _word(exchange))


@reads(
    host=AZURE,
    path=AZURE_PATHS,
    provider="azure.ai.services",
)
@reads(
    host=("api.cognitive.microsofttranslator.com", "api-*.cognitive.microsofttranslator.com"),
    path="*",
    provider="azure.ai.translator",
)
@reads(host=("*.stt.speech.microsoft.com", "*.tts.speech.microsoft.com"), path="*", provider="azure.ai.speech")
def azure(exchange: Exchange) -> Invocation:
    """Azure AI services: language, vision, documents, translation, speech."""
    return _generic.call(exchange, _word(exchange))


# NVIDIA's models of molecules on one's own machine
BIOLOGY = (
    "predict",
    "generate",
    "esmfold",
    "predict-structure-from-sequence",
    "predict-structure-from-msa-and-template",
)
BIOLOGY_PATHS = (*(f"*/biology/*/{word}" for word in BIOLOGY), "*/molecular-docking/*/generate")


def _is_molecule(body: Dict) -> bool:
    return any(isinstance(value, str | list) and value for value in body.values())


@reads(path=BIOLOGY_PATHS, shape=_is_molecule)
@reads(
    host=("health.api.nvidia.com", "api.nvcf.nvidia.com"),
    path=("/v1/biology/*", "/v2/nvcf/pexec/functions/*"),
    provider="nvidia",
)
def nvidia(exchange: Exchange) -> Invocation:
    """NVIDIA's biology endpoints: structures, sequences, docking; the path names the model."""
    return _generic.call(exchange, _word(exchange))


@reads(host=LLAMA, path="*/parsing/upload", provider="llamaindex")
@reads(host="aip.baidubce.com", path="*/wenxinworkshop/*", provider="baidu")
def other(exchange: Exchange) -> Invocation:
    """Documents handed in to be read; a chat whose answer is one text."""
    return _generic.call(exchange)


@reads(host=("fal.run", "queue.fal.run"), path="/*", provider="fal")
def fal(exchange: Exchange) -> Invocation:
    """fal: the path is the model."""
    found = _generic.call(exchange)
    return replace(found, request_model=exchange.request.path.strip("/") or None)


@reads(host="api.esmatlas.com", path="/foldSequence/*", provider="esm_atlas")
@reads(host=("forge.evolutionaryscale.ai", "biohub.ai"), path="/api/v1/*", provider="evolutionaryscale")
def esm(exchange: Exchange) -> Invocation:
    """Proteins: a sequence in, a structure, a sequence or vectors out."""
    request = exchange.request
    asked = _generic.call(Exchange(request), _word(exchange))
    if not asked.input and request.body.isascii():  # ESM Atlas takes the bare sequence
        asked = replace(asked, input=_generic.said(request.body.decode("ascii")), unparsed=None)
    return _generic.answered(asked, exchange)


@reads(host="api.assemblyai.com", path="/v2/transcript/*", method="GET", provider="assemblyai")
@reads(host=("api.bfl.ai", "api.*.bfl.ai"), path="/v1/get_result", method="GET", provider="black_forest_labs")
@reads(host="queue.fal.run", path="*/requests/*", method="GET", provider="fal")
@reads(host=ALIBABA, path="/api/v1/tasks/*", method="GET", provider="alibaba")
@reads(host="api.stability.ai", path="/v2beta/results/*", method="GET", provider="stability")
@reads(host="api.dev.runwayml.com", path="/v1/tasks/*", method="GET", provider="runway")
@reads(host="api.lumalabs.ai", path="*/generations/*", method="GET", provider="luma")
@reads(host="cloud.leonardo.ai", path="*/generations/*", method="GET", provider="leonardo")
@reads(host=("api.x.ai", "*.api.x.ai"), path="/v1/videos/*", method="GET", provider="x_ai")
@reads(host="api.runpod.ai", path="/v2/*/status/*", method="GET", provider="runpod")
@reads(host="api.gladia.io", path=("/v2/pre-recorded/*", "/v2/transcription/*"), method="GET", provider="gladia")
@reads(host="*asr.api.speechmatics.com", path="/v2/jobs/*/transcript", method="GET", provider="speechmatics")
@reads(host="api.rev.ai", path="*/jobs/*/transcript", method="GET", provider="rev")
@reads(host=LLAMA, path="*/parsing/job/*/result/*", method="GET", provider="llamaindex")
@reads(host=AZURE, path=JOBS, method="GET", provider="azure.ai.services")
@reads(host=SPEECH, path="*/operations/*", method="GET", provider="gcp.speech")
@reads(host=GOOGLE_JOBS, path="*/operations/*", method="GET")
@reads(host="generativelanguage.googleapis.com", path="*/models/*/operations/*", method="GET", provider="gcp.gemini")
@reads(host=VERTEX, path="*/models/*:fetchPredictOperation", provider="gcp.vertex_ai")
def job(exchange: Exchange) -> Invocation:
    """A job made earlier, asked for by its id: housekeeping until it has ended."""
    response = exchange.response
    *_, before, named = ("", *exchange.request.path.rstrip("/").split("/"))
    if named == "transcript":
        named = before
    asked = Invocation("other", response_id=named, extra={RETRIEVED: True})
    found = _generic.answered(asked, exchange)
    if response is None or found.error_type:
        return found
    ended = found.complete and named != "status"
    if "peration" in exchange.request.path and "googleapis" in exchange.request.host:  # Google's say so themselves
        ended = ended and mapping(parsed(_body.text(response))).get("done") is True
    return found if ended else replace(found, kind="housekeeping", complete=False)


def _word(exchange: Exchange) -> str:
    """The service's word for what was asked: the end of the path, without a version."""
    return exchange.request.path.rstrip("/").rpartition("/")[2].rpartition(":")[2]
