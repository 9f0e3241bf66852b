/** Commands of the palette and the View menu, all "AI provenance: …". */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { IMainMenu } from '@jupyterlab/mainmenu';
import type { Tab } from './head';
import { provenanceIcon } from './icon';
import type { NotebookProvenance } from './model';
import type { Words } from './words';

export const OPEN = 'jupyter-aiprov:open';

export interface Doors {
  app: JupyterFrontEnd;
  palette: ICommandPalette | null;
  menu: IMainMenu | null;
  words: () => Words;
  current: () => NotebookProvenance | null;
  show: (tab: Tab | null, toReview?: boolean) => void;
}

export function addCommands(doors: Doors): void {
  const { app, words } = doors;
  const category = 'AI provenance';
  const isEnabled = (): boolean => doors.current() !== null;
  const add = (id: string, label: string, execute: () => void, icon = false): void => {
    app.commands.addCommand(id, {
      label: () => words().say('AI provenance: %1', words().say(label)),
      caption: () => words().say(label),
      ...(icon ? { icon: provenanceIcon } : {}),
      isEnabled,
      execute
    });
    doors.palette?.addItem({ command: id, category: words().say(category) });
  };
  add(OPEN, 'show the panel', () => doors.show(null), true);
  add('jupyter-aiprov:timeline', 'timeline', () => doors.show('timeline'));
  add('jupyter-aiprov:data', 'data', () => doors.show('data'));
  add('jupyter-aiprov:review', 'review', () => doors.show('review'));
  add('jupyter-aiprov:disclosure', 'disclosure', () => doors.show('disclosure'));
  add('jupyter-aiprov:next', 'go to the next cell to review', () => {
    const model = doors.current();
    const cells = model?.record.cells.filter(cell => cell.state !== 'checked' && cell.uses.length > 0) ?? [];
    const next = cells.find(cell => cell.index > (model?.activeIndex ?? -1)) ?? cells[0];
    if (next) {
      void model?.jump(next.index);
    }
  });
  const group = ['jupyter-aiprov:open', 'jupyter-aiprov:review', 'jupyter-aiprov:disclosure', 'jupyter-aiprov:next'];
  doors.menu?.viewMenu.addGroup(
    group.map(command => ({ command })),
    60
  );
}
