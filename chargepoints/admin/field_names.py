"""Names of fields and arguments for people."""

import re

from django.apps import apps

ABBREVIATIONS = {
    **{word: word.upper() for word in ("evse", "iccid", "id", "imsi", "ocpp", "url")},
    "sha256": "SHA-256",
    "soc": "state of charge,",
    "wh": "(Wh)",
    "s": "(s)",
    "ms": "(ms)",
}
# The same names as in the sidebar.
MODELS = {"handshakerefusal": "refused handshake", "rollout": "roll-out"}


def in_words(name: str) -> str:
    """`id_token.value` -> "ID token", `evse_id` -> "EVSE ID"."""
    words = re.split(r"[._ ]", name.removesuffix(".value"))
    text = " ".join(ABBREVIATIONS.get(word, word) for word in words)
    return text[:1].upper() + text[1:]


def put_into_words() -> None:
    """Name all fields without a verbose name; Django would write "Evse id"."""
    for model in apps.get_app_config("chargepoints").get_models():
        if (called := MODELS.get(str(model._meta.model_name))) is not None:
            model._meta.verbose_name, model._meta.verbose_name_plural = called, f"{called}s"
        for field in model._meta.fields:
            if field._verbose_name is None:  # type: ignore[attr-defined]
                field.verbose_name = in_words(field.name)
