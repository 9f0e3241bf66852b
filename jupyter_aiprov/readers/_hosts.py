"""Which provider answers at a host, in OpenTelemetry's names where it has one.

`*` stands for anything but a slash; a pattern may name the path below which the host serves AI
(`openrouter.ai/api`), and everything else there is ordinary web traffic.
"""

from __future__ import annotations

import re
from functools import lru_cache

HOSTS = {
    "api.openai.com": "openai",
    "*.api.openai.com": "openai",
    "*.openai.azure.com": "azure.ai.openai",
    "*.cognitiveservices.azure.com/openai": "azure.ai.openai",
    "*.azure-api.net/openai": "azure.ai.openai",  # API Management before it
    "*.services.ai.azure.com/openai": "azure.ai.openai",
    "*.services.ai.azure.com/contentunderstanding": "azure.ai.services",
    "*.services.ai.azure.com/documentintelligence": "azure.ai.services",
    "*.services.ai.azure.com/contentsafety": "azure.ai.services",
    "*.services.ai.azure.com/computervision": "azure.ai.services",
    "*.services.ai.azure.com/speechtotext": "azure.ai.services",
    "*.services.ai.azure.com/language": "azure.ai.services",
    "*.services.ai.azure.com": "azure.ai.inference",
    "*.models.ai.azure.com": "azure.ai.inference",
    "*.inference.ml.azure.com": "azure.ai.inference",
    "models.inference.ai.azure.com": "azure.ai.inference",
    "models.github.ai": "github",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "*-aiplatform.googleapis.com": "gcp.vertex_ai",
    "aiplatform.*.rep.googleapis.com": "gcp.vertex_ai",
    "bedrock-runtime.*.amazonaws.com": "aws.bedrock",
    "bedrock-runtime-fips.*.amazonaws.com": "aws.bedrock",
    "bedrock-runtime.*.amazonaws.com.cn": "aws.bedrock",
    "bedrock-runtime.*.api.aws": "aws.bedrock",
    "bedrock-mantle.*.api.aws": "aws.bedrock",
    "bedrock-agent-runtime.*.amazonaws.com": "aws.bedrock",
    "*.bedrock-runtime.*.vpce.amazonaws.com": "aws.bedrock",
    "runtime.sagemaker.*.amazonaws.com": "aws.sagemaker",
    "api.cohere.com": "cohere",
    "api.cohere.ai": "cohere",
    "api.mistral.ai": "mistral_ai",
    "codestral.mistral.ai": "mistral_ai",
    "api.groq.com": "groq",
    "api.x.ai": "x_ai",
    "*.api.x.ai": "x_ai",
    "api.deepseek.com": "deepseek",
    "api.perplexity.ai": "perplexity",
    "api.moonshot.ai": "moonshot_ai",
    "api.moonshot.cn": "moonshot_ai",
    "*.ml.cloud.ibm.com/ml": "ibm.watsonx.ai",
    "api.together.xyz": "together",
    "api.together.ai": "together",
    "api-*.together.ai": "together",
    "api.fireworks.ai": "fireworks",
    "audio-*.api.fireworks.ai": "fireworks",
    "*.direct.fireworks.ai": "fireworks",
    "openrouter.ai/api": "openrouter",
    "router.huggingface.co": "huggingface",
    "api-inference.huggingface.co": "huggingface",
    "*.endpoints.huggingface.cloud": "huggingface",
    "api.replicate.com": "replicate",
    "streaming-api.svc.*.replicate.net": "replicate",
    "stream.replicate.com": "replicate",
    "ollama.com/api": "ollama",
    "ollama.com/v1": "ollama",
    "api.ollama.com": "ollama",
    "integrate.api.nvidia.com": "nvidia",
    "ai.api.nvidia.com": "nvidia",
    "health.api.nvidia.com": "nvidia",
    "api.nvcf.nvidia.com": "nvidia",
    "api.cerebras.ai": "cerebras",
    "api.sambanova.ai": "sambanova",
    "api.inference.crusoecloud.com": "crusoe",
    "api.crusoe.ai": "crusoe",
    "*.inference.heroku.com": "heroku",
    "api.z.ai": "zai",
    "open.bigmodel.cn": "zai",
    "*.snowflakecomputing.com/api/v2/cortex": "snowflake",
    "*.databricks.com/serving-endpoints": "databricks",
    "*.azuredatabricks.net/serving-endpoints": "databricks",
    "api.voyageai.com": "voyageai",
    "api.jina.ai": "jina",
    "deepsearch.jina.ai": "jina",
    "api.writer.com": "writer",
    "api.ai21.com": "ai21",
    "api.deepinfra.com": "deepinfra",
    "api.studio.nebius.ai": "nebius",
    "api.studio.nebius.com": "nebius",
    "api.tokenfactory.nebius.com": "nebius",
    "api.novita.ai": "novita",
    "api.hyperbolic.xyz": "hyperbolic",
    "api.siliconflow.com": "siliconflow",
    "api.siliconflow.cn": "siliconflow",
    "dashscope.aliyuncs.com": "alibaba",
    "dashscope-intl.aliyuncs.com": "alibaba",
    "ark.*.volces.com": "volcengine",
    "api.minimax.io": "minimax",
    "api.minimaxi.com": "minimax",
    "api.stability.ai": "stability",
    "api.aleph-alpha.com": "aleph_alpha",
    "api.scaleway.ai": "scaleway",
    "*.endpoints.kepler.ai.cloud.ovh.net": "ovhcloud",
    "oai.endpoints.kepler.ai.cloud.ovh.net": "ovhcloud",
    "albert.api.etalab.gouv.fr": "albert",
    "ai-gateway.vercel.sh": "vercel",
    "gateway.ai.cloudflare.com": "cloudflare",
    "api.cloudflare.com/client/v4/accounts/*/ai": "cloudflare",
    "api.githubcopilot.com": "github.copilot",
    "*.baseten.co": "baseten",
    "api.deepgram.com": "deepgram",
    "api.*.deepgram.com": "deepgram",
    "api.assemblyai.com": "assemblyai",
    "api.*.assemblyai.com": "assemblyai",
    "llm-gateway.assemblyai.com": "assemblyai",
    "llm-gateway.*.assemblyai.com": "assemblyai",
    "api.elevenlabs.io": "elevenlabs",
    "api.*.elevenlabs.io": "elevenlabs",
    "fal.run": "fal",
    "queue.fal.run": "fal",
    "api.mathpix.com": "mathpix",
    "api.unstructuredapp.io": "unstructured",
    "api.cloud.llamaindex.ai": "llamaindex",
    "api-atlas.nomic.ai": "nomic",
    "api.mixedbread.com": "mixedbread",
    "api.upstage.ai": "upstage",
    "api.reka.ai": "reka",
    "api.llama.com": "meta",
    "api.inceptionlabs.ai": "inception",
    "api.friendli.ai": "friendli",
    "api.lambda.ai": "lambda",
    "api.featherless.ai": "featherless",
    "api.inference.net": "inference_net",
    "llm.chutes.ai": "chutes",
    "api.venice.ai": "venice",
    "inference.do-ai.run": "digitalocean",
    "router.requesty.ai": "requesty",
    "api.portkey.ai": "portkey",
    "api.gladia.io": "gladia",
    "asr.api.speechmatics.com": "speechmatics",
    "*.asr.api.speechmatics.com": "speechmatics",
    "api.rev.ai": "rev",
    "api.cartesia.ai": "cartesia",
    "api.hume.ai": "hume",
    "api.ideogram.ai": "ideogram",
    "api.bfl.ai": "black_forest_labs",
    "api.*.bfl.ai": "black_forest_labs",
    "external.api.recraft.ai": "recraft",
    "api.dev.runwayml.com": "runway",
    "api.lumalabs.ai": "luma",
    "api.clarifai.com": "clarifai",
    "api.edenai.run": "edenai",
    "api.nlpcloud.io": "nlp_cloud",
    "chat-ai.academiccloud.de": "academiccloud",
    "helmholtz-blablador.fz-juelich.de": "blablador",
    "api.helmholtz-blablador.fz-juelich.de": "blablador",
    "paradigm.lighton.ai": "lighton",
    "inference.generativeai.*.oraclecloud.com": "oracle",
    "biolm.ai/api": "biolm",
}


@lru_cache(maxsize=512)
def pattern(glob: str) -> re.Pattern[str]:
    """A host pattern as a regular expression."""
    return re.compile("[^/]*".join(re.escape(piece) for piece in glob.lower().split("*")))


@lru_cache(maxsize=1024)
def entries(host: str) -> tuple[tuple[str, str], ...]:
    """(path prefix, provider) of every line that names this host, the longest path first."""
    found = []
    for line, provider in HOSTS.items():
        name, slash, path = line.partition("/")
        if pattern(name).fullmatch(host):
            found.append((slash + path, provider))
    return tuple(sorted(found, key=lambda entry: -len(entry[0])))


def provider_of(host: str, path: str) -> str | None:
    """The provider that answers at a host and path, or None when the host does not tell."""
    for prefix, provider in entries(host):
        if pattern(prefix).match(path) if "*" in prefix else path.startswith(prefix):
            return provider
    return None
