/** Generated from jupyter_aiprov/schema/aiprov.schema.json by `jlpm types`. */

/**
 * Every record that jupyter_aiprov writes, version 1.0. Own keys are strict, unknown keys are tolerated: an older reader keeps what a newer writer added.
 */
export type AIProvRecord = Stamp | OutputMark | CellMark | NotebookLog | JournalLine | ContentLine;
/**
 * Major and minor version of this schema; a reader accepts every 1.x.
 */
export type SchemaVersion = string;
/**
 * A short text.
 */
export type Text = string;
/**
 * The run of a cell; without ids and times where stamps are stable.
 */
export type ExecutionRef = ExecutionRef1 & {
  id?: Id;
  session?: Id;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  source_sha256?: Sha256 | null;
  ordinal?: Count | null;
  status?: Text;
  time?: Time;
  [k: string]: unknown;
};
export type ExecutionRef1 = {
  [k: string]: unknown;
};
/**
 * Identifier of an event.
 */
export type Id = string;
/**
 * Identifier of a cell as nbformat has it; never a path or URI.
 */
export type CellId = string;
/**
 * A count; never estimated.
 */
export type Count = number;
/**
 * SHA-256 or HMAC-SHA256, lower-case hex.
 */
export type Sha256 = string;
/**
 * RFC 3339.
 */
export type Time = string;
export type Destination = 'in-process' | 'loopback' | 'institutional' | 'external';
export type InvocationStatus = 'started' | 'completed' | 'failed' | 'abandoned' | 'unread' | 'cached';
/**
 * Where a call stands towards the results; derived, written only in summaries of earlier sessions.
 */
export type Standing = 'shown' | 'superseded' | 'deleted' | 'failed' | 'cached' | 'withdrawn';
/**
 * How it is known.
 */
export type Evidence = 'captured' | 'declared' | 'inferred' | 'imported';
/**
 * Who made it. Unknown is never shown as human.
 */
export type Origin =
  'real-observation' | 'human' | 'computed' | 'ai-assisted' | 'ai-generated' | 'ai-derived' | 'synthetic' | 'unknown';
export type Confidence = 'high' | 'medium' | 'low';
/**
 * Inclusive ranges of row positions.
 *
 * @maxItems 100000
 */
export type Rows = [Count, Count][];
/**
 * output.metadata.aiprov: the stamp itself (`kind`), or an output that shows AI content (`origin`).
 */
export type OutputMark = OutputMark1 & {
  schema_version: SchemaVersion;
  kind?: 'stamp';
  origin?: Origin;
  execution?: Id;
  /**
   * @maxItems 1000
   */
  invocations?: Id[];
  /**
   * @maxItems 1000
   */
  subjects?: Text[];
  [k: string]: unknown;
};
export type OutputMark1 = {
  [k: string]: unknown;
};
/**
 * What a person did with it; an axis of its own beside origin.
 */
export type Verification = 'unverified' | 'checked' | 'corrected' | 'rejected' | 'stale';
/**
 * One line of <session>.jsonl.
 */
export type JournalLine = Event & ChainLink;
/**
 * One fact, as the journal holds it and as notebooks carry it, told apart by `type`.
 */
export type Event =
  Session | Execution | Invocation | Derivation | Authorship | Declaration | Review | Withdrawal | Content | Gap;
/**
 * A text that is committed to and not shown: its HMAC under a nonce kept beside the text.
 */
export type Commitment = Commitment1 & {
  role?: Text;
  commitment?: Sha256;
  repeat_of?: Sha256;
  [k: string]: unknown;
};
export type Commitment1 = {
  [k: string]: unknown;
};

/**
 * Content of an output of type application/vnd.aiprov.v1+json: the AI uses of one execution.
 */
