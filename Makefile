# `make help` lists the commands.
.DEFAULT_GOAL := help
.PHONY: help run test test-replicas test-upgrade test-registry3 test-clients test-kubernetes lint bench \
	profile format lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## install dependencies, build the console, run Moorage; docs/settings.md lists the settings
	@scripts/bootstrap run
	@exec setpriv --pdeathsig=TERM -- .venv/bin/moorage run $(if $(wildcard .env),--env-file .env)

test: ## run all tests; ARGS go to pytest: make test ARGS="tests/unit -k token"
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.kit.install
	@.venv/bin/python -m pytest -n 2 $(ARGS)

test-replicas: ## stop each of two replicas of every part in turn, five times, under load (10 min)
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.kit.install
	@MOORAGE_REPLICA_ROUNDS=5 MOORAGE_REPLICA_SECONDS=600 \
		.venv/bin/python -m pytest -s tests/e2e/test_replica_stops.py $(ARGS)

test-upgrade: ## upgrade replica by replica from the version before and back, under load
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.kit.install
	@MOORAGE_UPGRADE_TEST=1 .venv/bin/python -m pytest -s tests/e2e/test_rolling_upgrade.py $(ARGS)

test-registry3: ## run the registry tests on Distribution 3.1.1 (needs Go) or REGISTRY_BIN
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.kit.install
	@.venv/bin/python -m tests.kit.distribution3 -n 2 --dist loadgroup $(ARGS)

test-clients: ## run docker, podman, crane, oras, cosign … against both registries (needs Go)
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.kit.install
	@.venv/bin/python -m tests.clients $(ARGS)

test-kubernetes: ## install the chart in the cluster of KUBECONFIG and test it under load (needs Go)
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.kubernetes $(ARGS)

lint: ## check style, types, imports between services, the console, and that migrations match tables
	@scripts/bootstrap dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/moorage schema-check
	.venv/bin/moorage console --check

bench: ## measure speed and write bench/results.md; ARGS="token lists" measures only those rows
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.kit.install >/dev/null
	@.venv/bin/python -m bench $(ARGS)

profile: ## profile a service under load: make profile ARGS=auth (or catalog, events)
	@scripts/bootstrap dev
	@.venv/bin/python -m bench.profile $(ARGS)

format: ## format the code and fix lint errors that can be fixed automatically
	@scripts/bootstrap dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/moorage console --dev
	cd console && PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent format

COMPILE = .venv/bin/uv pip compile -q --universal --generate-hashes --no-strip-extras \
	--no-emit-index-url --python-version 3.11 --custom-compile-command "make lock"

lock: ## update the lock files: pin every version with hashes, without the name of a registry
	@scripts/bootstrap dev
	$(COMPILE) --extra tracing pyproject.toml -o requirements.lock
	$(COMPILE) --extra dev --extra tracing -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove .venv, build output, and caches; keep the data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		console/node_modules console/dist console/dist.new console/.npm-cache console/.built
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
