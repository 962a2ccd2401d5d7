"""How the modules of the product depend on each other: in no circle, and never on a layer above."""

from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.test_architecture import APPS, REPOSITORY, imported, modules

pytestmark = pytest.mark.embedded

# From the lowest: a module of `chargepoints` imports only from its own layer and those below.
LAYERS = [
    {"clock", "event_types", "key_codes", "minute_counts", "models", "roles"}
    | {"sealed", "secret_names", "traces", "url_secrets", "time_formats"},
    {"database", "observability"},
    {"nudges", "protocol"},
    {"services"},
    {"gateway"},
    {"mirroring"},
    {"admin", "api", "files", "management", "templatetags"},
    {"apps"},
]


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


@cache
def imports() -> dict[str, set[str]]:
    """For each module of the product, the modules of the product that it imports."""
    paths = {dotted(path): path for path in modules(*APPS)}
    return {
        module: {name for name in imported(path) if name in paths and is_meant(name, module)}
        for module, path in paths.items()
    }


def is_meant(name: str, module: str) -> bool:
    """Importing a module runs the packages that hold it too, which is no import of their own."""
    return name != module and not module.startswith(f"{name}.") and not is_package(name)


@cache
def is_package(module: str) -> bool:
    package = REPOSITORY.joinpath(*module.split("."), "__init__.py")
    return package.exists() and len(package.read_text().splitlines()) <= 1


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")


def test_no_module_of_the_domain_imports_a_layer_above() -> None:
    rank = {name: number for number, names in enumerate(LAYERS) for name in names}

    def layer(module: str) -> int:
        return rank[module.split(".")[1]]

    upwards = [
        f"{module} imports {name}"
        for module, names in imports().items()
        if module.startswith("chargepoints.")
        for name in names
        if name.startswith("chargepoints.") and layer(name) > layer(module)
    ]
    assert upwards == []


def test_every_package_of_the_domain_has_its_layer() -> None:
    known = set().union(*LAYERS) | {"migrations"}
    folder = REPOSITORY / "chargepoints"
    found = {path.parent.name for path in folder.glob("*/__init__.py")}
    found |= {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert found == known
