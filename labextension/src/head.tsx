/** The top of the panel: is it recording, what is on record, what still needs a person. */

import * as React from 'react';
import type { Recording } from './kernel';
import type { NotebookProvenance } from './model';
import { FileTools } from './file';
import type { Words } from './words';

export type Tab = 'timeline' | 'data' | 'review' | 'disclosure';

export interface HeadProps {
  model: NotebookProvenance;
  words: Words;
  show: (tab: Tab) => void;
  hint: string;
  onHint: () => void;
}

const RECORDING: { readonly [state in Recording]: string } = {
  none: 'No kernel: read from the file.',
  connecting: 'Asking the kernel…',
  recording: 'Recording',
  off: 'Switched off by you',
  absent: 'This kernel does not record.',
  skew: 'The kernel writes a newer record: shown as far as known, read-only.'
};

export function Head(props: HeadProps): React.ReactElement {
  const { model, words } = props;
  const summary = model.summary;
  const recording = model.link.recording;
  const isEmpty = model.record.isEmpty;
  const state =
    recording === 'recording' && isEmpty ? words.say('Recording, nothing yet') : words.say(RECORDING[recording]);
  return (
    <div className="jp-AIProv-head">
      <h2>{words.say('AI provenance')}</h2>
      {props.hint && (
        <div className="jp-AIProv-hint" role="note">
          <p>{props.hint}</p>
          <button type="button" className="jp-AIProv-link" onClick={props.onHint}>
            {words.say('Understood')}
          </button>
        </div>
      )}
      <p className="jp-AIProv-recording" data-state={recording} role="status">
        <span aria-hidden="true" className="jp-AIProv-dot" />
        {state}
      </p>
      {recording === 'absent' && (
        <p className="jp-AIProv-quiet">
          <code>%load_ext jupyter_aiprov</code> {words.say('in a cell starts it; for all kernels of this environment:')}{' '}
          <code>jupyter aiprov enable</code> {words.say('(AIPROV=off in the environment keeps it off).')}
        </p>
      )}
      {recording === 'off' && (
        <p className="jp-AIProv-quiet">
          <code>%aiprov on</code> {words.say('records again; the time in between is a stated gap.')}
        </p>
      )}
      {!isEmpty && (
        <ul className="jp-AIProv-summary">
          <li>
            <button type="button" onClick={() => props.show('timeline')}>
              {words.many('%1 AI call', '%1 AI calls', summary.calls)}
            </button>
            {' · '}
            <button type="button" onClick={() => props.show('timeline')}>
              {words.many('%1 model', '%1 models', summary.models.length)}
            </button>
            {' · '}
            <button type="button" onClick={() => props.show('data')}>
              {words.many('%1 AI column', '%1 AI columns', summary.columns)}
            </button>
          </li>
          {summary.development > 0 && (
            <li className="jp-AIProv-quiet">
              {words.many(
                '%1 further request during development',
                '%1 further requests during development',
                summary.development
              )}
            </li>
          )}
          {summary.reviewable > 0 && (
            <li>
              <button type="button" onClick={() => props.show('review')}>
                {words.say('To review: %1 of %2', summary.toReview, summary.reviewable)}
              </button>
              {summary.rowsTotal > 0 &&
                ` · ${words.say('rows read: %1 of %2', words.number(summary.rowsRead), words.number(summary.rowsTotal))}`}
            </li>
          )}
          {summary.gaps > 0 && (
            <li>
              <Gaps {...props} />
            </li>
          )}
        </ul>
      )}
      {model.record.leftOut > 0 && (
        <p className="jp-AIProv-quiet" role="note">
          {words.many(
            'Left out: %1 entry that cannot be read or is beyond what is shown here',
            'Left out: %1 entries that cannot be read or are beyond what is shown here',
            model.record.leftOut
          )}
        </p>
      )}
      {!isEmpty && <FileTools model={model} words={words} />}
    </div>
  );
}

function Gaps({ model, words }: HeadProps): React.ReactElement {
  return (
    <details>
      <summary>{words.say('Not captured: %1', model.summary.gaps)}</summary>
      <ul className="jp-AIProv-plain">
        {model.record.gaps.slice(0, 100).map((gap, i) => (
          <li key={i}>
            {words.gap(gap.reason)}
            {gap.detail && <span className="jp-AIProv-quiet"> {gap.detail}</span>}
            {gap.cellIndex !== null && (
              <button type="button" className="jp-AIProv-link" onClick={() => void model.jump(gap.cellIndex as number)}>
                {words.cell(gap.cellIndex)}
              </button>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
