"""The device model of a simulated OCPP 2.0.1 charging station."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ocpp.v201.enums import GetVariableStatusEnumType as GetStatus
from ocpp.v201.enums import SetVariableStatusEnumType as SetStatus

# A component as it is in a message: name, and the EVSE and connector it belongs to.
Place = tuple[str, int | None, int | None]


@dataclass
class Variable:
    """`value` may be a function, for what is measured. Only the attribute Actual is there."""

    place: Place
    name: str
    value: str | Callable[[], str]
    mutability: str = "ReadOnly"
    data_type: str = "string"
    unit: str | None = None
    limits: tuple[int, int] | None = None
    values: tuple[str, ...] = ()
    takes_reboot: bool = False

    @property
    def actual(self) -> str:
        return self.value() if callable(self.value) else self.value

    def allows(self, value: str) -> bool:
        match self.data_type:
            case "integer":
                low, high = self.limits or (0, 2**31)
                return value.isdecimal() and low <= int(value) <= high
            case "boolean":
                return value.casefold() in {"true", "false"}
            case "OptionList":
                return value in self.values
            case "MemberList" | "SequenceList":
                return set(filter(None, value.split(","))) <= set(self.values)
            case _:
                return self.limits is None or self.limits[0] <= len(value) <= self.limits[1]

    def report(self) -> dict[str, Any]:
        """The variable as `ReportDataType`, in the key style of the `ocpp` package."""
        characteristics: dict[str, Any] = {
            "data_type": self.data_type,
            "supports_monitoring": False,
            "unit": self.unit,
            "values_list": ",".join(self.values) or None,
        }
        if self.limits:
            characteristics |= {"min_limit": self.limits[0], "max_limit": self.limits[1]}
        attribute = {"type": "Actual", "mutability": self.mutability, "persistent": True}
        if self.mutability != "WriteOnly":
            attribute["value"] = self.actual
        name, evse_id, connector_id = self.place
        evse = {"id": evse_id, "connector_id": connector_id} if evse_id else None
        return {
            "component": {"name": name, "evse": evse},
            "variable": {"name": self.name},
            "variable_attribute": [attribute],
            "variable_characteristics": characteristics,
        }


class DeviceModel:
    """Components and variables are found in any case; `get` and `set` take message parts."""

    def __init__(self, variables: list[Variable]) -> None:
        self.variables = variables

    def __getitem__(self, key: tuple[str, str]) -> str:
        """The value of a variable of a controller component."""
        return self._variable((key[0], None, None), key[1]).actual

    def number(self, component: str, name: str) -> int:
        return int(self[component, name])

    def is_on(self, component: str, name: str) -> bool:
        return self[component, name].casefold() == "true"

    def write(self, component: str, name: str, value: str) -> None:
        """Change a variable from within, whatever its mutability."""
        self._variable((component, None, None), name).value = value

    def get(self, wanted: dict[str, Any]) -> tuple[GetStatus, str | None]:
        """GetVariables, B06.FR.06 to 11: the status and, if it is Accepted, the value."""
        found = self._find(wanted)
        if not isinstance(found, Variable):
            return GetStatus(found), None
        if found.mutability == "WriteOnly":
            return GetStatus.rejected, None
        return GetStatus.accepted, found.actual

    def set(self, wanted: dict[str, Any]) -> SetStatus:
        """SetVariables, B05.FR.04 to 10."""
        found = self._find(wanted)
        if not isinstance(found, Variable):
            return SetStatus(found)
        if found.mutability == "ReadOnly" or not found.allows(wanted["attribute_value"]):
            return SetStatus.rejected
        found.value = wanted["attribute_value"]
        return SetStatus.reboot_required if found.takes_reboot else SetStatus.accepted

    def report(self, base: str) -> list[dict[str, Any]]:
        """The variables of a base report; B07.FR.07 to 09 say which."""
        match base:
            case "FullInventory":
                found = self.variables
            case "ConfigurationInventory":
                found = [each for each in self.variables if each.mutability != "ReadOnly"]
            case _:
                found = [each for each in self.variables if each.name == "AvailabilityState"]
        return [each.report() for each in found]

    def report_of(self, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The variables of a GetReport; a component without a variable stands for all it has."""
        return [
            each.report()
            for each in self.variables
            if any(_matches(each, one["component"], one.get("variable")) for one in wanted)
        ]

    def _find(self, wanted: dict[str, Any]) -> Variable | str:
        """The variable of a message part, or the status that says why there is none."""
        component, variable = wanted["component"], wanted["variable"]
        of_component = [each for each in self.variables if _matches(each, component, None)]
        if not of_component:
            return "UnknownComponent"
        found = [each for each in of_component if _matches(each, component, variable)]
        if not found:
            return "UnknownVariable"
        if wanted.get("attribute_type", "Actual") != "Actual":
            return "NotSupportedAttributeType"
        return found[0]

    def _variable(self, place: Place, name: str) -> Variable:
        return next(each for each in self.variables if (each.place, each.name) == (place, name))


def _matches(
    candidate: Variable, component: dict[str, Any], variable: dict[str, Any] | None
) -> bool:
    name, evse_id, connector_id = candidate.place
    evse = component.get("evse") or {}
    if component["name"].casefold() != name.casefold() or component.get("instance"):
        return False
    if (evse.get("id"), evse.get("connector_id")) != (evse_id, connector_id):
        return False
    if variable is None:
        return True
    return not variable.get("instance") and variable["name"].casefold() == candidate.name.casefold()
