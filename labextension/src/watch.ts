/** Watches who else writes in a notebook: commands of AI tools, agents in the shared document, large pastes. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICellModel } from '@jupyterlab/cells';
import { Signal } from '@lumino/signaling';
import { agentOf, partOf, Written, writtenBy } from './agents';
import type { NotebookProvenance } from './model';

const BEFORE = 1000; // ms: a command has written before it is announced
const PAUSE = 2000; // ms without a change of an agent, which may type word by word

type Commands = JupyterFrontEnd['commands'];

/** As much of a Yjs transaction as is read here. */
interface Transaction {
  readonly local: boolean;
  readonly beforeState: ReadonlyMap<number, number>;
  readonly afterState: ReadonlyMap<number, number>;
  readonly changed: ReadonlyMap<{ readonly parent: unknown }, unknown>;
}

interface SharedDocument {
  readonly clientID: number;
  on(name: 'afterTransaction', heard: (transaction: Transaction) => void): void;
  off(name: 'afterTransaction', heard: (transaction: Transaction) => void): void;
}

interface Shared {
  readonly ydoc?: SharedDocument;
  readonly awareness?: { getStates(): ReadonlyMap<number, unknown> };
}

export class Watch {
  constructor(
    private model: NotebookProvenance,
    commands: Commands,
    private asks: () => boolean
  ) {
    const { panel } = model;
    commands.commandExecuted.connect(this.onCommand, this);
    panel.content.modelChanged.connect(this.follow, this);
    panel.content.node.addEventListener('paste', this.onPaste, true);
    panel.content.node.addEventListener('copy', this.onCopy);
    panel.content.node.addEventListener('cut', this.onCopy);
    panel.disposed.connect(this.dispose, this);
    this.follow();
  }

  dispose(): void {
    const { node } = this.model.panel.content;
    node.removeEventListener('paste', this.onPaste, true);
    node.removeEventListener('copy', this.onCopy);
    node.removeEventListener('cut', this.onCopy);
    this.document?.off('afterTransaction', this.onTransaction);
    window.clearTimeout(this.timer);
    Signal.disconnectReceiver(this);
  }

  /** The document that the notebook now shows. */
  private follow(): void {
    this.document?.off('afterTransaction', this.onTransaction);
    const model = this.model.panel.content.model;
    this.shared = model ? (model.sharedModel as unknown as Shared) : null;
    this.document = this.shared?.ydoc ?? null;
    this.document?.on('afterTransaction', this.onTransaction);
    model?.cells.changed.connect(this.onCells, this);
  }

  private onCells(_: unknown, change: { type: string; newValues: readonly ICellModel[] }): void {
    if (change.type === 'add') {
      for (const cell of change.newValues) {
        this.added.add(cell.id);
        this.born.set(cell.id, Date.now());
      }
    }
  }

  private cells(): ICellModel[] {
    return [...(this.model.panel.content.model?.cells ?? [])];
  }

  // ── commands ──────────────────────────────────────────────────────────────────
  private onCommand(_: unknown, command: { id: string; args: unknown; result: Promise<unknown> }): void {
    const written = writtenBy(command.id, command.args);
    if (written) {
      const began = Date.now() - BEFORE;
      void command.result.then(
        () => this.attribute(written, began),
        () => undefined
      );
    }
  }

  /** The cells that changed meanwhile and hold the text are the tool's. */
  private attribute(written: Written, began: number): void {
    for (const cell of this.cells()) {
      const changed = Math.max(this.model.touched(cell), this.born.get(cell.id) ?? 0);
      const origin = changed >= began ? partOf(cell.sharedModel.getSource(), written.text) : null;
      if (origin) {
        this.model.wrote(cell.id, { origin, tool: written.tool, method: 'command', confidence: 'high' });
      }
    }
  }

  // ── agents ────────────────────────────────────────────────────────────────────
  private onTransaction = (transaction: Transaction): void => {
    const agents = transaction.local ? [] : this.agentsIn(transaction);
    const added = this.added;
    this.added = new Set();
    if (!agents.length) {
      return;
    }
    const changed = new Set([...transaction.changed.keys()].map(type => cellOf(type.parent)));
    for (const cell of this.cells()) {
      if (changed.has(cell.id) || added.has(cell.id)) {
        const whole = added.has(cell.id) || this.drafts.get(cell.id)?.whole === true;
        this.drafts.set(cell.id, { tool: agents.join(', '), whole });
      }
    }
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.settle(), PAUSE);
  };

  private agentsIn(transaction: Transaction): string[] {
    const states = this.shared?.awareness?.getStates();
    const names = new Set<string>();
    for (const [client, clock] of transaction.afterState) {
      if (clock > (transaction.beforeState.get(client) ?? 0)) {
        const name = agentOf(states?.get(client));
        if (name) {
          names.add(name);
        }
      }
    }
    return [...names];
  }

  /** One of the people's pages writes it down: that of the lowest number. */
  private settle(): void {
    const drafts = this.drafts;
    this.drafts = new Map();
    const states = this.shared?.awareness?.getStates() ?? new Map<number, unknown>();
    const people = [...states].filter(([, state]) => hasUser(state) && !agentOf(state)).map(([client]) => client);
    const own = this.document?.clientID ?? 0;
    if (people.every(client => client >= own)) {
      for (const [cellId, { tool, whole }] of drafts) {
        const origin = whole ? 'ai-generated' : 'ai-assisted';
        this.model.wrote(cellId, { origin, tool, method: 'awareness', confidence: 'medium' });
      }
    }
  }

  // ── pastes ────────────────────────────────────────────────────────────────────
  private onCopy = (): void => {
    this.model.questions.copied(window.getSelection()?.toString() ?? '');
    const editor = this.model.panel.content.activeCell?.editor;
    if (editor) {
      const { start, end } = editor.getSelection();
      this.model.questions.copied(
        editor.model.sharedModel.getSource().slice(editor.getOffsetAt(start), editor.getOffsetAt(end))
      );
    }
  };

  private onPaste = (event: ClipboardEvent): void => {
    const cell = this.model.panel.content.activeCell;
    const isInCell = cell !== null && event.target instanceof Node && cell.node.contains(event.target);
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (isInCell && this.asks() && !this.model.isReadOnly && this.model.questions.pasted(cell.model.id, text)) {
      this.model.asked();
    }
  };

  private shared: Shared | null = null;
  private document: SharedDocument | null = null;
  /** Cells that came since the last transaction, and when each came. */
  private added = new Set<string>();
  private born = new Map<string, number>();
  private drafts = new Map<string, { tool: string; whole: boolean }>();
  private timer = 0;
}

function hasUser(state: unknown): boolean {
  return typeof state === 'object' && state !== null && 'user' in state;
}

/** The id of the cell that a changed part of the shared document belongs to. */
function cellOf(parent: unknown): string {
  const map = parent as { get?: (key: string) => unknown } | null;
  const id = typeof map?.get === 'function' ? map.get('id') : undefined;
  return typeof id === 'string' ? id : '';
}
