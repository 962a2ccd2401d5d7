"""The certificate watch: which charge points would no longer connect, when, and why.

It uses what the gateway saw at the last handshake of each charge point, and the roots that the
charge point listed. It also reports charge points for which the answer is unknown.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.extensions import ExtensionNotFound

from chargepoints.models import InstalledCertificate, SeenTls
from chargepoints.services.certificates import chains, ocsp
from chargepoints.services.certificates.installed_certificates import ALGORITHMS

CSMS_ROOT = "csms_root"
# Suites of TLS 1.3 name no type of certificate: a client accepts either.
OF_EITHER_KIND = "TLS_"


@dataclass(frozen=True, slots=True)
class Change:
    """A planned change; an empty part stays as it is.

    `server`: the new certificate of the server and its chain, the server's own first.
    `authorities`: those whose client certificates the proxy would accept.
    """

    server: Sequence[x509.Certificate] = ()
    authorities: Sequence[x509.Certificate] = ()


class Fall(NamedTuple):
    """A charge point that would be shut out; `at`: None means at the change itself."""

    charge_point_id: int
    identity: str
    at: datetime | None
    why: str


@dataclass(slots=True)
class Answer:
    """`unknown`: charge points that may not trust the server's new certificate."""

    falls: list[Fall] = field(default_factory=list)
    unknown: list[tuple[int, str]] = field(default_factory=list)
    looked_at: int = 0


class _Seen(NamedTuple):
    charge_point_id: int
    identity: str
    suite: str
    certificate_serial: str
    certificate_issuer: str
    certificate_expires_at: datetime | None
    issuer_key: str


_COLUMNS = ("charge_point_id", "charge_point__identity", *_Seen._fields[2:])


def look(change: Change, until: datetime) -> Answer:
    """The charge points shut out by the change, or by a date before `until`; sorted by time."""
    answer = Answer()
    server = _Server(change.server, until) if change.server else None
    signers = _signers(change.authorities)
    roots = _installed_roots() if server else {}
    for row in SeenTls.objects.values_list(*_COLUMNS).order_by("charge_point__identity"):
        seen = _Seen(*row)
        answer.looked_at += 1
        found = [*_by_client_certificate(seen, signers, until, changed=bool(change.authorities))]
        if server is not None:
            found += server.shuts_out(seen.suite)
            trusted = server.is_trusted(roots.get(seen.charge_point_id, []))
            if trusted is None:
                answer.unknown.append((seen.charge_point_id, seen.identity))
            elif not trusted:
                found.append((None, "none of its installed roots is above the new certificate"))
        if found:
            at, why = min(found, key=lambda each: (each[0] is not None, each[0] or until))
            answer.falls.append(Fall(seen.charge_point_id, seen.identity, at, why))
    answer.falls.sort(key=lambda each: (each.at is not None, each.at or until, each.identity))
    return answer


Reason = tuple[datetime | None, str]


class _Authority(NamedTuple):
    """An authority that may have signed chargers' certificates: the fields to compare.

    `ends_at`: when it, or one above it, expires. `trusted`: it, or one above it, is trusted.
    """

    key: str
    name: str
    ends_at: datetime
    trusted: bool

    @classmethod
    def of(
        cls, certificate: x509.Certificate, known: chains.Certificates, trusted: chains.Certificates
    ) -> "_Authority":
        chain = [certificate, *chains.above(certificate, known)]
        return cls(
            _key_of(certificate),
            certificate.subject.rfc4514_string(),
            min(each.not_valid_after_utc for each in chain),
            any(each in trusted for each in chain),
        )

    def may_have_signed(self, seen: _Seen) -> bool:
        """By the key identifier in the charger's certificate, else by the name."""
        if seen.issuer_key and self.key:
            return seen.issuer_key == self.key
        return seen.certificate_issuer == self.name


