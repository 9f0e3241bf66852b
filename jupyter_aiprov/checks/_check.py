"""What a check is: a tiny class whose docstring is its title and whose `check` docstring its message.

`check` yields places (or nothing); the message, the hint and the link are the class's. A check sees
a document and its fold, never a journal's texts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

from jupyter_aiprov.document import Notebook, cells, language, source
from jupyter_aiprov.integrity import Integrity
from jupyter_aiprov.notebook import Found, stamps_of
from jupyter_aiprov.proof import digest
from jupyter_aiprov.provenance import Provenance

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

RECOMMENDATIONS: Mapping[int, str] = {
    1: "recommendation 1: disclosure and transparency",
    2: "recommendation 2: attribution and transparent models",
    3: "recommendation 3: synthetic data",
    4: "recommendation 4: verification",
    5: "recommendation 5: documentation of AI data",
    6: "recommendation 6: integrity and equity",
    7: "recommendation 7: frugality",
    8: "recommendation 8: training",
    9: "recommendation 9: health data passport",
}

# Top-level modules that speak to models or run them; the record's own list of hooks is not needed here.
AI_MODULES = frozenset(
    {
        *("openai", "anthropic", "mistralai", "cohere", "ollama", "litellm", "groq", "together", "replicate", "ai21"),
        *("langchain", "langchain_core", "langchain_openai", "langchain_anthropic", "langgraph", "llama_index", "dspy"),
        *("transformers", "sentence_transformers", "diffusers", "vllm", "llama_cpp", "xllamacpp", "mlx_lm", "gpt4all"),
        *("ctransformers", "huggingface_hub", "instructor", "guidance", "outlines", "pydantic_ai", "smolagents", "llm"),
        *("autogen", "crewai", "haystack", "semantic_kernel", "aisuite", "chatlas", "magentic", "marvin", "distilabel"),
        *("lotus", "jupyter_ai", "jupyter_ai_magics", "claude_agent_sdk", "openai_agents", "agents", "browser_use"),
    }
)
_AI_DOTTED = ("google.genai", "google.generativeai", "azure.ai.inference", "ibm_watsonx_ai")
_IMPORT = re.compile(r"^\s*(?:import|from)\s+([A-Za-z_][\w.]*)", re.M)
_MAGIC = re.compile(r"^\s*%%?ai\b", re.M)
# R and Julia packages that do.
_LIBRARY = re.compile(
    r"\b(?:library|require|using|import)\s*[( ]\s*[\"']?(ellmer|openai|chattr|tidyllm|ollamar|PromptingTools|OpenAI)\b"
)


@dataclass(frozen=True)
class Finding:
    """One thing found, where, and what to do about it."""

    code: str
    severity: Severity
    message: str
    hint: str
    link: str
    path: str = ""
    cell: int | None = None  # from 1, as people count
    cell_id: str | None = None
    subject: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for the same finding in the next run, wherever its cell has moved."""
        return digest([self.code, self.path, self.cell_id or self.cell, self.subject])[:24]


@dataclass(frozen=True)
class Document:
    """What checks look at: the notebook, its fold, and what the file can show of itself."""

    path: str
    nb: Notebook
    provenance: Provenance
    integrity: Integrity
    options: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def stamps(self) -> list[Found]:
        """Every usable stamp."""
        return [one for one in stamps_of(self.nb) if not one.is_broken]

    @cached_property
    def sources(self) -> list[tuple[int, str]]:
        """Position and source of every code cell."""
        return [(i, source(c)) for i, c in cells(self.nb) if c.get("cell_type") == "code"]

    @cached_property
    def ai_imports(self) -> list[tuple[int, str]]:
        """Cells that bring in a library of the AI world: (position, its name)."""
        return [(index, name) for index, text in self.sources for name in _imported(text, language(self.nb))]

    @property
    def is_recorded(self) -> bool:
        """True when the document holds any record of ours."""
        found = self.provenance
        return bool(self.integrity.records or found.sessions or not found.is_empty)


def _imported(text: str, kernel: str) -> list[str]:
    found: list[str] = []
    if kernel in ("", "python", "python3") or "python" in kernel:
        names = [(name, name.partition(".")[0]) for name in _IMPORT.findall(text)]
        found += [
            top if top in AI_MODULES else name
            for name, top in names
            if top in AI_MODULES or name.startswith(_AI_DOTTED)
        ]
        if _MAGIC.search(text):
            found.append("%ai")
        if found and not _is_code(text, found):
            return []
    else:
        found += _LIBRARY.findall(text)
    return list(dict.fromkeys(found))


def _is_code(text: str, names: list[str]) -> bool:
    """False when the names only stand in a string or comment of valid Python."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True  # magics, or Python of another version: said rather than missed
    seen = {alias.name.partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    seen |= {(n.module or "").partition(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    return any(name.partition(".")[0] in seen for name in names)


class Check:
    """Base of all checks: subclasses set `severity`, `hint`, `recommendation` and say `check`."""

    severity: ClassVar[Severity] = "warning"
    hint: ClassVar[str] = ""
    recommendation: ClassVar[int] = 1

    def check(self, document: Document) -> Iterator[Place]:
        """What is wrong, as people read it; `{subject}` stands for what the place names."""
        raise NotImplementedError

    @classmethod
    def code(cls) -> str:
        """The class's name."""
        return cls.__name__

    @classmethod
    def title(cls) -> str:
        """First line of the class's docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    @classmethod
    def message(cls) -> str:
        """Docstring of `check`, in one line."""
        return " ".join((cls.check.__doc__ or "").split())

    @property
    def link(self) -> str:
        """The recommendation that asks for it."""
        return RECOMMENDATIONS[self.recommendation]

    def findings(self, document: Document) -> Iterator[Finding]:
        """The places with everything that is said of them."""
        ids = {c.index: c.id for c in document.provenance.cells}
        for place in self.check(document):
            subject = place.subject[:300]
            yield Finding(
                code=self.code(),
                severity=self.severity,
                message=self.message().replace("{subject}", subject),
                hint=self.hint,
                link=self.link,
                path=document.path,
                cell=None if place.index is None else place.index + 1,
                cell_id=None if place.index is None else ids.get(place.index),
                subject=subject,
            )


@dataclass(frozen=True)
class Place:
    """Where a check found something: position of the cell (None: the notebook) and what it is about."""

    index: int | None = None
    subject: str = ""
