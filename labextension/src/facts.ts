/** What can be said without Python: the facts on record, line by line, and the slots people fill in. */

import type { Record } from './record';
import { summaryOf, usesOf } from './summary';
import type { Words } from './words';

/** Slots that only people can fill; the server names those of the chosen template. */
export const SLOTS: readonly (readonly [string, string])[] = [
  ['purpose', 'What was AI used for?'],
  ['oversight', 'How were the results checked, and by whom?'],
  ['responsibility', 'Who takes responsibility for the content?']
];

/** The facts that a statement is made of, as plain lines. */
export function factsOf(record: Record, words: Words): string[] {
  const summary = summaryOf(record);
  const lines: string[] = [];
  const models = new Map<string, { calls: number; asked: Set<string>; where: Set<string>; cells: Set<number> }>();
  for (const use of usesOf(record)) {
    if (use.standing !== 'shown' && use.standing !== 'cached') {
      continue;
    }
    const model = use.answered || use.asked || words.say('model not named');
    const known = models.get(model) ?? { calls: 0, asked: new Set(), where: new Set(), cells: new Set() };
    known.calls += use.count;
    if (use.asked && use.asked !== model) {
      known.asked.add(use.asked);
    }
    if (use.destination) {
      known.where.add(words.destination(use.destination));
    }
    if (use.cellIndex !== null) {
      known.cells.add(use.cellIndex);
    }
    models.set(model, known);
  }
  for (const [model, known] of [...models].slice(0, 50)) {
    const cells = [...known.cells].sort((a, b) => a - b).map(index => words.cell(index));
    lines.push(
      [
        model,
        ...(known.asked.size ? [words.say('asked for as %1', [...known.asked].join(', '))] : []),
        words.many('%1 answer behind the results shown', '%1 answers behind the results shown', known.calls),
        ...known.where,
        cells.slice(0, 12).join(', ') + (cells.length > 12 ? '…' : '')
      ].join(' · ')
    );
  }
  if (summary.development) {
    lines.push(
      words.many('%1 further request during development', '%1 further requests during development', summary.development)
    );
  }
  lines.push(
    summary.gaps
      ? words.say('Not captured: %1', summary.gaps)
      : words.say('No gap is on record; what was not observed cannot be listed.')
  );
  return lines;
}
