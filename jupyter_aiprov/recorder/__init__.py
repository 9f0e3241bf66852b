"""The chain from an exchange to the record: recognise, guard, read, redact, commit, journal, tell.

Implements the `Tap` that capture is given. In the caller's thread only what cannot wait happens
(recognising, the guard, a queue); reading and writing happen on the journal's thread. Holds the
package's only broad `except`: a failure of ours is a gap, never the user's exception.
"""

from jupyter_aiprov.recorder._attempt import HEAD, TAIL, Body
from jupyter_aiprov.recorder._guarded import guarded
from jupyter_aiprov.recorder._recorder import Recorder
from jupyter_aiprov.recorder._tally import Tally

__all__ = ["HEAD", "TAIL", "Body", "Recorder", "Tally", "guarded"]
