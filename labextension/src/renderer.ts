/** The stamp in a cell's outputs: one quiet line that opens to a table. Text nodes only. */

import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { stampRecord } from './document';
import type { Derivation, Use } from './record';
import { AI_ORIGINS, MIME } from './semconv';
import { Stamp, stampOf } from './stamp';
import type { Words } from './words';

const SHOWN = 50; // rows of a table; what is beyond is counted

class StampWidget extends Widget implements IRenderMime.IRenderer {
  constructor(private words: () => Words) {
    super();
    this.addClass('jp-AIProv-stamp');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const record = stampRecord(model.data[MIME]);
    const words = this.words();
    this.node.replaceChildren(
      record ? details(stampOf(record), words) : element('p', words.say('AI provenance: a stamp that cannot be read'))
    );
    return Promise.resolve();
  }
}

export function rendererFactory(words: () => Words): IRenderMime.IRendererFactory {
  return { safe: true, mimeTypes: [MIME], defaultRank: 10, createRenderer: () => new StampWidget(words) };
}

/** One line: models and calls, what they made, what is not as it should be. */
export function lineOf(stamp: Stamp, words: Words): string {
  const models = new Map<string, number>();
  const troubles = new Map<string, number>();
  for (const use of stamp.uses) {
    if (use.status !== 'completed') {
      const word = words.status(use.status);
      troubles.set(word, (troubles.get(word) ?? 0) + use.count);
    }
    if (use.status !== 'failed') {
      const model = use.answered || use.asked || words.say('model not named');
      models.set(model, (models.get(model) ?? 0) + use.count);
    }
  }
  const made = stamp.derivations.filter(one => AI_ORIGINS.has(one.origin));
  const named = made.filter(one => one.kind === 'column' || one.kind === 'file' || one.kind === 'figure');
  const subjects = (named.length ? named : made).map(one => one.subject);
  const parts = [...models].map(([model, n]) => `${model}, ${words.many('%1 call', '%1 calls', n)}`);
  if (subjects.length) {
    const more = subjects.length > 4 ? ` +${subjects.length - 4}` : '';
    parts.push(words.say('made %1', subjects.slice(0, 4).join(', ') + more));
  }
  parts.push(...[...troubles].map(([word, n]) => `${n} ${word}`));
  if (stamp.gaps.length) {
    parts.push(words.say('not captured: %1', stamp.gaps.length));
  }
  for (const one of stamp.authorship) {
    parts.push(
      words.say('code: %1', words.origin(one.origin)) + (one.tool || one.model ? ` (${one.tool || one.model})` : '')
    );
  }
  return `${words.say('AI')}${words.say(': ')}${parts.join(' · ')}`;
}

function details(stamp: Stamp, words: Words): HTMLElement {
  const node = document.createElement('details');
  node.append(element('summary', lineOf(stamp, words)));
  node.addEventListener('toggle', () => {
    if (node.open && node.childElementCount === 1) {
      node.append(...body(stamp, words)); // a long table costs nothing before it is asked for
    }
  });
  return node;
}

function body(stamp: Stamp, words: Words): HTMLElement[] {
  const out: HTMLElement[] = [];
  if (stamp.uses.length) {
    const head = [
      'Operation',
      'Model (as reported by the server)',
      'Provider',
      'Calls',
      'State',
      'Where it ran',
      'Tokens'
    ];
    out.push(
      table(
        head.map(one => words.say(one)),
        stamp.uses.slice(0, SHOWN).map(use => useRow(use, words))
      )
    );
  }
  const made = stamp.derivations.slice(0, SHOWN);
  if (made.length) {
    out.push(element('p', words.say('What became of it')), list(made.map(one => derivationText(one, words))));
  }
  if (stamp.gaps.length) {
    out.push(
      element('p', words.say('Not captured')),
      list(
        stamp.gaps.slice(0, SHOWN).map(gap => [words.gap(gap.reason), gap.detail].filter(Boolean).join(words.say(': ')))
      )
    );
  }
  const beyond = Math.max(0, stamp.uses.length - SHOWN) + Math.max(0, stamp.derivations.length - SHOWN) + stamp.leftOut;
  if (beyond) {
    out.push(element('p', words.say('Left out here: %1', beyond)));
  }
  return out;
}

function useRow(use: Use, words: Words): string[] {
  const model = use.answered || use.asked || words.say('model not named');
  const asked = use.answered && use.asked && use.asked !== use.answered;
  const tokens = [use.inputTokens, use.outputTokens].map(n => (n === null ? '?' : words.tokens(n))).join(' + ');
  return [
    use.operation,
    asked ? `${model} (${words.say('asked for as %1', use.asked)})` : model,
    use.provider,
    words.number(use.count),
    words.status(use.status),
    use.destination ? words.destination(use.destination) : '',
    use.inputTokens === null && use.outputTokens === null ? words.say('not sent') : tokens
  ];
}

export function derivationText(one: Derivation, words: Words): string {
  const origin = one.confidence === 'low' ? words.say('derived?') : words.origin(one.origin);
  const rows =
    one.rowsAi !== null && one.rowsTotal !== null
      ? ` (${words.say('%1 of %2 rows', words.number(one.rowsAi), words.number(one.rowsTotal))})`
      : '';
  return `${one.subject}${words.say(': ')}${origin}${rows}`;
}

function element(tag: string, text: string): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

function list(texts: readonly string[]): HTMLElement {
  const node = document.createElement('ul');
  node.append(...texts.map(one => element('li', one)));
  return node;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const node = document.createElement('table');
  const top = node.createTHead().insertRow();
  top.append(
    ...head.map(one => {
      const cell = element('th', one);
      cell.setAttribute('scope', 'col');
      return cell;
    })
  );
  const main = node.createTBody();
  for (const row of rows) {
    main.insertRow().append(...row.map(one => element('td', one)));
  }
  return node;
}
