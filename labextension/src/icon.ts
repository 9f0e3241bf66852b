import { LabIcon } from '@jupyterlab/ui-components';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" d="M5 3h9l5 5v5h-2V9h-4V5H7v14h5v2H5zM18 14l1.1 2.9L22 18l-2.9 1.1L18 22l-1.1-2.9L14 18l2.9-1.1zM9 11h6v2H9zm0 4h4v2H9z"/>
</svg>`;

export const provenanceIcon = new LabIcon({ name: 'jupyter-aiprov:icon', svgstr: SVG });
