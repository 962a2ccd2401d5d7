from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chargepoints", "0017_alarms_by_place_and_messages_in_full"),
    ]

    operations = [
        migrations.AlterField(
            model_name="chargepoint",
            name="core_unreachable",
            field=models.CharField(
                blank=True,
                choices=[
                    ("cached_then_accept", "Cached Then Accept"),
                    ("cached_then_reject", "Cached Then Reject"),
                    ("accept", "Accept"),
                    ("reject", "Reject"),
                ],
                help_text="empty: that of its site, or of the server",
                max_length=20,
            ),
        ),
    ]
