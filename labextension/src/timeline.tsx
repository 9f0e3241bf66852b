/** The *Timeline*: every use by cell, in the order of the document. */

import * as React from 'react';
import { Authors, authorsLine } from './author';
import type { Fields } from './json';
import { choicesOf, Filter, hasTrouble, isShown, Row, rowsOf, usesOfRow } from './filter';
import type { NotebookProvenance } from './model';
import type { CellRecord, Use } from './record';
import { derivationText } from './renderer';
import { AI_ORIGINS } from './semconv';
import type { Words } from './words';

const PAGE = 150; // rows drawn at once; more on request

export interface TimelineProps {
  model: NotebookProvenance;
  words: Words;
  filter: Filter;
  onFilter: (filter: Filter) => void;
  activeIndex: number;
  onDeclare: (cellId: string, value: Fields) => void;
}

export function Timeline(props: TimelineProps): React.ReactElement {
  const { model, words, filter, onFilter } = props;
  const [limit, setLimit] = React.useState(PAGE);
  const [open, setOpen] = React.useState<ReadonlySet<string>>(new Set());
  const record = model.record;
  const choices = React.useMemo(() => choicesOf(record), [record]);
  const rows = React.useMemo(() => rowsOf(record).filter(row => isShown(row, filter)), [record, filter]);
  const toggle = React.useCallback((key: string) => {
    setOpen(before => {
      const after = new Set(before);
      if (!after.delete(key)) {
        after.add(key);
      }
      return after;
    });
  }, []);
  const jump = React.useCallback((index: number) => void model.jump(index), [model]);
  const active = rows.findIndex(row => row.cell?.index === props.activeIndex);
  const shown = rows.slice(0, Math.max(limit, active + 1));
  return (
    <div className="jp-AIProv-timeline">
      <div className="jp-AIProv-filters" role="search">
        <input
          type="search"
          className="jp-mod-styled"
          placeholder={words.say('filter…')}
          aria-label={words.say('Search in the timeline')}
          value={filter.text}
          onChange={event => onFilter({ ...filter, text: event.target.value })}
        />
        <Choice
          label={words.say('model')}
          value={filter.model}
          options={choices.models}
          onChange={value => onFilter({ ...filter, model: value })}
        />
        <Choice
          label={words.say('kind')}
          value={filter.kind}
          options={choices.kinds}
          onChange={value => onFilter({ ...filter, kind: value })}
        />
        <label>
          <input
            type="checkbox"
            checked={filter.toReview}
            onChange={event => onFilter({ ...filter, toReview: event.target.checked })}
          />
          {words.say('to review')}
        </label>
        <label>
          <input
            type="checkbox"
            checked={filter.errors}
            onChange={event => onFilter({ ...filter, errors: event.target.checked })}
          />
          {words.say('errors')}
        </label>
      </div>
      <Authors model={model} words={words} activeIndex={props.activeIndex} onDeclare={props.onDeclare} />
      {rows.length === 0 && (
        <p className="jp-AIProv-quiet">
          {record.isEmpty ? words.say('No AI use recorded.') : words.say('Nothing matches the filter.')}
        </p>
      )}
      <ul className="jp-AIProv-list" aria-label={words.say('Timeline')}>
        {shown.map(row => (
          <TimelineRow
            key={row.key}
            row={row}
            words={words}
            isOpen={open.has(row.key)}
            isActive={row.cell !== null && row.cell.index === props.activeIndex}
            onToggle={toggle}
            onJump={jump}
          />
        ))}
      </ul>
      {rows.length > shown.length && (
        <button type="button" className="jp-AIProv-action" onClick={() => setLimit(limit + 500)}>
          {words.say('Show more: %1 left', words.number(rows.length - shown.length))}
        </button>
      )}
    </div>
  );
}

