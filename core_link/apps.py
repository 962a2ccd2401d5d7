from django.apps import AppConfig


class CoreLinkConfig(AppConfig):
    name = "core_link"
    verbose_name = "Core link"
    default_auto_field = "django.db.models.BigAutoField"
