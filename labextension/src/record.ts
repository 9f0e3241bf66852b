/** What the panel shows, as values: the outcome of the fold. No JupyterLab here. */

import type { Destination, Evidence, InvocationStatus, Origin, Standing, Verification } from './semconv';

/** Alike calls of one execution. */
export interface Use {
  readonly key: string;
  readonly execution: string;
  readonly session: string;
  readonly cellIndex: number | null;
  readonly cellId: string | null;
  readonly executionCount: number | null;
  readonly operation: string;
  readonly provider: string;
  readonly asked: string;
  readonly answered: string;
  readonly destination: Destination | null;
  readonly status: InvocationStatus;
  readonly standing: Standing;
  readonly count: number;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly seconds: number | null;
  readonly incomplete: number;
  readonly streamed: number;
  readonly repeats: number;
  readonly errors: readonly string[];
  readonly evidence: Evidence;
  readonly first: string;
  readonly last: string;
  readonly parameters: readonly (readonly [string, string])[];
  readonly invocations: readonly string[];
  readonly messages: readonly Message[];
}

export interface Message {
  readonly role: string;
  readonly text: string;
}

export type SubjectKind = 'variable' | 'frame' | 'column' | 'file' | 'figure' | 'output';

/** What became of answers. */
export interface Derivation {
  readonly subject: string;
  readonly kind: SubjectKind;
  readonly origin: Origin;
  readonly evidence: Evidence;
  readonly confidence: 'high' | 'medium' | 'low';
  readonly rowsAi: number | null;
  readonly rowsEdited: number | null;
  readonly rowsTotal: number | null;
  readonly selectedBy: readonly string[];
  readonly models: readonly string[];
  readonly path: readonly string[];
  readonly file: string;
  readonly state: 'current' | 'deleted' | 'superseded';
  readonly cellIndex: number | null;
  readonly cellId: string | null;
}

/** Who wrote a cell's source. */
export interface Authorship {
  readonly origin: Origin;
  readonly tool: string;
  readonly model: string;
  readonly share: readonly [number, number] | null;
  readonly method: string;
  readonly evidence: Evidence;
  /** Of a declaration: its id, when and by whom it was made. */
  readonly declared: { readonly id: string; readonly time: string; readonly by: Person | null } | null;
  readonly cellIndex: number | null;
  readonly cellId: string | null;
}

export interface Person {
  readonly name: string;
  readonly identity: 'asserted' | 'authenticated';
}

export interface Units {
  readonly unit: string;
  readonly total: number;
  readonly read: number;
  readonly corrected: number;
  readonly rejected: number;
}

export type Method = 'read-all' | 'sampled' | 'compared' | 'rerun' | 'other';
export const METHODS: readonly Method[] = ['read-all', 'sampled', 'compared', 'rerun', 'other'];

export interface Review {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly status: 'checked' | 'corrected' | 'rejected';
  readonly method: Method;
  readonly note: string;
  readonly by: Person | null;
  readonly units: Units | null;
  readonly time: string;
  readonly stale: boolean;
  readonly withdrawn: string | null;
  readonly cellIndex: number | null;
  readonly cellId: string | null;
}

export interface Declaration {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly value: string;
  readonly by: Person | null;
  readonly time: string;
  readonly cellIndex: number | null;
}

export interface Gap {
  readonly reason: string;
  readonly detail: string;
  readonly cellIndex: number | null;
}

export interface Session {
  readonly id: string;
  readonly started: string;
  readonly ended: string;
  readonly tool: string;
  readonly python: string;
  readonly notCovered: readonly string[];
}

/** A cell that has something on record. */
export interface CellRecord {
  readonly index: number;
  readonly id: string;
  readonly type: string;
  readonly executionCount: number | null;
  readonly origin: Origin | null;
  readonly state: Verification;
  readonly models: readonly string[];
  readonly uses: readonly Use[];
  readonly derivations: readonly Derivation[];
  readonly authorship: readonly Authorship[];
  readonly reviews: readonly Review[];
  readonly gaps: readonly Gap[];
  readonly sourceSha256: string;
  /** The source differs from what was run. */
  readonly edited: boolean;
  /** The stamp was made in another cell: this one is a copy. */
  readonly copied: boolean;
}

export interface Disclosure {
  readonly language: string;
  readonly policy: string;
  readonly slots: ReadonlyMap<string, string>;
}

/** All that is on record. */
export interface Record {
  readonly schemaVersion: string;
  readonly cells: readonly CellRecord[];
  /** Uses that no cell of the document holds: superseded, deleted, outside any cell. */
  readonly elsewhere: readonly Use[];
  readonly derivations: readonly Derivation[];
  readonly reviews: readonly Review[];
  readonly declarations: readonly Declaration[];
  readonly gaps: readonly Gap[];
  readonly sessions: readonly Session[];
  readonly disclosure: Disclosure;
  readonly isEmpty: boolean;
  /** Records passed over: wrong types, or beyond the caps. */
  readonly leftOut: number;
}
