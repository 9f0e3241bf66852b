/** The provenance of one open notebook: its document (the truth) and what its kernel tells meanwhile. */

import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ISignal, Signal } from '@lumino/signaling';
import { Document, DocumentCell, stampsOf } from './document';
import { fold } from './fold';
import { fields, Fields, isFields, text } from './json';
import { KernelLink } from './kernel';
import { Live } from './live';
import { Questions } from './questions';
import type { Record } from './record';
import { isSource, outputsDigest, sourceDigest } from './seal';
import { KEY } from './semconv';
import { Summary, summaryOf } from './summary';
import type { INotebookProvenance } from './tokens';
import { Drafted, Writer } from './write';

const ONLY = 'jp-mod-aiprovOnly';
const QUIET = 150; // ms without a change before the document is read again
const PATIENCE = 1000; // ms after which it is read even while changes go on

export class NotebookProvenance implements INotebookProvenance {
  constructor(readonly panel: NotebookPanel) {
    this.link = new KernelLink(panel.sessionContext);
    this.writer = new Writer(panel, this.link);
    this.link.changed.connect(this.soon, this);
    this.link.message.connect(this.onMessage, this);
    this.link.reset.connect(this.onReset, this);
    panel.content.modelChanged.connect(this.onModel, this);
    panel.content.activeCellChanged.connect(this.onActive, this);
    panel.context.pathChanged.connect(this.soon, this);
    panel.context.fileChanged.connect(this.later, this);
    panel.disposed.connect(this.dispose, this);
    this.onModel();
  }

  readonly questions = new Questions();
  readonly link: KernelLink;
  readonly writer: Writer;

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get activeChanged(): ISignal<this, number> {
    return this._activeChanged;
  }

  get record(): Record {
    this._record ??= fold(this.document(), this.live);
    return this._record;
  }

  get summary(): Summary {
    this._summary ??= summaryOf(this.record);
    return this._summary;
  }

  get activeIndex(): number {
    return this.panel.content.activeCellIndex;
  }

  /** Whether only AI cells are shown; a way of looking, never saved. */
  get isOnlyAI(): boolean {
    return this.panel.content.hasClass(ONLY);
  }

  showOnly(on: boolean): void {
    this.panel.content.toggleClass(ONLY, on);
    this.soon();
  }

  /** Nothing is written when the file cannot be, or when another version wrote it. */
  get isReadOnly(): boolean {
    const major = this.record.schemaVersion.split('.')[0];
    return (
      this.panel.context.contentsModel?.writable === false ||
      this.link.recording === 'skew' ||
      (major !== '' && major !== '1')
    );
  }

  /** Some code cell with outputs is not trusted. */
  get isUntrusted(): boolean {
    const cells = this.panel.content.model?.cells;
    if (!cells) {
      return false;
    }
    for (const cell of cells) {
      if (cell.type === 'code' && !cell.trusted && (cell as ICodeCellModel).outputs.length > 0) {
        return true;
      }
    }
    return false;
  }

  /** One sentence of the kernel: what is kept and where. */
  get notice(): string {
    return this._notice;
  }

  /** The notebook as JSON, as it would be saved. */
  json(): unknown {
    return this.panel.content.model?.toJSON() ?? null;
  }

  /** When a cell last changed on this page; 0 for never. */
  touched(cell: ICellModel): number {
    return this.times.get(cell) ?? 0;
  }

  /** A tool wrote a cell while we watched. */
  wrote(cellId: string, said: Drafted): void {
    if (!this.isReadOnly) {
      this.writer.wrote(cellId, said);
      this.questions.settle(cellId);
      this.soon();
    }
  }

  /** A person says who wrote a cell; with that its question is answered. */
  declareAuthor(cellId: string, value: Fields, by: Fields): void {
    this.questions.settle(cellId);
    this.writer.declareAuthor(cellId, value, by);
    this.soon();
  }

  /** A person takes a declaration back. */
  withdraw(id: string, cellId: string): void {
    this.writer.withdraw(id, '', cellId);
    this.soon();
  }

  /** There is a question that only a person can answer. */
  asked(): void {
    this.soon();
  }

  /** Show a cell and make it the active one; the focus stays where it is. */
  async jump(index: number): Promise<void> {
    const notebook = this.panel.content;
    const cell = notebook.widgets[index];
    if (!cell) {
      return;
    }
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    await notebook.scrollToItem(index, 'smart').catch(() => undefined);
    cell.node.classList.remove('jp-mod-aiprovFound');
    void cell.node.offsetWidth; // starts the animation anew
    cell.node.classList.add('jp-mod-aiprovFound');
    cell.node.addEventListener('animationend', () => cell.node.classList.remove('jp-mod-aiprovFound'), { once: true });
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this.isDisposed = true;
    window.clearTimeout(this.timer);
    window.cancelAnimationFrame(this.frame);
    this.link.dispose();
    this.writer.dispose();
    Signal.disconnectReceiver(this);
    Signal.clearData(this);
  }

