"""Who gets in, in which version, and what a refused charger is told."""

import base64
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from chargepoints.models import ChargePoint, Connection, HandshakeRefusal, Registration
from chargepoints.services.stations import registry
from tests.fakes.charger import HandshakeRefusedError, RawCharger, basic_authorization
from tests.running_gateway import KEY, RunningGateway

_addresses = itertools.count(1)


def another_address() -> str:
    """Refusals are limited by address, and the tests' own must not be."""
    number = next(_addresses)
    return f"127.1.{number // 250}.{number % 250 + 1}"


async def refusal(
    gateway: RunningGateway, identity: str, *, source: str | None = None, **how: Any
) -> HandshakeRefusedError:
    with pytest.raises(HandshakeRefusedError) as refused:
        await gateway.connect(identity, source=source or another_address(), **how)
    return refused.value


async def test_a_registered_charger_with_its_key_is_online(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    async with await gateway.connect(identity) as charger:
        assert charger.subprotocol == "ocpp1.6"
        row = ChargePoint.objects.get(identity=identity)
        assert row.connection is not None and row.connection.closed_at is None
        assert row.protocol == "ocpp1.6"


async def test_a_wrong_key_is_refused_with_401_and_a_challenge(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    refused = await refusal(gateway, identity, key="not-the-key-of-this-one")
    assert refused.status == 401
    assert {name.lower(): value for name, value in refused.headers.items()}[
        "www-authenticate"
    ].startswith("Basic")
    row = HandshakeRefusal.objects.get(identity=identity)
    assert (row.reason, row.count, row.status_code) == ("wrong_key", 1, 401)


async def test_missing_credentials_are_refused_with_401(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    assert (await refusal(gateway, identity, key=None)).status == 401


async def test_an_unknown_identity_is_refused_with_404_and_the_same_body(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    unknown = await refusal(gateway, f"{identity}-unknown")
    wrong = await refusal(gateway, identity, key="not-the-key-of-this-one")
    assert unknown.status == 404
    assert unknown.body == wrong.body


@pytest.mark.parametrize("before", ["", "/ocpp1.6", "/Ocpp", "/steve/websocket/CentralSystem"])
async def test_a_wrong_path_is_refused_with_a_row_that_says_the_right_one(
    gateway: RunningGateway, identity: str, before: str
) -> None:
    gateway.register(identity)
    address = gateway.url.removesuffix("/ocpp") + before
    with pytest.raises(HandshakeRefusedError) as refused:
        await RawCharger.connect(address, identity, KEY, ["ocpp1.6"], source=another_address())
    assert refused.value.status == 404
    row = HandshakeRefusal.objects.get(identity=identity)
    assert (row.reason, row.path) == ("wrong_path", f"{before}/{identity}")
    assert row.remedy == f"Set the charger's URL so that its path is /ocpp/{identity}"


async def test_another_user_name_is_refused_unless_the_charger_is_let(
    gateway: RunningGateway, identity: str
) -> None:
    row = gateway.register(identity)
    assert (await refusal(gateway, identity, user="somebody")).status == 401
    row.check_user_name = False
    registry.changed(row, "check_user_name")
    async with await gateway.connect(identity, user="somebody"):
        connection = Connection.objects.filter(charge_point=row).first()
        assert connection is not None and connection.deviations == ["other_user_name"]


async def test_a_sixth_failure_within_a_minute_is_refused_with_429(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    source = another_address()
    statuses = [
        (await refusal(gateway, identity, key="wrong", source=source)).status for _ in range(6)
    ]
    assert statuses == [401] * 5 + [429]
    # Nobody can lock the charger itself out from elsewhere.
    async with await gateway.connect(identity, source=another_address()):
        pass


async def test_who_tries_ever_new_identities_fills_no_table(
    gateway: RunningGateway, identity: str
) -> None:
    source = another_address()
    statuses = [
        (await refusal(gateway, f"{identity}-{number}", source=source)).status
        for number in range(60)
    ]
    assert statuses == [404] * 20 + [429] * 40
    assert HandshakeRefusal.objects.filter(address=source, status_code=404).count() == 20
    assert HandshakeRefusal.objects.filter(address=source, status_code=429).count() == 20


@pytest.mark.parametrize("offered", [["ocpp9.9"], ["ocpp0.1", "mqtt"]])
async def test_without_a_common_version_the_handshake_is_completed_and_the_socket_closed(
    gateway: RunningGateway, identity: str, offered: list[str]
) -> None:
    """OCPP-J 1.6, 3.1.2; 2.0.1 and 2.1 part 4, 3.1.2."""
    row = gateway.register(identity)
    charger = await RawCharger.connect(gateway.url, identity, KEY, offered)
    assert charger.subprotocol is None
    assert await charger.wait_closed() == 1002
    refused = HandshakeRefusal.objects.get(identity=identity)
    assert (refused.reason, refused.status_code) == ("no_common_protocol", 101)
    assert refused.offered_protocols == ", ".join(offered)
    assert not row.connections.exists()


async def test_a_strict_charger_without_a_common_version_is_refused(
    gateway: RunningGateway, identity: str
) -> None:
    """Cases 088 of 1.6 and TC_B_58 of 2.0.1: no upgrade."""
    row = gateway.register(identity, strict=True)
    assert (await refusal(gateway, identity, protocol="ocpp9.9")).status == 400
    refused = HandshakeRefusal.objects.get(identity=identity)
    assert (refused.reason, refused.status_code) == ("no_common_protocol", 400)
    assert not row.connections.exists()


async def test_who_has_no_key_is_refused_whatever_it_speaks(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    assert (await refusal(gateway, identity, protocol="ocpp9.9", key="wrong")).status == 401


async def test_of_several_versions_the_server_s_preference_wins_and_a_pin_overrides_it(
    gateway: RunningGateway, identity: str
) -> None:
    row = gateway.register(identity)
    offered = ["foo", "ocpp1.6", "ocpp2.0.1"]
    async with await RawCharger.connect(gateway.url, identity, KEY, offered) as charger:
        assert charger.subprotocol == "ocpp2.0.1"
    row.pinned_protocol = "ocpp1.6"
    registry.changed(row, "pinned_protocol")
    async with await RawCharger.connect(gateway.url, identity, KEY, offered) as charger:
        assert charger.subprotocol == "ocpp1.6"


async def test_a_charger_that_offers_no_version_speaks_1_6_and_gets_none_echoed(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    async with await RawCharger.connect(gateway.url, identity, KEY, []) as charger:
        assert charger.subprotocol is None
        boot = {"chargePointVendor": "V", "chargePointModel": "M"}
        assert (await charger.call("BootNotification", boot))[0] == 3


async def test_an_oddly_spelled_version_is_understood_and_echoed_as_it_was(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    async with await gateway.connect(identity, "OCPP1.6J") as charger:
        assert charger.subprotocol == "OCPP1.6J"


@pytest.mark.parametrize("path", ["/{}/", "//{}", "/some/where/{}", "/{}?x=1"])
async def test_odd_urls_name_the_same_charger(
    gateway: RunningGateway, identity: str, path: str
) -> None:
    gateway.register(identity)
    async with await gateway.connect(identity, path=path.format(identity.lower())):
        connection = ChargePoint.objects.get(identity=identity).connection
        assert connection is not None
        assert identity.lower() in connection.path


@pytest.mark.parametrize("path", ["/", "/%00", "/%ff", "/a%2fb", "/" + "x" * 300])
async def test_what_cannot_be_an_identity_is_refused_with_404(
    gateway: RunningGateway, path: str
) -> None:
    assert (await refusal(gateway, "x", path=path)).status == 404


async def test_keys_are_compared_as_bytes_and_as_hex(
    gateway: RunningGateway, identity: str
) -> None:
    key = f"ab{registry.new_key()}"
    for number, registered in enumerate((key, key.upper())):
        name = f"{identity}-{number}"
        gateway.register(name, key=registered)
        for sent in (key, key.upper(), bytes.fromhex(key)):
            async with await RawCharger.connect(gateway.url, name, sent):
                pass


async def test_a_line_end_that_was_entered_with_the_key_is_left_out(
    gateway: RunningGateway, identity: str
) -> None:
    row = gateway.register(identity)
    async with await gateway.connect(identity, key=f"{KEY}\r\n"):
        connection = Connection.objects.get(charge_point=row)
        assert connection.deviations == ["key_with_line_end"]
    ChargePoint.objects.filter(pk=row.pk).update(strict=True)
    assert (await refusal(gateway, identity, key=f"{KEY}\n")).status == 401


@pytest.mark.parametrize("filler", ["", "x", "xx"])
async def test_credentials_may_lack_what_fills_up_their_last_four_characters(
    gateway: RunningGateway, identity: str, filler: str
) -> None:
    name = f"{identity}{filler}"
    gateway.register(name)
    told = base64.b64encode(f"{name}:{KEY}".encode()).decode()
    for header in (f"Basic {told.rstrip('=')}", f"basic\t{told}"):
        sent = [("Authorization", header)]
        async with await RawCharger.connect(gateway.url, name, None, headers=sent):
            pass


@pytest.mark.parametrize("key", ["a:b:c:0123456789", "drei Käse: 3 €, je 1 kg"])
async def test_a_key_may_hold_colons_spaces_and_umlauts(
    gateway: RunningGateway, identity: str, key: str
) -> None:
    gateway.register(identity, key=key)
    async with await gateway.connect(identity, key=key):
        pass


async def test_a_key_in_latin_1_is_compared_as_utf_8(
    gateway: RunningGateway, identity: str
) -> None:
    key = "schlüssel-für-säule"
    gateway.register(identity, key=key)
    sent = key.encode("latin1")
    async with await RawCharger.connect(gateway.url, identity, sent, ["ocpp1.6"]):
        assert Connection.objects.get(charge_point__identity=identity).deviations == [
            "key_in_latin_1"
        ]


async def test_a_user_name_may_be_percent_encoded(gateway: RunningGateway, identity: str) -> None:
    gateway.register(identity)
    encoded = "".join(f"%{ord(letter):02X}" for letter in identity)
    async with await gateway.connect(identity, user=encoded):
        assert Connection.objects.get(charge_point__identity=identity).deviations == [
            "other_user_name"
        ]


async def test_credentials_may_be_sent_twice(gateway: RunningGateway, identity: str) -> None:
    gateway.register(identity)
    again = ("Authorization", basic_authorization(identity, KEY))
    async with await gateway.connect(identity, headers=[again]) as charger:
        assert charger.subprotocol == "ocpp1.6"


async def test_no_key_is_needed_where_the_charger_is_set_to_profile_0(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity, key=None, security_profile=0)
    async with await gateway.connect(identity, key=None):
        pass


async def test_the_key_is_stored_as_a_salted_hash_only(
    gateway: RunningGateway, identity: str
) -> None:
    row = gateway.register(identity)
    credential = row.credentials.get()
    assert KEY.encode() not in bytes(credential.digest) + bytes(credential.salt)
    assert len(bytes(credential.digest)) == 32


async def test_an_origin_header_does_no_harm(gateway: RunningGateway, identity: str) -> None:
    gateway.register(identity)
    async with await gateway.connect(identity, headers=[("Origin", "http://elsewhere")]):
        pass


async def test_fifteen_hundred_offered_versions_do_no_harm(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    offered = [f"v{number}" for number in range(1500)]
    charger = await RawCharger.connect(gateway.url, identity, KEY, offered)
    assert await charger.wait_closed() == 1002


async def test_a_malformed_authorization_header_counts_as_none(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    value = "Basic " + base64.b64encode(b"no colon").decode() + "%%"
    refused = await refusal(gateway, identity, key=None, headers=[("Authorization", value)])
    assert refused.status == 401


async def test_an_unknown_charger_may_be_taken_in_as_pending_with_the_key_it_came_with(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway(UNKNOWN_CHARGE_POINTS="pending")
    boot = {"chargePointVendor": "V", "chargePointModel": "M"}
    async with await gateway.connect("NEW-1", key="the-key-it-came-with") as charger:
        assert (await charger.call("BootNotification", boot))[2]["status"] == "Pending"
    row = ChargePoint.objects.get(identity="NEW-1")
    assert row.registration == Registration.PENDING
    assert (await refusal(gateway, "NEW-1", key="another-key-than-before")).status == 401
    row.registration = Registration.ACCEPTED
    registry.changed(row, "registration")
    async with await gateway.connect("NEW-1", key="the-key-it-came-with") as charger:
        assert (await charger.call("BootNotification", boot))[2]["status"] == "Accepted"
