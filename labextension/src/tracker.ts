/** One `NotebookProvenance` per open notebook, made when first asked for. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { NotebookProvenance } from './model';
import type { IProvenanceTracker } from './tokens';

export class ProvenanceTracker implements IProvenanceTracker {
  constructor(private notebooks: INotebookTracker) {}

  of(panel: NotebookPanel): NotebookProvenance {
    let model = this.models.get(panel);
    if (!model) {
      model = new NotebookProvenance(panel);
      this.models.set(panel, model);
    }
    return model;
  }

  get current(): NotebookProvenance | null {
    const panel = this.notebooks.currentWidget;
    return panel ? this.of(panel) : null;
  }

  private models = new WeakMap<NotebookPanel, NotebookProvenance>();
}
