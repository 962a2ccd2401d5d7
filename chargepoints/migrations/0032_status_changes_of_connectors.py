from django.db import migrations, models

from chargepoints.database.index_while_in_use import AddIndexWhileInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("chargepoints", "0031_seen_tls"),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name="statuschange",
            index=models.Index(
                fields=["charge_point", "evse_id", "connector_id", "-reported_at"],
                name="status_of_connector",
            ),
        ),
    ]
