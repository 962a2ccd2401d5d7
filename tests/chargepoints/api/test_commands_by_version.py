"""The table of docs/core-api.md: which version can say which command."""

import re

from chargepoints.protocol.versions import installed_versions
from chargepoints.services.commands.command_types import COMMAND_TYPES
from chargepoints.services.commands.submission import can_express
from tests.warm_start import REPOSITORY

ROW = re.compile(r"^\| `(\w+)` \| (yes|-) \| (yes|-) \| (yes|-) \|$", re.M)


def test_the_documented_table_is_true() -> None:
    by_name = {version.name: version for version in installed_versions().values()}
    versions = [by_name[name] for name in ("1.6", "2.0.1", "2.1")]
    text = (REPOSITORY / "docs" / "core-api.md").read_text()
    said = {type: cells for type, *cells in ROW.findall(text)}
    assert said == {
        type: ["yes" if can_express(version, type) else "-" for version in versions]
        for type in COMMAND_TYPES
    }
