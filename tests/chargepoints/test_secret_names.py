"""Which configuration keys and variables are secret, by their names."""

import pytest

from chargepoints.secret_names import is_secret


@pytest.mark.parametrize(
    "name",
    [
        "AuthorizationKey",
        "authorizationkey",
        "BasicAuthPassword",
        "StationPassword",
        "stationpassword",
        "G_CardPin",
        "WifiPassword",
        "WIFI_PASSWORD",
        "WifiPSK",
        "AdminPwd",
        "ftp_passwd",
        "SIMPin",
        "SimPuk",
        "WpaPassphrase",
        "OAuthClientSecret",
        "PrivateKey",
        "ApiKey",
        "EncryptionKey",
        "AccessToken",
        "InstallerPasscode",
        "WebPasswort",
    ],
)
def test_a_password_is_known_by_its_name(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "WebSocketPingInterval",
        "PublicKeyWithSignedMeterValue",
        "MeterPublicKey",
        "GetConfigurationMaxKeys",
        "HeartbeatInterval",
        "ConnectorPhaseRotation",
        "MasterPassGroupId",
        "SecurityProfile",
        "StopTransactionOnInvalidId",
        "Spinner",
        "Passive",
        "TokenType",
        "KeyboardLayout",
        "",
    ],
)
def test_what_only_sounds_like_one_is_shown(name: str) -> None:
    assert not is_secret(name)
