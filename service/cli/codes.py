"""study codes: the value sets that a criterion can name, with what they hold."""

from argparse import Namespace
from collections import Counter

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.catalog.value_sets import ValueSetFile
from service.cli.console import out
from service.errors import UsageError
from service.screening.cases.forms import SYSTEMS

NAMES = {system: name for name, system in SYSTEMS.items()}


def list_codes(chosen: Namespace) -> int:
    """One line per value set: id, kind, title, and per system how many codes; only those of a word, if it is given."""
    files = load_catalog(mappings_dir(), chosen.site).value_set_files
    word = (chosen.word or "").lower()
    found = [files[name] for name in sorted(files) if word in f"{name} {files[name].value_set.title}".lower()]
    if not found:
        raise UsageError(f"no value set has {chosen.word!r} in its id or title; all of them: prescreen study codes")
    width, kind = max(len(each.value_set.id) for each in found), max(len(each.kind) for each in found)
    for each in found:
        out(f"{each.value_set.id:<{width}}  {each.kind:<{kind}}  {each.value_set.title} ({codes_of(each)})")
    return 0


def codes_of(file: ValueSetFile) -> str:
    """How many codes of which systems; a beginning stands for all codes that begin so."""
    held = (file.value_set.sure, file.value_set.inexact)
    listed = Counter(each.system for codes in held for each in codes.listed)
    begun = Counter(each.system for codes in held for each in codes.prefixes)
    told = []
    for system in sorted({*listed, *begun}, key=lambda each: NAMES.get(each, each)):
        numbers = [f"{listed[system]}"] if listed[system] else []
        numbers += [f"{begun[system]} by beginning"] if begun[system] else []
        told.append(f"{NAMES.get(system, system)} {' and '.join(numbers)}")
    return "; ".join(told) or "words alone"
