/** The mark on each cell: short words under the prompt, the rest in its tooltip and label. */

import type { Cell } from '@jupyterlab/cells';
import { authorsLine } from './author';
import type { NotebookProvenance } from './model';
import type { CellRecord } from './record';
import { AI_ORIGINS } from './semconv';
import type { Words } from './words';

const CLASS = 'jp-AIProv-badge';
/** A cell's state in words, for the lines of its stamps: they are drawn without knowing their cell. */
const STATE = '--jp-aiprov-state';

export class Badges {
  constructor(
    private model: NotebookProvenance,
    private words: () => Words,
    private open: (index: number) => void
  ) {
    model.changed.connect(this.refresh, this);
    this.refresh();
  }

  /** Set what changed and nothing else; the Cell widget outlives being scrolled away. */
  refresh(): void {
    const words = this.words();
    const marked = new Set<Cell>();
    const widgets = this.model.panel.content.widgets;
    for (const record of this.model.record.cells) {
      const cell = widgets[record.index];
      if (cell && isMarked(record)) {
        marked.add(cell);
        const drawn = this.drawn.get(cell);
        if (drawn?.record !== record || drawn.words !== words) {
          this.drawn.set(cell, { record, words });
          this.mark(cell, record, words);
        }
      }
    }
    for (const cell of this.shown) {
      if (!marked.has(cell)) {
        delete cell.node.dataset.aiprov;
        delete cell.node.dataset.aiprovSize;
        cell.node.style.removeProperty(STATE);
        cell.node.querySelector(`:scope > .${CLASS}`)?.remove();
        this.said.delete(cell);
        this.drawn.delete(cell);
      }
    }
    this.shown = marked;
  }

  private mark(cell: Cell, record: CellRecord, words: Words): void {
    const origin = record.origin ?? 'unknown';
    const isAI = AI_ORIGINS.has(origin);
    const lines = [words.origin(origin), ...(isAI ? [words.state(record.state)] : [])];
    const detail = [
      `${words.cell(record.index)}: ${lines.join(', ')}`,
      ...(record.models.length ? [record.models.join(', ')] : []),
      ...(record.authorship.length ? [authorsLine(record.authorship, words)].filter(Boolean) : []),
      ...(record.edited ? [words.say('edited since it ran')] : []),
      ...(record.copied ? [words.say('a copy: the stamp was made in another cell')] : [])
    ].join('\n');
    const said = `${lines.join('|')}|${detail}`;
    if (this.said.get(cell) === said) {
      return;
    }
    this.said.set(cell, said);
    cell.node.dataset.aiprov = isAI ? 'ai' : origin;
    cell.node.dataset.aiprovSize = sizeOf(lines);
    cell.node.style.setProperty(STATE, isAI ? `" · ${words.state(record.state)}"` : '""');
    let badge = cell.node.querySelector<HTMLButtonElement>(`:scope > .${CLASS}`);
    if (!badge) {
      badge = document.createElement('button');
      badge.type = 'button';
      badge.className = CLASS;
      badge.addEventListener('click', () => {
        const index = this.model.panel.content.widgets.indexOf(cell);
        this.open(index);
      });
      cell.node.appendChild(badge);
    }
    badge.dataset.state = isAI ? record.state : 'none';
    badge.title = detail;
    badge.setAttribute('aria-label', detail.replace(/\n/g, '; '));
    badge.replaceChildren(
      ...lines.map(line => {
        const span = document.createElement('span');
        span.textContent = line;
        return span;
      })
    );
  }

  private shown = new Set<Cell>();
  private said = new WeakMap<Cell, string>();
  private drawn = new WeakMap<Cell, { record: CellRecord; words: Words }>();
}

/** Room for the words below the prompt: long ones wrap in its narrow column. */
function sizeOf(lines: readonly string[]): string {
  const length = lines.join(' ').length;
  return length <= 24 ? 'small' : length <= 34 ? 'medium' : 'large';
}

function isMarked(record: CellRecord): boolean {
  return record.origin !== null && record.origin !== 'unknown' && record.origin !== 'computed';
}
