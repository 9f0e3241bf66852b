"""`c.AIProv.*`: every trait with its help, default and validation.

Settable in IPython's configuration files and with `%config AIProv.notebook_content = 'excerpt'`.
"""

from __future__ import annotations

from typing import Any

from traitlets import Bool, CaselessStrEnum, Dict, Integer, List, Unicode, Union
from traitlets.config import Configurable


class AIProv(Configurable):
    """What is recorded, where, and what is shown."""

    session: Any = None  # the running session of this configuration; no trait

    journal_dir = Unicode(
        "", help="Folder of the journal; empty: .aiprov/<user>/ beside the notebook, else Jupyter's data directory."
    ).tag(config=True)
    journal_content = CaselessStrEnum(
        ["full", "digest", "none"],
        default_value="full",
        help="Texts kept beside the journal: full (redacted), digest (commitments only), none.",
    ).tag(config=True)
    notebook_content = CaselessStrEnum(
        ["digest", "excerpt", "full"],
        default_value="digest",
        help="Texts that travel in the notebook file: digest (none), excerpt, full. Raising it is recorded.",
    ).tag(config=True)
    personal_data = Bool(
        False, help="This work handles personal data: journal falls to digest, text columns are screened."
    ).tag(config=True)
    retention = Integer(0, min=0, help="Days after which kept texts are purged; 0 keeps them.").tag(config=True)
    group_readable = Bool(False, help="Let the group read the journal (0750/0640 instead of 0700/0600).").tag(
        config=True
    )
    stamp = CaselessStrEnum(
        ["full", "stable", "off"],
        default_value="full",
        help="The stamp at the end of a cell with AI: full, stable (no times, tokens, ids), off (a stated gap).",
    ).tag(config=True)
    mark_columns = Bool(True, help="Show `label (AI)` in the column heads of DataFrame HTML.").tag(config=True)
    mark_files = CaselessStrEnum(
        ["off", "beside", "inside"],
        default_value="beside",
        help="Label of files that hold AI columns: <file>-metadata.json beside it, inside it, or off.",
    ).tag(config=True)
    lineage = Bool(True, help="Follow what became of the answers: variables, columns, rows, files.").tag(config=True)
    match_cells = Bool(True, help="Compare captured answers with the sources of later cells.").tag(config=True)
    hosts = List(
        Union([Unicode(), Dict()]), help="Further hosts whose traffic is AI traffic, e.g. 'llm.example.org'."
    ).tag(config=True)
    local_hosts = List(Unicode(), help="Hosts declared to run on this machine (loopback, tunnels end there).").tag(
        config=True
    )
    institutional_hosts = List(Unicode(), help="Hosts or domain suffixes run by your institution.").tag(config=True)
    ask_local_servers = Bool(
        False, help="Ask model servers on this machine for the digest of their weights (e.g. Ollama /api/tags)."
    ).tag(config=True)
    guard = CaselessStrEnum(
        ["on", "off"], default_value="on", help="Examine requests before they leave; off is a stated gap."
    ).tag(config=True)
    guard_rules: Any = Dict(
        help="Action by rule, e.g. {'email': 'off', 'credential': 'block'}; actions: off, warn, block."
    ).tag(config=True)
    guard_patterns: Any = Dict(help="Own patterns, e.g. {'mrn': r'MRN-\\d{7}'}; reported by name.").tag(config=True)
    language = CaselessStrEnum(["en", "fr"], default_value="en", help="Language of what readers see.").tag(config=True)
