"""The German words of sigs."""

from service.eligibility.dosing.sigs.words import COMMON, Lexicon, Row

NUMBERS: tuple[Row, ...] = (
    ("NUM", "1", "ein | eine | einen | einer | eins"),
    ("NUM", "2", "zwei"), ("NUM", "3", "drei"), ("NUM", "4", "vier"), ("NUM", "5", "fünf"), ("NUM", "6", "sechs"),
    ("NUM", "7", "sieben"), ("NUM", "8", "acht"), ("NUM", "9", "neun"), ("NUM", "10", "zehn"),
    ("NUM", "12", "zwölf"), ("NUM", "14", "vierzehn"), ("NUM", "20", "zwanzig"), ("NUM", "30", "dreißig"),
    ("NUM", "1.5", "eineinhalb | anderthalb"), ("NUM", "2.5", "zweieinhalb"),
    ("HALF", "0.5", "halbe | eine halbe | ein halbes | halbe | einhalb | eine halb"),
    ("HALF", "0.25", "viertel | eine viertel | ein viertel"),
)  # fmt: skip

AMOUNTS: tuple[Row, ...] = (
    ("FORM", "{tbl}", "tablette | tabl | tbl | tab | filmtablette | ftbl | drg | dragee | pille"),
    ("FORMS", "{tbl}", "tabletten | filmtabletten | tabs | dragees | pillen"),
    ("FORM", "{capsule}", "kapsel | kps | kaps | hartkapsel"),
    ("FORMS", "{capsule}", "kapseln | hartkapseln"),
    ("FORM", "{suppository}", "zäpfchen | supp"),
    ("FORM", "{each}", "stück | stk | st"),
    ("UNIT", "{drop}", "tropfen | tr | gtt"),
    ("UNIT", "{puff}", "hub | hübe | sprühstoß | sprühstöße | inhalation | inhalationen"),
    ("UNIT", "{patch}", "pflaster"),
    ("TOTAL", None, "gesamt | insgesamt | zusammen"),
    ("OF", None, "à | zu"),
)

TIMES: tuple[Row, ...] = (
    ("TIME", "min", "minute | minuten | min"),
    ("TIME", "h", "stunde | stunden | std | stdn | h"),
    ("TIME", "d", "tag | tage | tagen | d"),
    ("TIME", "wk", "woche | wochen | wo"),
    ("TIME", "mo", "monat | monate | monaten"),
    ("FREQ", "1", "einmal"), ("FREQ", "2", "zweimal"), ("FREQ", "3", "dreimal"), ("FREQ", "4", "viermal"),
    ("TIMES", None, "mal"),
    ("DAILY", (1, "1", "d"), "täglich | taeglich | tgl | am tag | am tage | je tag"),
    ("DAILY", (1, "1", "wk"), "wöchentlich | woechentlich | in der woche | je woche"),
    ("DAILY", (1, "1", "mo"), "monatlich | im monat"),
    ("HOURLY", "h", "stündlich | stuendlich | stdl"),
    ("PER", None, "pro"),
    ("EVERY", None, "alle | jeden | jede | jedem"),
    ("ORD", "2", "zweiten | zweite"), ("ORD", "3", "dritten | dritte"), ("ORD", "4", "vierten"),
    ("FIRST", None, "die ersten | ersten"),
    ("AT", None, "am | an | zur | zum | in der | vor dem | nach dem | mit dem | beim | vor | nach | in | auf | "
     "im | zu den"),
    ("OCC", "morning", "morgens | früh | frueh | morgen | frühstück | vormittags | vormittag | morgens früh | "
     "frühmorgens | in der früh"),
    ("OCC", "noon", "mittags | mittag | mittagessen"),
    ("OCC", "afternoon", "nachmittags | nachmittag"),
    ("OCC", "evening", "abends | abend"),
    ("OCC", "dinner", "abendessen"),
    ("OCC", "night", "nachts | nacht | schlafengehen | schlafen | dem schlafengehen"),
    ("OCC", "meals", "mahlzeiten | den mahlzeiten | hauptmahlzeiten"),
    ("OCLOCK", None, "uhr"),
    ("DAY", 0, "montag | montags | mo"), ("DAY", 1, "dienstag | dienstags | di"), ("DAY", 2, "mittwoch | "
     "mittwochs | mi"),
    ("DAY", 3, "donnerstag | donnerstags | do"), ("DAY", 4, "freitag | freitags | fr"),
    ("DAY", 5, "samstag | samstags | sonnabend | sonnabends | sa"), ("DAY", 6, "sonntag | sonntags | so"),
    ("FOR", None, "für | fuer | über | ueber | während"),
    ("LONG", None, "lang"),
    ("DOSES", None, "dosen | gaben | gabe | dosis | einnahmen"),
    ("SINGLE", None, "einmalig | als einmalgabe | einmalgabe | einmaldosis | als einzeldosis | einmalige gabe"),
    ("DIVIDED", None, "einzeldosen | aufgeteilt | verteilt | teildosen | einzelgaben"),
    ("NEEDED", None, "bei bedarf | bb | ib | b bedarf | nach bedarf | im bedarfsfall | bedarfsweise | "
     "falls nötig | wenn nötig"),
    ("NEEDEDFOR", None, "bei"),
    ("MAX", None, "max | maximal | höchstens | hoechstens | nicht mehr als | maximum | maximaldosis | "
     "jedoch nicht mehr als"),
    ("MAX", "d", "tageshöchstdosis | tagesmaximaldosis | maximale tagesdosis"),
    ("UPTO", None, "bis zu"),
)  # fmt: skip