  private document(): Document {
    const model = this.panel.content.model;
    if (!model) {
      return { log: fields(null), cells: [] };
    }
    const cells: DocumentCell[] = [];
    for (const cell of model.cells) {
      cells.push(this.read(cell, cells.length));
    }
    return { log: fields(model.getMetadata(KEY)), cells };
  }

  /** Read once and kept until the cell says that it changed. */
  private read(cell: ICellModel, index: number): ModelCell {
    const known = this.cells.get(cell);
    if (known?.index === index) {
      return known;
    }
    if (!this.watched.has(cell)) {
      this.watched.add(cell);
      cell.contentChanged.connect(this.onCell, this);
      cell.metadataChanged.connect(this.onCell, this);
      cell.stateChanged.connect(this.onCell, this);
    }
    const read = new ModelCell(cell, index, this.digests);
    this.cells.set(cell, read);
    return read;
  }

  private onCell(cell: ICellModel): void {
    this.times.set(cell, Date.now());
    this.cells.delete(cell);
  }

  private onModel(): void {
    const model = this.panel.content.model;
    if (model) {
      model.contentChanged.connect(this.later, this);
      model.metadataChanged.connect(this.later, this);
      model.stateChanged.connect(this.later, this);
    }
    this.later();
  }

  private onActive(): void {
    this._activeChanged.emit(this.activeIndex);
  }

  private onReset(): void {
    this.live = null;
    this.soon();
  }

  private onMessage(_: KernelLink, data: Fields): void {
    if (data.type === 'mark') {
      this.writer.mark(data, this.isReadOnly);
      return;
    }
    if (data.type === 'snapshot') {
      this.live = new Live();
      this.live.session = text(data.session, 200);
      this.live.isWhole = !data.left_out;
      this._notice = text(data.notice, 500);
    }
    if (this.live && Array.isArray(data.events)) {
      for (const event of data.events) {
        this.live.add(event);
      }
    }
    this.soon();
  }

  /** After a pause: typing must stay fast. */
  private later(): void {
    const now = Date.now();
    this.since ||= now;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.soon(), Math.max(0, Math.min(QUIET, this.since + PATIENCE - now)));
  }

  /** In the next frame, once. */
  private soon(): void {
    if (!this.frame && !this.isDisposed) {
      const refresh = (): void => {
        window.cancelAnimationFrame(this.frame);
        window.clearTimeout(fallback);
        this.refresh();
      };
      const fallback = window.setTimeout(refresh, 500); // hidden tabs draw no frames
      this.frame = window.requestAnimationFrame(refresh);
    }
  }

  private refresh(): void {
    this.frame = 0;
    this.since = 0;
    if (!this.isDisposed) {
      this._record = null;
      this._summary = null;
      this.writer.reassert();
      this._changed.emit();
    }
  }

  private live: Live | null = null;
  private cells = new WeakMap<ICellModel, ModelCell>();
  private watched = new WeakSet<ICellModel>();
  private times = new WeakMap<ICellModel, number>();
  private digests = new WeakMap<ICellModel, Digest>();
  private isDisposed = false;
  private timer = 0;
  private frame = 0;
  private since = 0;
  private _notice = '';
  private _record: Record | null = null;
  private _summary: Summary | null = null;
  private _changed = new Signal<this, void>(this);
  private _activeChanged = new Signal<this, number>(this);
}

interface Digest {
  source: string;
  sha: string;
}

/** A cell of the shared document as the fold reads it. */
class ModelCell implements DocumentCell {
  constructor(
    private cell: ICellModel,
    readonly index: number,
    private digests: WeakMap<ICellModel, Digest>
  ) {
    this.id = cell.id; // a cell keeps its id for as long as its model lives
    this.mark = fields(cell.getMetadata(KEY));
    const stamps = cell.type === 'code' ? stampsOf(this.outputs()) : [];
    this.stamps = stamps.filter(isFields);
    this.broken = stamps.length - this.stamps.length;
  }

  readonly id: string;
  readonly mark: Fields;
  readonly stamps: readonly Fields[];
  readonly broken: number;

  get type(): string {
    return this.cell.type;
  }

  get executionCount(): number | null {
    return this.cell.type === 'code' ? (this.cell as ICodeCellModel).executionCount : null;
  }

  sourceSha256(): string {
    const source = this.cell.sharedModel.getSource();
    const known = this.digests.get(this.cell);
    if (known?.source === source) {
      return known.sha;
    }
    const sha = sourceDigest(source);
    this.digests.set(this.cell, { source, sha });
    return sha;
  }

  isSource(sha: unknown): boolean {
    return sha === this.sourceSha256() || isSource(this.cell.sharedModel.getSource(), sha);
  }

  outputsSha256(): string {
    return outputsDigest(this.outputs());
  }

  private outputs(): unknown[] {
    const outputs = (this.cell as ICodeCellModel).outputs;
    // The model's own copy: the same objects until an output changes.
    return Array.from({ length: outputs?.length ?? 0 }, (_, i) => outputs.get(i).toJSON());
  }
}
