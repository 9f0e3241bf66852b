/**
 * The fold: a document, and what the kernel tells meanwhile, into what the panel shows.
 * The rules are those of `jupyter_aiprov/provenance.py`; standing and staleness are derived here.
 */

import type { Document, DocumentCell } from './document';
import { among, fields, Fields, keyed, LeftOut, objects, text, texts } from './json';
import { groupKey, Live, Run } from './live';
import type {
  Authorship,
  CellRecord,
  Declaration,
  Derivation,
  Gap,
  Person,
  Record,
  Review,
  Session,
  Use
} from './record';
import { AI_ORIGINS, Origin, ORIGINS, Verification, VERIFICATIONS } from './semconv';
import { latestWord } from './standing';
import { authorshipOf, gapOf, reviewOf, Stamp, stampOf, useOf } from './stamp';

const RANK: readonly Origin[] = ['ai-generated', 'ai-assisted', 'synthetic', 'ai-derived'];

/** Records of cells that did not change since they were read: a new call costs one cell, not all. */
const records = new WeakMap<DocumentCell, CellRecord>();

export function fold(document: Document, live: Live | null = null): Record {
  return new Fold(document, live).result();
}

class Fold {
  constructor(
    private document: Document,
    private live: Live | null
  ) {
    this.withdrawn = new Map(
      keyed(document.log.withdrawals, this.left).map(([, one]) => [text(one.target, 200), text(one.reason, 500)])
    );
    for (const event of live?.withdrawals.values() ?? []) {
      this.withdrawn.set(text(event.target, 200), text(event.reason, 500));
    }
    this.byId = new Map(document.cells.filter(cell => cell.id).map(cell => [cell.id, cell]));
  }

  result(): Record {
    this.readDocument();
    this.readDeclaredAuthors();
    this.readLive();
    const cells = this.document.cells.flatMap(cell => this.cellRecord(cell) ?? []);
    const derivations = this.latest(cells.flatMap(cell => cell.derivations));
    const notebookReviews = keyed(this.document.log.reviews, this.left).flatMap(([id, raw]) =>
      this.review(id, raw, null)
    );
    const sessions = keyed(this.document.log.sessions, this.left);
    const gaps = [
      ...cells.flatMap(cell => cell.gaps),
      ...sessions.flatMap(([, raw]) => objects(raw.gaps, this.left, 500).map(gapOf)),
      ...this.openGaps
    ];
    const declarations = this.declarations();
    const elsewhere = [...this.elsewhere, ...this.superseded(sessions)];
    const stated = fields(this.document.log.disclosure);
    return {
      schemaVersion: text(this.document.log.schema_version, 20),
      cells,
      elsewhere,
      derivations,
      reviews: [...cells.flatMap(cell => cell.reviews), ...notebookReviews],
      declarations,
      gaps: unique(gaps),
      sessions: sessions.map(([id, raw]) => sessionOf(id, raw)),
      disclosure: {
        language: text(stated.language, 10),
        policy: text(stated.policy, 60),
        slots: new Map(
          Object.entries(fields(stated.slots))
            .slice(0, 200)
            .flatMap(([slot, value]) => (typeof value === 'string' ? [[slot, text(value, 20000)] as const] : []))
        )
      },
      isEmpty: cells.length + elsewhere.length + declarations.length + notebookReviews.length === 0,
      leftOut: this.left.count
    };
  }

  /** One stamp an execution: a copied cell carries a copy, which counts where it belongs. */
  private readDocument(): void {
    const home = new Map<string, [DocumentCell, Stamp, number]>();
    for (const cell of this.document.cells) {
      this.left.count += cell.broken;
      cell.stamps.forEach((raw, i) => {
        const stamp = stampOf(raw);
        const id = stamp.execution || `stable/${cell.id || cell.index}/${i}`;
        const fit = (cell.id && cell.id === stamp.cellId ? 2 : 0) + (stamp.cellId ? 0 : 1);
        const known = home.get(id);
        if (!known || fit > known[2]) {
          home.set(id, [cell, stamp, fit]);
        }
        this.copies.set(cell, stamp);
      });
    }
    for (const [id, [cell, stamp]] of home) {
      this.left.count += stamp.leftOut;
      add(this.stamps, cell, [id, stamp]);
    }
  }

