"""An anchor gives `verify` a date when someone other than the author vouches for it; a wrong one is said."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_aiprov import anchor, proofs
from jupyter_aiprov.annotate import annotate
from jupyter_aiprov.document import read, write
from jupyter_aiprov.errors import UsageError
from jupyter_aiprov.integrity import Integrity
from jupyter_aiprov.semconv import KEY
from jupyter_aiprov.verify import verify
from tests.notebook.made import Made

Make = Callable[..., Made]
NAME = "study.ipynb"

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
needs_ssh = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not installed")
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")

TSA = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def ran(*words: str | Path, env: dict[str, str] | None = None) -> bytes:
    done = subprocess.run([str(w) for w in words], capture_output=True, check=False, env={**os.environ, **(env or {})})
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def annotated(one: Made) -> Path:
    path = one.save(NAME)
    write(annotate(read(path), one.events()).notebook, path)
    return path


def seen(path: Path, one: Made | None, **who: str) -> Integrity:
    nb, files = read(path), (one.journals if one else {})
    return anchor.applied(verify(nb, files), proofs.found(str(path), **who), nb, files)


def stated(path: Path, one: Made, kind: str) -> Path:
    made = proofs.path_of(path, kind)
    proofs.written(made, anchor.statement(read(path), one.journals, path.name))
    return made


def edited(path: Path) -> None:
    nb = read(path)
    nb["cells"][2]["source"] = "df.label.value_counts()[:1]"
    write(nb, path)


# ── what a statement says ──────────────────────────────────────────────────────────
def test_a_statement_holds_digests_and_a_file_name_and_no_person_or_folder(made: Make) -> None:
    one = made()
    path = annotated(one)
    said = json.loads(stated(path, one, "file").read_bytes())
    assert set(said) == {
        *("schema_version", "kind", "date", "notebook", "notebook_sha256", "records_sha256", "sessions"),
    }
    assert said["sessions"] == {one.session: {"head": one.events()[-1]["hash"], "lines": len(one.events())}}
    raw = json.dumps(said)
    assert "ada" not in raw
    assert "/" not in raw


def test_a_statement_survives_another_key_order_and_crlf_but_no_changed_record(made: Make) -> None:
    one = made()
    path = annotated(one)
    nb = read(path)
    said = anchor.statement(nb, one.journals, NAME)
    other = json.loads(json.dumps(nb, sort_keys=True))
    for cell in other["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n").splitlines(keepends=True)
    assert anchor.is_of(said, other)
    other["metadata"][KEY]["declarations"] = {"d": {"id": "d", "type": "declaration", "kind": "human"}}
    assert not anchor.is_of(said, other)


# ── a file ─────────────────────────────────────────────────────────────────────────
def test_a_file_beside_the_notebook_is_named_and_does_not_count(made: Make) -> None:
    one = made()
    path = annotated(one)
    stated(path, one, "file")
    found = seen(path, one)
    assert found.text() == "consistent, not anchored (its author could have rebuilt it)"
    assert "its author could have rebuilt" in found.anchors[0]


def test_a_damaged_anchor_beside_the_notebook_is_wrong_and_hides_no_answer(made: Make) -> None:
    one = made()
    path = annotated(one)
    stated(path, one, "file").write_bytes(b"{ not json")
    found = seen(path, one)
    assert found.text() == "consistent, not anchored (its author could have rebuilt it)"
    assert "not JSON" in found.anchors[0]


def test_a_kept_copy_of_the_file_counts_from_the_day_it_says(made: Make, tmp_path: Path) -> None:
    one = made()
    path = annotated(one)
    kept = tmp_path / "kept.json"
    shutil.copy(stated(path, one, "file"), kept)
    date = json.loads(kept.read_bytes())["date"][:10]
    found = seen(path, one, given=str(kept))
    assert (found.answer, found.text()) == ("anchored", f"consistent, anchored on {date}")
    assert found.text("fr") == f"cohérent, ancré le {date}"
    assert found.to_dict()["anchors"]


def test_an_anchor_of_an_earlier_state_gives_no_date(made: Make, tmp_path: Path) -> None:
    one = made()
    path = annotated(one)
    kept = stated(path, one, "file").replace(tmp_path / "kept.json")
    nb = read(path)
    nb["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "A remark.", "id": "c-more"})
    write(nb, path)
    found = seen(path, one, given=str(kept))
    assert found.answer == "consistent"
    assert "changed after it was anchored" in found.anchors[0]


def test_an_anchor_of_another_notebook_is_said_to_be_foreign(made: Make, tmp_path: Path) -> None:
    one, other = made(), made(name="other", session="0" * 32)
    path = annotated(one)
    other.plain("1 + 1", "c-other")
    kept = stated(annotated(other), other, "file").replace(tmp_path / "kept.json")
    found = seen(path, one, given=str(kept))
    assert found.answer == "consistent"
    assert "it is of another notebook" in found.anchors[0]


def test_a_journal_rebuilt_after_it_was_anchored_is_changed_even_if_everything_fits(made: Make, tmp_path: Path) -> None:
    one = made()
    path = annotated(one)
    kept = stated(path, one, "file").replace(tmp_path / "kept.json")
    (tmp_path / "rebuilt").mkdir()
    rebuilt = Made(tmp_path / "rebuilt")
    for number in range(4):
        rebuilt.run(f"ask({number})", id_=f"c-{number}", calls=3, model="another-model")
    path = annotated(rebuilt)
    assert verify(read(path), rebuilt.journals).answer == "consistent"
    found = seen(path, rebuilt, given=str(kept))
    rebuilt.close()
    assert found.answer == "changed"
    assert "not the one that was anchored" in found.changes[0].text


def test_a_journal_cut_behind_an_anchor_lacks_so_many_records(made: Make, tmp_path: Path) -> None:
    one = made()
    path = annotated(one)
    said = anchor.statement(read(path), one.journals, NAME)
    said["sessions"][one.session]["lines"] += 5
    kept = tmp_path / "kept.json"
    proofs.written(kept, said)
    assert seen(path, one, given=str(kept)).text() == "5 records not supplied"
    assert seen(path, None, given=str(kept)).text() == f"{len(one.events()) + 5} records not supplied"


def test_lines_that_came_later_are_not_covered_and_keep_the_date(made: Make, tmp_path: Path) -> None:
    one = made()
    path = annotated(one)
    kept = stated(path, one, "file").replace(tmp_path / "kept.json")
    one.write({"type": "session", "id": one.session, "status": "ended"})
    found = seen(path, one, given=str(kept))
    assert found.answer == "anchored"
    assert any(text.startswith("1 lines of journal") for text in found.not_covered)


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"kind": "anchor"}', b"[" * 100_000])
def test_a_file_that_is_no_anchor_is_refused_in_one_line(made: Make, tmp_path: Path, raw: bytes) -> None:
    kept = tmp_path / "kept.json"
    kept.write_bytes(raw)
    with pytest.raises(UsageError, match="not an anchor"):
        seen(annotated(made()), None, given=str(kept))


# ── git ────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Path], None]:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "A Person")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "person@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))

    def make(folder: Path) -> None:
        ran("git", "-C", folder, "init", "-q")
        ran("git", "-C", folder, "add", NAME)
        ran("git", "-C", folder, "commit", "-q", "-m", "Study")

    return make


@needs_git
def test_a_git_note_gives_the_date_of_its_commit(
    made: Make, repository: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made()
    path = annotated(one)
    repository(path.parent)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_DATE", "2026-11-05T23:30:00-05:00")
    commit = proofs.note(path.parent, anchor.statement(read(path), one.journals, NAME))
    assert ran("git", "-C", path.parent, "rev-parse", "--short", "HEAD").decode().strip() == commit
    found = seen(path, one)
    assert found.text() == "consistent, anchored on 2026-11-06"  # in UTC


@needs_git
def test_a_second_note_keeps_the_first_and_the_first_date_of_a_state_counts(
    made: Make, repository: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made()
    path = annotated(one)
    repository(path.parent)
    before = path.read_bytes()
    for day in (5, 7):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"2026-11-0{day}T12:00:00Z")
        proofs.note(path.parent, anchor.statement(read(path), one.journals, NAME))
        edited(path)
    path.write_bytes(before)
    found = seen(path, one)
    assert len(found.anchors) == 2
    assert found.text() == "consistent, anchored on 2026-11-05"


@needs_git
def test_without_a_repository_or_a_commit_there_is_one_clear_line(
    made: Make, repository: Callable[[Path], None]
) -> None:
    one = made()
    path = annotated(one)
    with pytest.raises(UsageError, match="no commit to put a note on"):
        proofs.note(path.parent, anchor.statement(read(path), one.journals, NAME))
    assert seen(path, one).anchors == ()


# ── RFC 3161 ───────────────────────────────────────────────────────────────────────
class Authority:
    """A time stamping authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.ca, key = folder / "tsa.pem", folder / "tsa.key"
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(TSA.format(folder=folder))
        (folder / "req.cnf").write_text("[req]\ndistinguished_name = dn\n[dn]\n")
        ran(
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Test TSA"),
            *("-config", folder / "req.cnf", "-keyout", key, "-out", self.ca),
            *("-addext", "extendedKeyUsage=critical,timeStamping", "-addext", "keyUsage=critical,digitalSignature"),
        )

    def answer(self, query: Path) -> Path:
        out = self.folder / "answer.tsr"
        config = ("-config", self.folder / "tsa.cnf", "-section", "own")
        ran("openssl", "ts", "-reply", "-queryfile", query, "-out", out, *config)
        return out


