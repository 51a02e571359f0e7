"""How codes of the ICD-10 family are written: with a dot or none, in Germany with letters behind them."""

import re

FAMILY, GERMAN = "icd-10", "icd-10-gm"  # in the name of a system
GERMAN_CODE = re.compile(r"([A-Z][0-9]{2,4})-?(.*)", re.DOTALL)  # no code of ICD-10-GM ends in a letter
DOUBLE_CODES = "+*!\N{DAGGER}# \t\N{NO-BREAK SPACE}"  # signs of the two parts of a double code, and blanks


def plain_code(system: str, code: str) -> str:
    """The form in which a code is compared; one of another system is left as it is."""
    found = system.lower()
    if FAMILY not in found:
        return code
    plain = code.upper().replace(".", "").strip()
    return _german(plain)[0] if GERMAN in found else plain


def german_qualifier(system: str, code: str) -> str | None:
    """The letter behind a code of ICD-10-GM that says how sure the diagnosis is ("C50.9 V"); "" if what stands there is
    no such letter, None if nothing does."""
    if GERMAN not in system.lower():
        return None
    behind = _german(code.upper().replace(".", "").strip())[1].strip(DOUBLE_CODES)
    return (behind if behind in ("G", "V", "A", "Z") else "") if behind else None


def names_no_disease(system: str, code: str) -> bool:
    """Is it from the chapter of symptoms and findings? It says that a disease was not, or not yet, told."""
    return code.startswith("R") and FAMILY in system.lower()


def _german(plain: str) -> tuple[str, str]:
    """The code, and what stands behind it."""
    found = GERMAN_CODE.match(plain)
    return (found[1], found[2]) if found else (plain, "")