  /** Who wrote a cell, as people said it: in the cell's mark, in the log, or told by the kernel just now. */
  private readDeclaredAuthors(): void {
    const seen = new Set<string>();
    const from = (id: string, raw: Fields, home: DocumentCell | null): void => {
      const named = text(raw.cell_id, 64) || text(raw.subject, 300).replace(/^cell:/, '');
      const cell = home ?? this.byId.get(named);
      if (cell && raw.kind === 'authorship' && !seen.has(id) && !this.withdrawn.has(id)) {
        seen.add(id);
        add(this.authors, cell, declaredAuthor(id, raw));
      }
    };
    for (const cell of this.document.cells) {
      if (cell.mark.declarations !== undefined) {
        keyed(cell.mark.declarations, new LeftOut()).forEach(([id, raw]) => from(id, raw, cell));
      }
    }
    keyed(this.document.log.declarations, new LeftOut()).forEach(([id, raw]) => from(id, raw, null));
    this.live?.declarations.forEach((raw, id) => from(id, raw, null));
  }

  /** Runs the kernel told of and no stamp holds yet, or holds less of. */
  private readLive(): void {
    if (!this.live) {
      return;
    }
    this.left.count += this.live.leftOut;
    for (const [id, run] of this.live.runs) {
      const uses = run.uses();
      const cell = this.byId.get(run.cellId);
      const stamp = cell && this.stamps.get(cell)?.find(([known]) => known === id)?.[1];
      const calls = uses.reduce((sum, use) => sum + use.count, 0);
      if (!uses.length && !run.derivations.size && !run.authorship.length && !run.gaps.length) {
        continue;
      }
      if (cell && (this.live.latest.get(run.cellId) ?? id) === id) {
        if (!stamp || calls >= stamp.calls) {
          this.lively.set(cell, [id, uses, run]);
        }
      } else {
        const standing = id && run.cellId ? (cell ? 'superseded' : 'deleted') : null;
        this.elsewhere.push(...uses.map(use => (standing ? restood(use, standing, run.cellId) : use)));
        this.openGaps.push(...run.gaps);
      }
    }
  }

  private cellRecord(cell: DocumentCell): CellRecord | null {
    const stamps = this.stamps.get(cell) ?? [];
    const lively = this.lively.get(cell);
    const copy = !stamps.length && !lively ? this.copies.get(cell) : undefined;
    const mark = cell.mark;
    const hasMark = Object.keys(mark).length > 0;
    const isDeclared = this.authors.has(cell);
    if (!stamps.length && !lively && !copy && !hasMark && !cell.broken && !isDeclared) {
      return null;
    }
    const isPlain =
      stamps.length === 1 &&
      cell.stamps.length === 1 &&
      !lively &&
      !copy &&
      !isDeclared &&
      mark.reviews === undefined &&
      mark.declarations === undefined;
    const known = isPlain ? records.get(cell) : undefined;
    const record = known ?? this.newRecord(cell, stamps, lively, copy);
    if (isPlain) {
      records.set(cell, record);
    }
    return record;
  }

