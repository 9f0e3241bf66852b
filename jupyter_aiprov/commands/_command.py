"""What every command shares: a JupyterApp with exit codes 0, 1 and 2 and no traceback for user errors.

0 done and nothing found, 1 findings, 2 cannot be carried out as asked. Options are traits, so that
they can stand in `jupyter_aiprov_config.py`; an unknown one is refused with what was meant.
"""

from __future__ import annotations

import difflib
import inspect
import re
import sys
from collections.abc import Iterable, Sequence
from copy import deepcopy
from typing import Any, ClassVar, NoReturn

from jupyter_core.application import JupyterApp
from traitlets import TraitError
from traitlets.config import Application
from traitlets.config.loader import ArgumentError

from jupyter_aiprov.errors import AIProvError, UsageError

_parse: Any = inspect.unwrap(Application.parse_command_line)  # its wrapper ends user errors with exit code 1
_TRAIT = re.compile(r"The '(\w+)' trait of an? \w+ instance expected")
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_COMMON = ("help", "help-all", "version", "config", "log-level", "debug", "show-config", "show-config-json", "y")


def visible(text: str) -> str:
    """The text with what a terminal obeys (escapes, carriage returns, turns of direction) spelled as JSON does."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def options(owner: str, *names: str) -> dict[Any, Any]:
    """`--name` for these traits of a command, beside what every command takes."""
    common = {"config": "JupyterApp.config_file", "log-level": "Application.log_level"}
    return common | {name: f"{owner}.{name.replace('-', '_')}" for name in names}


def no_switches() -> dict[Any, Any]:
    """What a command without switches has."""
    return {}


def switch(owner: str, name: str, help_: Any) -> dict[Any, Any]:
    """`--name` that turns a trait on."""
    return {name: ({owner: {name.replace("-", "_"): True}}, str(help_))}


class Command(JupyterApp):
    """A command; subclasses say `run() -> exit code`."""

    config_file_name = "jupyter_aiprov_config"
    aliases = options("JupyterApp")
    flags = no_switches()
    takes_files: ClassVar[bool] = True

    def run(self) -> int:
        """Carry the command out; returns the exit code."""
        raise NotImplementedError

    # ── JupyterApp ────────────────────────────────────────────────────────────────
    def initialize(self, argv: Sequence[str] | None = None) -> None:
        """Command line over configuration files; no folder is made and nothing is migrated."""
        self.parse_command_line(argv)
        given = deepcopy(self.config)
        self.load_config_file()
        self.update_config(given)

    def parse_command_line(self, argv: Sequence[str] | None = None) -> None:
        """As traitlets, with suggestions for what it does not know, and exit code 2."""
        argv = list(sys.argv[1:] if argv is None else argv)
        if argv[:1] and argv[0] not in self.subcommands:
            check_options(self, argv)
        try:
            _parse(self, argv)
        except (TraitError, ArgumentError) as error:
            raise UsageError(_TRAIT.sub(r"--\1 takes", str(error)).replace("_", "-")) from None
        if self.extra_args and not self.takes_files:
            raise UsageError(f"{self.name} takes no argument {self.extra_args[0]!r}")

    def start(self) -> None:
        """Run and exit."""
        self.exit(self.run())

    @classmethod
    def launch(cls, argv: Sequence[str] | None = None) -> NoReturn:
        """Run as a program of its own (tests do)."""
        launched(cls, argv)

    def say(self, text: str = "", *, end: str = "\n") -> None:
        """To standard output; what the terminal cannot show, or would obey, is escaped."""
        out = sys.stdout
        encoding = getattr(out, "encoding", None) or "utf-8"
        out.write((visible(text) + end).encode(encoding, "backslashreplace").decode(encoding))

    def note(self, text: str) -> None:
        """To standard error: progress and remarks."""
        sys.stderr.write(visible(text) + "\n")


def launched(app: type[JupyterApp], argv: Sequence[str] | None) -> NoReturn:
    """Start an application; user errors are one or two lines on standard error and exit code 2."""
    try:
        for known in (app, *Command.__subclasses__()):  # a second call in one process starts afresh
            known.clear_instance()
        one = app.instance()
        one.initialize(argv)
        one.start()
    except AIProvError as error:
        sys.stderr.write(visible(f"jupyter aiprov: {error}\n"))
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `… | head`
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        sys.stderr.write("jupyter aiprov: interrupted\n")
        sys.exit(130)
    sys.exit(0)


def check_options(app: Any, argv: Iterable[str]) -> None:
    """Refuse options that mean nothing, and say what may have been meant."""
    names = [n for key in (*app.aliases, *app.flags) for n in (key if isinstance(key, tuple) else (key,))]
    known = {*names, *_COMMON}
    for word in argv:
        if word == "--":
            return
        if not word.startswith("--") or "." in word.split("=", 1)[0]:
            continue
        name = word[2:].split("=", 1)[0]
        if name not in known:
            raise UsageError(f"{app.name} has no option --{name}", hint=meant(name, known, "--"))


def meant(word: str, known: Iterable[str], prefix: str = "") -> str:
    """A hint: the nearest name, else where the names are listed."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"did you mean {prefix}{near[0]}?" if near else "see --help"
