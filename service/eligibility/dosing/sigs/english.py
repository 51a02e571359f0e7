"""The English words of sigs."""

from service.eligibility.dosing.sigs.words import COMMON, Lexicon, Row

NUMBERS: tuple[Row, ...] = tuple(
    ("NUM", str(number), word)
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split(), 1
    )
)

TENS: tuple[Row, ...] = (("NUM", "20", "twenty"), ("NUM", "30", "thirty"), ("NUM", "40", "forty"))

AMOUNTS: tuple[Row, ...] = (
    ("HALF", "0.5", "half | a half | one half | half of a | half of | half a"),
    ("HALF", "0.25", "quarter | a quarter | one quarter | a quarter of a | quarter of a"),
    ("HALFMORE", "0.5", "and a half | and one half | and half"),
    ("HALFMORE", "0.25", "and a quarter"),
    ("FORM", "{tbl}", "tablet | tab | tbl | caplet | pill"),
    ("FORMS", "{tbl}", "tablets | tabs | tbls | caplets | pills | tablet s | tab s"),
    ("FORM", "{capsule}", "capsule | cap"),
    ("FORMS", "{capsule}", "capsules | caps | capsule s | cap s"),
    ("FORM", "{suppository}", "suppository"),
    ("FORMS", "{suppository}", "suppositories"),
    ("UNIT", "{puff}", "puff | puffs | inhalation | inhalations"),
    ("UNIT", "{drop}", "drop | drops | gtt | gtts"),
    ("UNIT", "{spray}", "spray | sprays"),
    ("UNIT", "{patch}", "patch | patches"),
    ("UNIT", "{tsp}", "tsp | teaspoon | teaspoons | teaspoonful | teaspoonfuls"),
    ("UNIT", "{tbsp}", "tbsp | tablespoon | tablespoons | tablespoonful"),
    ("FORMNAME", None, "solution | oral solution | suspension | oral suspension | syrup | oral tablet"),
    ("PACK", None, "dose pack | dosepak | dosepack | dose pak | medrol pack | medrol dosepak | medrol dose pack"),
    ("TOTAL", None, "total | in total | for a total of | total of | to equal | total dose | total dose of"),
    ("APIECE", None, "apiece"),
    ("OF", None, "of"),
)

TIMES: tuple[Row, ...] = (
    ("TIME", "min", "minute | minutes | min | mins"),
    ("TIME", "h", "hour | hours | hr | hrs | h"),
    ("TIME", "d", "day | days | d | day s"),
    ("TIME", "wk", "week | weeks | wk | wks | w"),
    ("TIME", "mo", "month | months | mo | mos"),
    ("FREQ", "1", "once | one time | a single time"),
    ("FREQ", "2", "twice | two times"),
    ("FREQ", "3", "thrice | three times"),
    ("TIMES", None, "times | time"),
    ("DAILY", (1, "1", "d"), "daily | everyday"),
    ("DAILY", (1, "1", "wk"), "weekly"),
    ("DAILY", (1, "1", "mo"), "monthly"),
    ("DAILY", (1, "2", "wk"), "fortnightly"),
    (
        "DAILY",
        (1, "2", "d"),
        "alternate days | on alternate days | every alternate day | every second day | "
        "every other day | other day | every other morning | q other day",
    ),
    ("DAILY", (1, "2", "wk"), "every other week"),
    ("HOURLY", "h", "hourly"),
    ("PER", None, "per | a | an"),
    ("EVERY", None, "every | q | each"),
    ("OTHER", None, "other | alternate"),
    ("ORD", "2", "second | 2nd"),
    ("ORD", "3", "third | 3rd"),
    ("ORD", "4", "fourth | 4th"),
    ("FIRST", None, "first | the first"),
    (
        "AT",
        None,
        "at | in the | in | on | on the | with | with the | before | after | around | about | at about | during | "
        "just before | right before | right after | in a | by | immediately before | immediately after | "
        "before or after",
    ),
    ("OCC", "morning", "morning | mornings | breakfast | am | breakfasts | waking | awakening | wakening | arising"),
    ("OCC", "noon", "noon | midday | lunch | lunchtime"),
    ("OCC", "afternoon", "afternoon | afternoons | midafternoon"),
    ("OCC", "evening", "evening | evenings | pm"),
    ("OCC", "dinner", "dinner | supper | evening meal | dinnertime"),
    ("THROUGH", None, "through | thru"),
    (
        "OCC",
        "night",
        "night | bedtime | before bed | nights | before going to bed | before sleep | at bed | going to bed",
    ),
    ("OCCDAILY", "night", "nightly | every night at bedtime | every evening at bedtime"),
    ("OCC", "meals", "meals | meal times | mealtimes"),
    ("OCCEACH", "meals", "each meal | every meal | each main meal"),
    ("AMPM", "morning", "am"),
    ("AMPM", "evening", "pm"),
    ("DAY", 0, "monday | mondays | mon"),
    ("DAY", 1, "tuesday | tuesdays | tue | tues"),
    ("DAY", 2, "wednesday | wednesdays | wed | weds"),
    ("DAY", 3, "thursday | thursdays | thu | thur | thurs"),
    ("DAY", 4, "friday | fridays | fri"),
    ("DAY", 5, "saturday | saturdays | sat"),
    ("DAY", 6, "sunday | sundays | sun"),
    ("DAYS", (0, 2, 4), "mwf | m w f"),
    ("DAYS", (1, 3, 5), "t th s | tu th sa"),
    ("DAYS", (1, 3), "t th | tu th"),
    ("DAYS", (0, 1, 2, 3, 4), "weekdays"),
    ("DAYS", (5, 6), "weekends"),
    ("FOR", None, "for"),
    ("TO", None, "to"),
    ("LONG", None, "in total"),
    ("DOSES", None, "doses | dose"),
    (
        "SINGLE",
        None,
        "single dose | as a single dose | one time only | one time dose | once only | one dose | stat | now | "
        "as one dose | a single dose | one time dose only | once as a single dose | in one dose | "
        "single dose only | in a single dose | as single dose",
    ),
    ("DIVIDED", None, "divided | in divided doses | divided doses | divided dose"),
    (
        "NEEDED",
        None,
        "as needed | if needed | when needed | when required | as required | if required | as necessary | "
        "if necessary | as needed only | only as needed | only if needed | only when needed",
    ),
    (
        "MAX",
        None,
        "max | maximum | max of | maximum of | maximim of | not to exceed | do not exceed | nte | no more than | "
        "not more than | to a maximum of | to a maximim of | up to a maximum of | maximum dose | max dose | "
        "do not exceed more than | do not take more than | up to max | do not take more than a total of",
    ),
    ("MAX", "d", "max daily dose | maximum daily dose | mdd"),
    ("UPTO", None, "up to"),
)

