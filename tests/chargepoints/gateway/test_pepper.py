"""The pepper is changed: who has come once needs the old one no more."""

import asyncio
from collections.abc import Callable

import pytest
import requests

from chargepoints.models import ChargePoint, Credential
from tests.fakes.charger import HandshakeRefusedError
from tests.running_gateway import KEY, RunningGateway

OLD, NEW = "the-old-pepper-has-32-characters-1", "the-new-pepper-has-32-characters-2"


def older(gateway: RunningGateway) -> list[str]:
    headers = {"Authorization": f"Bearer {gateway.api_key('read')}"}
    text = requests.get(f"{gateway.http}/metrics", headers=headers, timeout=30).text
    name = "connect_credentials_of_older_pepper "
    return [line.removeprefix(name) for line in text.splitlines() if line.startswith(name)]


@pytest.mark.slow
async def test_a_charger_that_has_come_once_needs_the_old_pepper_no_more(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    before = start_gateway(CREDENTIAL_PEPPER=OLD)
    for identity in ("COMES", "STAYS-AWAY"):
        made = {"identity": identity, "password": KEY}
        headers = {"Authorization": f"Bearer {before.api_key()}"}
        url = f"{before.http}/api/v1/charge-points"
        answer = await asyncio.to_thread(requests.post, url, json=made, headers=headers, timeout=30)
        assert answer.status_code == 201
    before.stop()

    during = start_gateway(before, CREDENTIAL_PEPPER=NEW, CREDENTIAL_PEPPER_FALLBACKS=OLD)
    assert await asyncio.to_thread(older, during) == ["2.0"]
    async with await during.connect("COMES") as charger:
        assert charger.subprotocol
    assert await asyncio.to_thread(older, during) == ["1.0"]
    with pytest.raises(HandshakeRefusedError, match="401"):
        await during.connect("COMES", key="another-key-0123456789")
    during.stop()

    after = start_gateway(before, CREDENTIAL_PEPPER=NEW)
    assert await asyncio.to_thread(older, after) == []
    async with await after.connect("COMES") as charger:
        assert charger.subprotocol
    with pytest.raises(HandshakeRefusedError, match="401"):
        await after.connect("STAYS-AWAY")
    after.stop()


@pytest.mark.django_db
def test_a_key_that_is_stored_anew_is_noted_under_the_pepper_that_is_in_use() -> None:
    charge_point = ChargePoint.objects.create(identity="CP-1")
    credential = Credential.for_key(charge_point, b"key")
    assert credential.pepper == Credential.name_of_pepper()
    assert credential.matches(b"key") and not credential.matches(b"other")
