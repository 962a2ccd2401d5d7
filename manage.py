#!/usr/bin/env python
"""The command line of the gateway: `python manage.py help`."""

import os
import sys
from pathlib import Path

from dotenv import load_dotenv

from connect_site.demo import environment as demo

# Made of the tests' chargers and core, which the image of production lacks.
OF_THE_SOURCES = ("demo", "fake_core", "replay", "simulate")


def main() -> None:
    # Only this entry point reads a .env file; what the environment already says wins.
    load_dotenv(Path(__file__).parent / ".env")
    if sys.argv[1:2] == ["demo"]:
        demo.apply()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")

    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        # Read first: Django's own command line would hide this error behind "unknown command".
        settings.INSTALLED_APPS  # noqa: B018
    except ImproperlyConfigured as error:
        sys.exit(f"connect: {error}")
    try:
        execute_from_command_line(sys.argv)
    except ModuleNotFoundError as error:
        if sys.argv[1:2] == [] or sys.argv[1] not in OF_THE_SOURCES:
            raise
        sys.exit(
            f"connect: `{sys.argv[1]}` needs the whole sources and requirements-dev.lock: there is"
            f" no {error.name!r} here"
        )


if __name__ == "__main__":
    main()
