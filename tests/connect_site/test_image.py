"""What the image runs, without a container: its files alone, and the commands of its Dockerfile."""

import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.trials import until
from tests.running_gateway import free_port
from tests.warm_start import REPOSITORY

pytestmark = pytest.mark.embedded

DOCKERFILE = (REPOSITORY / "deploy" / "docker" / "Dockerfile").read_text()
OURS = ("chargepoints", "connect_site", "core_link")
# What it lacks, and what is said then.
OF_THE_SOURCES = {"demo", "fake_core", "replay", "simulate"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    for path in re.findall(r"^COPY (?!--)(\S+) \S+$", DOCKERFILE, re.MULTILINE):
        source = REPOSITORY / path
        if source.is_dir():
            shutil.copytree(source, folder / path, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / path)
    (folder / "var" / "files").mkdir(parents=True)
    return folder


def environment(**more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    pair = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "CREDENTIAL_PEPPER")}
    return kept | pair | more


def manage(image: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=image,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def running(image: Path, *arguments: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Ends it by SIGTERM, as a container is ended."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments], cwd=image, env=environment(**more)
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_every_command_can_be_loaded_or_says_what_it_lacks(image: Path) -> None:
    script = (
        "import django, json; django.setup()\n"
        "from django.core.management import get_commands, load_command_class\n"
        "lacking = []\n"
        "for name, app in get_commands().items():\n"
        f"    if app in {OURS}:\n"
        "        try: load_command_class(app, name)\n"
        "        except ModuleNotFoundError: lacking.append(name)\n"
        "print(json.dumps(lacking))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=image,
        env=environment(DJANGO_SETTINGS_MODULE="connect_site.settings"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(json.loads(done.stdout)) == OF_THE_SOURCES
    refused = manage(image, "replay", "night.jsonl")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "connect: `replay` needs the whole sources and requirements-dev.lock:"
        " there is no 'tests' here"
    ]


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_its_processes_start_are_healthy_and_end_in_order(image: Path) -> None:
    migrated = manage(image, "migrate", "--no-input")
    assert migrated.returncode == 0, migrated.stderr
    assert manage(image, "prune").returncode == 0
    port = free_port()
    core = {"CORE_URL": "http://127.0.0.1:9", "EVENTS_SECRETS": "whsec_" + "MDEy" * 11}
    with (
        running(image, "serve", HOST="127.0.0.1", PORT=str(port)) as server,
        running(image, "mirror") as mirror,
        running(image, "deliver_events", **core) as events,
    ):
        await until(lambda: is_ready(port), 60)
        [check] = re.findall(r"^ +CMD (\[.*healthz.*\])$", DOCKERFILE, re.MULTILINE)
        _, *arguments = json.loads(check.replace(":8000/", f":{port}/"))
        asked = [sys.executable, *arguments]
        await asyncio.to_thread(subprocess.run, asked, timeout=10, check=True)
    assert (server.returncode, mirror.returncode, events.returncode) == (0, 0, 0)


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
