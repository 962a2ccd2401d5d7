"""Records what charge points accepted of requests, by their OCPP action.

These readings are for raw requests; a command that has its own reading uses that one.
"""

from chargepoints.clock import api_time, coming_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import AuthorizationStatus, Command
from chargepoints.protocol.versions import Block, Payload, ResponseReading
from chargepoints.services.smart_charging import installed_profiles
from chargepoints.services.tokens import local_lists
from chargepoints.services.tokens.local_lists import Entry
from ocpp_v16.authorization import STATUS
from ocpp_v16.smart_charging import PURPOSE

_NEUTRAL_PURPOSE = {name: purpose for purpose, name in PURPOSE.items()}
# 1.6 has no status for a token without credit: it uses Blocked for it, too.
_NEUTRAL_STATUS = {name: str(status) for status, name in reversed(STATUS.items())}
# The criteria of ClearChargingProfile (5.5) -> neutral names.
_CRITERIA = {"id": "profile_id", "connectorId": "evse_id", "stackLevel": "stack_level"}


def neutral_profile(said: Payload) -> Payload:
    """A neutral profile from csChargingProfiles (7.8)."""
    schedule = said["chargingSchedule"]
    profile: Payload = {
        "id": said["chargingProfileId"],
        "stack_level": said["stackLevel"],
        "purpose": _NEUTRAL_PURPOSE[said["chargingProfilePurpose"]],
        "kind": said["chargingProfileKind"].lower(),
        "unit": schedule["chargingRateUnit"],
        "periods": [
            {"start_s": period["startPeriod"], "limit": period["limit"]}
            | ({"phases": period["numberPhases"]} if "numberPhases" in period else {})
            for period in schedule["chargingSchedulePeriod"]
        ],
    }
    if "recurrencyKind" in said:
        profile["recurrence"] = said["recurrencyKind"].lower()
    for name, here in (("validFrom", "valid_from"), ("validTo", "valid_to")):
        if at := coming_time(said.get(name)):
            profile[here] = api_time(at)
    if start := coming_time(schedule.get("startSchedule")):
        profile["start"] = api_time(start)
    for name, here in (("duration", "duration_s"), ("minChargingRate", "min_rate")):
        if name in schedule:
            profile[here] = schedule[name]
    if "transactionId" in said:
        profile["transaction_id"] = str(said["transactionId"])
    return profile


def _profile_set(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    if response["status"] == "Accepted":
        profile = neutral_profile(asked["csChargingProfiles"])
        installed_profiles.install(command.charge_point_id, asked["connectorId"], profile)


def _profile_cleared(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    if response["status"] not in ("Accepted", "Unknown"):
        return
    criteria = {here: asked[name] for name, here in _CRITERIA.items() if name in asked}
    if "chargingProfilePurpose" in asked:
        criteria["purpose"] = _NEUTRAL_PURPOSE[asked["chargingProfilePurpose"]]
    installed_profiles.clear(command.charge_point_id, criteria)


def _list_sent(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    if response["status"] == "Accepted":
        local_lists.store(
            command.charge_point_id,
            asked["listVersion"],
            [_entry(each) for each in asked.get("localAuthorizationList") or []],
            full=asked["updateType"] == "Full",
        )


def _entry(said: Payload) -> Entry:
    info = said.get("idTagInfo")
    if info is None:
        # 7.2: without idTagInfo the entry is removed from the list.
        return Entry(said["idTag"], "", None, "", None)
    return Entry(
        said["idTag"],
        "",
        _NEUTRAL_STATUS.get(info["status"], str(AuthorizationStatus.INVALID)),
        info.get("parentIdTag") or "",
        coming_time(info["expiryDate"]) if "expiryDate" in info else None,
    )


BLOCK = Block(
    responses={
        "SetChargingProfile": ResponseReading(record=_profile_set),
        "ClearChargingProfile": ResponseReading(record=_profile_cleared),
        "SendLocalList": ResponseReading(record=_list_sent),
    },
)
