"""Decisions: core's word, what was kept of it, and the declared policy where core is silent."""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django import Settings

from chargepoints.gateway.process import Gateway
from chargepoints.models import IdToken
from chargepoints.protocol.station import Station
from chargepoints.services.tokens.authorization import Decision, TokenAsked
from core_link import decisions, tokens
from tests.core_link.conftest import authorize_message, in_the_writer
from tests.fakes.core import FakeCore

TOKEN = TokenAsked("04A1B2", "ISO14443")
SPRING = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def ask(station: Station, token: TokenAsked = TOKEN, **about: Any) -> Decision:
    message = authorize_message(station)
    return await decisions.authorize(message, token, **{"context": "authorize", **about})


async def remember(gateway: Gateway, decision: Decision, token: TokenAsked = TOKEN) -> None:
    await gateway.writer.run(0, lambda unit: tokens.remember(unit, token, decision))


async def list_token(gateway: Gateway, **fields: Any) -> None:
    await in_the_writer(gateway, lambda: IdToken.objects.create(**fields))


# --- core decides -------------------------------------------------------------------------------


async def test_core_is_asked_and_its_whole_answer_is_taken(
    core: FakeCore, station: Station
) -> None:
    core.decisions.tokens["04A1B2"] = {
        "status": "accepted",
        "group_id_token": "DEPOT",
        "expires_at": "2027-01-01T00:00:00Z",
        "cache_ttl_s": 60,
        "personal_message": "Good morning",
    }
    assert await ask(station) == Decision(
        status="accepted",
        decided_by="core",
        group_id_token="DEPOT",
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        personal_message="Good morning",
        cache_ttl_s=60,
    )