@needs_openssl
def test_an_authoritys_answer_gives_its_time_to_who_trusts_it(made: Make, tmp_path: Path) -> None:
    one, tsa = made(), Authority(tmp_path / "tsa")
    path = annotated(one)
    said = stated(path, one, "rfc3161")
    assert "no answer of an authority" in seen(path, one).anchors[0]
    date = proofs.store(said, tsa.answer(proofs.request(said)))
    assert seen(path, one, ca=str(tsa.ca)).text() == f"consistent, anchored on {date}"
    unchecked = seen(path, one)
    assert unchecked.answer == "consistent"
    assert "was not checked" in unchecked.anchors[0]


@needs_openssl
def test_an_answer_of_another_authority_is_wrong(made: Make, tmp_path: Path) -> None:
    one, tsa, other = made(), Authority(tmp_path / "tsa"), Authority(tmp_path / "other")
    path = annotated(one)
    said = stated(path, one, "rfc3161")
    proofs.store(said, tsa.answer(proofs.request(said)))
    found = seen(path, one, ca=str(other.ca))
    assert found.answer == "consistent"
    assert "wrong: " in found.anchors[0]
    assert str(tmp_path) not in found.anchors[0]


@needs_openssl
def test_an_answer_for_another_statement_is_neither_kept_nor_counted(made: Make, tmp_path: Path) -> None:
    one, tsa = made(), Authority(tmp_path / "tsa")
    path = annotated(one)
    said = stated(path, one, "rfc3161")
    answer = tsa.answer(proofs.request(said))
    proofs.store(said, answer)
    said.write_bytes(said.read_bytes().replace(b'"lines": ', b'"lines": 1'))
    assert "it is not for study.ipynb.anchor.rfc3161.json" in seen(path, one, ca=str(tsa.ca)).anchors[0]
    with pytest.raises(UsageError, match="it is not for"):
        proofs.store(said, answer)
    (tmp_path / "no.tsr").write_bytes(b"no answer")
    with pytest.raises(UsageError, match="not a granted answer"):
        proofs.store(said, tmp_path / "no.tsr")


