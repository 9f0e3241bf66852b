/**
 * What the file shows of itself, in the browser: the four answers of `jupyter_aiprov/verify.py`, for what
 * can be checked without the journal. Never "intact", never "authentic".
 */

import { markOf, stampRecord, stampsOf } from './document';
import { count, Fields, fields, isFields, joined, keyed, LeftOut, objects, own, text } from './json';
import { canonical } from './proof';
import { isSource, isStamp, outputDigest, outputsDigest, sealHolds, stableDigest } from './seal';
import { AI_ORIGINS, MIME, SCHEMA_VERSION } from './semconv';

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

const CELL_KEYS = new Set([
  ...['schema_version', 'origin', 'models', 'source_sha256', 'outputs_sha256', 'state', 'reviews', 'declarations'],
  ...['authorship']
]);
const LOG_KEYS = new Set(['schema_version', 'sessions', 'declarations', 'reviews', 'withdrawals', 'disclosure']);

/** Check notebook JSON against itself. */
export function integrityOf(notebook: unknown): Integrity {
  return new Check(fields(notebook)).result();
}

class Check {
  constructor(private nb: Fields) {}

  result(): Integrity {
    const list = Array.isArray(this.nb.cells) ? this.nb.cells.map(fields) : [];
    const ids = new Set(list.flatMap(cell => (typeof cell.id === 'string' ? [cell.id] : [])));
    const log = markOf(this.nb.metadata);
    list.forEach((cell, index) => this.cell(cell, index, ids));
    this.mark(log, null, LOG_KEYS);
    this.sessions(log);
    if (log.disclosure !== undefined) {
      this.notCovered.add('the answers in the disclosure (free text of the authors)');
    }
    const missing = [...this.missing.values()].reduce((sum, n) => sum + n, 0);
    return {
      answer: this.changes.length ? 'changed' : missing ? 'not-supplied' : 'consistent',
      anchored: '',
      missing,
      changes: this.changes,
      notCovered: [...this.notCovered],
      records: this.records
    };
  }

  private cell(cell: Fields, index: number, ids: ReadonlySet<string>): void {
    const outputs = Array.isArray(cell.outputs) ? cell.outputs : [];
    const source = joined(cell.source);
    const stamps = stampsOf(outputs);
    for (const stamp of stamps) {
      if (stamp === null || stamp.kind !== 'stamp' || !isFields(stamp.execution) || !Array.isArray(stamp.groups)) {
        this.changed(index, 'a stamp is not a whole record');
        continue;
      }
      this.stamp(stamp, cell, index, source, outputs, ids);
    }
    for (const output of outputs) {
      this.outputMark(fields(output), stamps, index);
    }
    const said = markOf(cell.metadata);
    if (Object.keys(said).length) {
      this.cellMark(said, stamps, index, source, outputs);
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
    }
    const link = fields(stamp.journal);
    if (link.session !== undefined) {
      const seq = Array.isArray(link.seq) ? link.seq.map(n => count(n)) : [];
      this.expect(text(link.session, 200), Math.max(count(link.lines), ...seq));
    }
  }

  private outputMark(output: Fields, stamps: readonly (Fields | null)[], index: number): void {
    const said = markOf(output.metadata);
    const name = text(said.execution, 200);
    if (!name) {
      return;
    }
    if (isStamp(output)) {
      const stamp = stampRecord(own(fields(output.data), MIME));
      if (text(fields(stamp?.execution).id, 200) !== name) {
        this.changed(index, "the mark on the stamp's output does not match the stamp");
      }
    } else if (stamps.length === 0) {
      this.missing.set(`stamp/${name}`, 1);
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
    const whole = stamps.filter(isFields);
    if (whole.length) {
      const models = new Set(whole.flatMap(modelsOf));
      const listed = Array.isArray(said.models) ? said.models : [];
      if (said.models !== undefined && canonical([...models].sort()) !== canonical(listed)) {
        this.changed(index, 'the mark names other models than the stamp');
      }
      const answered = whole.some(one => objects(one.groups, new LeftOut()).some(group => group.status !== 'failed'));
      if (answered && said.origin !== undefined && said.origin !== 'ai-generated') {
        this.changed(index, 'the mark names another origin than the stamp');
      }
    } else if (AI_ORIGINS.has(String(said.origin)) && !Array.isArray(said.authorship)) {
      this.missing.set(`cell/${index}`, 1);
    }
    for (const [, review] of keyed(said.reviews, new LeftOut())) {
      const sha = review.source_sha256;
      const shown = review.outputs_sha256;
      if ((sha && !isSource(source, sha)) || (shown && shown !== outputsDigest(outputs))) {
        this.changed(index, 'source or outputs changed after they were reviewed');
      }
    }
    for (const summary of objects(said.authorship, new LeftOut())) {
      if (sealHolds(summary) === false) {
        this.changed(index, 'a record of authorship does not match its seal');
      }
    }
  }

  private mark(said: Fields, index: number | null, known: ReadonlySet<string>): void {
    if (!Object.keys(said).length) {
      return;
    }
    this.records += 1;
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
  private seen = new Set<string>();
  private records = 0;
}

function modelsOf(stamp: Fields): string[] {
  const left = new LeftOut();
  const groups = objects(stamp.groups, left).map(
    group => own(group, 'gen_ai.response.model') ?? own(group, 'gen_ai.request.model')
  );
  const derived = objects(stamp.derivations, left).flatMap(one => (Array.isArray(one.models) ? one.models : []));
  const authors = objects(stamp.authorship, left).map(one => one.model);
  return [...groups, ...derived, ...authors].flatMap(name => (typeof name === 'string' && name ? [name] : []));
}
