import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { integrityText } from './answer';
import { integrityOf } from './integrity';
import { Words } from './words';

interface Case {
  name: string;
  notebook: unknown;
  answer: string;
  text: string;
}

const path = fileURLToPath(new URL('../../tests/vectors/integrity.json', import.meta.url));
const cases = JSON.parse(readFileSync(path, 'ascii')) as Case[];

describe('the browser answers as Python does', () => {
  it.each(cases)('$name: $text', one => {
    const found = integrityOf(one.notebook);
    expect(found.changes).toEqual(one.answer === 'changed' ? expect.anything() : []);
    expect(integrityText(found, new Words('en'))).toBe(one.text);
  });
});
