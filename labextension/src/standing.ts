/** Where people's checks of a cell stand; the other half is `state_of` in `jupyter_aiprov/marks.py`. */

import { Fields, fields, isFields, text } from './json';

/** What is needed of a review. */
interface Word {
  readonly id: string;
  readonly time: string;
  readonly status: string;
  readonly isOutdated: boolean;
}

/** The latest word; `stale` once its subject changed, `unverified` without one. */
export function latestWord(words: readonly Word[]): string {
  let last: Word | null = null;
  for (const one of words) {
    if (!last || one.time > last.time || (one.time === last.time && one.id > last.id)) {
      last = one;
    }
  }
  return last ? (last.isOutdated ? 'stale' : last.status || 'unverified') : 'unverified';
}

/** The state of a mark's reviews; what was withdrawn is no word. */
export function stateOf(
  reviews: unknown,
  withdrawn: ReadonlySet<string>,
  isOutdated: (review: Fields) => boolean
): string {
  return latestWord(
    Object.entries(fields(reviews)).flatMap(([id, one]) =>
      isFields(one) && !withdrawn.has(id)
        ? [{ id, time: text(one.time), status: text(one.status, 40), isOutdated: isOutdated(one) }]
        : []
    )
  );
}

/** Ids of the records that the notebook log says were taken back. */
export function withdrawnOf(log: Fields): Set<string> {
  return new Set(Object.values(fields(log.withdrawals)).flatMap(one => (isFields(one) ? [text(one.target, 200)] : [])));
}
