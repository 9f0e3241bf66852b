/** The numbers on top of the panel. No JupyterLab here. */

import type { Record, Use } from './record';
import { AI_ORIGINS } from './semconv';
import { queueOf } from './queue';

export interface Summary {
  readonly calls: number;
  readonly development: number;
  readonly models: readonly string[];
  readonly columns: number;
  readonly toReview: number;
  readonly reviewable: number;
  readonly rowsRead: number;
  readonly rowsTotal: number;
  readonly gaps: number;
}

export function modelOf(use: Use): string {
  return use.answered || use.asked;
}

export function summaryOf(record: Record): Summary {
  const models = new Set<string>();
  let calls = 0;
  let development = 0;
  for (const use of usesOf(record)) {
    if (use.standing === 'shown' || use.standing === 'cached') {
      calls += use.count;
    } else {
      development += use.count;
    }
    if (modelOf(use)) {
      models.add(modelOf(use));
    }
  }
  const queue = queueOf(record);
  const rows = queue.filter(item => item.unit === 'rows' && item.kind === 'column');
  return {
    calls,
    development,
    models: [...models],
    columns: record.derivations.filter(one => one.kind === 'column' && AI_ORIGINS.has(one.origin)).length,
    toReview: queue.filter(item => item.state === 'unverified' || item.state === 'stale').length,
    reviewable: queue.length,
    rowsRead: rows.reduce((sum, item) => sum + Math.min(item.read, item.total), 0),
    rowsTotal: rows.reduce((sum, item) => sum + item.total, 0),
    gaps: record.gaps.length
  };
}

/** Every use, those of cells first, in the order of the document; a copied cell counts where it was made. */
export function usesOf(record: Record): Use[] {
  return [...record.cells.filter(cell => !cell.copied).flatMap(cell => cell.uses), ...record.elsewhere];
}
