from django.apps import AppConfig


class OcppV21Config(AppConfig):
    name = "ocpp_v21"
    verbose_name = "OCPP 2.1"
    default_auto_field = "django.db.models.BigAutoField"
