"""The settings of the tests: the product's own, in an environment that is all theirs."""

import os
import re
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent

# Whatever the environment says: sixty servers are started, and each would compile all anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

for name in re.findall(r"^#? ?([A-Z_]+)=", (REPOSITORY / ".env.example").read_text(), re.M):
    os.environ.pop(name, None)

os.environ |= {
    "SECRET_KEY": "the-tests-secret-key-is-long-enough-to-be-taken",
    "CREDENTIAL_PEPPER": "the-tests-pepper-is-long-enough-to-be-taken",
    "DATABASE_URL": os.environ.get(
        "TEST_DATABASE_URL", f"sqlite:///{tempfile.gettempdir()}/connect-tests/connect.sqlite3"
    ),
    "REDIS_URL": os.environ.get("TEST_REDIS_URL", ""),
}

from connect_site.settings import *  # noqa: E402, F403

if "sqlite" not in os.environ["DATABASE_URL"]:
    # Tests ask from many short-lived threads, which would keep what they took from a pool.
    DATABASES["default"]["OPTIONS"].pop("pool", None)  # noqa: F405

# Each test has a client of its own; the fixture `static_files` is for those that ask for files.
WHITENOISE_AUTOREFRESH = True
