"""Has a charge point's certificate signed by core, or by the gateway's own authority."""

import logging
from pathlib import Path

from django.conf import settings

from chargepoints.models import ChargePoint
from chargepoints.protocol.inbound import Inbound
from chargepoints.services.certificates import authority
from chargepoints.services.certificates.authority import SigningRefused
from core_link import certificates, client
from core_link.client import CoreUnreachable

logger = logging.getLogger(__name__)

CHARGING_STATION, V2G, V2G20 = "charging_station", "v2g", "v2g20"


async def chain_for(inbound: Inbound, csr: str, use: str) -> str | None:
    """The certificate chain (PEM) for the CSR, from core if it offers to sign; None: refused.

    `use`: charging_station, v2g or v2g20; the gateway itself signs only for charging stations.
    """
    station = inbound.station
    try:
        return await certificates.sign(station, csr, use)
    except CoreUnreachable as error:
        if client.shared() is not None and not error.not_offered:
            return None
    if use != CHARGING_STATION or not settings.CA_DIRECTORY:
        return None
    own = authority.load(Path(settings.CA_DIRECTORY))
    if own is None:
        return None
    serial_number = await inbound.look_up(
        lambda unit: ChargePoint.objects.values_list("serial_number", flat=True).get(pk=station.id),
    )
    try:
        return own.sign(csr, station.identity, serial_number)
    except SigningRefused as refused:
        logger.warning("no certificate for %s: %s", station.identity, refused)
        return None
