"""Tokens in the admin: exported to CSV, and imported from it."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from chargepoints.models import IdToken
from chargepoints.roles import ENGINEER, OPERATOR
from tests.chargepoints.admin.conftest import AsRole

TOKENS = "/admin/chargepoints/idtoken/"


def bring(client: Client, text: str) -> Any:
    file = SimpleUploadedFile("tokens.csv", text.encode())
    return client.post(f"{TOKENS}import/", {"file": file}, follow=True)


def test_a_file_is_imported_and_exported(as_role: AsRole) -> None:
    engineer = as_role(ENGINEER)
    page = engineer.get(TOKENS).content.decode()
    assert "Import CSV" in page and "Export CSV" in page
    assert "personal_message" in engineer.get(f"{TOKENS}import/").content.decode()
    page = bring(engineer, "value,status\n04A1,blocked\n").content.decode()
    assert "Tokens: 1 created, 0 changed, 0 unchanged." in page
    exported = engineer.get(f"{TOKENS}export/")
    assert exported["Content-Type"] == "text/csv; charset=utf-8"
    assert exported["Content-Disposition"] == 'attachment; filename="id-tokens.csv"'
    assert exported.content.decode().splitlines()[1:] == ["04A1,,blocked,,,"]


def test_what_is_wrong_with_a_file_is_said_line_by_line(admin_client: Client) -> None:
    page = bring(admin_client, "value,status\nGOOD,\nBAD,odd\n").content.decode()
    assert "line 3: status: Value &#x27;odd&#x27; is not a valid choice." in page
    assert not IdToken.objects.exists()


def test_who_may_not_change_tokens_imports_none(as_role: AsRole) -> None:
    operator = as_role(OPERATOR)
    assert "Import CSV" not in operator.get(TOKENS).content.decode()
    assert bring(operator, "value\n04A1\n").status_code == 403
    assert operator.get(f"{TOKENS}export/").status_code == 200
    assert not IdToken.objects.exists()