  private newRecord(
    cell: DocumentCell,
    stamps: readonly [string, Stamp][],
    lively: [string, Use[], Run] | undefined,
    copy: Stamp | undefined
  ): CellRecord {
    const mark = cell.mark;
    const markOrigin = among(mark.origin, ORIGINS, 'unknown');
    const hasMark = Object.keys(mark).length > 0;
    const at = { cellIndex: cell.index, cellId: cell.id };
    const placed = <T extends object>(one: T): T & typeof at => ({ ...one, ...at });
    const shown = copy ? [['', copy] as const] : stamps.filter(([id]) => id !== lively?.[0]);
    // A live run takes the place of the stamps of earlier runs of its cell.
    const kept = lively ? [] : shown;
    const uses: Use[] = kept.flatMap(([, stamp]) =>
      stamp.uses.map(use => ({ ...placed(use), executionCount: stamp.executionCount ?? cell.executionCount }))
    );
    const derivations: Derivation[] = kept.flatMap(([, stamp]) => stamp.derivations.map(placed));
    const authorship: Authorship[] = kept.flatMap(([, stamp]) => stamp.authorship.map(placed));
    const gaps: Gap[] = kept.flatMap(([, stamp]) => stamp.gaps.map(gap => ({ ...gap, cellIndex: cell.index })));
    if (lively) {
      const [, liveUses, run] = lively;
      uses.push(
        ...liveUses.map(use => ({ ...placed(use), executionCount: run.executionCount ?? cell.executionCount }))
      );
      derivations.push(...Array.from(run.derivations.values(), placed));
      authorship.push(...run.authorship.map(placed));
      gaps.push(...run.gaps.map(gap => ({ ...gap, cellIndex: cell.index })));
    }
    authorship.push(...objects(mark.authorship, this.left, 100).map(raw => placed(authorshipOf(raw))));
    authorship.push(...(this.authors.get(cell) ?? []).map(placed));
    const reviews = keyed(mark.reviews, this.left).flatMap(([id, raw]) => this.review(id, raw, cell));
    const ran = lively
      ? lively[2].sourceSha256
      : (kept[kept.length - 1]?.[1].sourceSha256 ?? text(mark.source_sha256, 64));
    const edited = ran !== '' && !cell.isSource(ran);
    const origin = originOf(uses, derivations, authorship) ?? (hasMark && mark.origin ? markOrigin : null);
    const models = new Set(uses.map(use => use.answered || use.asked).filter(Boolean));
    texts(mark.models, 50).forEach(name => models.size < 50 && uses.length === 0 && models.add(name));
    return {
      index: cell.index,
      id: cell.id,
      type: cell.type,
      executionCount: cell.executionCount,
      origin,
      state: cellState(reviews, edited && uses.length > 0),
      models: [...models],
      uses,
      derivations,
      authorship: unique(authorship),
      reviews,
      gaps,
      sourceSha256: ran,
      edited,
      copied: copy !== undefined
    };
  }

  private review(id: string, raw: Fields, cell: DocumentCell | null): Review[] {
    const review = reviewOf(id, raw);
    if (!review) {
      this.left.count += 1;
      return [];
    }
    const home = cell ?? this.byId.get(review.cellId ?? '') ?? null;
    const source = text(raw.source_sha256, 64);
    const outputs = text(raw.outputs_sha256, 64);
    return [
      {
        ...review,
        cellIndex: home?.index ?? null,
        cellId: home?.id ?? review.cellId,
        withdrawn: this.withdrawn.get(id) ?? null,
        stale:
          home !== null &&
          ((source !== '' && !home.isSource(source)) || (outputs !== '' && outputs !== home.outputsSha256()))
      }
    ];
  }

  /** What holds now: the last word on each subject. */
  private latest(derivations: readonly Derivation[]): Derivation[] {
    const out = new Map<string, Derivation>();
    const rest = this.live ? [...this.live.runs.values()].flatMap(run => [...run.derivations.values()]) : [];
    for (const one of [...rest, ...derivations]) {
      out.delete(one.subject);
      out.set(one.subject, one);
    }
    return [...out.values()].filter(one => one.state === 'current');
  }

  private declarations(): Declaration[] {
    const out: Declaration[] = [];
    const from = (raw: unknown, cellIndex: number | null): void => {
      for (const [id, one] of keyed(raw, this.left)) {
        if (!this.withdrawn.has(id)) {
          out.push(declarationOf(id, one, cellIndex));
        }
      }
    };
    from(this.document.log.declarations, null);
    for (const cell of this.document.cells) {
      if (cell.mark.declarations !== undefined) {
        from(cell.mark.declarations, cell.index);
      }
    }
    const known = new Set(out.map(one => one.id));
    for (const [id, event] of this.live?.declarations ?? []) {
      if (!known.has(id) && !this.withdrawn.has(id)) {
        out.push(declarationOf(id, event, null));
      }
    }
    return out;
  }

