"""Transactions, their TransactionEvents (2.0.1), and their meter values."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.functions import Upper

from chargepoints import key_codes

from .charge_point import ChargePoint

# A register that is rounded to 0.1 kWh may seem to fall by this.
ROUNDING_WH = 100.0


class DecidedBy(models.TextChoices):
    CORE = "core"
    CACHE = "cache"
    LOCAL_TABLE = "local_table"
    POLICY = "policy"


class TimeQuality(models.TextChoices):
    """The origin of a time: the charger; the time of receipt, if the charger's is implausible; or
    the gateway, if no charger sent one.
    """

    CHARGER = "charger"
    ESTIMATED = "estimated"
    GATEWAY = "gateway"


class ChargingState(models.TextChoices):
    """OCPP 2.0.1's ChargingStateEnumType."""

    CHARGING = "Charging"
    EV_CONNECTED = "EVConnected"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    IDLE = "Idle"


class StopReason(models.TextChoices):
    """OCPP 2.0.1's ReasonEnumType, and further values of other versions."""

    DE_AUTHORIZED = "DeAuthorized"
    EMERGENCY_STOP = "EmergencyStop"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    EV_DISCONNECTED = "EVDisconnected"
    GROUND_FAULT = "GroundFault"
    IMMEDIATE_RESET = "ImmediateReset"
    MASTER_PASS = "MasterPass"  # noqa: S105  (no password)
    LOCAL = "Local"
    LOCAL_OUT_OF_CREDIT = "LocalOutOfCredit"
    OTHER = "Other"
    OVERCURRENT_FAULT = "OvercurrentFault"
    POWER_LOSS = "PowerLoss"
    POWER_QUALITY = "PowerQuality"
    REBOOT = "Reboot"
    REMOTE = "Remote"
    SOC_LIMIT_REACHED = "SOCLimitReached"
    STOPPED_BY_EV = "StoppedByEV"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    TIMEOUT = "Timeout"
    # Only in 1.6.
    HARD_RESET = "HardReset"
    SOFT_RESET = "SoftReset"
    UNLOCK_COMMAND = "UnlockCommand"
    # In later versions.
    REQ_ENERGY_TRANSFER_REJECTED = "ReqEnergyTransferRejected"


class MeterSource(models.TextChoices):
    """The origin of the meter reading at the end of a transaction."""

    CHARGER = "charger"
    LAST_SAMPLE = "last_sample"
    STATED = "stated"


