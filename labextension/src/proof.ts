/**
 * Digests that Python and TypeScript compute alike: total canonical JSON, SHA-256, Merkle roots.
 * The other half is `jupyter_aiprov/proof.py`; both are tested with `tests/vectors/proof.json`.
 */

import { hex, sha256, unhex } from './sha256';

/** UTF-8 with lone surrogates passed through as three bytes, as Python's `surrogatepass` does. */
export function utf8(value: string): Uint8Array {
  if (!hasLoneSurrogate(value)) {
    return new TextEncoder().encode(value);
  }
  const out: number[] = [];
  for (const char of value) {
    const code = char.codePointAt(0) as number;
    if (code >= 0xd800 && code <= 0xdfff) {
      out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    } else {
      out.push(...new TextEncoder().encode(char));
    }
  }
  return Uint8Array.from(out);
}

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?:[^\ud800-\udbff]|^)[\udc00-\udfff]/;

function hasLoneSurrogate(value: string): boolean {
  return LONE.test(value);
}

/** RFC 8785 text of any JSON value; what RFC 8785 refuses is spelled out, so it never fails. */
export function canonical(value: unknown): string {
  if (value === null || value === undefined) {
    return 'null';
  }
  if (typeof value === 'boolean') {
    return String(value);
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? JSON.stringify(value) : `{"$n":"${value}"}`;
  }
  if (typeof value === 'string') {
    return spelled(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(canonical).join(',')}]`;
  }
  if (typeof value === 'object') {
    const members = Object.keys(value)
      .map((key): [string, unknown] => [plainKey(key), (value as Record<string, unknown>)[key]])
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  return spelled(String(value));
}

function spelled(value: string): string {
  if (!hasLoneSurrogate(value)) {
    return JSON.stringify(value);
  }
  const units = Array.from({ length: value.length }, (_, i) => value.charCodeAt(i));
  return `{"$u16":[${units.join(',')}]}`;
}

/** A lone surrogate in a key becomes its escape, so that the key stays a text. */
function plainKey(key: string): string {
  if (!hasLoneSurrogate(key)) {
    return key;
  }
  return Array.from(key, char => {
    const code = char.codePointAt(0) as number;
    return code >= 0xd800 && code <= 0xdfff ? `\\u${code.toString(16)}` : char;
  }).join('');
}

export function digest(value: unknown): string {
  return hex(sha256(new TextEncoder().encode(canonical(value))));
}

export function textSha256(value: string): string {
  return hex(sha256(utf8(value)));
}

/** Root over hex hashes in order (RFC 6962 prefixes; an odd node moves up); null when there is none. */
export function merkleRoot(hashes: readonly string[]): string | null {
  const node = (prefix: number, ...parts: Uint8Array[]): Uint8Array => {
    const size = parts.reduce((sum, part) => sum + part.length, 1);
    const data = new Uint8Array(size);
    data[0] = prefix;
    let at = 1;
    for (const part of parts) {
      data.set(part, at);
      at += part.length;
    }
    return sha256(data);
  };
  let level = hashes.map(one => node(0, unhex(one)));
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array;
      const right = level[i + 1];
      next.push(right ? node(1, left, right) : left);
    }
    level = next;
  }
  return level[0] ? hex(level[0]) : null;
}