SEQUENCE: tuple[Row, ...] = (
    ("THEN", None, "dann | anschließend | anschliessend | und dann | im anschluss | gefolgt von | dann weiter | "
     "dann weiter mit | danach weiter mit"),
    ("THEN", "after", "danach"),
    ("STOP", None, "stopp | stop | absetzen | ende | beenden"),
    ("OFF", None, "zum absetzen | zum ausschleichen | null | zum ende | auf null"),
    ("TO", None, "bis"),
    ("UNTIL", None, "bis auf | bis zu einer dosis von"),
    ("CHANGE", -1, "reduzieren | vermindern | senken | verringern | reduktion | dosisreduktion | dosis reduzieren | "
     "die dosis reduzieren"),
    ("CHANGE", 1, "steigern | erhöhen"),
    ("BY", None, "um"),
    ("STAY", None, "dann so belassen | beibehalten | als erhaltungsdosis"),
    ("ALTERNATE", None, "abwechselnd | im wechsel | im wechsel mit | alternierend | alternierend mit | "
     "abwechselnd mit"),
    ("AND", None, "und | u"),
    ("PLUS", None, "plus | sowie"),
    ("OR", None, "oder"),
    ("REFUSE", "it says not to take it", "nicht | kein | keine | pausieren | pause | ohne | weglassen | "
     "nicht einnehmen | "
     "nicht nehmen | vermeiden | aussetzen | abgesetzt | ausgesetzt | pausiert"),
    ("REFUSE", "it depends on something", "wenn | falls | nur | außer | solange | sonst | nach plan | laut plan | "
     "nach schema | "
     "ausschleichend | je nach | zyklus | gegebenenfalls | ggf | laut schema | nach ausschleichschema"),
)  # fmt: skip

NOISE: tuple[Row, ...] = (
    ("NOISE", None, "nehmen | einnehmen | nehmen sie | einnahme | bitte | peroral | per os | oral | subkutan | "
     "intravenös | "
     "inhalieren | spritzen | ein nehmen | zum einnehmen | zu nehmen | einzunehmen | nehme | intramuskulär | "
     "nach dem essen | vor dem essen | zum essen | mit dem essen | während des essens | mit einer mahlzeit | "
     "zu einer mahlzeit | "
     "nüchtern | unzerkaut | mit wasser | mit etwas wasser | mit einem glas wasser | mit ausreichend flüssigkeit | "
     "mit flüssigkeit | "
     "nach der mahlzeit | vor der mahlzeit | zu der mahlzeit | zur mahlzeit | nach einer mahlzeit | "
     "auf nüchternen magen | je | jeweils | schlucken"),
    ("ARTICLE", None, "die | der | das | den"),
    ("DIRECTED", None, "wie verordnet | nach anweisung | gemäß anweisung | nach ärztlicher anweisung | "
     "wie besprochen | "
     "laut verordnung | gemäß ärztlicher anweisung | nach verordnung | wie vom arzt verordnet | nach vorschrift"),
    ("WHY", None, "gegen | wegen | zur behandlung von"),
    ("ILL", None, "schmerzen | übelkeit | fieber | entzündung | rheuma | asthma | bluthochdruck | husten | "
     "allergie | juckreiz"),
    ("EPISODE", None, "schub | schübe | schüben | anfälle | anfall | anfällen | notfall | notfällen | atemnot | "
     "starke | starken"),
)  # fmt: skip

GERMAN = Lexicon.of("de", COMMON, NUMBERS, AMOUNTS, TIMES, SEQUENCE, NOISE)
