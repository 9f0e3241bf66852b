/** Commands of the palette and the View menu, all "AI provenance: …". */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { IMainMenu } from '@jupyterlab/mainmenu';
import { Menu } from '@lumino/widgets';
import { isToReview } from './filter';
import type { Tab } from './head';
import { provenanceIcon } from './icon';
import type { NotebookProvenance } from './model';
import type { Words } from './words';

export const OPEN = 'jupyter-aiprov:open';

type More = Partial<Parameters<JupyterFrontEnd['commands']['addCommand']>[1]>;

export interface Doors {
  app: JupyterFrontEnd;
  palette: ICommandPalette | null;
  menu: IMainMenu | null;
  words: () => Words;
  current: () => NotebookProvenance | null;
  show: (tab: Tab | null) => void;
  /** Called at once and whenever the language changed. */
  onWords: (draw: () => void) => void;
}

export function addCommands(doors: Doors): void {
  const { app, words } = doors;
  const category = 'AI provenance';
  const isEnabled = (): boolean => doors.current() !== null;
  const menu = new Menu({ commands: app.commands });
  const add = (id: string, label: string, execute: () => void, more: More = {}): void => {
    app.commands.addCommand(id, {
      label: args => (args.isMenu ? words().say(label) : words().say('AI provenance: %1', words().say(label))),
      caption: () => words().say(label),
      isEnabled,
      execute,
      ...more
    });
    doors.palette?.addItem({ command: id, category: words().say(category) });
    menu.addItem({ command: id, args: { isMenu: true } });
  };
  add(OPEN, 'show the panel', () => doors.show(null), { icon: provenanceIcon });
  add('jupyter-aiprov:timeline', 'timeline', () => doors.show('timeline'));
  add('jupyter-aiprov:data', 'data', () => doors.show('data'));
  add('jupyter-aiprov:review', 'review', () => doors.show('review'));
  add('jupyter-aiprov:disclosure', 'disclosure', () => doors.show('disclosure'));
  add('jupyter-aiprov:next', 'go to the next cell to review', () => {
    const model = doors.current();
    const cells = model?.record.cells.filter(isToReview) ?? [];
    const next = cells.find(cell => cell.index > (model?.activeIndex ?? -1)) ?? cells[0];
    if (next) {
      void model?.jump(next.index);
    }
  });
  add('jupyter-aiprov:only', 'only AI cells', () => doors.current()?.showOnly(!doors.current()?.isOnlyAI), {
    isToggleable: true,
    isToggled: () => doors.current()?.isOnlyAI ?? false
  });
  doors.menu?.viewMenu.addItem({ type: 'submenu', submenu: menu, rank: 60 });
  doors.onWords(() => (menu.title.label = words().say(category)));
}
