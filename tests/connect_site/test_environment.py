"""The configuration: complete in `.env.example`, and refused with a clear word when it is wrong."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from connect_site import settings
from connect_site.databases import sqlite
from connect_site.environment import host_name, parse_list, parse_site_policies
from tests.warm_start import REPOSITORY, run_manage_py

SECRET = "a secret that is more than long enough for a test"


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_manage_py(list(arguments), {"PATH": os.environ["PATH"], **environment})


def test_env_example_names_every_variable_that_is_read_once() -> None:
    text = (REPOSITORY / ".env.example").read_text()
    named = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=", text, re.M)
    assert sorted(named) == sorted(settings.env.names)


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"PORT": "eighty"}, "PORT: Not a valid integer."),
        ({"PORT": "70000"}, "PORT: "),
        ({"SECRET_KEY": "short"}, "SECRET_KEY: Must be at least 32 characters"),
        ({"CREDENTIAL_PEPPER": ""}, "CREDENTIAL_PEPPER: Must be at least 32 characters"),
        ({"DEBUG": "perhaps"}, "DEBUG: "),
        ({"DATABASE_URL": "mysql://u@h/d"}, "DATABASE_URL: Not a sqlite:///path or postgresql"),
        ({"DATABASE_URL": "postgresql://h:port/d"}, "DATABASE_URL: Not a valid database URL."),
        ({"DATABASE_URL": "sqlite://:memory:"}, "DATABASE_URL: The URL names no database."),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL: Not a redis://"),
        ({"CORE_URL": "core.example"}, "CORE_URL: Not an http:// or https:// URL."),
        ({"CORE_URL": "https://u:p@core.example"}, "CORE_URL: A user name or password"),
        ({"CORE_URL": "https://core.example"}, "EVENTS_SECRETS: required with CORE_URL"),
        ({"CORE_UNREACHABLE": "shrug"}, "CORE_UNREACHABLE: Must be one of"),
        (
            {"CORE_UNREACHABLE_AT_SITES": "North=accept,South=shrug"},
            "CORE_UNREACHABLE_AT_SITES: South=shrug: Not a site, =, and one of",
        ),
        ({"CORE_UNREACHABLE_AT_SITES": "North"}, "CORE_UNREACHABLE_AT_SITES: North: Not"),
        ({"EVENTS_SECRETS": "whsec_abc"}, "EVENTS_SECRETS: Not `whsec_` followed by"),
        ({"PUBLIC_URL": "example"}, "PUBLIC_URL: Not an http:// or https:// URL."),
        ({"FTP_URL": "example", "UPLOAD_LIMIT_MB": "many"}, "FTP_URL: "),
        ({"CSRF_TRUSTED_ORIGINS": "connect.example"}, "CSRF_TRUSTED_ORIGINS: Not an http"),
        ({"CSRF_TRUSTED_ORIGINS": "https://a.example/x"}, "CSRF_TRUSTED_ORIGINS: Not an origin"),
        (
            {"ALLOWED_HOSTS": "a.example, https://b.example"},
            "ALLOWED_HOSTS: https://b.example: Not",
        ),
        ({"ALLOWED_HOSTS": "connect.example:8443"}, "ALLOWED_HOSTS: connect.example:8443: Not"),
        ({"OCSP_RESPONDERS": "http://ocsp.example"}, "OCSP_RESPONDERS: http://ocsp.example: Not"),
        ({"CORE_URL": "http://core:port"}, "CORE_URL: Not an http:// or https:// URL."),
        ({"CORE_URL": "http://[::1"}, "CORE_URL: Not an http:// or https:// URL."),
        ({"CORE_TOKEN": "a\nb"}, "CORE_TOKEN: Not printable ASCII without spaces."),
        ({"REDIS_URL": "redis://localhost:99999/0"}, "REDIS_URL: Not a redis://"),
        ({"UNKNOWN_CHARGE_POINTS": "maybe"}, "UNKNOWN_CHARGE_POINTS: Must be one of"),
    ],
)
def test_a_wrong_value_is_refused_by_name_without_a_traceback(
    variables: dict[str, str], complaint: str
) -> None:
    secrets = {"SECRET_KEY": SECRET, "CREDENTIAL_PEPPER": SECRET}
    ended = manage("check", **secrets | variables)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"connect: {complaint}")
    assert ended.stderr.count("\n") == 1


def test_the_policy_of_sites_is_read_by_their_names() -> None:
    assert parse_site_policies("North=reject,Depot 2=accept,a=b=accept,") == {
        "North": "reject",
        "Depot 2": "accept",
        "a=b": "accept",
    }


def test_spaces_beside_the_commas_of_a_list_mean_nothing() -> None:
    hosts = "connect.example.com, 127.0.0.1 ,[::1], .example.org,*,"
    assert parse_list(hosts, check=host_name) == [
        "connect.example.com",
        "127.0.0.1",
        "[::1]",
        ".example.org",
        "*",
    ]


def test_all_wrong_values_are_named_at_once() -> None:
    ended = manage("check", PORT="x", LOG_LEVEL="loud")
    for name in ("SECRET_KEY", "CREDENTIAL_PEPPER", "PORT", "LOG_LEVEL"):
        assert f"{name}: " in ended.stderr


def test_nobody_else_on_the_machine_may_read_the_database_file(tmp_path: Path) -> None:
    sqlite({"NAME": "new.sqlite3"}, base_dir=tmp_path)
    (tmp_path / "old.sqlite3").touch(mode=0o644)
    sqlite({"NAME": "old.sqlite3"}, base_dir=tmp_path)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"new.sqlite3": 0o600, "old.sqlite3": 0o600}


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET + "\n")
    code = "from django.conf import settings; print(settings.SECRET_KEY)"
    secrets = {"SECRET_KEY_FILE": str(tmp_path / "key"), "CREDENTIAL_PEPPER": SECRET}
    ended = manage("shell", "-v0", "-c", code, **secrets)
    assert ended.stdout.strip() == SECRET, ended.stderr
    both = manage("check", SECRET_KEY=SECRET, **secrets)
    assert "SECRET_KEY: give it or SECRET_KEY_FILE, not both." in both.stderr
    gone = manage("check", CREDENTIAL_PEPPER=SECRET, SECRET_KEY_FILE=str(tmp_path / "gone"))
    assert "SECRET_KEY_FILE: cannot be read" in gone.stderr


def test_a_variable_that_is_misspelt_is_refused() -> None:
    ended = manage("check", SECRET_KEY=SECRET, CREDENTIAL_PEPPER=SECRET, WROKERS="4")
    assert ended.returncode != 0
    assert "WROKERS: unknown; is WORKERS meant?" in ended.stderr


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("CORE_TOKN_FILE", "CORE_TOKN_FILE: unknown; is CORE_TOKEN_FILE meant?"),
        ("WORKERS_FILE", "WORKERS_FILE: unknown; only secrets may stand in a file."),
    ],
)
def test_a_file_for_what_is_read_from_none_is_refused(name: str, said: str) -> None:
    ended = manage("check", SECRET_KEY=SECRET, CREDENTIAL_PEPPER=SECRET, **{name: "/etc/hostname"})
    assert ended.returncode != 0
    assert said in ended.stderr


def test_who_types_runserver_is_told_what_serves_chargers() -> None:
    secrets = {"SECRET_KEY": SECRET, "CREDENTIAL_PEPPER": SECRET}
    ended = manage("runserver", "0.0.0.0:8000", "--noreload", **secrets)
    assert ended.returncode != 0
    assert "manage.py serve" in ended.stderr and "Traceback" not in ended.stderr
