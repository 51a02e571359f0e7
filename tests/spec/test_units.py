"""What units mean and how numbers pass between them: spellings, conversions, refusals, and the traps of the libraries.

The tables are those of `mappings/units`, so that a change there is a change here.
"""

import io
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import assume, given, strategies as st

from service.catalog import unit_factors
from service.catalog.units import load_units
from service.eligibility import ucum
from service.eligibility.outcome import Outcome
from service.eligibility.quantity import Interval
from service.eligibility.unit_text import bare
from service.eligibility.units import Affine, UnitTable, conversion, converted
from service.errors import CatalogError

MAPPINGS = Path(__file__).parents[2] / "mappings" / "units"
TABLE = load_units(MAPPINGS)

CREATININE = "http://loinc.org|2160-0"
GLUCOSE = "http://loinc.org|2345-7"
BILIRUBIN = "http://loinc.org|1975-2"
HEMOGLOBIN = "http://loinc.org|718-7"
URINE_RATIO = "http://loinc.org|9318-7"
HBA1C = "http://loinc.org|4548-4"
POTASSIUM = "http://loinc.org|2823-3"
IGG4 = "http://loinc.org|2469-5"


def into(value: str, source: str, target: str, analyte: str | None = None) -> Decimal | None:
    """One number in another unit; None where it does not convert."""
    affine = conversion(TABLE, source, target, analyte)
    return None if affine is None else converted(Interval.exactly(value), affine).low


# ---------------------------------------------------------------------------------------------------- spellings

SPELLINGS = [
    # as the chart writes it, as free text, as Quantity.code
    ("mg/dL", "mg/dL", "mg/dL"),
    ("mg/dl", "mg/dL", "mg/dL"),
    ("MG/DL", "mg/dL", None),
    ("gm/dL", "g/dL", None),
    ("g%", "g/dL", "g/dL"),
    ("mcg", "ug", "ug"),
    ("µg/L", "ug/L", "ug/L"),
    ("\u03bcg/L", "ug/L", "ug/L"),
    (" mg / dL ", "mg/dL", "mg/dL"),
    ("mL/min/1.73m2", "mL/min/{1.73_m2}", "mL/min/{1.73_m2}"),
    ("mL/min/1.73 m2", "mL/min/{1.73_m2}", "mL/min/{1.73_m2}"),
    ("mL/min/1.73.m2", "mL/min/{1.73_m2}", "mL/min/{1.73_m2}"),
    ("cells/uL", "{cells}/uL", "{cells}/uL"),
    ("x10E9/L", "10*9/L", "10*9/L"),
    ("x 10^9/L", "10*9/L", "10*9/L"),
    ("10⁹/L", "10*9/L", "10*9/L"),
    ("10^3/uL", "10*3/uL", "10*3/uL"),
    ("K/uL", "10*3/uL", "10*3/uL"),
    ("K/µL", "10*3/uL", "10*3/uL"),
    ("thou/uL", "10*3/uL", "10*3/uL"),
    ("M/uL", "10*6/uL", "10*6/uL"),
    ("IU/L", "[iU]/L", "[iU]/L"),
    ("[IU]/L", "[iU]/L", "[iU]/L"),
    ("U/L", "U/L", "U/L"),
    ("u/l", "U/L", None),
    ("/HPF", "/[HPF]", "/[HPF]"),
    ("mEq/L", "meq/L", "meq/L"),
    ("mmHg", "mm[Hg]", "mm[Hg]"),
    ("mm Hg", "mm[Hg]", "mm[Hg]"),
    ("TAB", "{tbl}", "{tbl}"),
    ("tablet", "{tbl}", "{tbl}"),
    ("hr", "h", None),
    ("days", "d", None),
    ("%", "%", "%"),
    ("percent", "%", "%"),
    ("INR", "{INR}", "{INR}"),
    ("{INR}", "{INR}", "{INR}"),
    ("1", "1", "1"),
    ("bpm", "{beats}/min", "{beats}/min"),
    ("C", "Cel", "C"),
    ("°F", "[degF]", "[degF]"),
    ("kg/m²", "kg/m2", "kg/m2"),
    ("T/L", "10*12/L", "T/L"),
    # as German laboratories write them
    ("/nL", "10*9/L", "/nL"),
    ("/nl", "10*9/L", "/nL"),
    ("1/nl", "10*9/L", "/nL"),
    ("/pL", "10*12/L", "/pL"),
    ("/pl", "10*12/L", "/pL"),
    ("/µl", "/uL", "/uL"),
    ("Tsd/µl", "10*3/uL", "10*3/uL"),
    ("Tsd./µl", "10*3/uL", "10*3/uL"),
    ("Mio/µl", "10*6/uL", "10*6/uL"),
    ("Gpt/l", "10*9/L", "10*9/L"),
    ("Tpt/l", "10*12/L", "10*12/L"),
    ("T/l", "10*12/L", "T/L"),
    ("g/dl", "g/dL", "g/dL"),
    ("mg/dl", "mg/dL", "mg/dL"),
    ("µmol/l", "umol/L", "umol/L"),
    ("mmol/mol Hb", "mmol/mol{Hb}", None),
    ("mval/l", "meq/L", "meq/L"),
    ("ng/ml", "ng/mL", "ng/mL"),
    ("mU/l", "mU/L", "mU/L"),
    ("kU/l", "kU/L", "kU/L"),
    ("IE/l", "[iU]/L", "[iU]/L"),
    ("mIE/l", "m[iU]/L", "m[iU]/L"),
    ("ml/min/1,73 m²", "mL/min/{1.73_m2}", "mL/min/{1.73_m2}"),
]


