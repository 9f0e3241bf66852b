import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FRENCH } from './french';
import { MISMATCHES } from './integrity';
import {
  DESTINATION_WORDS,
  EVIDENCE_WORDS,
  GAP_WORDS,
  ORIGIN_WORDS,
  STANDING_WORDS,
  STATE_WORDS,
  STATUS_WORDS,
  Words
} from './words';

const here = fileURLToPath(new URL('.', import.meta.url));
const sources = readdirSync(here)
  .filter(name => /\.tsx?$/.test(name) && !/\.test\.ts$|^french\.ts$|^schema\.ts$/.test(name))
  .map(name => readFileSync(here + name, 'utf8'));
const literal = String.raw`(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")`;
const used = new Set<string>();
for (const source of sources) {
  for (const pattern of [
    String.raw`\.say\(\s*${literal}`,
    String.raw`\.many\(\s*${literal}`,
    String.raw`this\.changed\([^,()]+,\s*${literal}`,
    String.raw`notCovered\.add\(${literal}`
  ]) {
    for (const match of source.matchAll(new RegExp(pattern, 'g'))) {
      used.add((match[1] ?? match[2] ?? '').replace(/\\'/g, "'"));
    }
  }
}
[ORIGIN_WORDS, STATE_WORDS, STATUS_WORDS, STANDING_WORDS, EVIDENCE_WORDS, DESTINATION_WORDS]
  .flatMap(words => Object.values<string>(words))
  .concat([...MISMATCHES.values(), ...GAP_WORDS.values()])
  .forEach(word => used.add(word));

describe('words', () => {
  it('finds the texts of the front end', () => expect(used.size).toBeGreaterThan(100));
  it('every text has its French', () => expect([...used].filter(text => !FRENCH.has(text))).toEqual([]));
  it.each([
    ['ai-generated', 'AI-generated', 'contenu généré par IA'],
    ['ai-assisted', 'AI-assisted (mixed)', 'contenu en partie produit par IA'],
    ['ai-derived', 'derived from AI output', "issu d'un résultat d'IA"],
    ['synthetic', 'synthetic data', 'données synthétiques'],
    ['real-observation', 'measured or collected (declared)', 'mesuré ou recueilli (déclaré)'],
    ['human', 'written by a person (declared)', 'rédigé par une personne (déclaré)'],
    ['unknown', 'origin not declared', 'origine non déclarée']
  ] as const)('%s is called by its one name in both languages', (origin, english, french) => {
    expect([new Words('en').origin(origin), new Words('fr').origin(origin)]).toEqual([english, french]);
  });
  it.each([
    ['unverified', 'to review', 'à contrôler'],
    ['checked', 'checked', 'contrôlé'],
    ['corrected', 'corrected', 'corrigé'],
    ['rejected', 'rejected', 'rejeté'],
    ['stale', 'to review again', 'à contrôler de nouveau']
  ] as const)('%s is said as people read it in both languages', (state, english, french) => {
    expect([new Words('en').state(state), new Words('fr').state(state)]).toEqual([english, french]);
  });
  it('a translation keeps every slot', () => {
    const slots = (text: string): string => (text.match(/%\d/g) ?? []).sort().join();
    expect([...FRENCH].filter(([en, fr]) => slots(en) !== slots(fr))).toEqual([]);
  });
  it('French counts none as one, English does not', () => {
    expect(new Words('fr').many('%1 AI call', '%1 AI calls', 0)).toBe('0 appel IA');
    expect(new Words('en').many('%1 AI call', '%1 AI calls', 0)).toBe('0 AI calls');
  });
  it('fills what the catalogue translated, which it is asked for once', () => {
    let asked = 0;
    const catalogue = {
      // as gettext.js: a slot without a value says "undefined"
      __: (message: string, ...values: string[]) => {
        asked += 1;
        return `<${message.replace(/%(\d)/g, (_, n: string) => String(values[Number(n) - 1]))}>`;
      }
    };
    const words = new Words('en', catalogue);
    expect(words.say('%1 of %2 rows', 3, 4)).toBe('<3 of 4 rows>');
    expect(words.say('%1 of %2 rows', 5, 6)).toBe('<5 of 6 rows>');
    expect(asked).toBe(1);
  });
  it('tokens are shortened, never rounded to nothing', () => {
    expect(new Words('en').tokens(2140)).toBe('2.1k');
    expect(new Words('en').tokens(12)).toBe('12');
  });
});
