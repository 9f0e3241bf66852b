/** The section as it will be printed; what is still open in it leads to its field. */

import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import * as React from 'react';
import type { Slot } from './server';

const MARKDOWN = 'text/markdown';

export interface PreviewProps {
  text: string;
  slots: readonly Slot[];
  label: string;
  rendermime: IRenderMimeRegistry;
  onSlot: (name: string) => void;
}

export function Preview({ text, slots, label, rendermime, onSlot }: PreviewProps): React.ReactElement {
  const host = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    let isOver = false;
    const renderer = rendermime.createRenderer(MARKDOWN);
    const model = rendermime.createModel({ data: { [MARKDOWN]: text }, trusted: false });
    void renderer.renderModel(model).then(() => {
      if (!isOver && host.current) {
        open(renderer.node, slots, onSlot);
        host.current.replaceChildren(renderer.node);
      }
    });
    return () => {
      isOver = true;
      renderer.dispose();
    };
  }, [text, slots, rendermime, onSlot]);
  return <div className="jp-AIProv-preview" role="region" tabIndex={0} aria-label={label} ref={host} />;
}

/** "[TO COMPLETE: …]" leads to the field that fills it; in the line, as a button would not wrap. */
function open(node: HTMLElement, slots: readonly Slot[], onSlot: (name: string) => void): void {
  for (const strong of node.querySelectorAll('strong')) {
    const text = strong.textContent ?? '';
    const slot = slots.find(one => one.isMissing && text.startsWith('[') && text.includes(one.label));
    if (slot) {
      strong.className = 'jp-AIProv-open';
      strong.tabIndex = 0;
      strong.setAttribute('role', 'button');
      strong.addEventListener('click', () => onSlot(slot.name));
      strong.addEventListener('keydown', event => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          onSlot(slot.name);
        }
      });
    }
  }
}
