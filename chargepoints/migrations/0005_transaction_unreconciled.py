from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chargepoints", "0004_upload_told")]

    operations = [
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                fields=["id"],
                name="transaction_unreconciled",
                condition=models.Q(decided_by="policy"),
            ),
        ),
    ]
