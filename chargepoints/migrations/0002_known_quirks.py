"""The quirks that are known of chargers in general, for staff to give to those that have them."""

from django.db import migrations

KNOWN = {
    "Misses fast replies": (
        {"reply_delay_ms": 300},
        "It sends a request and is not ready to read the answer yet.",
    ),
    "Answers late": (
        {"call_timeout_s": 90},
        "It answers requests after half a minute or more; what comes later is dropped.",
    ),
    "Closes when idle": (
        {"ping_interval_s": 20},
        "It, its modem or a balancer on the way closes sockets after a minute of silence.",
    ),
    "Answers no pings": (
        {"answers_pings": False},
        "It is alive, and sends no pong.",
    ),
    "Never reconnects after a close": (
        {"reconnects_after_close": False},
        "It stays away for ever where a socket is closed as it should be, and returns where it breaks.",
    ),
    "Charging profiles in A only": (
        {"charging_rate_unit": "A"},
        "It refuses, or silently ignores, profiles in W.",
    ),
    "Charging profiles in W only": (
        {"charging_rate_unit": "W"},
        "It refuses, or silently ignores, profiles in A.",
    ),
    "Limits ten times too large": (
        {"limit_factor": 10},
        "A limit of 16 A in a charging profile is read as 160 A.",
    ),
    "Stack level 0 only": (
        {"stack_level": 0},
        "It refuses charging profiles of any other stack level.",
    ),
    "Ignores connector 0": (
        {"ignores_connector_0": True},
        "A charging profile for all connectors is accepted, and applied to none.",
    ),
    "Accepts profiles, and does not apply them": (
        {"verify_profiles": True},
        "After each charging profile it is asked what it makes of it.",
    ),
    "Short remote tokens": (
        {"id_token_max_length": 16},
        "Longer tokens of a remote start come back cut off.",
    ),
    "Hexadecimal remote tokens": (
        {"id_token_hex": True},
        "Other tokens of a remote start come back misread.",
    ),
    "Files by FTP only": (
        {"file_transfer": "ftp"},
        "It fetches and uploads files by FTP, and does not announce it.",
    ),
    "Wrong with compression": (
        {"compression": False},
        "Its frames are wrong once compression is agreed on.",
    ),
    "Reboots when configured": (
        {"reboots_on_configuration": True},
        "It restarts when a configuration key is written, in the middle of a transaction too.",
    ),
}


def seed(apps, schema_editor):
    profile = apps.get_model("chargepoints", "QuirkProfile")
    for name, (settings, note) in KNOWN.items():
        profile.objects.using(schema_editor.connection.alias).get_or_create(
            name=name, defaults={"vendor": "", "settings": settings, "note": note}
        )


class Migration(migrations.Migration):
    dependencies = [("chargepoints", "0001_release")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