# ── SSH ────────────────────────────────────────────────────────────────────────────
def key_in(folder: Path) -> Path:
    folder.mkdir()
    ran("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", folder / "key")
    return folder / "key"


def allowed(key: Path, options: str = "") -> str:
    path = key.with_name("signers")
    path.write_text(f"supervisor@example.org {options}{key.with_suffix('.pub').read_text()}")
    return str(path)


@needs_ssh
def test_a_signature_counts_for_who_allows_its_signer(made: Make, tmp_path: Path) -> None:
    one, key = made(), key_in(tmp_path / "key")
    path = annotated(one)
    said = stated(path, one, "ssh")
    proofs.sign(said, key)
    date = json.loads(said.read_bytes())["date"][:10]
    found = seen(path, one, signers=allowed(key))
    assert found.text() == f"consistent, anchored on {date}"
    assert "supervisor@example.org" in found.anchors[0]
    unknown = seen(path, one)
    assert unknown.answer == "consistent"
    assert "no one vouches" in unknown.anchors[0]


@needs_ssh
def test_a_signature_of_someone_else_or_for_something_else_is_wrong(made: Make, tmp_path: Path) -> None:
    one, key, other = made(), key_in(tmp_path / "key"), key_in(tmp_path / "other")
    path = annotated(one)
    said = stated(path, one, "ssh")
    proofs.sign(said, key)
    stranger = seen(path, one, signers=allowed(other))
    assert (stranger.answer, "not among the allowed signers" in stranger.anchors[0]) == ("consistent", True)
    namespaced = seen(path, one, signers=allowed(key, 'namespaces="git" '))
    assert (namespaced.answer, "not among the allowed signers" in namespaced.anchors[0]) == ("consistent", True)
    said.write_bytes(said.read_bytes().replace(b'"date": "2', b'"date": "1'))
    forged = seen(path, one, signers=allowed(key))
    assert (forged.answer, "the signature is not of" in forged.anchors[0]) == ("consistent", True)


@needs_ssh
def test_a_signature_carries_no_user_name(made: Make, tmp_path: Path) -> None:
    one, key = made(), key_in(tmp_path / "key")
    ran("ssh-keygen", "-q", "-c", "-C", "ada@host.example.org", "-f", key)
    said = stated(annotated(one), one, "ssh")
    body = base64.b64decode("".join(proofs.sign(said, key).read_text().splitlines()[1:-1]))
    assert b"ada" not in body
    assert b"example.org" not in body
