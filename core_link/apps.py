from django.apps import AppConfig
from django.db.models.signals import pre_delete


class CoreLinkConfig(AppConfig):
    name = "core_link"
    verbose_name = "Core link"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core_link import undelivered

        pre_delete.connect(undelivered.protect, sender="chargepoints.ChargePoint")
