"""OCSP responders, which the gateway asks if core has no answer (2.0.1 C07.FR.05, M06).

The address comes from a charger or from a car's certificate. Only hosts that OCSP_RESPONDERS
allows are asked: by default any host at a public address, or a list of hosts, or none. The
answer is only parsed as an OCSP response.
"""

import asyncio
import base64
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.x509 import Certificate, load_pem_x509_certificates
from cryptography.x509.ocsp import OCSPResponse
from django.conf import settings

from chargepoints.services.certificates import ocsp
from chargepoints.services.certificates.installed_certificates import Contract
from chargepoints.services.certificates.ocsp import Asked, NoStatus
from core_link import outbound
from core_link.outbound import Exchange, NoAnswer

logger = logging.getLogger(__name__)

AT_ONCE = 8
ANYBODY = "*"
UNVERIFIED = "unverified"


async def response(data: dict[str, Any]) -> str | None:
    """The OCSP response (base64 of the DER) for OCPP's OCSPRequestDataType, or None."""
    try:
        _, _, der = await _ask(ocsp.compose(data))
    except NoStatus as error:
        logger.info("no OCSP status: %s", error)
        return None
    return base64.b64encode(der).decode()


def read(data: dict[str, Any], der: bytes) -> tuple[str, datetime | None]:
    """`accepted`, `revoked` or `chain_error`, and its end of validity. Raises NoStatus."""
    asked = ocsp.compose(data)
    status, answer = ocsp.read(asked, der)
    ocsp.verify(asked, answer, issuers())
    return status, answer.next_update_utc


async def chain_status(contract: Contract) -> str:
    """`accepted`, `revoked` or `chain_error` for the whole chain, or UNVERIFIED.

    The gateway decides by these answers, so the certificate's issuer must have signed each: one of
    the chain that was sent, of OCSP_ISSUERS, or one whose key hash the station sent. A certificate
    that is revoked decides for the chain, even if nobody answers about the others.
    """
    known = [*contract.chain, *issuers()]

    async def ask(data: dict[str, Any]) -> str:
        try:
            asked = ocsp.compose(data)
            status, answer, _ = await _ask(asked)
            ocsp.verify(asked, answer, known)
        except NoStatus as error:
            logger.info("no OCSP status: %s", error)
            return UNVERIFIED
        return status

    statuses = set(await asyncio.gather(*map(ask, contract.hashes)))
    for decisive in ("revoked", UNVERIFIED):
        if decisive in statuses:
            return decisive
    return "accepted" if statuses == {"accepted"} else "chain_error"


async def _ask(asked: Asked) -> tuple[str, OCSPResponse, bytes]:
    """The responder's status and its answer (parsed, and as DER). Raises NoStatus."""
    der = await fetch(asked.url, partial(_post, asked))
    return *ocsp.read(asked, der), der


async def fetch(url: str, send: Callable[[Exchange], bytes]) -> bytes:
    """The result of `send`, called in a thread with a deadline, if `url` is allowed.

    Raises NoStatus.
    """
    anywhere = _is_named(url) or settings.ALLOW_PRIVATE_ENDPOINTS
    exchange = Exchange(public_only=not anywhere)
    loop = asyncio.get_running_loop()
    request = loop.run_in_executor(_threads(), send, exchange)
    try:
        async with asyncio.timeout(settings.CORE_TIMEOUT_S):
            return await asyncio.shield(request)
    except TimeoutError:
        # A request that still waits for a thread will find the exchange over.
        request.add_done_callback(_forget)
        raise NoStatus("no answer in time") from None
    except NoAnswer as error:
        raise NoStatus(str(error)) from error
    finally:
        exchange.cut()


def _is_named(url: str) -> bool:
    """Whether OCSP_RESPONDERS names this host. Raises NoStatus if it may not be asked."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NoStatus("the responder has no http address")
    hosts = {host.lower() for host in settings.OCSP_RESPONDERS}
    if parts.hostname not in hosts and ANYBODY not in hosts:
        raise NoStatus(f"{parts.hostname} is not among OCSP_RESPONDERS")
    return parts.hostname in hosts


def _post(asked: Asked, exchange: Exchange) -> bytes:
    """Runs in a thread of the pool. Raises NoAnswer."""
    answer = outbound.post(
        asked.url,
        asked.request,
        {"Content-Type": ocsp.MEDIA_TYPE},
        exchange=exchange,
        timeout_s=settings.CORE_TIMEOUT_S,
    )
    if not answer.ok:
        raise NoAnswer(f"HTTP {answer.status}")
    return answer.body


def _forget(request: asyncio.Future[bytes]) -> None:
    if not request.cancelled():
        request.exception()


@cache
def issuers() -> list[Certificate]:
    """The certificates of OCSP_ISSUERS; the file was checked at the start."""
    if not settings.OCSP_ISSUERS:
        return []
    return load_pem_x509_certificates(Path(settings.OCSP_ISSUERS).read_bytes())


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ocsp")
