/** The *Review* view: what a person still has to read, in its own unit; a batch is signed once. */

import * as React from 'react';
import { Fields } from './json';
import type { NotebookProvenance } from './model';
import { Item, queueOf } from './queue';
import { Method, METHODS, Person, Review as ReviewRecord } from './record';
import type { Words } from './words';
import type { ReviewDraft } from './write';

export interface ReviewProps {
  model: NotebookProvenance;
  words: Words;
  person: Person | null;
  activeIndex: number;
}

type Status = 'checked' | 'corrected' | 'rejected';
const STATUSES: readonly (readonly [Status, string])[] = [
  ['checked', 'c'],
  ['corrected', 'e'],
  ['rejected', 'r']
];

export function Review({ model, words, person, activeIndex }: ReviewProps): React.ReactElement {
  const record = model.record;
  const items = React.useMemo(() => queueOf(record), [record]);
  const [drafts, setDrafts] = React.useState<ReadonlyMap<string, Status>>(new Map());
  const [order, setOrder] = React.useState<readonly string[]>([]);
  const [at, setAt] = React.useState(0);
  const list = React.useRef<HTMLUListElement>(null);
  const decide = (key: string, status: Status): void => {
    setDrafts(new Map(drafts).set(key, status));
    setOrder([...order.filter(one => one !== key), key]);
  };
  const undo = (): void => {
    const last = order[order.length - 1];
    if (last !== undefined) {
      const rest = new Map(drafts);
      rest.delete(last);
      setDrafts(rest);
      setOrder(order.slice(0, -1));
    }
  };
  const focus = (index: number): void => {
    const next = Math.max(0, Math.min(items.length - 1, index));
    setAt(next);
    list.current?.querySelectorAll<HTMLElement>('[data-review]')[next]?.focus();
  };
  const onKey = (event: React.KeyboardEvent, index: number, item: Item): void => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const status = STATUSES.find(([, key]) => key === event.key)?.[0];
    if (status && !model.isReadOnly) {
      decide(item.key, status);
    } else if (event.key === 'u' || event.key === 'Backspace') {
      undo();
    } else if (event.key === 'ArrowDown' || event.key === 'j') {
      focus(index + 1);
    } else if (event.key === 'ArrowUp' || event.key === 'k') {
      focus(index - 1);
    } else if (event.key === 'Enter') {
      void model.jump(item.cellIndex);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const chosen = items.filter(item => drafts.has(item.key));
  return (
    <div className="jp-AIProv-review">
      {items.length === 0 ? (
        <p className="jp-AIProv-quiet">{words.say('Nothing to review is on record.')}</p>
      ) : (
        <p className="jp-AIProv-quiet">
          {words.say(
            'With the focus in the list: c checked · e corrected · r rejected · u undo · Enter shows the cell'
          )}
        </p>
      )}
      <ul className="jp-AIProv-list" ref={list} aria-label={words.say('To review')}>
        {items.slice(0, 500).map((item, index) => (
          <li
            key={item.key}
            className="jp-AIProv-item"
            data-active={item.cellIndex === activeIndex}
            data-state={item.state}
          >
            <div
              data-review={item.key}
              role="group"
              tabIndex={index === Math.min(at, items.length - 1) ? 0 : -1}
              aria-label={itemText(item, words)}
              onFocus={() => setAt(index)}
              onKeyDown={event => onKey(event, index, item)}
            >
              <button type="button" className="jp-AIProv-jump" onClick={() => void model.jump(item.cellIndex)}>
                <span className="jp-AIProv-where">{words.cell(item.cellIndex)}</span> {item.name}{' '}
                <span className="jp-AIProv-state" data-state={item.state}>
                  {words.state(item.state)}
                </span>
              </button>
              <p className="jp-AIProv-facts">{progress(item, words)}</p>
              {!model.isReadOnly && (
                <div className="jp-AIProv-row">
                  {STATUSES.map(([status]) => (
                    <button
                      key={status}
                      type="button"
                      className="jp-AIProv-choice"
                      aria-pressed={drafts.get(item.key) === status}
                      onClick={() => decide(item.key, status)}
                    >
                      {words.say(STATUS_LABEL[status])}
                    </button>
                  ))}
                </div>
              )}
              <Given item={item} model={model} words={words} />
            </div>
          </li>
        ))}
      </ul>
      {chosen.length > 0 && !model.isReadOnly && (
        <Sign
          items={chosen}
          drafts={drafts}
          words={words}
          person={person}
          onUndo={undo}
          onSign={(signed, by) => {
            model.writer.review(signed, by);
            setDrafts(new Map());
            setOrder([]);
          }}
        />
      )}
    </div>
  );
}

const STATUS_LABEL: { readonly [status in Status]: string } = {
  checked: 'Checked',
  corrected: 'Corrected',
  rejected: 'Rejected'
};

const METHOD_LABEL: { readonly [method in Method]: string } = {
  'read-all': 'read all',
  sampled: 'read a sample',
  compared: 'compared with other data',
  rerun: 'run again',
  other: 'other'
};

function itemText(item: Item, words: Words): string {
  return `${words.cell(item.cellIndex)} ${item.name}, ${words.state(item.state)}, ${progress(item, words)}`;
}

/** "100 of 1,500 rows (6.7 %) read, 12 corrected"; reading all and sampling are kept apart. */
function progress(item: Item, words: Words): string {
  const unit = words.say(item.unit);
  const part = (n: number): string => {
    const share = item.total ? ` (${words.percent(n / item.total)})` : '';
    return words.say('%1 of %2 %3', words.number(n), words.number(item.total), unit) + share;
  };
  const isOne = item.unit !== 'rows';
  const parts = [
    ...(isOne ? [words.origin(item.origin)] : []),
    ...(!isOne && (item.readAll || !item.sampled) ? [words.say('%1 read', part(item.readAll))] : []),
    ...(item.sampled ? [words.say('%1 read as a sample', part(item.sampled))] : []),
    ...(item.corrected && !isOne ? [words.say('%1 corrected', words.number(item.corrected))] : []),
    ...(item.rejected && !isOne ? [words.say('%1 rejected', words.number(item.rejected))] : []),
    ...(item.reviewers > 1 ? [words.say('%1 reviewers', item.reviewers)] : []),
    ...(item.disagreements ? [words.many('%1 disagreement', '%1 disagreements', item.disagreements)] : [])
  ];
  return parts.join(' · ');
}

/** The reviews an item already has; each can be withdrawn with a reason. */
function Given({
  item,
  model,
  words
}: {
  item: Item;
  model: NotebookProvenance;
  words: Words;
}): React.ReactElement | null {
  if (!item.reviews.length) {
    return null;
  }
  return (
    <ul className="jp-AIProv-given">
      {item.reviews.slice(0, 50).map(review => (
        <li key={review.id} data-withdrawn={review.withdrawn !== null}>
          {givenText(review, words)}
          {review.note && (
            <>
              {' '}
              <q>{review.note}</q>
            </>
          )}
          {review.withdrawn === null && !model.isReadOnly && (
            <Withdraw words={words} onWithdraw={reason => model.writer.withdraw(review.id, reason, review.cellId)} />
          )}
        </li>
      ))}
    </ul>
  );
}

function givenText(review: ReviewRecord, words: Words): string {
  const who = review.by
    ? `${review.by.name || words.say('no name')} (${words.say(review.by.identity === 'authenticated' ? 'identity from Jupyter' : 'identity typed, not authenticated')})`
    : words.say('no name');
  const parts = [
    words.say(STATUS_LABEL[review.status]),
    words.say(METHOD_LABEL[review.method]),
    who,
    words.time(review.time)
  ];
  if (review.stale) {
    parts.push(words.say('outdated: source or outputs changed since'));
  }
  if (review.withdrawn !== null) {
    parts.push(words.say('withdrawn: %1', review.withdrawn || words.say('no reason given')));
  }
  return parts.join(' · ');
}

function Withdraw({ words, onWithdraw }: { words: Words; onWithdraw: (reason: string) => void }): React.ReactElement {
  const [reason, setReason] = React.useState<string | null>(null);
  if (reason === null) {
    return (
      <button type="button" className="jp-AIProv-link" onClick={() => setReason('')}>
        {words.say('Withdraw…')}
      </button>
    );
  }
  return (
    <form
      className="jp-AIProv-row"
      onSubmit={event => {
        event.preventDefault();
        onWithdraw(reason.trim());
      }}
    >
      <input
        className="jp-mod-styled"
        autoFocus
        aria-label={words.say('Reason')}
        placeholder={words.say('Reason')}
        value={reason}
        onChange={event => setReason(event.target.value)}
      />
      <button type="submit" className="jp-AIProv-action" disabled={!reason.trim()}>
        {words.say('Withdraw')}
      </button>
      <button type="button" className="jp-AIProv-link" onClick={() => setReason(null)}>
        {words.say('Cancel')}
      </button>
    </form>
  );
}

interface SignProps {
  items: readonly Item[];
  drafts: ReadonlyMap<string, Status>;
  words: Words;
  person: Person | null;
  onUndo: () => void;
  onSign: (drafts: ReviewDraft[], by: Fields) => void;
}

function Sign({ items, drafts, words, person, onUndo, onSign }: SignProps): React.ReactElement {
  const [method, setMethod] = React.useState<Method>('read-all');
  const [note, setNote] = React.useState('');
  const [typed, setTyped] = React.useState('');
  const [read, setRead] = React.useState('');
  const [corrected, setCorrected] = React.useState('');
  const name = person ? person.name : typed.trim();
  const rows = items.filter(item => item.unit === 'rows');
  const isSampled = method === 'sampled';
  const number = (value: string): number => Math.max(0, Math.floor(Number(value) || 0));
  const sign = (): void => {
    const signed = items.map((item): ReviewDraft => {
      const status = drafts.get(item.key) as Status;
      const seen = isSampled && item.unit === 'rows' ? Math.min(number(read), item.total) : item.total;
      return {
        kind: item.kind,
        name: item.name,
        cellId: item.cellId,
        status,
        method,
        note: note.trim(),
        units: {
          unit: item.unit,
          total: item.total,
          read: seen,
          corrected: status === 'corrected' ? (item.unit === 'rows' ? Math.min(number(corrected), seen) : 1) : 0,
          rejected: status === 'rejected' ? (item.unit === 'rows' ? seen : 1) : 0
        }
      };
    });
    onSign(signed, { name, identity: person ? 'authenticated' : 'asserted' });
  };
  return (
    <form
      className="jp-AIProv-sign"
      aria-label={words.say('Sign')}
      onSubmit={event => {
        event.preventDefault();
        sign();
      }}
    >
      <label>
        {words.say('How')}
        <select
          className="jp-AIProv-select"
          value={method}
          onChange={event => setMethod(METHODS.find(one => one === event.target.value) ?? 'other')}
        >
          {METHODS.map(one => (
            <option key={one} value={one}>
              {words.say(METHOD_LABEL[one])}
            </option>
          ))}
        </select>
      </label>
      {isSampled && rows.length > 0 && (
        <label>
          {words.say('Rows read')}
          <input
            className="jp-mod-styled"
            type="number"
            min={1}
            required
            value={read}
            onChange={event => setRead(event.target.value)}
          />
        </label>
      )}
      {rows.some(item => drafts.get(item.key) === 'corrected') && (
        <label>
          {words.say('Rows corrected')}
          <input
            className="jp-mod-styled"
            type="number"
            min={0}
            value={corrected}
            onChange={event => setCorrected(event.target.value)}
          />
        </label>
      )}
      <label>
        {words.say('Note')}
        <input className="jp-mod-styled" value={note} onChange={event => setNote(event.target.value)} />
      </label>
      {person ? (
        <p>
          {words.say('Signed as %1', person.name)}{' '}
          <span className="jp-AIProv-quiet">({words.say('identity from Jupyter')})</span>
        </p>
      ) : (
        <label>
          {words.say('Your name')}{' '}
          <span className="jp-AIProv-quiet">({words.say('identity typed, not authenticated')})</span>
          <input className="jp-mod-styled" required value={typed} onChange={event => setTyped(event.target.value)} />
        </label>
      )}
      <div className="jp-AIProv-row">
        <button type="submit" className="jp-AIProv-action jp-mod-accept" disabled={!name}>
          {words.many('Sign %1 review', 'Sign %1 reviews', items.length)}
        </button>
        <button type="button" className="jp-AIProv-link" onClick={onUndo}>
          {words.say('Undo')}
        </button>
      </div>
    </form>
  );
}
