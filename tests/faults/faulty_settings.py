"""The product's settings, with a version 1.6 in which two handlers have a fault of their own."""

from connect_site.settings import *  # noqa: F403

OCPP_VERSIONS = {"ocpp1.6": "tests.faults.faulty_version.VERSION"}
