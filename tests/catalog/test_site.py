"""A site's own content over the shipped one: settings, value sets, maps, studies, and what is refused."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import load_catalog
from service.catalog.site import Site
from service.eligibility.dates import Duration, Unit
from service.eligibility.facts import Kind
from service.eligibility.outcome import Outcome
from service.eligibility.policy import Policy
from service.eligibility.terms import Coding
from service.errors import CatalogError
from tests.catalog.world import SYSTEM, loaded, shipped_copy, site, value_set

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def test_without_a_site_the_shipped_settings_hold() -> None:
    catalog = load_catalog(mappings_dir())
    assert catalog.site == Site()
    assert catalog.policy == Policy()  # mappings/absence.yaml says what the code falls back to


def test_every_setting_arrives(tmp_path: Path) -> None:
    settings = """\
time_zone: Europe/Berlin
medication_types: [MedicationStatement, MedicationRequest]
not_kept: [AdverseEvent, Consent]
contact_horizon: 18 months
order_horizon: 90 days
body_horizon: 6 months
minor_body_horizon: 4 weeks
pregnancy_age_limit: 60
bundles_complete: true
accepted_rejects: 3
test_patients: [t1]
opted_out: [o1, o2]
organizations: [Organization/a]
"""
    catalog = loaded(site(tmp_path, settings=settings))
    assert catalog.site == Site(
        zone=ZoneInfo("Europe/Berlin"),
        bundles_complete=True,
        accepted_rejects=3,
        test_patients=frozenset({"t1"}),
        opted_out=frozenset({"o1", "o2"}),
        organizations=frozenset({"Organization/a"}),
    )
    assert catalog.policy == Policy(
        contact_horizon=Duration(18, Unit.MONTH),
        order_horizon=Duration(90, Unit.DAY),
        body_horizon=Duration(6, Unit.MONTH),
        minor_body_horizon=Duration(4, Unit.WEEK),
        pregnancy_age_limit=60,
        medication_types=("MedicationStatement", "MedicationRequest"),
        not_kept=frozenset({"AdverseEvent", "Consent"}),
    )


@pytest.mark.parametrize("settings", ["", "# nothing is set\n", "{}\n"])
def test_an_empty_file_of_settings_sets_nothing(settings: str, tmp_path: Path) -> None:
    assert loaded(site(tmp_path, settings=settings)).policy == Policy()


# a mistake in site.yaml                    what is said
MISTAKES = [
    ("time_zone: Berlin", "site/site.yaml:1 (time_zone): 'Berlin' is no time zone; write its IANA name"),
    ("time_zone: ../etc", "is no time zone"),
    ("\ntimezone: UTC", "site/site.yaml:2 (timezone): unknown key 'timezone'; did you mean 'time_zone'?"),
    ("medication_types: [Medication]", "site/site.yaml:1 (medication_types[0]): 'Medication' is none of"),
    ("contact_horizon: long", "site/site.yaml:1 (contact_horizon): 'long' is not understood."),
    ("accepted_rejects: -1", "site/site.yaml:1 (accepted_rejects): -1 is less than the minimum of 0"),
    ("bundles_complete: yes", "site/site.yaml:1 (bundles_complete): this has to be of type boolean, it is 'yes'"),
    ("opted_out: [1]", "site/site.yaml:1 (opted_out[0]): this has to be of type string, it is 1"),
]


@pytest.mark.parametrize(("settings", "said"), MISTAKES, ids=[each[0].strip() for each in MISTAKES])
def test_a_mistake_in_the_settings_is_named(settings: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as raised:
        loaded(site(tmp_path, settings=settings + "\n"))
    assert said in str(raised.value)


def test_a_site_adds_studies_and_value_sets_and_replaces_those_of_the_same_name(tmp_path: Path) -> None:
    root = site(tmp_path, hbsag=value_set("hbsag", "observation"))
    catalog = loaded(root)
    assert {"demo", "igg4-rd-sirolimus"} <= set(catalog.studies)
    assert catalog.terminology.value_sets["hbsag"].sure.listed == frozenset({Coding(SYSTEM, "1")})
    assert catalog.value_set_files["hbsag"].path == root / "value-sets" / "hbsag.json"
    assert "malignancy" in catalog.terminology.value_sets


def test_a_site_says_what_its_own_codes_and_products_are(tmp_path: Path) -> None:
    root = site(tmp_path)
    maps = root / "concept-maps"
    maps.mkdir()
    element = {"code": "HB", "target": [{"code": "718-7", "equivalence": "equivalent"}]}
    group = {"source": "urn:lab", "target": "http://loinc.org", "element": [element]}
    (maps / "our-laboratory.json").write_text(json.dumps({"resourceType": "ConceptMap", "group": [group]}))
    strength = {"property": "https://fhir-prescreen.org/fhir/property/strength", "value": "20 mg/1 {tbl}"}
    product = {"code": "P20", "target": [{"code": "8640", "display": "prednisone", "product": [strength]}]}
    group = {"source": "urn:pharmacy", "target": RXNORM, "element": [product]}
    (maps / "drug-products-of-ours.json").write_text(json.dumps({"resourceType": "ConceptMap", "group": [group]}))
    catalog = loaded(root)
    assert [each.target for each in catalog.terminology.maps[Coding("urn:lab", "HB")]] == [
        Coding("http://loinc.org", "718-7")
    ]
    found = catalog.drugs.product((Coding("urn:pharmacy", "P20"),))
    assert found is not None
    assert found.ingredients == (Coding(RXNORM, "8640"),)
    assert catalog.drugs.product((Coding(RXNORM, "312617"),)) is not None  # the shipped ones are still there


def test_a_site_decides_what_silence_means_for_all_kinds(tmp_path: Path) -> None:
    root = site(tmp_path)
    shipped = (mappings_dir() / "absence.yaml").read_text(encoding="utf-8")
    (root / "absence.yaml").write_text(shipped.replace("not_met", "unknown"), encoding="utf-8")
    assert set(loaded(root).policy.absence.values()) == {Outcome.UNKNOWN}
    (root / "absence.yaml").write_text("condition: {outcome: met, reason: so}\n", encoding="utf-8")
    with pytest.raises(CatalogError) as raised:
        loaded(root)
    assert "'met' is none of not_met, unknown" in str(raised.value)
    assert "medication, procedure" in str(raised.value)
    assert len(Kind) == shipped.count("outcome:")


# what lies in the site's directory       what is said
STRANGE = [
    ("site.yml", "site/site.yml: not read by anything"),
    ("settings.json", "site/settings.json: not read by anything"),
    ("valuesets/x.json", "site/valuesets: not read by anything"),
    ("studies/new/stduy.yaml", "site/studies/new: a study needs its study.yaml"),
]


@pytest.mark.parametrize(("name", "said"), STRANGE, ids=[each[0] for each in STRANGE])
def test_what_nothing_would_read_is_not_passed_over(name: str, said: str, tmp_path: Path) -> None:
    root = site(tmp_path)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("{}", encoding="utf-8")
    with pytest.raises(CatalogError, match=said):
        loaded(root)


def test_a_readme_and_hidden_files_disturb_nobody(tmp_path: Path) -> None:
    root = site(tmp_path)
    for name in ("README.md", ".gitignore"):
        (root / name).write_text("x", encoding="utf-8")
    (root / ".git").mkdir()
    assert "demo" in loaded(root).studies


def test_a_site_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="no such directory"):
        loaded(tmp_path / "nowhere")


def test_the_problems_of_every_part_are_named_at_once(tmp_path: Path) -> None:
    mappings = shipped_copy(tmp_path)
    (mappings / "absence.yaml").write_text("{}\n", encoding="utf-8")
    (mappings / "concept-maps" / "drug-names.json").write_text("{", encoding="utf-8")
    (mappings / "concept-maps" / "ours.json").write_text("{", encoding="utf-8")
    root = site(tmp_path, settings="time_zone: Mars\n", bad={"resourceType": "ValueSet"})
    with pytest.raises(CatalogError) as raised:
        load_catalog(mappings, root)
    said = str(raised.value)
    for part in ("absence.yaml:1", "drug-names.json", "ours.json", "site.yaml:1", "value-sets/bad.json"):
        assert part in said
