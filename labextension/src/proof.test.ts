import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Fields } from './json';
import { canonical, digest, merkleRoot, textSha256 } from './proof';
import { isReviewOutdated, outputsDigest, sealOf, sourceDigest, stableDigest } from './seal';
import { stateOf } from './standing';

interface Vectors {
  canonical: { value: unknown; text: string; sha256: string }[];
  text: { text: string; sha256: string }[];
  merkle: { hashes: string[]; root: string | null }[];
  stamp: { record: Fields; digest: string; seal: string };
  source: { source: string; sha256: string }[];
  outputs: { outputs: unknown[]; sha256: string }[];
  states: { reviews: Fields; withdrawn: string[]; source: string; outputs: unknown[]; state: string }[];
}

const path = fileURLToPath(new URL('../../tests/vectors/proof.json', import.meta.url));
const vectors = JSON.parse(readFileSync(path, 'ascii')) as Vectors;

describe('the browser computes what Python computed', () => {
  it.each(vectors.canonical)('canonical form and digest: $text', one => {
    expect(canonical(one.value)).toBe(one.text);
    expect(digest(one.value)).toBe(one.sha256);
  });
  it.each(vectors.text)('digest of a text', one => expect(textSha256(one.text)).toBe(one.sha256));
  it.each(vectors.merkle)('Merkle root of $hashes.length', one => expect(merkleRoot(one.hashes)).toBe(one.root));
  it('digest and seal of a stamp', () => {
    expect(stableDigest(vectors.stamp.record)).toBe(vectors.stamp.digest);
    expect(sealOf(vectors.stamp.record)).toBe(vectors.stamp.seal);
  });
  it.each(vectors.source)('digest of a source', one => expect(sourceDigest(one.source)).toBe(one.sha256));
  it.each(vectors.states)('state of reviews: $state', one => {
    const isOutdated = (review: Fields): boolean => isReviewOutdated(review, one.source, () => one.outputs);
    expect(stateOf(one.reviews, new Set(one.withdrawn), isOutdated)).toBe(one.state);
  });
  it.each(vectors.outputs)('digest of outputs', one => expect(outputsDigest(one.outputs)).toBe(one.sha256));
});