class Transaction(models.Model):
    """A charging transaction, from its first message to its last, on one EVSE."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="transactions"
    )
    # 1.6: an integer that the gateway assigns; 2.0.1: a string of the station. Unique per charge
    # point; if a station reuses its ids, among those that are not superseded.
    transaction_id = models.CharField(max_length=255)
    evse_id = models.PositiveIntegerField(null=True, blank=True)
    connector_id = models.PositiveIntegerField(null=True, blank=True)

    id_token = models.CharField(max_length=255, blank=True)
    id_token_type = models.CharField(max_length=20, blank=True)
    group_id_token = models.CharField(max_length=255, blank=True)
    authorization_status = models.CharField(max_length=30, blank=True)
    decided_by = models.CharField(max_length=20, choices=DecidedBy, blank=True)

    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    started_received_at = models.DateTimeField(null=True, blank=True)
    ended_received_at = models.DateTimeField(null=True, blank=True)
    time_quality = models.CharField(max_length=10, choices=TimeQuality, default=TimeQuality.CHARGER)
    stop_reason = models.CharField(max_length=50, blank=True)
    stop_id_token = models.CharField(max_length=255, blank=True)
    charging_state = models.CharField(max_length=50, blank=True)
    offline = models.BooleanField(default=False, help_text="started while the charger was offline")
    orphan = models.BooleanField(
        default=False, help_text="reported by its end or its meter values, not by its start"
    )
    superseded = models.BooleanField(
        default=False, help_text="the station has used the same id for a later transaction"
    )
    deviations = models.JSONField(
        default=list, blank=True, help_text="oddities of its readings and times"
    )
    closed_by = models.CharField(
        max_length=150, blank=True, help_text="who closed it, if not the charger"
    )

    meter_start_wh = models.FloatField(null=True, blank=True)
    meter_stop_wh = models.FloatField(null=True, blank=True)
    meter_stop_source = models.CharField(max_length=20, choices=MeterSource, blank=True)
    meter_latest_wh = models.FloatField(null=True, blank=True)
    metered_at = models.DateTimeField(
        null=True, blank=True, help_text="time of the latest plausible reading"
    )
    energy_from_wh = models.FloatField(
        null=True,
        blank=True,
        help_text="the reading from which the energy counts, if not the start",
    )
    # Implausible readings since the last plausible one: the first and the last of them, each with
    # its time.
    odd_register = models.JSONField(null=True, blank=True)
    power_w = models.FloatField(null=True, blank=True)
    current_a = models.FloatField(null=True, blank=True)
    voltage_v = models.FloatField(null=True, blank=True)
    soc_percent = models.FloatField(null=True, blank=True)
    sampled_at = models.DateTimeField(null=True, blank=True)
    total_cost = models.FloatField(
        null=True, blank=True, help_text="core's latest figure, in the station's currency"
    )

    vehicle_id = models.CharField(max_length=255, blank=True)
    vehicle_type = models.CharField(max_length=10, blank=True, help_text="evccid or vin")
    # The limits of energy_wh, time_s, cost and soc that core or the driver has set; and in
    # `reached` the one because of which the gateway stopped the transaction.
    limits = models.JSONField(null=True, blank=True)
    # Further data of the charger: tariff, cost, operation mode, preconditioning.
    details = models.JSONField(null=True, blank=True)

    remote_start_id = models.PositiveBigIntegerField(null=True, blank=True)
    reservation_id = models.IntegerField(null=True, blank=True)
    last_seq_no = models.IntegerField(null=True, blank=True)
    # Distinguishes a repeated start from a new one, if the charger assigns no id (1.6).
    start_key = models.CharField(max_length=64, null=True, blank=True)
    # The answers to StartTransaction and StopTransaction (1.6), sent again to a repetition.
    start_answer = models.JSONField(null=True, blank=True)
    stop_answer = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "transaction_id"],
                condition=models.Q(superseded=False),
                name="transaction_unique",
            ),
            models.UniqueConstraint(fields=["charge_point", "start_key"], name="start_unique"),
        ]
        indexes = [
            models.Index(
                fields=["charge_point"],
                name="transaction_open",
                condition=models.Q(ended_at=None),
            ),
            models.Index(fields=["-started_at"], name="transaction_recent"),
            models.Index(
                fields=["-ended_at", "-id"],
                name="transaction_by_end",
                condition=models.Q(ended_at__isnull=False),
            ),
            # Staff and core search for an id across all charge points.
            models.Index(Upper("transaction_id"), name="transaction_by_its_id"),
            # Each start searches for the few transactions whose end was received without a start.
            models.Index(
                fields=["charge_point", "ended_at"],
                name="transaction_orphaned",
                condition=models.Q(orphan=True, started_at=None),
            ),
            # Ignores case, like `iexact` on PostgreSQL.
            models.Index(Upper("id_token"), name="transaction_of_token"),
            models.Index(
                fields=["id"],
                name="transaction_unreconciled",
                condition=models.Q(decided_by=DecidedBy.POLICY),
            ),
        ]

    def __str__(self) -> str:
        return self.transaction_id

    @property
    def token(self) -> str:
        """The token for display, without key codes."""
        return key_codes.shown_value(self.id_token, self.id_token_type)

    @property
    def vehicle(self) -> dict[str, str] | None:
        return {"id": self.vehicle_id, "type": self.vehicle_type} if self.vehicle_id else None

    @property
    def counted_from_wh(self) -> float | None:
        return self.meter_start_wh if self.energy_from_wh is None else self.energy_from_wh

    @property
    def counted_to_wh(self) -> float | None:
        return self.meter_latest_wh if self.meter_stop_wh is None else self.meter_stop_wh

    @property
    def energy_wh(self) -> float | None:
        """Energy in Wh, so far or in total; both readings are on the register's own scale.

        None if unknown: an end below the start is on another scale than the start.
        """
        first, last = self.counted_from_wh, self.counted_to_wh
        if first is None or last is None or last - first < -ROUNDING_WH:
            return None
        if self.meter_start_wh is None and last == first:
            # There may be only one reading.
            return None
        return max(last - first, 0.0)


class TransactionEvent(models.Model):
    """One TransactionEventRequest of OCPP 2.0.1; complete means Started to Ended without a gap."""

    transaction = models.ForeignKey(
        Transaction, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    seq_no = models.IntegerField()
    event_type = models.CharField(max_length=20)
    trigger_reason = models.CharField(max_length=50)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    offline = models.BooleanField(default=False)
    digest = models.CharField(max_length=32, help_text="of the content without `offline`")
    conflict = models.BooleanField(
        default=False, help_text="other content under a sequence number that exists already"
    )
    answer = models.JSONField(null=True, help_text="the answer, which a repetition gets again")

    class Meta:
        ordering = ["seq_no"]
        constraints = [
            models.UniqueConstraint(
                fields=["transaction", "seq_no"],
                condition=models.Q(conflict=False),
                name="seq_no_unique",
            )
        ]
        # The unique index does not serve queries for all events: it leaves out conflicts.
        indexes = [models.Index(fields=["transaction", "seq_no"], name="events_of_transaction")]

    def __str__(self) -> str:
        return f"{self.transaction_id} #{self.seq_no} {self.event_type}"

    @staticmethod
    def row(
        *,
        transaction_id: int,
        seq_no: int,
        event_type: str,
        trigger_reason: str,
        occurred_at: datetime,
        received_at: datetime,
        offline: bool,
        digest: str,
        conflict: bool,
        answer: dict[str, Any] | None,
    ) -> tuple[Any, ...]:
        """A row for `UnitOfWork.append`: the columns but the id, in their order."""
        return (
            transaction_id,
            seq_no,
            event_type,
            trigger_reason,
            occurred_at,
            received_at,
            offline,
            digest,
            conflict,
            answer,
        )


class MeterValue(models.Model):
    """One `meterValue` element: the samples of one moment, as sent and in typed columns."""

    charge_point = models.ForeignKey(
        ChargePoint, on_delete=models.CASCADE, related_name="meter_values", db_index=False
    )
    transaction = models.ForeignKey(
        Transaction,
        null=True,
        on_delete=models.CASCADE,
        related_name="meter_values",
        db_index=False,
    )
    evse_id = models.PositiveIntegerField(null=True)
    sampled_at = models.DateTimeField()
    received_at = models.DateTimeField()
    # A hash of EVSE, transaction, and each sample's context, measurand, phase, location, unit and
    # position; of a conflict also the values, so that it is stored once, too.
    key = models.BigIntegerField()
    conflict = models.BooleanField(
        default=False, help_text="other values under a key that exists already"
    )
    energy_wh = models.FloatField(null=True)
    power_w = models.FloatField(null=True)
    current_a = models.FloatField(null=True)
    voltage_v = models.FloatField(null=True)
    soc_percent = models.FloatField(null=True)
    samples = models.JSONField(help_text="the sampledValue list as the charger sent it")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge_point", "sampled_at", "key"], name="meter_value_unique"
            )
        ]
        indexes = [
            models.Index(
                fields=["transaction", "sampled_at"],
                name="meter_value_of_transaction",
                condition=models.Q(transaction__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"EVSE {self.evse_id} at {self.sampled_at:%Y-%m-%d %H:%M:%S}"

    @staticmethod
    def row(  # noqa: PLR0913  (one for each column)
        *,
        charge_point_id: int,
        transaction_id: int | None,
        evse_id: int | None,
        sampled_at: datetime,
        received_at: datetime,
        key: int,
        conflict: bool,
        energy_wh: float | None,
        power_w: float | None,
        current_a: float | None,
        voltage_v: float | None,
        soc_percent: float | None,
        samples: list[Any],
    ) -> tuple[Any, ...]:
        """A row for `UnitOfWork.append`: the columns but the id, in their order."""
        return (
            charge_point_id,
            transaction_id,
            evse_id,
            sampled_at,
            received_at,
            key,
            conflict,
            energy_wh,
            power_w,
            current_a,
            voltage_v,
            soc_percent,
            samples,
        )
