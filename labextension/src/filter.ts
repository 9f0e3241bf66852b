/** Which rows of the timeline are shown. No JupyterLab here. */

import type { CellRecord, Record, Use } from './record';
import { AI_ORIGINS } from './semconv';
import { modelOf } from './summary';

export interface Filter {
  readonly text: string;
  readonly model: string;
  readonly kind: string;
  readonly toReview: boolean;
  readonly errors: boolean;
}

export const NO_FILTER: Filter = { text: '', model: '', kind: '', toReview: false, errors: false };

/** A row of the timeline: a cell with what is on record, or uses that no cell holds. */
export interface Row {
  readonly key: string;
  readonly cell: CellRecord | null;
  readonly use: Use | null;
}

const rowOfCell = new WeakMap<CellRecord, Row>();

export function rowsOf(record: Record): Row[] {
  return [
    ...record.cells
      .filter(
        cell =>
          cell.uses.length ||
          cell.authorship.length ||
          cell.derivations.length ||
          cell.gaps.length ||
          cell.origin !== null
      )
      .map(cell => {
        let row = rowOfCell.get(cell);
        if (!row) {
          row = { key: `cell/${cell.id || cell.index}`, cell, use: null };
          rowOfCell.set(cell, row);
        }
        return row;
      }),
    ...record.elsewhere.map(use => ({ key: `use/${use.key}`, cell: null, use }))
  ];
}

export function usesOfRow(row: Row): readonly Use[] {
  return row.cell ? row.cell.uses : row.use ? [row.use] : [];
}

export function hasTrouble(use: Use): boolean {
  return use.status !== 'completed' && use.status !== 'cached' ? true : use.incomplete > 0 || use.errors.length > 0;
}

export function isToReview(cell: CellRecord): boolean {
  return cell.origin !== null && AI_ORIGINS.has(cell.origin) && (cell.state === 'unverified' || cell.state === 'stale');
}

export function isShown(row: Row, filter: Filter): boolean {
  const uses = usesOfRow(row);
  if (filter.model && !uses.some(use => modelOf(use) === filter.model || use.asked === filter.model)) {
    return false;
  }
  if (filter.kind && !uses.some(use => use.operation === filter.kind)) {
    return false;
  }
  if (filter.errors && !uses.some(hasTrouble)) {
    return false;
  }
  if (filter.toReview && !(row.cell && isToReview(row.cell))) {
    return false;
  }
  return !filter.text || searched(row).includes(filter.text.toLowerCase());
}

function searched(row: Row): string {
  const words: string[] = [];
  for (const use of usesOfRow(row)) {
    words.push(use.asked, use.answered, use.operation, use.provider, ...use.messages.map(m => m.text));
  }
  for (const one of row.cell?.derivations ?? []) {
    words.push(one.subject, one.file);
  }
  for (const one of row.cell?.authorship ?? []) {
    words.push(one.tool, one.model);
  }
  if (row.cell) {
    words.push(`cell ${row.cell.index + 1}`, ...row.cell.models);
  }
  return words.join('\n').toLowerCase();
}

export function choicesOf(record: Record): { models: string[]; kinds: string[] } {
  const models = new Set<string>();
  const kinds = new Set<string>();
  for (const use of [...record.cells.flatMap(cell => cell.uses), ...record.elsewhere]) {
    if (modelOf(use)) {
      models.add(modelOf(use));
    }
    if (use.operation) {
      kinds.add(use.operation);
    }
  }
  return { models: [...models].sort(), kinds: [...kinds].sort() };
}
