/** Large pastes lead to a question, never to a verdict; what nobody answers is forgotten. No JupyterLab here. */

export interface Question {
  readonly cellId: string;
  readonly lines: number;
}

const MIN_LINES = 6;
const MIN_TEXT = 400; // characters

export class Questions {
  /** Text that was copied on this page: what moves within the notebook is no question. */
  copied(text: string): void {
    this.own = [...this.own.slice(-19), text.trim()];
  }

  /** Whether a paste is worth a question; it is then asked once a cell. */
  pasted(cellId: string, text: string): boolean {
    const lines = text.trim().split('\n').length;
    const isOwn = this.own.some(one => one.includes(text.trim()));
    if (!cellId || isOwn || this.settled.has(cellId) || (lines < MIN_LINES && text.length < MIN_TEXT)) {
      return false;
    }
    this.open.set(cellId, { cellId, lines });
    return true;
  }

  /** Answered, or not to be asked again. */
  settle(cellId: string): void {
    this.open.delete(cellId);
    this.settled.add(cellId);
  }

  get list(): readonly Question[] {
    return [...this.open.values()];
  }

  private open = new Map<string, Question>();
  private settled = new Set<string>();
  private own: string[] = [];
}
