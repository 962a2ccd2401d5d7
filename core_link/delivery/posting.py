"""One attempt to deliver: composes and signs the message, posts it, and judges the answer."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from standardwebhooks import Webhook

from chargepoints import clock
from chargepoints.database import strict_json
from chargepoints.services.history.event_feed import event_body
from core_link import outbound
from core_link.delivery.claims import POST_TIMEOUT_S, Claim
from core_link.delivery.outcomes import Outcome, Verdict, judge
from core_link.models import Endpoint
from core_link.outbound import Exchange, NoAnswer

Body = dict[str, Any]


def send(claim: Claim, exchange: Exchange) -> Outcome:
    """Post a delivery, in a thread that never uses the database."""
    if not claim.events:
        return Outcome(Verdict.DELIVERED)  # deleted together with their charge point
    events = [event_body(event) for event in claim.events]
    return post(claim.endpoint, str(claim.delivery_id), claim.backlog, events, exchange)


def post(
    endpoint: Endpoint, delivery_id: str, backlog: int, events: list[Body], exchange: Exchange
) -> Outcome:
    body = strict_json.dumps(message(delivery_id, backlog, events))
    begun = time.monotonic()
    try:
        headers = signature(endpoint.signing_secrets, delivery_id, clock.now(), body)
        answer = outbound.post(
            endpoint.url, body, headers, exchange=exchange, timeout_s=POST_TIMEOUT_S
        )
    except NoAnswer as error:
        outcome = Outcome(Verdict.FAILED, error=str(error), reached=exchange.reached)
    else:
        outcome = judge(answer)
    return replace(outcome, duration_ms=(time.monotonic() - begun) * 1000)


def message(delivery_id: str, backlog: int, events: list[Body]) -> Body:
    """The body of the request."""
    return {"delivery_id": delivery_id, "backlog": backlog, "events": events}


def exchange_with(endpoint: Endpoint) -> Exchange:
    """The environment's endpoint may have any address, others only a public one."""
    anywhere = endpoint.from_environment or settings.ALLOW_PRIVATE_ENDPOINTS
    return Exchange(public_only=not anywhere)


def signature(secrets: list[str], webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks: one signature for each secret."""
    text = body.decode()
    signatures = [Webhook(secret).sign(webhook_id, at, text) for secret in secrets]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
