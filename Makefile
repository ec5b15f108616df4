# Two commands do everything on a fresh machine with python3.11+ and make: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
ROOMS := chunkers embedders flows index parsers pipeline reports schemas sources storage validators workers

.PHONY: help env run server worker deploy reports certificates test soak check format bench eval docs site lock audit offline clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

env: .venv/.installed ## Make the environment from the lock file

.venv/.installed: requirements.lock pyproject.toml setup.py client/pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Vouch needs Python 3.11 or newer: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	# torch first and without its hash: each machine has its own build (CUDA, CPU), perhaps of another index.
	$(BIN)/pip install --quiet "$$(grep -oE '^torch==[0-9.]+' requirements.lock)"
	# The lock is complete for Linux; what another system needs besides comes with the last line.
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-build-isolation -e .
	$(BIN)/pip install --quiet --no-build-isolation --no-deps -e client
	touch $@

# With MODEL in a folder of its own below data, so that the index of vouch.yaml stays as it is.
SAMPLE := $(if $(MODEL),data/$(notdir $(MODEL))/vouch.yaml,vouch.yaml)

run: export VOUCH_MODELS ?= $(CURDIR)/data/models
run: env ## Ingest the sample corpus, search it, and say where the report is; MODEL=multilingual with another model
	$(if $(MODEL),mkdir -p $(dir $(SAMPLE)) && sed 's|: data/sample/|: ../sample/|; s|^  model: .*|  model: $(MODEL)|' vouch.yaml > $(SAMPLE))
	$(BIN)/vouch --config $(SAMPLE) ingest --runner prefect
	$(BIN)/vouch --config $(SAMPLE) search -k 1 $(EXAMPLES)
	$(BIN)/vouch --config $(SAMPLE) report

EXAMPLES := \
	"Which operator did Python get for assignment inside an expression?" \
	"How do I keep a flow from running twice at the same time?" \
	"¿Cómo se averigua la temperatura de la Tierra en épocas remotas?"

server worker deploy: export PREFECT_HOME ?= $(CURDIR)/data/prefect
worker deploy: export PREFECT_API_URL ?= http://127.0.0.1:4200/api
server worker deploy: export PREFECT_SERVER_ANALYTICS_ENABLED = false

server: export PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE ?= prefect.server.concurrency.lease_storage.filesystem
# Where people open the pages: alerts link there. Workers derive it from PREFECT_API_URL.
server: export PREFECT_UI_URL ?= http://127.0.0.1:$(or $(PREFECT_SERVER_API_PORT),4200)
server: env ## Start Prefect's server and its pages on port 4200; PREFECT_API_DATABASE_CONNECTION_URL names a PostgreSQL
	$(BIN)/prefect server start

worker: env ## Start a worker that runs the deployments of this checkout, from the server at PREFECT_API_URL
	$(BIN)/prefect worker start --pool vouch --type process

deploy: env ## Register pool, deployments and automations with the server at PREFECT_API_URL
	$(BIN)/prefect work-pool create vouch --type process --overwrite
	$(BIN)/prefect --no-prompt deploy --all
	$(BIN)/python -m vouch.flows.automations

reports: env ## Serve the reports on port 4201, where artifacts and alerts link to (run.report_url)
	mkdir -p data/reports
	$(BIN)/python -m http.server 4201 --bind 127.0.0.1 --directory data/reports

certificates: ## Make the certificate that scheduler, workers and runs of a cluster share, in the folder certificates
	test -f certificates/key.pem || { umask 077 && mkdir -p certificates && openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj /CN=vouch-cluster -keyout certificates/key.pem -out certificates/certificate.pem; }

test: env ## Run all tests, in four processes: on two cores some wait while two work
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

soak: env ## Replay the histories below HISTORIES, kill runs at 100 moments, fill the disk (hours)
	HISTORIES=$(HISTORIES) $(BIN)/pytest -m soak tests

check: env ## Lint, prose, types, layers and the documentation's links
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m tools.prose
	$(BIN)/python -m tools.link_tree build/links
	$(BIN)/mypy
	cd build/links && ../../$(BIN)/lint-imports --no-cache --config ../../pyproject.toml
	$(BIN)/python -m tools.site

format: env ## Put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

offline: env ## Run the main job in a network namespace without a route (Linux)
	$(BIN)/python -m tests.without_network $(BIN)/vouch ingest

bench: env ## How fast it is and what it takes, beside baselines: CORPORA=a folder of public test collections (idle machine, hours)
	$(BIN)/python -m benchmarks.speed $(CORPORA)

eval: env ## How well it reads and finds, beside what is usual: CORPORA=a folder of public test collections
	$(BIN)/python -m benchmarks.eval $(CORPORA)

docs: env ## Write docs/settings.md and docs/commands.md from the code
	$(BIN)/python -m docs.generate

site: env ## Build the documentation as a searchable site in build/site, with strict links
	$(BIN)/python -m tools.link_tree build/links
	$(BIN)/python -m tools.site

lock: ## Resolve the dependencies of pyproject.toml again into requirements.lock, with their hashes
	rm -rf .lock-venv && $(PYTHON) -m venv .lock-venv
	.lock-venv/bin/pip install --quiet "$$(grep -oE 'torch==[0-9.]+' pyproject.toml)"
	.lock-venv/bin/pip install --quiet -e '.[dev]' && .lock-venv/bin/pip install --quiet setuptools wheel
	.lock-venv/bin/pip freeze --all --exclude-editable --exclude pip | sed "s|^\(torch==[0-9.]*\)+.*|\1|" > .lock-venv/pinned.txt
	.lock-venv/bin/pip install --quiet uv
	.lock-venv/bin/uv pip compile --quiet --no-deps --generate-hashes --no-header --no-annotate --output-file requirements.lock .lock-venv/pinned.txt
	rm -rf .lock-venv

audit: ## Ask the package index which locked packages have known vulnerabilities
	rm -rf .audit-venv && $(PYTHON) -m venv .audit-venv && .audit-venv/bin/pip install --quiet pip-audit
	.audit-venv/bin/pip-audit --require-hashes --disable-pip -r requirements.lock
	rm -rf .audit-venv

clean: ## Remove what runs made, and the environment
	git clean -fdX -e '!.env' -e '!vouch.env' .
