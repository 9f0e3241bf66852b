/** The *Disclosure* view: the text as it will be printed, and the answers that only people know. */

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import * as React from 'react';
import { factsOf, SLOTS } from './facts';
import type { NotebookProvenance } from './model';
import { Preview } from './preview';
import { Abilities, Asked, Server, Slot, Statement } from './server';
import type { Words } from './words';

const WAIT = 400; // ms without a change before the server is asked again

export interface DisclosureProps {
  model: NotebookProvenance;
  words: Words;
  server: Server;
  rendermime: IRenderMimeRegistry;
  onInsert: (text: string) => void;
  onSave: (name: string, blob: Blob) => void;
  onConfirm: (sentence: string) => void;
}

/** Slots that no text fills: a person confirms that very sentence. */
const CONFIRM = 'confirm:';

export function Disclosure(props: DisclosureProps): React.ReactElement {
  const { model, words, server, onInsert, onSave, onConfirm } = props;
  const record = model.record;
  const { disclosure } = record;
  const language = disclosure.language || words.language;
  const policy = disclosure.policy || 'generic';
  const [abilities, setAbilities] = React.useState<Abilities | null | undefined>(undefined);
  const [statement, setStatement] = React.useState<Statement | null>(null);
  const [problem, setProblem] = React.useState('');
  const [copied, setCopied] = React.useState(false);
  const view = React.useRef<HTMLDivElement>(null);
  const toSlot = React.useCallback((name: string) => {
    const fields = view.current?.querySelectorAll<HTMLElement>('[data-slot]') ?? [];
    const field = [...fields].find(one => one.dataset.slot === name);
    field?.querySelector<HTMLElement>('textarea, button')?.focus();
  }, []);
  const asked = React.useCallback(
    (): Asked => ({ path: model.panel.context.path, notebook: model.json(), language, policy }),
    [model, language, policy]
  );
  React.useEffect(() => {
    void server.abilities().then(setAbilities);
  }, [server]);
  React.useEffect(() => {
    if (!abilities) {
      return;
    }
    let isOver = false;
    const timer = window.setTimeout(() => {
      server.statement(asked()).then(
        found => {
          if (!isOver) {
            setStatement(found);
            setProblem('');
          }
        },
        (error: Error) => isOver || setProblem(error.message)
      );
    }, WAIT);
    return () => {
      isOver = true;
      window.clearTimeout(timer);
    };
  }, [abilities, server, asked, record]);
  const slots: readonly Slot[] = statement?.slots.length
    ? statement.slots
    : SLOTS.map(([name, label]) => ({ name, label: words.say(label), isMissing: !disclosure.slots.get(name) }));
  const missing = slots.filter(slot => slot.isMissing).length;
  const text = statement?.text || factsOf(record, words).join('\n');
  const why =
    abilities === null
      ? words.say(
          'The server extension is not installed: exports need it. The command line does the same: jupyter aiprov disclose'
        )
      : problem;
  return (
    <div className="jp-AIProv-disclosure" ref={view}>
      <p role="status">
        <strong>
          {missing
            ? words.many('%1 thing only you know', '%1 things only you know', missing)
            : words.say('Nothing is missing.')}
        </strong>
      </p>
      <div className="jp-AIProv-row">
        <label>
          {words.say('Language')}{' '}
          <select
            className="jp-AIProv-select"
            value={language}
            disabled={model.isReadOnly}
            onChange={event => model.writer.disclosure({ language: event.target.value })}
          >
            <option value="en">English</option>
            <option value="fr">français</option>
          </select>
        </label>
        {abilities && abilities.policies.length > 0 && (
          <label>
            {words.say('Journal')}{' '}
            <select
              className="jp-AIProv-select"
              value={policy}
              disabled={model.isReadOnly}
              onChange={event => model.writer.disclosure({ policy: event.target.value })}
            >
              {!abilities.policies.some(one => one.name === policy) && (
                <option value={policy}>{policy || words.say('full text')}</option>
              )}
              {abilities.policies.map(one => (
                <option key={one.name} value={one.name}>
                  {one.label || one.name}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
      {slots.map(slot =>
        slot.name.startsWith(CONFIRM) ? (
          <div key={slot.name} className="jp-AIProv-row" data-slot={slot.name}>
            <span>{slot.label}</span>
            <button
              type="button"
              className="jp-AIProv-action"
              disabled={model.isReadOnly}
              onClick={() => onConfirm(slot.name.slice(CONFIRM.length))}
            >
              {words.say('I confirm')}
            </button>
          </div>
        ) : (
          <SlotField
            key={slot.name}
            slot={slot}
            value={disclosure.slots.get(slot.name) ?? ''}
            words={words}
            isReadOnly={model.isReadOnly}
            onChange={value => model.writer.disclosure({ slots: { [slot.name]: value } })}
          />
        )
      )}
      <h3>{statement ? words.say('As it will be printed') : words.say('The facts on record')}</h3>
      {statement ? (
        <Preview
          text={text}
          slots={statement.slots}
          label={words.say('Preview')}
          rendermime={props.rendermime}
          onSlot={toSlot}
        />
      ) : (
        <pre className="jp-AIProv-preview" tabIndex={0} aria-label={words.say('Preview')}>
          {text}
        </pre>
      )}
      <div className="jp-AIProv-row">
        <button
          type="button"
          className="jp-AIProv-action"
          onClick={() => void navigator.clipboard?.writeText(text).then(() => setCopied(true))}
        >
          {copied ? words.say('Copied') : words.say('Copy')}
        </button>
        <button
          type="button"
          className="jp-AIProv-action"
          disabled={!statement || model.isReadOnly}
          title={why || undefined}
          onClick={() => onInsert(text)}
        >
          {words.say('Insert in notebook')}
        </button>
        <select
          className="jp-AIProv-select"
          aria-label={words.say('Export')}
          value=""
          disabled={!abilities}
          title={why || undefined}
          onChange={event => {
            const format = event.target.value;
            server.export(asked(), format).then(
              ({ name, blob }) => onSave(name, blob),
              (error: Error) => setProblem(error.message)
            );
          }}
        >
          <option value="">{words.say('Export…')}</option>
          {(abilities?.formats ?? []).map(format => (
            <option key={format.name} value={format.name}>
              {format.label}
            </option>
          ))}
        </select>
      </div>
      {why && (
        <p className="jp-AIProv-quiet" role="note">
          {why}
        </p>
      )}
    </div>
  );
}

interface SlotProps {
  slot: Slot;
  value: string;
  words: Words;
  isReadOnly: boolean;
  onChange: (value: string) => void;
}

/** Written to the notebook when the field is left: one change, not one a key. */
function SlotField({ slot, value, words, isReadOnly, onChange }: SlotProps): React.ReactElement {
  const [text, setText] = React.useState(value);
  React.useEffect(() => setText(value), [value]);
  const leave = (): void => {
    if (text.trim() !== value) {
      onChange(text.trim());
    }
  };
  return (
    <label className="jp-AIProv-slot" data-slot={slot.name}>
      <span>
        {slot.label} {slot.isMissing && <em>{words.say('to complete')}</em>}
      </span>
      <textarea
        className="jp-mod-styled"
        rows={2}
        value={text}
        readOnly={isReadOnly}
        onChange={event => setText(event.target.value)}
        onBlur={leave}
      />
    </label>
  );
}
