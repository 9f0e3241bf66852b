/** Who acts: Jupyter's own user identity, else a typed name that says so. */

import type { User } from '@jupyterlab/services';
import { PageConfig } from '@jupyterlab/coreutils';
import type { Person } from './record';

/** Jupyter Server names people who did not log in "Anonymous <moon>". */
const ANONYMOUS = /^anonymous\b/i;

/** The person that Jupyter vouches for; null when it only knows a stranger. */
export function authenticated(identity: User.IIdentity | null | undefined): Person | null {
  const hub = PageConfig.getOption('hubUser');
  if (hub) {
    return { name: identity?.display_name || hub, identity: 'authenticated' };
  }
  const name = identity?.display_name || identity?.name || '';
  return name && !ANONYMOUS.test(name) ? { name, identity: 'authenticated' } : null;
}
