from django.db import migrations, models

from chargepoints.database.index_while_in_use import AddIndexWhileInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("chargepoints", "0034_connection_not_unique"),
    ]

    operations = [
        AddIndexWhileInUse(
            model_name="transactionevent",
            index=models.Index(fields=["transaction", "seq_no"], name="events_of_transaction"),
        ),
    ]