export interface Stamp {
  schema_version: SchemaVersion;
  kind: 'stamp';
  tool: Text;
  execution: ExecutionRef;
  /**
   * @maxItems 10000
   */
  groups: Group[];
  /**
   * @maxItems 10000
   */
  derivations?: DerivationSummary[];
  /**
   * @maxItems 10000
   */
  authorship?: AuthorshipSummary[];
  /**
   * @maxItems 10000
   */
  gaps?: GapSummary[];
  /**
   * Only where somebody chose that texts travel with the notebook.
   *
   * @maxItems 10000
   */
  content?: {
    invocation: Id;
    /**
     * @maxItems 10000
     */
    input?: Message[];
    /**
     * @maxItems 10000
     */
    output?: Message[];
    [k: string]: unknown;
  }[];
  journal?: JournalRef;
  /**
   * Digests of the outputs whose bundles the kernel saw.
   *
   * @maxItems 10000
   */
  outputs?: Sha256[];
  /**
   * Digest (SHA-256 of the RFC 8785 form) of the record without this field.
   */
  seal?: string;
  /**
   * SHA-256 or HMAC-SHA256, lower-case hex.
   */
  digest: string;
  [k: string]: unknown;
}
/**
 * Alike calls of one execution: same operation, models, parameters (gen_ai.request.*), destination and status.
 */
export interface Group {
  'gen_ai.operation.name'?: Text;
  'gen_ai.provider.name'?: Text;
  'gen_ai.request.model'?: Text;
  'gen_ai.response.model'?: Text;
  destination?: Destination;
  weights?: Weights;
  count: Count;
  status: InvocationStatus;
  standing?: Standing;
  'gen_ai.usage.input_tokens'?: Count;
  'gen_ai.usage.output_tokens'?: Count;
  'gen_ai.usage.cache_read.input_tokens'?: Count;
  'gen_ai.usage.cache_creation.input_tokens'?: Count;
  'gen_ai.usage.reasoning.output_tokens'?: Count;
  usage_missing?: Count;
  streamed?: Count;
  incomplete?: Count;
  attempts?: Count;
  repeats?: Count;
  errors?: {
    [k: string]: Count;
  };
  seconds?: number;
  evidence?: Evidence;
  first?: Time;
  last?: Time;
  [k: string]: unknown;
}
/**
 * Weights of a model that ran here.
 */
export interface Weights {
  sha256?: Sha256;
  repository?: Text;
  revision?: Text;
  quantisation?: Text;
  identified?: boolean;
  [k: string]: unknown;
}
/**
 * What became of the answers, as a stamp writes it.
 */
export interface DerivationSummary {
  subject: Text;
  kind?: 'variable' | 'frame' | 'column' | 'file' | 'figure' | 'output';
  origin: Origin;
  evidence?: Evidence;
  confidence?: Confidence;
  rows?: Rows | null;
  rows_ai?: Count | null;
  rows_edited?: Count | null;
  rows_total?: Count | null;
  selected_by?: Text[] | null;
  /**
   * @maxItems 1000
   */
  models?: Text[];
  /**
   * @maxItems 1000
   */
  path?: Text[];
  file?: File | null;
  /**
   * @maxItems 1000
   */
  invocations?: Id[];
  invocation_count?: Count;
  state?: 'current' | 'deleted' | 'superseded';
  [k: string]: unknown;
}
/**
 * An exported file, by name and never by path.
 */
export interface File {
  name: Text;
  sha256?: Sha256;
  bytes?: Count;
  columns?: {
    [k: string]: Origin;
  };
  [k: string]: unknown;
}
/**
 * Who wrote a cell's source, as a stamp or cell mark writes it.
 */
export interface AuthorshipSummary {
  source_sha256?: Sha256;
  origin: Origin;
  tool?: Text | null;
  model?: Text | null;
  invocation?: Id | null;
  share?: [number, number] | null;
  method?: Text;
  evidence?: Evidence;
  confidence?: Confidence;
  [k: string]: unknown;
}
/**
 * Something that was not recorded, and why.
 */
