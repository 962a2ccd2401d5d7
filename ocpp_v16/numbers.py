"""Numbers from chargers, checked against the range of the database columns."""

from chargepoints.protocol.inbound import Inbound

LARGEST = 2**31 - 1


def connector(inbound: Inbound) -> int | None:
    """`connectorId`; None if it is 0 (the charge point itself) or out of range."""
    number = inbound.payload.get("connectorId", 0)
    if 0 < number <= LARGEST:
        return int(number)
    if number != 0:
        inbound.deviate("odd_connector")
    return None


def numbered(inbound: Inbound, name: str) -> int | None:
    """An optional id that the gateway issued; None if it is missing or out of range."""
    number = inbound.payload.get(name)
    if number is None:
        return None
    if not isinstance(number, int) or not 0 <= number <= LARGEST:
        inbound.deviate(f"odd_{name}")
        return None
    return number
