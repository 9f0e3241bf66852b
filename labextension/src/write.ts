/**
 * The only place that writes to a notebook: at a cell's end, by the client whose session sent the request,
 * or on a person's action. Never on opening, and never on anybody's undo stack.
 */

import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { PartialJSONValue } from '@lumino/coreutils';
import { fields, Fields, isFields, LeftOut, objects, text } from './json';
import type { KernelLink } from './kernel';
import { authorsOf } from './mark';
import { canonical } from './proof';
import { isReviewOutdated, outputsDigest, sealed, sourceDigest } from './seal';
import { KEY, SCHEMA_VERSION } from './semconv';
import { stateOf, withdrawnOf } from './standing';

/** Where in a mark an entry of ours lies. */
interface Entry {
  cellId: string | null;
  map: 'sessions' | 'declarations' | 'reviews' | 'withdrawals' | 'slots';
  id: string;
  value: Fields | string;
}

const MAX_ASSERTIONS = 5; // two clients must not write against each other without end

export interface ReviewDraft {
  readonly kind: string;
  readonly name: string;
  readonly cellId: string;
  readonly status: string;
  readonly method: string;
  readonly note: string;
  readonly units: Fields | null;
}

/** A cell that a tool wrote, as it was seen. */
export interface Drafted {
  readonly origin: 'ai-generated' | 'ai-assisted';
  readonly tool: string;
  readonly method: 'command' | 'awareness';
  readonly confidence: 'high' | 'medium';
}

export class Writer {
  constructor(
    private panel: NotebookPanel,
    private link: KernelLink
  ) {
    panel.context.fileChanged.connect(this.onReload, this);
  }

  /** At a cell's end: the cell's mark and the session's entry, if this client sent the request. */
  mark(data: Fields, isReadOnly: boolean): void {
    if (isReadOnly || data.client !== this.link.clientId || !isFields(data.mark) || !isFields(data.entry)) {
      return;
    }
    const cell = this.cell(text(data.cell_id, 64));
    const entry: Entry = { cellId: null, map: 'sessions', id: text(data.session, 200), value: data.entry };
    this.transact(() => {
      if (cell) {
        const said = fields(cell.getMetadata(KEY));
        const kept = Object.fromEntries(['reviews', 'declarations'].flatMap(k => (k in said ? [[k, said[k]]] : [])));
        const authorship = authorsOf(objects(fields(data.mark).authorship, new LeftOut()), said);
        const authors = authorship.length ? { authorship } : {};
        setMark(cell, withState({ ...fields(data.mark), ...authors, ...kept }, cell, this.withdrawn()));
      }
      this.put(entry);
    });
  }

  /** Sign reviews: each lies in its cell's mark, keyed by id. */
  review(drafts: readonly ReviewDraft[], by: Fields): void {
    const time = now();
    const entries = drafts.flatMap(draft => {
      const cell = this.cell(draft.cellId);
      if (!cell) {
        return [];
      }
      const id = randomId();
      const subject = { kind: draft.kind, cell_id: draft.cellId, ...(draft.name ? { name: draft.name } : {}) };
      const value = sealed({
        type: 'review',
        id,
        subject,
        status: draft.status,
        by,
        time,
        method: draft.method,
        note: draft.note,
        ...(draft.units ? { units: draft.units } : {}),
        source_sha256: sourceDigest(cell.sharedModel.getSource()),
        ...(cell.type === 'code' ? { outputs_sha256: outputsDigest(outputsOf(cell)) } : {})
      });
      return [{ cellId: draft.cellId, map: 'reviews' as const, id, value }];
    });
    this.transact(() => entries.forEach(entry => this.put(entry)));
    entries.forEach(entry => this.link.send('review', entry.value));
  }

  /** Take a record back, with a reason: it leaves the counts, never the record. */
  withdraw(target: string, reason: string, cellId: string | null): void {
    const id = randomId();
    const value = sealed({ type: 'withdrawal', id, target, reason, time: now() });
    this.transact(() => {
      this.put({ cellId: null, map: 'withdrawals', id, value });
      const cell = cellId ? this.cell(cellId) : null;
      if (cell) {
        setMark(cell, withState(fields(cell.getMetadata(KEY)), cell, this.withdrawn()));
      }
    });
    this.link.send('withdraw', value);
  }

  /** State something about a subject of the whole notebook. */
  declare(kind: string, subject: string, value: unknown, by: Fields): void {
    const id = randomId();
    const event = sealed({ type: 'declaration', id, kind, subject, value, by, time: now() });
    this.transact(() => this.put({ cellId: null, map: 'declarations', id, value: event }));
    this.link.send('declare', event);
  }

  /** A person says who wrote a cell. */
  declareAuthor(cellId: string, value: Fields, by: Fields): void {
    const cell = this.cell(cellId);
    if (!cell) {
      return;
    }
    const id = randomId();
    const source_sha256 = sourceDigest(cell.sharedModel.getSource());
    const event = sealed({
      ...{ type: 'declaration', id, kind: 'authorship', subject: `cell:${cellId}`, cell_id: cellId },
      ...{ value: { ...value, source_sha256 }, by, time: now() }
    });
    this.transact(() => this.put({ cellId, map: 'declarations', id, value: event }));
    this.link.send('declare', event);
  }