export interface GapSummary {
  reason: Text;
  detail?: Text;
  from?: Time;
  to?: Time;
  count?: Count;
  [k: string]: unknown;
}
/**
 * A message in the OpenTelemetry shape.
 */
export interface Message {
  role: Text;
  /**
   * @maxItems 10000
   */
  parts: {
    [k: string]: unknown;
  }[];
  finish_reason?: Text;
  [k: string]: unknown;
}
/**
 * Where the whole story is: journal file by name, number of lines, sequence range and Merkle root of their hashes.
 */
export interface JournalRef {
  session: Id;
  file?: string;
  lines?: Count;
  seq?: [Count, Count] | null;
  root?: Sha256 | null;
  [k: string]: unknown;
}
/**
 * cell.metadata.aiprov: short and the same after every run with the same answers; no ids, counts, times or content of calls.
 */
export interface CellMark {
  schema_version: SchemaVersion;
  origin?: Origin;
  /**
   * @maxItems 1000
   */
  models?: Text[];
  source_sha256?: Sha256;
  outputs_sha256?: Sha256;
  state?: Verification;
  reviews?: {
    [k: string]: Review;
  };
  declarations?: {
    [k: string]: Declaration;
  };
  /**
   * @maxItems 1000
   */
  authorship?: AuthorshipSummary[];
  [k: string]: unknown;
}
/**
 * A person's check of an AI result; stale once source or outputs differ.
 */
export interface Review {
  type: 'review';
  id: Id;
  time?: Time;
  session?: Id;
  execution?: Id | null;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  subject: ReviewSubject;
  status: 'checked' | 'corrected' | 'rejected';
  by?: Person | null;
  method?: 'read-all' | 'sampled' | 'compared' | 'rerun' | 'other';
  note?: Text | null;
  units?: {
    unit: Text;
    total?: Count;
    read?: Count;
    corrected?: Count;
    rejected?: Count;
    [k: string]: unknown;
  };
  source_sha256?: Sha256 | null;
  outputs_sha256?: Sha256 | null;
  /**
   * Digest (SHA-256 of the RFC 8785 form) of the record without this field.
   */
  seal?: string;
  [k: string]: unknown;
}
export interface ReviewSubject {
  kind: 'cell' | 'rows' | 'figure' | 'column' | 'statement';
  cell_id?: CellId | null;
  name?: Text | null;
  [k: string]: unknown;
}
/**
 * A person, named only by an explicit act.
 */
export interface Person {
  name?: Text;
  orcid?: Text;
  /**
   * Typed by someone, or vouched for by Jupyter's user service.
   */
  identity?: 'asserted' | 'authenticated';
  [k: string]: unknown;
}
/**
 * What a person stated.
 */
export interface Declaration {
  type: 'declaration';
  id: Id;
  time?: Time;
  session?: Id;
  execution?: Id | null;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  kind: Text;
  subject?: Text | null;
  /**
   * Digest (SHA-256 of the RFC 8785 form) of the record without this field.
   */
  seal?: string;
  /**
   * What was declared: a text or an object.
   */
  value?: {
    [k: string]: unknown;
  };
  by?: Person | null;
  [k: string]: unknown;
}
/**
 * notebook.metadata.aiprov: maps keyed by id, so that two people's changes merge.
 */
export interface NotebookLog {
  schema_version: SchemaVersion;
  sessions?: {
    [k: string]: SessionLog;
  };
  declarations?: {
    [k: string]: Declaration;
  };
  reviews?: {
    [k: string]: Review;
  };
  withdrawals?: {
    [k: string]: Withdrawal;
  };
  disclosure?: {
    language?: Text;
    policy?: Text;
    slots?: {
      [k: string]: string;
    };
    [k: string]: unknown;
  };
  [k: string]: unknown;
}
/**
 * One kernel session in the notebook log.
 */
