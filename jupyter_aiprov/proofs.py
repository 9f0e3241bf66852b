"""Who vouches for an anchor: a kept copy, git, a time stamping authority (RFC 3161), an SSH key.

Made and checked with the programs that others trust (`git`, `openssl`, `ssh-keygen`), never over the
network. A statement that only its author could vouch for does not count; that is said.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from jupyter_aiprov.anchor import Anchor, Statement, dumps, is_statement, parsed
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.proof import canonical
from jupyter_aiprov.said import Said, in_french

NAMESPACE = "jupyter-aiprov"
NOTES = "refs/notes/aiprov"
SECONDS = 60


def path_of(notebook: str | Path, kind: str) -> Path:
    """Where a statement of this kind lies: beside its notebook."""
    path = Path(notebook)
    return path.with_name(path.name + (".anchor.json" if kind == "file" else f".anchor.{kind}.json"))


def query_of(statement: Path) -> Path:
    """The request to send to a time stamping authority."""
    return statement.with_suffix(".tsq")


def token_of(statement: Path) -> Path:
    """What the authority answered."""
    return statement.with_suffix(".tsr")


def signature_of(statement: Path) -> Path:
    """The detached SSH signature."""
    return statement.with_name(statement.name + ".sig")


# ── making ─────────────────────────────────────────────────────────────────────────
def note(folder: Path, said: Statement) -> str:
    """Add the statement to the git note of HEAD; returns the commit."""
    commit = _asked("git", "-C", str(folder), "rev-parse", "--short", "HEAD", what="no commit to put a note on")
    _asked(
        *("git", "-C", str(folder), "notes", f"--ref={NOTES}", "append", "-F", "-", "HEAD"),
        data=canonical(said),
        what="git did not take the note",
    )
    return commit.strip()


def request(statement: Path) -> Path:
    """Write the RFC 3161 request for a statement."""
    made = query_of(statement)
    _asked(
        *("openssl", "ts", "-query", "-data", str(statement), "-sha256", "-cert", "-out", str(made)),
        what="openssl made no request",
    )
    return made


def store(statement: Path, response: Path) -> str:
    """Keep an authority's answer if it is one for this statement; returns its date."""
    date, problem = _token(statement, response)
    if problem:
        raise UsageError(f"{response.name}: {problem}")
    shutil.copyfile(response, token_of(statement))
    return date


