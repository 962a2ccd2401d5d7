"""What the blocks say otherwise in a version that is built of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """Limits and names of one version.

    Words need no entry: the `Words` of a block may hold more of them than a version has, as every
    request is checked by the version's own schemas before it is sent.
    """

    version: str
    # In characters: longer ones are cut, or not sent at all where half of it is worth nothing.
    longest_id_token: int
    longest_personal_message: int
    longest_exi_response: int
    longest_ocsp_result: int
    # OCPPVersionEnumType, of a network profile.
    network_profile_version: str
    # ResetEnumType, in neutral words.
    resets: frozenset[str]
    # MessageTriggerEnumType.
    triggered: frozenset[str]
    # Purposes of the charging profiles that are the operator's (K10.FR.06), in neutral words.
    purposes_of_operator: tuple[str, ...]
