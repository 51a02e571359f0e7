"""The French words of sigs."""

from service.eligibility.dosing.sigs.words import COMMON, Lexicon, Row

NUMBERS: tuple[Row, ...] = (
    ("NUM", "1", "un | une | un seul | "
     "une seule"), ("NUM", "2", "deux"), ("NUM", "3", "trois"), ("NUM", "4", "quatre"),
    ("NUM", "5", "cinq"), ("NUM", "6", "six"), ("NUM", "7", "sept"), ("NUM", "8", "huit"), ("NUM", "9", "neuf"),
    ("NUM", "10", "dix"), ("NUM", "12", "douze"), ("NUM", "15", "quinze"),
    ("NUM", "20", "vingt"),
    ("NUM", "30", "trente"),
    ("HALF", "0.5", "demi | un demi | une demi | une moitié de | la moitié d'un | un demi de"),
    ("HALF", "0.25", "quart | un quart | un quart de"),
    ("HALFMORE", "0.5", "et demi | et demie"),
)  # fmt: skip

AMOUNTS: tuple[Row, ...] = (
    ("FORM", "{tbl}", "comprimé | cp | cpr | comp | cachet"),
    ("FORMS", "{tbl}", "comprimés | cps | cprs | cachets"),
    ("FORM", "{capsule}", "gélule | gel | capsule"),
    ("FORMS", "{capsule}", "gélules | capsules"),
    ("FORM", "{suppository}", "suppositoire"),
    ("FORMS", "{suppository}", "suppositoires"),
    ("UNIT", "{drop}", "goutte | gouttes | gtt"),
    ("UNIT", "{puff}", "bouffée | bouffées | inhalation | inhalations"),
    ("UNIT", "{patch}", "patch | patchs"),
    ("TOTAL", None, "au total | soit"),
)

TIMES: tuple[Row, ...] = (
    ("TIME", "min", "minute | minutes | min"),
    ("TIME", "h", "heure | heures | h"),
    ("TIME", "d", "jour | jours | j"),
    ("TIME", "wk", "semaine | semaines | sem"),
    ("TIME", "mo", "mois"),
    ("TIMES", None, "fois"),
    ("DAILY", (1, "1", "d"), "quotidien | quotidienne | quotidiennement | tous les jours | chaque jour"),
    ("DAILY", (1, "1", "wk"), "hebdomadaire | chaque semaine | toutes les semaines"),
    ("DAILY", (1, "2", "d"), "un jour sur deux | jours alternés | en jours alternés"),
    ("PER", None, "par"),
    ("EVERY", None, "tous les | toutes les | chaque"),
    ("OUTOF", None, "sur"),
    ("FIRST", None, "les premiers | les"),
    ("AT", None, "le | au | en | avec | avant | après | avant le | après le | pendant le | du | les | vers | "
     "au moment du | aux | avant les | "
     "après les | pendant les | au cours des | au cours du"),
    ("OCC", "morning", "matin | matins | petit déjeuner | lever"),
    ("OCC", "noon", "midi | déjeuner"),
    ("OCC", "afternoon", "après midi"),
    ("OCC", "evening", "soir | soirs"),
    ("OCC", "dinner", "dîner | souper"),
    ("OCC", "night", "coucher | nuit"),
    ("OCC", "meals", "repas"),
    ("OCCEACH", "meals", "chaque repas | chacun des repas"),
    ("OCLOCK", None, "heures précises"),
    ("DAY", 0, "lundi | lundis | lun"), ("DAY", 1, "mardi | mardis | mar"), ("DAY", 2, "mercredi | mercredis | mer"),
    ("DAY", 3, "jeudi | jeudis | jeu"), ("DAY", 4, "vendredi | vendredis | ven"), ("DAY", 5, "samedi | samedis | sam"),
    ("DAY", 6, "dimanche | dimanches | dim"),
    ("FOR", None, "pendant | durant | pour"),
    ("DOSES", None, "prise | prises | doses"),
    ("SINGLE", None, "dose unique | en dose unique | une seule fois | prise unique | en prise unique"),
    ("DIVIDED", None, "prises réparties | divisé | répartis | réparti"),
    ("NEEDED", None, "si besoin | si nécessaire | en cas de besoin | au besoin | si nécessité"),
    ("NEEDEDFOR", None, "en cas de | en cas d' | si"),
    ("MAX", None, "max | maximum | au maximum | sans dépasser | ne pas dépasser | dose maximale | au plus"),
    ("TO", None, "à"),
)  # fmt: skip

SEQUENCE: tuple[Row, ...] = (
    ("THEN", None, "puis | et puis | puis continuer avec | suivi de | après quoi | puis continuer à"),
    ("THEN", "after", "ensuite | par la suite"),
    ("STOP", None, "stop | arrêt | arrêter"),
    ("OFF", None, "l'arrêt | arrêt complet | l'arrêt complet | arrêt | zéro | l'arret du traitement | "
     "l'arrêt du traitement"),
    ("UNTIL", None, "jusqu'à | jusqu'au"),
    ("CHANGE", -1, "diminuer | réduire | baisser | diminuer la dose | réduire la dose | décroissance | diminution"),
    ("CHANGE", 1, "augmenter | augmenter la dose"),
    ("BY", None, "de | d'"),
    ("STAY", None, "et rester | et maintenir | dose d'entretien | et poursuivre"),
    ("ALTERNATE", None, "alterner | en alternance | en alternance avec | en alternant"),
    ("AND", None, "et"),
    ("PLUS", None, "plus"),
    ("OR", None, "ou"),
    ("REFUSE", "it says not to take it", "ne pas | pas | jamais | sans | éviter | suspendre | ne plus | interrompre"),
    ("REFUSE", "it depends on something", "selon | seulement | sauf | selon schéma | selon protocole | "
     "uniquement | cure | cycle"),
)  # fmt: skip

NOISE: tuple[Row, ...] = (
    ("NOISE", None, "prendre | prenez | avaler | à prendre | par voie orale | voie orale | per os | orale | "
     "à avaler | "
     "avec de l'eau | avec un verre d'eau | avec un grand verre d'eau | au milieu du repas | au cours d'un repas | "
     "pendant le repas | pendant un repas | avec un repas | à jeun | injecter | inhaler | par voie sous cutanée | "
     "en une injection | ne pas croquer | sans croquer | avec de la nourriture | de préférence | par voie veineuse"),
    ("ARTICLE", None, "la"),
    ("DIRECTED", None, "selon prescription | selon les instructions | comme prescrit | selon ordonnance"),
    ("WHY", None, "contre | pour traiter"),
    ("ILL", None, "douleur | douleurs | la douleur | les douleurs | fièvre | nausées | asthme | inflammation | "
     "allergie"),
    ("EPISODE", None, "crise | crises | poussée | poussées | urgence"),
)  # fmt: skip

FRENCH = Lexicon.of("fr", COMMON, NUMBERS, AMOUNTS, TIMES, SEQUENCE, NOISE)
