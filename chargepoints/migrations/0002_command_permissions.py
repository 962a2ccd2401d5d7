from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("chargepoints", "0001_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="command",
            options={
                "ordering": ["-created_at"],
                "permissions": [
                    ("operate_chargepoint", "Can send the commands of daily support"),
                    ("engineer_chargepoint", "Can send every command"),
                ],
            },
        ),
    ]
