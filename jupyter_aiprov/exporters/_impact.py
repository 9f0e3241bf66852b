"""Energy and emissions of inference as a range with method and version, or none at all.

Uses EcoLogits where it is installed (extra `impact`) and only for models it knows; nothing is
estimated from anything else. The zone is the provider's default: nobody's location is assumed.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from jupyter_aiprov import semconv
from jupyter_aiprov.provenance import Use

# OpenTelemetry's provider names -> EcoLogits' own.
_PROVIDERS: Final = {
    "openai": "openai",
    "anthropic": "anthropic",
    "mistral_ai": "mistralai",
    "cohere": "cohere",
    "gcp.gemini": "google_genai",
    "huggingface": "huggingface_hub",
}


@dataclass(frozen=True)
class Estimate:
    """Energy in kWh and emissions in kg CO2eq, each from low to high."""

    energy_kwh: tuple[float, float]
    gwp_kgco2eq: tuple[float, float]
    method: str
    version: str
    zone: str | None
    warnings: tuple[str, ...] = ()


def estimate(uses: Sequence[Use]) -> Estimate | None:
    """The estimate for alike calls, or None: no library, no known model, or no output tokens on record."""
    if importlib.util.find_spec("ecologits") is None:
        return None
    parts = [one for use in uses if (one := _one(use)) is not None]
    if not parts or len(parts) < len([u for u in uses if u.count]):
        return None  # part of the calls would pass for all of them
    return Estimate(
        energy_kwh=(sum(p.energy_kwh[0] for p in parts), sum(p.energy_kwh[1] for p in parts)),
        gwp_kgco2eq=(sum(p.gwp_kgco2eq[0] for p in parts), sum(p.gwp_kgco2eq[1] for p in parts)),
        method=parts[0].method,
        version=parts[0].version,
        zone=parts[0].zone,
        warnings=tuple(dict.fromkeys(w for p in parts for w in p.warnings)),
    )


def _one(use: Use) -> Estimate | None:
    tokens = use.usage.get(semconv.OUTPUT_TOKENS)
    provider = _PROVIDERS.get(str(use.attributes.get(semconv.PROVIDER)))
    if not tokens or not provider or use.usage_missing or use.attributes.get(semconv.DESTINATION) != "external":
        return None
    library: Any = importlib.import_module("ecologits.tracers.utils")
    about: Any = importlib.import_module("ecologits")
    found = library.llm_impacts(provider, use.model, tokens, use.seconds or 0.0)
    if found is None or getattr(found, "errors", None) or found.energy is None or found.gwp is None:
        return None
    return Estimate(
        energy_kwh=_range(found.energy.value),
        gwp_kgco2eq=_range(found.gwp.value),
        method="EcoLogits",
        version=str(about.__version__),
        zone=None,
        warnings=tuple(str(getattr(w, "code", w)) for w in getattr(found, "warnings", None) or ()),
    )


def _range(value: Any) -> tuple[float, float]:
    if isinstance(value, int | float):
        return float(value), float(value)
    return float(value.min), float(value.max)
