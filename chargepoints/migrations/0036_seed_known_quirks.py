"""One more quirk that is known; what staff have deleted of the others stays deleted."""

from importlib import import_module

from django.db import migrations

NAME = "Never reconnects after a close"
settings, note = import_module("chargepoints.migrations.0002_known_quirks").KNOWN[NAME]


def seed(apps, schema_editor):
    profile = apps.get_model("chargepoints", "QuirkProfile")
    profile.objects.using(schema_editor.connection.alias).get_or_create(
        name=NAME, defaults={"vendor": "", "settings": settings, "note": note}
    )


class Migration(migrations.Migration):
    dependencies = [("chargepoints", "0035_events_of_transactions")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
