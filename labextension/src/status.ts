/** The status bar item: calls on record and what still needs a person. */

import { Widget } from '@lumino/widgets';
import type { NotebookProvenance } from './model';
import type { Words } from './words';

export class StatusItem extends Widget {
  constructor(
    private words: () => Words,
    open: () => void
  ) {
    super();
    this.addClass('jp-AIProv-status');
    this.button.type = 'button';
    this.button.addEventListener('click', open);
    this.node.append(this.button);
  }

  get isActive(): boolean {
    return this.model !== null && !this.model.record.isEmpty;
  }

  set(model: NotebookProvenance | null): void {
    this.model?.changed.disconnect(this.refresh, this);
    this.model = model;
    model?.changed.connect(this.refresh, this);
    this.refresh();
  }

  private refresh(): void {
    const words = this.words();
    const summary = this.model && !this.model.panel.isDisposed ? this.model.summary : null;
    this.button.textContent = summary
      ? `${words.many('%1 AI call', '%1 AI calls', summary.calls)}, ${words.say('%1 to review', summary.toReview)}`
      : '';
    this.button.title = words.say('Show the AI provenance panel');
    this.setHidden(!this.isActive);
  }

  private model: NotebookProvenance | null = null;
  private button = document.createElement('button');
}
