"""Facts about a table for its passport: size, quality, subgroups. No value of a row, no count below `k`.

A passport is published while the data are not: minima, maxima, examples and digests of rows stay out,
and a count of fewer than `k` rows is written as None ("fewer than k"). Pure: a frame in, plain values out.
"""

from __future__ import annotations

from jupyter_aiprov.passport.groups import by_group
from jupyter_aiprov.passport.quality import LEAST, quality
from jupyter_aiprov.passport.questions import QUESTIONS, answered

__all__ = ["LEAST", "QUESTIONS", "answered", "by_group", "quality"]