def sign(statement: Path, key: Path) -> Path:
    """Sign a statement with an SSH key (or, given its `.pub`, with the agent that holds it)."""
    made = signature_of(statement)
    made.unlink(missing_ok=True)
    _asked(
        *("ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(key), str(statement)),
        what="ssh-keygen did not sign",
        typed=True,
    )
    return made


# ── checking ───────────────────────────────────────────────────────────────────────
def found(name: str, *, given: str = "", ca: str = "", signers: str = "") -> list[Anchor]:
    """The anchors of a notebook: beside it, in the repository around it, and one that is handed in."""
    for word in (given, ca, signers):
        if word and not Path(word).is_file():
            raise UsageError(f"{word}: no such file")
    out: list[Anchor] = []
    if given:
        said = parsed(Path(given).read_bytes(), Path(given).name)
        day = said["date"][:10]
        text = Said(f"the copy handed in says {day}", f"la copie fournie dit {day}")
        out.append(Anchor("file", Path(given).name, "accepted", text, said, day))
    if name == "-":
        return out
    if (path := path_of(name, "file")).is_file() and not (given and path.samefile(given)):
        text = Said(
            "not counted: a file beside the notebook, which its author could have rebuilt (--anchor takes your copy)",
            "ne compte pas : un fichier à côté du carnet, que son auteur aurait pu refaire (--anchor : votre copie)",
        )
        out.append(
            _whole("file", path, lambda p: Anchor("file", p.name, "unproven", text, parsed(p.read_bytes(), p.name)))
        )
    if (path := path_of(name, "rfc3161")).is_file():
        out.append(_whole("rfc3161", path, lambda p: _time_stamped(p, ca)))
    if (path := path_of(name, "ssh")).is_file():
        out.append(_whole("ssh", path, lambda p: _signed(p, signers)))
    return out + list(_noted(Path(name)))


def _whole(kind: str, path: Path, read: Callable[[Path], Anchor]) -> Anchor:
    """An anchor found beside the notebook; one that cannot be read is wrong and hides no answer."""
    try:
        return read(path)
    except UsageError as error:
        return Anchor(kind, path.name, "wrong", _wrong(error.message, in_french(error.message)), {})


def _time_stamped(path: Path, ca: str) -> Anchor:
    said, token = parsed(path.read_bytes(), path.name), token_of(path)
    if not token.is_file():
        text = _uncounted("no answer of an authority is stored", "aucune réponse d'une autorité n'est gardée")
        return Anchor("rfc3161", path.name, "unproven", text, said)
    date, problem = _token(path, token)
    if problem:
        return Anchor("rfc3161", token.name, "wrong", _wrong(problem, problem.french), said)
    if not ca:
        text = _uncounted(
            f"the authority's answer of {date} was not checked (--ca names its certificate)",
            f"la réponse de l'autorité du {date} n'a pas été vérifiée (--ca nomme son certificat)",
        )
        return Anchor("rfc3161", token.name, "unproven", text, said)
    done = _ran("openssl", "ts", "-verify", "-data", str(path), "-in", str(token), "-CAfile", ca)
    if done is None:
        return Anchor("rfc3161", token.name, "unproven", _no("openssl"), said)
    if done.returncode:
        why = _reason(done, ca)
        return Anchor("rfc3161", token.name, "wrong", _wrong(why, why), said)
    text = Said(f"the authority's time is {date}", f"la date de l'autorité est le {date}")
    return Anchor("rfc3161", token.name, "accepted", text, said, date)


def _token(statement: Path, response: Path) -> tuple[str, Said]:
    """Date of an authority's answer, and what is wrong with it."""
    done = _ran("openssl", "ts", "-reply", "-in", str(response), "-text")
    if done is None:
        return "", Said("there is no openssl here to read it", "il n'y a pas d'openssl ici pour la lire")
    text = done.stdout.decode("utf-8", "replace")
    if done.returncode or not re.search(r"^Status: Granted", text, re.MULTILINE):
        return "", Said(
            "not a granted answer of a time stamping authority", "pas une réponse accordée d'une autorité d'horodatage"
        )
    imprint = text.partition("Message data:")[2].partition("Serial number:")[0]
    rows = re.findall(r"^\s*[0-9a-f]{4} - ((?:[0-9a-f]{2}[ -]?){1,16})", imprint, re.MULTILINE)
    if re.sub(r"[^0-9a-f]", "", "".join(rows)) != sha256(statement.read_bytes()).hexdigest():
        return "", Said(f"it is not for {statement.name}", f"elle n'est pas pour {statement.name}")
    when = re.search(r"^Time stamp: (\w+ +\d+ [\d:]+)(?:\.\d+)? (\d+) GMT", text, re.MULTILINE)
    if not when:
        return "", Said("it says no time", "elle ne dit aucune date")
    return datetime.strptime(f"{when[1]} {when[2]}", "%b %d %H:%M:%S %Y").date().isoformat(), Said("", "")


def _signed(path: Path, signers: str) -> Anchor:
    raw = path.read_bytes()
    said, signature = parsed(raw, path.name), signature_of(path)
    if not signature.is_file():
        text = _uncounted("there is no signature beside it", "il n'y a pas de signature à côté")
        return Anchor("ssh", path.name, "unproven", text, said)
    common = ("-n", NAMESPACE, "-s", str(signature))
    done = _ran("ssh-keygen", "-Y", "check-novalidate", *common, data=raw)
    if done is None:
        return Anchor("ssh", signature.name, "unproven", _no("ssh-keygen"), said)
    if done.returncode:
        text = _wrong(f"the signature is not of {path.name}", f"la signature n'est pas celle de {path.name}")
        return Anchor("ssh", signature.name, "wrong", text, said)
    key = re.search(r"SHA256:\S+", done.stdout.decode("utf-8", "replace"))
    name = Said(key[0], key[0]) if key else Said("a key", "une clé")
    if not signers:
        text = _uncounted(
            f"signed by {name}, for which no one vouches (--allowed-signers names who may sign)",
            f"signé par {name.french}, dont personne ne répond (--allowed-signers nomme qui peut signer)",
        )
        return Anchor("ssh", signature.name, "unproven", text, said)
    known = _ran("ssh-keygen", "-Y", "find-principals", "-s", str(signature), "-f", signers)
    who = (known.stdout.decode("utf-8", "replace").split() if known and not known.returncode else [""])[0]
    done = _ran("ssh-keygen", "-Y", "verify", *common, "-f", signers, "-I", who, data=raw) if who else None
    if done is None or done.returncode:
        text = _wrong(
            f"{name} is not among the allowed signers", f"{name.french} ne figure pas parmi les signataires admis"
        )
        return Anchor("ssh", signature.name, "wrong", text, said)
    date = said["date"][:10]
    text = Said(f"{who} ({name}) signed that it was {date}", f"{who} ({name.french}) a signé que c'était le {date}")
    return Anchor("ssh", signature.name, "accepted", text, said, date)


def _noted(notebook: Path) -> Iterator[Anchor]:
    """Statements in the git notes about a notebook of this name, each once, dated by the note's commit."""
    here = ("git", "-C", str(notebook.parent))
    done = _ran(*here, "rev-parse", "--verify", "--quiet", NOTES)
    if done is None or done.returncode:
        return
    shown = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--date=format-local:%Y-%m-%d")
    done = _ran(*here, "log", "--reverse", "-p", "--unified=0", *shown, "--format=%x01%h %cd", NOTES, "--")
    if done is None or done.returncode:
        return
    commit, date, seen = "", "", set[str]()
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith("\x01"):
            commit, date = line[1:].split(" ", 1)
        elif line.startswith("+{") and line not in seen and (said := _line(line[1:], notebook.name)):
            seen.add(line)
            text = Said(f"the repository says {date}", f"le dépôt dit {date}")
            yield Anchor("git", f"note {commit}", "accepted", text, said, date)


def _line(text: str, name: str) -> dict[str, Any] | None:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return said if is_statement(said) and said["notebook"] == name else None


def _wrong(english: str, french: str) -> Said:
    return Said(f"wrong: {english}", f"faux : {french}")


def _uncounted(english: str, french: str) -> Said:
    return Said(f"not counted: {english}", f"ne compte pas : {french}")


def _no(program: str) -> Said:
    return _uncounted(f"there is no {program} here to check it", f"il n'y a pas de {program} ici pour la vérifier")


# ── programs ───────────────────────────────────────────────────────────────────────
def _ran(*words: str, data: bytes = b"", typed: bool = False) -> subprocess.CompletedProcess[bytes] | None:
    """Run a program; None where there is none. `typed`: it may ask its user, e.g. for a passphrase."""
    program = shutil.which(words[0])
    if program is None:
        return None
    given: dict[str, Any] = {} if typed else {"input": data, "timeout": SECONDS}
    try:
        return subprocess.run(  # noqa: S603 - git, openssl, ssh-keygen with words of our own
            [program, *words[1:]],
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            **given,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{words[0]} gave no answer in {SECONDS} s") from None


def _asked(*words: str, what: str, data: bytes = b"", typed: bool = False) -> str:
    done = _ran(*words, data=data, typed=typed)
    if done is None:
        raise UsageError(f"there is no {words[0]} here", hint=f"install {words[0]}, or anchor with another --to")
    if done.returncode:
        raise UsageError(f"{what}: {_reason(done, '')}")
    return done.stdout.decode("utf-8", "replace")


def _reason(done: subprocess.CompletedProcess[bytes], ca: str) -> str:
    """The first line that says something, without the folder of a certificate."""
    lines = [line.strip() for line in (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace").splitlines()]
    told = next((m[1] for line in lines if (m := re.search(r"Verify error:(.*)", line))), "")
    errors = [line.rsplit(":", 1)[-1] if "error:" in line else line for line in lines if line]
    text = told or next((e for e in errors if "Using configuration" not in e and "FAILED" not in e), "no reason given")
    return (text.replace(ca, Path(ca).name) if ca else text)[:200]


def written(path: Path, said: Statement) -> None:
    """Write a statement in one go."""
    path.write_bytes(dumps(said))