@pytest.mark.parametrize(("written", "text", "code"), SPELLINGS, ids=[row[0] for row in SPELLINGS])
def test_a_spelling_means_a_ucum_code(written: str, text: str | None, code: str | None) -> None:
    assert (TABLE.ucum(written), TABLE.ucum(written, coded=True)) == (text, code)


NOT_UNDERSTOOD = {
    "nothing there": "",
    "only spaces": "  ",
    "a remark": "see note",
    "not applicable, though newtons per ampere": "N/A",
    "megagram or milligram": "Mg",
    "megagram per decilitre or milligram": "Mg/dL",
    "megamole or millimole": "Mmol/L",
    "giga per litre or gram per litre": "G/L",
    "the same, as some write it": "G/l",
    "thousands or kelvins": "K",
    "millions or metres": "M",
    "metres, minutes or months": "m",
    "units of what": "units",
    "a power that lost its star": "103/uL",
    "another power that lost its star": "109/L",
    "braces that do not close": "mg{/dL",
}


@pytest.mark.parametrize("text", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
def test_what_could_mean_two_things_or_nothing_is_not_understood(text: str) -> None:
    assert TABLE.ucum(text) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("mg/dL", "mg/dL", True),
        ("10*3/uL", "10*9/L", True),
        ("{cells}/uL", "/mm3", True),
        ("ug/mL", "mg/L", True),
        ("[iU]/L", "U/L", True),
        ("mL/min", "mL/min/{1.73_m2}", True),
        ("{INR}", "{ratio}", True),
        ("{piece}", "1", True),
        ("mg/dL", "umol/L", False),
        ("mg/dL", "g/dL", False),
        ("1", "%", False),
        ("Cel", "[degF]", False),
        ("meq/L", "mmol/L", False),
        ("[iU]/mL", "{copies}/mL", False),
        ("{Log_copies}/mL", "{copies}/mL", False),
        ("ng/mL{FEU}", "ng/mL{DDU}", False),
    ],
)
def test_a_text_and_a_code_are_one_unit_if_they_are_of_one_size(one: str, other: str, same: bool) -> None:
    assert TABLE.same(one, other) is TABLE.same(other, one) is same


def test_a_missing_unit_stays_missing() -> None:
    assert TABLE.ucum(None) is None
    assert TABLE.ucum(None, coded=True) is None


@pytest.mark.parametrize(
    "code", ["Mg", "Mg/dL", "G/L", "103/uL", "109/L", "see note", "banana", "10*99999999", "m" * 200, "{tablet"]
)
def test_a_code_is_refused_where_only_its_case_or_a_lost_star_tells_it_from_a_common_one(code: str) -> None:
    assert TABLE.ucum(code, coded=True) is None


@pytest.mark.parametrize("code", ["[in_i'H2O]", "ug/(8.h)", "dB", "[pH]", "{anything}", "g.m/s2", "nmol{BCE}/L"])
def test_any_other_valid_code_is_taken_at_its_word(code: str) -> None:
    assert TABLE.ucum(code, coded=True) == code


def test_no_spelling_hides_a_common_code_of_another_meaning() -> None:
    hidden = {text: code for text, code in (TABLE.aliases | TABLE.text_aliases).items() if text in TABLE.scales}
    assert hidden == {}


