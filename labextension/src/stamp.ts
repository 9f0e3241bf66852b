/** What one stamp says, read once and remembered by the record's identity. */

import { among, count, countOrNull, Fields, fields, LeftOut, number, objects, own, text, texts } from './json';
import { canonical } from './proof';
import type { Authorship, Derivation, Gap, Message, Review, SubjectKind, Units, Use } from './record';
import { METHODS } from './record';
import {
  Destination,
  Evidence,
  INPUT_TOKENS,
  OPERATION,
  ORIGINS,
  OUTPUT_TOKENS,
  PROVIDER,
  REQUEST_MODEL,
  REQUEST_PREFIX,
  RESPONSE_MODEL,
  STATUSES
} from './semconv';

const DESTINATIONS: readonly Destination[] = ['in-process', 'loopback', 'institutional', 'external'];
const EVIDENCES: readonly Evidence[] = ['captured', 'declared', 'inferred', 'imported'];
const KINDS: readonly SubjectKind[] = ['variable', 'frame', 'column', 'file', 'figure', 'output'];
const MAX_GROUPS = 200;

export interface Stamp {
  readonly execution: string;
  readonly session: string;
  readonly cellId: string;
  readonly executionCount: number | null;
  readonly sourceSha256: string;
  readonly status: string;
  readonly time: string;
  readonly uses: readonly Use[];
  readonly derivations: readonly Derivation[];
  readonly authorship: readonly Authorship[];
  readonly gaps: readonly Gap[];
  readonly calls: number;
  readonly leftOut: number;
}

const read = new WeakMap<object, Stamp>();

/** A stamp's record, tolerantly. */
export function stampOf(record: Fields): Stamp {
  const known = read.get(record);
  if (known) {
    return known;
  }
  const left = new LeftOut();
  const made = fields(record.execution);
  const execution = text(made.id, 200);
  const session = text(made.session, 200);
  const content = contentOf(record, left);
  const uses = objects(record.groups, left, MAX_GROUPS).map((group, i) =>
    useOf(group, { key: `${execution}/${i}`, execution, session, messages: i === 0 ? content : [] })
  );
  const stamp: Stamp = {
    execution,
    session,
    cellId: text(made.cell_id, 64),
    executionCount: countOrNull(made.execution_count),
    sourceSha256: text(made.source_sha256, 64),
    status: text(made.status, 40),
    time: text(made.time, 40),
    uses,
    derivations: objects(record.derivations, left, 500).map(derivationOf),
    authorship: objects(record.authorship, left, 100).map(authorshipOf),
    gaps: objects(record.gaps, left, 100).map(gapOf),
    calls: uses.reduce((sum, use) => sum + use.count, 0),
    leftOut: left.count
  };
  read.set(record, stamp);
  return stamp;
}

interface Where {
  key: string;
  execution: string;
  session: string;
  messages?: readonly Message[];
  invocations?: readonly string[];
}

/** A group of a stamp (or of the notebook log) as a use. */
export function useOf(group: Fields, where: Where): Use {
  const parameters: [string, string][] = [];
  for (const key of Object.keys(group)) {
    if (key.startsWith(REQUEST_PREFIX) && key !== REQUEST_MODEL && parameters.length < 40) {
      parameters.push([key.slice(REQUEST_PREFIX.length), shown(group[key])]);
    }
  }
  const errors = Object.keys(fields(group.errors))
    .slice(0, 20)
    .map(name => text(name, 200));
  return {
    key: where.key,
    execution: where.execution,
    session: where.session,
    cellIndex: null,
    cellId: null,
    executionCount: null,
    operation: text(own(group, OPERATION), 60),
    provider: text(own(group, PROVIDER), 120),
    asked: text(own(group, REQUEST_MODEL), 200),
    answered: text(own(group, RESPONSE_MODEL), 200),
    destination: DESTINATIONS.find(word => word === group.destination) ?? null,
    status: among(group.status, STATUSES, 'completed'),
    standing: among(
      group.standing,
      ['shown', 'superseded', 'deleted', 'failed', 'cached', 'withdrawn'] as const,
      group.status === 'failed' || group.status === 'unread' || group.status === 'started'
        ? 'failed'
        : group.status === 'cached'
          ? 'cached'
          : 'shown'
    ),
    count: count(group.count, 1),
    inputTokens: countOrNull(own(group, INPUT_TOKENS)),
    outputTokens: countOrNull(own(group, OUTPUT_TOKENS)),
    seconds: number(group.seconds),
    incomplete: count(group.incomplete),
    streamed: count(group.streamed),
    repeats: count(group.repeats),
    errors,
    evidence: among(group.evidence, EVIDENCES, 'captured'),
    first: text(group.first, 40),
    last: text(group.last, 40),
    parameters,
    invocations: where.invocations ?? [],
    messages: where.messages ?? []
  };
}

