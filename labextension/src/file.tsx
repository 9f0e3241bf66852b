/** What a reader of the file can ask of it: does it hold together, and where is the AI. */

import * as React from 'react';
import { Anchor, anchorOf } from './anchor';
import { integrityText } from './answer';
import { Integrity, integrityOf } from './integrity';
import type { NotebookProvenance } from './model';
import type { Words } from './words';

const MAX_ANCHOR = 2 ** 20;

export interface FileProps {
  model: NotebookProvenance;
  words: Words;
}

/** What a reader of the file asks: does it hold together, and where is the AI. */
export function FileTools({ model, words }: FileProps): React.ReactElement {
  const [checked, setChecked] = React.useState<{ of: NotebookProvenance; found: Integrity } | null>(null);
  const [handed, setHanded] = React.useState('');
  const [, redraw] = React.useReducer((times: number) => times + 1, 0);
  const picker = React.useRef<HTMLInputElement>(null);
  const found = checked?.of === model ? checked.found : null;
  const check = (anchor: Anchor | null): void => setChecked({ of: model, found: integrityOf(model.json(), anchor) });
  const handIn = async (file: File | undefined): Promise<void> => {
    const anchor = file && file.size <= MAX_ANCHOR ? anchorOf(await file.text()) : null;
    if (file) {
      check(anchor);
      setHanded(anchor ? words.say('With the anchor %1', file.name) : words.say('%1 is no anchor file', file.name));
    }
  };
  const isFromFile = model.link.recording !== 'recording' || model.isUntrusted || model.isReadOnly;
  return (
    <div className="jp-AIProv-file">
      {isFromFile && (
        <p className="jp-AIProv-banner">
          {words.say('Read from the file')}
          {model.isUntrusted && ` · ${words.say('not trusted: nothing in it was run')}`}
          {model.isReadOnly && ` · ${words.say('read-only')}`}
        </p>
      )}
      <div className="jp-AIProv-row">
        <button
          type="button"
          className="jp-AIProv-action"
          onClick={() => {
            setHanded('');
            check(null);
          }}
        >
          {words.say('Check file integrity')}
        </button>
        <label>
          <input
            type="checkbox"
            checked={model.isOnlyAI}
            onChange={event => {
              model.showOnly(event.target.checked);
              redraw(); // at once: a box that waits for the next frame looks refused
            }}
          />
          {words.say('Only AI cells')}
        </label>
      </div>
      {found && (
        <div className="jp-AIProv-answer" data-answer={found.answer} role="status">
          <strong>{integrityText(found, words)}</strong>
          {found.changes.length > 0 && (
            <ul className="jp-AIProv-plain">
              {found.changes.slice(0, 100).map((change, i) => (
                <li key={i}>
                  {change.index === null ? (
                    words.say('notebook log')
                  ) : (
                    <button
                      type="button"
                      className="jp-AIProv-link"
                      onClick={() => void model.jump(change.index as number)}
                    >
                      {words.cell(change.index)}
                    </button>
                  )}
                  {words.say(': ')}
                  {words.say(change.what)}
                </li>
              ))}
            </ul>
          )}
          {found.answer === 'not-supplied' && (
            <p className="jp-AIProv-quiet">
              {words.say(
                'The journal lines that the stamps sum up stay with the author; ask for the audit log to check them.'
              )}
            </p>
          )}
          <p className="jp-AIProv-quiet">
            {handed || words.say('An anchor file that you kept gives a date:')}{' '}
            <button type="button" className="jp-AIProv-link" onClick={() => picker.current?.click()}>
              {words.say('Anchor file…')}
            </button>
            <input
              ref={picker}
              type="file"
              accept=".json"
              hidden
              aria-label={words.say('Anchor file…')}
              onChange={event => {
                void handIn(event.target.files?.[0]);
                event.target.value = '';
              }}
            />
          </p>
          {found.notCovered.length > 0 && (
            <p className="jp-AIProv-quiet">
              {words.say('Not covered: %1', found.notCovered.map(one => words.say(one)).join('; '))}
            </p>
          )}
        </div>
      )}
    </div>
  );
}
