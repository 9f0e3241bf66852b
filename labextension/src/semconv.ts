/** Names and vocabularies of the record, as `jupyter_aiprov/semconv.py` spells them. */

import type { Destination, Evidence, InvocationStatus, Origin, Standing, Verification } from './schema';

export type { Destination, Evidence, InvocationStatus, Origin, Standing, Verification };

export const KEY = 'aiprov';
export const MIME = 'application/vnd.aiprov.v1+json';
export const COMM = 'aiprov';
export const HELLO = 'aiprov_hello';
export const SCHEMA_VERSION = '1.0';

export const OPERATION = 'gen_ai.operation.name';
export const PROVIDER = 'gen_ai.provider.name';
export const REQUEST_MODEL = 'gen_ai.request.model';
export const RESPONSE_MODEL = 'gen_ai.response.model';
export const REQUEST_PREFIX = 'gen_ai.request.';
export const INPUT_TOKENS = 'gen_ai.usage.input_tokens';
export const OUTPUT_TOKENS = 'gen_ai.usage.output_tokens';
export const FINISH_REASONS = 'gen_ai.response.finish_reasons';
export const USAGE_KEYS: readonly string[] = [
  INPUT_TOKENS,
  OUTPUT_TOKENS,
  'gen_ai.usage.cache_read.input_tokens',
  'gen_ai.usage.cache_creation.input_tokens',
  'gen_ai.usage.reasoning.output_tokens'
];
/** What makes calls alike, besides their parameters. */
export const GROUP_KEYS: readonly string[] = [
  OPERATION,
  PROVIDER,
  REQUEST_MODEL,
  RESPONSE_MODEL,
  'destination',
  'status',
  'weights'
];

export const ORIGINS: readonly Origin[] = [
  'real-observation',
  'human',
  'computed',
  'ai-assisted',
  'ai-generated',
  'ai-derived',
  'synthetic',
  'unknown'
];
export const AI_ORIGINS: ReadonlySet<string> = new Set(['ai-assisted', 'ai-generated', 'ai-derived', 'synthetic']);
export const STATUSES: readonly InvocationStatus[] = [
  'started',
  'completed',
  'failed',
  'abandoned',
  'unread',
  'cached'
];
export const VERIFICATIONS: readonly Verification[] = ['unverified', 'checked', 'corrected', 'rejected', 'stale'];
