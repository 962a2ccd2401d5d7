"""`/api/`: the version for core, its document, and the page to try it out."""

from typing import Any

from django.urls import include, path, re_path

from chargepoints.api.availability import Availability, AvailabilityCsv
from chargepoints.api.certificates import Certificates
from chargepoints.api.charge_points import ChargePoints, Disconnect
from chargepoints.api.charging_profiles import ChargingProfiles
from chargepoints.api.command_batches import CommandBatches
from chargepoints.api.commands import Commands
from chargepoints.api.configuration import Configuration
from chargepoints.api.csv_exports import MeterValuesCsv, TransactionsCsv
from chargepoints.api.der_controls import DerControls
from chargepoints.api.display_messages import DisplayMessages
from chargepoints.api.event_streams import EventStreams
from chargepoints.api.events import ChargePointEvents, Feed
from chargepoints.api.filters import of_one_charge_point
from chargepoints.api.id_tokens import IdTokens
from chargepoints.api.messages import Messages
from chargepoints.api.meter_values import MeterValues
from chargepoints.api.mirrors import MirrorOfChargePoint
from chargepoints.api.monitors import Monitors
from chargepoints.api.pages import InteractivePage, Nothing, openapi
from chargepoints.api.qr_codes import QrCodeCheck
from chargepoints.api.roll_outs import RollOuts, RollOutTargets
from chargepoints.api.tariffs import Tariffs
from chargepoints.api.transaction_changes import TransactionChanges
from chargepoints.api.transactions import Transactions
from chargepoints.api.waiting import waits

READ_LIST: dict[str, Any] = {"get": "list"}
READ_ONE: dict[str, Any] = {"get": "retrieve"}


def of_one(view: Any, actions: dict[str, str] = READ_LIST) -> Any:
    """A list below a charge point: without filters by charge point."""
    return view.as_view(actions, filterset_class=of_one_charge_point(view.filterset_class))


of_charge_point: list[Any] = [
    path("transactions", of_one(Transactions)),
    path("meter-values", of_one(MeterValues)),
    path("messages", Messages.as_view(READ_LIST)),
    path("events", ChargePointEvents.as_view(READ_LIST)),
    path("availability", of_one(Availability)),
    path("configuration", Configuration.as_view(READ_LIST)),
    path("charging-profiles", ChargingProfiles.as_view(READ_LIST)),
    path("certificates", Certificates.as_view(READ_LIST)),
    path("display-messages", DisplayMessages.as_view(READ_LIST)),
    path("monitors", Monitors.as_view(READ_LIST)),
    path("tariffs", Tariffs.as_view(READ_LIST)),
    path("der-controls", DerControls.as_view(READ_LIST)),
    path("event-streams", EventStreams.as_view(READ_LIST)),
    path(
        "mirror",
        MirrorOfChargePoint.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
    path("disconnect", Disconnect.as_view({"post": "disconnect"})),
    path("qr-codes/check", QrCodeCheck.as_view()),
    path("commands", waits(of_one(Commands, {"get": "list", "post": "create"}))),
]

version_1: list[Any] = [
    path("charge-points", ChargePoints.as_view({"get": "list", "post": "create"})),
    path(
        "charge-points/<str:identity>",
        ChargePoints.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"},
        ),
    ),
    path("charge-points/<str:identity>/", include(of_charge_point)),
    path("commands", Commands.as_view(READ_LIST)),
    path("commands/<uuid:pk>", Commands.as_view(READ_ONE), name="command"),
    path("commands/<uuid:pk>/cancel", Commands.as_view({"post": "cancel"})),
    path("command-batches", CommandBatches.as_view({"get": "list", "post": "create"})),
    path("command-batches/<uuid:pk>", CommandBatches.as_view(READ_ONE), name="command-batch"),
    path("roll-outs", RollOuts.as_view({"get": "list", "post": "create"})),
    path("roll-outs/<uuid:pk>", RollOuts.as_view(READ_ONE), name="roll-out"),
    path("roll-outs/<uuid:pk>/pause", RollOuts.as_view({"post": "pause"})),
    path("roll-outs/<uuid:pk>/resume", RollOuts.as_view({"post": "resume"})),
    path("roll-outs/<uuid:pk>/cancel", RollOuts.as_view({"post": "cancel"})),
    path("roll-outs/<uuid:pk>/charge-points", RollOutTargets.as_view(READ_LIST)),
    path("transactions", Transactions.as_view(READ_LIST)),
    path("transactions/changes", TransactionChanges.as_view()),
    path("transactions/<int:pk>", Transactions.as_view(READ_ONE)),
    path("transactions/<int:pk>/close", Transactions.as_view({"post": "close"})),
    path("transactions/export.csv", TransactionsCsv.as_view({"get": "export"})),
    path("meter-values", MeterValues.as_view(READ_LIST)),
    path("meter-values/export.csv", MeterValuesCsv.as_view({"get": "export"})),
    path("availability", Availability.as_view(READ_LIST)),
    path("availability/export.csv", AvailabilityCsv.as_view({"get": "export"})),
    path("id-tokens", IdTokens.as_view({"get": "list", "post": "create"})),
    path(
        "id-tokens/<int:pk>",
        IdTokens.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
    ),
    path("events", Feed.as_view()),
    path("openapi.json", openapi, name="openapi"),
    re_path(r"", Nothing.as_view()),
]

app_name = "api"
urlpatterns = [
    path("v1/", include(version_1)),
    path("docs/", InteractivePage.as_view(), name="docs"),
]
