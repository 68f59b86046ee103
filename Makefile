# Every target does its own set-up; a second run finds it done.
.DEFAULT_GOAL := help
.PHONY: help demo test test-faults test-smoke test-faults-all release-check clients local check deploy redrive smoke bench-scale bench-peers bench-limits bench-sweeps docs screenshots lock clean
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

export SAM_CLI_TELEMETRY := 0
export PATH := $(CURDIR)/.venv/bin:$(PATH)
VENV := .venv/.installed
CHECKOV := .venv-checkov/.installed
CODE := functions layers/core client/python/src cli/src cli/hatch_build.py localcloud tests benchmarks tools

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV) ## onboard two clients on the embedded AWS; SPEED=300 to watch it
	@python -m localcloud.demo $(if $(SPEED),--speed "$(SPEED)")

test: $(VENV) ## all tests but the kill matrix, the smoke test's and the release's; no AWS account
	pytest -n 2 --dist loadgroup --ignore tests/faults --ignore tests/smoke --ignore tests/release

test-faults: $(VENV) ## the kill matrix: faults in every call of every function
	pytest -q -n 2 --dist loadgroup tests/faults

test-smoke: $(VENV) ## make smoke on the embedded AWS, with MSK as assumed and otherwise
	pytest -q -n 2 --dist loadgroup tests/smoke

test-faults-all: $(VENV) ## the same with every kind of error for each call; before a release
	pytest -q -n 2 --dist loadgroup tests/faults --every-kind

FROM :=
release-check: $(VENV) ## versions, names, packages, an upgrade (FROM=tag) and the way back; some minutes
	pytest -n 2 --dist loadgroup tests/release tests/template/test_release.py \
	  tests/template/test_contract.py $(if $(FROM),--upgrade-from "$(FROM)")

CLIENTS := tests/e2e/clients
clients: $(CLIENTS)/node/node_modules/.package-lock.json $(CLIENTS)/java/lib ## Node.js and Java clients for the tests; needs npm

$(CLIENTS)/node/node_modules/.package-lock.json: $(CLIENTS)/node/npm-shrinkwrap.json
	npm ci --prefix $(CLIENTS)/node --ignore-scripts --no-audit --no-fund
	touch $@

$(CLIENTS)/java/lib: $(CLIENTS)/java/requirements.txt tools/client_jars.py | $(VENV)
	python -m tools.client_jars

local: $(VENV) ## the embedded AWS with both stacks, until Ctrl-C
	@exec python -m localcloud

check: $(VENV) $(CHECKOV) ## lint, types and templates
	ruff check .
	ruff format --check .
	mypy $(CODE)
	cfn-lint template.yaml client.yaml
	sam validate --lint --region eu-west-1
	zizmor --offline --no-progress --persona pedantic .github/workflows
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	CKV_SKIP_PACKAGE_UPDATE_CHECK=true .venv-checkov/bin/checkov

deploy: $(VENV) ## the owner stack, to the AWS account of your credentials
	sam build
	sam deploy --guided

STACK := msklink
redrive: $(VENV) ## replay the dead-letter queues of STACK to their targets
	@python -m tools.redrive $(STACK)

# Only from the command line: a variable of the shell must not name a cluster by accident.
given = $(if $(filter command,$(origin $(1))),--$(2) "$($(1))")
SMOKE = $(call given,OWNER,owner-profile) $(call given,CLIENT,client-profile) \
  $(call given,REGION,region) $(call given,CLUSTER,cluster) $(call given,UNTIL,until) \
  $(call given,STEP,step) $(if $(filter command,$(origin CLEANUP)),--cleanup) $(ARGS)
smoke: $(VENV) ## try MSKLink in real accounts (OWNER, CLIENT: profiles; UNTIL=account is free)
	@PYTHONPATH=.:layers/core:cli/src python -m tools.smoke $(SMOKE)

bench-scale: $(VENV) ## measure many clients and clusters; a quarter of an hour
	@PYTHONPATH=.:layers/core python -m benchmarks.scale

bench-peers: $(VENV) ## measure MSKLink beside the alternatives; writes tables and chart in docs; five minutes
	@PYTHONPATH=.:layers/core python -m benchmarks.peers

bench-limits: $(VENV) ## simulate throttling and a flood of requests; five minutes
	@PYTHONPATH=.:layers/core python -m benchmarks.throttling
	@PYTHONPATH=.:layers/core python -m benchmarks.flood

bench-sweeps: $(VENV) ## measure sweeps of 600 accounts and of 1,000 clusters; hours
	@PYTHONPATH=.:layers/core python -m benchmarks.sweeps

docs: $(VENV) ## generate pages and diagrams from the code, and the probe in the client stack
	PYTHONPATH=.:layers/core python -m tests.support.diagrams
	PYTHONPATH=.:layers/core python -m tests.support.refusal_page
	PYTHONPATH=.:layers/core python -m tests.support.probe_code
	PYTHONPATH=.:layers/core python -m tests.support.permission_page

screenshots: $(VENV) ## take the pictures of the owner's page in docs/images; needs Chromium
	PYTHONPATH=.:layers/core:cli/src python -m tools.page_screenshots

lock: $(VENV) ## update and pin the requirements with hashes
	uv pip compile -q --upgrade --generate-hashes --python-version 3.13 --no-emit-index-url \
	  --no-header layers/dependencies/requirements.in -o layers/dependencies/requirements.txt
	uv pip compile -q --upgrade --generate-hashes --python-version 3.13 --no-emit-index-url \
	  --no-header -c layers/dependencies/requirements.txt requirements-dev.in -o requirements-dev.txt
	uv pip compile -q --upgrade --generate-hashes --python-version 3.13 --no-emit-index-url \
	  --no-header requirements-checkov.in -o requirements-checkov.txt

clean: ## remove the output of the other targets
	rm -rf .venv .venv-checkov .aws-sam .localcloud .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Goes by content, not by time: a fresh checkout has new times and an old lock.
.PHONY: $(VENV)
$(VENV):
	@cmp -s requirements-dev.txt $(VENV) || { \
	  python=$$(PATH="$${PATH#$(CURDIR)/.venv/bin:}"; for name in python3.13 python3 python; do \
	    "$$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null \
	      && { command -v "$$name"; break; }; done); \
	  test -n "$$python" || { \
	    echo "Python 3.13 is needed (the Lambda runtime is python3.13): install it, or put it first on PATH." >&2; \
	    exit 1; }; \
	  echo "Installing the pinned requirements into .venv (once, about a minute) ..."; \
	  rm -rf .venv && "$$python" -m venv .venv; \
	  .venv/bin/pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt; \
	  cp requirements-dev.txt $(VENV); }

# Checkov pins an old boto3, so it has an environment of its own.
.PHONY: $(CHECKOV)
$(CHECKOV): $(VENV)
	@cmp -s requirements-checkov.txt $(CHECKOV) || { \
	  echo "Installing the pinned Checkov into .venv-checkov (once) ..."; \
	  rm -rf .venv-checkov && python -m venv .venv-checkov; \
	  .venv-checkov/bin/pip install -qq --disable-pip-version-check --require-hashes \
	    -r requirements-checkov.txt; \
	  cp requirements-checkov.txt $(CHECKOV); }
