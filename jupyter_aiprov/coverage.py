"""What this session could and could not see: hooks, libraries without one, shell cells, SQL functions.

Reads cell sources and `sys.modules` only; runs nothing.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

_SHELL = re.compile(
    r"^\s*(?:[\w, ]+=\s*)?!|\bget_ipython\(\)\.(?:system|getoutput)\w*\("
    r"|^%%(?:bash|sh|script|cmd|powershell|perl|ruby|sx|system|!)|^\s*%(?:sx|system)\b",
    re.M,
)
_SHELL_AI = re.compile(
    r"\b(?:curl|wget|httpie|ollama|llama-cli|llama-server|claude|codex|gemini|aichat|sgpt|mods|openai|vllm)\b"
    r"|api\.(?:openai|anthropic|mistral|cohere)\b|huggingface-cli"
)
_SQL_AI = re.compile(
    r"\b(?:ai_(?:query|classify|gen|extract|summarize|translate|analyze_sentiment|mask|similarity|fix_grammar|forecast"
    r"|parse_document|complete|filter|agg|embed|sentiment|redact|transcribe|summarize_agg|generate_embeddings)"
    r"|(?-i:ML\.(?:GENERATE_TEXT|GENERATE_EMBEDDING|UNDERSTAND_TEXT|TRANSLATE|ANNOTATE_IMAGE|TRANSCRIBE|PROCESS_DOCUMENT))"
    r"|(?-i:AI\.(?:GENERATE\w*|IF|SCORE|CLASSIFY|EMBED|SIMILARITY|SEARCH|FORECAST|AGG))"
    r"|pgml\.(?:transform|embed|generate|chunk|predict)\w*|azure_(?:openai|ai|cognitive)\.\w+|DBMS_CLOUD_AI\.\w+"
    r"|(?<=SELECT )(?:prompt|embedding)"
    r"|SNOWFLAKE\.CORTEX\.\w+|ai\.(?:openai|anthropic|ollama|cohere)_\w+|DBMS_VECTOR_CHAIN\.\w+)\s*\(",
    re.I,
)
_SELECT_AI = re.compile(r"\bSELECT\s+AI\s+(?:runsql|showsql|explainsql|narrate|chat|summarize|translate)\b", re.I)
_SKIP = frozenset({"jupyter_aiprov", "__main__", "builtins"})


def blind_spots(source: str) -> Iterator[tuple[str, str]]:
    """What of a cell's source nothing here can observe: (reason, detail without values)."""
    shell = list(_SHELL.finditer(source))
    if shell:
        whole = source[shell[0].start() :]
        found = _SHELL_AI.search(whole)
        yield "shell-command", found.group(0) if found else ""
    sql = _SQL_AI.search(source)
    if sql:
        yield "sql-function", sql.group(0).rstrip("( \t")
    elif _SELECT_AI.search(source):
        yield "sql-function", "SELECT AI"


def environment() -> dict[str, Any]:
    """Python, platform, accelerators and the packages imported, as they are now."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "accelerator": accelerators(),
        "packages": packages(),
    }


def packages() -> dict[str, str]:
    """Name -> version of the top-level packages imported from outside the standard library."""
    found: dict[str, str] = {}
    standard = sys.stdlib_module_names
    for name, module in list(sys.modules.items()):
        if "." in name or name.startswith("_") or name in standard or name in _SKIP:
            continue
        own = getattr(module, "__dict__", {})
        if not isinstance(own, Mapping) or "site-packages" not in str(own.get("__file__") or ""):
            continue
        version = own.get("__version__")
        if not isinstance(version, str):
            try:
                version = metadata.version(name)
            except (metadata.PackageNotFoundError, ValueError):
                continue
        found[name] = version
    return dict(sorted(found.items()))


def accelerators() -> list[str]:
    """Names of the NVIDIA devices the driver lists; nothing is initialised for it."""
    names = []
    root = "/proc/driver/nvidia/gpus"
    try:
        devices = sorted(os.listdir(root))  # noqa: PTH208 - one listing, no Path needed
    except OSError:
        return []
    for device in devices:
        try:
            with open(f"{root}/{device}/information", encoding="utf-8") as file:  # noqa: PTH123
                lines = dict(line.split(":", 1) for line in file if ":" in line)
        except OSError:
            continue
        names.append(lines.get("Model", "NVIDIA device").strip())
    return names
