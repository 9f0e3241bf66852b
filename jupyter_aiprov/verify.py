"""A document checked against itself and against its journal; the answer is an `Integrity`.

Covered are the records, the links between records at hand, the sources, and the outputs whose
digests are on record; what is not covered is listed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from jupyter_aiprov import journal as journals
from jupyter_aiprov import schema, semconv, stamp
from jupyter_aiprov.annotate import recorded_runs
from jupyter_aiprov.document import Node, Notebook, cell_id, cells, mark, metadata, outputs
from jupyter_aiprov.integrity import Change, Integrity, Kind
from jupyter_aiprov.marks import cell_mark, is_outdated, withdrawn_of
from jupyter_aiprov.notebook import Found, Mark, conflicts_of, marks_of, resolve, stamps_of
from jupyter_aiprov.proof import digest, merkle_root
from jupyter_aiprov.provenance import group_attributes, use_of_group
from jupyter_aiprov.said import Said, in_french, reasons
from jupyter_aiprov.seal import is_source, is_stamp, output_digest, outputs_digest, seal_holds, stable_digest

Journals = Mapping[str, Sequence[Path]]  # session -> its files in order of rotation


def verify(nb: Notebook, journal: Journals | None = None, *, anchored: str | None = None) -> Integrity:
    """Check a document against itself and, where it is at hand, against the journal."""
    return _Check(nb, journal or {}, anchored).result()


@dataclass
class _Check:
    nb: Notebook
    journal: Journals
    anchored: str | None
    changes: list[Change] = field(default_factory=list)
    missing: list[tuple[Said, int]] = field(default_factory=list)
    not_covered: list[Said] = field(default_factory=list)

    def result(self) -> Integrity:
        self.nodes = dict(cells(self.nb))
        self.ids = {cell_id(c) for c in self.nodes.values()}
        self.stamps = stamps_of(self.nb)
        self.versions = {s.sound.get("schema_version") for s in self.stamps if not s.is_broken}
        self.marks = marks_of(self.nb)
        self.log = next((m.value for m in self.marks if m.index is None), {})
        self.by_cell: dict[int, list[Found]] = defaultdict(list)
        for one in self.stamps:
            self.by_cell[one.index].append(one)
        for index in conflicts_of(self.nb):
            self._changed(
                "merge-undecided",
                index,
                "a merge was left undecided here (nbdime-conflicts)",
                "une fusion est restée indécise ici (nbdime-conflicts)",
            )
        self._stamps()
        self._output_marks()
        self._broken_marks()
        for said in self.marks:
            self._mark(said)
        self._sessions()
        return Integrity(
            changes=tuple(dict.fromkeys(self.changes)),
            missing=tuple(self.missing),
            not_covered=tuple(dict.fromkeys(self.not_covered)),
            records=len(self.stamps) + len(self.marks),
            anchored=self.anchored,
        )

    def _changed(self, kind: Kind, index: int | None, english: str, french: str) -> None:
        self.changes.append(Change(kind, index, Said(english, french)))

    def _lacks(self, english: str, french: str) -> None:
        """One record that others here point to."""
        if (what := Said(english, french)) not in {known for known, _ in self.missing}:
            self.missing.append((what, 1))

    def _open(self, english: str, french: str) -> None:
        self.not_covered.append(Said(english, french))

    # ── stamps ────────────────────────────────────────────────────────────────────
    def _stamps(self) -> None:
        seen: Counter[str] = Counter()
        unsealed = 0
        for one in self.stamps:
            if one.is_broken or one.problems:
                why = reasons(one.problems)
                self._changed("edited", one.index, f"stamp: {why}", f"cachet : {why.french}")
            if one.is_broken:
                continue
            seen[one.id] += 1
            if seen[one.id] > 1:
                self._changed(
                    "duplicated",
                    one.index,
                    "stamp: the same record lies in the notebook twice",
                    "cachet : le même enregistrement figure deux fois dans le carnet",
                )
            if one.record.get("digest") != stable_digest(one.record):
                self._changed(
                    "edited",
                    one.index,
                    "stamp: does not match its digest",
                    "cachet : ne correspond pas à son empreinte",
                )
            holds = seal_holds(one.record)
            if holds is False:
                self._changed(
                    "edited", one.index, "stamp: does not match its seal", "cachet : ne correspond pas à son scellé"
                )
            unsealed += holds is None and "journal" in one.sound
            self._placed(one, self.nodes[one.index])
            self._marked(one)
            self._words(one, outputs(self.nodes[one.index])[one.output])
        if unsealed:
            self._open(
                f"times, tokens and ids of {unsealed} stamps (they carry no seal)",
                f"dates, jetons et identifiants de {unsealed} cachets (sans scellé)",
            )

    def _marked(self, one: Found) -> None:
        """A stamp that the notebook log knows has a mark at its cell, and a marked cell's session is in the log."""
        link = one.sound.get("journal") or {}
        session, last = str(link.get("session")), max(link.get("seq") or (0,))
        known = (self.log.get("sessions") or {}).get(session)
        if not link:
            return
        if known is None and mark(self.nodes[one.index]).get("origin"):
            name = session[:40]
            self._lacks(f"the notebook log of session {name}", f"le registre du carnet pour la session {name}")
        elif known and not mark(self.nodes[one.index]) and last <= int(known.get("lines") or 0):
            self._lacks(f"the mark of cell {one.index + 1}", f"la marque de la cellule {one.index + 1}")

    def _placed(self, one: Found, cell: Node) -> None:
        made = one.execution
        here, there = cell_id(cell), made.get("cell_id")
        counts = made.get("execution_count"), cell.get("execution_count")
        if not is_source(cell.get("source"), made.get("source_sha256")):
            if there and here and there != here:
                moved = there in self.ids
                if moved:
                    self._changed(
                        "reordered",
                        one.index,
                        "stamp: belongs to another cell of this notebook",
                        "cachet : appartient à une autre cellule de ce carnet",
                    )
                else:
                    self._changed(
                        "foreign",
                        one.index,
                        "stamp: belongs to no cell of this notebook",
                        "cachet : n'appartient à aucune cellule de ce carnet",
                    )
            else:
                self._changed(
                    "source-changed",
                    one.index,
                    "the source is not the one that ran",
                    "le code n'est pas celui qui a été exécuté",
                )
        elif None not in counts and counts[0] != counts[1]:
            self._changed(
                "reordered",
                one.index,
                f"stamp: is of run [{counts[0]}], the cell shows run [{counts[1]}]",
                f"cachet : vient de l'exécution [{counts[0]}], la cellule montre l'exécution [{counts[1]}]",
            )
        known = Counter(output_digest(o) for o in outputs(cell))
        for sha in one.sound.get("outputs") or ():
            if known[str(sha)] < 1:
                self._changed(
                    "outputs-changed",
                    one.index,
                    "an output is not the one that was stamped",
                    "une sortie n'est pas celle du cachet",
                )
                break
            known[str(sha)] -= 1
        else:
            shown = map(output_digest, outputs(cell))
            if not all(sha in shown for sha in one.sound.get("outputs") or ()):  # one iterator: each behind the last
                self._changed(
                    "reordered",
                    one.index,
                    "the outputs are not in the order in which they were stamped",
                    "les sorties ne sont pas dans l'ordre où elles ont reçu le cachet",
                )
        if cell.get("cell_type") != "code":
            self._changed(
                "source-changed",
                one.index,
                "the cell is no longer one of code",
                "la cellule n'est plus une cellule de code",
            )
        self._uncovered(one, cell)

    def _uncovered(self, one: Found, cell: Node) -> None:
        """What of a stamped cell's outputs no digest is on record of."""
        if mark(cell).get("outputs_sha256"):
            return
        rest = [o for o in outputs(cell) if not is_stamp(o)]
        if any(o.get("output_type") in ("stream", "error") for o in rest):
            self._open(
                "printed text and errors of stamped cells", "le texte imprimé et les erreurs des cellules à cachet"
            )
        shown = Counter(output_digest(o) for o in rest if o.get("output_type") not in ("stream", "error"))
        if shown - Counter(map(str, one.sound.get("outputs") or ())):
            self._open(
                "outputs of stamped cells that the kernel did not see, or that it may replace",
                "les sorties de cellules à cachet que le noyau n'a pas vues, ou qu'il peut remplacer",
            )

    def _words(self, one: Found, output: Node) -> None:
        """What people read must be what the record says; only this version's wording is known."""
        if one.sound.get("tool") != stamp.TOOL:
            self._open(
                "the visible text of stamps written by another version",
                "le texte visible des cachets écrits par une autre version",
            )
            return
        data = output.get("data") or {}
        for mime in sorted(set(data) - set(stamp.bundle({}))):
            self._changed(
                "edited",
                one.index,
                f"stamp: shows what its record does not say: {mime}"[:200],
                f"cachet : montre ce que son enregistrement ne dit pas : {mime}"[:200],
            )
        if output.get("output_type") not in ("display_data", "execute_result") or not {
            "text/html",
            "text/plain",
        } <= set(data):
            self._changed(
                "edited",
                one.index,
                "stamp: what people read of it is not all there",
                "cachet : ce qu'on en lit n'est plus entier",
            )
        bundles = [stamp.bundle(one.sound, language) for language in stamp.WORDS]
        for mime in ("text/html", "text/plain", "text/latex"):
            if mime in data and output_digest(_only(data, mime)) not in {
                output_digest(_only(b, mime)) for b in bundles
            }:
                self._changed(
                    "edited",
                    one.index,
                    f"stamp: its {mime} does not say what its record says",
                    f"cachet : son {mime} ne dit pas ce que dit son enregistrement",
                )

    def _output_marks(self) -> None:
        own = {(one.index, one.output): one for one in self.stamps}
        for index, cell in self.nodes.items():
            for number, output in enumerate(outputs(cell)):
                said, stamped = mark(output), own.get((index, number))
                if said and stamped is not None:
                    if said != stamp.mark(stamped.sound):
                        self._changed(
                            "edited",
                            index,
                            "the mark on the stamp's output does not match the stamp",
                            "la marque de la sortie ne correspond pas au cachet",
                        )
                elif said:
                    self._shown(index, said)
                elif stamped is not None:
                    self._open(
                        "marks on the outputs of stamps, which are not there (they repeat what the stamps say)",
                        "les marques des sorties à cachet, absentes (elles répètent ce que disent les cachets)",
                    )

    def _broken_marks(self) -> None:
        for index, node in ((None, self.nb), *self.nodes.items()):
            if semconv.KEY in metadata(node) and not mark(node):
                self._changed("edited", index, "mark: not an object", "marque : pas un objet")

    def _shown(self, index: int, said: Mapping[str, Any]) -> None:
        """The mark of an output that shows AI content, against what the stamps say of its subjects."""
        if problems := schema.problems("outputMark", said):
            self._changed(
                "edited",
                index,
                f"an output's mark: {problems[0]}",
                f"la marque d'une sortie : {in_french(problems[0])}",
            )
        elif said.get("origin") not in semconv.AI_ORIGINS:
            self._changed(
                "edited",
                index,
                "an output's mark names no origin of AI content",
                "la marque d'une sortie ne nomme aucune origine d'un contenu d'IA",
            )
        for key in _unknown("outputMark", said) if said.get("schema_version") == semconv.SCHEMA_VERSION else ():
            self._changed(
                "edited",
                index,
                f"mark: holds what this version does not know: {key}",
                f"marque : contient ce que cette version ne connaît pas : {key}",
            )
        self._named(said)
        known: dict[Any, set[Any]] = defaultdict(set)
        for one in self.stamps:
            for made in one.sound.get("derivations") or ():
                known[made.get("subject")].add(made.get("origin"))
        subjects = said.get("subjects")
        for subject in subjects if isinstance(subjects, list) else ():
            if not isinstance(subject, str):
                continue  # the schema said so
            if subject not in known:  # what was shown again, or is no subject of a stamp
                self._open(
                    "marks of outputs whose subjects no stamp here names",
                    "les marques de sorties dont aucun cachet d'ici ne nomme le sujet",
                )
            elif said.get("origin") not in {*known[subject], "ai-derived", "ai-assisted"}:  # a table may be mixed
                self._changed(
                    "edited",
                    index,
                    f"an output's mark does not match the stamp: {subject}"[:200],
                    f"la marque d'une sortie ne correspond pas au cachet : {subject}"[:200],
                )

    def _named(self, said: Mapping[str, Any]) -> None:
        """The run and the calls that a mark names; no stamp says which calls, only the journal does."""
        named = said.get("invocations")
        calls = named if isinstance(named, list) else []
        if calls and not self.journal:
            self._open(
                "the calls that marks of outputs name (no journal is at hand)",
                "les appels que nomment les marques des sorties (aucun registre à disposition)",
            )
            calls = []
        runs = (said["execution"],) if "execution" in said else ()
        unknown = [n for n in (*runs, *calls) if isinstance(n, str) and n not in self._ids]
        if unknown:
            self._open(
                f"{len(unknown)} runs or calls that a mark of an output names and no record here knows",
                f"{len(unknown)} exécutions ou appels que nomme la marque d'une sortie et qu'aucun enregistrement ne "
                "connaît ici",
            )

    @cached_property
    def _events(self) -> dict[str, list[dict[str, Any]]]:
        """The lines of each journal that is at hand, read once."""
        return {session: [e for path in files for e in journals.read(path)] for session, files in self.journal.items()}

    def _told(self) -> Iterator[dict[str, Any]]:
        return chain.from_iterable(self._events.values())

    @cached_property
    def _ids(self) -> frozenset[str]:
        known = {str(e.get("id")) for e in self._told() if e.get("type") in ("invocation", "execution")}
        return frozenset(known | {one.id for one in self.stamps})

    # ── marks ─────────────────────────────────────────────────────────────────────
    def _mark(self, one: Mark) -> None:
        if one.problems:
            why = reasons(one.problems)
            self._changed("edited", one.index, why, why.french)
        if self.versions and one.value.get("schema_version") not in self.versions:
            self._changed(
                "edited",
                one.index,
                "mark: its schema version is not that of the stamps",
                "marque : la version de son schéma n'est pas celle des cachets",
            )
        if one.value.get("schema_version") == semconv.SCHEMA_VERSION:
            for key in _unknown("notebookLog" if one.index is None else "cellMark", one.value):
                self._changed(
                    "edited",
                    one.index,
                    f"mark: holds what this version does not know: {key}",
                    f"marque : contient ce que cette version ne connaît pas : {key}",
                )
        for key in ("reviews", "declarations", "withdrawals"):
            for id_, event in (one.value.get(key) or {}).items():
                self._event(one, key, id_, event)
        if one.index is not None:
            self._cell_mark(one, one.index)

    def _cell_mark(self, one: Mark, index: int) -> None:
        cell, said = self.nodes[index], one.value
        sha = said.get("source_sha256")
        if sha and not is_source(cell.get("source"), sha):
            self._changed(
                "source-changed",
                index,
                "the source is not the one that was marked",
                "le code n'est pas celui qui a été marqué",
            )
        if said.get("outputs_sha256") and said["outputs_sha256"] != outputs_digest(outputs(cell)):
            self._changed(
                "outputs-changed",
                index,
                "the outputs are not those that were marked",
                "les sorties ne sont pas celles qui ont été marquées",
            )
        stamps = [s for s in self.by_cell[index] if not s.is_broken]
        if stamps:
            back = withdrawn_of(self.log)
            made = cell_mark([s.sound for s in stamps], said, cell.get("source"), outputs(cell), back)
            for key, value in made.items():
                if said.get(key) != value:
                    self._changed(
                        "edited",
                        index,
                        f"mark: its {key} does not match the stamp",
                        f"marque : son champ {key} ne correspond pas au cachet",
                    )
        elif said.get("origin") in semconv.AI_ORIGINS and not said.get("authorship"):
            self.missing.append((Said(f"the stamp of cell {index + 1}", f"le cachet de la cellule {index + 1}"), 1))
        for summary in said.get("authorship") or ():
            self._seal(index, "authorship", "authorshipSummary", summary)

    def _event(self, one: Mark, key: str, id_: str, event: Mapping[str, Any]) -> None:
        if str(event.get("id", id_)) != id_:
            self._changed(
                "edited",
                one.index,
                f"a record in {key} lies under another id",
                f"un enregistrement dans {key} figure sous un autre identifiant",
            )
        self._seal(one.index, key, key.removesuffix("s"), event)
        if key == "reviews":
            self._review(one, id_, event)

    def _seal(self, index: int | None, what: str, name: str, record: Mapping[str, Any]) -> None:
        holds = seal_holds(record)
        if holds is False or (holds is None and _unknown(name, record)):
            self._changed(
                "edited",
                index,
                f"a record in {what} does not match its seal",
                f"un enregistrement dans {what} ne correspond pas à son scellé",
            )
        if holds is None:
            self._open(
                f"records in {what} that carry no seal", f"les enregistrements dans {what} qui ne portent pas de scellé"
            )

    def _review(self, one: Mark, id_: str, event: Mapping[str, Any]) -> None:
        subject = event.get("subject") or {}
        index = one.index
        if index is None:
            index = next(
                (i for i, c in self.nodes.items() if subject.get("cell_id") and cell_id(c) == subject["cell_id"]), None
            )
        if index is None:
            if subject.get("cell_id"):
                self._changed(
                    "review-outdated",
                    None,
                    "a review is about a cell that is no longer there",
                    "un contrôle porte sur une cellule qui n'est plus là",
                )
            return
        cell = self.nodes[index]
        if one.index is not None and subject.get("cell_id") in self.ids - {cell_id(cell), None}:
            self._changed(
                "reordered",
                index,
                "a review lies at another cell than the one it is about",
                "un contrôle figure à une autre cellule que celle dont il parle",
            )
        if id_ not in withdrawn_of(self.log) and is_outdated(event, cell.get("source"), outputs(cell)):
            self._changed(
                "review-outdated",
                index,
                "source or outputs changed after they were reviewed",
                "code ou sorties ont changé après leur contrôle",
            )

    # ── sessions and their journals ───────────────────────────────────────────────
    def _sessions(self) -> None:
        said: dict[str, Mapping[str, Any]] = dict(self.log.get("sessions") or {})
        for entry in said.values():
            self._seal(None, "sessions", "sessionLog", entry)
        if said and (others := set(self.journal) - set(said) - {s.execution.get("session") for s in self.stamps}):
            self._open(
                f"{len(others)} sessions of the journal that the notebook log does not name",
                f"{len(others)} sessions du registre des appels que le registre du carnet ne nomme pas",
            )
        expected: Counter[str] = Counter({s: int(e.get("lines") or 0) for s, e in said.items()})
        for one in self.stamps:
            link = one.sound.get("journal") or {}
            if link:
                session = str(link.get("session"))
                least = max([int(link.get("lines") or 0), *(link.get("seq") or ())])
                expected[session] = max(expected[session], least)
        for session, lines in expected.items():
            if files := self.journal.get(session):
                self._journal(session, list(files), lines, said.get(session, {}))
            elif lines:
                name = f"{session[:40]}.jsonl"
                self.missing.append((Said(f"journal {name}", f"registre {name}"), lines))
        if self.log.get("disclosure"):
            self._open(
                "the answers in the disclosure (free text of the authors)",
                "les réponses de la déclaration (texte libre des auteurs)",
            )
        self._removed()

    def _journal(self, session: str, files: list[Path], lines: int, entry: Mapping[str, Any]) -> None:
        verdict = journals.verify(files)
        for problem in verdict.problems[:20]:
            self._changed("journal-changed", None, f"journal: {problem}", f"registre : {in_french(problem)}")
        if verdict.torn_tail:
            self._open(
                f"the torn last line of journal {session[:40]}",
                f"la dernière ligne, tronquée, du registre {session[:40]}",
            )
        if verdict.lines < lines:
            name = f"{session[:40]}.jsonl"
            what = Said(f"the end of journal {name}", f"la fin du registre {name}")
            self.missing.append((what, lines - verdict.lines))
        at = int(entry.get("lines") or 0)
        if entry.get("head") and 0 < at <= verdict.lines and verdict.hashes[at - 1] != entry["head"]:
            self._changed(
                "journal-changed",
                None,
                f"journal {session[:40]} is not the one the notebook log was written from",
                f"le registre {session[:40]} n'est pas celui dont vient le registre du carnet",
            )
        events = self._events[session]
        self._texts(session, files, events)
        for one in self.stamps:
            link = one.sound.get("journal") or {}
            if link.get("session") == session and verdict.lines >= lines:
                self._root(one, link, events)

    def _texts(self, session: str, files: list[Path], events: list[dict[str, Any]]) -> None:
        """The texts beside a journal, where they were kept, against what its lines committed to."""
        path = journals.texts_of(session, files)
        if path is None:
            return
        found = journals.verify_texts(path, events)
        ran = {str(e.get("id")): e.get("execution") for e in events if e.get("type") == "invocation"}
        at = {one.id: one.index for one in self.stamps}
        for problem, call in found.problems[:20]:
            index = at.get(str(ran.get(str(call))))
            self._changed("journal-changed", index, f"texts: {problem}", f"textes : {in_french(problem)}")
        if found.torn_tail or found.unnamed:
            self._open(
                f"texts of {session[:40]} that no line of the journal names (yet, or the process was killed)",
                f"les textes de {session[:40]} qu'aucune ligne du registre ne nomme (encore, ou processus tué)",
            )

    def _root(self, one: Found, link: Mapping[str, Any], events: list[dict[str, Any]]) -> None:
        low, high = link.get("seq") or (0, 0)
        own = [e for e in events if _is_of(e, one.id) and low <= journals.number_of(e) <= high]
        root = merkle_root([str(e["hash"]) for e in own if isinstance(e.get("hash"), str)])
        if root != link.get("root") or len(own) != link.get("lines"):
            self._changed(
                "journal-changed",
                one.index,
                "the journal's lines are not those that the stamp sums up",
                "les lignes du registre ne sont pas celles que résume le cachet",
            )
        elif _counts(own) != _summed(one.sound):
            self._changed(
                "edited",
                one.index,
                "stamp: does not say what the journal's lines say",
                "cachet : ne dit pas ce que disent les lignes du registre",
            )

    def _removed(self) -> None:
        """Runs that the journal knows, behind outputs that are still here, whose stamp is gone."""
        events = list(self._told())
        if not events:
            return
        runs = recorded_runs(events)
        home = resolve(runs, self.nb)
        present = {one.id for one in self.stamps}
        for id_, index in home.items():
            cell = self.nodes[index]
            latest = max((r for r in home if home[r] == index), key=lambda r: runs[r]["order"])
            if id_ != latest or id_ in present or not is_source(cell.get("source"), runs[id_].get("source_sha256")):
                continue
            if any(s.execution.get("id") is None for s in self.by_cell[index]):
                continue  # a stable stamp names no run
            if outputs(cell):
                self._changed(
                    "removed",
                    index,
                    "the stamp of this cell's run is gone",
                    "le cachet de l'exécution de cette cellule a disparu",
                )
            else:
                stamp_of, outputs_of = f"the stamp of cell {index + 1}", f"outputs and stamp of cell {index + 1}"
                self.missing = [one for one in self.missing if one[0] != stamp_of]  # its mark said so: the same record
                self._lacks(outputs_of, f"sorties et cachet de la cellule {index + 1}")


def _unknown(name: str, record: Mapping[str, Any]) -> list[str]:
    """Keys that this version gives no meaning; a newer version says so in its number."""
    known = schema.load()["$defs"][name]["properties"]
    return [str(key)[:80] for key in sorted(record) if key not in known and key not in ("seq", "prev", "hash")]


def _is_of(event: Mapping[str, Any], execution: str) -> bool:
    return event.get("execution") == execution and event.get("type") != "execution"


def _counts(events: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Calls by what makes them alike, from the journal's lines."""
    last: dict[str, Mapping[str, Any]] = {}
    for event in events:
        if event.get("type") == "invocation":
            last[str(event.get("id"))] = {**last.get(str(event.get("id")), {}), **event}
    return Counter(digest(stamp.public(group_attributes(one))) for one in last.values())


def _summed(record: Mapping[str, Any]) -> Counter[str]:
    """The same from a stamp's groups."""
    out: Counter[str] = Counter()
    for group in record.get("groups") or ():
        use = use_of_group(group)
        out[digest(dict(use.attributes))] += use.count
    return out


def _only(data: Mapping[str, Any], mime: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {mime: data[mime]}}
