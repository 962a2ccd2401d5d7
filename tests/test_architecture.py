"""What may not change about the code as a whole: who may import whom, and how large anything is."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

pytestmark = pytest.mark.embedded

REPOSITORY = Path(__file__).resolve().parent.parent
VERSIONS = sorted(path.name for path in REPOSITORY.glob("ocpp_v*"))
APPS = ["connect_site", *VERSIONS, "core_link", "chargepoints"]


def extended_by(app: str) -> list[str]:
    """The app of the one version that this one declares to extend, if any."""
    base = import_module(f"{app}.version").VERSION.extends
    return [other for other in VERSIONS if import_module(f"{other}.version").VERSION is base]


# Of the other apps, those that each one may import.
MAY_IMPORT = {
    "connect_site": {*VERSIONS, "core_link", "chargepoints"},
    **{version: {"core_link", "chargepoints", *extended_by(version)} for version in VERSIONS},
    "core_link": {"chargepoints"},
    "chargepoints": set(),
}
# What a version app may know of the machinery; all else it reaches through its arguments.
GATEWAY_OF_VERSIONS: set[str] = set()
LONGEST_FILE = 400
LONGEST_FUNCTION = 60

Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def modules(*packages: str) -> list[Path]:
    """Python files that people write: not the migrations, which `makemigrations` does."""
    found = (path for package in packages for path in (REPOSITORY / package).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def everything() -> list[Path]:
    return [*modules(*APPS, "tests", "benchmarks"), REPOSITORY / "manage.py"]


def texts() -> list[Path]:
    """All that is written for people or machines to read, without what is installed or made."""
    endings = {".py", ".md", ".html", ".css", ".toml", ".txt", ".conf", ".service", ".yml"}
    own = [path for path in REPOSITORY.iterdir() if path.is_dir() and path.name not in {"var"}]
    found = [*REPOSITORY.glob("*"), *(REPOSITORY / ".ci").glob("*")]
    for directory in own:
        if not directory.name.startswith("."):
            found += directory.rglob("*")
    named = {"Makefile", ".env.example", "run", "with-services"}
    return [
        path for path in found if path.is_file() and (path.suffix in endings or path.name in named)
    ]


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a module: looking for them takes longer than any test here."""
    return tuple(ast.walk(ast.parse(path.read_text())))


