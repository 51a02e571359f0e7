"""The value sets: which codes are in, which are out, which belong possibly; and which words suggest a set.

`surely` decides, `possibly` leaves the answer unknown, `no` is not a member. The traps are those that public value sets
and code lists fall into; each stands here with the code that springs it.
"""

import pytest

from tests.value_sets import (
    CM,
    GM,
    INTERPRETATION,
    LOCAL,
    LOINC,
    NO,
    POSSIBLY,
    SCT,
    SURELY,
    WHO,
    membership,
    suggested,
)

TRAPS = [
    # IgG4-related disease
    ("igg4-rd", CM, "D89.84", SURELY),
    ("igg4-rd", SCT, "10743271000119103", POSSIBLY),  # one public source
    ("igg4-rd", SCT, "722870008", NO),  # looks related, marked as not equivalent
    ("igg4-rd", SCT, "234549008", NO),
    ("igg4-rd", CM, "M35.5", POSSIBLY),  # an old name
    ("igg4-rd", CM, "D89.89", NO),  # an unspecific bucket; its text may still say IgG4
    ("igg4-rd", CM, "K86.1", NO),  # an organ alone
    ("igg4-rd", CM, "D80.3", NO),  # a wrong public claim
    ("multifocal-fibrosclerosis", CM, "M35.5", SURELY),
    ("multifocal-fibrosclerosis", GM, "M35.5", SURELY),
    ("igg4-rd-organ", CM, "K68.2", POSSIBLY),
    ("igg4-rd-organ", WHO, "K66.2", POSSIBLY),  # the same disease in the WHO edition
    ("igg4-rd-organ", SCT, "197441003", NO),  # primary sclerosing cholangitis is a mimic
    ("serum-igg4", LOINC, "2469-5", SURELY),
    ("serum-igg4", LOINC, "49471-6", NO),  # another specimen
    ("serum-igg4", LOINC, "2465-3", NO),  # total IgG
    ("igg4-rd-responder-index", LOCAL, "igg4rd-ri-total", SURELY),
    # other connective tissue diseases: inside M30-M36, but for three
    ("other-connective-tissue-disease", CM, "M35.5", NO),
    ("other-connective-tissue-disease", WHO, "M35.5", NO),
    ("other-connective-tissue-disease", GM, "M35.5", NO),
    ("other-connective-tissue-disease", CM, "M35.3", NO),
    ("other-connective-tissue-disease", CM, "M35.7", NO),
    ("other-connective-tissue-disease", CM, "M32.14", SURELY),
    ("other-connective-tissue-disease", WHO, "M34.9", SURELY),
    ("other-connective-tissue-disease", CM, "M35.01", SURELY),
    ("other-connective-tissue-disease", CM, "M05.79", SURELY),
    ("other-connective-tissue-disease", CM, "M31.30", SURELY),
    ("other-connective-tissue-disease", CM, "M31.9", POSSIBLY),  # unspecified vasculitis: IgG4 arteritis may hide there
    ("other-connective-tissue-disease", CM, "M35.89", POSSIBLY),
    ("other-connective-tissue-disease", CM, "L93.0", POSSIBLY),  # of the skin
    ("other-connective-tissue-disease", SCT, "55464009", SURELY),
    ("other-connective-tissue-disease", SCT, "31996006", POSSIBLY),
    ("other-connective-tissue-disease", SCT, "105969002", NO),  # far too wide; its name suggests it
    ("other-connective-tissue-disease", SCT, "65323003", NO),  # polymyalgia rheumatica
    # hepatitis B and C
    ("hepatitis-b-infection", SCT, "66071002", SURELY),
    ("hepatitis-b-infection", SCT, "271511000", NO),  # immune, yet in a public set of hepatitis B
    ("hepatitis-b-infection", SCT, "313234004", NO),  # antibody present, likewise
    ("hepatitis-b-infection", SCT, "105811000119100", NO),
    ("hepatitis-b-immune", SCT, "271511000", SURELY),
    ("hepatitis-b-infection", CM, "B18.1", SURELY),
    ("hepatitis-b-infection", CM, "B19.10", SURELY),
    ("hepatitis-b-infection", CM, "B19.20", NO),
    ("hepatitis-b-infection", CM, "B19.9", POSSIBLY),
    ("hepatitis-b-infection", CM, "Z22.51", NO),  # does not exist in ICD-10-CM
    ("hepatitis-c-infection", CM, "B18.2", SURELY),
    ("hepatitis-c-infection", CM, "B18.1", NO),
    ("hepatitis-c-infection", SCT, "314706002", NO),  # antibody positive: exposure
    ("hepatitis-c-exposure", SCT, "314706002", SURELY),
    ("hbsag", LOINC, "5195-3", SURELY),
    ("hbsag", LOINC, "5196-1", SURELY),
    ("hbsag", LOINC, "16935-9", NO),  # the surface antibody
    ("hbsag", LOINC, "22322-2", NO),
    ("hcv-antibody", LOINC, "16935-9", NO),  # one public file calls it so
    ("hbsab", LOINC, "16935-9", POSSIBLY),
    ("hbv-dna", LOINC, "29615-2", POSSIBLY),  # known by its component only
    ("hcv-rna", LOINC, "11259-9", SURELY),
    ("hcv-rna", LOINC, "13955-0", NO),
    # tuberculosis
    ("igra", LOINC, "71773-6", SURELY),
    ("igra", LOINC, "45323-3", POSSIBLY),
    ("igra", LOINC, "71776-9", NO),  # nil well
    ("igra", LOINC, "71774-4", NO),  # mitogen minus nil
    ("igra", LOINC, "71772-8", NO),  # mitogen
    ("igra", LOINC, "74279-1", NO),  # negative control
    ("igra", LOINC, "74280-9", NO),  # positive control
    ("igra-control-wells", LOINC, "71776-9", POSSIBLY),
    ("tst", LOINC, "71773-6", NO),  # one public file calls it a skin test
    ("igra", LOINC, "38372-3", NO),  # does not exist
    ("tuberculosis-active", CM, "A15.0", SURELY),
    ("tuberculosis-active", CM, "A16.0", NO),  # does not exist in ICD-10-CM
    ("tuberculosis-active", WHO, "A16.0", SURELY),
    ("tuberculosis-active", GM, "A16.0", SURELY),
    ("tuberculosis-active", CM, "B90.9", NO),  # late effects
    ("tuberculosis-active", CM, "Z22.7", NO),
    ("tuberculosis-active", CM, "R76.11", NO),
    ("tuberculosis-active", CM, "Z86.11", NO),
    ("tuberculosis-active", SCT, "11999007", NO),  # inactive tuberculosis
    ("tuberculosis-latent", SCT, "11999007", SURELY),
    ("tuberculosis-latent", CM, "Z22.7", SURELY),
    # other infections
    ("active-infection", CM, "J18.9", SURELY),
    ("active-infection", CM, "B20", SURELY),
    ("active-infection", WHO, "B24", SURELY),
    ("active-infection", CM, "B90.9", NO),
    ("active-infection", CM, "B94.2", NO),
    ("active-infection", CM, "B95.61", POSSIBLY),  # names an agent only
    ("active-infection", CM, "B35.1", POSSIBLY),  # nail mycosis
    ("active-infection", CM, "B18.1", NO),  # hepatitis has its own set
    ("active-infection", CM, "A15.0", NO),
    ("active-infection", SCT, "40055000", NO),  # chronic sinusitis
    ("active-infection", SCT, "233604007", SURELY),
    ("acute-infection", SCT, "233604007", SURELY),
    ("acute-infection", CM, "B20", NO),  # HIV does not pass in 60 days
    ("acute-infection", CM, "B18.2", NO),
    # malignancy
    ("malignancy", CM, "C50.911", SURELY),
    ("malignancy", CM, "C44.91", SURELY),  # this protocol has no skin exception
    ("malignancy", CM, "C7A.00", SURELY),
    ("malignancy", WHO, "C97", SURELY),  # WHO only
    ("malignancy", GM, "C18.7", SURELY),
    ("malignancy", CM, "D05.11", POSSIBLY),  # in situ
    ("malignancy", CM, "D45", POSSIBLY),  # ICD-10 files it under uncertain behaviour
    ("malignancy", CM, "D12.6", NO),  # benign
    ("malignancy", CM, "Z85.3", NO),  # history has its own sets
    ("malignancy", CM, "Z12.11", NO),  # screening
    ("malignancy", CM, "Z80.3", NO),  # family history
    ("malignancy", CM, "I10", NO),
    ("malignancy", SCT, "363346000", SURELY),
    ("malignancy", SCT, "254701007", SURELY),
    ("malignancy", SCT, "363406005", SURELY),
    ("malignancy", SCT, "70272006", NO),  # malignant hypertension
    ("malignancy-history", CM, "Z85.3", SURELY),
    ("malignancy-history", SCT, "266987004", SURELY),
    ("malignancy-undated", CM, "Z85.3", POSSIBLY),  # says that, not when
    ("malignancy-undated", SCT, "266987004", POSSIBLY),
    ("malignancy-undated", CM, "Z86.000", POSSIBLY),
    ("non-melanoma-skin-cancer", CM, "C44.91", SURELY),
    ("non-melanoma-skin-cancer", CM, "C43.9", NO),  # melanoma
    ("non-melanoma-skin-cancer", CM, "C4A.0", NO),  # Merkel cell carcinoma
    ("carcinoma-in-situ", CM, "D06.9", SURELY),
    ("carcinoma-in-situ", CM, "C53.9", NO),
    # pregnancy and breast feeding
    ("pregnancy", SCT, "77386006", SURELY),
    ("pregnancy", SCT, "60001007", NO),  # "not pregnant" stands in a public set of pregnancy complications
    ("pregnancy", LOINC, "LA15173-0", SURELY),
    ("pregnancy", LOINC, "LA26683-5", NO),
    ("pregnancy", CM, "Z34.00", SURELY),
    ("pregnancy", CM, "Z32.01", SURELY),
    ("pregnancy", CM, "Z32.02", NO),  # test negative
    ("pregnancy", CM, "Z33.2", NO),  # termination
    ("pregnancy", CM, "Z37.0", NO),  # outcome of delivery
    ("pregnancy", CM, "O00.9", POSSIBLY),
    ("pregnancy", CM, "O03.9", NO),  # it ended
    ("pregnancy", SCT, "19169002", NO),  # miscarriage
    ("not-pregnant", SCT, "60001007", SURELY),
    ("not-pregnant", LOINC, "LA26683-5", SURELY),
    ("pregnancy-status", LOINC, "82810-3", SURELY),
    ("pregnancy-test", LOINC, "2106-3", SURELY),
    ("breastfeeding-status", LOINC, "63895-7", SURELY),
    ("breastfeeding", LOINC, "LA29252-6", SURELY),
    ("breastfeeding", LOINC, "LA29253-4", NO),  # not currently breastfeeding, though a table says the opposite
    ("not-breastfeeding", LOINC, "LA29253-4", SURELY),
    ("answer-negative", LOINC, "LA29253-4", SURELY),
    ("hysterectomy", SCT, "236886002", SURELY),
    ("hysterectomy", SCT, "387643005", POSSIBLY),  # partial
    # answers
    ("answer-positive", SCT, "10828004", SURELY),
    ("answer-positive", INTERPRETATION, "POS", SURELY),
    ("answer-positive", INTERPRETATION, "WR", POSSIBLY),  # weakly reactive
    ("answer-positive", INTERPRETATION, "ND", NO),
    ("answer-negative", INTERPRETATION, "ND", SURELY),
    ("answer-negative", SCT, "260415000", SURELY),
    ("answer-negative", INTERPRETATION, "N", NO),  # normal is not negative
    ("answer-positive", INTERPRETATION, "A", NO),  # abnormal is not positive
    ("answer-indeterminate", INTERPRETATION, "IND", SURELY),
    # quantities that are easily taken for one another
    ("hba1c-ngsp", LOINC, "59261-8", NO),
    ("hba1c-ifcc", LOINC, "59261-8", SURELY),
    ("qtc", LOINC, "8634-8", NO),  # uncorrected
    ("bnp", LOINC, "33762-6", NO),
    ("nt-probnp", LOINC, "30934-4", NO),
    ("egfr-ckd-epi-2021", LOINC, "62238-1", NO),  # the older equation
    ("egfr", LOINC, "62238-1", SURELY),
    ("fev1", LOINC, "19926-5", NO),
    ("rheumatoid-arthritis", CM, "M06.1", NO),  # adult-onset Still's disease
    ("type-2-diabetes", CM, "E10.9", NO),
    ("type-2-diabetes", SCT, "44054006", SURELY),
    ("heart-failure", CM, "I50.22", SURELY),
    ("copd", CM, "J44.9", SURELY),
    ("research-consent", LOINC, "59284-0", NO),  # any consent document
]


