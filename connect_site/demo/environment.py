"""The environment of the demonstration: its own database and secrets, stored under `var/`."""

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent.parent
DIRECTORY = Path(os.environ.get("DEMO_DIRECTORY", REPOSITORY / "var" / "demo"))
SECRETS_FILE = DIRECTORY / "secrets.json"


def apply() -> None:
    """Set the environment variables for this process and its children.

    Call it before the settings are read: the demonstration must not touch the installation's
    database, and must need no configuration.
    """
    kept = load_secrets()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="connect_site.settings",
        DEBUG="false",
        HTTPS_ONLY="false",
        SECRET_KEY=kept["secret_key"],
        CREDENTIAL_PEPPER=kept["credential_pepper"],
        # Relative, because the installation's path may contain special characters of URLs.
        DATABASE_URL=f"sqlite:///{os.path.relpath(DIRECTORY, REPOSITORY)}/connect.sqlite3",
        REDIS_URL="",
        WORKERS="1",
        CORE_URL="",
        CORE_TOKEN=kept["core_token"],
        EVENTS_URL="",
        EVENTS_SECRETS=kept["events_secret"],
        HEARTBEAT_INTERVAL_S="60",
        # The simulated chargers are stopped before the server, so there is nobody to wait for.
        DRAIN_S="0",
        PYTHONUNBUFFERED="1",
    )


def load_secrets() -> dict[str, Any]:
    """The secrets of the first run, so that later runs can use its data and sign-ins."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    try:
        kept: dict[str, Any] = json.loads(SECRETS_FILE.read_text())
    except FileNotFoundError:
        kept = _new_secrets()
        SECRETS_FILE.touch(mode=0o600)
        SECRETS_FILE.write_text(json.dumps(kept, indent=1))
    return kept


def _new_secrets() -> dict[str, Any]:
    return {
        "secret_key": secrets.token_urlsafe(48),
        "credential_pepper": secrets.token_urlsafe(48),
        "admin_password": secrets.token_urlsafe(9),
        "core_token": secrets.token_urlsafe(24),
        "events_secret": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
    }
