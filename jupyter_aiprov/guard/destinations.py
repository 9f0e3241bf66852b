"""Where a request goes: in-process, loopback, institutional or external; unknown is external.

Loopback is not yet local: tunnels, proxies and Ollama's cloud models answer there. It keeps the
external rules until its host is in `AIProv.local_hosts`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from jupyter_aiprov.model import Request

_LOOPBACK = frozenset({"localhost", "ip6-localhost", "host.docker.internal", "0.0.0.0", "::"})  # noqa: S104 - names only


def destination(request: Request, *, local: Iterable[str] = (), institutional: Iterable[str] = ()) -> str:
    """Classify a request by its host and, where Ollama answers, by its model."""
    host, scheme = request.host.rstrip("."), request.url[:12].partition(":")[0].lower()
    if is_loopback(host) or scheme.endswith("unix") or host.endswith((".sock", ".socket")) or listed(request, local):
        return _unless_cloud(request, "loopback")
    if listed(request, institutional):
        return "institutional"
    return "external"


@lru_cache(maxsize=512)
def is_loopback(host: str) -> bool:
    """True for this machine's own names and addresses."""
    if host in _LOOPBACK or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or bool(mapped and mapped.is_loopback)


def listed(request: Request, hosts: Iterable[str]) -> bool:
    """True when the host, or host:port, is in the list; a name covers its sub-domains."""
    host = request.host.rstrip(".")
    for entry in hosts:
        name = entry.strip().lower().removeprefix("*")
        bare = name.removeprefix(".")
        if not bare:
            continue
        if bare == f"{host}:{request.port}" or bare in {host, f"[{host}]", f"[{host}]:{request.port}"}:
            return True
        if host.endswith("." + bare) and not is_loopback(host):
            return True
    return False


def _unless_cloud(request: Request, place: str) -> str:
    """`external` for models that Ollama only passes on: `gpt-oss:120b-cloud`, `…:cloud`."""
    body = request.json
    model = body.get("model") or body.get("name") if isinstance(body, dict) else None
    return "external" if isinstance(model, str) and model.lower().endswith(("-cloud", ":cloud")) else place
