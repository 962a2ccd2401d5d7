"""`/api/`: the version that core speaks, its document, and the page to try it out."""

from typing import Any

from django.urls import include, path, re_path

from chargepoints.api.certificates import Certificates
from chargepoints.api.charge_points import ChargePoints
from chargepoints.api.charging_profiles import ChargingProfiles
from chargepoints.api.command_batches import CommandBatches
from chargepoints.api.commands import Commands
from chargepoints.api.configuration import Configuration
from chargepoints.api.der_controls import DerControls
from chargepoints.api.display_messages import DisplayMessages
from chargepoints.api.event_streams import EventStreams
from chargepoints.api.events import ChargePointEvents, Feed
from chargepoints.api.id_tokens import IdTokens
from chargepoints.api.messages import Messages
from chargepoints.api.monitors import Monitors
from chargepoints.api.pages import InteractivePage, Nothing, openapi
from chargepoints.api.tariffs import Tariffs
from chargepoints.api.transactions import MeterValues, Transactions
from chargepoints.api.waiting import waits

READ_LIST: dict[str, Any] = {"get": "list"}
READ_ONE: dict[str, Any] = {"get": "retrieve"}

of_charge_point: list[Any] = [
    path("transactions", Transactions.as_view(READ_LIST)),
    path("meter-values", MeterValues.as_view(READ_LIST)),
    path("messages", Messages.as_view(READ_LIST)),
    path("events", ChargePointEvents.as_view(READ_LIST)),
    path("configuration", Configuration.as_view(READ_LIST)),
    path("charging-profiles", ChargingProfiles.as_view(READ_LIST)),
    path("certificates", Certificates.as_view(READ_LIST)),
    path("display-messages", DisplayMessages.as_view(READ_LIST)),
    path("monitors", Monitors.as_view(READ_LIST)),
    path("tariffs", Tariffs.as_view(READ_LIST)),
    path("der-controls", DerControls.as_view(READ_LIST)),
    path("event-streams", EventStreams.as_view(READ_LIST)),
    path("commands", waits(Commands.as_view({"get": "list", "post": "create"}))),
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
    path("command-batches", CommandBatches.as_view({"post": "create"})),
    path("command-batches/<uuid:pk>", CommandBatches.as_view(READ_ONE), name="command-batch"),
    path("transactions", Transactions.as_view(READ_LIST)),
    path("transactions/<int:pk>", Transactions.as_view(READ_ONE)),
    path("transactions/<int:pk>/close", Transactions.as_view({"post": "close"})),
    path("meter-values", MeterValues.as_view(READ_LIST)),
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
