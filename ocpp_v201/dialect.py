"""Limits and names that differ between the versions that use these blocks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """Limits and names of one version.

    Enum values need no entry: a block may contain values that a version lacks, because the schemas
    of the version check every request before it is sent.
    """

    version: str
    # In characters: longer texts are cut; if a cut text is useless, they are not sent.
    longest_id_token: int
    longest_personal_message: int
    longest_exi_response: int
    longest_ocsp_result: int
    # OCPPVersionEnumType, for network profiles.
    network_profile_version: str
    # ResetEnumType, as neutral names.
    resets: frozenset[str]
    # MessageTriggerEnumType.
    triggered: frozenset[str]
    # Purposes of the operator's charging profiles (K10.FR.06), as neutral names.
    purposes_of_operator: tuple[str, ...]
