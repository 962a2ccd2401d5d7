"""The gateway's own certificate authority for charging stations."""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import CommandError, call_command
from pytest_django import Settings

from chargepoints.services.certificates import authority
from chargepoints.services.certificates.authority import Authority, SigningRefused
from tests.pki import signing_request


@pytest.fixture
def own(tmp_path: Path, settings: Settings) -> Authority:
    settings.CA_DIRECTORY = str(tmp_path / "authority")
    call_command("create_authority", name="Depot gateway")
    found = authority.load(tmp_path / "authority")
    assert found is not None
    return found


def test_its_key_is_nobody_elses_to_read(own: Authority, tmp_path: Path) -> None:
    key = tmp_path / "authority" / authority.KEY_FILE
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "Depot gateway" in own.certificate.subject.rfc4514_string()


def test_it_is_never_made_over_another(own: Authority) -> None:
    with pytest.raises(CommandError, match="already"):
        call_command("create_authority")


def test_what_it_cannot_be_called_and_where_it_cannot_be_are_told(
    settings: Settings, tmp_path: Path
) -> None:
    settings.CA_DIRECTORY = str(tmp_path)
    with pytest.raises(CommandError, match="1 to 64"):
        call_command("create_authority", name="x" * 65)
    (tmp_path / "file").touch()
    settings.CA_DIRECTORY = str(tmp_path / "file" / "below")
    with pytest.raises(CommandError, match="Not a directory"):
        call_command("create_authority")


def test_where_it_is_kept_has_to_be_said(settings: Settings) -> None:
    settings.CA_DIRECTORY = ""
    with pytest.raises(CommandError, match="CA_DIRECTORY"):
        call_command("create_authority")


def test_a_directory_without_a_key_holds_no_authority(tmp_path: Path) -> None:
    assert authority.load(tmp_path) is None


@pytest.mark.parametrize("common_name", ["CP-1", "sn-77"])
def test_it_signs_for_the_stations_identity_or_serial_number(
    own: Authority, common_name: str
) -> None:
    csr, key = signing_request(common_name)
    chain = x509.load_pem_x509_certificates(own.sign(csr, "CP-1", "SN-77").encode())
    leaf, root = chain
    leaf.verify_directly_issued_by(root)
    assert leaf.public_key() == key.public_key()
    # Also for those who check strictly (RFC 5280, 4.2.1.1).
    of_root = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    signed_by = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert signed_by.key_identifier == of_root.digest
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature and not usage.key_cert_sign
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize("serial_number", ["SN-77", ""])
def test_it_does_not_sign_in_anothers_name(own: Authority, serial_number: str) -> None:
    csr, _ = signing_request("CP-2")
    with pytest.raises(SigningRefused, match="common name"):
        own.sign(csr, "CP-1", serial_number)


def test_it_does_not_sign_for_a_weak_key(own: Authority) -> None:
    csr, _ = signing_request("CP-1", ec.SECP192R1())
    with pytest.raises(SigningRefused, match="weak"):
        own.sign(csr, "CP-1", "")


def test_it_does_not_sign_what_is_no_request(own: Authority) -> None:
    with pytest.raises(SigningRefused, match="not a certificate signing request"):
        own.sign("-----BEGIN NONSENSE-----", "CP-1", "")


def test_it_signs_for_its_operator_alone(own: Authority, settings: Settings) -> None:
    settings.OPERATOR_NAMES = ["Acme"]
    csr, _ = signing_request("CP-1", organization="ACME Charging Ltd.")
    assert "BEGIN CERTIFICATE" in own.sign(csr, "CP-1", "")
    csr, _ = signing_request("CP-1", organization="Somebody")
    with pytest.raises(SigningRefused, match="operator"):
        own.sign(csr, "CP-1", "")