function Choice(props: {
  label: string;
  value: string;
  options: readonly string[];
  onChange: (value: string) => void;
}): React.ReactElement {
  return (
    <select
      className="jp-AIProv-select"
      aria-label={props.label}
      value={props.value}
      onChange={event => props.onChange(event.target.value)}
    >
      <option value="">{props.label}</option>
      {props.options.slice(0, 200).map(option => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  );
}

interface RowProps {
  row: Row;
  words: Words;
  isOpen: boolean;
  isActive: boolean;
  onToggle: (key: string) => void;
  onJump: (index: number) => void;
}

const TimelineRow = React.memo(function TimelineRow(props: RowProps): React.ReactElement {
  const { row, words } = props;
  const uses = usesOfRow(row);
  const node = React.useRef<HTMLLIElement>(null);
  React.useEffect(
    () => (props.isActive ? afterPaint(() => node.current?.scrollIntoView({ block: 'nearest' })) : undefined),
    [props.isActive]
  );
  const where = row.cell
    ? words.cell(row.cell.index)
    : row.use?.cellId || row.use?.execution
      ? words.standing(row.use.standing)
      : row.use?.standing === 'superseded'
        ? words.standing('superseded')
        : words.say('outside any cell');
  const head = row.cell ? originLine(row.cell, words) : words.say('during development');
  return (
    <li
      ref={node}
      className="jp-AIProv-item"
      data-active={props.isActive}
      data-cell={row.cell?.index}
      aria-current={props.isActive ? 'true' : undefined}
    >
      <div className="jp-AIProv-itemHead">
        {row.cell ? (
          <button type="button" className="jp-AIProv-jump" onClick={() => props.onJump((row.cell as CellRecord).index)}>
            <span className="jp-AIProv-where">{where}</span> <span className="jp-AIProv-origin">{head}</span>
          </button>
        ) : (
          <span className="jp-AIProv-jump">
            <span className="jp-AIProv-where">{where}</span> <span className="jp-AIProv-origin">{head}</span>
          </span>
        )}
        <button
          type="button"
          className="jp-AIProv-expand"
          aria-expanded={props.isOpen}
          aria-label={words.say('Details of %1', where)}
          onClick={() => props.onToggle(row.key)}
        >
          <span aria-hidden="true">{props.isOpen ? '▾' : '▸'}</span>
        </button>
      </div>
      {uses.slice(0, props.isOpen ? 100 : 3).map(use => (
        <UseLine key={use.key} use={use} words={words} />
      ))}
      {!props.isOpen && uses.length > 3 && (
        <p className="jp-AIProv-quiet">{words.say('and %1 more', uses.length - 3)}</p>
      )}
      {row.cell && <Became cell={row.cell} words={words} isOpen={props.isOpen} />}
      {props.isOpen && uses.slice(0, 100).map(use => <UseDetails key={use.key} use={use} words={words} />)}
    </li>
  );
}, sameRow);

/** Once the browser has laid out and painted: asked before, it would have to lay out the whole page for it. */
function afterPaint(act: () => void): () => void {
  let timer = 0;
  const frame = window.requestAnimationFrame(() => (timer = window.setTimeout(act)));
  return () => {
    window.cancelAnimationFrame(frame);
    window.clearTimeout(timer);
  };
}

/** Records are folded anew at each change: a row is drawn again only when what it shows differs. */
function sameRow(a: RowProps, b: RowProps): boolean {
  return (
    a.words === b.words &&
    a.isOpen === b.isOpen &&
    a.isActive === b.isActive &&
    a.onJump === b.onJump &&
    signature(a.row) === signature(b.row)
  );
}

const signatures = new WeakMap<object, string>();

function signature(row: Row): string {
  const of = row.cell ?? row.use ?? row;
  let known = signatures.get(of);
  if (known === undefined) {
    known = JSON.stringify(of);
    signatures.set(of, known);
  }
  return known;
}

function originLine(cell: CellRecord, words: Words): string {
  // An origin that nobody declared is shown in *Data*, and where it is asked who wrote a cell.
  const parts = cell.origin && cell.origin !== 'unknown' ? [words.origin(cell.origin)] : [];
  const code = authorsLine(cell.authorship, words);
  if (code) {
    parts.push(code);
  }
  if (cell.origin && AI_ORIGINS.has(cell.origin)) {
    parts.push(words.state(cell.state));
  }
  if (cell.edited) {
    parts.push(words.say('edited since it ran'));
  }
  if (cell.copied) {
    parts.push(words.say('a copy'));
  }
  return parts.join(' · ');
}

function UseLine({ use, words }: { use: Use; words: Words }): React.ReactElement {
  const model = use.answered || use.asked || words.say('model not named');
  const asked = use.asked && use.answered && use.asked !== use.answered ? `${use.asked} → ` : '';
  const tokens =
    use.inputTokens === null && use.outputTokens === null ? null : (use.inputTokens ?? 0) + (use.outputTokens ?? 0);
  const facts = [
    `${use.operation || words.say('call')}${use.count > 1 ? ` ×${words.number(use.count)}` : ''}`,
    ...(tokens === null ? [] : [words.say('%1 tokens', words.tokens(tokens))]),
    ...(use.seconds === null ? [] : [words.seconds(use.seconds)]),
    ...(use.status === 'completed' ? [] : [words.status(use.status)]),
    ...(use.incomplete && use.status === 'completed' ? [words.say('partial: %1', use.incomplete)] : []),
    ...use.errors,
    ...(use.evidence === 'inferred' ? [words.say('cell inferred')] : [])
  ];
  return (
    <div className="jp-AIProv-use" data-trouble={hasTrouble(use)}>
      <span className="jp-AIProv-model">
        {asked}
        {model}
      </span>
      <span className="jp-AIProv-facts">{facts.join(' · ')}</span>
    </div>
  );
}

function Became({
  cell,
  words,
  isOpen
}: {
  cell: CellRecord;
  words: Words;
  isOpen: boolean;
}): React.ReactElement | null {
  const made = cell.derivations;
  if (!made.length) {
    return null;
  }
  const shown = made.slice(0, isOpen ? 100 : 2);
  return (
    <ul className="jp-AIProv-became">
      {shown.map(one => (
        <li key={one.subject}>{derivationText(one, words)}</li>
      ))}
      {made.length > shown.length && <li>{words.say('and %1 more', made.length - shown.length)}</li>}
    </ul>
  );
}

function UseDetails({ use, words }: { use: Use; words: Words }): React.ReactElement {
  const facts: [string, string][] = [
    [words.say('asked for'), use.asked],
    [words.say('answered by'), use.answered],
    [words.say('provider'), use.provider],
    [words.say('where it ran'), use.destination ? words.destination(use.destination) : ''],
    [words.say('input tokens'), use.inputTokens === null ? words.say('not sent') : words.number(use.inputTokens)],
    [words.say('output tokens'), use.outputTokens === null ? words.say('not sent') : words.number(use.outputTokens)],
    [words.say('first'), use.first ? words.time(use.first) : ''],
    [words.say('last'), use.last ? words.time(use.last) : ''],
    [words.say('standing'), words.standing(use.standing)],
    [words.say('streamed'), use.streamed ? words.number(use.streamed) : ''],
    [words.say('repeated requests'), use.repeats ? words.number(use.repeats) : ''],
    ...use.parameters.map(([name, value]): [string, string] => [name, value])
  ];
  return (
    <div className="jp-AIProv-details">
      <dl>
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <React.Fragment key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </React.Fragment>
          ))}
      </dl>
      {use.messages.length === 0 ? (
        <p className="jp-AIProv-quiet">
          {words.say('In the notebook: digests, no text. The texts stay in .aiprov/ beside it.')}
        </p>
      ) : (
        use.messages.map((message, i) => (
          <div key={i} className="jp-AIProv-message">
            <strong>{message.role}</strong>
            <pre>{message.text}</pre>
          </div>
        ))
      )}
    </div>
  );
}