async def test_decisions_are_counted_by_who_made_them(core: FakeCore, station: Station) -> None:
    def counted(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0.0

    before = [counted("connect_decisions_total", decided_by=by) for by in ("core", "policy")]
    timed = counted("connect_decision_seconds_count")
    await ask(station)
    core.fail(status=500)
    await ask(station)
    after = [counted("connect_decisions_total", decided_by=by) for by in ("core", "policy")]
    assert after == [before[0] + 1, before[1] + 1]
    assert counted("connect_decision_seconds_count") == timed + 2


async def test_the_question_holds_what_core_needs(core: FakeCore, station: Station) -> None:
    await ask(
        station,
        context="start",
        evse_id=2,
        connector_id=1,
        transaction_id="77",
        occurred_at=SPRING,
        offline=True,
    )
    (asked,) = core.journal.decisions
    assert asked.path == "/authorize"
    assert asked.request == {
        "request_id": asked.headers["x-request-id"],
        "deadline_ms": asked.request["deadline_ms"],
        "charge_point": "CP-1",
        "external_id": "bus-7",
        "evse_id": 2,
        "connector_id": 1,
        "id_token": {"value": "04A1B2", "type": "ISO14443"},
        "context": "start",
        "transaction_id": "77",
        "occurred_at": "2026-03-01T12:00:00.000Z",
        "offline": True,
        "vehicle": None,
        "certificate_hashes": None,
        "policy_decided": None,
    }
    assert 0 < asked.request["deadline_ms"] <= 1000
    assert asked.headers["traceparent"].startswith("00-")
    assert asked.headers["authorization"] == "Bearer the-token-of-core"


async def test_a_refusal_of_core_stands_whatever_the_policy(
    core: FakeCore, station: Station
) -> None:
    core.decisions.tokens["04A1B2"] = {"status": "no_credit"}
    station.core_unreachable = "accept"
    decision = await ask(station)
    assert (decision.status, decision.decided_by) == ("no_credit", "core")


async def test_the_same_question_asked_at_once_goes_to_core_once(
    core: FakeCore, station: Station
) -> None:
    core.fail(path="/authorize", slow_ms=200)
    decided = await asyncio.gather(*[ask(station) for _ in range(20)])
    assert {decision.status for decision in decided} == {"accepted"}
    assert len(core.journal.decisions) == 1


async def test_other_questions_are_asked_beside_it(core: FakeCore, station: Station) -> None:
    await asyncio.gather(ask(station), ask(station, evse_id=2), ask(station, context="start"))
    assert len(core.journal.decisions) == 3


# --- what is kept -------------------------------------------------------------------------------


async def test_a_remembered_decision_is_not_asked_again_while_it_is_fresh(
    core: FakeCore, station: Station, gateway: Gateway
) -> None:
    core.decisions.tokens["04A1B2"] = {"status": "accepted", "cache_ttl_s": 60}
    await remember(gateway, await ask(station))
    again = await ask(station, TokenAsked("04a1b2", "ISO14443"))
    assert (again.status, again.decided_by) == ("accepted", "cache")
    assert len(core.journal.decisions) == 1


async def test_a_decision_without_a_time_to_live_is_asked_again(
    core: FakeCore, station: Station, gateway: Gateway
) -> None:
    core.decisions.tokens["04A1B2"] = {"status": "accepted", "cache_ttl_s": None}
    await remember(gateway, await ask(station))
    assert (await ask(station)).decided_by == "core"


async def test_a_newer_decision_replaces_the_one_that_was_kept(
    core: FakeCore, station: Station, gateway: Gateway
) -> None:
    await remember(gateway, Decision("accepted", "core", cache_ttl_s=60))
    await remember(gateway, Decision("blocked", "core", cache_ttl_s=60))
    assert (await ask(station)).status == "blocked"
    assert await in_the_writer(gateway, IdToken.objects.count) == 1


async def test_a_refusal_is_kept_for_a_minute_at_most(gateway: Gateway) -> None:
    await remember(gateway, Decision("invalid", "core", cache_ttl_s=3600))
    row = await in_the_writer(gateway, IdToken.objects.get)
    assert row.fresh_until <= timezone.now() + timedelta(seconds=60)


async def test_an_answer_that_is_to_be_kept_for_ages_is_kept_for_a_year(gateway: Gateway) -> None:
    await remember(gateway, Decision("accepted", "core", cache_ttl_s=1e300))
    row = await in_the_writer(gateway, IdToken.objects.get)
    kept_for = row.fresh_until - timezone.now()
    assert timedelta(days=365) < kept_for <= timedelta(days=366)


@pytest.mark.parametrize("status", ["concurrent_tx", "not_at_this_location", "not_at_this_time"])
async def test_a_verdict_about_the_moment_or_the_place_is_not_kept(
    gateway: Gateway, status: str
) -> None:
    await remember(gateway, Decision(status, "core", cache_ttl_s=3600))
    assert await in_the_writer(gateway, IdToken.objects.count) == 0


async def test_only_what_core_said_is_kept(gateway: Gateway) -> None:
    await remember(gateway, Decision("accepted", "policy"))
    assert await in_the_writer(gateway, IdToken.objects.count) == 0


async def test_an_acceptance_that_was_kept_ends_with_the_token(
    core: FakeCore, station: Station, gateway: Gateway
) -> None:
    expired = timezone.now() - timedelta(minutes=1)
    await remember(gateway, Decision("accepted", "core", expires_at=expired, cache_ttl_s=3600))
    assert (await ask(station)).status == "expired"


async def test_certificates_are_always_shown_to_core(
    core: FakeCore, station: Station, gateway: Gateway
) -> None:
    await remember(gateway, Decision("accepted", "core", cache_ttl_s=3600))
    hashes = [{"hashAlgorithm": "SHA256", "serialNumber": "1"}]
    assert (await ask(station, certificate_hashes=hashes)).decided_by == "core"
    assert core.journal.decisions[0].request["certificate_hashes"] == hashes


# --- core cannot be reached ---------------------------------------------------------------------

UNREACHABLE: dict[str, dict[str, Any]] = {
    "slow": {"slow_ms": 30_000},
    "error": {"status": 500},
    "bad request": {"status": 400},
    "redirect": {"status": 302, "location": "http://127.0.0.1:1/"},
    "too many": {"status": 429},
    "wrong schema": {"wrong_schema": True},
    "garbage": {"garbage": True},
    "down": {"down": True},
}


@pytest.mark.parametrize("fault", UNREACHABLE.values(), ids=UNREACHABLE.keys())
async def test_a_core_that_fails_leaves_it_to_the_policy_in_time(
    core: FakeCore, station: Station, fault: dict[str, Any]
) -> None:
    core.fail(**fault)
    begun = time.monotonic()
    decision = await ask(station)
    assert (decision.status, decision.decided_by) == ("accepted", "policy")
    assert time.monotonic() - begun < 10


async def test_why_core_s_answer_was_not_taken_is_logged_once_in_a_while(
    core: FakeCore, station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    core.decisions.unknown_token = {"status": "Accepted"}
    with caplog.at_level(logging.WARNING, "core_link.client"):
        for value in ("04A1", "04A2"):
            await ask(station, TokenAsked(value))
    (logged,) = caplog.messages
    assert "/authorize" in logged
    assert "status" in logged
    assert "Accepted" in logged


@pytest.mark.parametrize(
    "answer",
    [
        {"group_id_token": "DE\0POT"},
        {"expires_at": "0001-01-01T00:00:00+14:00"},
        {"expires_at": "9999-12-31T23:59:59-05:00"},
    ],
)
async def test_what_cannot_be_stored_is_no_decision(
    core: FakeCore, station: Station, answer: dict[str, Any]
) -> None:
    core.decisions.tokens["04A1B2"] = {"status": "blocked", **answer}
    assert (await ask(station)).decided_by == "policy"


async def test_an_unknown_status_of_core_is_no_decision(core: FakeCore, station: Station) -> None:
    core.decisions.tokens["04A1B2"] = {"status": "maybe"}
    assert (await ask(station)).decided_by == "policy"


@pytest.mark.parametrize(
    ("policy", "kept", "expected"),
    [
        ("cached_then_accept", None, ("accepted", "policy")),
        ("cached_then_reject", None, ("invalid", "policy")),
        ("accept", None, ("accepted", "policy")),
        ("reject", None, ("invalid", "policy")),
        ("cached_then_accept", "blocked", ("blocked", "cache")),
        ("cached_then_reject", "accepted", ("accepted", "cache")),
        ("accept", "blocked", ("accepted", "policy")),
        ("reject", "accepted", ("invalid", "policy")),
    ],
)
async def test_the_policy_of_the_charge_point_decides(
    core: FakeCore,
    station: Station,
    gateway: Gateway,
    policy: str,
    kept: str | None,
    expected: tuple[str, str],
) -> None:
    if kept:
        await remember(gateway, Decision(kept, "core", cache_ttl_s=0))
    core.stop()
    station.core_unreachable = policy
    decision = await ask(station)
    assert (decision.status, decision.decided_by) == expected


async def test_the_servers_policy_holds_where_the_charge_point_has_none(
    core: FakeCore, station: Station, settings: Settings
) -> None:
    settings.CORE_UNREACHABLE = "reject"
    core.stop()
    assert (await ask(station)).status == "invalid"


async def test_the_policy_of_the_site_holds_unless_the_charge_point_has_its_own(
    core: FakeCore, station: Station, settings: Settings
) -> None:
    settings.CORE_UNREACHABLE_AT_SITES = {"North": "reject"}
    core.stop()
    assert (await ask(station)).status == "accepted"
    station.site = "North"
    assert (await ask(station)).status == "invalid"
    station.core_unreachable = "accept"
    assert (await ask(station)).status == "accepted"


async def test_the_gateways_own_table_counts_where_nothing_was_kept(
    core: FakeCore, station: Station, gateway: Gateway
) -> None:
    await list_token(gateway, value="04A1B2", status="blocked")
    core.stop()
    decision = await ask(station)
    assert (decision.status, decision.decided_by) == ("blocked", "local_table")


# --- no core at all -----------------------------------------------------------------------------


async def test_without_a_core_an_unlisted_token_is_unknown(station: Station) -> None:
    decision = await ask(station)
    assert (decision.status, decision.decided_by) == ("unknown", "local_table")


async def test_without_a_core_the_own_table_decides(station: Station, gateway: Gateway) -> None:
    await list_token(gateway, value="04a1b2", group_id_token="DEPOT")
    decision = await ask(station)
    assert (decision.status, decision.group_id_token) == ("accepted", "DEPOT")
    assert decision.decided_by == "local_table"


async def test_a_token_of_one_type_is_not_that_of_another(
    station: Station, gateway: Gateway
) -> None:
    await list_token(gateway, value="04A1B2", type="eMAID")
    assert (await ask(station)).status == "unknown"
    assert (await ask(station, TokenAsked("04A1B2"))).status == "accepted"


async def test_the_row_of_the_very_type_wins_over_the_one_of_any(
    station: Station, gateway: Gateway
) -> None:
    await list_token(gateway, value="04A1B2", type="")
    await list_token(gateway, value="04A1B2", type="ISO14443", status="blocked")
    assert (await ask(station)).status == "blocked"


async def test_a_token_counts_at_the_time_it_was_shown(station: Station, gateway: Gateway) -> None:
    await list_token(gateway, value="04A1B2", expires_at=SPRING)
    assert (await ask(station)).status == "expired"
    yesterday = SPRING - timedelta(days=1)
    assert (await ask(station, occurred_at=yesterday, offline=True)).status == "accepted"


async def test_core_may_write_whole_numbers_with_a_point(core: FakeCore, station: Station) -> None:
    numbers = {"charging_priority": 3.0, "evse_ids": [1.0]}
    core.decisions.tokens["04A1B2"] = {"status": "accepted", **numbers}
    decision = await ask(station)
    assert repr((decision.charging_priority, decision.evse_ids)) == "(3, (1,))"