@pytest.mark.parametrize(("name", "system", "code", "expected"), TRAPS, ids=lambda each: str(each).rsplit("/", 1)[-1])
def test_codes_in_and_out(name: str, system: str, code: str, expected: str) -> None:
    assert membership(name, system, code) == expected


SUGGESTIONS = [
    ("malignancy", "Adenocarcinoma of sigmoid colon (disorder)", True),
    ("malignancy", "Bösartige Neubildung der Brust", True),
    ("malignancy", "Cáncer de mama", True),
    ("malignancy", "Neoplasm of uncertain behavior of neck (disorder)", True),
    ("malignancy", "Encounter for screening for malignant neoplasm of colon", False),
    ("malignancy", "Breast cancer screening declined (situation)", False),
    ("malignancy", "Family history of malignant neoplasm of lung (situation)", False),
    ("malignancy", "Family history of breast cancer; lung cancer 2022", True),  # a not-word removes its own place only
    ("malignancy", "Malignant hypertension (disorder)", False),
    ("malignancy", "Benign neoplasm of colon (disorder)", False),
    ("malignancy", "Inflammatory pseudotumor of orbit", False),  # a form of IgG4-related disease
    ("malignancy", "Registered with job center (finding)", False),
    *(
        ("malignancy", each, True)
        for each in (
            "Plasmozytom",
            "Mamma-Ca",
            "Prostata-CA, operiert",
            "Bronchial-Ca.",
            "Ca. mammae",
            "CLL Binet A",
            "NHL",
        )
    ),
    *(
        ("malignancy", each, True)
        for each in ("MDS", "AML", "NSCLC", "HCC", "RCC", "TNBC", "DCIS", "Malign neopl breast NOS")
    ),
    *(("malignancy", each, True) for each in ("Maligne Erkrankung", "Thymoma", "Mastozytose")),
    *(
        ("malignancy", each, False)
        for each in ("Amlodipine intolerance", "Maligne Hyperthermie", "Ca-Mangel", "Hypocalcemia")
    ),
    ("igg4-rd", "Immune disorder, IgG4-related disease suspected", True),
    ("igg4-rd", "Autoimmune pancreatitis type 1", True),
    ("igg4-rd", "IgG4 deficiency", False),
    ("serum-igg4", "IgG4 (serum)", True),
    ("serum-igg4", "IgG4+ plasma cells per HPF", False),
    ("other-connective-tissue-disease", "Disorder of connective tissue (disorder)", True),
    ("other-connective-tissue-disease", "Lupus vulgaris (disorder)", False),
    ("other-connective-tissue-disease", "Fracture of iliac crest", False),
    ("hepatitis-b-infection", "Chronic hepatitis B", True),
    ("hepatitis-b-infection", "Hepatitis B immune (finding)", False),
    ("hepatitis-b-infection", "Hepatitis by drug", False),
    ("hepatitis-c-infection", "Hepatitis caused by Toxoplasma (disorder)", False),
    ("hepatitis-c-infection", "Chronic hepatitis C, genotype 1", True),
    ("hbsag", "Hepatitis B virus surface Ag [Presence] in Serum", True),
    ("hbsag", "Hepatitis B virus surface Ab [Presence] in Serum", False),
    ("tuberculosis-active", "Tuberculosis of lymph nodes", True),
    ("tuberculosis-active", "Latent tuberculosis", False),
    ("tuberculosis-active", "Tuberculosis screening", False),
    ("igra", "QuantiFERON-TB Gold", True),
    ("igra", "Seasonal or migrant farm work", False),
    ("igra", "Mitogen control", False),
    ("active-infection", "Cellulitis of right knee", True),
    ("active-infection", "Suspected COVID-19", True),
    ("active-infection", "Chronic sinusitis (disorder)", False),
    ("active-infection", "Gingivitis (disorder)", False),
    ("active-infection", "Wears hearing aids", False),
    ("active-infection", "Aseptic necrosis of bone (disorder)", False),
    ("pregnancy", "Pregnancy, 20 weeks", True),
    ("pregnancy", "Not pregnant", False),
    ("pregnancy", "Miscarriage in first trimester (disorder)", False),
    ("pregnancy", "Past pregnancy history of miscarriage (situation)", False),
    ("answer-positive", "Not detected", False),
    ("answer-positive", "Non-reactive", False),
    ("answer-positive", "detected", True),
    ("answer-negative", "Not detected", True),
    ("platelets", "Platelet mean volume [Entitic volume] in Blood", False),
    ("creatinine", "Microalbumin/Creatinine [Mass Ratio] in Urine", False),
    ("hemoglobin", "Hemoglobin A1c/Hemoglobin.total in Blood", False),
]


@pytest.mark.parametrize(("name", "text", "expected"), SUGGESTIONS)
def test_words_suggest(name: str, text: str, expected: bool) -> None:
    assert suggested(name, text) is expected
