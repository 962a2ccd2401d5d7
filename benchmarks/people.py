"""What chargers notice of people who click through the admin, at the size of a fleet.

`.ci/with-services .venv/bin/python -m benchmarks.people [FRACTION]` writes the fleet of
`benchmarks.pages` (or `FRACTION` of it), starts the gateway on it with 100 chargers at two messages
a second, and prints how long they wait for their replies: with nobody there, beside ten people who
open a page each second, one after the other (lists, filters, searches, the pages of one row), and
with nobody again. Once as it comes, with a process for pages, and once without one.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

import requests

from benchmarks import measure
from benchmarks.gateway import ENVIRONMENT, PASSWORD, UNLIMITED, Gateway
from benchmarks.load.scenarios import Target
from benchmarks.postgresql import Database

PEOPLE = 10
A_PAGE_EACH_S = 1.0
SECONDS = 30.0


class Person(threading.Thread):
    """Opens pages at a person's pace; `took` is how long each was under way."""

    def __init__(self, port: int, cookie: str, pages: Sequence[str], seed: int) -> None:
        super().__init__(daemon=True)
        self.statuses: Counter[int] = Counter()
        self.took: list[float] = []
        self.left = threading.Event()
        self._port, self._cookie = port, cookie
        self._pages = random.Random(seed).sample(pages, len(pages))

    def run(self) -> None:
        with requests.Session() as session:
            session.cookies.set("sessionid", self._cookie)
            while True:
                for page in self._pages:
                    begun = time.monotonic()
                    answer = session.get(f"http://127.0.0.1:{self._port}{page}", timeout=60)
                    self.statuses[answer.status_code] += 1
                    self.took.append(time.monotonic() - begun)
                    if self.left.wait(max(0.0, A_PAGE_EACH_S - self.took[-1])):
                        return


@contextmanager
def people(port: int, cookie: str, pages: Sequence[str]) -> Iterator[list[Person]]:
    there = [Person(port, cookie, pages, seed) for seed in range(PEOPLE)]
    for person in there:
        person.start()
    try:
        yield there
    finally:
        for person in there:
            person.left.set()
        for person in there:
            person.join()


def main(fraction: float) -> None:
    from django.core.management import call_command

    from benchmarks import pages
    from benchmarks.fleet import Fleet, seed

    call_command("migrate", verbosity=0)
    whole = Fleet()
    seed(replace(whole, **{f.name: int(getattr(whole, f.name) * fraction) for f in fields(whole)}))
    client = pages.signed_in()
    cookie = client.cookies["sessionid"].value
    shown = list(dict.fromkeys(pages.pages()))
    print(f"{len(shown)} pages", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(Database(os.environ["DATABASE_URL"]), Path(directory))
        gateway.ask("prepare", str(measure.STEADY_CHARGERS), PASSWORD)
        settings = {**UNLIMITED, "ALLOWED_HOSTS": "*", "REDIS_URL": os.environ["TEST_REDIS_URL"]}
        for apart in ("true", "false"):
            with gateway.on_daphne({**settings, "PAGES_APART": apart}) as (port, pid):
                print(f"PAGES_APART={apart}", flush=True)
                requests.get(f"http://127.0.0.1:{port}/healthz", timeout=60)
                target = Target(port, PASSWORD, _worker(pid) if apart == "true" else pid)
                _report("nobody", measure.beside("none", target, SECONDS))
                with people(port, cookie, shown) as there:
                    found = measure.beside("none", target, SECONDS)
                _report(f"{PEOPLE} people", found)
                _report_pages(there)
                _report("nobody", measure.beside("none", target, SECONDS))


def _worker(parent: int) -> int:
    """The server process that has the chargers' sockets: the first that its parent starts."""
    return int(Path(f"/proc/{parent}/task/{parent}/children").read_text().split()[0])


def _report_pages(there: Sequence[Person]) -> None:
    took = sorted(each for person in there for each in person.took)
    statuses = sum((person.statuses for person in there), Counter[int]())
    half = took[len(took) // 2] * 1000
    print(f"  {len(took)} pages in {half:.0f} ms (median), {dict(statuses)}", flush=True)


def _report(beside: str, found: measure.Figures) -> None:
    print(
        f"beside {beside:19}  p50 {found['p50_ms']:6.1f} ms  p99 {found['p99_ms']:6.1f} ms"
        f"  max {found['max_ms']:6.1f} ms  server {found['server_share'] * 100:3.0f} % of a core",
        flush=True,
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    for name in ("SECRET_KEY", "CREDENTIAL_PEPPER"):
        os.environ[name] = ENVIRONMENT[name]
    os.environ["ALLOWED_HOSTS"] = "testserver"
    import django

    django.setup()
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
