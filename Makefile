# Everything a developer does. `make run` and `make test` need Python 3.11 and nothing else.

# The first Python on the path that is new enough.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$each && break; \
	done)
VENV = .venv
BIN = $(VENV)/bin
# What runs in production, and that with what tests, lint and types need.
RUNNABLE = $(VENV)/runnable
INSTALLED = $(VENV)/installed
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
PYTEST = $(BIN)/python -m pytest
# The commands that only look at the code need settings, but no secrets.
TEST_SETTINGS = DJANGO_SETTINGS_MODULE=tests.settings

FAULT_TESTS = tests/faults tests/core_link/delivery/test_workers.py
RANDOM_TESTS = tests/ocpp_v16/test_mutated_messages.py tests/ocpp_v201/test_mutated_messages.py \
	tests/ocpp_v201/test_bad_input.py tests/ocpp_v201/test_optional_fields.py tests/chargepoints/api/test_what_is_documented.py

# What is written for OCPP 2.0.1 holds for 2.1, which extends it.
OF_201 = tests/conformance/test_ocpp201_*.py tests/ocpp_v201

.PHONY: run test test-slow test-services test-faults with-services faults mutants lint lint-api docs format types migrations bench check lock clean

## run: the gateway with a fake core and simulated chargers; Ctrl-C stops all of it
run: $(RUNNABLE)
	@$(BIN)/python manage.py demo

## test: the suite, on SQLite and the in-memory channel layer
test: $(INSTALLED)
	env -u TEST_DATABASE_URL -u TEST_REDIS_URL $(PYTEST) -n 6 --dist loadfile --no-loadscope-reorder -m "not services and not slow"

## test-slow: the tests of the suite that take ten seconds and more, which `make test` leaves out
test-slow: $(INSTALLED)
	env -u TEST_DATABASE_URL -u TEST_REDIS_URL $(PYTEST) -n 4 --dist loadfile -m "slow and not services"

## test-services: the suite on PostgreSQL and Redis, with the tests that need nginx and a browser; those of 2.0.1 over 2.1 as well
test-services: $(INSTALLED) with-services
	$(PYTEST) -n 2 --dist loadfile -m "not embedded" $(addprefix --ignore=,$(FAULT_TESTS))
	STATION_PROTOCOL=ocpp2.1 $(PYTEST) -n 2 --dist loadfile -m "not embedded" $(OF_201)

## test-faults: the faults of docs/promises.md as far as a change has to stand them
test-faults: $(INSTALLED) with-services
	FAULTS=check $(PYTEST) -m "not embedded" $(FAULT_TESTS)

with-services:
	@test -n "$(TEST_DATABASE_URL)" -a -n "$(TEST_REDIS_URL)" \
		|| { echo "run it as: .ci/with-services make $(MAKECMDGOALS)" >&2; exit 1; }

## faults: the faults of docs/promises.md in full, and more of what is drawn at random
faults: $(INSTALLED)
	FAULTS=long $(PYTEST) --timeout 7200 $(FAULT_TESTS)
	API_EXAMPLES=20 $(PYTEST) --timeout 7200 -n 2 --dist loadfile --hypothesis-profile=thorough \
		$(RANDOM_TESTS)
	STATION_PROTOCOL=ocpp2.1 $(PYTEST) --timeout 7200 --hypothesis-profile=thorough \
		tests/ocpp_v201/test_mutated_messages.py

## mutants: put faults into a copy of the product, and see that each is caught by a test
mutants: $(INSTALLED)
	$(BIN)/python -m tests.mutants

## lint: style, formatting, types, and models without a migration
lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(TEST_SETTINGS) $(BIN)/python -m django makemigrations --check --dry-run

## lint-api: the OpenAPI document by a public linter, and a TypeScript client made of it; needs npx, and the internet
lint-api: API = var/api
lint-api: $(INSTALLED)
	mkdir -p $(API)
	$(TEST_SETTINGS) $(BIN)/python -c "import django; django.setup(); \
		from chargepoints.api.pages import document; \
		open('$(API)/openapi.json', 'wb').write(document())"
	cp tests/chargepoints/api/typed_events.ts $(API)
	cd $(API) && npx --yes @redocly/cli@2 lint openapi.json --skip-rule info-license
	cd $(API) && npx --yes openapi-typescript@7 openapi.json --output gateway.ts
	cd $(API) && npx --yes --package typescript@5 tsc --noEmit --strict gateway.ts typed_events.ts

## docs: the documentation as a site, in var/docs; a link that leads nowhere fails it
docs: $(INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --config-file docs_site/mkdocs.yml

## format: put the code into its form
format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## bench: throughput, latency and memory beside other servers, in one table
bench: $(INSTALLED)
	@$(BIN)/python -m benchmarks

## check: all that a change has to pass; `.ci/with-services make check` brings what it needs
check: lint test test-slow test-faults test-services

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache

## lock: after a change of requirements.txt or requirements-dev.txt, all versions and hashes anew
lock: LOCK = var/lock/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet
lock:
	$(PYTHON) -m venv var/lock
	var/lock/bin/pip install --quiet uv==0.13.9
	$(LOCK) requirements.txt --output-file requirements.lock
	$(LOCK) requirements-tracing.txt --constraint requirements.lock --output-file requirements-tracing.lock
	$(LOCK) requirements-dev.txt --constraint requirements-tracing.lock --output-file requirements-dev.lock

$(RUNNABLE): requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) -r requirements.lock
	@touch $@

$(INSTALLED): $(RUNNABLE) requirements-dev.lock
	$(PIP_INSTALL) -r requirements-dev.lock
	@touch $@