SEQUENCE: tuple[Row, ...] = (
    ("THEN", None, "then | and then | followed by | then followed by | "
     "then continue | then continue with | then take"),
    ("THEN", "after", "thereafter | after that | afterwards | and thereafter | and after that | after which"),
    ("STOP", None, "stop | off | discontinue | dc | then stop"),
    ("OFF", None, "off | gone | finished | done | zero | completely off | it is finished | discontinued | all gone | "
     "stopped | nothing | all taken | it is gone | completed"),
    ("UNTIL", None, "until | till | down to | until you reach | until reaching | until at | til | until you are"),
    ("CHANGE", -1, "decrease | decrease dose | taper | taper down | reduce | reduce dose | wean | lower | "
     "decrease the dose | reduce the dose | taper dose | decreasing | tapering | reducing | lower the dose | "
     "taper the dose | "
     "cut | go down | step down | decrease daily dose | reduce daily dose | wean down"),
    ("CHANGE", 1, "increase | increase dose | increase the dose | go up | increasing"),
    ("BY", None, "by"),
    ("STAY", None, "and stay | and continue | then stay | and remain | and hold there | maintenance | "
     "as maintenance | "
     "and stay there | and remain there | for maintenance | indefinitely | ongoing | long term | and maintain"),
    ("ALTERNATE", None, "alternate | alternating | alternate between | alternating between | alternates | "
     "alternating doses of | "
     "alternate doses of | alternate with | alternating with | alternated with"),
    ("NEXTDAY", None, "the next | the next day | the other day | the following day | the other"),
    ("ONEDAY", None, "one day"),
    ("AND", None, "and"),
    ("PLUS", None, "plus | and also | along with"),
    ("OR", None, "or"),
    ("START", None, "starting | starting on | beginning | beginning on | start | start on | begin | begin on | from"),
    ("REFUSE", "it depends on something", "if | when | unless | only | except | as tolerated | tolerated | titrate | "
     "titrated | adjust | sliding scale | depending | according | whenever | while | may repeat | repeat | "
     "may increase | "
     "may | resume | consult | see | per protocol | protocol | per taper | per taper instructions | "
     "taper instructions | "
     "tapering schedule | taper schedule | per schedule | as scheduled | cycle | cycles | course | "
     "twice weekly alternating"),
    ("REFUSE", "it says not to take it", "do not take | do not use | not | do not | don't | never | avoid | hold | "
     "withhold | "
     "with hold | skip | omit | no | without | do not give | missed | instead | cancel | cancelled | held | "
     "stopped taking"),
    ("REFUSE", "it may mean twice a week or every two weeks", "biweekly | bi weekly | bimonthly | semiweekly"),
)  # fmt: skip

