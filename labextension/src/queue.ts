/** What a person can review, counted in its own unit. No JupyterLab here. */

import type { CellRecord, Derivation, Record, Review } from './record';
import { AI_ORIGINS, Origin, Verification } from './semconv';

export type SubjectKind = 'cell' | 'column' | 'figure' | 'rows';

export interface Item {
  readonly key: string;
  readonly kind: SubjectKind;
  readonly cellIndex: number;
  readonly cellId: string;
  /** Name of the column, file or figure; empty for a cell. */
  readonly name: string;
  readonly origin: Origin;
  readonly models: readonly string[];
  readonly unit: 'rows' | 'figures' | 'cells' | 'files';
  readonly total: number;
  /** Units read in reviews that still hold: in full, and by sampling. */
  readonly read: number;
  readonly readAll: number;
  readonly sampled: number;
  readonly corrected: number;
  readonly rejected: number;
  readonly state: Verification;
  readonly reviews: readonly Review[];
  readonly reviewers: number;
  readonly disagreements: number;
}

const queues = new WeakMap<Record, Item[]>();
/** Items of cells that did not change since the last record; a copy's depend on the other cells. */
const itemsOfCell = new WeakMap<CellRecord, Item[]>();

/** The list to review, in the order of the document; made once for a record. */
export function queueOf(record: Record): Item[] {
  let queue = queues.get(record);
  if (!queue) {
    const current = new Set(record.derivations);
    const reviews = new Map<number, Review[]>();
    for (const review of record.reviews) {
      if (review.cellIndex !== null) {
        reviews.set(review.cellIndex, [...(reviews.get(review.cellIndex) ?? []), review]);
      }
    }
    queue = record.cells.flatMap(cell => {
      const about = reviews.get(cell.index) ?? [];
      const isPlain = !about.length && !cell.copied;
      const items = (isPlain && itemsOfCell.get(cell)) || itemsOf(cell, current, about);
      if (isPlain) {
        itemsOfCell.set(cell, items);
      }
      return items;
    });
    queues.set(record, queue);
  }
  return queue;
}

function itemsOf(cell: CellRecord, current: ReadonlySet<Derivation>, reviews: readonly Review[]): Item[] {
  const made = cell.derivations.filter(
    one => AI_ORIGINS.has(one.origin) && one.state === 'current' && (current.has(one) || !cell.copied)
  );
  const columns = made.filter(one => one.kind === 'column' || one.kind === 'file' || one.kind === 'figure');
  const items = columns.map(one => itemOf(cell, one, reviews));
  const isCode = cell.authorship.some(one => AI_ORIGINS.has(one.origin));
  const isShown = cell.uses.some(use => use.standing === 'shown' || use.standing === 'cached');
  const others = reviews.filter(review => review.kind === 'cell');
  if (
    (!columns.length && (isShown || made.length || (cell.origin !== null && AI_ORIGINS.has(cell.origin)))) ||
    isCode ||
    others.length
  ) {
    items.push(itemOf(cell, null, reviews));
  }
  return items;
}

function itemOf(cell: CellRecord, one: Derivation | null, all: readonly Review[]): Item {
  const name = one?.subject ?? '';
  const kind: SubjectKind =
    one === null ? 'cell' : one.kind === 'figure' ? 'figure' : one.kind === 'file' ? 'rows' : 'column';
  const reviews = all.filter(review => review.name === name && (name !== '' || review.kind === 'cell'));
  const fresh = reviews
    .filter(review => review.withdrawn === null && !review.stale)
    .sort((a, b) => (a.time < b.time ? -1 : 1));
  const unit =
    one === null
      ? 'cells'
      : one.kind === 'figure'
        ? 'figures'
        : one.rowsTotal !== null
          ? 'rows'
          : one.kind === 'file'
            ? 'files'
            : 'cells';
  const total = unit === 'rows' ? (one?.rowsAi ?? one?.rowsTotal ?? 0) : 1;
  const units = fresh.map(review => ({
    all: review.method !== 'sampled',
    read: review.units?.read ?? (review.method === 'sampled' ? 0 : total),
    corrected: review.units?.corrected ?? (review.status === 'corrected' ? 1 : 0),
    rejected: review.units?.rejected ?? (review.status === 'rejected' ? 1 : 0)
  }));
  const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
  const readAll = most(units.filter(u => u.all).map(u => u.read));
  const sampled = most(units.filter(u => !u.all).map(u => u.read));
  const last = fresh[fresh.length - 1];
  const standing = reviews.filter(review => review.withdrawn === null);
  // The latest word of each reviewer; two that differ disagree.
  const words = new Map(fresh.map(review => [review.by?.name ?? review.id, review.status === 'rejected']));
  const kinds = new Set(words.values());
  return {
    key: `${cell.id || cell.index}/${name}`,
    kind,
    cellIndex: cell.index,
    cellId: cell.id,
    name,
    origin: one?.origin ?? cell.origin ?? 'unknown',
    models: one?.models.length ? one.models : cell.models,
    unit,
    total,
    read: Math.max(readAll, sampled),
    readAll,
    sampled,
    corrected: most(units.map(u => u.corrected)),
    rejected: most(units.map(u => u.rejected)),
    state: last ? last.status : standing.length ? 'stale' : 'unverified',
    reviews,
    reviewers: words.size,
    disagreements: kinds.size > 1 ? 1 : 0
  };
}
