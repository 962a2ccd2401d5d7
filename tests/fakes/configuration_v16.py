"""The configuration keys of a simulated OCPP 1.6 charge point."""

from dataclasses import dataclass

from ocpp.v16.enums import ConfigurationStatus

from tests.fakes.outlet import Plate

MEASURANDS = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Current.Import",
    "Voltage",
    "SoC",
    "Temperature",
)


@dataclass
class Key:
    """`kind` is how a value is checked: int, bool, str, measurands, hex or version list."""

    value: str
    kind: str = "str"
    readonly: bool = False
    # White paper 7.2: the AuthorizationKey can be written and not be read.
    write_only: bool = False
    takes_reboot: bool = False

    def allows(self, value: str) -> bool:
        match self.kind:
            case "int":
                return value.isdecimal()
            case "bool":
                return value.casefold() in {"true", "false"}
            case "measurands":
                return set(filter(None, value.split(","))) <= set(MEASURANDS)
            case "hex":
                return _is_hex(value) and 32 <= len(value) <= 40
            case _:
                return True


def _is_hex(value: str) -> bool:
    try:
        bytes.fromhex(value)
    except ValueError:
        return False
    return True


class Configuration16:
    """Keys are found in any case, as OCPP's `CiString` asks."""

    def __init__(self, plate: Plate, sample_interval_s: int) -> None:
        sampled = Key(",".join(MEASURANDS), "measurands")
        self.keys = {
            "AllowOfflineTxForUnknownId": Key("false", "bool"),
            "AuthorizationCacheEnabled": Key("true", "bool"),
            "AuthorizationKey": Key("", "hex", write_only=True),
            "AuthorizeRemoteTxRequests": Key("true", "bool"),
            "ClockAlignedDataInterval": Key("0", "int"),
            "ConnectionTimeOut": Key("60", "int"),
            "ConnectorPhaseRotation": Key("NotApplicable"),
            "CpoName": Key("Depot"),
            "GetConfigurationMaxKeys": Key("50", "int", readonly=True),
            "HeartbeatInterval": Key("300", "int"),
            "LocalAuthorizeOffline": Key("true", "bool"),
            "LocalPreAuthorize": Key("false", "bool"),
            "MeterValuesAlignedData": Key("", "measurands"),
            "MeterValuesSampledData": sampled,
            "MeterValueSampleInterval": Key(str(sample_interval_s), "int"),
            "NumberOfConnectors": Key(str(plate.outlets), "int", readonly=True),
            "ResetRetries": Key("1", "int"),
            "SecurityProfile": Key("1", "int", readonly=True),
            "StopTransactionOnEVSideDisconnect": Key("true", "bool"),
            "StopTransactionOnInvalidId": Key("true", "bool"),
            "StopTxnAlignedData": Key("", "measurands"),
            "StopTxnSampledData": Key("", "measurands"),
            "SupportedFeatureProfiles": Key("Core,RemoteTrigger", readonly=True),
            "TransactionMessageAttempts": Key("3", "int"),
            "TransactionMessageRetryInterval": Key("5", "int"),
            "UnlockConnectorOnEVSideDisconnect": Key("true", "bool"),
            "WebSocketPingInterval": Key("20", "int", takes_reboot=True),
        }

    def __getitem__(self, name: str) -> str:
        return self.keys[name].value

    def number(self, name: str) -> int:
        return int(self[name])

    def is_on(self, name: str) -> bool:
        return self[name].casefold() == "true"

    def read(self, names: list[str]) -> tuple[list[dict[str, object]], list[str]]:
        """GetConfiguration: the known keys, all of them for an empty list, and the unknown."""
        known = [self._known(name) for name in names or self.keys]
        unknown = [name for name, found in zip(names, known, strict=False) if found is None]
        return [self._reported(name) for name in known if name], unknown

    def change(self, name: str, value: str) -> ConfigurationStatus:
        known = self._known(name)
        if known is None:
            return ConfigurationStatus.not_supported
        key = self.keys[known]
        if key.readonly or not key.allows(value):
            return ConfigurationStatus.rejected
        key.value = value
        if key.takes_reboot:
            return ConfigurationStatus.reboot_required
        return ConfigurationStatus.accepted

    def _known(self, name: str) -> str | None:
        return next((each for each in self.keys if each.casefold() == name.casefold()), None)

    def _reported(self, name: str) -> dict[str, object]:
        key = self.keys[name]
        reported: dict[str, object] = {"key": name, "readonly": key.readonly}
        return reported if key.write_only else reported | {"value": key.value}