NOISE: tuple[Row, ...] = (
    ("NOISE", None, "take | takes | taking | give | given | administer | use | inject | inhale | insert | instil | "
     "instill | "
     "swallow | chew | dissolve | please | patient to take | pt to take | to take | to be taken | sig | apply | place "
     "| drink | infuse | put | dispense as written | "
     "by mouth | orally | oral | per os | mouth | per oral | via oral route | by oral route | oral route | "
     "by mouth route | "
     "intravenously | intravenous | intramuscularly | intramuscular | into muscle | subcutaneously | "
     "subcutaneous | subcut | "
     "subq | under the skin | into the skin | rectally | per rectum | into the rectum | vaginally | into the vagina | "
     "sublingually | under the tongue | under your tongue | topically | iv push | ivpb | slow iv push | iv infusion | "
     "into the muscle | into a muscle | via nebulizer | by nebulizer | by inhalation | via inhaler | "
     "with food | with or without food | with or after food | after food | with food or milk | with milk | "
     "with milk or food | "
     "with a meal | with water | with plenty of water | with a full glass of water | with a glass of water | "
     "with plenty of fluid | "
     "before food | on an empty stomach | with a snack | with juice | with liquid | with fluids | with food please | "
     "do not crush | do not chew | do not crush or chew | do not chew or crush | swallow whole | swallowed whole | "
     "do not stop abruptly | do not stop suddenly | do not stop taking abruptly | avoid alcohol | avoid grapefruit | "
     "avoid grapefruit juice | shake well | shake well before use | shake well before using | may cause drowsiness | "
     "whole | per dose | at once | until all taken | until gone | until finished | until all gone | "
     "at regular intervals | complete the prescribed course unless otherwise directed | complete the course | "
     "same time each day | at the same time each day | at the same time every day | at same time each day"),
    ("ARTICLE", None, "the | your"),
    ("TWOFOLD", None, "in each eye | into each eye | to each eye | each eye | in each nostril | into each nostril | "
     "each nostril | in each ear | into each ear"),
    ("OVER", None, "over | infuse over | infused over | given over | administered over | iv over"),
    ("DIRECTED", None, "as directed | use as directed | take as directed | as directed by your doctor | "
     "as instructed | "
     "as directed by physician | as directed by prescriber | as directed by your physician | as prescribed | "
     "as per instructions | "
     "as directed by doctor | as directed by md | ud | ut dict | utd | as advised | per instructions | as told | "
     "as indicated | as instructed by your doctor | as directed on package | per package instructions | "
     "as directed on the package"),
    ("WHY", None, "for the treatment of | to treat | to prevent | for treatment of | due to | because of | "
     "for relief of | to help | indications | indication | dx | diagnosis"),
    ("ILL", None, "pain | rib pain | back pain | nausea | vomiting | arthritis | inflammation | "
     "rheumatoid arthritis | asthma | "
     "copd | fever | swelling | joint pain | gout | lupus | allergies | allergy | itching | rash | anxiety | "
     "headache | "
     "headaches | sleep disorder | blood pressure | high blood pressure | hypertension | diabetes | cholesterol | "
     "heart | "
     "infection | insomnia | restless legs | wheeze | wheezing | shortness of breath | sob | depression | cough | "
     "polymyalgia rheumatica | pmr | vasculitis | immune suppression | remission induction | "
     "adrenal insufficiency | thyroid"),
    ("EPISODE", None, "flare | flares | flare up | flare ups | attack | attacks | exacerbation | exacerbations | "
     "episode | episodes | "
     "emergency | emergencies | crisis | breakthrough | breakthrough pain | rescue | stress | illness | "
     "procedure | surgery | "
     "travel | reaction | allergic reaction | severe pain | severe | acute | relapse"),
)  # fmt: skip

MONTHS: tuple[Row, ...] = tuple(
    ("MONTH", number, names)
    for number, names in enumerate(
        "january | jan,february | feb,march | mar,april | apr,may,june | jun,july | jul,august | aug,"
        "september | sep | sept,october | oct,november | nov,december | dec".split(","),
        1,
    )
)

ENGLISH = Lexicon.of("en", COMMON, NUMBERS, TENS, AMOUNTS, MONTHS, TIMES, SEQUENCE, NOISE)
