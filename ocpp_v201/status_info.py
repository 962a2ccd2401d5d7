"""StatusInfoType: why a station says no."""

from chargepoints.protocol.versions import Payload


def reason(answer: Payload) -> str:
    """What the answer, or else the first of its results that is no yes, gives as its reason."""
    results = [each for value in answer.values() if isinstance(value, list) for each in value]
    for said in (answer, *results):
        if not isinstance(said, dict) or _is_accepted(said):
            continue
        if info := said.get("statusInfo") or said.get("attributeStatusInfo"):
            return ": ".join(filter(None, (info["reasonCode"], info.get("additionalInfo"))))
    return ""


def _is_accepted(said: Payload) -> bool:
    return "Accepted" in (said.get("status"), said.get("attributeStatus"))
