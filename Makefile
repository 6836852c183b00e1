# `make` prints what there is. Everything is installed into .venv; Python 3.11 or newer and make are enough,
# but for `make lint-documents`, which needs Node.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
DOCUMENTS := $(filter-out %.arazzo.yaml,$(wildcard openapi/*.yaml))
WORKFLOWS := $(wildcard openapi/*.arazzo.yaml)

.DEFAULT_GOAL := help
.PHONY: help conformance test detection soak docs bench bench-detection bench-mutants bench-time bench-models bench-seeds bench-server check review arazzo generate-typescript openapi-generator dependencies minimum lint lint-python lint-documents types generate check-generated build clean

help: ## print the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-24s %s\n", $$1, $$2}'

conformance: .venv/suite ## run the suite against the reference server
	$(BIN)/retryspec check --reference

test: .venv/dev ## run this repository's own tests
	$(BIN)/python -m pytest -q -n 2 --dist worksteal

detection: .venv/dev ## try the suite on every faulty and lenient server, not only on some of each kind
	RETRYSPEC_ALL_SERVERS=1 $(BIN)/python -m pytest -q -n 2 --dist worksteal conformance/selftest/test_detection.py

soak: .venv/dev ## load, faults and hostile servers at full length (hours; RETRYSPEC_SOAK=0.01 is a hundredth)
	RETRYSPEC_SOAK=$${RETRYSPEC_SOAK:-1} $(BIN)/python -m pytest -q --durations=0 $(wildcard conformance/selftest/test_reference_robust*.py) conformance/selftest/test_hostile.py

docs: .venv/dev ## write the static site: references, behaviours, decisions, guides
	rm -rf site
	$(BIN)/python -m retryspec.pages --out site

bench: .venv/bench ## measure what the suite detects and costs, and write conformance/bench/RESULTS.md (about an hour)
	cd conformance && ../$(BIN)/python -m bench

bench-detection bench-mutants bench-time bench-models bench-seeds bench-server: .venv/bench ## a piece of it alone
	cd conformance && ../$(BIN)/python -m bench $(@:bench-%=%)

check: lint types check-generated dependencies test build ## all that a reviewer runs

dependencies: .venv/dev ## what is installed fits together, and is what constraints.txt names
	$(PIP) check
	.ci/constraints-hold $(BIN)/python constraints.txt

minimum: ## the oldest versions that pyproject.toml allows are enough for a run
	rm -rf .venv-minimum && $(PYTHON) -m venv .venv-minimum
	$(PYTHON) .ci/lower-bounds pyproject.toml >.venv-minimum/constraints.txt
	.venv-minimum/bin/python -m pip --quiet --disable-pip-version-check install -c .venv-minimum/constraints.txt '.[check,serve]'
	.venv-minimum/bin/retryspec check --reference --depth quick --out .venv-minimum/report

lint: lint-python lint-documents ## the linters of code and documents (the latter need Node)

lint-python: .venv/dev ## ruff: rules and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

lint-documents: .venv/dev ## the documents: openapi-spec-validator, our own lints, Redocly
	$(BIN)/openapi-spec-validator $(DOCUMENTS)
	$(BIN)/python -m retryspec.document_lints $(DOCUMENTS) $(WORKFLOWS)
	@command -v npm >/dev/null || { echo "make lint-documents: Redocly's linter needs Node 20 or newer with npm, which is not here; install it and run this again." >&2; exit 1; }
	npm ci --silent --no-audit --no-fund
	npm run --silent lint

review: .venv/dev ## a page for who reviews the contract: what the working tree changes since the last tag (or BASE=revision)
	$(BIN)/python -m retryspec.diff.review $(BASE)

arazzo: .venv/dev ## let Redocly Respect follow openapi/*.arazzo.yaml against the reference server (needs Node)
	npm ci --silent --no-audit --no-fund
	$(BIN)/python .ci/try-arazzo

generate-typescript: .venv/dev ## write build/typescript from openapi/, and compile it with every example (needs Node)
	npm ci --silent --no-audit --no-fund
	rm -rf build/typescript && mkdir -p build/typescript
	for document in $(DOCUMENTS); do npx --no-install openapi-typescript $$document --output build/typescript/$$(basename $$document .yaml).ts || exit 1; done
	$(BIN)/python .ci/typescript-examples build/typescript
	npx --no-install tsc --strict --noEmit --skipLibCheck false build/typescript/*.ts

openapi-generator: .venv/pip pyproject.toml ## let openapi-generator validate the documents (its package carries a Java of its own)
	$(PIP) install -c constraints.txt --group openapi-generator
	for document in $(DOCUMENTS); do $(BIN)/openapi-generator-cli validate -i $$document || exit 1; done

types: .venv/dev ## mypy (strict) and pyright
	$(BIN)/mypy
	$(BIN)/pyright

generate: .venv/dev ## write generated/ from openapi/
	$(BIN)/python -m retryspec.generate

check-generated: .venv/dev ## fail on any difference between generated/ and what openapi/ gives
	$(BIN)/python -m retryspec.generate --check

build: .venv/dev ## build the wheel and try it in an environment of its own
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist . >/dev/null
	PYTHON=$(PYTHON) .ci/try-wheel dist/*.whl

clean: ## remove what make installed and wrote
	rm -rf .venv .venv-minimum node_modules dist site retryspec-report .mypy_cache .ruff_cache .pytest_cache

.venv/pip: constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("make: Python 3.11 or newer is needed, and $(PYTHON) is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(PIP) install -c constraints.txt pip
	@touch $@

.venv/suite: .venv/pip pyproject.toml
	$(PIP) install -c constraints.txt -e '.[check,serve]'
	@touch $@

.venv/dev: .venv/pip pyproject.toml
	$(PIP) install -c constraints.txt -e '.[all]' --group dev
	@touch $@ .venv/suite

.venv/bench: .venv/dev pyproject.toml
	$(PIP) install -c constraints.txt --group bench
	@touch $@
