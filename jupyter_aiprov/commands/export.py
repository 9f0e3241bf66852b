"""`jupyter aiprov export`: the record in the formats that archives and tools take."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from traitlets import CaselessStrEnum, Unicode

from jupyter_aiprov import exporters
from jupyter_aiprov.commands._command import Command, meant, options
from jupyter_aiprov.commands._files import Opened, named, opened, progress
from jupyter_aiprov.errors import UsageError


class Export(Command):
    """Write the record of a notebook in another format."""

    name = "jupyter aiprov export"
    description = (
        "Write what a notebook has on record as PROV, RO-Crate, Croissant, BibTeX, CSV, an audit log and more."
    )
    examples = "jupyter aiprov export --format ro-crate study.ipynb\njupyter aiprov export --format list"
    format = Unicode("json", help="Name of the format; `list` names them all.").tag(config=True)
    output = Unicode("", help="File to write (- is standard output); else beside the notebook.").tag(config=True)
    lang = CaselessStrEnum(["en", "fr"], default_value="en", help="Language of what is text.").tag(config=True)
    journal = Unicode("", help="Journal folder or file; else it is looked for beside the notebook.").tag(config=True)
    aliases = options("Export", "format", "output", "lang", "journal")

    def run(self) -> int:
        """Export each notebook."""
        known = formats()
        if self.format == "list":
            for name in sorted(known):
                self.say(f"{name:<14} {(known[name].__doc__ or name).splitlines()[0]}")
            return 0
        if self.format not in known:
            raise UsageError(f"no format {self.format!r}", hint=meant(self.format, known) + "; all: --format list")
        module = known[self.format]
        files = named(self.extra_args, "export")
        if self.output and len(files) > 1:
            raise UsageError("--output takes one notebook")
        for name in progress(files, "exporting"):
            one = opened(name, self.journal)
            self._write(one, module, exported(module, one, self.lang))
        return 0

    def _write(self, one: Opened, module: ModuleType, made: str | bytes) -> None:
        data = made if isinstance(made, bytes) else made.encode("utf-8", "backslashreplace")
        if self.output == "-" or (one.name == "-" and not self.output):
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        target = Path(self.output) if self.output else Path(one.name).with_suffix("." + module.EXTENSION.lstrip("."))
        if not self.output and target.name == Path(one.name).name:
            target = target.with_name(f"{target.stem}-aiprov{target.suffix}")
        try:
            target.write_bytes(data)
        except OSError as error:
            raise UsageError(f"{target}: cannot be written ({error.strerror})") from None
        self.note(f"{one.title}: {target}")


def formats() -> dict[str, ModuleType]:
    """Name -> module, from the package and from entry points `jupyter_aiprov.exporters`."""
    out: dict[str, ModuleType] = {}
    for info in pkgutil.iter_modules(exporters.__path__, exporters.__name__ + "."):
        if not info.name.rpartition(".")[2].startswith("_") and not info.ispkg:
            module = importlib.import_module(info.name)
            if hasattr(module, "NAME") and hasattr(module, "export"):
                out[module.NAME] = module
    for point in entry_points(group="jupyter_aiprov.exporters"):
        out[point.name] = point.load()
    return out


def exported(module: ModuleType, one: Opened, language: str) -> str | bytes:
    """Hand over what the exporter's signature asks for by name; others ignore it."""
    offered: dict[str, Any] = {
        "language": language,
        "notebook": one.nb,
        "path": None if one.name == "-" else Path(one.name),
        "journal": next((files[0].parent for files in one.journals.values()), None),
        "events": one.events,
    }
    wanted = inspect.signature(module.export).parameters
    options = {k: v for k, v in offered.items() if k in wanted and v is not None}
    made: str | bytes = module.export(one.provenance(), **options)
    return made
