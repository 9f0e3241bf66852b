/** What a cell's mark must say of its stamps; the other half is `cell_mark` in `jupyter_aiprov/marks.py`. */

import { Fields, fields, LeftOut, objects, own } from './json';
import { sealed } from './seal';
import { SCHEMA_VERSION } from './semconv';

/** From the weakest word to the strongest. */
const RANK = [
  ...['unknown', 'human', 'real-observation', 'computed', 'ai-assisted', 'ai-derived', 'synthetic', 'ai-generated']
];

/** Methods by which the panel sees a tool write. */
const SEEN = new Set(['command', 'awareness']);

/** The parts of a mark that stamps decide; those of people are not among them. */
export function markOfStamps(stamps: readonly Fields[], said: Fields): Fields {
  const last = stamps[stamps.length - 1];
  const origin = originOf(stamps);
  const models = modelsOf(stamps);
  const source = fields(last?.execution).source_sha256;
  const kept = authorsOf(
    stamps.flatMap(one => listed(one.authorship)),
    said
  );
  return {
    schema_version: last?.schema_version || SCHEMA_VERSION,
    ...(origin ? { origin } : {}),
    ...(models.length ? { models } : {}),
    ...(source ? { source_sha256: source } : {}),
    ...(kept.length ? { authorship: kept } : {})
  };
}

/** What the panel saw stays; the rest is the last run's to say, where it says anything. */
export function authorsOf(ran: readonly Fields[], said: Fields): Fields[] {
  const known = listed(said.authorship).map(sealed);
  const made = ran.map(sealed);
  const seals = new Set(made.map(one => one.seal));
  const seen = known.filter(one => !ran.length || SEEN.has(String(one.method)));
  return [...made, ...seen.filter(one => !seals.has(one.seal))];
}

function originOf(stamps: readonly Fields[]): string | null {
  const found = new Set(
    stamps.flatMap(one => [...listed(one.derivations), ...listed(one.authorship)].map(made => String(made.origin)))
  );
  if (stamps.some(one => listed(one.groups).some(group => group.status !== 'failed'))) {
    found.add('ai-generated');
  }
  const known = RANK.filter(word => found.has(word));
  return known[known.length - 1] ?? null;
}

function modelsOf(stamps: readonly Fields[]): string[] {
  const named = stamps.flatMap(one => [
    ...listed(one.groups).map(group => own(group, 'gen_ai.response.model') || own(group, 'gen_ai.request.model')),
    ...listed(one.derivations).flatMap(made => (Array.isArray(made.models) ? (made.models as unknown[]) : [])),
    ...listed(one.authorship).map(made => made.model)
  ]);
  const models = new Set(named.filter((name): name is string => typeof name === 'string' && name !== ''));
  return [...models].sort(byCodePoint);
}

function listed(value: unknown): Fields[] {
  return objects(value, new LeftOut());
}

/** The order of Python's texts. */
function byCodePoint(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const step = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
    if (step) {
      return step;
    }
  }
  return x.length - y.length;
}
