"""The files in deploy/: what they run and copy is there."""

import re
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from django.core.management import get_commands

from tests.warm_start import REPOSITORY

pytestmark = pytest.mark.embedded

DEPLOY = REPOSITORY / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
CONTAINERS = [DEPLOY / "docker" / "Dockerfile", DEPLOY / "docker" / "compose.yml"]
# Where nginx finds deploy/nginx in its container.
IN_CONTAINER = "/etc/nginx/connect"


def commands(text: str) -> set[str]:
    """The management commands that a file runs, as words or as a list of words."""
    return set(re.findall(r"manage\.py\"?,? \"?(\w+)", text))


@pytest.mark.parametrize("path", [*UNITS, *CONTAINERS], ids=lambda path: path.name)
def test_every_command_that_is_run_exists(path: Path) -> None:
    found = commands(path.read_text())
    assert found
    assert found <= set(get_commands())


def test_every_part_of_an_installation_has_its_unit() -> None:
    found = set().union(*(commands(path.read_text()) for path in UNITS))
    assert found == {"migrate", "serve", "deliver_events", "mirror", "prune"}
    compose = commands((DEPLOY / "docker" / "compose.yml").read_text())
    assert compose == {"migrate", "serve", "deliver_events", "mirror", "prune"}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_gives_its_process_no_more_than_it_needs(path: Path) -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(path)
    service = unit["Service"]
    assert service["User"] == "connect"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""


def test_a_stop_is_told_to_the_server_alone_which_tells_its_workers() -> None:
    """A second signal would end them at once, with their sockets open."""
    assert "KillMode=mixed" in (DEPLOY / "systemd" / "connect.service").read_text()


def test_the_image_has_every_app_and_does_not_run_as_root() -> None:
    text = (DEPLOY / "docker" / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (?:--\S+ )?(\w+) \1$", text, re.MULTILINE))
    apps = {path.parent.name for path in REPOSITORY.glob("*/apps.py")}
    versions = {path.name for path in REPOSITORY.glob("ocpp_v*") if path.is_dir()}
    assert copied == apps | versions
    assert re.search(r"^USER connect$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text


def test_production_installs_nothing_of_the_tests() -> None:
    production = (REPOSITORY / "requirements.txt").read_text()
    development = (REPOSITORY / "requirements-dev.txt").read_text()
    assert "-r requirements-tracing.txt" in development
    assert "-r requirements.txt" in (REPOSITORY / "requirements-tracing.txt").read_text()
    for package in ("pytest", "selenium", "mypy", "hypothesis"):
        assert not re.search(rf"^{package}[=\[]", production, re.MULTILINE)
        assert re.search(rf"^{package}[=\[]", development, re.MULTILINE)


def manifests() -> list[Any]:
    paths = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    found = [each for path in paths for each in yaml.safe_load_all(path.read_text())]
    assert found
    return found


# What is still looked after, and the newest.
@pytest.mark.parametrize("version", ["1.30", "1.37"])
def test_the_manifests_fit_the_published_schemas(version: str) -> None:
    for manifest in manifests():
        kubernetes_validate.validate(manifest, version, strict=True)


def pod_of(manifest: Any) -> Any:
    """The pod that a manifest makes; None where it makes none."""
    spec = manifest.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    return spec.get("template", {}).get("spec")


def test_kubernetes_runs_what_an_installation_needs_with_no_more_than_that() -> None:
    pods = [pod for pod in map(pod_of, manifests()) if pod is not None]
    ran = set()
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            ran |= commands(" ".join(container["command"]))
            locked = container["securityContext"]
            assert locked["readOnlyRootFilesystem"] is True
            assert locked["allowPrivilegeEscalation"] is False
            assert locked["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]
    assert ran == {"migrate", "serve", "deliver_events", "mirror", "prune"}


def test_a_pod_of_the_server_is_asked_whether_it_lives_and_is_ready_and_may_drain() -> None:
    (pod,) = [pod for pod in map(pod_of, manifests()) if pod and len(pod["containers"]) == 2]
    server, proxy = pod["containers"]
    assert server["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert server["readinessProbe"]["httpGet"]["path"] == "/readyz"
    # DRAIN_S and 40 seconds more, as deploy/README.md says.
    assert pod["terminationGracePeriodSeconds"] > 5 + 40
    mounted = {each["name"]: each["mountPath"] for each in proxy["volumeMounts"]}
    assert server["command"][-1].startswith(f"{mounted['socket']}/")
    nginx = (DEPLOY / "nginx" / "gateway.conf").read_text()
    assert f"server unix:{server['command'][-1]}" in nginx
    assert f"{mounted['certificates']}/server-ecdsa.pem" in nginx


def test_what_kubernetes_configures_is_what_the_gateway_reads() -> None:
    (configured,) = [each["data"] for each in manifests() if each["kind"] == "ConfigMap"]
    known = (REPOSITORY / ".env.example").read_text()
    assert [name for name in configured if not re.search(rf"^(# )?{name}=", known, re.M)] == []


def test_the_proxy_of_a_container_has_a_configuration_that_holds_by_itself() -> None:
    """Given with `-g` beside that of the image, `pid` would be there twice, and nginx not start."""
    compose = yaml.safe_load((DEPLOY / "docker" / "compose.yml").read_text())["services"]["proxy"]
    (pod,) = [pod for pod in map(pod_of, manifests()) if pod and len(pod["containers"]) == 2]
    proxy = pod["containers"][1]
    assert compose["command"] == proxy["command"] == ["nginx", "-c", f"{IN_CONTAINER}/nginx.conf"]
    assert f"../nginx:{IN_CONTAINER}:ro" in compose["volumes"]
    assert IN_CONTAINER in [each["mountPath"] for each in proxy["volumeMounts"]]
    around = (DEPLOY / "nginx" / "nginx.conf").read_text()
    (included,) = re.findall(r"^ *include (\S+);$", around, re.MULTILINE)
    assert (DEPLOY / "nginx" / included).is_file()
