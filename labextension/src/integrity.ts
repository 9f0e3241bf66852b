/**
 * What the file shows of itself, in the browser: the four answers of `jupyter_aiprov/verify.py`, for what
 * can be checked without the journal. Never "intact", never "authentic".
 */

import { Anchor, isForeign, isOf } from './anchor';
import { markOf, stampRecord, stampsOf } from './document';
import { count, Fields, fields, isFields, joined, keyed, LeftOut, objects, own, text } from './json';
import { markOfStamps } from './mark';
import { canonical } from './proof';
import { isReviewOutdated, isSource, isStamp, outputDigest, outputsDigest, sealHolds, stableDigest } from './seal';
import { AI_ORIGINS, KEY, MIME, SCHEMA_VERSION } from './semconv';
import { stateOf, withdrawnOf } from './standing';

export interface Change {
  readonly index: number | null;
  readonly what: string;
}

export interface Integrity {
  readonly answer: 'anchored' | 'consistent' | 'not-supplied' | 'changed';
  readonly anchored: string;
  readonly missing: number;
  readonly changes: readonly Change[];
  readonly notCovered: readonly string[];
  readonly records: number;
}

const OUTPUT_KEYS = new Set(['schema_version', 'kind', 'origin', 'execution', 'invocations', 'subjects']);
const CELL_KEYS = new Set([
  ...['schema_version', 'origin', 'models', 'source_sha256', 'outputs_sha256', 'state', 'reviews', 'declarations'],
  ...['authorship']
]);
/** How a part of a mark that stamps decide is wrong, in words. */
export const MISMATCHES = new Map([
  ['models', 'the mark names other models than the stamp'],
  ['origin', 'the mark names another origin than the stamp'],
  ['state', 'the mark names another state than the reviews'],
  ['authorship', 'the mark names other authors than the stamp'],
  ['source_sha256', 'the source is not the one that was marked']
]);
const SHOWN = new Set([MIME, 'text/html', 'text/plain', 'text/latex']);
const CONFLICTS = 'nbdime-conflicts';
const LOG_KEYS = new Set(['schema_version', 'sessions', 'declarations', 'reviews', 'withdrawals', 'disclosure']);

/** Check notebook JSON against itself and against an anchor whose keeper hands it in. */
export function integrityOf(notebook: unknown, anchor: Anchor | null = null): Integrity {
  return new Check(fields(notebook), anchor).result();
}

class Check {
  constructor(
    private nb: Fields,
    private anchor: Anchor | null
  ) {
    this.withdrawn = withdrawnOf(markOf(nb.metadata));
  }

  result(): Integrity {
    const list = Array.isArray(this.nb.cells) ? this.nb.cells.map(fields) : [];
    const ids = new Set(list.flatMap(cell => (typeof cell.id === 'string' ? [cell.id] : [])));
    const log = markOf(this.nb.metadata);
    this.logged = fields(log.sessions);
    this.broken(this.nb.metadata, null);
    this.conflicts(fields(this.nb.metadata), null);
    list.forEach(cell => this.learn(cell));
    list.forEach((cell, index) => this.cell(cell, index, ids));
    this.mark(log, null, LOG_KEYS);
    for (const [id, review] of keyed(log.reviews, new LeftOut())) {
      this.reviewElsewhere(id, review, list);
    }
    this.sessions(log);
    const anchored = this.anchored();
    if (this.versions.size) {
      this.notCovered.add('the visible text of stamps (the panel shows what their records say)');
    }
    if (log.disclosure !== undefined) {
      this.notCovered.add('the answers in the disclosure (free text of the authors)');
    }
    const missing = [...this.missing.values()].reduce((sum, n) => sum + n, 0);
    return {
      answer: this.changes.length ? 'changed' : missing ? 'not-supplied' : anchored ? 'anchored' : 'consistent',
      anchored,
      missing,
      changes: this.changes,
      notCovered: [...this.notCovered],
      records: this.records
    };
  }

  /** What stamps say of their subjects, for the marks of outputs that show them. */
  private learn(cell: Fields): void {
    for (const stamp of stampsOf(Array.isArray(cell.outputs) ? cell.outputs : [])) {
      if (isWhole(stamp)) {
        this.versions.add(stamp.schema_version);
        for (const made of objects(stamp.derivations, new LeftOut())) {
          const subject = String(made.subject);
          this.origins.set(subject, (this.origins.get(subject) ?? new Set()).add(String(made.origin)));
        }
      }
    }
  }

