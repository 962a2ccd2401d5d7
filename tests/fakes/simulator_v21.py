"""A simulated OCPP 2.1 charging station: one of 2.0.1 that lets its power be steered (K28)."""

from typing import Any, ClassVar

from ocpp import v21
from ocpp.v21 import call_result
from ocpp.v21.enums import Action, ChargingProfileStatusEnumType

from tests.fakes.commands_v201 import Commands201
from tests.fakes.link import Link, answers
from tests.fakes.outlet import Outlet
from tests.fakes.simulator_v201 import Charger201

ACCEPTED = ChargingProfileStatusEnumType.accepted
REJECTED = ChargingProfileStatusEnumType.rejected
VOLTS = 230.0


class Commands21(Commands201):
    """Of charging profiles it takes dynamic ones, whose limit holds at once, and no others."""

    _call = v21.call
    _call_result = call_result
    _ocpp_version = "2.1"

    @answers(Action.set_charging_profile)
    def on_set_charging_profile(
        self, evse_id: int, charging_profile: dict[str, Any], **_: Any
    ) -> call_result.SetChargingProfile:
        if charging_profile["charging_profile_kind"] != "Dynamic":
            return call_result.SetChargingProfile(REJECTED)
        (schedule,) = charging_profile["charging_schedule"]
        (period,) = schedule["charging_schedule_period"]
        unit = str(schedule["charging_rate_unit"])
        charger = self.charger
        assert isinstance(charger, Charger21)
        charger.dynamic[charging_profile["id"]] = (evse_id, unit)
        charger.limit(evse_id, unit, period.get("limit"))
        return call_result.SetChargingProfile(ACCEPTED)

    @answers(Action.update_dynamic_schedule)
    def on_update_dynamic_schedule(
        self, charging_profile_id: int, schedule_update: dict[str, Any], **_: Any
    ) -> call_result.UpdateDynamicSchedule:
        charger = self.charger
        assert isinstance(charger, Charger21)
        # K28.FR.11
        if charging_profile_id not in charger.dynamic:
            return call_result.UpdateDynamicSchedule(REJECTED)
        charger.limit(*charger.dynamic[charging_profile_id], schedule_update.get("limit"))
        return call_result.UpdateDynamicSchedule(ACCEPTED)


class Charger21(Charger201):
    """`dynamic` holds the EVSE and the unit of each dynamic profile."""

    subprotocol: ClassVar[str] = "ocpp2.1"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dynamic: dict[int, tuple[int, str]] = {}

    def make_link(self, socket: Any) -> Link:
        return Commands21(self, socket)

    def limit(self, evse_id: int, unit: str, limit: float | None) -> None:
        """What the EVSE, or with 0 each of them, may take from now on."""
        if limit is None:
            return
        for outlet in self.outlets:
            if evse_id in (0, outlet.number):
                outlet.limit_w = limit * self._watts_per_ampere(outlet) if unit == "A" else limit

    def _watts_per_ampere(self, outlet: Outlet) -> float:
        return VOLTS * (outlet.plate.phases or 3)