export interface SessionLog {
  head?: Sha256 | null;
  lines?: Count;
  started?: Time;
  ended?: Time | null;
  tool?: Text | Tool;
  environment?: Environment;
  coverage?: Coverage;
  policy?: {
    [k: string]: unknown;
  };
  /**
   * @maxItems 10000
   */
  superseded?: Group[];
  /**
   * @maxItems 10000
   */
  gaps?: GapSummary[];
  /**
   * Digest (SHA-256 of the RFC 8785 form) of the record without this field.
   */
  seal?: string;
  [k: string]: unknown;
}
/**
 * The software that wrote the record.
 */
export interface Tool {
  name: Text;
  version?: Text;
  [k: string]: unknown;
}
/**
 * What ran, as it was at run time.
 */
export interface Environment {
  python?: Text;
  implementation?: Text;
  platform?: Text;
  machine?: Text;
  /**
   * @maxItems 100
   */
  accelerator?: Text[];
  packages?: {
    [k: string]: Text;
  };
  [k: string]: unknown;
}
/**
 * What was looked at and what was not.
 */
export interface Coverage {
  /**
   * @maxItems 1000
   */
  hooked?: Text[];
  /**
   * @maxItems 1000
   */
  not_covered?: Text[];
  housekeeping?: Count;
  unparsed?: Count;
  child_processes?: Count;
  shell_cells?: Count;
  other?: {
    [k: string]: unknown;
  };
  [k: string]: unknown;
}
/**
 * A record taken back: it leaves the counts, never the record.
 */
export interface Withdrawal {
  type: 'withdrawal';
  id: Id;
  time?: Time;
  session?: Id;
  execution?: Id | null;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  target: Id;
  reason?: Text;
  /**
   * Digest (SHA-256 of the RFC 8785 form) of the record without this field.
   */
  seal?: string;
  [k: string]: unknown;
}
/**
 * A kernel session that recorded.
 */
export interface Session {
  type: 'session';
  id: Id;
  time?: Time;
  session?: Id;
  execution?: Id | null;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  status: 'started' | 'updated' | 'ended';
  tool?: Tool;
  schema_version?: SchemaVersion;
  semconv?: Text;
  notebook?: string | null;
  environment?: Environment;
  policy?: {
    [k: string]: unknown;
  };
  coverage?: Coverage;
  [k: string]: unknown;
}
/**
 * The run of a cell.
 */
export interface Execution {
  type: 'execution';
  id: Id;
  time?: Time;
  session?: Id;
  execution?: Id | null;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  status: 'started' | 'completed' | 'error' | 'aborted';
  source_sha256?: Sha256;
  ordinal?: Count | null;
  start_time?: Time;
  end_time?: Time;
  /**
   * Digests of the outputs whose bundles the kernel saw.
   *
   * @maxItems 10000
   */
  outputs?: Sha256[];
  [k: string]: unknown;
}
/**
 * One attempt on the wire or one in-process call; the line that starts it and the line that ends it share their id.
 */
