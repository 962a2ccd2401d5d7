"""The four roles of staff: groups whose permissions are granted again at every migration.

Each role has the permissions of the one before, and more. An installation that wants other
roles creates its own groups: permissions added to these four stay, removed ones return.
"""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.apps.registry import Apps

VIEWER, OPERATOR, ENGINEER, ADMINISTRATOR = "viewer", "operator", "engineer", "administrator"
ROLES = (VIEWER, OPERATOR, ENGINEER, ADMINISTRATOR)

OPERATE = "chargepoints.operate_chargepoint"
EVERY_COMMAND = "chargepoints.engineer_chargepoint"

OPERATORS_MAY = frozenset(
    {
        OPERATE,
        "chargepoints.add_maintenancewindow",
        "chargepoints.change_maintenancewindow",
        "chargepoints.delete_maintenancewindow",
    }
)
ENGINEERS_MAY = OPERATORS_MAY | {
    EVERY_COMMAND,
    "chargepoints.add_chargepoint",
    "chargepoints.change_chargepoint",
    "chargepoints.delete_chargepoint",
    "chargepoints.delete_handshakerefusal",
    "chargepoints.add_firmwarefile",
    "chargepoints.change_firmwarefile",
    "chargepoints.delete_firmwarefile",
    "chargepoints.add_site",
    "chargepoints.change_site",
    "chargepoints.delete_site",
    "chargepoints.add_configurationtemplate",
    "chargepoints.change_configurationtemplate",
    "chargepoints.delete_configurationtemplate",
    "chargepoints.add_quirkprofile",
    "chargepoints.change_quirkprofile",
    "chargepoints.delete_quirkprofile",
    "chargepoints.add_idtoken",
    "chargepoints.change_idtoken",
    "chargepoints.delete_idtoken",
}


def may(role: str, permission: str, *, of_django: bool) -> bool:
    """Whether a role has a permission, `app.codename`; `of_django`: of Django's own models."""
    if role == ADMINISTRATOR:
        return True
    if of_django:
        return False
    if role == ENGINEER and permission in ENGINEERS_MAY:
        return True
    if role == OPERATOR and permission in OPERATORS_MAY:
        return True
    return permission.partition(".")[2].startswith("view_")


def grant(app_config: AppConfig, using: str, apps: Apps = installed_apps, **kwargs: Any) -> None:
    """Grant the roles their permissions on one app's models; runs after its migrations."""
    try:
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:
        return  # only some apps are migrated, and the groups' table does not exist yet
    permissions = list(
        permission_model._default_manager.using(using).filter(
            content_type__app_label=app_config.label
        )
    )
    if not permissions:
        return
    of_django = app_config.name.startswith("django.")
    for role in ROLES:
        group, _ = group_model._default_manager.using(using).get_or_create(name=role)
        group.permissions.add(
            *(
                permission
                for permission in permissions
                if may(role, f"{app_config.label}.{permission.codename}", of_django=of_django)
            )
        )
