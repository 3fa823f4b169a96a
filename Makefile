# `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run test test-registry3 lint bench profile format lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## install what is missing, build the console and run everything in the foreground; settings: docs/settings.md, or a file .env
	@scripts/bootstrap run
	@exec setpriv --pdeathsig=TERM -- .venv/bin/moorage run $(if $(wildcard .env),--env-file .env)

test: ## run all tests; ARGS are pytest's: make test ARGS="tests/unit -k token"
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.kit.install
	@.venv/bin/python -m pytest -n 2 --dist loadgroup $(ARGS)

test-registry3: ## run what Distribution 3.1.1 must pass too, where Go is to build it; ARGS are pytest's, REGISTRY_BIN is another one
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.kit.install
	@.venv/bin/python -m tests.kit.distribution3 $(ARGS)

lint: ## check style, types, the walls between services, the console, and that migrations and tables agree
	@scripts/bootstrap dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/moorage schema-check
	.venv/bin/moorage console --check

bench: ## measure the speed contract, write bench/results.md; ARGS="token lists" measures those rows alone
	@scripts/bootstrap dev
	@.venv/bin/python -m tests.kit.install >/dev/null
	@.venv/bin/python -m bench $(ARGS)

profile: ## where a service's time goes under load: make profile ARGS=auth (catalog, events)
	@scripts/bootstrap dev
	@.venv/bin/python -m bench.profile $(ARGS)

format: ## format the code and mend what can be mended
	@scripts/bootstrap dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/moorage console --dev
	cd console && PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent format

lock: ## pin every version anew, with hashes and without naming a registry
	@scripts/bootstrap dev
	.venv/bin/uv pip compile -q --universal --generate-hashes --no-strip-extras --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock
	.venv/bin/uv pip compile -q --universal --generate-hashes --no-strip-extras --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove what make itself made, .venv and caches, and leave the data alone
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis console/node_modules console/dist console/dist.new console/.npm-cache console/.built
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
