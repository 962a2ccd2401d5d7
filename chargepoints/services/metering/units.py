"""Units of measurement as chargers write them: in any case, with any prefix of the SI."""

from functools import cache

# By what is measured: its unit, and other names of it.
BASES = {
    "Energy": ("Wh",),
    "Power": ("W", "Watt", "Watts"),
    "Current": ("A", "Amp", "Amps", "Ampere", "Amperes"),
    "Voltage": ("V", "Volt", "Volts"),
    "SoC": ("Percent", "%"),
}
_PREFIXES = {
    "P": 1e15,
    "T": 1e12,
    "G": 1e9,
    "M": 1e6,
    "k": 1e3,
    "h": 1e2,
    "da": 1e1,
    "": 1.0,
    "d": 1e-1,
    "c": 1e-2,
    "m": 1e-3,
    "u": 1e-6,
    "\u00b5": 1e-6,
    "\u03bc": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
}
# In the other case these stand for nothing else.
_ONE_CASE = {"K": "k", "g": "G", "t": "T", "H": "h"}


@cache
def scale(unit: str, measurand: str) -> float | None:
    """What to multiply a value by to have it in Wh, W, A, V or per cent; None where that is not
    known: mwh is a thousandth to some, and a million to others.
    """
    written = unit.strip()
    if not written:
        return 1.0  # 7.41, SampledValueType: what is left out has a default
    for base in BASES[measurand.partition(".")[0]]:
        if written.lower().endswith(base.lower()):
            prefix = written[: -len(base)]
            exact = written.endswith(base)
            if prefix in ("m", "p") and not exact:
                return None
            return _PREFIXES.get(_ONE_CASE.get(prefix, prefix))
    return None
