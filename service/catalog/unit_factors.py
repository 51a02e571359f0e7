"""Writes the committed scales of common unit codes.

Run `python -m service.catalog.unit_factors > mappings/units/factors.json`.
Ordinary screening meets only these, and so never waits for the unit registry. The sizes are those of ucumvert, exact.
"""

import json
import sys
from collections.abc import Iterator
from itertools import product

from service.eligibility import ucum
from service.eligibility.ucum import Scale

_MASS = "kg g mg ug ng pg fg"
_AMOUNT = "mol mmol umol nmol pmol fmol"
_VOLUME = "L dL cL mL uL nL pL fL m3 dm3 cm3 mm3"
_ACTIVITY = "U kU mU uU kat mkat ukat nkat"
_ARBITRARY = "[iU] k[iU] m[iU] u[iU]"
_COUNTS = "10*2 10*3 10*4 10*5 10*6 10*9 10*12"
_TIMES = "s ms us min h d wk mo a"
_PER_BODY = "kg m2 d h min wk kg/d kg/h kg/min m2/d m2/h (24.h) kg/wk m2/wk mo"
_SINGLE = """
    1 % [ppth] [ppm] [ppb] /100 [HPF] [LPF] /[HPF] /[LPF] 10*3/[HPF]
    m cm mm um nm dm km [in_i] [ft_i] m2 cm2 mm2 [lb_av] [oz_av] [drp] [tsp_us] [tbs_us] [foz_us]
    Cel [degF] K mm[Hg] kPa Pa hPa cm[H2O] bar mbar
    g/g mg/mg mg/g ug/mg ug/g ng/mg ng/g g/kg mg/kg pg/mg mol/mol mmol/mol umol/mol mmol/mmol umol/mmol
    nmol/mmol nmol/mol mg/mmol g/mmol ug/mmol g/mol mg/mol ng/mmol mmol/g umol/g nmol/mg umol/mg mmol/mg
    L/L mL/L mL/dL mL/mL
    mL/min mL/h mL/s mL/d L/min L/h L/d L/s mL/kg L/kg mL/m2 mL/kg/h mL/kg/min mL/kg/d mL/min/kg mL/min/m2 L/min/m2
    mL/cm2 mL/h/kg mL/mm[Hg] mm/h m/s cm/s mm/s km/h kg/m2 g/m2 g/cm2 g/cm3
    eq meq ueq eq/L meq/L ueq/L meq/dL meq/mL meq/d meq/kg meq/(24.h) osm mosm osm/L mosm/L osm/kg mosm/kg
    kcal cal kJ J kcal/d kcal/kg kcal/kg/d V mV uV A mA W kW Hz kHz N Ohm kOhm
    Bq kBq MBq GBq Ci mCi uCi nCi MBq/kg Gy cGy mGy Sv mSv rad deg
    [CFU] [CFU]/mL [CFU]/L [PFU] [PFU]/mL [arb'U] [arb'U]/mL [arb'U]/L [USP'U] [USP'U]/mL
    [GPL'U] [GPL'U]/mL [MPL'U] [MPL'U]/mL [APL'U] [APL'U]/mL [beth'U] [EU] [EU]/dL [MET] [tb'U]
    U/g U/mg U/kg U/h U/d U/10*6 U/10*9 U/10*12 [iU]/kg [iU]/d [iU]/h [iU]/g [iU]/kg/h [iU]/kg/d [iU]/m2 [iU]/wk
    dyn.s/cm5 dyn.s/cm5/m2 mmol/d umol/d nmol/d mmol/h mmol/min mmol/kg umol/kg mmol/kg/h umol/L/h
    nmol/L/s nmol/h/mL nmol/h/mg nmol/min/mL nmol/min/mg umol/min/g mmol/(24.h) umol/(24.h) nmol/(24.h)
    /10*3 /10*6 /10*9 /10*12
"""


def common_codes() -> tuple[str, ...]:
    """The codes of the table, without annotations, each once, in a stable order."""
    return tuple(dict.fromkeys(_composed()))


def scales() -> dict[str, Scale]:
    """The scale of each common code, computed afresh."""
    found = {code: ucum.scale(code) for code in common_codes()}
    return {code: scale for code, scale in found.items() if scale is not None}


def rendered() -> str:
    """The table as JSON: codes grouped by dimension; an affine unit as [factor, offset]."""
    groups: dict[tuple[object, ...], dict[str, object]] = {}
    for code, scale in scales().items():
        size = str(scale.factor) if not scale.offset else [str(scale.factor), str(scale.offset)]
        groups.setdefault((scale.dimension, tuple(sorted(scale.cancelled))), {})[code] = size
    lines = [
        json.dumps({"dimension": dict(dimension), "cancelled": cancelled, "units": units})  # type: ignore[call-overload]
        for (dimension, cancelled), units in groups.items()
    ]
    source = (
        "ucumvert (UCUM 2.2) by service.catalog.unit_factors; a number x of the unit is factor * x + offset of the base"
    )
    return '{"source": ' + json.dumps(source) + ',\n "scales": [\n  ' + ",\n  ".join(lines) + "\n]}\n"


def _composed() -> Iterator[str]:
    mass, amount, activity, arbitrary = _MASS.split(), _AMOUNT.split(), _ACTIVITY.split(), _ARBITRARY.split()
    counts, times = _COUNTS.split(), _TIMES.split()
    yield from _SINGLE.split()
    for group in (mass, amount, _VOLUME.split(), activity, arbitrary, counts, times):
        yield from group
    for above, below in product((*mass, *amount, *activity, *arbitrary), ("L", "dL", "mL", "uL")):
        yield f"{above}/{below}"
    for above, below in product(("", *counts), ("L", "dL", "mL", "uL", "mm3", "cm3")):
        yield f"{above}/{below}"
    yield from (f"{above}/{below}" for above, below in product(mass, _PER_BODY.split()))
    yield from (f"/{time}" for time in times)


if __name__ == "__main__":
    sys.stdout.write(rendered())
