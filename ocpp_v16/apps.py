from django.apps import AppConfig


class OcppV16Config(AppConfig):
    name = "ocpp_v16"
    verbose_name = "OCPP 1.6"
    default_auto_field = "django.db.models.BigAutoField"