  private superseded(sessions: readonly [string, Fields][]): Use[] {
    return sessions.flatMap(([id, raw]) =>
      this.live && this.live.session === id && this.live.isWhole
        ? [] // the kernel tells itself what was superseded
        : objects(raw.superseded, this.left, 500).map((group, i) =>
            useOf({ standing: 'superseded', ...group }, { key: `superseded/${id}/${i}`, execution: '', session: id })
          )
    );
  }

  private left = new LeftOut();
  private withdrawn: Map<string, string>;
  private byId: Map<string, DocumentCell>;
  private stamps = new Map<DocumentCell, [string, Stamp][]>();
  private copies = new Map<DocumentCell, Stamp>();
  private authors = new Map<DocumentCell, Authorship[]>();
  private lively = new Map<DocumentCell, [string, Use[], Run]>();
  private elsewhere: Use[] = [];
  private openGaps: Gap[] = [];
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) {
    list.push(value);
  } else {
    map.set(key, [value]);
  }
}

function unique<T>(values: readonly T[]): T[] {
  const seen = new Map(values.map(value => [groupKey(value), value]));
  return [...seen.values()];
}

function restood(use: Use, standing: 'superseded' | 'deleted', cellId: string): Use {
  return { ...use, cellId, standing: use.standing === 'failed' ? 'failed' : standing };
}

/** The strongest AI origin that a cell shows; code that an AI wrote counts for the cell. */
function originOf(
  uses: readonly Use[],
  derivations: readonly Derivation[],
  authorship: readonly Authorship[]
): Origin | null {
  const found = new Set<Origin>(
    [...derivations, ...authorship].map(one => one.origin).filter(one => AI_ORIGINS.has(one))
  );
  if (uses.some(use => use.standing === 'shown' || use.standing === 'cached')) {
    return found.has('ai-generated') || found.size === 0
      ? 'ai-generated'
      : (RANK.find(one => found.has(one)) ?? 'ai-generated');
  }
  const isByPerson = authorship.some(one => one.origin === 'human');
  if (isByPerson && found.size > 0 && derivations.every(one => !AI_ORIGINS.has(one.origin))) {
    return 'ai-assisted'; // AI, then a person: neither word alone would be true
  }
  return RANK.find(one => found.has(one)) ?? (isByPerson ? 'human' : null);
}

/** What people did with a cell; an edited source needs another look. */
function cellState(reviews: readonly Review[], edited: boolean): Verification {
  const words = reviews.filter(one => one.withdrawn === null).map(one => ({ ...one, isOutdated: one.stale || edited }));
  return among(latestWord(words), VERIFICATIONS, 'unverified');
}

function personOf(raw: Fields): Person | null {
  const by = fields(raw.by);
  return raw.by
    ? { name: text(by.name, 200), identity: by.identity === 'authenticated' ? 'authenticated' : 'asserted' }
    : null;
}

function declaredAuthor(id: string, raw: Fields): Authorship {
  const said = authorshipOf(fields(raw.value));
  return {
    ...said,
    evidence: 'declared',
    method: '',
    declared: { id, time: text(raw.time, 40), by: personOf(raw) }
  };
}

function declarationOf(id: string, raw: Fields, cellIndex: number | null): Declaration {
  const value = fields(raw.value);
  return {
    id,
    kind: text(raw.kind, 60),
    subject: text(raw.subject, 300),
    value: typeof raw.value === 'string' ? text(raw.value, 2000) : text(value.text, 2000),
    by: personOf(raw),
    time: text(raw.time, 40),
    cellIndex
  };
}

function sessionOf(id: string, raw: Fields): Session {
  const tool = fields(raw.tool);
  return {
    id,
    started: text(raw.started, 40),
    ended: text(raw.ended, 40),
    tool: text(raw.tool, 80) || `${text(tool.name, 60)} ${text(tool.version, 20)}`.trim(),
    python: text(fields(raw.environment).python, 40),
    notCovered: texts(fields(raw.coverage).not_covered, 50)
  };
}
