"""Units of measurement of chargers: in any case, with any SI prefix."""

from functools import cache

# By the measurand: its unit, and other names for it.
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
# Prefixes in the wrong case that cannot be confused with another.
_ONE_CASE = {"K": "k", "g": "G", "t": "T", "H": "h"}


@cache
def scale(unit: str, measurand: str) -> float | None:
    """The factor that converts a value to Wh, W, A, V or percent; None if it is unknown: mwh may
    mean a thousandth or a million of Wh.
    """
    written = unit.strip()
    if not written:
        return 1.0  # 7.41, SampledValueType: a missing unit has a default
    for base in BASES[measurand.partition(".")[0]]:
        if written.lower().endswith(base.lower()):
            prefix = written[: -len(base)]
            exact = written.endswith(base)
            if prefix in ("m", "p") and not exact:
                return None
            return _PREFIXES.get(_ONE_CASE.get(prefix, prefix))
    return None
