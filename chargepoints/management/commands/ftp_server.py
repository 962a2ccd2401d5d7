"""`manage.py ftp_server`: downloads and uploads of chargers that support only FTP."""

import signal
import sys
from argparse import ArgumentTypeError
from ipaddress import IPv4Address
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chargepoints.files import ftp
from chargepoints.management import numbers


class Command(BaseCommand):
    help = "Serves firmware and accepts uploads by FTP, at the address in FTP_URL."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=numbers.port, default=2121)
        parser.add_argument(
            "--passive-ports",
            type=numbers.ports,
            metavar="FIRST-LAST",
            help="for data connections; default: any",
        )
        parser.add_argument(
            "--passive-address",
            type=ipv4,
            metavar="ADDRESS",
            help="the IPv4 address for data connections, if chargers reach this machine by NAT",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.FTP_URL:
            raise CommandError("FTP_URL is not set, so the gateway would not send chargers here")
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
        try:
            ftp.serve(
                options["host"],
                options["port"],
                options["passive_ports"],
                options["passive_address"],
            )
        except OSError as error:
            raise CommandError(str(error)) from error


def ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is not an IPv4 address") from error
