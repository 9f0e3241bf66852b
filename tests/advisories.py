"""Published advisories that were looked up by hand, where pip-audit's service cannot be reached.

Looked up on 2026-11-28 in stored copies of public advisories (PyPA, GitHub, CVE records, audits that projects
publish), which reach to about 2026-10-09. A copy may lack entries: nothing found is no proof that there is nothing.

`python -m tests.advisories REQUIREMENTS` says of a list of pinned packages what is below a fix, and what was never
looked up.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

FIXED = {  # package: the first version without a published advisory, and the latest advisory fixed there
    "aiohttp": ("3.14.3", "GHSA, out-of-bounds read, 2026"),
    "anthropic": ("0.87.0", "CVE-2026-34450"),
    "anyio": ("4.14.2", "CVE-2026-63374"),
    "babel": ("2.9.1", "CVE-2021-42771"),
    "bleach": ("6.4.0", "GHSA, 2026"),
    "brotli": ("1.2.0", "CVE-2025-6176"),
    "certifi": ("2024.7.4", "CVE-2024-39689"),
    "click": ("8.3.3", "PYSEC-2026-2132"),
    "distributed": ("2026.1.1", "CVE-2026-23528"),
    "duckdb": ("1.1.0", "CVE-2024-41672"),
    "filelock": ("3.20.3", "PYSEC-2026-1374"),
    "fonttools": ("4.60.2", "CVE-2025-66034"),
    "fsspec": ("2026.6.0", "CVE-2026-104851"),
    "gitpython": ("3.1.62", "GHSA-59cr-6r3x-644w"),
    "h11": ("0.16.0", "CVE-2025-43859"),
    "h2": ("4.4.1", "PYSEC-2026-3628"),
    "httpcore2": ("2.10.0", "PYSEC-2026-3844"),
    "httpx": ("0.23.0", "CVE-2021-41945"),
    "httpx2": ("2.12.0", "CVE-2026-84382"),
    "idna": ("3.15", "CVE-2026-45409"),
    "ipython": ("8.10.0", "CVE-2023-24816"),
    "jinja2": ("3.1.6", "CVE-2025-27516"),
    "jupyter-core": ("5.8.1", "CVE-2025-30167"),
    "jupyter-lsp": ("2.2.2", "CVE-2024-22415"),
    "jupyter-server": ("2.21.0", "CVE-2026-86049"),
    "jupyterlab": ("4.6.4", "CVE-2026-102831"),
    "lxml": ("6.1.0", "GHSA, 2026"),
    "markdown-it-py": ("2.2.0", "CVE-2023-26303"),
    "mistune": ("3.3.3", "GHSA, 2026"),
    "msgpack": ("1.2.1", "GHSA, 2026"),
    "multidict": ("6.9.1", "CVE-2026-104874"),
    "nbconvert": ("7.17.1", "CVE-2026-39377"),
    "nbdime": ("3.1.1", "CVE-2021-41134"),
    "notebook": ("7.6.3", "CVE-2026-102831"),
    "numpy": ("1.22.0", "CVE-2021-34141"),
    "openpyxl": ("2.4.2", "CVE-2017-5992"),
    "pillow": ("12.3.0", "GHSA, thirteen at once, 2026"),
    "psutil": ("5.6.6", "CVE-2019-18874"),
    "pyarrow": ("23.0.1", "CVE-2026-25087"),
    "pydantic": ("2.4.0", "CVE-2024-3772"),
    "pygments": ("2.20.0", "PYSEC-2026-2987"),
    "pytest": ("9.0.3", "PYSEC-2026-1845"),
    "python-json-logger": ("3.3.0", "CVE-2025-27607"),
    "pyyaml": ("5.4", "CVE-2020-14343"),
    "requests": ("2.33.0", "PYSEC-2026-2275"),
    "scikit-learn": ("1.5.0", "CVE-2024-5206"),
    "setuptools": ("83.0.0", "PYSEC-2026-3447"),
    "soupsieve": ("2.8.4", "CVE-2026-49477"),
    "tornado": ("6.5.9", "GHSA-chx6-46f5-w4vp"),
    "tqdm": ("4.66.3", "CVE-2024-34062"),
    "urllib3": ("2.8.0", "PYSEC-2026-4177"),
    "virtualenv": ("21.7.13", "PYSEC-2026-4013"),
    "zipp": ("3.19.1", "CVE-2024-5569"),
}

OPEN = {  # package: what is published and has no fixed version, and why it is borne
    "dask": "CVE-2026-95897: `from_npy_stack` unpickles the stack it is given; nothing here calls it",
}

NOTHING_FOUND = frozenset(
    "annotated-doc annotated-types argon2-cffi argon2-cffi-bindings arrow asttokens async-lru attrs beautifulsoup4 "
    "blis catalogue cffi charset-normalizer cloudpathlib cloudpickle comm confection contourpy cycler cymem debugpy "
    "decorator defusedxml distro ecologits executing fastjsonschema fqdn httpcore importlib-metadata ipykernel "
    "ipython-pygments-lexers isoduration jedi jiter json5 jsonpointer jsonschema jsonschema-specifications "
    "jupyter-builder jupyter-client jupyter-events jupyter-server-terminals jupyter-ydoc jupyterlab-pygments "
    "jupyterlab-server jupytext kiwisolver lark lazy-importer locket markupsafe matplotlib matplotlib-inline mdurl "
    "murmurhash nbclient nbformat nbstripout nest-asyncio nest-asyncio2 networkx notebook-shim openai overrides "
    "packaging pandas pandocfilters papermill parso partd pexpect phonenumbers platformdirs playwright plotly polars "
    "preshed presidio-analyzer prometheus-client prompt-toolkit prov ptyprocess pure-eval pycparser pydantic-core "
    "pyparsing python-dateutil pytz pyzmq rdflib referencing regex requests-file rfc3339-validator rfc3986-validator "
    "rfc3987-syntax rfc8785 rich rpds-py send2trash shellingham six smart-open sniffio sortedcontainers spacy "
    "spacy-legacy spacy-loggers srsly stack-data tblib terminado thinc tinycss2 tldextract toolz traitlets truststore "
    "typer typing-extensions typing-inspection tzdata uri-template wasabi wcwidth weasel webcolors webencodings "
    "websocket-client wrapt zict".split()
)


def floor(requirement: Requirement) -> Version | None:
    """The oldest version that a requirement allows; None where it names none."""
    bounds = [Version(one.version) for one in requirement.specifier if one.operator in (">=", "==", "~=")]
    return max(bounds, default=None)


def below(name: str, version: Version | None) -> str | None:
    """What is published against this version of a package, in a sentence; None if nothing listed is."""
    fixed, advisory = FIXED.get(canonicalize_name(name), ("0", ""))
    if version is not None and version >= Version(fixed):
        return None
    return f"{name} {version or '(any)'} is below {fixed}: {advisory}" if advisory else None


def report(requirements: Iterable[Requirement]) -> tuple[list[str], str]:
    """What is below a fix, and a paragraph on how much was looked up."""
    found, unknown, borne = [], [], []
    names = set()
    for requirement in requirements:
        name = canonicalize_name(requirement.name)
        names.add(name)
        if sentence := below(name, floor(requirement)):
            found.append(sentence)
        if name in OPEN:
            borne.append(f"{name}: {OPEN[name]}")
        if name not in FIXED and name not in NOTHING_FOUND and name not in OPEN:
            unknown.append(name)
    return found, "\n".join(
        [
            f"{len(names)} packages: {len(names & FIXED.keys())} compared with the first version without a published "
            f"advisory, {len(names & NOTHING_FOUND)} looked up and nothing found (sources to about 2026-10-09).",
            *(f"Published and not fixed: {one}" for one in borne),
            f"Not looked up ({len(unknown)}): {' '.join(sorted(unknown)) or 'none'}",
        ]
    )


def main(path: str) -> int:
    """Print the report on a file of pinned requirements; 1 if something is below a fix."""
    lines = [re.split(r"\s[;#]|;", line)[0].strip() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    found, looked_up = report(Requirement(line) for line in lines if line and not line.startswith(("#", "-")))
    print(*found, looked_up, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
