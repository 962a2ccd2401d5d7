"""The product's settings, with the points at which the server can be killed."""

from connect_site.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.kill_points.KillPoints"]  # noqa: F405
