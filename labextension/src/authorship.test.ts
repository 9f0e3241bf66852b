import { describe, expect, it } from 'vitest';
import { agentOf, partOf, writtenBy } from './agents';
import { documentOf } from './document';
import { fold } from './fold';
import { Live } from './live';
import { authorsOf, markOfStamps } from './mark';
import { Questions } from './questions';
import type { CellRecord } from './record';
import { sealed } from './seal';

const PASTE = 'a line of code\n'.repeat(8);

describe('what AI tools write', () => {
  it.each([
    ['notebook-intelligence:add-code-as-new-cell', { language: 'python', code: 'x = 1' }, 'x = 1'],
    ['notebook-intelligence:set-cell-type-and-source', { cellIndex: 3, source: 'x = 2' }, 'x = 2'],
    ['jupyterlab-ai-commands:set-cell-content', { content: 'x = 3', cellId: 'a' }, 'x = 3']
  ])('%s writes its text', (command, args, text) => expect(writtenBy(command, args)?.text).toBe(text));

  it.each([
    ['notebook:insert-cell-below', { source: 'x = 1' }],
    ['notebook-intelligence:focus-chat-input', {}],
    ['jupyterlab-ai-commands:add-cell', { content: ' ' }],
    ['jupyterlab-ai-commands:add-cell', null],
    ['jupyterlab-ai-commands:add-cell', { content: 3 }]
  ])('%s with %j writes nothing that can be told', (command, args) => expect(writtenBy(command, args)).toBeNull());

  it('is all of a cell, a part, or nothing', () => {
    expect(partOf('x = 1\r\ny = 2\n', 'x = 1\ny = 2')).toBe('ai-generated');
    expect(partOf('mine = 0\nprint("a long enough line")', 'print("a long enough line")')).toBe('ai-assisted');
    expect(partOf('x = 1\nother', 'x = 1')).toBeNull();
    expect(partOf('x = 1', '')).toBeNull();
  });

  it('names an agent in a shared document, never a person', () => {
    expect(agentOf({ user: { username: 'jupyter-ai-personas::jupyter_ai::Jupyternaut', name: 'Jupyternaut' } })).toBe(
      'Jupyternaut'
    );
    expect(agentOf({ user: { username: 'x', display_name: 'Helper', bot: true } })).toBe('Helper');
    expect(agentOf({ user: { username: 'marie', name: 'Marie', bot: false } })).toBe('');
    expect(agentOf(undefined)).toBe('');
  });
});

describe('a large paste', () => {
  it('is a question once a cell, and none when it came from this page', () => {
    const questions = new Questions();
    expect(questions.pasted('a', PASTE)).toBe(true);
    expect(questions.pasted('b', 'short')).toBe(false);
    expect(questions.list.map(one => [one.cellId, one.lines])).toEqual([['a', 8]]);
    questions.settle('a');
    expect(questions.list).toEqual([]);
    expect(questions.pasted('a', PASTE)).toBe(false);
    questions.copied(`${PASTE}more`);
    expect(questions.pasted('c', PASTE)).toBe(false);
  });
});

const human = { origin: 'human' };
const tool = { origin: 'ai-generated', tool: 'Helper' };
const declaration = (value: object, time: string): object => ({
  ...{ type: 'declaration', kind: 'authorship', subject: 'cell:a', cell_id: 'a', value, time },
  by: { name: 'A. Uthor', identity: 'asserted' }
});

function cellWith(mark: object, log: object = {}, live: Live | null = null): CellRecord | undefined {
  const cell = { cell_type: 'code', id: 'a', source: 'x', outputs: [], metadata: { aiprov: mark } };
  return fold(documentOf({ cells: [cell], metadata: { aiprov: log } }), live).cells[0];
}

describe('who wrote a cell', () => {
  it('is what a person declared, with who and when', () => {
    const cell = cellWith({ declarations: { d: declaration(human, '2') } });
    expect(cell?.origin).toBe('human');
    expect(cell?.authorship[0]).toMatchObject({
      evidence: 'declared',
      declared: { id: 'd', time: '2', by: { name: 'A. Uthor' } }
    });
  });

  it('stays visible as AI and then a person', () => {
    const cell = cellWith({ authorship: [tool], declarations: { d: declaration(human, '2') } });
    expect(cell?.origin).toBe('ai-assisted');
    expect(cell?.authorship.map(one => one.origin)).toEqual(['ai-generated', 'human']);
  });

  it('is unknown again once the declaration is withdrawn', () => {
    const cell = cellWith(
      { declarations: { d: declaration(tool, '2') } },
      { withdrawals: { w: { target: 'd', reason: '' } } }
    );
    expect(cell?.origin).toBeNull();
  });

  it('is told once, whether mark, log or kernel say it', () => {
    const live = new Live();
    live.add({ ...declaration(tool, '2'), id: 'd' });
    const said = { d: declaration(tool, '2') };
    expect(cellWith({ declarations: said }, { declarations: said }, live)?.authorship).toHaveLength(1);
    expect(cellWith({}, {}, live)?.origin).toBe('ai-generated');
  });
});

describe('the authorship in a mark', () => {
  const seen = sealed({ ...tool, method: 'command' });
  const matched = { ...tool, method: 'winnowing' };
  it('keeps what the panel saw beside what a run found', () =>
    expect(authorsOf([matched], { authorship: [seen, sealed({ ...matched, share: [0.1, 0.2] })] })).toEqual([
      sealed(matched),
      seen
    ]));
  it('keeps all where a run found nothing', () =>
    expect(markOfStamps([{ kind: 'stamp', groups: [] }], { authorship: [seen] }).authorship).toEqual([seen]));
});