  private conflicts(metadata: Fields, index: number | null): void {
    if (own(metadata, CONFLICTS) !== undefined || own(fields(own(metadata, KEY)), CONFLICTS) !== undefined) {
      this.changed(index, 'a merge was left undecided here (nbdime-conflicts)');
    }
  }

  private cell(cell: Fields, index: number, ids: ReadonlySet<string>): void {
    const outputs = Array.isArray(cell.outputs) ? cell.outputs : [];
    const source = joined(cell.source);
    const stamps = stampsOf(outputs);
    for (const stamp of stamps) {
      if (!isWhole(stamp)) {
        this.changed(index, 'a stamp is not a whole record');
        continue;
      }
      this.stamp(stamp, cell, index, source, outputs, ids);
      this.marked(stamp, cell, index);
    }
    this.broken(cell.metadata, index);
    this.conflicts(fields(cell.metadata), index);
    for (const output of outputs) {
      this.conflicts(fields(fields(output).metadata), index);
      this.outputMark(fields(output), index);
    }
    const said = markOf(cell.metadata);
    if (Object.keys(said).length) {
      this.cellMark(said, stamps, index, source, outputs);
      for (const review of keyed(said.reviews, new LeftOut()).map(([, one]) => one)) {
        const about = fields(review.subject).cell_id;
        if (typeof about === 'string' && about !== cell.id && ids.has(about)) {
          this.changed(index, 'a review lies at another cell than the one it is about');
        }
      }
    }
  }

  /** Where our key holds no record any more. */
  private broken(metadata: unknown, index: number | null): void {
    if (own(fields(metadata), KEY) !== undefined && !Object.keys(markOf(metadata)).length) {
      this.changed(index, 'a mark is no record');
    }
  }

  /** A stamp that the log knows has a mark at its cell, and a marked cell's session is in the log. */
  private marked(stamp: Fields, cell: Fields, index: number): void {
    const link = fields(stamp.journal);
    const session = text(link.session, 200);
    if (!session) {
      return;
    }
    const known = own(this.logged, session);
    const said = markOf(cell.metadata);
    const last = Math.max(0, ...(Array.isArray(link.seq) ? link.seq.map(n => count(n)) : []));
    if (known === undefined && said.origin) {
      this.missing.set(`log/${session}`, 1);
    } else if (known !== undefined && !Object.keys(said).length && last <= count(fields(known).lines)) {
      this.missing.set(`mark/${index}`, 1);
    }
  }

  private stamp(
    stamp: Fields,
    cell: Fields,
    index: number,
    source: string,
    outputs: readonly unknown[],
    ids: ReadonlySet<string>
  ): void {
    this.records += 1;
    const made = fields(stamp.execution);
    const id = text(made.id, 200);
    if (id && this.seen.has(id)) {
      this.changed(index, 'the same stamp lies in the notebook twice');
    }
    this.seen.add(id);
    if (stamp.digest !== stableDigest(stamp)) {
      this.changed(index, 'a stamp does not match its digest');
    }
    const holds = sealHolds(stamp);
    if (holds === false) {
      this.changed(index, 'a stamp does not match its seal');
    } else if (holds === null) {
      this.notCovered.add('times, tokens and ids of stamps without a seal');
    }
    if (!isSource(source, made.source_sha256)) {
      const there = text(made.cell_id, 64);
      const moved = there !== '' && typeof cell.id === 'string' && there !== cell.id;
      this.changed(
        index,
        moved
          ? ids.has(there)
            ? 'a stamp belongs to another cell of this notebook'
            : 'a stamp belongs to no cell of this notebook'
          : 'the source is not the one that ran'
      );
    } else if (
      typeof made.execution_count === 'number' &&
      typeof cell.execution_count === 'number' &&
      made.execution_count !== cell.execution_count
    ) {
      this.changed(index, 'a stamp is of another run than the cell shows');
    }
    if (Array.isArray(stamp.outputs)) {
      const shown = outputs.filter(isFields).map(outputDigest);
      for (const sha of stamp.outputs) {
        const at = shown.indexOf(String(sha));
        if (at < 0) {
          this.changed(index, 'an output is not the one that was stamped');
          break;
        }
        shown.splice(at, 1);
      }
      this.inOrder(stamp.outputs.map(String), outputs.filter(isFields).map(outputDigest), index);
    }
    if (cell.cell_type !== 'code') {
      this.changed(index, 'the cell is no longer one of code');
    }
    this.uncovered(stamp, cell, outputs);
    const link = fields(stamp.journal);
    if (link.session !== undefined) {
      const seq = Array.isArray(link.seq) ? link.seq.map(n => count(n)) : [];
      this.expect(text(link.session, 200), Math.max(count(link.lines), ...seq));
    }
  }

