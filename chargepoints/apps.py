from django.apps import AppConfig


class ChargepointsConfig(AppConfig):
    name = "chargepoints"
    verbose_name = "Charge points"
    default_auto_field = "django.db.models.BigAutoField"
