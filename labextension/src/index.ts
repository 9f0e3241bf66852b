/** Wires the parts to JupyterLab and Notebook 7; optional tokens stay optional. */

import { ILabShell, ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ToolbarButton } from '@jupyterlab/apputils';
import { IMainMenu } from '@jupyterlab/mainmenu';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Watch } from './watch';
import { Badges } from './badge';
import { addCommands } from './commands';
import type { Tab } from './head';
import { provenanceIcon } from './icon';
import type { NotebookProvenance } from './model';
import { PANEL, ProvenancePanel } from './panel';
import { authenticated } from './person';
import { rendererFactory } from './renderer';
import { Server } from './server';
import { Settings } from './settings';
import { StatusItem } from './status';
import { IProvenanceTracker, PLUGIN } from './tokens';
import { ProvenanceTracker } from './tracker';

const plugin: JupyterFrontEndPlugin<IProvenanceTracker> = {
  id: PLUGIN,
  description: 'Shows which AI systems a notebook used, what came of it and who checked it.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry],
  optional: [ISettingRegistry, ITranslator, ILabShell, ILayoutRestorer, IStatusBar, ICommandPalette, IMainMenu],
  provides: IProvenanceTracker,
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    rendermime: IRenderMimeRegistry,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    statusBar: IStatusBar | null,
    palette: ICommandPalette | null,
    menu: IMainMenu | null
  ): IProvenanceTracker => {
    const settings = new Settings(registry, translator ?? nullTranslator);
    const words = settings.words.bind(settings);
    const tracker = new ProvenanceTracker(notebooks);
    const server = new Server(app.serviceManager.serverSettings);
    const badges = new Map<NotebookPanel, Badges>();

    const panel = new ProvenancePanel({
      words,
      person: () => authenticated(app.serviceManager.user?.identity),
      server,
      rendermime,
      hint: model => (settings.isHintDue && model.link.recording === 'recording' ? settings.hint(model.notice) : ''),
      dismissHint: () => void settings.dismissHint()
    });
    panel.title.icon = provenanceIcon;
    panel.title.caption = words().say('AI provenance');
    app.shell.add(panel, 'right', { rank: 900 });
    restorer?.add(panel, PANEL);

    const show = (tab: Tab | null): void => {
      if (tab) {
        panel.open(tab);
      }
      // Notebook 7.2 would close a side panel that is open already.
      if (labShell || !panel.isVisible) {
        app.shell.activateById(PANEL);
      }
    };

    rendermime.addFactory(rendererFactory(words), 10);
    const onWords = (draw: () => void): void => {
      draw();
      settings.changed.connect(draw);
    };
    addCommands({ app, palette, menu, words, current: () => tracker.current, show, onWords });

    const onNotebook = (notebook: NotebookPanel): void => {
      const model = tracker.of(notebook);
      const layer = new Badges(model, words, index => {
        notebook.content.activeCellIndex = index;
        show('timeline');
      });
      badges.set(notebook, layer);
      new Watch(model, app.commands, () => settings.asksAboutPastes);
      notebook.disposed.connect(() => badges.delete(notebook));
      const button = new ToolbarButton({
        icon: provenanceIcon,
        tooltip: words().say('Show the AI provenance panel'),
        onClick: () => show(null)
      });
      notebook.toolbar.insertItem(10, 'aiprov', button);
    };
    notebooks.forEach(onNotebook);
    notebooks.widgetAdded.connect((_, notebook) => onNotebook(notebook));

    const status = new StatusItem(words, () => show(null));
    statusBar?.registerStatusItem('jupyter-aiprov:status', {
      item: status,
      align: 'left',
      rank: 60
    });

    let current: NotebookProvenance | null = null;
    const follow = (): void => {
      current = tracker.current;
      panel.model = current;
      status.set(current);
    };
    notebooks.currentChanged.connect(follow);
    follow();

    settings.changed.connect(() => {
      panel.title.caption = words().say('AI provenance');
      badges.forEach(layer => layer.refresh());
      status.set(current);
      panel.update();
    });
    void settings.load();
    return tracker;
  }
};

export default plugin;
export { IProvenanceTracker };
