"""The status of connectors: the latest by the charger's own time, and the history."""

from datetime import datetime
from typing import Any, NamedTuple

from chargepoints.clock import PRECISION, Moment, api_time, is_backfill
from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import ChargePoint, Connector, Evse, StatusChange
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.protocol.station import ConnectorState
from chargepoints.services.stations import clock_skew


class Report(NamedTuple):
    """One status report. `evse_id` None is the station itself; `status` one of `Status`."""

    evse_id: int | None
    connector_id: int | None
    status: str
    ocpp_status: str
    error_code: str = ""
    vendor_error_code: str = ""
    info: str = ""


# By the charger's time: a late message from an older socket must not replace the present status.
_SET_STATUS = (
    "UPDATE chargepoints_connector SET status = %s, ocpp_status = %s, error_code = %s,"
    " vendor_error_code = %s, info = %s, status_at = %s, repeats = 0"
    " WHERE id = %s AND (status_at IS NULL OR status_at < %s OR status_at > %s)"
)
_COUNT_REPEAT = (
    "UPDATE chargepoints_connector SET repeats = repeats + 1, status_at = %s"
    " WHERE id = %s AND status_at <= %s"
)

_SET_STATION_STATUS = (
    "UPDATE chargepoints_chargepoint SET status = %s, error_code = %s, status_at = %s WHERE id = %s"
)

_EVSE: PreparedQuery[Evse] = PreparedQuery(
    lambda charge_point_id, evse_id: Evse.objects.filter(
        charge_point_id=charge_point_id, evse_id=evse_id
    )
)
_CONNECTOR: PreparedQuery[Connector] = PreparedQuery(
    lambda charge_point_id, evse_id, connector_id: Connector.objects.filter(
        evse__charge_point_id=charge_point_id, evse__evse_id=evse_id, connector_id=connector_id
    ).order_by()
)
_STATION = PreparedQuery(
    lambda charge_point_id: ChargePoint.objects.filter(pk=charge_point_id).values_list(
        "status", "error_code", "status_at"
    )
)


def record(inbound: Inbound, report: Report, moment: Moment) -> None:
    """Store a report; a repetition of the present status is only counted."""
    clock_skew.observe(inbound, moment)
    report = _clipped(report)
    if report.evse_id is None:
        news = _station_status(inbound, report, moment)
    else:
        news = _connector_status(inbound, report, moment)
    if news:
        _report_to_core(inbound, report, moment)
    inbound.unit.mark_pending(_of_station(inbound))


def _of_station(inbound: Inbound) -> tuple[str, int]:
    return "status", inbound.station.id


def connector(charge_point_id: int, evse_id: int, connector_id: int) -> Connector:
    """The connector's row, created at its first report.

    Raises IntegrityError if another transaction creates it at the same time.
    """
    row = _CONNECTOR.first(charge_point_id, evse_id, connector_id)
    if row is None:
        evse = _EVSE.first(charge_point_id, evse_id)
        if evse is None:
            evse = row_changes.new(Evse, charge_point_id=charge_point_id, evse_id=evse_id)
            row_changes.insert(evse)
        row = row_changes.new(Connector, evse_id=evse.pk, connector_id=connector_id)
        row_changes.insert(row)
    return row


def _connector_status(inbound: Inbound, report: Report, moment: Moment) -> bool:
    place = (report.evse_id or 0, report.connector_id or 1)
    known = _known(inbound, place)
    at = moment.at
    said = (report.ocpp_status, report.error_code, report.vendor_error_code, report.info)
    if known.at is not None and at < known.at:
        known_before = _is_in_history(inbound, report, moment)
        if known_before or not _may_be_now(inbound, at, known.at):
            # Sent late after an outage: it belongs to the history only. But a connector may be back
            # in a status that it left within the same second.
            return not known_before
    news = said != known.report
    if news:
        now = (at + PRECISION, inbound.received_at)
        inbound.unit.update(_SET_STATUS, (report.status, *said, at, known.pk, *now))
    else:
        inbound.unit.update(_COUNT_REPEAT, (at, known.pk, at))
    latest = ConnectorState(known.pk, said, at)
    inbound.unit.after_commit(lambda: inbound.station.connectors.__setitem__(place, latest))
    return news


def _may_be_now(inbound: Inbound, at: datetime, known_at: datetime) -> bool:
    """Whether a report that comes later, with an earlier time, is the present status.

    Within the clock's precision both are equally good. If the known time lies ahead of the present
    one, the charger's clock was corrected since.
    """
    received_at = inbound.received_at
    if known_at - at < PRECISION:
        return True
    return known_at > received_at and not is_backfill(at, received_at)


def _is_in_history(inbound: Inbound, report: Report, moment: Moment) -> bool:
    """Whether the same report is in the history (P4)."""
    known_before = StatusChange.objects.filter(
        charge_point_id=inbound.station.id,
        evse_id=report.evse_id,
        connector_id=report.connector_id,
        reported_at=moment.at,
        ocpp_status=report.ocpp_status,
        error_code=report.error_code,
    )
    return known_before.exists()


def _known(inbound: Inbound, place: tuple[int, int]) -> ConnectorState:
    """The last report of this connector; its row is created at the first report."""
    remembered = inbound.station.connectors.get(place)
    if remembered is not None and not inbound.unit.alone and not inbound.station.superseded:
        return remembered
    if inbound.unit.is_pending(_of_station(inbound)):
        # P4: another socket of this charger reported it within the same transaction.
        inbound.unit.flush()
    row = connector(inbound.station.id, *place)
    said = (row.ocpp_status, row.error_code, row.vendor_error_code, row.info)
    return ConnectorState(row.pk, said, row.status_at)


def _station_status(inbound: Inbound, report: Report, moment: Moment) -> bool:
    if inbound.unit.is_pending(_of_station(inbound)):
        inbound.unit.flush()
    status, error_code, status_at = _STATION.one(inbound.station.id)
    if status_at is not None and moment.at < status_at:
        known_before = _is_in_history(inbound, report, moment)
        if known_before or not _may_be_now(inbound, moment.at, status_at):
            return not known_before
    said = (report.status, report.error_code)
    inbound.unit.update(_SET_STATION_STATUS, (*said, moment.at, inbound.station.id))
    return said != (status, error_code)


def _report_to_core(inbound: Inbound, report: Report, moment: Moment) -> None:
    inbound.unit.append(
        StatusChange,
        StatusChange.row(
            charge_point_id=inbound.station.id,
            evse_id=report.evse_id,
            connector_id=report.connector_id,
            status=report.status,
            ocpp_status=report.ocpp_status,
            error_code=report.error_code,
            vendor_error_code=report.vendor_error_code,
            info=report.info,
            reported_at=moment.at,
            received_at=inbound.received_at,
        ),
    )
    data: dict[str, Any] = {
        "status": report.status,
        "ocpp_status": report.ocpp_status,
        "error_code": report.error_code or None,
        "vendor_error_code": report.vendor_error_code or None,
        "info": report.info or None,
        "reported_at": api_time(moment.at),
    }
    if report.evse_id is None:
        inbound.emit("charge_point.status_changed", data, moment)
    else:
        data |= {"evse_id": report.evse_id, "connector_id": report.connector_id}
        inbound.emit("connector.status_changed", data, moment)


def _clipped(report: Report) -> Report:
    return Report(
        report.evse_id,
        report.connector_id,
        str(report.status),  # the database drivers are slow with members of an enumeration
        clip(report.ocpp_status, 50),
        clip(report.error_code, 100),
        clip(report.vendor_error_code, 255),
        clip(report.info, 255),
    )