  /** A tool wrote a cell: seen here, so it is on record here. */
  wrote(cellId: string, drafted: Drafted): void {
    const cell = this.cell(cellId);
    if (!cell) {
      return;
    }
    const { origin, tool, method, confidence } = drafted;
    const source_sha256 = sourceDigest(cell.sharedModel.getSource());
    const one = sealed({ source_sha256, origin, tool, method, evidence: 'captured', confidence });
    const said = fields(cell.getMetadata(KEY));
    const known = objects(said.authorship, new LeftOut());
    if (known.some(other => other.seal === one.seal)) {
      return;
    }
    const mark = { schema_version: SCHEMA_VERSION, origin, ...said, authorship: [...known, one] };
    this.transact(() => setMark(cell, withState(mark, cell, this.withdrawn())));
    this.link.send('author', { ...one, type: 'authorship', id: randomId(), cell_id: cellId });
  }

  /** An answer for the disclosure, its language or its template. An answer that was taken out stays as an empty one. */
  disclosure(change: { language?: string; policy?: string; slots?: Readonly<{ [slot: string]: string }> }): void {
    const { slots, ...rest } = change;
    this.transact(() => {
      if (Object.keys(rest).length) {
        const log = this.log();
        this.setLog({ ...log, disclosure: { ...fields(log.disclosure), ...rest } });
      }
      for (const [slot, value] of Object.entries(slots ?? {})) {
        if (value !== '' || fields(fields(this.log().disclosure).slots)[slot] !== undefined) {
          this.put({ cellId: null, map: 'slots', id: slot, value });
        }
      }
    });
  }

  /** Another client's change took entries of ours along: put them back. */
  reassert(): void {
    if (!this.panel.context.model.collaborative) {
      return;
    }
    const lost = this.own.filter(entry => {
      const home = this.home(entry);
      return home !== null && fields(home[entry.map])[entry.id] === undefined;
    });
    if (lost.length && this.assertions < MAX_ASSERTIONS) {
      this.assertions += 1;
      this.transact(() => lost.forEach(entry => this.put(entry, false)));
    }
  }

  dispose(): void {
    this.panel.context.fileChanged.disconnect(this.onReload, this);
    this.own = [];
  }

  private put(entry: Entry, isNew = true): void {
    if (isNew) {
      this.own = [...this.own.filter(one => one.map !== entry.map || one.id !== entry.id), entry];
      this.assertions = 0;
    }
    if (entry.cellId === null) {
      const log = this.log();
      const said = fields(log.disclosure);
      if (entry.map === 'slots') {
        const slots = { ...fields(said.slots), [entry.id]: entry.value };
        this.setLog({ ...log, disclosure: { ...said, slots } });
        return;
      }
      this.setLog({ ...log, [entry.map]: { ...fields(log[entry.map]), [entry.id]: entry.value } });
      return;
    }
    const cell = this.cell(entry.cellId);
    if (cell) {
      const said = fields(cell.getMetadata(KEY));
      const mark = {
        schema_version: SCHEMA_VERSION,
        ...said,
        [entry.map]: { ...fields(said[entry.map]), [entry.id]: entry.value }
      };
      setMark(cell, withState(mark, cell, this.withdrawn()));
    }
  }

  /** What holds the map of an entry; null once its cell is gone. */
  private home(entry: Entry): Fields | null {
    if (entry.cellId !== null) {
      return this.cellMark(entry.cellId);
    }
    return entry.map === 'slots' ? fields(this.log().disclosure) : this.log();
  }

  private withdrawn(): Set<string> {
    return withdrawnOf(this.log());
  }

  private log(): Fields {
    return fields(this.panel.content.model?.getMetadata(KEY));
  }

  private setLog(log: Fields): void {
    const model = this.panel.content.model;
    const next = { schema_version: SCHEMA_VERSION, ...log };
    if (model && canonical(next) !== canonical(this.log())) {
      model.setMetadata(KEY, plain(next));
    }
  }

  private cell(id: string): ICellModel | null {
    for (const cell of this.panel.content.model?.cells ?? []) {
      if (id && cell.id === id) {
        return cell;
      }
    }
    return null;
  }

  private cellMark(id: string): Fields | null {
    const cell = this.cell(id);
    return cell ? fields(cell.getMetadata(KEY)) : null;
  }

  private transact(change: () => void): void {
    this.panel.content.model?.sharedModel.transact(change, false);
  }

  /** Read anew from disk (reverted, stripped elsewhere): what was ours is the file's to say. */
  private onReload(): void {
    if (!this.panel.context.model.dirty) {
      this.own = this.panel.context.model.collaborative ? this.own : [];
    }
  }

  private own: Entry[] = [];
  private assertions = 0;
}

function setMark(cell: ICellModel, mark: Fields): void {
  if (canonical(mark) !== canonical(fields(cell.getMetadata(KEY)))) {
    cell.setMetadata(KEY, plain(mark));
  }
}

/** A mark says where people's checks stand: the last word, `stale` once its subject changed. */
function withState(mark: Fields, cell: ICellModel, withdrawn: ReadonlySet<string>): Fields {
  const isOutdated = (one: Fields): boolean =>
    isReviewOutdated(one, cell.sharedModel.getSource(), () => outputsOf(cell));
  return { ...mark, state: stateOf(mark.reviews, withdrawn, isOutdated) };
}

function outputsOf(cell: ICellModel): unknown[] {
  return cell.type === 'code' ? (cell as ICodeCellModel).outputs.toJSON() : [];
}

function plain(value: Fields): PartialJSONValue {
  return JSON.parse(JSON.stringify(value)) as PartialJSONValue;
}

function now(): string {
  return new Date().toISOString().replace('Z', '+00:00');
}

function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
