/** The link to the kernel: a comm that we open, and the kernel's hello that says when to try again. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';
import { fields, Fields, isFields, text } from './json';
import { COMM, HELLO, SCHEMA_VERSION } from './semconv';

/** What the panel says of the kernel. */
export type Recording = 'none' | 'connecting' | 'recording' | 'off' | 'absent' | 'skew';

export class KernelLink {
  constructor(private context: ISessionContext) {
    context.kernelChanged.connect(this.onKernel, this);
    context.statusChanged.connect(this.onStatus, this);
    context.iopubMessage.connect(this.onIOPub, this);
    this.open();
  }

  get recording(): Recording {
    return this._recording;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A message of the kernel's side: snapshot, events, state, mark. */
  get message(): ISignal<this, Fields> {
    return this._message;
  }

  /** The kernel started anew: what it told before is over. */
  get reset(): ISignal<this, void> {
    return this._reset;
  }

  get clientId(): string {
    return this.kernel?.clientId ?? '';
  }

  /** The kernel's word for the schema it writes; set when it is not ours. */
  get version(): string {
    return this._version;
  }

  /** Tell the kernel what a person did; it puts it on record as well. */
  send(type: string, event: Fields): void {
    if (this.comm && !this.comm.isDisposed && this._recording !== 'skew') {
      this.comm.send({ type, event: event as JSONObject });
    }
  }

  dispose(): void {
    this.context.kernelChanged.disconnect(this.onKernel, this);
    this.context.statusChanged.disconnect(this.onStatus, this);
    this.context.iopubMessage.disconnect(this.onIOPub, this);
    this.close();
    Signal.clearData(this);
  }

  private get kernel(): Kernel.IKernelConnection | null {
    return this.context.session?.kernel ?? null;
  }

  private onKernel(): void {
    this.close();
    this.refused = false;
    this._reset.emit();
    this.open();
  }

  private onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this.close();
      this.refused = false;
      this._reset.emit();
      this.set(status === 'dead' ? 'none' : 'connecting');
    } else if (status === 'idle') {
      this.open();
    }
  }

  private onIOPub(_: ISessionContext, message: KernelMessage.IMessage): void {
    if ((message.header.msg_type as string) === HELLO) {
      this.refused = false;
      this.close();
      this.open();
    }
  }

  /** Refused once, the comm is not tried again before the kernel says hello or changes. */
  private open(): void {
    const kernel = this.kernel;
    if (!kernel) {
      this.set('none');
      return;
    }
    if (
      this.refused ||
      this.comm ||
      !kernel.handleComms ||
      kernel.status === 'starting' ||
      kernel.status === 'restarting'
    ) {
      return;
    }
    const comm = kernel.createComm(COMM);
    this.comm = comm;
    comm.onMsg = message => {
      if (this.comm === comm) {
        this.onMessage(fields(message.content.data));
      }
    };
    comm.onClose = () => {
      if (this.comm === comm) {
        this.comm = null;
        this.refused = true;
        this.set('absent');
      }
    };
    this.set('connecting');
    comm.open({ schema_version: SCHEMA_VERSION });
  }

  private onMessage(data: Fields): void {
    if (data.type === 'snapshot' || data.type === 'state') {
      const schema = text(data.schema_version, 20);
      this._version = schema && schema.split('.')[0] !== SCHEMA_VERSION.split('.')[0] ? schema : '';
      this.set(this._version ? 'skew' : data.state === 'off' ? 'off' : 'recording');
    }
    if (isFields(data)) {
      this._message.emit(data);
    }
  }

  private close(): void {
    const comm = this.comm;
    this.comm = null;
    if (comm && !comm.isDisposed) {
      comm.onClose = () => undefined;
      if (this.kernel && this.kernel.connectionStatus === 'connected' && this.kernel.status === 'idle') {
        comm.close();
      } else {
        comm.dispose();
      }
    }
  }

  private set(recording: Recording): void {
    if (recording !== this._recording) {
      this._recording = recording;
      this._changed.emit();
    }
  }

  private comm: Kernel.IComm | null = null;
  private refused = false;
  private _version = '';
  private _recording: Recording = 'none';
  private _changed = new Signal<this, void>(this);
  private _message = new Signal<this, Fields>(this);
  private _reset = new Signal<this, void>(this);
}
