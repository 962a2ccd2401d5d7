"""StatusInfoType: the reason of a station's refusal."""

from chargepoints.protocol.versions import Payload


def reason(answer: Payload) -> str:
    """The reason in the answer, else in the first of its results that is not accepted."""
    results = [each for value in answer.values() if isinstance(value, list) for each in value]
    for said in (answer, *results):
        if not isinstance(said, dict) or _is_accepted(said):
            continue
        if info := said.get("statusInfo") or said.get("attributeStatusInfo"):
            return ": ".join(filter(None, (info["reasonCode"], info.get("additionalInfo"))))
    return ""


def _is_accepted(said: Payload) -> bool:
    return "Accepted" in (said.get("status"), said.get("attributeStatus"))
