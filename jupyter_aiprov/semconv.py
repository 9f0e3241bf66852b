"""Every dotted name, key and vocabulary of the record; nothing else spells them.

OpenTelemetry GenAI names are used literally (semantic-conventions-genai, status Development,
read November 2026); own keys exist only where no standard has one.
"""

from typing import Final

SCHEMA_VERSION: Final = "1.0"
SEMCONV: Final = "semantic-conventions-genai@2026-11"
KEY: Final = "aiprov"  # the one metadata key: notebook, cell and output
MIME: Final = "application/vnd.aiprov.v1+json"

# ── OpenTelemetry GenAI ────────────────────────────────────────────────────────────
OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
TIME_TO_FIRST: Final = "gen_ai.response.time_to_first_chunk"
SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
OUTPUT_TYPE: Final = "gen_ai.output.type"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
REQUEST_PREFIX: Final = "gen_ai.request."
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_CREATION_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
USAGE_KEYS: Final = (
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    CACHE_READ_TOKENS,
    CACHE_CREATION_TOKENS,
    REASONING_TOKENS,
)
SERVICE_TIER: Final = "openai.response.service_tier"
SYSTEM_FINGERPRINT: Final = "openai.response.system_fingerprint"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
ERROR_TYPE: Final = "error.type"

# ── own keys ───────────────────────────────────────────────────────────────────────
CAPTURE: Final = "capture"
DESTINATION: Final = "destination"
REMOTE_HOST: Final = "remote_host"  # a server on this machine passed the request on to it
WEIGHTS: Final = "weights"
USAGE_RAW: Final = "usage_raw"  # the provider's own usage object, verbatim

EVENT_TYPES: Final = (
    "session",
    "execution",
    "invocation",
    "derivation",
    "authorship",
    "declaration",
    "review",
    "withdrawal",
    "content",
    "gap",
)

# An invocation's last word; `started` alone means that its end was never seen.
INVOCATION_STATUSES: Final = (
    "started",
    "completed",
    "failed",
    "abandoned",
    "unread",
    "cached",
)
STANDINGS: Final = ("shown", "superseded", "deleted", "failed", "cached", "withdrawn")
DESTINATIONS: Final = ("in-process", "loopback", "institutional", "external")

ORIGINS: Final = (
    "real-observation",
    "human",
    "computed",
    "ai-assisted",
    "ai-generated",
    "ai-derived",
    "synthetic",
    "unknown",
)
AI_ORIGINS: Final = frozenset({"ai-assisted", "ai-generated", "ai-derived", "synthetic"})
EVIDENCE: Final = ("captured", "declared", "inferred", "imported")
CONFIDENCE: Final = ("high", "medium", "low")

IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
C2PA: Final = "http://c2pa.org/digitalsourcetype/"
# Origin -> digital source type of *data* (standards: IPTC NewsCodes; C2PA 2.4 for AI-made data).
DIGITAL_SOURCE_TYPES: Final = {
    "real-observation": IPTC + "digitalCapture",
    "human": IPTC + "digitalCreation",
    "computed": IPTC + "dataDrivenMedia",
    "ai-assisted": IPTC + "compositeWithTrainedAlgorithmicMedia",
    "ai-generated": C2PA + "trainedAlgorithmicData",
    "ai-derived": IPTC + "compositeWithTrainedAlgorithmicMedia",
    "synthetic": C2PA + "trainedAlgorithmicData",
    "unknown": C2PA + "empty",
}
