"""`manage.py reseal`: encrypt the secrets in the database with the current SECRET_KEY."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

from chargepoints.sealed import SealedField


class Command(BaseCommand):
    help = (
        "Seals what is encrypted in the database under the SECRET_KEY that is in use. After it, "
        "the keys in SECRET_KEY_FALLBACKS are needed for sessions alone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            sealed = [
                field.attname for field in model._meta.fields if isinstance(field, SealedField)
            ]
            rows = list(model._default_manager.only("pk", *sealed)) if sealed else []
            for row in rows:
                row.save(update_fields=sealed)
            if sealed:
                self.stdout.write(f"{model._meta.verbose_name_plural}: {len(rows)}")
