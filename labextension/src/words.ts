/** What people read, in English and French; English texts are the keys, as in Jupyter's catalogues. */

import type { Destination, Evidence, InvocationStatus, Origin, Standing, Verification } from './semconv';
import { FRENCH } from './french';

/** Jupyter's translation bundle, as far as it is used here. */
export interface Catalogue {
  __(message: string, ...values: string[]): string;
}

/** Given to the catalogue as values, they stand in its answer to be filled each time. */
const SLOTS = ['%1', '%2', '%3', '%4', '%5'];

function filled(message: string, values: readonly string[]): string {
  return message.replace(/%(\d)/g, (whole, n: string) => values[Number(n) - 1] ?? whole);
}

/** Words of the user's language: Jupyter's catalogue, else the French table that comes along. */
export class Words {
  constructor(
    readonly language: 'en' | 'fr',
    private catalogue: Catalogue | null = null
  ) {}

  say(message: string, ...values: (string | number)[]): string {
    const texts = values.map(String);
    return filled(this.translated(message), texts);
  }

  /** Jupyter's catalogue takes its time with each text: it is asked once. */
  private translated(message: string): string {
    if (this.language === 'fr') {
      return FRENCH.get(message) ?? message;
    }
    let found = this.known.get(message);
    if (found === undefined) {
      found = this.catalogue?.__(message, ...SLOTS) ?? message;
      this.known.set(message, found);
    }
    return found;
  }

  private known = new Map<string, string>();

  /** `%1` is the number; French counts 0 and 1 as one. */
  many(one: string, several: string, n: number, ...values: (string | number)[]): string {
    const shown = this.number(n);
    const isOne = this.language === 'fr' ? n < 2 : n === 1;
    return this.say(isOne ? one : several, shown, ...values);
  }

  number(value: number): string {
    return value.toLocaleString(this.language === 'fr' ? 'fr-FR' : 'en-GB');
  }

  percent(share: number): string {
    const shown = (100 * share).toLocaleString(this.language === 'fr' ? 'fr-FR' : 'en-GB', {
      maximumFractionDigits: 1
    });
    return this.language === 'fr' ? `${shown}\u202f%` : `${shown} %`;
  }

  tokens(value: number): string {
    return value < 1000 ? this.number(value) : `${this.number(Math.round(value / 100) / 10)}k`;
  }

  seconds(value: number): string {
    if (value < 60) {
      return `${this.number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))} s`;
    }
    return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  }

  /** Date and minute in the reader's zone; the text itself when it is no date. */
  time(value: string): string {
    const date = new Date(value);
    return Number.isNaN(date.getTime())
      ? value
      : date.toLocaleString(this.language === 'fr' ? 'fr-FR' : 'en-GB', { dateStyle: 'medium', timeStyle: 'short' });
  }

  origin(origin: Origin): string {
    return this.say(ORIGIN_WORDS[origin]);
  }

  state(state: Verification): string {
    return this.say(STATE_WORDS[state]);
  }

  status(status: InvocationStatus): string {
    return this.say(STATUS_WORDS[status]);
  }

  standing(standing: Standing): string {
    return this.say(STANDING_WORDS[standing]);
  }

  evidence(evidence: Evidence): string {
    return this.say(EVIDENCE_WORDS[evidence]);
  }

  destination(destination: Destination): string {
    return this.say(DESTINATION_WORDS[destination]);
  }

  gap(reason: string): string {
    return this.say(GAP_WORDS.get(reason) ?? reason);
  }

  cell(index: number | null): string {
    return index === null ? this.say('outside any cell') : this.say('cell %1', index + 1);
  }
}

export const ORIGIN_WORDS: { readonly [origin in Origin]: string } = {
  'ai-generated': 'AI-generated',
  'ai-assisted': 'AI-assisted (mixed)',
  'ai-derived': 'derived from AI output',
  synthetic: 'synthetic data',
  'real-observation': 'measured or collected (declared)',
  human: 'written by a person (declared)',
  computed: 'computed',
  unknown: 'origin not declared'
};

export const STATE_WORDS: { readonly [state in Verification]: string } = {
  unverified: 'to review',
  checked: 'checked',
  corrected: 'corrected',
  rejected: 'rejected',
  stale: 'to review again'
};

export const STATUS_WORDS: { readonly [status in InvocationStatus]: string } = {
  started: 'not finished',
  completed: 'answered',
  failed: 'failed',
  abandoned: 'stopped early',
  unread: 'never read',
  cached: 'from a cache'
};

export const STANDING_WORDS: { readonly [standing in Standing]: string } = {
  shown: 'behind the results shown',
  superseded: 'superseded: the cell was run again',
  deleted: 'the cell was deleted',
  failed: 'failed',
  cached: 'from a cache',
  withdrawn: 'withdrawn'
};

export const DESTINATION_WORDS: { readonly [destination in Destination]: string } = {
  'in-process': 'in this process',
  loopback: 'server on this machine',
  institutional: 'institutional server',
  external: 'external service'
};

export const EVIDENCE_WORDS: { readonly [evidence in Evidence]: string } = {
  captured: 'captured',
  declared: 'declared',
  inferred: 'inferred',
  imported: 'imported'
};

export const GAP_WORDS: ReadonlyMap<string, string> = new Map([
  ['switched-off', 'recording was switched off'],
  ['switched-on', 'recording was switched on again'],
  ['unloaded', 'the extension was unloaded'],
  ['queue-timeout', 'a record was written late'],
  ['journal-unwritable', 'the journal could not be written'],
  ['patch-lost', 'a hook was lost and put back'],
  ['reader-failed', 'an answer could not be read'],
  ['child-process', 'a child process was not observed'],
  ['shell-command', 'a shell command that may call an AI system'],
  ['sql-function', 'an AI function in a database'],
  ['not-covered', 'a library without a hook'],
  ['stamp-off', 'cells were not stamped'],
  ['guard-off', 'requests were not examined'],
  ['content-none', 'texts were not committed to'],
  ['before-load', 'before the extension was loaded'],
  ['content-purged', 'texts were purged'],
  ['stamp-missing', 'a stamp is missing'],
  ['interrupted', 'the end of a cell was interrupted'],
  ['internal', 'a failure of this extension; your code was unaffected']
]);
