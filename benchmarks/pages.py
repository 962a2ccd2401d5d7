"""What each page of the admin costs at the size of a fleet, in PostgreSQL.

`.ci/with-services .venv/bin/python -m benchmarks.pages [FRACTION]` writes 10,000 charge points
and a year of history (or `FRACTION` of it), asks every page, filter and search once to warm up
and once to measure, and prints the slowest: milliseconds of processor in Python and in
PostgreSQL (its time to plan and execute), and queries.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from hashlib import md5
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:  # Django is set up later than this is imported
    from django.test import Client

ALLOWED_MS = 300


@dataclass(frozen=True)
class Cost:
    page: str
    status: int
    python_ms: float
    database_ms: float
    queries: int

    @property
    def total_ms(self) -> float:
        return self.python_ms + self.database_ms


def pages() -> Iterator[str]:
    """The lists with each filter's choices and each search, and the pages of one row."""
    from django.contrib import admin
    from django.urls import reverse

    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        listed = reverse(f"{name}_changelist")
        yield listed
        for query in (*_searches(), *_filters(listed)):
            yield f"{listed}?{query}"
        row = model._default_manager.order_by("-pk").first()
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
    yield from _of_one()


def _searches() -> Iterator[str]:
    for text in ("DEPOT-05000", "depot-05", "TOKEN777", "TX-250000", "SN5000", "nobody"):
        yield urlencode({"q": text})
    yield urlencode({"q": md5(b"1500000", usedforsecurity=False).hexdigest()})


def _filters(listed: str) -> Iterator[str]:
    """The links of the filters, as the list's own page shows them."""
    answer = signed_in().get(listed)
    # The context that a test client keeps is there in tests alone.
    change_list = getattr(answer, "context_data", {}).get("cl")
    if change_list is None:
        return
    for spec in change_list.filter_specs:
        for choice in list(spec.choices(change_list))[:6]:
            link = choice.get("query_string")
            if link and link != "?":
                yield link.lstrip("?")


def _of_one() -> Iterator[str]:
    from django.urls import NoReverseMatch, reverse

    from chargepoints.models import ChargePoint

    charge_point = ChargePoint.objects.latest("pk")
    yield reverse("admin:chargepoints_chargepoint_health")
    yield reverse("admin:chargepoints_chargepoint_availabilities")
    yield reverse("admin:chargepoints_chargepoint_retention")
    yield reverse("admin:chargepoints_chargepoint_availabilities", query={"month": "2026-05"})
    for term in ("DEPOT-05000", "TOKEN777", "TX-250000", "nobody"):
        yield reverse("admin:chargepoints_chargepoint_find", query={"q": term})
    own = (
        *("overview", "live", "story", "command", "key", "close", "configuration", "profile"),
        *("availability", "frames", "connections", "same", "hold"),
        *("local_list", "reservations", "files", "certificates", "security"),
    )
    for page in own:
        try:
            yield reverse(f"admin:chargepoints_chargepoint_{page}", args=[charge_point.pk])
        except NoReverseMatch:
            continue


def signed_in() -> Client:
    from django.contrib.auth import get_user_model
    from django.test import Client

    users = get_user_model().objects
    user = users.filter(username="bench").first() or users.create_superuser("bench", "", "bench")
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def measure(client: Client, page: str) -> Cost:
    from django.db import connection

    seconds = 0.0
    queries = 0

    def timed(execute: Callable[..., object], *arguments: object) -> object:
        nonlocal seconds, queries
        begun = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            seconds += time.perf_counter() - begun
            queries += 1

    begun = time.process_time()
    with connection.execute_wrapper(timed):
        answer = client.get(page)
    python_s = time.process_time() - begun
    return Cost(page, answer.status_code, python_s * 1000, seconds * 1000, queries)


def main(fraction: float) -> None:
    from django.core.management import call_command

    from benchmarks.fleet import Fleet, seed

    call_command("migrate", verbosity=0)
    whole = Fleet()
    begun = time.monotonic()
    seed(replace(whole, **{f.name: int(getattr(whole, f.name) * fraction) for f in fields(whole)}))
    print(f"written in {time.monotonic() - begun:.0f} s", flush=True)
    client = signed_in()
    costs = []
    for page in dict.fromkeys(pages()):
        measure(client, page)  # the first time fills caches
        costs.append(measure(client, page))
    _report(sorted(costs, key=lambda cost: cost.total_ms, reverse=True))


def _report(costs: list[Cost]) -> None:
    above = sum(cost.total_ms > ALLOWED_MS for cost in costs)
    middle = costs[len(costs) // 2].total_ms
    print(f"{len(costs)} pages, median {middle:.0f} ms, {above} above {ALLOWED_MS} ms:")
    for cost in costs[:40]:
        print(
            f"{cost.total_ms:8.0f} ms = {cost.python_ms:6.0f} Python + {cost.database_ms:6.0f}"
            f" PostgreSQL, {cost.queries:3} queries, {cost.status}  {cost.page}"
        )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    os.environ["SECRET_KEY"] = os.environ["CREDENTIAL_PEPPER"] = secrets.token_hex(32)
    os.environ["ALLOWED_HOSTS"] = "testserver"
    import django

    django.setup()
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
