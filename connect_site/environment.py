"""Reads the configuration, which comes only from environment variables.

A wrong value prevents the start: `Environment.seal()` collects all errors and raises one
`ConfigurationError` that names each variable.
"""

import base64
import binascii
import difflib
import importlib.util
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import dj_database_url
from cryptography.x509 import load_pem_x509_certificates, load_pem_x509_crl
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError
from marshmallow import ValidationError

SHORTEST_SECRET = 32
# Variables whose value may be given as a file.
SECRETS = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "CREDENTIAL_PEPPER",
    "CREDENTIAL_PEPPER_FALLBACKS",
    "DATABASE_URL",
    "REDIS_URL",
    "CORE_TOKEN",
    "EVENTS_SECRETS",
)
# Two names at least this similar count as a misspelling.
ALIKE = 0.85
SHORTEST_SIGNING_SECRET_BYTES = 24
# As in the Host header, without a port: a name, a domain (.example.com), an address, or *.
HOST_NAME = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*\.?|\[[0-9a-fA-F:.]+\]", re.ASCII)
# The characters of a bearer token (RFC 6750).
BEARER_TOKEN = re.compile(r"[!-~]*")
# The policies for the time when core is unreachable.
POLICIES = ("cached_then_accept", "cached_then_reject", "accept", "reject")


class ConfigurationError(ImproperlyConfigured):
    """The environment cannot be used; the message is for the person who starts the server."""


class Environment(Env):
    """`environs.Env` that collects all errors and reports them together."""

    def __init__(self) -> None:
        super().__init__(eager=False)
        self.add_parser("_database", parse_database_url)
        self.add_parser("_listed", parse_list)
        self.add_parser("_site_policies", parse_site_policies)

    @property
    def names(self) -> set[str]:
        """The name of every variable that has been read."""
        return set(self._fields)

    def secret(self, name: str, *, development_value: str | None) -> str:
        """A long random string; required unless `development_value` is given."""
        if development_value is None:
            return self.str(name, validate=long_enough)
        return self.str(name, development_value, validate=long_enough)

    def database(self, name: str, default: str) -> dict[str, Any]:
        """The Django database settings for a database URL; `{}` if it is not valid."""
        return cast(dict[str, Any], self._database(name, default) or {})

    def listed(
        self, name: str, default: str = "", *, check: Callable[[str], None] | None = None
    ) -> list[str]:
        """A comma-separated list; `[]` if it is not valid."""
        return cast(list[str], self._listed(name, default, check=check) or [])

    def site_policies(self, name: str) -> dict[str, str]:
        """The policy by site; `{}` if it is not valid."""
        return cast(dict[str, str], self._site_policies(name, "") or {})

    def seal(self) -> None:
        of_files = {f"{name}_FILE" for name in SECRETS}
        wrong = [
            f"{name}: unknown; is {meant} meant?"
            for name, meant in misspelt_names(self.names | of_files)
        ]
        for name in sorted(self.names - set(SECRETS)):
            if f"{name}_FILE" in os.environ.keys() - self.names:
                wrong.append(f"{name}_FILE: unknown; only secrets may stand in a file.")
        if wrong:
            raise ConfigurationError("; ".join(wrong))
        try:
            super().seal()
        except EnvValidationError as error:
            messages = cast(dict[str, list[str]], error.error_messages)
            raise ConfigurationError(
                "; ".join(f"{name}: {' '.join(found)}" for name, found in messages.items())
            ) from None


def take_from_files(names: Iterable[str] = SECRETS) -> None:
    """Read secrets from files that `..._FILE` name, as container platforms provide them."""
    for name in names:
        path = os.environ.get(f"{name}_FILE")
        if not path:
            continue
        if os.environ.get(name):
            raise ConfigurationError(f"{name}: give it or {name}_FILE, not both.")
        try:
            os.environ[name] = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{name}_FILE: cannot be read: {error}.") from None


def misspelt_names(known: set[str]) -> list[tuple[str, str]]:
    """Unknown variables that resemble known ones, with the known name: `WROKERS`."""
    found = []
    for name in os.environ.keys() - known:
        for meant in difflib.get_close_matches(name, known, 1, ALIKE):
            if abs(len(name) - len(meant)) <= 1:
                found.append((name, meant))
    return sorted(found)


