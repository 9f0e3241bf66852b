/**
 * An anchor file that a reader kept: what it says of a notebook. The other half is `jupyter_aiprov/anchor.py`.
 * Who signed it, and what git or a time stamping authority say, only `jupyter aiprov verify` can check.
 */

import { markOf, stampRecord } from './document';
import { count, Fields, fields, isFields, joined, keyed, LeftOut, own, text } from './json';
import { digest } from './proof';
import { isStamp, outputsDigest, sourceDigest } from './seal';
import { MIME } from './semconv';

export interface Anchor {
  readonly date: string;
  readonly notebookSha256: string;
  readonly recordsSha256: string;
  /** Session -> lines of its journal then. */
  readonly sessions: ReadonlyMap<string, number>;
}

/** The statement in a file; null for what is none. */
export function anchorOf(file: string): Anchor | null {
  let raw: unknown;
  try {
    raw = JSON.parse(file);
  } catch {
    return null;
  }
  const said = fields(raw);
  const date = text(said.date, 40).slice(0, 10);
  const sessions = keyed(said.sessions, new LeftOut()).map(([id, one]): [string, number] => [id, count(one.lines)]);
  const isWhole =
    said.kind === 'anchor' &&
    /^\d{4}-\d\d-\d\d$/.test(date) &&
    typeof said.notebook_sha256 === 'string' &&
    typeof said.records_sha256 === 'string' &&
    isFields(said.sessions) &&
    sessions.every(([, lines]) => lines > 0);
  return isWhole
    ? {
        date,
        notebookSha256: String(said.notebook_sha256),
        recordsSha256: String(said.records_sha256),
        sessions: new Map(sessions)
      }
    : null;
}

/** Whether the notebook says now what it said then. */
export function isOf(anchor: Anchor, nb: Fields): boolean {
  return anchor.notebookSha256 === notebookDigest(nb) && anchor.recordsSha256 === recordsDigest(nb);
}

/** Whether nothing ties the anchor to this notebook. */
export function isForeign(anchor: Anchor, nb: Fields): boolean {
  const named = new Set([
    ...Object.keys(fields(markOf(nb.metadata).sessions)),
    ...stampsIn(nb).flatMap(([, stamp]) => text(fields(stamp.execution).session, 200) || [])
  ]);
  return anchor.notebookSha256 !== notebookDigest(nb) && ![...anchor.sessions.keys()].some(one => named.has(one));
}

/** Digest of sources and outputs in order. */
export function notebookDigest(nb: Fields): string {
  return digest(
    cellsOf(nb).map(([, cell]) => [
      cell.cell_type ?? null,
      sourceDigest(joined(cell.source)),
      outputsDigest(outputsOf(cell))
    ])
  );
}

/** Digest of every stamp, mark and the log, in their order in the notebook. */
export function recordsDigest(nb: Fields): string {
  const log = markOf(nb.metadata);
  const marks: [number | null, Fields][] = Object.keys(log).length ? [[null, log]] : [];
  for (const [index, cell] of cellsOf(nb)) {
    const said = markOf(cell.metadata);
    if (Object.keys(said).length) {
      marks.push([index, said]);
    }
  }
  return digest([stampsIn(nb), marks]);
}

function cellsOf(nb: Fields): [number, Fields][] {
  const list = Array.isArray(nb.cells) ? (nb.cells as unknown[]) : [];
  return list.flatMap((cell, index) => (isFields(cell) ? [[index, cell] as [number, Fields]] : []));
}

function outputsOf(cell: Fields): Fields[] {
  return Array.isArray(cell.outputs) ? cell.outputs.filter(isFields) : [];
}

function stampsIn(nb: Fields): [number, Fields][] {
  return cellsOf(nb).flatMap(([index, cell]) =>
    outputsOf(cell)
      .filter(isStamp)
      .map((output): [number, Fields] => [index, stampRecord(own(fields(output.data), MIME)) ?? {}])
  );
}
