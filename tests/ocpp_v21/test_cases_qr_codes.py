"""Cases of part 5 for a CSMS that are new in 2.1: QR codes on which drivers pay (C25)."""

import hashlib
import hmac
import time

from chargepoints.services.stations.qr_codes import one_time_password
from tests.operated import Payload
from tests.operated_station import OperatedStation

URL_TEMPLATE = "https://qr.example/{chargingstationid}/{evse}/{totp}/{version}"
SECRET = "between the two of us"


async def scanned(station: OperatedStation, url: str) -> Payload:
    """Core's web page asks about what a driver scanned."""
    body = {"url": url, "shared_secret": SECRET}
    answer = await station.http("POST", "qr-codes/check", json=body)
    assert answer.status_code == 200, answer.text
    found: Payload = answer.json()
    return found


async def shows_qr_codes(station: OperatedStation) -> str:
    """The one-time password of this moment."""
    for name, value in (("URLTemplate", URL_TEMPLATE), ("ValidityTime", 60), ("Length", 8)):
        await station.tells_variable(f"WebPaymentsCtrlr.{name}", value)
    return one_time_password(SECRET, int(time.time()) // 60, 8)


def refused_for(answer: Payload) -> str:
    assert (answer["valid"], answer["evse_id"], answer["limits"]) == (False, None, {})
    return str(answer["invalid"])


async def test_a_scanned_qr_code_says_where_and_how_much_to_charge(
    station: OperatedStation,
) -> None:
    """C25.FR.07, FR.09, FR.59, FR.60."""
    body = {"url": "https://qr.example/x", "shared_secret": SECRET}
    answer = await station.http("POST", "qr-codes/check", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_reported")
    password = await shows_qr_codes(station)
    url = f"https://qr.example/{station.row.identity}/1/{password}/v1/?maxenergy=20000&lang=nl"
    limits = {"energy_wh": 20000}
    found = {"valid": True, "invalid": None, "evse_id": 1, "limits": limits}
    assert await scanned(station, url) == found


async def test_tc_c_132_csms_qr_code_with_an_invalid_url(station: OperatedStation) -> None:
    """C25.FR.09: no payment, no start, and the station hears of nothing."""
    password = await shows_qr_codes(station)
    identity = station.row.identity
    for invalid, path in {
        "url": f"{identity}/{password}",
        "charge_point": f"OTHER/1/{password}/v1",
        "evse": f"{identity}/one/{password}/v1",
        "version": f"{identity}/1/{password}/v9",
        "limits": f"{identity}/1/{password}/v1?maxtime=long",
    }.items():
        assert refused_for(await scanned(station, f"https://qr.example/{path}")) == invalid
    asked = [frame[2] for frame in station.charger.journal.asked]
    assert set(asked) == {"GetVariables"}


async def test_tc_c_133_csms_qr_code_with_an_invalid_password(station: OperatedStation) -> None:
    """C25.FR.08: those of the interval before and of the next are good, no others."""
    await shows_qr_codes(station)
    found: list[bool] = []
    now = int(time.time()) // 60
    for step in (-3, 0, 3):
        password = one_time_password(SECRET, now + step, 8)
        url = f"https://qr.example/{station.row.identity}/1/{password}/v1"
        answer = await scanned(station, url)
        found.append(answer["valid"])
        assert answer["valid"] or refused_for(answer) == "one_time_password"
    assert found == [False, True, False]
    asked = [frame[2] for frame in station.charger.journal.asked]
    assert set(asked) == {"GetVariables"}


def test_the_one_time_password_is_made_as_the_specification_says() -> None:
    """C25, TOTP algorithm, version 1: computed by hand from the hash of interval 0."""
    digest = hmac.new(b"secret", bytes(8), hashlib.sha256).digest()
    begin = digest[-1] % 16
    letters = "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    expected = "".join(letters[byte % 61] for byte in digest[begin : begin + 8])
    assert one_time_password("secret", 0, 8) == expected
