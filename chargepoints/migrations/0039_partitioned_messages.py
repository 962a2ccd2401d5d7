"""The trace in partitions on PostgreSQL, so that `prune` can drop what is old at once."""

from django.db import migrations

from chargepoints.database.partition_while_in_use import PartitionWhileInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chargepoints", "0038_help_texts")]

    operations = [PartitionWhileInUse("message")]
