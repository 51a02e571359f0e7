"""What the machine says in German and Chinese, what stays as it is, and what is never said: a guess."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from service.catalog.content import mappings_dir
from service.catalog.load import Catalog, load_catalog
from service.eligibility.criteria import Absence
from service.eligibility.criteria.walk import parts_of
from service.eligibility.dosing.daily import Holding, daily
from service.eligibility.dosing.measure import Taken, Terms, steps
from service.eligibility.dosing.sigs.read import NOTHING_KNOWN
from service.eligibility.dosing.texts import with_texts
from service.eligibility.explain import recognise
from service.eligibility.explain.recognise import SLOT, Recogniser
from service.eligibility.explain.templates import TEMPLATES
from service.eligibility.explain.wording import ENGLISH, Wording
from service.screening.cases import load_cases, run_case
from service.screening.judging import phrases_of
from service.screening.person.spoken import English, speech_of, spoken
from service.screening.render import assessment_line
from service.web.language import wording_in
from tests.doses import AT, TABLE, instruction, medication, strength
from tests.sigs.test_corpus import CORPUS
from tests.translations import TRANSLATED

IGG4 = "igg4-rd-sirolimus"
CELLS = {
    ("value", "prednisone 5 MG Oral Tablet"): ("prednisone 5 MG Oral Tablet", "prednisone 5 MG Oral Tablet"),
    ("value", "prednisone (not taken)"): ("prednisone (nicht genommen)", "prednisone（未使用）"),
    ("value", "Hepatitis B virus surface Ag [Presence] in Serum: Negative (qualifier value) (preliminary)"): (
        "Hepatitis B virus surface Ag [Presence] in Serum: Negative (qualifier value) (vorläufig)",
        "Hepatitis B virus surface Ag [Presence] in Serum：Negative (qualifier value)（初步结果）",
    ),
    ("value", "IgG4: less than 5 mg/dL"): ("IgG4: weniger als 5 mg/dL", "IgG4：小于5 mg/dL"),
    ("value", "IgG4: at most 5 mg/dL"): ("IgG4: höchstens 5 mg/dL", "IgG4：不大于5 mg/dL"),
    ("value", "IgG4: more than 5 mg/dL"): ("IgG4: mehr als 5 mg/dL", "IgG4：大于5 mg/dL"),
    ("value", "IgG4: at least 5 mg/dL"): ("IgG4: mindestens 5 mg/dL", "IgG4：不小于5 mg/dL"),
    ("value", "50 to 51 years"): ("50 bis 51 Jahre", "50至51岁"),
    ("when", "since 2026-03-30"): ("seit 30.03.2026", "自2026年3月30日起"),
    ("when", "2026-03"): ("März 2026", "2026年3月"),
    ("when", "2026"): ("2026", "2026"),
    ("when", "from 2026-05-20 to between 2026-08-17 and 2026-09-16"): (
        "von 20.05.2026 bis zwischen 17.08.2026 und 16.09.2026",
        "2026年5月20日至2026年8月17日与2026年9月16日之间",
    ),
    ("when", "2026-05-20 or before"): ("20.05.2026 oder früher", "2026年5月20日或更早"),
    ("calculated", "as needed, up to 1 x 20 mg x 1 every 2 days = 10 mg/day"): (
        "bei Bedarf, bis zu 1 × 20 mg × 1 alle 2 Tage = 10 mg/Tag",
        "按需使用，最多1 × 20 mg × 每2天1次 = 10 mg/天",
    ),
    ("calculated", "8 mg x 1/day = 8 mg/day x 1.25 (methylprednisolone to prednisone) = 10"): (
        "8 mg × 1/Tag = 8 mg/Tag × 1.25 (Methylprednisolon zu Prednison) = 10",
        "8 mg × 1次/天 = 8 mg/天 × 1.25（甲泼尼龙换算为泼尼松） = 10",
    ),
    ("wanted", "all MedicationRequest, Observation records, completely loaded"): (
        "alle Einträge vom Typ MedicationRequest, Observation, vollständig geladen",
        "完整加载的全部MedicationRequest, Observation记录",
    ),
    ("wanted", "whether it is still so: Acute bronchitis [Condition/1]; Pneumonia [Condition/2]"): (
        "ob es noch so ist: Acute bronchitis [Condition/1]; Pneumonia [Condition/2]",
        "以下情况是否仍然存在：Acute bronchitis [Condition/1]；Pneumonia [Condition/2]",
    ),
    (
        "assumed",
        "no such adverse event on record for that time, taken as absent because all adverse event records were loaded",
    ): (
        "unerwünschtes Ereignis dieser Art: für diese Zeit nicht vermerkt, gilt als nicht vorhanden, weil alle "
        "Einträge der Art unerwünschtes Ereignis geladen sind",
        "该时间段没有此类不良事件的记录，因所有不良事件记录均已加载，视为不存在",
    ),
    ("assumed", "no Hepatitis B virus DNA on record, taken as not met: HBsAg decides; HBV DNA only supports it"): (
        "Hepatitis-B-Virus-DNA: nicht vermerkt, gilt als nicht erfüllt: HBsAg entscheidet; HBV-DNA stützt es nur",
        "没有乙型肝炎病毒DNA的记录，视为不满足：由HBsAg决定；HBV DNA只作佐证",
    ),
}
SENTENCES = {
    "Met. Systemic glucocorticoids or Oral budesonide (except Local glucocorticoids or Mineralocorticoids) by a "
    "systemic route above 10 mg/day of prednisone equivalent taken within 3 months before the screening date: yes "
    "(highest dose in the window 12.5 mg/day on 2026-03-30: 5 x 2.5 mg x 1/day = 12.5 mg/day; prednisone 2.5 MG Oral "
    "Tablet, from 2026-03-10 to 2026-09-14 [MedicationRequest/2]).": (
        "Erfüllt. Systemische Glukokortikoide oder Orales Budesonid (außer Lokale Glukokortikoide oder "
        "Mineralokortikoide) auf systemischem Weg über 10 mg/Tag Prednison-Äquivalent genommen höchstens 3 Monate vor "
        "dem Screening-Datum: ja (höchste Dosis im Zeitfenster 12.5 mg/Tag am 30.03.2026: 5 × 2.5 mg × 1/Tag = 12.5 "
        "mg/Tag; prednisone 2.5 MG Oral Tablet, von 10.03.2026 bis 14.09.2026 [MedicationRequest/2]).",
        "满足。筛选日期前3个月内使用全身用糖皮质激素或口服布地奈德（局部用糖皮质激素或盐皮质激素除外）"
        "（全身途径给药），大于10 mg/天（按泼尼松等效剂量计）：是（时间窗内最高剂量12.5 mg/天，2026年3月30日："
        "5 × 2.5 mg × 1次/天 = 12.5 "
        "mg/天；prednisone 2.5 MG Oral Tablet，2026年3月10日至2026年9月14日 [MedicationRequest/2]）。",
    ),
    "Unknown. Latest IgG4-RD Responder Index, total at least 2 within 28 days before the screening date: not known "
    "(nothing is recorded that would answer it).": (
        "Nicht bekannt. Letztes Ergebnis IgG4-RD-Responder-Index, gesamt mindestens 2 höchstens 28 Tage vor dem "
        "Screening-Datum: nicht bekannt (nichts ist vermerkt, was es beantworten würde).",
        "未知。筛选日期前28天内IgG4-RD反应指数总分的最近一次结果不小于2：未知（没有可以回答该项的记录）。",
    ),
    "Not met. Biologics taken within 3 months before the screening date: no (no Biologics on record for that time, "
    "taken as absent because all medication records were loaded).": (
        "Nicht erfüllt. Biologika genommen höchstens 3 Monate vor dem Screening-Datum: nein (Biologika: für diese Zeit "
        "nicht vermerkt, gilt als nicht vorhanden, weil alle Einträge der Art Medikation geladen sind).",
        "不满足。筛选日期前3个月内使用生物制剂：否（该时间段没有生物制剂的记录，因所有用药记录均已加载，视为不存在）。",
    ),
}
NEVER = [
    ("sentence", ""),
    ("sentence", "Met."),
    ("sentence", "Met. Something that no template says."),
    # a phrase of no criterion of this study, be it ever so alike
    ("sentence", "Met. Biologics taken within 4 months before the screening date: yes."),
    ("sentence", "Met. Biologics taken within 3 months before the screening date: perhaps."),
    ("sentence", "Met. Biologics taken within 3 months before the screening date: yes (a note by somebody)."),
    ("sentence", "Met. Biologics taken within 3 months before the screening date: yes"),
    ("when", "2026-02-30"),
    ("when", "yesterday"),
    ("calculated", "two of them"),
    ("calculated", "5 mg x 1/day = 5 mg/day and more"),
    ("assumed", "no Dragons on record for that time, taken as absent because all medication records were loaded"),
    ("assumed", "no Biologics on record, taken as not met: because somebody said so"),
    ("wanted", "a person's judgement: Is the moon full?"),
    ("value", "two\nlines"),
]


@cache
def catalog() -> Catalog:
    return load_catalog(mappings_dir())


@cache
def recogniser(name: str) -> Recogniser:
    return speech_of(catalog(), catalog().studies[IGG4], wording_in(name)).recogniser


@pytest.mark.parametrize(("kind", "text"), CELLS, ids=lambda each: each[:40])
def test_what_is_said(kind: str, text: str) -> None:
    assert tuple(recogniser(each).said(kind, text) for each in TRANSLATED) == CELLS[kind, text]


@pytest.mark.parametrize("text", SENTENCES, ids=lambda each: each[:40])
def test_a_whole_sentence(text: str) -> None:
    assert tuple(recogniser(each).said("sentence", text) for each in TRANSLATED) == SENTENCES[text]


@pytest.mark.parametrize(("kind", "text"), NEVER)
def test_what_is_not_recognised_is_not_said(kind: str, text: str) -> None:
    assert [recogniser(each).said(kind, text) for each in TRANSLATED] == [None, None]


def test_what_could_be_taken_apart_in_two_ways_is_not_said() -> None:
    """Two names that meet in the same words: nobody knows which of them has the `to`."""
    assert Recogniser(wording_in("de")).said("step", " x 2 (a to b)") == " × 2 (a zu b)"
    assert Recogniser(wording_in("de")).said("step", " x 2 (a to b to c)") is None


def test_a_template_without_a_translation_leaves_all_of_it_in_english() -> None:
    known = wording_in("de").translated
    without = Wording(lambda text: None if text == "not taken" else known(text))
    assert Recogniser(without).said("value", "prednisone (not certain)") == "prednisone (nicht sicher)"
    assert Recogniser(without).said("state", "not taken") is None


def test_english_is_said_as_it_stands() -> None:
    line = {"study": IGG4, "findings": [], "assumptions": [], "settle": []}
    assert spoken(line, catalog(), ENGLISH) is line
    assert speech_of(catalog(), catalog().studies[IGG4], ENGLISH).said("sentence", "No template.") == "No template."


@pytest.mark.parametrize("name", TRANSLATED)
def test_what_is_not_recognised_is_marked_as_english(name: str) -> None:
    speech = speech_of(catalog(), catalog().studies[IGG4], wording_in(name))
    told = speech.said("sentence", "Met. By a later version.")
    assert isinstance(told, English) and told == "Met. By a later version."
    assert not isinstance(speech.said("when", "2026"), English)


@pytest.mark.parametrize("name", TRANSLATED)
@pytest.mark.parametrize("study", sorted(each.name for each in (mappings_dir() / "studies").iterdir()))
def test_all_that_the_cases_of_a_study_say_is_said(study: str, name: str) -> None:
    """Every finding of every case, of which a study has one for every answer that a criterion can have."""
    found = catalog().studies[study]
    path = mappings_dir() / "studies" / study / "cases.yaml"
    ids = frozenset(each.id for each in found.criteria)
    left = set[str]()
    for case in load_cases(path, mappings_dir() / "schemas" / "cases.schema.json", ids):
        assessment = run_case(case, found, catalog()).assessment
        line = json.loads(json.dumps(assessment_line(assessment, phrases_of(catalog()))))
        left.update(english_in(spoken(line, catalog(), wording_in(name))))
    assert left == set()


def english_in(told: Any) -> set[str]:
    if isinstance(told, English):
        return {str(told)}
    parts = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return set().union(*(english_in(each) for each in parts))


@cache
def arithmetic() -> frozenset[str]:
    """What is made of every sig of the corpus, read or refused."""
    words = set[str]()
    terms = Terms(table=TABLE)
    for each in (each for listed in CORPUS.values() for each in listed):
        made = with_texts((instruction(None, None, text=each.text),), Holding((strength(),)), NOTHING_KNOWN)
        words |= {daily(one, Holding()).words for one in made}
        words |= {word for step in steps([Taken(medication(*made))], AT, terms) for word in step.value.words}
    return frozenset(words)


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_arithmetic_of_a_text_is_said(name: str) -> None:
    assert {each for each in arithmetic() if recogniser(name).said("arithmetic", each) is None} == set()


def test_every_kind_of_slot_is_known() -> None:
    """A slot that nothing can fill would never be recognised."""
    closed = {"asked", "title", "drug", "mark"}
    known = {*TEMPLATES, *recognise.LONGEST, *recognise.EVERY, *closed}
    slots = {slot for some in TEMPLATES.values() for each in some for slot in SLOT.findall(each)}
    assert {recognise.NUMBERED.sub("", each) for each in slots} <= known


@pytest.mark.parametrize("part", ["(", " x ", ": ", " to ", "; ", "[", ", ", " (not taken)"])
def test_a_hostile_name_is_shown_or_all_stays_in_english(part: str) -> None:
    """Names come from records. However they look like parts of a sentence, none of their letters is lost."""
    name = part * 150
    text = f"Met. Biologics taken within 3 months before the screening date: yes ({name}, 2026 [Medication/1])."
    told = recogniser("de").said("sentence", text)
    assert told is None or name.removesuffix(part).strip() in told


def test_an_absence_of_the_own_study_has_its_reason_in_the_language_or_all_stays_english() -> None:
    reasons = {each.reason for each in parts_of(catalog().studies[IGG4]) if isinstance(each, Absence)}
    assert reasons and all(wording_in(name).translated(each) for name in TRANSLATED for each in reasons)
    own = replace(
        wording_in("de"), translated=lambda text: None if text in reasons else wording_in("de").translated(text)
    )
    speech = speech_of(catalog(), catalog().studies[IGG4], own)
    text = "no Hepatitis B virus DNA on record, taken as not met: HBsAg decides; HBV DNA only supports it"
    assert isinstance(speech.said("assumed", text), English)
