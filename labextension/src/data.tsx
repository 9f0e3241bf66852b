/** The *Data* view: frames and columns with their origin, files, figures, and the path behind each. */

import * as React from 'react';
import { columnName, dataOf, sharesOf } from './frames';
import type { NotebookProvenance } from './model';
import type { Declaration, Derivation } from './record';
import { AI_ORIGINS } from './semconv';
import type { Words } from './words';

export interface DataProps {
  model: NotebookProvenance;
  words: Words;
  onDeclare: (kind: string, subject: string) => void;
}

export function Data({ model, words, onDeclare }: DataProps): React.ReactElement {
  const record = model.record;
  const data = React.useMemo(() => dataOf(record), [record]);
  const declared = new Map(record.declarations.map(one => [one.subject, one]));
  const isEmpty = !data.frames.length && !data.files.length && !data.figures.length && !data.values.length;
  const rest = { model, words, declared, onDeclare };
  return (
    <div className="jp-AIProv-data">
      {isEmpty && <p className="jp-AIProv-quiet">{words.say('No data with AI content recorded.')}</p>}
      {data.frames.slice(0, 200).map(frame => (
        <section key={frame.name} aria-label={frame.name}>
          <h3>{frame.name}</h3>
          <ul className="jp-AIProv-list">
            {frame.columns.slice(0, 300).map(column => (
              <Subject key={column.subject} one={column} name={columnName(column.subject)} {...rest} />
            ))}
          </ul>
        </section>
      ))}
      {(
        [
          ['Files written', data.files],
          ['Figures and outputs', data.figures],
          ['Values', data.values]
        ] as const
      ).map(
        ([title, subjects]) =>
          subjects.length > 0 && (
            <section key={title} aria-label={words.say(title)}>
              <h3>{words.say(title)}</h3>
              <ul className="jp-AIProv-list">
                {subjects.slice(0, 300).map(one => (
                  <Subject key={one.subject} one={one} name={one.file || one.subject} {...rest} />
                ))}
              </ul>
            </section>
          )
      )}
    </div>
  );
}

interface SubjectProps {
  model: NotebookProvenance;
  words: Words;
  one: Derivation;
  name: string;
  declared: ReadonlyMap<string, Declaration>;
  onDeclare: (kind: string, subject: string) => void;
}

function Subject({ model, words, one, name, declared, onDeclare }: SubjectProps): React.ReactElement {
  const [isOpen, setOpen] = React.useState(false);
  const isAI = AI_ORIGINS.has(one.origin);
  const shares = sharesOf(one);
  const said = declared.get(one.kind === 'file' ? `file:${one.file}` : one.subject);
  const facts = [
    one.confidence === 'low' ? words.say('derived?') : words.origin(one.origin),
    ...(shares ? [words.say('%1 AI', words.percent(shares.ai + shares.edited))] : []),
    ...(one.rowsEdited ? [words.many('%1 row edited', '%1 rows edited', one.rowsEdited)] : []),
    ...(one.selectedBy.length ? [words.say('rows selected by a model: %1', one.selectedBy.join(', '))] : []),
    ...(one.evidence === 'captured' ? [] : [words.evidence(one.evidence)]),
    ...(said ? [words.say('declared: %1', words.say(said.kind))] : [])
  ];
  return (
    <li className="jp-AIProv-item">
      <button type="button" className="jp-AIProv-subject" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span className="jp-AIProv-name">
          {name}
          {isAI && ` (${words.say('AI')})`}
        </span>
        {shares && (
          <span className="jp-AIProv-bar" aria-hidden="true">
            <span data-part="ai" style={{ width: `${100 * shares.ai}%` }} />
            <span data-part="edited" style={{ width: `${100 * shares.edited}%` }} />
          </span>
        )}
        <span className="jp-AIProv-facts">{facts.join(' · ')}</span>
      </button>
      {isOpen && (
        <div className="jp-AIProv-details">
          <Path one={one} words={words} onJump={index => void model.jump(index)} />
          {!model.isReadOnly && (
            <div className="jp-AIProv-row" role="group" aria-label={words.say('Declare')}>
              <span className="jp-AIProv-quiet">{words.say('Declare')}</span>
              {(['observed', 'human', 'synthetic', 'confidential'] as const).map(kind => (
                <button
                  key={kind}
                  type="button"
                  className="jp-AIProv-link"
                  onClick={() => onDeclare(kind, one.kind === 'file' ? `file:${one.file || one.subject}` : one.subject)}
                >
                  {words.say(kind)}
                </button>
              ))}
            </div>
          )}
        </div>
      )}
    </li>
  );
}

/** From the call to the column, as a small graph of steps. */
function Path(props: { one: Derivation; words: Words; onJump: (index: number) => void }): React.ReactElement {
  const { one, words } = props;
  const told = one.path.length ? one.path : [...one.models, one.subject];
  // The cell is named in the reader's language, and it is a link.
  const steps = one.cellIndex !== null && /^(?:cell \d+|\[\d+\])$/.test(told[0] ?? '') ? told.slice(1) : told;
  return (
    <ol className="jp-AIProv-path" aria-label={words.say('From the call to %1', one.subject)}>
      {one.cellIndex !== null && (
        <li>
          <button type="button" className="jp-AIProv-link" onClick={() => props.onJump(one.cellIndex as number)}>
            {words.cell(one.cellIndex)}
          </button>
        </li>
      )}
      {steps.map((step, i) => (
        <li key={i}>{step}</li>
      ))}
    </ol>
  );
}
