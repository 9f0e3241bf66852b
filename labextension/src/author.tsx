/** Who wrote a cell: what is known of it, and a person's word on it. A question is quiet and never a verdict. */

import * as React from 'react';
import type { Fields } from './json';
import type { NotebookProvenance } from './model';
import type { Question } from './questions';
import type { Authorship } from './record';
import { AI_ORIGINS } from './semconv';
import type { Words } from './words';

export interface AuthorProps {
  model: NotebookProvenance;
  words: Words;
  activeIndex: number;
  onDeclare: (cellId: string, value: Fields) => void;
}

/** Pastes that nobody has answered for, and the cell that is active. */
export function Authors(props: AuthorProps): React.ReactElement | null {
  const { model, words } = props;
  const cell = model.panel.content.widgets[props.activeIndex]?.model ?? null;
  const known = model.record.cells.find(one => one.index === props.activeIndex)?.authorship ?? [];
  if (model.isReadOnly && !known.length) {
    return null;
  }
  return (
    <>
      {!model.isReadOnly &&
        model.questions.list.slice(0, 3).map(one => <Asked key={one.cellId} question={one} {...props} />)}
      {cell && (
        <details className="jp-AIProv-author">
          <summary>{words.say('Who wrote %1?', words.cell(props.activeIndex))}</summary>
          <ul className="jp-AIProv-given">
            {known.length === 0 && <li>{words.say('origin not declared')}</li>}
            {known.map((one, i) => (
              <li key={one.declared?.id ?? i}>
                {authorText(one, words)}
                {one.declared && !model.isReadOnly && (
                  <button
                    type="button"
                    className="jp-AIProv-link"
                    onClick={() => model.withdraw(one.declared?.id ?? '', cell.id)}
                  >
                    {words.say('Withdraw')}
                  </button>
                )}
              </li>
            ))}
          </ul>
          {!model.isReadOnly && <Declare cellId={cell.id} {...props} />}
        </details>
      )}
    </>
  );
}

/** "AI-generated · Jupyternaut · seen as it was written"; the share kept is not shown unasked. */
export function authorText(one: Authorship, words: Words): string {
  const by = one.declared?.by?.name;
  const parts = [
    one.origin === 'human' ? words.say('a person') : words.origin(one.origin),
    ...(one.tool || one.model ? [[one.tool, one.model].filter(Boolean).join(', ')] : []),
    one.method === 'command' || one.method === 'awareness'
      ? words.say('seen as it was written')
      : words.evidence(one.evidence),
    ...(by ? [by] : []),
    ...(one.declared?.time ? [words.time(one.declared.time)] : [])
  ];
  return parts.join(' · ');
}

/** The authors in one short line; AI and then a person stays visible as such. */
export function authorsLine(all: readonly Authorship[], words: Words): string {
  const made = all.filter(one => AI_ORIGINS.has(one.origin));
  const last = made[made.length - 1];
  const isByPerson = all.some(one => one.origin === 'human');
  if (!last) {
    return '';
  }
  const name = words.say('code: %1', last.tool || last.model || words.origin(last.origin));
  return isByPerson ? `${name}, ${words.say('then a person (declared)')}` : name;
}

function Asked(props: AuthorProps & { question: Question }): React.ReactElement {
  const { model, words, question } = props;
  const index = model.panel.content.widgets.findIndex(one => one.model.id === question.cellId);
  return (
    <div className="jp-AIProv-question" role="group" aria-label={words.say('A question')}>
      <p>
        {words.many(
          '%2: %1 line was pasted. Written by …?',
          '%2: %1 lines were pasted. Written by …?',
          question.lines,
          words.cell(index < 0 ? null : index)
        )}
      </p>
      <Declare cellId={question.cellId} {...props} />
      <button
        type="button"
        className="jp-AIProv-link"
        onClick={() => {
          model.questions.settle(question.cellId);
          model.asked();
        }}
      >
        {words.say('Do not ask')}
      </button>
    </div>
  );
}

function Declare(props: AuthorProps & { cellId: string }): React.ReactElement {
  const { words, cellId } = props;
  const [tool, setTool] = React.useState('');
  const say = (value: Fields): void => {
    props.onDeclare(cellId, value);
    setTool('');
  };
  return (
    <form
      className="jp-AIProv-row"
      onSubmit={event => {
        event.preventDefault();
        say({ origin: 'ai-generated', ...(tool.trim() ? { tool: tool.trim() } : {}) });
      }}
    >
      <button type="button" className="jp-AIProv-action" onClick={() => say({ origin: 'human' })}>
        {words.say('A person')}
      </button>
      <input
        className="jp-mod-styled"
        aria-label={words.say('AI tool')}
        placeholder={words.say('AI tool')}
        value={tool}
        maxLength={120}
        onChange={event => setTool(event.target.value)}
      />
      <button type="submit" className="jp-AIProv-action">
        {words.say('An AI')}
      </button>
    </form>
  );
}