  private inOrder(said: readonly string[], shown: readonly string[], index: number): void {
    const left = [...shown];
    const areAllThere = said.every(sha => {
      const at = left.indexOf(sha);
      return at >= 0 && left.splice(at, 1).length > 0;
    });
    let behind = 0;
    const areInOrder = said.every(sha => (behind = shown.indexOf(sha, behind) + 1) > 0);
    if (areAllThere && !areInOrder) {
      this.changed(index, 'the outputs are not in the order in which they were stamped');
    }
  }

  /** What people read of a stamp: all of it, and nothing beside it. */
  private readable(output: Fields, index: number): void {
    if (stampRecord(own(fields(output.data), MIME))?.schema_version !== SCHEMA_VERSION) {
      return; // how another version words its stamps is not known here
    }
    const kinds = Object.keys(fields(output.data));
    if (kinds.some(kind => !SHOWN.has(kind))) {
      this.changed(index, 'a stamp shows what its record does not say');
    }
    const isShown = output.output_type === 'display_data' || output.output_type === 'execute_result';
    if (!isShown || !kinds.includes('text/html') || !kinds.includes('text/plain')) {
      this.changed(index, 'what people read of a stamp is not all there');
    }
  }

  /** What of a stamped cell's outputs no digest is on record of. */
  private uncovered(stamp: Fields, cell: Fields, outputs: readonly unknown[]): void {
    if (markOf(cell.metadata).outputs_sha256) {
      return;
    }
    const said: unknown[] = Array.isArray(stamp.outputs) ? [...(stamp.outputs as unknown[])] : [];
    for (const output of outputs.filter(isFields).filter(one => !isStamp(one))) {
      if (output.output_type === 'stream' || output.output_type === 'error') {
        this.notCovered.add('printed text and errors of stamped cells');
        continue;
      }
      const at = said.indexOf(outputDigest(output));
      if (at >= 0) {
        said.splice(at, 1); // shown once more than stamped, it is not the one that was seen
      } else {
        this.notCovered.add('outputs of stamped cells that the kernel did not see, or that it may replace');
      }
    }
  }

  private outputMark(output: Fields, index: number): void {
    const said = markOf(output.metadata);
    if (isStamp(output)) {
      this.readable(output, index);
    }
    if (!Object.keys(said).length) {
      return;
    }
    if (isStamp(output)) {
      const id = fields(stampRecord(own(fields(output.data), MIME))?.execution).id;
      const made = { schema_version: SCHEMA_VERSION, kind: 'stamp', ...(id ? { execution: id } : {}) };
      if (canonical(said) !== canonical(made)) {
        this.changed(index, "the mark on the stamp's output does not match the stamp");
      }
      return;
    }
    if (!AI_ORIGINS.has(String(said.origin))) {
      this.changed(index, "an output's mark names no origin of AI content");
    }
    if (said.schema_version === SCHEMA_VERSION && Object.keys(said).some(key => !OUTPUT_KEYS.has(key))) {
      this.changed(index, "an output's mark holds what this version does not know");
    }
    if (Array.isArray(said.invocations) && said.invocations.length) {
      this.notCovered.add('the calls that marks of outputs name (no journal is at hand)');
    }
    for (const subject of Array.isArray(said.subjects) ? said.subjects.map(String) : []) {
      const known = this.origins.get(subject);
      if (!known) {
        this.notCovered.add('marks of outputs whose subjects no stamp here names');
      } else if (!known.has(String(said.origin)) && said.origin !== 'ai-derived' && said.origin !== 'ai-assisted') {
        this.changed(index, "an output's mark does not match the stamp"); // a table may be mixed
      }
    }
  }

