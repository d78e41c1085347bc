# Everything is done from here; `make` alone lists it. Needs python3 with venv, nothing else.
# The system's own Python where it will do: distributions build theirs with optimizations, and the
# gateway takes a third more calls on it than on one that was built without.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --require-hashes
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links
CODE := manage.py axiom gateway usage providers accounts foundation bench tests
LONGEST_FILE := 300

# Checks load the settings, which want keys: these live beside the tools and protect nothing.
CHECKING := AXIOM_DATA=$(CURDIR)/$(VENV)/checks
PYTEST := $(BIN)/python -m pytest

# Where tests may be marked as journeys: nothing else is imported for them.
JOURNEYS := tests/journeys tests/clients tests/gateway/test_connect_snippets.py tests/gateway/test_sdks_to_aimock.py

# The OpenAI-compatible server of the journeys, which is not ours and comes from npm.
SERVER := tests/journeys/node_modules/.package-lock.json

# The agents that the Connect page is for, and the Node.js that they want.
CLIENTS := tests/gateway/clients
AGENTS := $(CLIENTS)/node_modules/.package-lock.json

.PHONY: help run sso test test-clients check format lock bench bench-peers guide journeys screenshots fuzz secrets clean
.PHONY: formatted linted typed layered migrated templated short secretless

help:  ## list what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 — /p' Makefile

run: $(VENV)/installed $(VENV)/guide  ## start Axiom here; Ctrl-C stops it
	@$(BIN)/python manage.py run

sso: $(VENV)/installed  ## install what AXIOM_SSO=1 needs: authenticator apps, passkeys, identity providers
	@$(INSTALL) -r requirements-sso.txt

test: $(VENV)/installed-dev $(VENV)/guide  ## run the tests (ARGS="-k word" narrows them)
	@$(PYTEST) -n 2 -m "not journey and not client and not services" $(ARGS)

test-clients: $(VENV)/installed-dev $(AGENTS)  ## let agents' own programs ask the gateway (2 GB from npm, once)
	@$(PYTEST) $(CLIENTS) -m client -n 2 -rs --timeout 400 $(ARGS)

check:  ## everything a change must pass
	@$(MAKE) --no-print-directory --jobs=2 --output-sync formatted linted typed layered migrated templated short secretless guide
	@$(MAKE) --no-print-directory test

format: $(VENV)/installed-dev  ## let ruff write the code's shape
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

guide: $(VENV)/guide  ## build the guide that the help icon opens

lock: $(VENV)/installed-dev  ## make the locked requirements of the .in files
	@$(BIN)/uv pip compile --quiet requirements.in $(LOCK) -o requirements.txt
	@$(BIN)/uv pip compile --quiet requirements-sso.in $(LOCK) -o requirements-sso.txt
	@$(BIN)/uv pip compile --quiet requirements-dev.in $(LOCK) -o requirements-dev.txt

bench: $(VENV)/installed-dev  ## measure the gateway beside others
	@$(BIN)/python -m bench $(ARGS)

bench-peers: $(VENV)/installed-dev  ## install the gateways that bench compares with
	@$(BIN)/python -m bench.install_peers

journeys: $(VENV)/installed-dev $(SERVER)  ## drive a real browser through a running installation
	@$(PYTEST) $(JOURNEYS) -m journey -n 2 --dist loadfile --timeout 400 $(ARGS)

screenshots: $(VENV)/installed-dev  ## take the documentation's pictures again
	@$(BIN)/python -m tests.journeys.screenshots

fuzz: $(VENV)/installed-dev  ## call the API at random, one by one and in sequences (TIMES=100 for longer)
	@AXIOM_FUZZ=$(or $(TIMES),30) $(PYTEST) -p no:randomly tests/axiom/api/test_api_fuzzed.py tests/axiom/api/test_api_in_sequence.py $(ARGS)

secrets: $(VENV)/installed-dev  ## accept what looks like a secret and is none, after looking at it
	@$(BIN)/detect-secrets scan --disable-plugin KeywordDetector \
		--exclude-files '^(requirements.*\.txt|\.secrets\.baseline|providers/catalog/data/.*)$$' > .secrets.baseline
	@git diff -- .secrets.baseline

clean:  ## remove what make made; the data folder stays
	@rm -rf $(VENV) guide .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# One check each
formatted: $(VENV)/installed-dev
	@$(BIN)/ruff format --check

linted: $(VENV)/installed-dev
	@$(BIN)/ruff check

typed: $(VENV)/installed-dev $(VENV)/checks/root.key
	@$(CHECKING) $(BIN)/python -m mypy

layered: $(VENV)/installed-dev
	@$(BIN)/lint-imports

migrated: $(VENV)/installed-dev $(VENV)/checks/root.key
	@$(CHECKING) $(BIN)/python manage.py makemigrations --check --dry-run

templated: $(VENV)/installed-dev
	@$(BIN)/djlint --lint $(wildcard templates */templates)

short:
	@find $(CODE) templates \( -name '*.py' -o -name '*.html' \) -not -path '*/migrations/*' -not -path 'bench/peers/*' -not -path '*/node_modules/*' \
		-exec awk 'FNR == $(LONGEST_FILE) + 1 { print FILENAME " has more than $(LONGEST_FILE) lines"; bad = 1 } END { exit bad }' {} +

secretless: $(VENV)/installed-dev $(VENV)/checks/root.key
	@cp .secrets.baseline $(VENV)/checks/secrets  # the tool writes moved lines into it, and says 3
	@found=$$($(BIN)/detect-secrets-hook --baseline $(VENV)/checks/secrets $$(git ls-files) 2>&1) \
		|| [ $$? -eq 3 ] || { echo "$$found"; exit 1; }

# The environment, from the locked files
$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Axiom needs Python 3.11 or newer. Set PYTHON.")'
	@echo "Making the virtual environment; this takes a minute or two, once."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: requirements.txt | $(VENV)/made
	@$(INSTALL) -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

$(VENV)/guide: mkdocs.yml $(shell find docs -type f) $(VENV)/installed
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@touch $@

$(SERVER): tests/journeys/package-lock.json
	@npm ci --prefix tests/journeys --silent --no-audit --no-fund
	@touch $@

$(AGENTS): $(CLIENTS)/package-lock.json
	@echo "Installing the agents' programs; this takes a few minutes, once."
	@npm ci --prefix $(CLIENTS) --loglevel=error --no-audit --no-fund --ignore-scripts
	@touch $@

$(VENV)/checks/root.key: | $(VENV)/installed
	@$(CHECKING) $(BIN)/python -c 'from axiom.first_files import ensure; ensure()'
