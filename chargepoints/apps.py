from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate


class ChargepointsConfig(AppConfig):
    name = "chargepoints"
    verbose_name = "Gateway"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from chargepoints import roles
        from chargepoints.gateway import version_checks

        # Runs after the receiver of django.contrib.auth, which precedes this app in INSTALLED_APPS
        # and creates the permissions that are granted here.
        post_migrate.connect(roles.grant, dispatch_uid="chargepoints.roles.grant")
        checks.register(version_checks.check_installed)
