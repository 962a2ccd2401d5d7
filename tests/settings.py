"""The settings of the tests: the product's own, in an environment that is all theirs."""

import os
import tempfile
from pathlib import Path

os.environ["SECRET_KEY"] = "the-tests-secret-key-is-long-enough-to-be-taken"
os.environ["CREDENTIAL_PEPPER"] = "the-tests-pepper-is-long-enough-to-be-taken"
os.environ["DATABASE_URL"] = os.environ.get(
    "TEST_DATABASE_URL", f"sqlite:///{tempfile.gettempdir()}/connect-tests.sqlite3"
)
os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL", "")

from connect_site.settings import *  # noqa: E402, F403
