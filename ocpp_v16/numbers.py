"""Numbers of chargers, which may be anything, as columns take them."""

from chargepoints.protocol.inbound import Inbound

LARGEST = 2**31 - 1


def connector(inbound: Inbound) -> int | None:
    """`connectorId`; None where it is 0, the charge point as a whole, or can be no connector."""
    number = inbound.payload.get("connectorId", 0)
    if 0 < number <= LARGEST:
        return int(number)
    if number != 0:
        inbound.deviate("odd_connector")
    return None


def numbered(inbound: Inbound, name: str) -> int | None:
    """An optional id of ours; None if it is missing, or a number that we never assign."""
    number = inbound.payload.get(name)
    if number is None:
        return None
    if not isinstance(number, int) or not 0 <= number <= LARGEST:
        inbound.deviate(f"odd_{name}")
        return None
    return number
