import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { anchorOf } from './anchor';
import { integrityText } from './answer';
import { integrityOf } from './integrity';
import { Words } from './words';

interface Case {
  name: string;
  notebook: unknown;
  answer: string;
  text: string;
  anchor?: string;
}

const path = fileURLToPath(new URL('../../tests/vectors/integrity.json', import.meta.url));
const cases = JSON.parse(readFileSync(path, 'ascii')) as Case[];

describe('the browser answers as Python does', () => {
  it.each(cases)('$name: $text', one => {
    const anchor = one.anchor === undefined ? null : anchorOf(one.anchor);
    expect(anchor === null).toBe(one.anchor === undefined);
    const found = integrityOf(one.notebook, anchor);
    expect(found.changes).toEqual(one.answer === 'changed' ? expect.anything() : []);
    expect(integrityText(found, new Words('en'))).toBe(one.text);
  });
});