# -------------------------------------------------------------------------------------------------- conversions

CONVERSIONS = [
    ("7.0", "ng/mL", "ug/L", None, "7.0"),
    ("1.35", "g/L", "mg/dL", IGG4, "135"),
    ("1400", "mg/L", "mg/dL", IGG4, "140"),
    ("5", "10*9/L", "/uL", None, "5000"),
    ("5", "10*9/L", "10*3/uL", None, "5"),
    ("350", "{cells}/uL", "10*9/L", None, "0.35"),
    ("2", "mg/kg/d", "ug/kg/h", None, "83.3333333333"),
    ("0.01", "g/L", "mg/dL", None, "1"),
    ("5", "pg/mL", "ng/L", None, "5"),
    ("1", "mg/dL", "umol/L", CREATININE, "88.4016973126"),
    ("113.12", "umol/L", "mg/dL", CREATININE, "1.27961344"),
    ("100", "mg/dL", "mmol/L", GLUCOSE, "5.55074490997"),
    ("1", "mg/dL", "umol/L", BILIRUBIN, "17.1039578558"),
    ("12", "g/dL", "mmol/L", HEMOGLOBIN, "7.44670948525"),
    ("3", "mg/mmol", "mg/g", URINE_RATIO, "26.5205091938"),
    ("3", "mg/mmol{creat}", "mg/g", URINE_RATIO, "26.5205091938"),
    ("48", "mmol/mol", "%", HBA1C, "6.54304"),
    ("6.54304", "%", "mmol/mol", HBA1C, "48"),
    ("0.0654304", "1", "mmol/mol", HBA1C, "48"),
    ("5.5", "meq/L", "mmol/L", POTASSIUM, "5.5"),
    ("37", "Cel", "[degF]", None, "98.6"),
    ("100.4", "[degF]", "Cel", None, "38"),
    ("32", "[degF]", "Cel", None, "0"),
    ("-40", "[degF]", "Cel", None, "-40"),
    ("90", "min", "h", None, "1.5"),
    ("2.54", "cm", "[in_i]", None, "1"),
    ("150", "[lb_av]", "kg", None, "68.0388555"),
    ("450", "ms", "s", None, "0.45"),
    ("1", "ukat/L", "U/L", None, "60"),
    ("60", "U/L", "ukat/L", None, "1"),
    ("2", "a", "mo", None, "24"),
    ("2", "wk", "d", None, "14"),
    ("0.55", "1", "%", None, "55"),
    ("45", "%", "L/L", None, "0.45"),
    ("30", "ug/mg", "mg/g", None, "30"),
    ("3", "{score}", "1", None, "3"),
    ("2.5", "1", "{INR}", None, "2.5"),
    ("3", "{#}", "1", None, "3"),
    ("3", "{#}", "{score}", None, "3"),
    ("48", "mmol/mol{Hb}", "%", HBA1C, "6.54304"),
    ("40", "/nL", "10*9/L", None, "40"),
    ("4.5", "/pL", "10*6/uL", None, "4.5"),
    ("72", "{beats}/min", "/min", None, "72"),
    ("5", "/[HPF]", "{cells}/[HPF]", None, "5"),
    ("1", "mL/s/{1.73_m2}", "mL/min/{1.73_m2}", None, "60"),
    ("2", "k[iU]/L", "[iU]/mL", None, "2"),
    ("1", "ng/uL{FEU}", "mg/L{FEU}", None, "1"),
    ("1", "[in_i'H2O]", "[in_i'H2O]", None, "1"),
    ("8", "ug/(8.h)", "mg/d", None, "0.024"),
]


@pytest.mark.parametrize(
    ("value", "source", "target", "analyte", "expected"),
    CONVERSIONS,
    ids=[f"{row[1]}->{row[2]}" for row in CONVERSIONS],
)
def test_a_number_passes_into_another_unit(
    value: str, source: str, target: str, analyte: str | None, expected: str
) -> None:
    assert into(value, source, target, analyte) == Decimal(expected)