export interface Invocation {
  type: 'invocation';
  id: Id;
  time?: Time;
  session?: Id;
  execution?: Id | null;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  'gen_ai.operation.name'?: Text;
  'gen_ai.provider.name'?: Text;
  'gen_ai.request.model'?: Text;
  'gen_ai.response.model'?: Text;
  destination?: Destination;
  weights?: Weights;
  status: InvocationStatus;
  evidence?: Evidence;
  start_time?: Time;
  end_time?: Time;
  seconds?: number;
  'server.address'?: Text;
  'server.port'?: Count;
  'error.type'?: Text;
  'gen_ai.response.id'?: Text;
  /**
   * @maxItems 1000
   */
  'gen_ai.response.finish_reasons'?: Text[];
  'gen_ai.usage.input_tokens'?: Count;
  'gen_ai.usage.output_tokens'?: Count;
  'gen_ai.usage.cache_read.input_tokens'?: Count;
  'gen_ai.usage.cache_creation.input_tokens'?: Count;
  'gen_ai.usage.reasoning.output_tokens'?: Count;
  /**
   * The provider's own usage object, verbatim.
   */
  usage_raw?: {
    [k: string]: unknown;
  };
  capture?: {
    method?: Text;
    streamed?: boolean;
    complete?: boolean;
    attempt?: number;
    cached?: boolean;
    unparsed?: Text | null;
    ended?: Text;
    [k: string]: unknown;
  };
  /**
   * @maxItems 100000
   */
  input?: Commitment[];
  /**
   * @maxItems 100000
   */
  output?: Commitment[];
  /**
   * @maxItems 100000
   */
  system?: Commitment[];
  /**
   * @maxItems 100000
   */
  tools?: Commitment[];
  repeat?: boolean;
  site?: {
    line?: Count | null;
    function?: Text | null;
    [k: string]: unknown;
  } | null;
  read_in?: Id | null;
  privacy_scan?: {
    engine?: Text;
    version?: Text;
    /**
     * @maxItems 10000
     */
    findings?: {
      type: Text;
      count: Count;
      [k: string]: unknown;
    }[];
    action?: 'none' | 'warn' | 'block';
    [k: string]: unknown;
  };
  [k: string]: unknown;
}
/**
 * What became of answers: a variable, column, file, figure or output.
 */
export interface Derivation {
  type: 'derivation';
  id: Id;
  time?: Time;
  session?: Id;
  execution?: Id | null;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  subject: Text;
  kind?: 'variable' | 'frame' | 'column' | 'file' | 'figure' | 'output';
  origin: Origin;
  evidence?: Evidence;
  confidence?: Confidence;
  rows?: Rows | null;
  rows_ai?: Count | null;
  rows_edited?: Count | null;
  rows_total?: Count | null;
  selected_by?: Text[] | null;
  /**
   * @maxItems 1000
   */
  models?: Text[];
  /**
   * @maxItems 1000
   */
  path?: Text[];
  file?: File | null;
  /**
   * @maxItems 1000
   */
  invocations?: Id[];
  invocation_count?: Count;
  state?: 'current' | 'deleted' | 'superseded';
  [k: string]: unknown;
}
/**
 * Who wrote a cell's source.
 */
export interface Authorship {
  type: 'authorship';
  id: Id;
  time?: Time;
  session?: Id;
  execution?: Id | null;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  source_sha256: Sha256;
  origin: Origin;
  tool?: Text | null;
  model?: Text | null;
  invocation?: Id | null;
  share?: [number, number] | null;
  method?: Text;
  evidence?: Evidence;
  confidence?: Confidence;
  [k: string]: unknown;
}
/**
 * Texts that were destroyed; what stays tells nothing about them.
 */
export interface Content {
  type: 'content';
  id: Id;
  time?: Time;
  session?: Id;
  execution?: Id | null;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  status: 'purged';
  /**
   * @maxItems 1000000
   */
  commitments?: Sha256[];
  count?: Count;
  criterion?: Text;
  [k: string]: unknown;
}
/**
 * Something that was not recorded, and why.
 */
export interface Gap {
  type: 'gap';
  id: Id;
  time?: Time;
  session?: Id;
  execution?: Id | null;
  cell_id?: CellId | null;
  execution_count?: Count | null;
  reason: Text;
  detail?: Text;
  from?: Time;
  to?: Time;
  count?: Count;
  [k: string]: unknown;
}
/**
 * Place in the chain: `hash` is SHA-256 over the raw bytes of the line without it, `prev` the hash before.
 */
export interface ChainLink {
  seq: Count;
  time: Time;
  session: Id;
  prev: string | null;
  hash: Sha256;
  [k: string]: unknown;
}
/**
 * One line of <session>.content.jsonl: a text with the nonce of its commitment; outside the chain.
 */
export interface ContentLine {
  commitment: Sha256;
  nonce: string;
  invocation?: Id | null;
  part?: 'system' | 'input' | 'output' | 'tools';
  value: unknown;
  [k: string]: unknown;
}
