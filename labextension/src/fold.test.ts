import { describe, expect, it } from 'vitest';
import { documentOf } from './document';
import { fold } from './fold';
import { Live } from './live';
import { sourceDigest } from './seal';
import { MIME } from './semconv';
import { summaryOf } from './summary';

const stamp = (execution: object, groups: unknown, more: object = {}): object => ({
  output_type: 'display_data',
  data: { [MIME]: { schema_version: '1.0', kind: 'stamp', tool: 't', execution, groups, ...more } },
  metadata: {}
});
const group = (count: number, more: object = {}): object => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'asked',
  'gen_ai.response.model': 'answered',
  status: 'completed',
  count,
  ...more
});
const cell = (id: string, outputs: unknown, more: object = {}): object => ({
  cell_type: 'code',
  id,
  source: 'ask()',
  execution_count: 1,
  metadata: {},
  outputs,
  ...more
});
const run = (id: string, cellId: string): object => ({
  id,
  session: 's',
  cell_id: cellId,
  source_sha256: sourceDigest('ask()')
});
const notebook = (cells: unknown, log: unknown = {}): ReturnType<typeof documentOf> =>
  documentOf({ cells, metadata: { aiprov: log } });
const calls = (live: Live, execution: string, cellId: string, n: number, status = 'completed'): void => {
  for (let i = 0; i < n; i++) {
    live.add({ type: 'invocation', id: `${execution}-${i}`, execution, cell_id: cellId, status, session: 's' });
  }
};

describe('the fold', () => {
  it('reads a stamp as the uses of its cell', () => {
    const record = fold(notebook([cell('a', [stamp(run('e', 'a'), [group(12)])])]));
    expect(record.cells[0]?.uses[0]).toMatchObject({ count: 12, asked: 'asked', answered: 'answered' });
    expect(record.cells[0]?.origin).toBe('ai-generated');
    expect(record.cells[0]?.edited).toBe(false);
  });

  it('counts a copied stamp once, where it belongs, and calls the other a copy', () => {
    const output = stamp(run('e', 'a'), [group(3)]);
    const record = fold(notebook([cell('b', [output]), cell('a', [output])]));
    expect(record.cells.map(one => one.copied)).toEqual([true, false]);
    expect(summaryOf({ ...record, cells: record.cells.filter(one => !one.copied) }).calls).toBe(3);
    expect(summaryOf(record).calls).toBe(3);
  });

  it('lets a live run take the place of the stamp of an earlier run', () => {
    const live = new Live();
    calls(live, 'e2', 'a', 2);
    const record = fold(notebook([cell('a', [stamp(run('e', 'a'), [group(5)])])]), live);
    expect(summaryOf(record).calls).toBe(2);
  });

  it('keeps a stamp that knows more calls than a cut snapshot', () => {
    const live = new Live();
    calls(live, 'e', 'a', 2);
    expect(summaryOf(fold(notebook([cell('a', [stamp(run('e', 'a'), [group(5)])])]), live)).calls).toBe(5);
  });

  it('joins the started and the ending line of one call', () => {
    const live = new Live();
    calls(live, 'e', 'a', 1, 'started');
    expect(fold(notebook([cell('a', [])]), live).cells[0]?.uses[0]?.status).toBe('started');
    calls(live, 'e', 'a', 1);
    const record = fold(notebook([cell('a', [])]), live);
    expect(record.cells[0]?.uses).toHaveLength(1);
    expect(record.cells[0]?.uses[0]?.status).toBe('completed');
  });

  it('tells superseded calls and those of deleted cells apart from results', () => {
    const live = new Live();
    calls(live, 'e1', 'a', 2);
    calls(live, 'e2', 'a', 1);
    calls(live, 'e3', 'gone', 4);
    const record = fold(notebook([cell('a', [])]), live);
    expect(record.elsewhere.map(use => [use.standing, use.count])).toEqual([
      ['superseded', 2],
      ['deleted', 4]
    ]);
    expect(summaryOf(record)).toMatchObject({ calls: 1, development: 6 });
  });

  it('makes a review stale once source or outputs differ, and leaves a withdrawn one out of the state', () => {
    const review = {
      type: 'review',
      status: 'checked',
      subject: { kind: 'cell' },
      time: '1',
      source_sha256: 'x'.repeat(64)
    };
    const marked = cell('a', [stamp(run('e', 'a'), [group(1)])], { metadata: { aiprov: { reviews: { r: review } } } });
    expect(fold(notebook([marked])).cells[0]?.state).toBe('stale');
    const withdrawn = { withdrawals: { w: { target: 'r', reason: 'no' } } };
    expect(fold(notebook([marked], withdrawn)).cells[0]?.state).toBe('unverified');
  });

  it('never takes an unknown origin for a human one', () => {
    const odd = cell('a', [stamp(run('e', 'a'), [], { derivations: [{ subject: 'x', origin: 'alien' }] })]);
    expect(fold(notebook([odd])).cells[0]?.origin).toBeNull();
  });

  it('passes over what has no meaning, says how much, and touches no prototype', () => {
    const evil = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"type": "review"}}') as object;
    const record = fold(
      notebook(
        [
          null,
          3,
          'cell',
          cell('a', 'no list', { metadata: { aiprov: { reviews: evil, declarations: [1], origin: {} } } }),
          cell('b', [stamp(run('e', 'b'), 'no groups'), stamp(run('f', 'b'), [1, null, group(-1)])]),
          cell('c', [{ output_type: 'display_data', data: { [MIME]: '{"broken' } }])
        ],
        { sessions: 'x', reviews: evil, disclosure: { slots: { a: 1 } } }
      )
    );
    expect(record.leftOut).toBeGreaterThanOrEqual(6);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('stays within its caps at 100,000 events', () => {
    const live = new Live();
    calls(live, 'e', 'a', 100_000);
    const record = fold(notebook([cell('a', [])]), live);
    expect(record.leftOut).toBe(80_000);
    expect(summaryOf(record).calls).toBe(20_000);
  });
});
