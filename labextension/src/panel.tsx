/** The panel in the right sidebar: a head and four views; it only ever gets a model set. */

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import { Data } from './data';
import { Disclosure } from './disclosure';
import { Filter, NO_FILTER } from './filter';
import { Head, Tab } from './head';
import { insertSection } from './insert';
import type { NotebookProvenance } from './model';
import type { Person } from './record';
import { Review } from './review';
import type { Server } from './server';
import { Timeline } from './timeline';
import type { Words } from './words';

export const PANEL = 'jupyter-aiprov-panel';
const ORIGIN_OF: ReadonlyMap<string, string> = new Map([
  ['observed', 'real-observation'],
  ['human', 'human'],
  ['synthetic', 'synthetic']
]);
const TABS: readonly (readonly [Tab, string])[] = [
  ['timeline', 'Timeline'],
  ['data', 'Data'],
  ['review', 'Review'],
  ['disclosure', 'Disclosure']
];

export interface PanelOptions {
  words: () => Words;
  person: () => Person | null;
  server: Server;
  rendermime: IRenderMimeRegistry;
  hint: (model: NotebookProvenance) => string;
  dismissHint: () => void;
}

export class ProvenancePanel extends ReactWidget {
  constructor(private options: PanelOptions) {
    super();
    this.id = PANEL;
    this.addClass('jp-AIProv-panel');
  }

  get model(): NotebookProvenance | null {
    return this._model;
  }

  set model(model: NotebookProvenance | null) {
    if (model === this._model) {
      return;
    }
    this._model?.changed.disconnect(this.onChanged, this);
    this._model?.activeChanged.disconnect(this.onChanged, this);
    this._model = model;
    model?.changed.connect(this.onChanged, this);
    model?.activeChanged.connect(this.onChanged, this);
    this.update();
  }

  open(tab: Tab, filter: Filter | null = null): void {
    this.tab = tab;
    if (filter) {
      this.filter = filter;
    }
    this.update();
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.update();
  }

  /** A hidden panel costs nothing. */
  private onChanged(): void {
    if (this.isVisible) {
      this.update();
    }
  }

  protected render(): React.ReactElement {
    const words = this.options.words();
    const model = this._model;
    if (!model || model.panel.isDisposed) {
      return <p className="jp-AIProv-empty">{words.say('Open a notebook to see its AI provenance.')}</p>;
    }
    const setTab = (tab: Tab): void => this.open(tab);
    return (
      <div className="jp-AIProv-body" lang={words.language}>
        <Head
          model={model}
          words={words}
          hint={this.options.hint(model)}
          onHint={() => {
            this.options.dismissHint();
            this.update();
          }}
          show={setTab}
        />
        <Tabs tab={this.tab} words={words} onTab={setTab} />
        <div
          id="jp-AIProv-view"
          role="tabpanel"
          aria-labelledby={`jp-AIProv-tab-${this.tab}`}
          className="jp-AIProv-view"
        >
          {this.view(model, words)}
        </div>
        <p className="jp-AIProv-foot">{words.say('In the notebook: digests, no text · in .aiprov/: text')}</p>
      </div>
    );
  }

  private view(model: NotebookProvenance, words: Words): React.ReactElement {
    const person = this.options.person();
    const key = model.panel.id;
    switch (this.tab) {
      case 'timeline':
        return (
          <Timeline
            key={key}
            model={model}
            words={words}
            filter={this.filter}
            onFilter={filter => this.open('timeline', filter)}
            activeIndex={model.activeIndex}
            onDeclare={(cellId, value) => model.declareAuthor(cellId, value, this.by(person))}
          />
        );
      case 'data':
        return (
          <Data
            key={key}
            model={model}
            words={words}
            onDeclare={(kind, subject) =>
              model.writer.declare(kind, subject, { origin: ORIGIN_OF.get(kind) ?? 'unknown' }, this.by(person))
            }
          />
        );
      case 'review':
        return <Review key={key} model={model} words={words} person={person} activeIndex={model.activeIndex} />;
      case 'disclosure':
        return (
          <Disclosure
            key={key}
            model={model}
            words={words}
            server={this.options.server}
            rendermime={this.options.rendermime}
            onInsert={text => void model.jump(insertSection(model.panel, text))}
            onSave={save}
            onConfirm={sentence =>
              model.writer.declare('confirmed', sentence, { confirmed: true, sentence }, this.by(person))
            }
          />
        );
    }
  }

  /** Who declares; a name is added only where Jupyter vouches for it. */
  private by(person: Person | null): { [key: string]: string } {
    return person ? { name: person.name, identity: person.identity } : { identity: 'asserted' };
  }

  private _model: NotebookProvenance | null = null;
  private tab: Tab = 'timeline';
  private filter: Filter = NO_FILTER;
}

function Tabs({ tab, words, onTab }: { tab: Tab; words: Words; onTab: (tab: Tab) => void }): React.ReactElement {
  const onKey = (event: React.KeyboardEvent): void => {
    const at = TABS.findIndex(([name]) => name === tab);
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = TABS[(at + step + TABS.length) % TABS.length];
    if (step && next) {
      onTab(next[0]);
      event.currentTarget.querySelector<HTMLElement>(`#jp-AIProv-tab-${next[0]}`)?.focus();
      event.preventDefault();
    }
  };
  return (
    <div role="tablist" className="jp-AIProv-tabs" aria-label={words.say('AI provenance')} onKeyDown={onKey}>
      {TABS.map(([name, label]) => (
        <button
          key={name}
          id={`jp-AIProv-tab-${name}`}
          type="button"
          role="tab"
          aria-selected={tab === name}
          aria-controls="jp-AIProv-view"
          tabIndex={tab === name ? 0 : -1}
          onClick={() => onTab(name)}
        >
          {words.say(label)}
        </button>
      ))}
    </div>
  );
}

/** Hand a file to the person's browser. */
function save(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 60000);
}
