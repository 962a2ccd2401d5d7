"""Downloads lists of revoked certificates (CRL, RFC 5280) that a station names (M07).

The same hosts are allowed as for OCSP. A list proves a certificate valid only if an issuer of
OCSP_ISSUERS signed it. A list is cached until its next update is due.
"""

import logging
from datetime import UTC, datetime
from functools import partial

from cryptography import x509
from cryptography.x509 import CertificateRevocationList

from chargepoints.services.certificates import ocsp
from chargepoints.services.certificates.ocsp import Asked, NoStatus
from core_link import outbound, responders
from core_link.outbound import Exchange, NoAnswer

logger = logging.getLogger(__name__)

MOST_KEPT = 32
DOWNLOAD_TIMEOUT_S = 10

_kept: dict[str, CertificateRevocationList] = {}


async def status(asked: Asked) -> tuple[str, datetime]:
    """`accepted` or `revoked`, and its end of validity. Raises NoStatus."""
    crl = _kept.get(asked.url)
    if crl is None or _is_old(crl):
        crl = await _download(asked.url)
    if ocsp.name_hash(crl.issuer, asked.algorithm) != asked.issuer_name_hash:
        raise NoStatus("the list is another issuer's")
    until = crl.next_update_utc or datetime.now(UTC)
    # M07.FR.06
    if crl.get_revoked_certificate_by_serial_number(asked.serial_number) is not None:
        return "revoked", until
    # M07.FR.07
    _verify(asked, crl)
    return "accepted", until


async def _download(url: str) -> CertificateRevocationList:
    content = await responders.fetch(url, partial(_get, url))
    try:
        pem = content.lstrip().startswith(b"-----BEGIN")
        crl = (x509.load_pem_x509_crl if pem else x509.load_der_x509_crl)(content)
    except ValueError as error:
        raise NoStatus(f"this is not a list of revoked certificates: {error}") from error
    if _is_old(crl):
        raise NoStatus("the list has expired or is not valid yet")
    _kept.pop(url, None)
    while len(_kept) >= MOST_KEPT:
        del _kept[next(iter(_kept))]
    _kept[url] = crl
    return crl


def _get(url: str, exchange: Exchange) -> bytes:
    """Runs in a thread of the pool. Raises NoAnswer."""
    answer = outbound.get(url, exchange=exchange, timeout_s=DOWNLOAD_TIMEOUT_S)
    if not answer.ok:
        raise NoAnswer(f"HTTP {answer.status}")
    return answer.body


def _is_old(crl: CertificateRevocationList) -> bool:
    now = datetime.now(UTC)
    begins = crl.last_update_utc - ocsp.CLOCK_SKEW
    return now < begins or crl.next_update_utc is None or crl.next_update_utc < now


def _verify(asked: Asked, crl: CertificateRevocationList) -> None:
    """RFC 5280, 6.3.3: signed by the issuer of the certificate in question."""
    for each in responders.issuers():
        if ocsp.key_hash(each, asked.algorithm) == asked.issuer_key_hash:
            key = each.public_key()
            # A signature of another key type raises TypeError.
            try:
                if crl.is_signature_valid(key):  # type: ignore[arg-type]
                    return
            except TypeError:
                continue
    raise NoStatus("the list is not signed by an issuer of OCSP_ISSUERS")
