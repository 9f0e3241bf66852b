/** The server extension: statement and exports through the same Python code as the command line. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { fields, Fields, objects, LeftOut, text, texts } from './json';

export interface Format {
  readonly name: string;
  readonly extension: string;
  readonly label: string;
}

export interface Policy {
  readonly name: string;
  readonly label: string;
}

export interface Abilities {
  readonly version: string;
  readonly formats: readonly Format[];
  readonly policies: readonly Policy[];
  readonly languages: readonly string[];
}

export interface Slot {
  readonly name: string;
  readonly label: string;
  readonly isMissing: boolean;
}

export interface Statement {
  readonly text: string;
  readonly slots: readonly Slot[];
}

export interface Asked {
  readonly path: string;
  readonly notebook: unknown;
  readonly language: string;
  readonly policy: string;
}

export class Server {
  constructor(private settings: ServerConnection.ISettings) {}

  /** What the server can do; null when it does not have the extension. Asked once. */
  abilities(): Promise<Abilities | null> {
    this.asked ??= this.ask();
    return this.asked;
  }

  async statement(asked: Asked): Promise<Statement> {
    const data = await this.post('disclose', { ...asked, format: 'md' });
    return {
      text: text(data.text, 200000),
      slots: objects(data.slots, new LeftOut(), 200).map(slot => ({
        name: text(slot.name, 100),
        label: text(slot.label, 500) || text(slot.name, 100),
        isMissing: slot.missing === true
      }))
    };
  }

  async export(asked: Asked, format: string): Promise<{ name: string; blob: Blob }> {
    const response = await this.request('export', { ...asked, format });
    const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1];
    return { name: name ?? `provenance.${format}`, blob: await response.blob() };
  }

  private async ask(): Promise<Abilities | null> {
    try {
      const response = await ServerConnection.makeRequest(this.url('status'), {}, this.settings);
      if (!response.ok) {
        return null;
      }
      const data = fields(await response.json());
      const named = (raw: unknown): Fields[] => objects(raw, new LeftOut(), 100);
      return {
        version: text(data.version, 40),
        formats: named(data.formats).map(one => ({
          name: text(one.name, 60),
          extension: text(one.extension, 20),
          label: text(one.label, 100) || text(one.name, 60)
        })),
        policies: named(data.policies).map(one => ({ name: text(one.name, 60), label: text(one.label, 100) })),
        languages: texts(data.languages, 10)
      };
    } catch {
      return null;
    }
  }

  private async post(what: string, body: Asked & { format: string }): Promise<Fields> {
    return fields(await (await this.request(what, body)).json());
  }

  private async request(what: string, body: Asked & { format: string }): Promise<Response> {
    const init = { method: 'POST', body: JSON.stringify(body) };
    const response = await ServerConnection.makeRequest(this.url(what), init, this.settings);
    if (!response.ok) {
      const said = fields(await response.json().catch(() => null));
      throw new Error(text(said.message, 500) || response.statusText);
    }
    return response;
  }

  private url(what: string): string {
    return URLExt.join(this.settings.baseUrl, 'aiprov/api', what);
  }

  private asked: Promise<Abilities | null> | null = null;
}
