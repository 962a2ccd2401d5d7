"""Which components and variables a simulated OCPP 2.0.1 charging station has."""

from tests.fakes.device_model import DeviceModel, Variable
from tests.fakes.outlet import Outlet, Plate, State

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "SoC",
)
STATES = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")


def device_model(plate: Plate, outlets: list[Outlet], sample_interval_s: int) -> DeviceModel:
    of_outlets = [variable for outlet in outlets for variable in evse(plate, outlet)]
    return DeviceModel([*controllers(sample_interval_s), *station(plate, outlets), *of_outlets])


def controllers(sample_interval_s: int) -> list[Variable]:
    def number(component: str, name: str, value: int, low: int = 0, high: int = 86_400) -> Variable:
        place = (component, None, None)
        return Variable(place, name, str(value), "ReadWrite", "integer", "s", (low, high))

    def switch(component: str, name: str, value: bool) -> Variable:
        return Variable((component, None, None), name, str(value).lower(), "ReadWrite", "boolean")

    def measurands(name: str, *chosen: str) -> Variable:
        place = ("SampledDataCtrlr", None, None)
        return Variable(place, name, ",".join(chosen), "ReadWrite", "MemberList", values=MEASURANDS)

    def choice(component: str, name: str, value: str, *values: str) -> Variable:
        place = (component, None, None)
        return Variable(place, name, value, "ReadWrite", "MemberList", values=values or (value,))

    slots = Variable(
        ("OCPPCommCtrlr", None, None),
        "NetworkConfigurationPriority",
        "0",
        "ReadWrite",
        "SequenceList",
        values=("0", "1"),
        takes_reboot=True,
    )
    password = Variable(
        ("SecurityCtrlr", None, None), "BasicAuthPassword", "", "WriteOnly", limits=(16, 40)
    )
    items = Variable(
        ("DeviceDataCtrlr", None, None), "ItemsPerMessage", "20", "ReadOnly", "integer"
    )
    return [
        number("OCPPCommCtrlr", "HeartbeatInterval", 300, 1),
        number("OCPPCommCtrlr", "OfflineThreshold", 60),
        number("OCPPCommCtrlr", "WebSocketPingInterval", 20),
        slots,
        switch("AuthCtrlr", "AuthorizeRemoteStart", True),
        switch("AuthCtrlr", "LocalAuthorizeOffline", True),
        switch("AuthCtrlr", "LocalPreAuthorize", False),
        switch("AuthCacheCtrlr", "Enabled", True),
        number("TxCtrlr", "EVConnectionTimeOut", 60),
        switch("TxCtrlr", "StopTxOnEVSideDisconnect", True),
        switch("TxCtrlr", "StopTxOnInvalidId", True),
        choice("TxCtrlr", "TxStartPoint", "Authorized"),
        choice("TxCtrlr", "TxStopPoint", "Authorized"),
        number("SampledDataCtrlr", "TxUpdatedInterval", sample_interval_s),
        measurands("TxStartedMeasurands", MEASURANDS[0], "SoC"),
        measurands("TxUpdatedMeasurands", *MEASURANDS),
        measurands("TxEndedMeasurands", MEASURANDS[0], "SoC"),
        password,
        Variable(("SecurityCtrlr", None, None), "SecurityProfile", "1", data_type="integer"),
        items,
    ]


def station(plate: Plate, outlets: list[Outlet]) -> list[Variable]:
    def availability() -> str:
        usable = any(outlet.operative for outlet in outlets)
        return "Available" if usable else "Unavailable"

    place = ("ChargingStation", None, None)
    return [
        Variable(place, "AvailabilityState", availability, data_type="OptionList", values=STATES),
        Variable(place, "VendorName", plate.vendor),
        Variable(place, "Model", plate.model),
        Variable(place, "SerialNumber", plate.serial_number),
        Variable(place, "FirmwareVersion", plate.firmware_version),
        Variable(place, "SupplyPhases", str(plate.phases or 3), data_type="integer"),
    ]


def evse(plate: Plate, outlet: Outlet) -> list[Variable]:
    def availability() -> str:
        return connector_status(outlet.state)

    whole = ("EVSE", outlet.number, None)
    connector = ("Connector", outlet.number, 1)
    limits = (0, round(plate.power_w))
    return [
        Variable(whole, "AvailabilityState", availability, data_type="OptionList", values=STATES),
        Variable(
            whole, "Power", lambda: _power(outlet), data_type="decimal", unit="W", limits=limits
        ),
        Variable(whole, "SupplyPhases", str(plate.phases), data_type="integer"),
        Variable(
            connector, "AvailabilityState", availability, data_type="OptionList", values=STATES
        ),
        Variable(connector, "ConnectorType", plate.connector_type),
        Variable(connector, "SupplyPhases", str(plate.phases), data_type="integer"),
    ]


def connector_status(state: State) -> str:
    """2.0.1's name of a connector's state, which knows nothing of charging."""
    return state.value if state in {State.AVAILABLE, State.UNAVAILABLE} else "Occupied"


def _power(outlet: Outlet) -> str:
    return next(str(each.value) for each in outlet.samples() if each.unit == "W")