def imported(path: Path) -> Iterator[str]:
    """The full names of what a module imports, inside functions too."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def texts_in_code(path: Path) -> Iterator[tuple[int, str]]:
    """String constants with their lines; docstrings are prose, and left out."""
    prose = {
        id(node.body[0].value)
        for node in nodes(path)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def place(path: Path, line: int = 0) -> str:
    name = str(path.relative_to(REPOSITORY))
    return f"{name}:{line}" if line else name


# --- Imports ------------------------------------------------------------------------------------


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_the_apps_below_it(app: str) -> None:
    forbidden = set(APPS) - {app} - MAY_IMPORT[app]
    found = [
        f"{place(path)} imports {name}"
        for path in modules(app)
        for name in imported(path)
        if name.split(".")[0] in forbidden
    ]
    assert found == []


@pytest.mark.parametrize("app", ["chargepoints", "core_link", *VERSIONS])
def test_no_app_reaches_upwards_by_a_dotted_path_in_a_text(app: str) -> None:
    forbidden = "|".join(set(APPS) - {app} - MAY_IMPORT[app])
    dotted = re.compile(rf"(?:{forbidden})\.\w")
    found = [
        f"{place(path, line)} names {text!r}"
        for path in modules(app)
        for line, text in texts_in_code(path)
        if dotted.match(text)
    ]
    assert found == []


@pytest.mark.parametrize("app", ["chargepoints", "core_link"])
def test_only_version_apps_know_which_versions_there_are(app: str) -> None:
    a_version = re.compile(r"(?:ocpp)?[12]\.\d(?:\.\d)?j?", re.IGNORECASE)
    found = [
        f"{place(path, line)} names {text!r}"
        for path in modules(app)
        for line, text in texts_in_code(path)
        if a_version.fullmatch(text)
    ]
    assert found == []


@pytest.mark.parametrize("app", [app for app in VERSIONS if extended_by(app)])
def test_only_the_settings_name_a_version_that_extends_another(app: str) -> None:
    """No line of another app does, in code, comments or pages: it would have to go with the app."""
    name = re.escape(import_module(f"{app}.version").VERSION.name)
    # Not 2.1 of 4.2.1, of 127.0.2.1 or of 2.10.
    named = re.compile(rf"(?<![\d.]){name}(?![\d.]*\d)|{app}|v{app.removeprefix('ocpp_v')}\b", re.I)
    files = (
        path
        for other in APPS
        for path in (REPOSITORY / other).rglob("*")
        if other != app and path.suffix in {".py", ".html", ".txt", ".css", ".js"}
    )
    found = [
        place(path, number)
        for path in files
        if path != REPOSITORY / "connect_site" / "settings.py" and not path.name.endswith(".min.js")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if named.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("app", VERSIONS)
def test_a_version_app_translates_and_leaves_sockets_and_commits_to_others(app: str) -> None:
    found = [
        f"{place(path)} imports {name}"
        for path in modules(app)
        for name in imported(path)
        if name.startswith("chargepoints.gateway.")
        and not any(
            name == allowed or name.startswith(f"{allowed}.") for allowed in GATEWAY_OF_VERSIONS
        )
    ]
    assert found == []


@pytest.mark.parametrize("app", ["chargepoints", *VERSIONS])
def test_only_the_link_to_core_speaks_http(app: str) -> None:
    clients = {"requests", "urllib3", "httpx", "aiohttp"}
    found = [
        f"{place(path)} imports {name}"
        for path in modules(app)
        for name in imported(path)
        if name.split(".")[0] in clients or name in {"http.client", "urllib.request"}
    ]
    assert found == []


@pytest.mark.parametrize("name", ["message_ids", "ocppj", "tolerant_json"])
def test_the_framing_is_without_io(name: str) -> None:
    path = REPOSITORY / "chargepoints" / "gateway" / f"{name}.py"
    ours = {"chargepoints.gateway"} | {
        f"chargepoints.gateway.{each}" for each in ("message_ids", "tolerant_json")
    }
    assert {name.split(".")[0] for name in set(imported(path)) - ours} <= {
        "dataclasses",
        "json",
        "orjson",
        "re",
        "typing",
    }
    assert not [node for node in nodes(path) if isinstance(node, ast.Await)]


def test_what_is_stored_or_compared_is_of_the_one_clock() -> None:
    """`clock.now()` is the same on all hosts; pages may go by the host's own."""
    pages = {"admin", "templatetags", "management", "models"}
    found = [
        place(path, node.lineno)
        for path in modules("chargepoints", "core_link", *VERSIONS)
        if pages.isdisjoint({*path.relative_to(REPOSITORY).parts, path.stem})
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "timezone.now"
    ]
    assert found == []


# --- Sizes --------------------------------------------------------------------------------------


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    lengths = {place(path): len(path.read_text().splitlines()) for path in everything()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_every_function_fits_on_a_screen() -> None:
    lengths = {
        f"{place(path, node.lineno)} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in everything()
        for node in nodes(path)
        if isinstance(node, Function)
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


# --- Tests --------------------------------------------------------------------------------------


def test_no_test_is_skipped_whatever_holds() -> None:
    skipping = re.compile(
        r"pytest\.mark\.skip(?!if)|pytest\.skip$|pytest\.mark\.xfail|unittest\.skip$"
    )
    found = [
        place(path, node.lineno)
        for path in modules("tests")
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and skipping.match(ast.unparse(node))
    ]
    assert found == []


# --- Texts --------------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """What the headings of a page may be linked by."""
    headings = re.findall(r"^#+ +(.+?) *$", path.read_text(), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def links(path: Path) -> Iterator[str]:
    """The targets of a page's links and images to other places of the repository."""
    without_code = re.sub(r"^(?:```.*?^```| {4}.*?$)", "", path.read_text(), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code):
        if not re.match(r"[a-z]+:", target):
            yield target


def test_every_link_in_a_page_leads_somewhere() -> None:
    lost = []
    for path in texts():
        if path.suffix != ".md":
            continue
        for link in links(path):
            target, _, anchor = link.partition("#")
            to = (path.parent / target).resolve() if target else path
            if not to.exists() or (anchor and to.suffix == ".md" and anchor not in anchors(to)):
                lost.append(f"{place(path)}: {link}")
    assert lost == []


def test_no_text_holds_the_path_of_somebodys_machine() -> None:
    a_home = re.compile(r"(?<![\w.~:/}-])/(?:home|root|work|Users|tmp)/\w")
    found = [
        place(path, number)
        for path in texts()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if a_home.search(line)
    ]
    assert found == []


def test_names_say_what_a_thing_is_for() -> None:
    vague = re.compile(r"util|helper|manager|legacy|misc|common", re.IGNORECASE)
    assert [place(path) for path in everything() if vague.search(path.stem)] == []
