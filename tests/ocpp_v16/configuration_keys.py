"""The standard configuration keys (1.6 chapter 9, security whitepaper 2), by profile.

With a value of each, and whether it can be written.
"""

KEYS: dict[str, dict[str, tuple[str, bool]]] = {
    "Core": {
        "AllowOfflineTxForUnknownId": ("false", True),
        "AuthorizationCacheEnabled": ("true", True),
        "AuthorizeRemoteTxRequests": ("true", True),
        "BlinkRepeat": ("3", True),
        "ClockAlignedDataInterval": ("900", True),
        "ConnectionTimeOut": ("60", True),
        "ConnectorPhaseRotation": ("0.RST,1.RST", True),
        "ConnectorPhaseRotationMaxLength": ("2", False),
        "GetConfigurationMaxKeys": ("50", False),
        "HeartbeatInterval": ("300", True),
        "LightIntensity": ("80", True),
        "LocalAuthorizeOffline": ("true", True),
        "LocalPreAuthorize": ("false", True),
        "MaxEnergyOnInvalidId": ("0", True),
        "MeterValuesAlignedData": ("Energy.Active.Import.Register", True),
        "MeterValuesAlignedDataMaxLength": ("5", False),
        "MeterValuesSampledData": ("Energy.Active.Import.Register,Voltage", True),
        "MeterValuesSampledDataMaxLength": ("5", False),
        "MeterValueSampleInterval": ("60", True),
        "MinimumStatusDuration": ("0", True),
        "NumberOfConnectors": ("2", False),
        "ResetRetries": ("3", True),
        "StopTransactionOnEVSideDisconnect": ("true", True),
        "StopTransactionOnInvalidId": ("true", True),
        "StopTxnAlignedData": ("", True),
        "StopTxnAlignedDataMaxLength": ("5", False),
        "StopTxnSampledData": ("", True),
        "StopTxnSampledDataMaxLength": ("5", False),
        "SupportedFeatureProfiles": ("Core,FirmwareManagement", False),
        "SupportedFeatureProfilesMaxLength": ("6", False),
        "TransactionMessageAttempts": ("3", True),
        "TransactionMessageRetryInterval": ("60", True),
        "UnlockConnectorOnEVSideDisconnect": ("true", True),
        "WebSocketPingInterval": ("30", True),
    },
    "LocalAuthListManagement": {
        "LocalAuthListEnabled": ("true", True),
        "LocalAuthListMaxLength": ("1000", False),
        "SendLocalListMaxLength": ("50", False),
    },
    "Reservation": {"ReserveConnectorZeroSupported": ("true", False)},
    "SmartCharging": {
        "ChargeProfileMaxStackLevel": ("10", False),
        "ChargingScheduleAllowedChargingRateUnit": ("Current,Power", False),
        "ChargingScheduleMaxPeriods": ("24", False),
        "ConnectorSwitch3to1PhaseSupported": ("false", False),
        "MaxChargingProfilesInstalled": ("20", False),
    },
    "Security": {
        "AdditionalRootCertificateCheck": ("false", False),
        "CertificateSignedMaxChainSize": ("10000", False),
        "CertificateStoreMaxLength": ("5", False),
        "CpoName": ("Acme Charging", True),
        "SecurityProfile": ("1", True),
        "SupportedFileTransferProtocols": ("HTTPS", False),
    },
}
# Written by `rotate_password` alone, and never shown.
SECRET_KEYS = {"Security": ["AuthorizationKey"]}
