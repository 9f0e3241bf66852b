"""Jupyter Server extension: statement and exports for the panel, through the Python of the command line.

    GET  aiprov/api/status     what this server can do
    POST aiprov/api/disclose   the section "Use of AI systems" and what is still open in it
    POST aiprov/api/export     the record in one format, as a file to keep

Only for users whom the server knows and lets read contents, with its XSRF check. A path is what the
contents manager says it is; the page may send the notebook as it is now, unsaved changes included.
Nothing is written. A link that leads out of the server's files is not followed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import ensure_async, url_path_join
from tornado.web import HTTPError, authenticated

from jupyter_aiprov._version import __version__
from jupyter_aiprov.commands._files import Opened
from jupyter_aiprov.commands.export import exported, formats
from jupyter_aiprov.document import Notebook, mark, read
from jupyter_aiprov.errors import AIProvError
from jupyter_aiprov.exporters import statement
from jupyter_aiprov.journals import journals_of

NAMESPACE = "aiprov/api"
LANGUAGES = ("en", "fr")
_DRIVES = ("\\", ":")  # never in a path of the contents manager's notebooks


class _Handler(APIHandler):
    """What the three share: who may ask, and which notebook is meant."""

    auth_resource = "contents"

    async def opened(self, asked: Mapping[str, Any]) -> Opened:
        """The notebook that is meant, with its journal where the server's files hold one."""
        path = asked.get("path")
        if not isinstance(path, str) or not path:
            raise HTTPError(400, "name a notebook: path")
        parts = path.replace("\\", "/").strip("/").split("/")
        if ".." in parts or any(sign in parts[0] for sign in _DRIVES):
            raise HTTPError(403, "a path must stay in the server's files")
        manager = self.contents_manager
        sent = asked.get("notebook")
        local = self._local(path)
        if sent is None and local is None and _are_files(manager):
            raise HTTPError(403, "a path must stay in the server's files: send the notebook that the link leads to")
        model = await ensure_async(manager.get(path, content=sent is None))
        if model["type"] not in {"notebook", "file"}:
            raise HTTPError(400, f"{parts[-1]} is no notebook")
        if sent is None:
            sent = model["content"]
        raw = sent.encode() if isinstance(sent, str) else json.dumps(sent).encode("utf-8", "backslashreplace")
        return await asyncio.to_thread(_opened, raw, parts[-1], local)

    def _local(self, path: str) -> Path | None:
        """Where the file lies, for contents managers whose notebooks are files below one folder."""
        manager = self.contents_manager
        if not _are_files(manager):
            return None
        found = Path(manager._get_os_path(path)).resolve()
        return found if found.is_relative_to(Path(manager.root_dir).resolve()) else None

    def asked(self) -> Mapping[str, Any]:
        """The request's JSON object."""
        try:
            body = self.get_json_body()
        except (UnicodeDecodeError, RecursionError):
            raise HTTPError(400, "send a JSON object in UTF-8, not nested too deeply") from None
        if not isinstance(body, Mapping):
            raise HTTPError(400, "send a JSON object")
        return body


class StatusHandler(_Handler):
    """What this server can do."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """Version, export formats, policies and languages."""
        known = sorted((await asyncio.to_thread(formats)).items())
        self.finish(
            {
                "version": __version__,
                "formats": [{"name": name, "extension": module.EXTENSION, "label": name} for name, module in known],
                "policies": [{"name": name, "label": name} for name in statement.policies()],
                "languages": list(LANGUAGES),
            }
        )


class DiscloseHandler(_Handler):
    """The section, and what only people can still answer."""

    @authenticated
    @authorized("read")
    async def post(self) -> None:
        """Render one policy in one language; answers come from the notebook."""
        asked = self.asked()
        one = await self.opened(asked)
        options = {"policy": str(asked.get("policy") or "generic"), "language": _language(asked)}
        try:
            made, slots = await asyncio.to_thread(_rendered, one, options)
        except AIProvError as error:
            raise HTTPError(400, str(error)) from None
        self.finish({"text": made.text, "slots": slots})


class ExportHandler(_Handler):
    """The record as a file."""

    @authenticated
    @authorized("read")
    async def post(self) -> None:
        """Export in one format; always something to keep, never a page of this server."""
        asked = self.asked()
        name = str(asked.get("format") or "")
        module = (await asyncio.to_thread(formats)).get(name)
        if module is None:
            raise HTTPError(400, "no such format")
        one = await self.opened(asked)
        try:
            made = await asyncio.to_thread(exported, module, one, _language(asked))
        except AIProvError as error:
            raise HTTPError(400, str(error)) from None
        stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in Path(one.name).stem) or "notebook"
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Disposition", f'attachment; filename="{stem}-{name}.{module.EXTENSION.lstrip(".")}"')
        data = made if isinstance(made, bytes) else made.encode("utf-8", "backslashreplace")
        self.finish(data, set_content_type="application/octet-stream")


def _are_files(manager: Any) -> bool:
    return hasattr(manager, "_get_os_path") and bool(getattr(manager, "root_dir", None))


def _opened(raw: bytes, name: str, local: Path | None) -> Opened:
    try:
        nb = read(raw)
        return Opened(str(local or name), nb, journals_of(nb, str(local)) if local else {})
    except AIProvError as error:
        raise HTTPError(400, str(error)) from None


def _rendered(one: Opened, options: dict[str, str]) -> tuple[statement.Statement, list[dict[str, Any]]]:
    answers = _answers(one.nb)
    found = [one.provenance()]
    made = statement.render(found, **options, slots=answers)  # type: ignore[arg-type]
    # Without the answers every question of the template comes up: those answered keep their field.
    questions = statement.open_slots(found, **options)
    slots = [
        {"name": k, "label": q, "missing": k in made.open_slots} for k, q in {**questions, **made.open_slots}.items()
    ]
    return made, slots


def _answers(nb: Notebook) -> dict[str, str]:
    said = mark(nb).get("disclosure")
    slots = said.get("slots") if isinstance(said, dict) else None
    return {k: v for k, v in slots.items() if isinstance(v, str)} if isinstance(slots, dict) else {}


def _language(asked: Mapping[str, Any]) -> str:
    return "fr" if asked.get("language") == "fr" else "en"


def _load_jupyter_server_extension(app: Any) -> None:
    """Add the three routes."""
    base = app.web_app.settings["base_url"]
    routes = (("status", StatusHandler), ("disclose", DiscloseHandler), ("export", ExportHandler))
    app.web_app.add_handlers(".*$", [(url_path_join(base, NAMESPACE, name), handler) for name, handler in routes])