REFUSALS = {
    "mass to amount without an analyte": ("mg/dL", "umol/L", None),
    "mass to amount of an analyte of unknown molar mass": ("mg/dL", "umol/L", IGG4),
    "equivalents to moles: the charge is unknown": ("meq/L", "mmol/L", None),
    "equivalents to moles of another analyte": ("meq/L", "mmol/L", GLUCOSE),
    "osmoles to moles": ("mosm/kg", "mmol/kg", None),
    "international units to enzyme units": ("[iU]/L", "U/L", None),
    "enzyme units to international units": ("U/L", "[iU]/L", None),
    "international units to mass": ("[iU]", "mg", None),
    "international units to copies": ("[iU]/mL", "{copies}/mL", None),
    "international units to a count": ("[iU]/mL", "/mL", None),
    "one arbitrary unit to another": ("[arb'U]/mL", "[iU]/mL", None),
    "mmol/mol to % is not a ratio of HbA1c": ("mmol/mol", "%", None),
    "mmol/mol to mg/g": ("mmol/mol", "mg/g", URINE_RATIO),
    "a mass ratio to a volume ratio": ("mg/g", "mL/L", None),
    "a rate by weight to a rate": ("ug/kg/min", "/min", None),
    "clearance to filtration by body surface": ("mL/min", "mL/min/{1.73_m2}", None),
    "a field of view to a volume": ("/[HPF]", "/uL", None),
    "a field of view to a number": ("/[HPF]", "1", None),
    "one field of view to another": ("/[LPF]", "/[HPF]", None),
    "one score to another": ("{score}", "{INR}", None),
    "a score to percent": ("{score}", "%", None),
    "a count to percent": ("{#}", "%", None),
    "a count to parts of a thousand": ("{#}", "[ppth]", None),
    "a count to a share of what it counts": ("{#}", "mmol/mol", HBA1C),
    "a count to pieces of a product": ("{#}", "{tbl}", None),
    "an unknown annotation to a number": ("{anything}", "1", None),
    "pieces of a product to a number": ("{tbl}", "1", None),
    "pieces of a product to a mass": ("{tbl}", "mg", None),
    "a logarithm to copies": ("{Log_copies}/mL", "{copies}/mL", None),
    "a logarithm to a count": ("{Log_copies}/mL", "/mL", None),
    "one scale of D-dimer to the other": ("ng/mL{FEU}", "ng/mL{DDU}", None),
    "a scale of D-dimer to none": ("ng/mL{FEU}", "ng/mL", None),
    "calendar months to days": ("mo", "d", None),
    "days to calendar years": ("d", "a", None),
    "per month to per day": ("mg/mo", "mg/d", None),
    "kelvin per microlitre to a count": ("K/uL", "10*3/uL", None),
    "decibels": ("dB", "1", None),
    "acidity": ("[pH]", "1", None),
    "mass to volume": ("mg", "mL", None),
    "a unit that is none": ("banana", "mg", None),
    "no unit to a unit": ("", "mg", None),
    "a unit to none": ("mg", "", None),
    "no unit to none": ("", "", None),
    "decays to rates": ("Bq", "/s", None),
    "gram percent, which the library reads as mass": ("kg%", "mg", None),
}


