"""Numbers on a command line that cannot be meant are refused, not bent."""

import pytest
from django.core.management import CommandError, call_command


# pyftpdlib's.
@pytest.mark.filterwarnings("ignore:The async(ore|hat) module:DeprecationWarning")
@pytest.mark.parametrize(
    "arguments",
    [
        # The kernel would listen on 34463.
        ("serve", "--port", "99999"),
        ("fake_core", "--port", "99999"),
        ("demo", "--port", "-1"),
        ("serve", "--workers", "0"),
        ("ftp_server", "--port", "99999"),
        ("ftp_server", "--passive-ports", "50100-50000"),
        ("ftp_server", "--passive-ports", "50000"),
        ("ftp_server", "--passive-ports", "0-99999"),
        ("create_api_key", "core", "--expires-days", "0"),
    ],
)
def test_a_number_out_of_bounds_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="is not a number from|is not like"):
        call_command(*arguments)
