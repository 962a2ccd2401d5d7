"""Samples of the fleet's power and charging sessions; the first process to sweep takes each."""

from datetime import datetime, timedelta

from django.db.models import Count, Sum

from chargepoints.models import ChargePoint, FleetSample, Transaction

EVERY = timedelta(minutes=5)
# Older values do not count: the transaction is left open, or its charger is offline.
METERED_WITHIN = timedelta(minutes=30)


def take(now: datetime) -> None:
    """Store one sample in each EVERY, whichever process comes first."""
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
    # Another process may have stored it at the same time.
    FleetSample.objects.bulk_create([sample], ignore_conflicts=True)