function shown(value: unknown): string {
  return text(typeof value === 'string' ? value : canonical(value), 200);
}

export function derivationOf(raw: Fields): Derivation {
  return {
    subject: text(raw.subject, 300),
    kind: among(raw.kind, KINDS, 'variable'),
    origin: among(raw.origin, ORIGINS, 'unknown'),
    evidence: among(raw.evidence, EVIDENCES, 'inferred'),
    confidence: among(raw.confidence, ['high', 'medium', 'low'] as const, 'high'),
    rowsAi: countOrNull(raw.rows_ai),
    rowsEdited: countOrNull(raw.rows_edited),
    rowsTotal: countOrNull(raw.rows_total),
    selectedBy: texts(raw.selected_by, 20),
    models: texts(raw.models, 20),
    path: texts(raw.path, 40),
    file: text(fields(raw.file).name, 255),
    state: among(raw.state, ['current', 'deleted', 'superseded'] as const, 'current'),
    cellIndex: null,
    cellId: null
  };
}

export function authorshipOf(raw: Fields): Authorship {
  const share = raw.share;
  const [low, high] = Array.isArray(share) ? [number(share[0]), number(share[1])] : [null, null];
  return {
    origin: among(raw.origin, ORIGINS, 'unknown'),
    tool: text(raw.tool, 120),
    model: text(raw.model, 200),
    share: low !== null && high !== null ? [low, high] : null,
    method: text(raw.method, 60),
    evidence: among(raw.evidence, EVIDENCES, 'inferred'),
    declared: null,
    cellIndex: null,
    cellId: null
  };
}

export function gapOf(raw: Fields): Gap {
  return { reason: text(raw.reason, 80), detail: text(raw.detail, 500), cellIndex: null };
}

export function unitsOf(raw: unknown): Units | null {
  const units = fields(raw);
  const unit = text(units.unit, 40);
  return unit
    ? {
        unit,
        total: count(units.total),
        read: count(units.read),
        corrected: count(units.corrected),
        rejected: count(units.rejected)
      }
    : null;
}

/** A review as it lies in a cell's or the notebook's metadata. */
export function reviewOf(id: string, raw: Fields): Review | null {
  const status = raw.status;
  if (status !== 'checked' && status !== 'corrected' && status !== 'rejected') {
    return null;
  }
  const subject = fields(raw.subject);
  const by = fields(raw.by);
  return {
    id,
    kind: text(subject.kind, 40) || 'cell',
    name: text(subject.name, 300),
    status,
    method: among(raw.method, METHODS, 'other'),
    note: text(raw.note, 2000),
    by: raw.by
      ? { name: text(by.name, 200), identity: by.identity === 'authenticated' ? 'authenticated' : 'asserted' }
      : null,
    units: unitsOf(raw.units),
    time: text(raw.time, 40),
    stale: false,
    withdrawn: null,
    cellIndex: null,
    cellId: text(raw.cell_id, 64) || text(subject.cell_id, 64) || null
  };
}

function contentOf(record: Fields, left: LeftOut): Message[] {
  const out: Message[] = [];
  for (const one of objects(record.content, left, 50)) {
    out.push(...messagesOf(one.input, left), ...messagesOf(one.output, left));
  }
  return out.slice(0, 100);
}

/** Messages in the OpenTelemetry shape, as role and text. */
export function messagesOf(raw: unknown, left: LeftOut): Message[] {
  return objects(raw, left, 100).map(message => ({
    role: text(message.role, 40),
    text: objects(message.parts, left, 50)
      .map(part => text(part.content, 4000) || `[${text(part.type, 40)}]`)
      .join('\n')
  }));
}