@pytest.mark.parametrize(("source", "target", "analyte"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_has_no_exact_relation_does_not_convert(source: str, target: str, analyte: str | None) -> None:
    assert conversion(TABLE, source, target, analyte) is None


def test_any_unit_is_itself_even_one_that_nobody_knows() -> None:
    assert conversion(TABLE, "{piece}", "{piece}") == Affine(Decimal(1), Decimal(0))


@pytest.mark.parametrize(
    ("value", "source", "target", "limit"),
    [
        ("7.0", "ng/mL", "ug/L", "7"),
        ("90", "min", "h", "1.5"),
        ("24", "mg/d", "ug/h", "1000"),
        ("100.4", "[degF]", "Cel", "38"),
    ],
)
def test_an_inclusive_threshold_does_not_flip(value: str, source: str, target: str, limit: str) -> None:
    affine = conversion(TABLE, source, target)
    assert affine is not None
    number = converted(Interval.exactly(value), affine)
    assert number.at_most(Decimal(limit)) is Outcome.MET
    assert number.at_least(Decimal(limit)) is Outcome.MET


def test_open_ends_stay_open() -> None:
    below = Interval(Decimal(0), Decimal(5), high_open=True)
    affine = conversion(TABLE, "mg/dL", "umol/L", CREATININE)
    assert affine is not None
    assert converted(below, affine) == Interval(Decimal(0), Decimal("442.008486563"), high_open=True)


# --------------------------------------------------------------------------------------------------- properties

CODES = sorted(TABLE.scales)
PAIRS = [
    (one, other) for one in CODES for other in CODES if TABLE.scales[one].dimension == TABLE.scales[other].dimension
]


@given(st.sampled_from(PAIRS), st.decimals("-1000000", "1000000", places=4))
def test_there_and_back_is_where_one_was(pair: tuple[str, str], value: Decimal) -> None:
    there, back = conversion(TABLE, *pair), conversion(TABLE, pair[1], pair[0])
    assert (there is None) == (back is None)
    assume(there is not None and back is not None)
    assert there is not None and back is not None
    returned = converted(converted(Interval.exactly(value), there), back).low
    assert returned is not None
    closeness = max(abs(value), abs(back.offset), Decimal(1)) * Decimal("1E-10")
    assert abs(returned - value) <= closeness


@given(st.sampled_from(PAIRS), st.decimals("-1000", "1000", places=3), st.decimals("-1000", "1000", places=3))
def test_conversion_keeps_the_order(pair: tuple[str, str], one: Decimal, other: Decimal) -> None:
    affine = conversion(TABLE, *pair)
    assume(affine is not None and one <= other)
    assert affine is not None
    low, high = (converted(Interval.exactly(each), affine).low for each in (one, other))
    assert low is not None and high is not None and low <= high


@given(st.text(max_size=12), st.booleans())
def test_whatever_is_understood_is_a_unit(text: str, coded: bool) -> None:
    code = TABLE.ucum(text, coded=coded)
    assert code is None or TABLE.lists(code) or ucum.valid(code)


@given(st.text(max_size=12))
def test_reading_a_code_twice_changes_nothing(text: str) -> None:
    code = TABLE.ucum(text)
    assert code is None or TABLE.ucum(code, coded=True) == code


# --------------------------------------------------------------------------------------------------- the tables


def test_the_committed_scales_are_those_of_ucumvert() -> None:
    assert (MAPPINGS / "factors.json").read_text(encoding="utf-8") == unit_factors.rendered()
    assert dict(TABLE.scales) == unit_factors.scales()


def test_the_scales_agree_with_ucumverts_own_arithmetic() -> None:
    from ucumvert import PintUcumRegistry  # type: ignore[import-untyped]

    registry = PintUcumRegistry()
    groups: dict[object, list[str]] = {}
    for code, scale in TABLE.scales.items():
        if not scale.offset:
            groups.setdefault((scale.dimension, scale.cancelled), []).append(code)
    for first, *others in groups.values():
        size = registry.from_ucum(first).to_root_units().magnitude
        for other in others:
            ratio = registry.from_ucum(other).to_root_units().magnitude / size
            assert ratio == pytest.approx(float(TABLE.scales[other].factor / TABLE.scales[first].factor), rel=1e-12), (
                other
            )


@pytest.mark.parametrize("code", ["[IU]/mL", "m[IU]/L", "mg/dl", "10^9/l", "{cells}/ul"])
def test_another_spelling_of_a_common_code_has_its_scale(code: str) -> None:
    assert TABLE.scale(code) == ucum.scale(bare(code)) is not None


def test_ordinary_screening_never_builds_the_registry() -> None:
    program = (
        "import sys; from service.catalog.content import mappings_dir; from service.catalog.load import load_catalog\n"
        "from service.eligibility.units import conversion\n"
        "table = load_catalog(mappings_dir()).units\n"
        "table.ucum('K/uL'), table.ucum('see note'), table.ucum('mg/dl', coded=True)\n"
        "conversion(table, 'mg/dL', 'umol/L', 'creatinine'), conversion(table, 'meq/L', 'mmol/L')\n"
        "conversion(table, '[iU]/mL', '[IU]/mL')\n"
        "sys.exit('pint' in sys.modules or 'ucumvert' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=MAPPINGS.parents[1], check=False).returncode == 0


# IUPAC abridged standard atomic weights, 2021.
WEIGHTS = {
    "H": "1.008", "C": "12.011", "N": "14.007", "O": "15.999", "P": "30.974", "S": "32.06",
    "Mg": "24.305", "Ca": "40.078", "Fe": "55.845", "I": "126.90",
}  # fmt: skip


def formulas() -> Iterator[tuple[str, str, Decimal]]:
    for entry in yaml.safe_load((MAPPINGS / "analytes.yaml").read_text(encoding="utf-8"))["molar_masses"]:
        if entry["formula"]:
            yield entry["analyte"], entry["formula"], Decimal(entry["molar_mass"])


@pytest.mark.parametrize(("analyte", "formula", "molar_mass"), list(formulas()), ids=[row[0] for row in formulas()])
def test_a_molar_mass_is_that_of_its_formula(analyte: str, formula: str, molar_mass: Decimal) -> None:
    atoms = re.findall(r"([A-Z][a-z]?)(\d*)", formula)
    weight = sum(Decimal(WEIGHTS[element]) * int(number or 1) for element, number in atoms)
    assert abs(weight - molar_mass) < Decimal("0.02")


BROKEN = {
    "a code that is no common one": (
        "spellings.yaml",
        "ucum: 10*3/uL",
        "ucum: 10*3/uLL",
        "'10*3/uLL' is not in factors.json",
    ),
    "one spelling, two meanings": ("spellings.yaml", "[M/uL,", "[M/uL, K/uL,", "'K/uL' already means 10*3/uL"),
    "a number that is none": (
        "analytes.yaml",
        '"113.12"',
        '"heavy"',
        "molar_masses[0] molar_mass expected a decimal number",
    ),
    "a number out of quotes": ("analytes.yaml", '"180.156"', "180.156", "molar_masses[2] molar_mass expected a text"),
    "a mass below zero": ("analytes.yaml", '"113.12"', '"-1"', "expected a molar mass above 0"),
    "not YAML": ("analytes.yaml", "molar_masses:", "molar_masses: [", "not well-formed YAML"),
    "not JSON": ("factors.json", "{", "", "not well-formed JSON"),
    "a size that is none": ("factors.json", '"1/100"', '"1/0"', "expected a fraction"),
}


@pytest.mark.parametrize(("name", "old", "new", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_table_says_where_and_what(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    for file in MAPPINGS.iterdir():
        text = file.read_text(encoding="utf-8")
        (tmp_path / file.name).write_text(text.replace(old, new, 1) if file.name == name else text, encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load_units(tmp_path)
    assert message in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"factors\.json"):
        load_units(tmp_path)


def test_an_empty_table_understands_codes_and_guesses_nothing() -> None:
    empty = UnitTable()
    assert empty.ucum("mg/dL", coded=True) == "mg/dL"
    assert empty.ucum("K/uL") is None
    assert conversion(empty, "ng/mL", "ug/L") == Affine(Decimal(1), Decimal(0))


# ------------------------------------------------------------------------- the functional tests of UCUM's authors

# Codes that the grammar of ucumvert judges otherwise than these tests, and why we leave it so.
VALIDITY_DIFFERS = {
    "10+3/ul": "a power of a plain number, allowed by UCUM's grammar; `UnitTable.ucum` refuses it as a broken spelling",
}
# Conversions that come out otherwise, and why.
CONVERSION_DIFFERS = {
    "3-113": "6.3 * 4 is 25.2; the case is rounded to two digits",
    "3-115": "6.3 / 4 is 1.575; the case is rounded to two digits",
    "3-118": "6.30 in is 0.16002 m; the case is rounded to three digits",
    "3-119": "6.300 in is 16.002 cm; the case is rounded to three digits",
    "3-125": "mercury: ucumvert has 133.322387415 Pa to the mm, UCUM 133.322 (3 in a million)",
}


@pytest.fixture(scope="module")
def functional(shared: Path) -> ElementTree.Element:
    with tarfile.open(shared / "data" / "oracles" / "ucum.tar.gz") as archive:
        member = archive.extractfile("src/test/resources/UcumFunctionalTests.xml")
        assert member is not None
        return ElementTree.parse(io.BytesIO(member.read())).getroot()


@pytest.mark.shared
def test_validity_agrees_with_ucums_functional_tests(functional: ElementTree.Element) -> None:
    cases = [(case.attrib["unit"], case.attrib["valid"] == "true") for case in functional.iterfind("validation/case")]
    differing = {unit for unit, expected in cases if ucum.valid(unit) != expected}
    assert len(cases) > 500
    assert differing == set(VALIDITY_DIFFERS)


@pytest.mark.shared
def test_conversions_agree_with_ucums_functional_tests(functional: ElementTree.Element) -> None:
    cases = [case.attrib for case in functional.iterfind("conversion/case")]
    differing = {case["id"] for case in cases if not _agrees(case)}
    assert len(cases) == 30
    assert differing == set(CONVERSION_DIFFERS)


def _agrees(case: dict[str, str]) -> bool:
    found, expected = into(case["value"], case["srcUnit"], case["dstUnit"]), Decimal(case["outcome"])
    return found is not None and abs(found - expected) <= abs(expected) * Decimal("1E-9")