  private cellMark(
    said: Fields,
    stamps: readonly (Fields | null)[],
    index: number,
    source: string,
    outputs: readonly unknown[]
  ): void {
    this.mark(said, index, CELL_KEYS);
    if (said.source_sha256 !== undefined && !isSource(source, said.source_sha256)) {
      this.changed(index, 'the source is not the one that was marked');
    }
    if (said.outputs_sha256 !== undefined && said.outputs_sha256 !== outputsDigest(outputs)) {
      this.changed(index, 'the outputs are not those that were marked');
    }
    const whole = stamps.filter(isWhole);
    if (whole.length) {
      const made = {
        ...markOfStamps(whole, said),
        state: stateOf(said.reviews, this.withdrawn, one => isReviewOutdated(one, source, () => outputs))
      };
      for (const [key, value] of Object.entries(made)) {
        if (canonical(said[key]) !== canonical(value)) {
          this.changed(index, MISMATCHES.get(key) ?? 'the mark does not match the stamp');
        }
      }
    } else if (AI_ORIGINS.has(String(said.origin)) && !objects(said.authorship, new LeftOut()).length) {
      this.missing.set(`cell/${index}`, 1);
    }
    for (const [id, review] of keyed(said.reviews, new LeftOut())) {
      this.review(id, review, index, source, outputs);
    }
    for (const summary of objects(said.authorship, new LeftOut())) {
      if (sealHolds(summary) === false) {
        this.changed(index, 'a record of authorship does not match its seal');
      }
    }
  }

  private review(id: string, review: Fields, index: number, source: string, outputs: readonly unknown[]): void {
    if (!this.withdrawn.has(id) && isReviewOutdated(review, source, () => outputs)) {
      this.changed(index, 'source or outputs changed after they were reviewed');
    }
  }

  /** A review that lies in the notebook log: about a cell that it names. */
  private reviewElsewhere(id: string, review: Fields, list: readonly Fields[]): void {
    const named = text(fields(review.subject).cell_id, 64);
    const index = named ? list.findIndex(cell => cell.id === named) : -1;
    const cell = list[index];
    if (cell) {
      this.review(id, review, index, joined(cell.source), Array.isArray(cell.outputs) ? cell.outputs : []);
    } else if (named) {
      this.changed(null, 'a review is about a cell that is no longer there');
    }
  }

  private mark(said: Fields, index: number | null, known: ReadonlySet<string>): void {
    if (!Object.keys(said).length) {
      return;
    }
    this.records += 1;
    if (this.versions.size && !this.versions.has(said.schema_version)) {
      this.changed(index, 'the mark is of another version than the stamps');
    }
    if (said.schema_version === SCHEMA_VERSION && Object.keys(said).some(key => !known.has(key))) {
      this.changed(index, 'a mark holds what version 1.0 does not know');
    }
    for (const key of ['reviews', 'declarations', 'withdrawals']) {
      for (const [id, event] of keyed(said[key], new LeftOut())) {
        const holds = sealHolds(event);
        if (holds === false || (event.id !== undefined && event.id !== id)) {
          this.changed(index, 'a record that a person added does not match its seal');
        } else if (holds === null) {
          this.notCovered.add('records of people without a seal');
        }
      }
    }
  }

  private sessions(log: Fields): void {
    for (const [session, entry] of keyed(log.sessions, new LeftOut())) {
      const holds = sealHolds(entry);
      if (holds === false) {
        this.changed(null, 'a session in the notebook log does not match its seal');
      } else if (holds === null) {
        this.notCovered.add('sessions in the notebook log without a seal');
      }
      this.expect(session, count(entry.lines));
    }
  }

  /** The date of the anchor that was handed in, where it is of this very notebook. */
  private anchored(): string {
    const anchor = this.anchor;
    if (!anchor || isForeign(anchor, this.nb)) {
      return '';
    }
    anchor.sessions.forEach((lines, session) => this.expect(session, lines));
    return isOf(anchor, this.nb) ? anchor.date : '';
  }

  /** The journal stays with its author: what others here point to in it is not supplied. */
  private expect(session: string, lines: number): void {
    if (lines) {
      const key = `journal/${session}`;
      this.missing.set(key, Math.max(this.missing.get(key) ?? 0, lines));
    }
  }

  private changed(index: number | null, what: string): void {
    if (!this.changes.some(one => one.index === index && one.what === what)) {
      this.changes.push({ index, what });
    }
  }

  private changes: Change[] = [];
  private missing = new Map<string, number>();
  private notCovered = new Set<string>();
  private logged: Fields = {};
  private seen = new Set<string>();
  private versions = new Set<unknown>();
  private origins = new Map<string, Set<string>>();
  private withdrawn: ReadonlySet<string>;
  private records = 0;
}

function isWhole(stamp: Fields | null): stamp is Fields {
  return stamp !== null && stamp.kind === 'stamp' && isFields(stamp.execution) && Array.isArray(stamp.groups);
}
