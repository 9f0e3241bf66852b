"""The only door to anything written, shown or raised: secrets out, everything else untouched.

    text ─▶ spans (token formats · context rules · learnt literals · finders) ─▶ merged ─▶ [redacted:rule]

Keys are recognised by their formats, by what stands before them (headers, URL parameters,
assignments) and, where no format exists, because they were learnt: from the environment, from a
request's own headers, from a declared column. Linear in the text: ordinary prose costs one
translation of its bytes and a handful of substring searches, and no regular expression.
"""

from jupyter_aiprov.redact._credentials import credentials
from jupyter_aiprov.redact._held import loaded_numpy, may_hold
from jupyter_aiprov.redact._names import environment_secrets
from jupyter_aiprov.redact._packed import PACKED, may_be_packed, packed
from jupyter_aiprov.redact._redactor import Redactor
from jupyter_aiprov.redact._spans import Span, merged

__all__ = [
    "PACKED",
    "Redactor",
    "Span",
    "credentials",
    "environment_secrets",
    "loaded_numpy",
    "may_be_packed",
    "may_hold",
    "merged",
    "packed",
]
