"""Who may see and do what in the admin."""

from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from chargepoints.models import ChargePoint
from chargepoints.roles import ADMINISTRATOR, ENGINEER, OPERATOR, ROLES, VIEWER
from tests.chargepoints.admin.conftest import AsRole

CHARGE_POINTS = "/admin/chargepoints/chargepoint/"


def permissions(role: str) -> set[str]:
    group = Group.objects.get(name=role)
    return {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}


def test_each_role_may_do_what_the_one_before_it_may_and_more(db: None) -> None:
    for less, more in zip(ROLES, ROLES[1:], strict=False):
        assert permissions(less) < permissions(more)


def test_a_viewer_may_look_at_everything_of_the_gateway_and_change_nothing(db: None) -> None:
    granted = permissions(VIEWER)
    for app in ("chargepoints", "core_link"):
        views = Permission.objects.filter(
            content_type__app_label=app, codename__startswith="view_"
        ).values_list("codename", flat=True)
        assert {f"{app}.{codename}" for codename in views} <= granted
    assert all(name.partition(".")[2].startswith("view_") for name in granted)


def test_only_an_administrator_may_see_users_and_change_api_keys(db: None) -> None:
    for role in (VIEWER, OPERATOR, ENGINEER):
        assert "auth.view_user" not in permissions(role)
        assert "chargepoints.add_apikey" not in permissions(role)
    assert {"auth.change_user", "chargepoints.add_apikey"} <= permissions(ADMINISTRATOR)


def test_an_administrator_makes_no_superuser_and_touches_none(as_role: AsRole) -> None:
    administrator = as_role(ADMINISTRATOR)
    me = User.objects.get(username=f"a-{ADMINISTRATOR}")
    form = {"username": me.username, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    dates = {"date_joined_0": "2026-11-01", "date_joined_1": "10:00:00"}
    own = administrator.post(f"/admin/auth/user/{me.pk}/change/", form | dates)
    assert own.status_code == 302
    me.refresh_from_db()
    assert not me.is_superuser

    me.groups.add(Group.objects.get(name=ADMINISTRATOR))
    root = User.objects.create_superuser("root", password=None)
    password = {
        "usable_password": "true",
        "password1": "a-new-Password-7",
        "password2": "a-new-Password-7",
    }
    for page, sent in (
        ("password", password),
        ("change", form | dates),
        ("delete", {"post": "yes"}),
    ):
        answer = administrator.post(f"/admin/auth/user/{root.pk}/{page}/", sent)
        assert answer.status_code == 403, page
    chosen = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    administrator.post("/admin/auth/user/", chosen)
    assert User.objects.get(username="root").password == root.password


def test_a_viewer_sees_the_page_of_a_charge_point_without_a_command_form(
    as_role: AsRole, charge_point: ChargePoint
) -> None:
    page = as_role(VIEWER).get(f"{CHARGE_POINTS}{charge_point.pk}/").content.decode()
    assert "CP-1" in page
    assert 'id="command"' not in page
    assert "New key" not in page


def test_an_operator_is_not_let_into_settings_or_keys(
    as_role: AsRole, charge_point: ChargePoint
) -> None:
    operator = as_role(OPERATOR)
    settings = f"{CHARGE_POINTS}{charge_point.pk}/change/"
    assert operator.post(settings, {"name": "x"}).status_code == 403
    assert operator.post(f"{CHARGE_POINTS}{charge_point.pk}/key/").status_code == 403
    assert operator.get(f"{CHARGE_POINTS}add/").status_code == 403
    charge_point.refresh_from_db()
    assert charge_point.name == ""


def test_a_stranger_is_sent_to_the_login(charge_point: ChargePoint) -> None:
    for path in ("", f"{charge_point.pk}/", f"{charge_point.pk}/live/", "live/?id=1"):
        response = Client().get(f"{CHARGE_POINTS}{path}")
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
