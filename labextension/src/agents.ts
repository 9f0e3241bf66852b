/** What is known of AI tools that write into notebooks: their commands and their names. No JupyterLab here. */

import { Fields, fields, text } from './json';

/** Commands by which an AI tool puts text into a notebook, and the arguments that hold it. */
const COMMANDS: readonly { readonly prefix: string; readonly tool: string; readonly texts: readonly string[] }[] = [
  { prefix: 'notebook-intelligence:', tool: 'notebook-intelligence', texts: ['code', 'source'] },
  { prefix: 'jupyterlab-ai-commands:', tool: 'jupyterlab-ai-commands', texts: ['content'] },
  { prefix: 'jupyter-ai:', tool: 'jupyter-ai', texts: ['code', 'source', 'content'] },
  { prefix: 'jupyterlab-magic-wand:', tool: 'jupyterlab-magic-wand', texts: ['code', 'source', 'content'] }
];
const MIN_PART = 20; // characters: a shorter piece of a cell is found everywhere

export interface Written {
  readonly tool: string;
  readonly text: string;
}

/** What a command of an AI tool is about to write; null for any other command. */
export function writtenBy(command: string, args: unknown): Written | null {
  const known = COMMANDS.find(one => command.startsWith(one.prefix));
  for (const name of known?.texts ?? []) {
    const value = fields(args)[name];
    if (known && typeof value === 'string' && value.trim()) {
      return { tool: known.tool, text: value };
    }
  }
  return null;
}

/** How much of a cell a text is: all of it, a part, or nothing that can be told. */
export function partOf(source: string, written: string): 'ai-generated' | 'ai-assisted' | null {
  const [whole, part] = [plain(source), plain(written)];
  if (part && whole === part) {
    return 'ai-generated';
  }
  return part.length >= MIN_PART && whole.includes(part) ? 'ai-assisted' : null;
}

function plain(value: string): string {
  return value.replace(/\r\n/g, '\n').trim();
}

/** The name of an agent that takes part in a shared document; empty for a person. */
export function agentOf(state: unknown): string {
  const user = fields(fields(state).user) as Fields;
  const isAgent = user.bot === true || text(user.username, 300).startsWith('jupyter-ai-personas::');
  return isAgent ? text(user.display_name, 120) || text(user.name, 120) || text(user.username, 120) : '';
}
