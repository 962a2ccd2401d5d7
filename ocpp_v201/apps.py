from django.apps import AppConfig


class OcppV201Config(AppConfig):
    name = "ocpp_v201"
    verbose_name = "OCPP 2.0.1"
    default_auto_field = "django.db.models.BigAutoField"
