/** The document as the fold reads it, and how nbformat JSON becomes one. No JupyterLab here. */

import { fields, Fields, isFields, joined, own } from './json';
import { isSource, isStamp, outputsDigest, sourceDigest } from './seal';
import { KEY, MIME } from './semconv';

/** A cell with what is on record about it; digests are computed when asked for. */
export interface DocumentCell {
  readonly index: number;
  readonly id: string;
  readonly type: string;
  readonly executionCount: number | null;
  readonly mark: Fields;
  readonly stamps: readonly Fields[];
  /** Stamp outputs that hold no readable record. */
  readonly broken: number;
  sourceSha256(): string;
  isSource(sha: unknown): boolean;
  outputsSha256(): string;
}

export interface Document {
  readonly log: Fields;
  readonly cells: readonly DocumentCell[];
}

const MAX_JSON = 8 * 2 ** 20;
const parsedText = new Map<string, Fields | null>();

/** The records of ours among a cell's outputs; null stands for one that cannot be read. */
export function stampsOf(outputs: readonly unknown[]): (Fields | null)[] {
  const out: (Fields | null)[] = [];
  for (const output of outputs) {
    if (isStamp(output)) {
      out.push(stampRecord(own(fields(fields(output).data), MIME)));
    }
  }
  return out;
}

/** A record as it lies in a bundle: an object, or JSON that a tool saved as text. */
export function stampRecord(raw: unknown): Fields | null {
  if (isFields(raw)) {
    return raw;
  }
  const whole = joined(raw);
  if (!whole || whole.length > MAX_JSON) {
    return null;
  }
  const known = parsedText.get(whole);
  if (known !== undefined) {
    return known;
  }
  let found: Fields | null = null;
  try {
    const value = JSON.parse(whole) as unknown;
    found = isFields(value) ? value : null;
  } catch {
    found = null;
  }
  parsedText.clear(); // one is enough to keep the same object between two readings
  parsedText.set(whole, found);
  return found;
}

/** `metadata.aiprov` of a notebook, cell or output. */
export function markOf(metadata: unknown): Fields {
  return fields(own(fields(metadata), KEY));
}

/** nbformat 4 JSON as a document. */
export function documentOf(notebook: unknown): Document {
  const nb = fields(notebook);
  const list = Array.isArray(nb.cells) ? nb.cells : [];
  return {
    log: markOf(nb.metadata),
    cells: list.map((raw, index) => {
      const cell = fields(raw);
      const source = joined(cell.source);
      const outputs = Array.isArray(cell.outputs) ? cell.outputs : [];
      const stamps = stampsOf(outputs);
      return {
        index,
        id: typeof cell.id === 'string' ? cell.id : '',
        type: typeof cell.cell_type === 'string' ? cell.cell_type : '',
        executionCount: typeof cell.execution_count === 'number' ? cell.execution_count : null,
        mark: markOf(cell.metadata),
        stamps: stamps.filter(isFields),
        broken: stamps.filter(one => one === null).length,
        sourceSha256: () => sourceDigest(source),
        isSource: (sha: unknown) => isSource(source, sha),
        outputsSha256: () => outputsDigest(outputs)
      };
    })
  };
}
