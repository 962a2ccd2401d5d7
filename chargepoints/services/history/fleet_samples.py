"""Samples of the fleet's power and charging sessions; the first process to sweep takes each."""

from datetime import datetime, timedelta

from django.db.models import Count, Sum

from chargepoints.models import ChargePoint, FleetSample, Transaction

EVERY = timedelta(minutes=5)
# What was metered before is no longer so: the transaction is left open, or its charger is away.
METERED_WITHIN = timedelta(minutes=30)


def take(now: datetime) -> None:
    """One for each EVERY, however many ask."""
    at = datetime.fromtimestamp(now.timestamp() // EVERY.seconds * EVERY.seconds, tz=now.tzinfo)
    if FleetSample.objects.filter(at=at).exists():
        return
    running = Transaction.objects.filter(ended_at=None, sampled_at__gte=now - METERED_WITHIN)
    now_charging = running.aggregate(count=Count("pk"), power_w=Sum("power_w"))
    sample = FleetSample(
        at=at,
        power_w=now_charging["power_w"] or 0.0,
        charging=now_charging["count"],
        online=ChargePoint.objects.filter(connection__isnull=False).count(),
    )
    # Another process may have been as quick.
    FleetSample.objects.bulk_create([sample], ignore_conflicts=True)
