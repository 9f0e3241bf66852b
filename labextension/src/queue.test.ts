import { describe, expect, it } from 'vitest';
import { documentOf } from './document';
import { isShown, NO_FILTER, rowsOf } from './filter';
import { fold } from './fold';
import { dataOf, sharesOf } from './frames';
import { queueOf } from './queue';
import type { Record } from './record';
import { MIME } from './semconv';

const review = (by: string, status: string, units: object, method = 'sampled', time = '1'): object => ({
  type: 'review',
  subject: { kind: 'column', name: 'df.label' },
  status,
  by: { name: by, identity: 'asserted' },
  method,
  time,
  units: { unit: 'rows', total: 1500, ...units }
});

function recordOf(reviews: object): Record {
  const stamp = {
    kind: 'stamp',
    execution: { id: 'e', cell_id: 'a' },
    groups: [{ count: 12, status: 'completed', 'gen_ai.response.model': 'm', 'gen_ai.operation.name': 'chat' }],
    derivations: [
      { subject: 'df.label', kind: 'column', origin: 'ai-generated', rows_ai: 1500, rows_edited: 150, rows_total: 2000 }
    ]
  };
  const cell = {
    cell_type: 'code',
    id: 'a',
    source: '',
    metadata: { aiprov: { reviews } },
    outputs: [{ output_type: 'display_data', data: { [MIME]: stamp } }]
  };
  return fold(documentOf({ cells: [cell], metadata: {} }));
}

describe('the review queue', () => {
  it('counts a column in rows, and keeps reading all and sampling apart', () => {
    const [item] = queueOf(recordOf({ r: review('A', 'checked', { read: 100, corrected: 12 }) }));
    expect(item).toMatchObject({
      unit: 'rows',
      total: 1500,
      readAll: 0,
      sampled: 100,
      corrected: 12,
      state: 'checked'
    });
  });

  it('keeps every review and says that two people disagree', () => {
    const [item] = queueOf(
      recordOf({ r: review('A', 'checked', { read: 10 }), q: review('B', 'rejected', { read: 1500 }, 'read-all', '2') })
    );
    expect(item).toMatchObject({ reviewers: 2, disagreements: 1, readAll: 1500, sampled: 10, state: 'rejected' });
  });

  it('lists a column without reviews as to review', () => {
    expect(queueOf(recordOf({}))[0]?.state).toBe('unverified');
  });
});

describe('the data view', () => {
  it('takes a frame apart into columns with the shares of their rows', () => {
    const [frame] = dataOf(recordOf({})).frames;
    expect(frame?.name).toBe('df');
    expect(frame?.columns[0] && sharesOf(frame.columns[0])).toEqual({ ai: 0.675, edited: 0.075, rest: 0.25 });
  });
});

describe('the timeline filter', () => {
  const [row] = rowsOf(recordOf({}));
  it.each([
    [{ text: 'DF.LABEL' }, true],
    [{ text: 'nothing' }, false],
    [{ model: 'm' }, true],
    [{ kind: 'embeddings' }, false],
    [{ errors: true }, false],
    [{ toReview: true }, true]
  ])('%j', (filter, shown) => expect(row && isShown(row, { ...NO_FILTER, ...filter })).toBe(shown));
});
