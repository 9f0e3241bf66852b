/** The section in the notebook: one markdown cell, put at the end once and updated in place later. */

import type { NotebookPanel } from '@jupyterlab/notebook';

const TAG = 'aiprov-disclosure';

/** Write the section as a person asked; an undo takes it out again. Returns the cell's position. */
export function insertSection(panel: NotebookPanel, text: string): number {
  const shared = panel.content.model?.sharedModel;
  if (!shared) {
    return -1;
  }
  const known = shared.cells.findIndex(cell => {
    const tags = cell.getMetadata('tags');
    return cell.cell_type === 'markdown' && Array.isArray(tags) && tags.includes(TAG);
  });
  if (known >= 0) {
    shared.getCell(known).setSource(text);
    return known;
  }
  shared.insertCell(shared.cells.length, { cell_type: 'markdown', source: text, metadata: { tags: [TAG] } });
  return shared.cells.length - 1;
}
