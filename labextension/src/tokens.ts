/** What other extensions may ask for. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { Record } from './record';

export const PLUGIN = 'jupyter-aiprov:plugin';

/** The record of one open notebook. */
export interface INotebookProvenance {
  readonly record: Record;
  readonly changed: ISignal<INotebookProvenance, void>;
}

/** The records of the open notebooks. */
export interface IProvenanceTracker {
  of(panel: NotebookPanel): INotebookProvenance | null;
}

export const IProvenanceTracker = new Token<IProvenanceTracker>(
  'jupyter-aiprov:IProvenanceTracker',
  'The AI provenance of each open notebook.'
);
