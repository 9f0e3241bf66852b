/** The four answers of an integrity check, in words; there are no others. */

import type { Integrity } from './integrity';
import type { Words } from './words';

export function integrityText(found: Integrity, words: Words): string {
  switch (found.answer) {
    case 'changed': {
      const cells = [...new Set(found.changes.flatMap(one => (one.index === null ? [] : [one.index])))];
      const names = cells.sort((a, b) => a - b).map(index => words.cell(index));
      if (found.changes.some(one => one.index === null)) {
        names.push(words.say('notebook log'));
      }
      return words.say('changed: %1', names.join(', '));
    }
    case 'not-supplied':
      return words.many('%1 record not supplied', '%1 records not supplied', found.missing);
    case 'anchored':
      return words.say('consistent, anchored on %1', found.anchored);
    case 'consistent':
      return words.say('consistent, not anchored (its author could have rebuilt it)');
  }
}