def pem_file(value: str) -> None:
    """Empty, or the path of a file of certificates."""
    if not value:
        return
    try:
        load_pem_x509_certificates(Path(value).read_bytes())
    except (OSError, ValueError) as error:
        raise ValidationError(f"Must be a file of certificates in PEM: {error}.") from error


def crl_file(value: str) -> None:
    """Empty, or the path of a file of lists of revoked certificates."""
    if not value:
        return
    try:
        load_pem_x509_crl(Path(value).read_bytes())
    except (OSError, ValueError) as error:
        raise ValidationError(
            f"Must be a file of revoked certificates (CRL) in PEM: {error}."
        ) from error


def long_enough(value: str) -> None:
    if len(value) < SHORTEST_SECRET:
        raise ValidationError(f"Must be at least {SHORTEST_SECRET} characters of random text.")


def split_url(value: str, schemes: Sequence[str]) -> SplitResult | None:
    """The parts of a URL; None if the text is no URL of one of these schemes."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in schemes else None


def http_url(value: str) -> None:
    """Accepts an absolute http(s) URL, or nothing at all."""
    parts = split_url(value, ("http", "https"))
    if value and not (parts and parts.hostname):
        raise ValidationError("Not an http:// or https:// URL.")


def collector_url(value: str) -> None:
    """As `http_url`, if the libraries for tracing are installed."""
    http_url(value)
    if not value:
        return
    try:
        there = importlib.util.find_spec("opentelemetry.sdk")
    except ModuleNotFoundError:
        there = None
    if there is None:
        raise ValidationError("It needs the packages of requirements-tracing.lock.")


def core_url(value: str) -> None:
    """As `http_url`, without credentials."""
    http_url(value)
    if "@" in urlsplit(value).netloc:
        raise ValidationError("A user name or password in the URL is not supported.")


def http_origin(value: str) -> None:
    """Accepts `scheme://host`, as browsers send it."""
    http_url(value)
    if urlsplit(value).path:
        raise ValidationError("Not an origin such as https://connect.example.com.")


def ftp_url(value: str) -> None:
    """Accepts ftp://host or ftp://host:port, or nothing at all."""
    parts = split_url(value, ("ftp",))
    if value and not (parts and parts.hostname and not parts.username):
        raise ValidationError("Not an ftp:// URL.")


def redis_url(value: str) -> None:
    """Accepts a redis(s) URL, or nothing at all."""
    if value and not split_url(value, ("redis", "rediss", "unix")):
        raise ValidationError("Not a redis://, rediss:// or unix:// URL.")


def host_name(value: str) -> None:
    if not HOST_NAME.fullmatch(value):
        raise ValidationError(f"{value}: Not a host name such as connect.example.com.")


def bearer_token(value: str) -> None:
    if not BEARER_TOKEN.fullmatch(value):
        raise ValidationError("Not printable ASCII without spaces.")


def parse_list(value: str, *, check: Callable[[str], None] | None = None) -> list[str]:
    found = [each.strip() for each in value.split(",") if each.strip()]
    for each in found:
        if check:
            check(each)
    return found


def parse_site_policies(value: str) -> dict[str, str]:
    """`North=reject,Depot 2=accept`: the policies of single sites."""
    policies = {}
    for each in filter(None, value.split(",")):
        site, _, policy = each.rpartition("=")
        if not site or policy not in POLICIES:
            raise ValidationError(f"{each}: Not a site, =, and one of: {', '.join(POLICIES)}.")
        policies[site.strip()] = policy
    return policies


def signing_secret(value: str) -> None:
    """Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(value.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValidationError("Not `whsec_` followed by base64.") from None
    if not value.startswith("whsec_") or len(key) < SHORTEST_SIGNING_SECRET_BYTES:
        raise ValidationError("Not `whsec_` followed by the base64 of at least 24 bytes.")


def parse_database_url(url: str) -> dict[str, Any]:
    if urlsplit(url).scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValidationError("Not a sqlite:///path or postgresql://user@host/name URL.")
    try:
        config = cast(dict[str, Any], dj_database_url.parse(url))
    except ValueError:
        raise ValidationError("Not a valid database URL.") from None
    if config["NAME"] in {"", ":memory:"}:
        raise ValidationError("The URL names no database.")
    return config