def _signers(trusted: chains.Certificates) -> list[_Authority]:
    """The authorities that would be trusted, and all known ones, which may be intermediates."""
    known = [*trusted, *(each for each in chains.known() if each not in trusted)]
    return [_Authority.of(each, known, trusted) for each in known]


def _by_client_certificate(
    seen: _Seen, signers: Sequence[_Authority], until: datetime, *, changed: bool
) -> Iterator[Reason]:
    if not seen.certificate_serial:
        return
    expires = seen.certificate_expires_at
    if expires is not None and expires <= until:
        yield expires, "its client certificate expires or has expired"
    signed = [each for each in signers if each.may_have_signed(seen)]
    signer = next((each for each in signed if each.trusted), None)
    if signer is None and changed:
        yield (
            None,
            f"its client certificate is issued by {seen.certificate_issuer}, not by a new one",
        )
        return
    signer = signer or next(iter(signed), None)
    if signer is not None and signer.ends_at <= until:
        yield signer.ends_at, "the authority of its client certificate expires"


def kind_of_suite(suite: str) -> str:
    """The kind of server key that a suite needs: ECDSA or RSA; empty if both will do."""
    if not suite or suite.startswith(OF_EITHER_KIND):
        return ""
    # Without a type in OpenSSL's name it is RSA, which then encrypts the secret itself.
    return "ECDSA" if "ECDSA" in suite else "RSA"


def kind_of_key(certificate: x509.Certificate) -> str:
    is_ec = isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
    return "ECDSA" if is_ec else "RSA"


def _key_of(certificate: x509.Certificate) -> str:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (ExtensionNotFound, ValueError):
        return ""
    return found.value.digest.hex()


class _Root(NamedTuple):
    algorithm: str
    issuer_name_hash: str
    serial_number: str


def _installed_roots() -> dict[int, list[_Root]]:
    found = defaultdict(list)
    rows = InstalledCertificate.objects.filter(use=CSMS_ROOT).order_by()
    columns = ("charge_point_id", "hash_algorithm", "issuer_name_hash", "serial_number")
    for pk, algorithm, name_hash, serial in rows.values_list(*columns):
        root = _Root(algorithm, name_hash.lower(), serial.lower().lstrip("0"))
        found[pk].append(root)
    return found


class _Server:
    """The chain that the server would present: the fields to compare, computed once."""

    def __init__(self, chain: Sequence[x509.Certificate], until: datetime) -> None:
        self._kind = kind_of_key(chain[0])
        ends = min(each.not_valid_after_utc for each in chain)
        self._ends: list[Reason] = [(ends, "the certificate of the server expires")]
        if ends > until:
            self._ends = []
        # Roots in the chain, by algorithm, hash and number; roots above it, by their hash.
        self._within: set[_Root] = set()
        self._above: set[tuple[str, str]] = set()
        for algorithm in ALGORITHMS:
            for each in chain:
                hashed = _issuer_hash(each, algorithm)
                self._within.add(_Root(algorithm, hashed, f"{each.serial_number:x}"))
            # The chain may lack the root itself.
            if chain[-1].issuer != chain[-1].subject:
                self._above.add((algorithm, _issuer_hash(chain[-1], algorithm)))

    def shuts_out(self, suite: str) -> list[Reason]:
        needed = kind_of_suite(suite)
        if needed in ("", self._kind):
            return self._ends
        why = f"it used {suite}, for which the server needs a {needed} key"
        return [(None, why), *self._ends]

    def is_trusted(self, roots: list[_Root]) -> bool | None:
        """Whether one of the roots is in the chain or above it; None if no root is known."""
        known = [root for root in roots if root.algorithm in ALGORITHMS]
        if not known:
            return None
        return any(root in self._within or root[:2] in self._above for root in known)


def _issuer_hash(certificate: x509.Certificate, algorithm: str) -> str:
    return ocsp.name_hash(certificate.issuer, ALGORITHMS[algorithm]).hex()
