/** Reading of JSON that anybody may have written: wrong types read as absent, sizes are capped. */

export interface Fields {
  readonly [key: string]: unknown;
}

export const MAX_TEXT = 2000;
export const MAX_ITEMS = 20000;

const NOTHING: Fields = Object.freeze(Object.create(null) as Fields);

/** Counts what was passed over because it had no meaning here or was too much. */
export class LeftOut {
  count = 0;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object; an empty one when it is something else. */
export function fields(value: unknown): Fields {
  return isFields(value) ? value : NOTHING;
}

/** An own property; what sits on a prototype is never read. */
export function own(value: Fields, key: string): unknown {
  return Object.prototype.hasOwnProperty.call(value, key) ? value[key] : undefined;
}

/** A text, cut at `max` characters; empty when it is none. */
export function text(value: unknown, max = MAX_TEXT): string {
  if (typeof value !== 'string') {
    return '';
  }
  return value.length > max ? `${value.slice(0, max)}…` : value;
}

/** nbformat's multi-line text in one piece. */
export function joined(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  return Array.isArray(value) ? value.filter(v => typeof v === 'string').join('') : '';
}

/** A count: a whole number that is not negative, else `fallback`. */
export function count(value: unknown, fallback = 0): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}

/** A count, or null where none was sent. */
export function countOrNull(value: unknown): number | null {
  const found = count(value, -1);
  return found < 0 ? null : found;
}

export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The objects of a list; the rest, and what is beyond the cap, is counted as left out. */
export function objects(value: unknown, left: LeftOut, max = MAX_ITEMS): Fields[] {
  if (value === undefined || value === null) {
    return [];
  }
  if (!Array.isArray(value)) {
    left.count += 1;
    return [];
  }
  const kept = (value.length > max ? value.slice(0, max) : value).filter(isFields);
  left.count += value.length - kept.length;
  return kept;
}

/** The texts of a list. */
export function texts(value: unknown, max = 1000): string[] {
  return Array.isArray(value)
    ? value.slice(0, max).flatMap(v => (typeof v === 'string' && v ? [text(v, 300)] : []))
    : [];
}

/** Key and object of a map keyed by id; keys that name a prototype are left out. */
export function keyed(value: unknown, left: LeftOut, max = MAX_ITEMS): [string, Fields][] {
  if (value === undefined || value === null) {
    return [];
  }
  if (!isFields(value)) {
    left.count += 1;
    return [];
  }
  const out: [string, Fields][] = [];
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (out.length < max && isFields(item) && key !== '__proto__' && key !== 'constructor' && key !== 'prototype') {
      out.push([key, item]);
    } else {
      left.count += 1;
    }
  }
  return out;
}

/** One of a vocabulary, else `fallback`. */
export function among<T extends string>(value: unknown, words: readonly T[], fallback: T): T {
  return words.find(word => word === value) ?? fallback;
}
