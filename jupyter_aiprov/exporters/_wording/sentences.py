"""Reviews, gaps, coverage, footprint, prompts and outside tools as sentences or parts of one."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_aiprov.exporters._facts import Check, Facts
from jupyter_aiprov.exporters._wording.slots import Slots
from jupyter_aiprov.exporters._wording.things import listed, semicolons
from jupyter_aiprov.exporters._words import Language, amount, joined, number, word
from jupyter_aiprov.guard._say import counted


def outside_text(tool: Mapping[str, str], language: Language, *, short: bool = False) -> str:
    """A tool used elsewhere, as declared: `ChatGPT (GPT-5, OpenAI; purpose; dates)`; `short` names it only."""
    head = tool.get("tool") or tool.get("model") or ""
    inner = ", ".join(v for k in ("model", "version", "maker") if (v := tool.get(k)) and v != head)
    rest = [] if short else [tool[k].rstrip(" .") for k in ("purpose", "where", "dates") if tool.get(k)]
    about = semicolons([inner, *rest], language)
    return f"{head} ({about})" if about else head


def check(one: Check, language: Language, *, named: bool = False) -> str:
    """One review as a sentence; people are named only where the record names them."""
    en = language == "en"
    identity = word(one.identity, language) if one.identity and one.who else ""
    about = [f"ORCID {one.orcid}" if one.orcid else "", identity, word(one.method, language)]
    who = f"{one.who or word('someone', language)} ({semicolons(about, language)})"
    subject = one.subject or (f"{word('cell', language)} {one.cell}" if one.cell else "")
    if named and one.notebook:
        subject = f"{one.notebook} {subject}".strip()
    of = f"{subject}: " if subject and en else f"{subject}\u00a0: " if subject else ""
    if one.total is None and one.read is None:
        text = f"{of}{word(one.status, language)} {'by' if en else 'par'} {who}"
    else:
        text = of + _read(one, language) + who + _outcome(one, language)
    if one.stale:
        text += "; changed since, to review again" if en else "\u00a0; modifié depuis, à contrôler de nouveau"
    return (text if subject else text[:1].upper() + text[1:]) + "."


def _read(one: Check, language: Language) -> str:
    """`of 12 rows, 6 were read by `."""
    unit = one.unit if one.unit.endswith("s") else one.unit + "s"
    total = amount(one.total, unit.removesuffix("s"), language) if one.total is not None else word(unit, language)
    n = one.read
    if language == "en":
        read = "a number not recorded was" if n is None else f"{number(n, 'en')} {'was' if n == 1 else 'were'}"
        return f"of {total}, {read} read by "
    if n is None:
        return f"sur {total}, un nombre non précisé de réponses du modèle a été contrôlé par "
    said = "réponses du modèle ont été contrôlées" if n > 1 else "réponse du modèle a été contrôlée"
    return f"sur {total}, {number(n, 'fr')} {said} par "


def read_of(one: Check, language: Language) -> str:
    """`6 of 12 rows read, 1 corrected`, for a check whose counts are on record."""
    unit = one.unit.removesuffix("s")
    read, total = one.read or 0, one.total or 0
    fixed = number(one.corrected, language)
    if language == "en":
        return f"{number(read, 'en')} of {amount(total, unit, 'en')} read, {fixed} corrected"
    ends = "s" if read > 1 else "", "s" if one.corrected > 1 else ""  # rows, figures and cells are feminine
    return f"{amount(read, unit, 'fr')} sur {number(total, 'fr')} contrôlée{ends[0]}, {fixed} corrigée{ends[1]}"


def _outcome(one: Check, language: Language) -> str:
    corrected, rejected = number(one.corrected, language), number(one.rejected, language)
    if language == "en":
        return f"; corrected: {corrected}, discarded: {rejected}"
    return f"\u00a0; corrigées\u00a0: {corrected}, écartées\u00a0: {rejected}"


def gap_list(facts: Facts, language: Language) -> str:
    """What was not captured, by reason; empty when no gap is on record."""
    named = []
    for reason, n in facts.gaps.items():
        text = word(reason, language)
        details = [d for r, d in facts.gap_details if r == reason]
        if reason == "not-covered" and details:
            text += f" ({listed(details, language)})"
        elif n > 1:
            text += f" ({number(n, language)})"
        named.append(text)
    return ", ".join(named)


def gaps(facts: Facts, language: Language) -> str:
    """`has gaps: …`, or that it knows of none."""
    en, found = language == "en", gap_list(facts, language)
    if not found:
        return "reports no gap of its own" if en else "ne signale aucune lacune de son côté"
    return f"has gaps ({found})" if en else f"présente des lacunes ({found})"


def coverage(facts: Facts, language: Language) -> str:
    """What the log looked at."""
    en = language == "en"
    if not facts.hooked:
        return "the calls of the notebook's kernel on record" if en else "les appels enregistrés du noyau du carnet"
    through = joined(list(facts.hooked), language)
    return (
        f"the calls of the notebook's kernel through {through}"
        if en
        else f"les appels du noyau du carnet passant par {through}"
    )


def screening(facts: Facts, language: Language) -> str:
    """What the automatic screening reported; empty when it found nothing."""
    return joined([counted(rule, n, language) for rule, n in facts.screening.items()], language)


def unsearched(facts: Facts, language: Language) -> str:
    """What no screening looked for; names are searched only where the author turned that on."""
    if "name" in facts.screening:
        return (
            "free-text identifiers are not searched"
            if language == "en"
            else "les identifiants en texte libre ne sont pas recherchés"
        )
    if language == "en":
        return "names and free-text identifiers are not searched"
    return "les noms et les identifiants en texte libre ne sont pas recherchés"


def footprint(facts: Facts, language: Language) -> str:
    """A range with its method, or which models it was not estimated for."""
    en = language == "en"
    known = [t for t in facts.tools if t.impact]
    missing = list(dict.fromkeys(t.model for t in facts.tools if not t.impact))
    parts = []
    if known:
        low = sum(t.impact.gwp_kgco2eq[0] for t in known if t.impact) * 1000
        high = sum(t.impact.gwp_kgco2eq[1] for t in known if t.impact) * 1000
        one = known[0].impact
        assert one is not None
        numbers = f"{low:.2g}–{high:.2g}"
        zone = one.zone or ("provider's default zone" if en else "zone par défaut du fournisseur")
        warn = f"; {', '.join(one.warnings)}" if one.warnings else ""
        unit = "g CO2eq" if en else "g éq. CO2"
        parts.append(
            f"{numbers if en else numbers.replace('.', ',')} {unit} ({one.method} {one.version}, {zone}{warn})"
        )
    if missing:
        parts.append(f"{word('not-estimated', language)} {'for' if en else 'pour'} {listed(missing, language)}")
    return ("; " if en else "\u00a0; ").join(parts)


def prompts(facts: Facts, slots: Slots) -> str:
    """Templates that people gave or confirmed, the place or reason they stated, or the open slot."""
    en = slots.language == "en"
    out = []
    for one in facts.prompts:
        name = f"{one['name']}: " if one.get("name") and en else f"{one['name']}\u00a0: " if one.get("name") else ""
        texts = [one[key] for key in ("system", "template") if one.get(key)]
        out += [f"{name}“{text}”" if en else f"{name}«\u00a0{text}\u00a0»" for text in texts]
        if one.get("place"):
            out.append(("given in " if en else "données dans ") + one["place"])
        if one.get("withheld"):
            out.append(("withheld because " if en else "non diffusées en raison de ") + one["withheld"])
    return ("; " if en else "\u00a0; ").join(out) if out else slots.ask("prompts")
