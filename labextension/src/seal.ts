/** What holds a record in a notebook together; the other half is `jupyter_aiprov/seal.py`. */

import { fields, Fields, isFields, joined } from './json';
import { digest, textSha256, utf8 } from './proof';
import { MIME, USAGE_KEYS } from './semconv';
import { hex, sha256 } from './sha256';

const VOLATILE = new Set(['journal', 'tool', 'content', 'gaps', 'seal', 'digest']);
const VOLATILE_EXECUTION = new Set(['id', 'session', 'cell_id', 'execution_count', 'time', 'ordinal']);
const VOLATILE_GROUP = new Set([
  ...USAGE_KEYS,
  'usage_missing',
  'seconds',
  'first',
  'last',
  'repeats',
  'errors',
  'attempts'
]);

function without(value: unknown, keys: ReadonlySet<string>): unknown {
  return isFields(value) ? Object.fromEntries(Object.entries(value).filter(([key]) => !keys.has(key))) : value;
}

/** Digest of the part of a stamp that the same answers give again. */
export function stableDigest(stamp: Fields): string {
  const groups = stamp.groups;
  return digest({
    ...(without(stamp, VOLATILE) as Fields),
    execution: without(stamp.execution, VOLATILE_EXECUTION) ?? null,
    groups: Array.isArray(groups) ? groups.map(one => without(one, VOLATILE_GROUP)) : (groups ?? null)
  });
}

/** Digest of a record without its own seal. */
export function sealOf(record: Fields): string {
  return digest(without(record, new Set(['seal'])));
}

/** Whether the seal fits the record; null without a seal. */
export function sealHolds(record: Fields): boolean | null {
  return record.seal === undefined ? null : record.seal === sealOf(record);
}

export function sealed(record: Fields): Fields {
  return { ...(without(record, new Set(['seal'])) as Fields), seal: sealOf(record) };
}

const lines = (value: string): string => value.split('\r\n').join('\n');

export function sourceDigest(source: string): string {
  return textSha256(lines(source));
}

/** Whether this is the source that was digested, whatever its line ends. */
export function isSource(source: string, sha: unknown): boolean {
  const plain = lines(source);
  return sha === textSha256(plain) || sha === textSha256(plain.split('\n').join('\r\n')) || sha === textSha256(source);
}

/** Whether an output carries a record of ours. */
export function isStamp(output: unknown): boolean {
  return Object.prototype.hasOwnProperty.call(fields(fields(output).data), MIME);
}

/** Digest of a cell's outputs without our stamps; adjacent pieces of one stream are one. */
export function outputsDigest(outputs: readonly unknown[]): string {
  return digest(merged(outputs).map(outputDigest));
}

/** Digest of one output: what it shows, not its execution count or metadata. */
export function outputDigest(output: Fields): string {
  const kind = output.output_type;
  if (kind === 'stream') {
    return digest(['stream', output.name ?? null, lines(joined(output.text))]);
  }
  if (kind === 'error') {
    return digest(['error', output.ename ?? null, output.evalue ?? null]);
  }
  const data = output.data;
  if (!isFields(data)) {
    return digest(['display', data ?? null]);
  }
  return digest(['display', Object.fromEntries(Object.entries(data).map(([key, value]) => [key, shown(key, value)]))]);
}

/** Whether source or outputs are no longer those that were reviewed. */
export function isReviewOutdated(review: Fields, source: string, outputs: () => readonly unknown[]): boolean {
  const { source_sha256: sha, outputs_sha256: shown } = review;
  return Boolean((sha && !isSource(source, sha)) || (shown && shown !== outputsDigest(outputs())));
}

function merged(outputs: readonly unknown[]): Fields[] {
  const out: Fields[] = [];
  for (const one of outputs) {
    if (!isFields(one) || isStamp(one)) {
      continue;
    }
    const last = out[out.length - 1];
    if (last && last.output_type === 'stream' && one.output_type === 'stream' && last.name === one.name) {
      out[out.length - 1] = { ...last, text: joined(last.text) + joined(one.text) };
    } else {
      out.push(one);
    }
  }
  return out;
}

function shown(mime: string, value: unknown): unknown {
  if (mime.endsWith('json')) {
    return parsed(value);
  }
  if (typeof value === 'string' || Array.isArray(value)) {
    const whole = joined(value);
    if (mime.startsWith('text/') || mime.endsWith('+xml') || mime.endsWith('javascript')) {
      return lines(whole).replace(/\n+$/, '');
    }
    return hex(sha256(utf8(whole.replace(/\s+/g, ''))));
  }
  return value;
}

function parsed(value: unknown): unknown {
  const isLines = Array.isArray(value) && value.length > 0 && value.every(v => typeof v === 'string');
  if (typeof value === 'string' || isLines) {
    try {
      return JSON.parse(joined(value)) as unknown;
    } catch {
      return joined(value);
    }
  }
  return value;
}
