"""The battery of a vehicle: how much power it takes at which state of charge."""

import math
from dataclasses import dataclass

STEP_S = 5.0
TAPER_FROM = 0.80
TRICKLE = 0.05


@dataclass
class Battery:
    """`capacity_wh` of energy, of which the share `state_of_charge` (0 to 1) is there."""

    capacity_wh: float
    state_of_charge: float

    @property
    def full(self) -> bool:
        return self.state_of_charge >= 1

    def power_w(self, offered_w: float) -> float:
        """The power it draws of what is offered: all up to 80 %, then less and less."""
        if self.full:
            return 0.0
        left = (1 - self.state_of_charge) / (1 - TAPER_FROM)
        return offered_w * min(1.0, max(TRICKLE, math.pow(left, 0.8)))

    def charge(self, offered_w: float, seconds: float) -> float:
        """Charge for a while; return the energy taken, in Wh."""
        taken = 0.0
        while seconds > 0 and not self.full:
            step = min(STEP_S, seconds)
            room = (1 - self.state_of_charge) * self.capacity_wh
            energy = min(room, self.power_w(offered_w) * step / 3600)
            self.state_of_charge = min(1.0, self.state_of_charge + energy / self.capacity_wh)
            taken += energy
            seconds -= step
        return taken

    def seconds_to(self, target: float, offered_w: float) -> float:
        """How long it takes until the state of charge is `target`."""
        copy = Battery(self.capacity_wh, self.state_of_charge)
        seconds = 0.0
        while copy.state_of_charge < target:
            copy.charge(offered_w, STEP_S)
            seconds += STEP_S
        return seconds
