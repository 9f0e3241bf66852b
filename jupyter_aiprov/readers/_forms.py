"""Multipart forms: the fields and files of a request that uploads pictures or sound."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jupyter_aiprov.model import Request

_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)', re.IGNORECASE)
_NAME = re.compile(rb'\bname="([^"]*)"')
_FILE = re.compile(rb'\bfilename\*?="?([^";\r\n]*)')
_TYPE = re.compile(rb"^content-type:\s*([^\s;]+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class File:
    """An uploaded file: name, media type and the bytes that were kept."""

    name: str
    media_type: str | None
    data: bytes


def form(request: Request) -> tuple[dict[str, str], list[File]]:
    """Fields by name (the last of a repeated one) and files; both empty when the body is no form."""
    found = _BOUNDARY.search(request.headers.get("content-type", ""))
    if found is None:
        return {}, []
    fields: dict[str, str] = {}
    files: list[File] = []
    for piece in request.body.split(b"--" + found[1].encode())[1:]:
        head, gap, data = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not gap or name is None:
            continue
        data = data.removesuffix(b"\r\n")
        file = _FILE.search(head)
        if file is None:
            fields[name[1].decode("utf-8", "replace")] = data.decode("utf-8", "replace")
        else:
            kind = _TYPE.search(head)
            files.append(
                File(file[1].decode("utf-8", "replace"), kind[1].decode("ascii", "replace") if kind else None, data)
            )
    return fields, files
