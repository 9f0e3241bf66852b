/** The *Data* view as values: frames with their columns, files, figures, other values. */

import type { Derivation, Record } from './record';
import { AI_ORIGINS } from './semconv';

export interface Frame {
  readonly name: string;
  readonly columns: readonly Derivation[];
}

export interface Data {
  readonly frames: readonly Frame[];
  readonly files: readonly Derivation[];
  readonly figures: readonly Derivation[];
  readonly values: readonly Derivation[];
}

export function dataOf(record: Record): Data {
  const frames = new Map<string, Derivation[]>();
  for (const one of record.derivations) {
    if (one.kind === 'column') {
      const name = frameName(one.subject);
      frames.set(name, [...(frames.get(name) ?? []), one]);
    }
  }
  const shown = record.derivations.filter(one => AI_ORIGINS.has(one.origin) || one.origin === 'real-observation');
  const ofKind = (...kinds: string[]): Derivation[] => shown.filter(one => kinds.includes(one.kind));
  return {
    frames: Array.from(frames, ([name, columns]) => ({ name, columns })),
    files: ofKind('file'),
    figures: ofKind('figure', 'output'),
    values: ofKind('variable', 'frame').filter(one => !frames.has(one.subject))
  };
}

/** `df.label` -> `df`; a subject without a dot is its own frame. */
export function frameName(subject: string): string {
  const dot = subject.indexOf('.');
  return dot > 0 ? subject.slice(0, dot) : subject;
}

export function columnName(subject: string): string {
  const dot = subject.indexOf('.');
  return dot > 0 ? subject.slice(dot + 1) : subject;
}

/** Shares of a column's rows by who made them; null where rows were not counted. */
export function sharesOf(column: Derivation): { ai: number; edited: number; rest: number } | null {
  const total = column.rowsTotal;
  if (!total || column.rowsAi === null) {
    return null;
  }
  const ai = Math.min(1, column.rowsAi / total);
  const edited = Math.min(ai, (column.rowsEdited ?? 0) / total);
  return { ai: ai - edited, edited, rest: 1 - ai };
}
