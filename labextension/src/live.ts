/** What the kernel tells while it runs: events joined by id, kept by execution. No JupyterLab here. */

import { count, fields, Fields, isFields, text } from './json';
import { canonical } from './proof';
import type { Authorship, Derivation, Gap, Use } from './record';
import { GROUP_KEYS, INPUT_TOKENS, OUTPUT_TOKENS, REQUEST_PREFIX } from './semconv';
import { authorshipOf, derivationOf, gapOf, useOf } from './stamp';

/** Events kept in the browser; the journal has them all. */
export const MAX_LIVE = 20000;

/** One run of a cell, as it is told. */
export class Run {
  cellId = '';
  executionCount: number | null = null;
  sourceSha256 = '';
  readonly derivations = new Map<string, Derivation>();
  readonly authorship: Authorship[] = [];
  readonly gaps: Gap[] = [];

  constructor(
    readonly id: string,
    readonly session: string
  ) {}

  /** A line of an invocation: the later completes the earlier. */
  invocation(event: Fields): boolean {
    const id = text(event.id, 200);
    const known = this.calls.get(id);
    this.calls.set(id, known ? { ...known, ...event } : event);
    this.groups = null;
    return known === undefined;
  }

  /** Alike calls joined, in the order of their first. */
  uses(): Use[] {
    this.groups ??= this.grouped();
    return this.groups;
  }

  private grouped(): Use[] {
    const groups = new Map<string, Fields[]>();
    for (const call of this.calls.values()) {
      const key = groupKey(
        Object.fromEntries(
          Object.entries(call).filter(([name]) => GROUP_KEYS.includes(name) || name.startsWith(REQUEST_PREFIX))
        )
      );
      const group = groups.get(key);
      if (group) {
        group.push(call);
      } else {
        groups.set(key, [call]);
      }
    }
    return Array.from(groups.values(), (calls, i) => joinedUse(calls, `${this.id}/live/${i}`, this));
  }

  private calls = new Map<string, Fields>();
  private groups: Use[] | null = null;
}

function joinedUse(calls: readonly Fields[], key: string, run: Run): Use {
  const head = calls[0] ?? {};
  const sum = (name: string): number | null => {
    const sent = calls.filter(call => typeof call[name] === 'number');
    return sent.length ? sent.reduce((total, call) => total + count(call[name]), 0) : null;
  };
  const seconds = calls.flatMap(call => (typeof call.seconds === 'number' ? [call.seconds] : []));
  const capture = calls.map(call => fields(call.capture));
  const starts = calls
    .map(call => text(call.start_time, 40))
    .filter(Boolean)
    .sort();
  const use = useOf(
    {
      ...head,
      count: calls.length,
      [INPUT_TOKENS]: sum(INPUT_TOKENS),
      [OUTPUT_TOKENS]: sum(OUTPUT_TOKENS),
      seconds: seconds.length ? seconds.reduce((total, one) => total + one, 0) : null,
      incomplete: capture.filter(one => one.complete === false).length,
      streamed: capture.filter(one => one.streamed === true).length,
      repeats: calls.filter(call => call.repeat === true).length,
      errors: Object.fromEntries(
        calls.flatMap(call => (text(call['error.type']) ? [[text(call['error.type'], 200), 1]] : []))
      ),
      first: starts[0] ?? '',
      last: starts[starts.length - 1] ?? ''
    },
    {
      key,
      execution: run.id,
      session: run.session,
      invocations: calls.map(call => text(call.id, 200))
    }
  );
  return use;
}

/** One kernel session, live. */
export class Live {
  readonly runs = new Map<string, Run>();
  /** Cell id -> its latest run that was told. */
  readonly latest = new Map<string, string>();
  readonly declarations = new Map<string, Fields>();
  readonly reviews = new Map<string, Fields>();
  readonly withdrawals = new Map<string, Fields>();
  session = '';
  /** True when the kernel's snapshot left nothing out. */
  isWhole = true;
  leftOut = 0;
  events = 0;

  /** An event of the journal; false when it changes nothing that is shown. */
  add(raw: unknown): boolean {
    if (!isFields(raw)) {
      this.leftOut += 1;
      return false;
    }
    const id = text(raw.id, 200);
    const type = raw.type;
    if (this.events >= MAX_LIVE) {
      this.leftOut += 1;
      return true;
    }
    this.events += 1;
    switch (type) {
      case 'session':
        this.session = text(raw.session, 200) || id;
        return true;
      case 'execution':
        return this.execution(id, raw);
      case 'invocation':
        this.run(raw).invocation(raw);
        return true;
      case 'derivation': {
        const one = derivationOf(raw);
        this.run(raw).derivations.set(one.subject, one);
        return true;
      }
      case 'authorship':
        this.run(raw).authorship.push(authorshipOf(raw));
        return true;
      case 'gap':
        this.run(raw).gaps.push(gapOf(raw));
        return true;
      case 'declaration':
        this.declarations.set(id, raw);
        return true;
      case 'review':
        this.reviews.set(id, raw);
        return true;
      case 'withdrawal':
        this.withdrawals.set(id, raw);
        return true;
      default:
        return false;
    }
  }

  private execution(id: string, raw: Fields): boolean {
    const run = this.run({ ...raw, execution: id });
    run.sourceSha256 = text(raw.source_sha256, 64) || run.sourceSha256;
    run.executionCount = typeof raw.execution_count === 'number' ? raw.execution_count : run.executionCount;
    return true;
  }

  private run(event: Fields): Run {
    const id = text(event.execution, 200);
    let run = this.runs.get(id);
    if (!run) {
      run = new Run(id, text(event.session, 200));
      this.runs.set(id, run);
    }
    const cellId = text(event.cell_id, 64);
    if (cellId && !run.cellId) {
      run.cellId = cellId;
      this.latest.set(cellId, id);
    }
    return run;
  }
}

/** The same text for the same value; what makes calls alike. */
export function groupKey(value: unknown): string {
  return canonical(value);
}
