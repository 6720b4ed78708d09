# What a person does with this checkout. All logic is in cargo and in `devenv` (tests/harness).

.DEFAULT_GOAL := help
.PHONY: help build test test-cluster test-image lint-extra deny soak run up down clean crds manifests need-cargo
MAKEFLAGS += --no-print-directory

# A cluster or a database that the caller already has is never touched.
unexport KUBECONFIG MONGO_URL MASTER_DB_NAME

# A failure is told by its message; `make test RUST_BACKTRACE=1` shows the way to it, too.
export RUST_BACKTRACE := 0
export RUST_LIB_BACKTRACE := $(RUST_BACKTRACE)

TARGET := $(or $(CARGO_TARGET_DIR),target)/debug
DEVENV := $(TARGET)/devenv
OPERATOR := $(TARGET)/organization-operator
CRD := crds/organizations.organization-operator.dev.yaml
OPENAPI := docs/openapi.json
PROTECTION := deploy/admission/deletion-protection.yaml
CHART_FILES := charts/organization-operator/files

stage = @printf '\n== %s  (%s)\n' '$(1)' "$$(date +%H:%M:%S)"

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: need-cargo ## Build the operator and devenv
	cargo build --workspace --bins

test: need-cargo ## Everything that must hold: formatting, lints, drift, unit, property, conformance, end to end
	$(call stage,formatting)
	cargo fmt --all --check
	$(call stage,lints)
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings
	$(call stage,build)
	cargo build --locked --workspace --bins
	$(call stage,drift of generated files)
	$(OPERATOR) crd | diff -u $(CRD) - || { echo 'run `make crds` and look at the difference'; exit 1; }
	$(OPERATOR) openapi | diff -u $(OPENAPI) - || { echo 'run `make crds` and look at the difference'; exit 1; }
	@diff -u $(CRD) $(CHART_FILES)/organizations.yaml
	@diff -u $(PROTECTION) $(CHART_FILES)/deletion-protection.yaml
	$(call stage,real servers: Kubernetes and MongoDB)
	$(DEVENV) tools
	$(call stage,unit and property tests)
	cargo test --locked --workspace --all-features --lib --bins
	$(call stage,tests of the real servers and of devenv)
	cargo test --locked -p organization-operator-harness --test '*'
	$(call stage,conformance and end to end)
	cargo test --locked -p organization-operator --all-features --test '*' -- --show-output
	$(call stage,all good)

test-cluster: need-cargo ## The chart and deploy/, installed on a real control plane with simulated nodes
	$(call stage,build)
	cargo build --locked --workspace --bins
	$(call stage,real servers: Kubernetes and MongoDB)
	$(DEVENV) tools
	$(call stage,chart and kustomizations)
	cargo test --locked -p organization-operator-cluster-tests -- --show-output
	$(call stage,all good)

test-image: need-cargo ## Build the image and run it, also as docker-compose.yml says (Debian, as root: installs buildah and podman; minutes)
	$(call stage,image and compose)
	cargo test --locked -p organization-operator-image-tests -- --nocapture --test-threads 1

lint-extra: need-cargo ## What hadolint and kubeconform say of the Dockerfile, the chart and deploy/
	$(call stage,linters of others)
	cargo test --locked -p organization-operator-cluster-tests -- lint_extra --ignored --show-output

deny: need-cargo ## Licences, sources and TLS stacks of all dependencies, by cargo-deny
	@command -v cargo-deny >/dev/null || { \
	  echo 'cargo-deny is missing: cargo install cargo-deny --locked'; exit 1; }
	cargo deny --locked --workspace --all-features check bans licenses sources

soak: need-cargo ## Break the operator in memory for SOAK_MINUTES (30); then SOAK_RENAMES (1000) under SOAK_WRITERS (64), SOAK_RACES (1000)
	SOAK_MINUTES=$(or $(SOAK_MINUTES),30) cargo test --locked -p organization-operator --all-features \
	  --test simulation -- --ignored --exact faults::soak::on_and_on --nocapture
	SOAK_RENAMES=$(or $(SOAK_RENAMES),1000) SOAK_WRITERS=$(or $(SOAK_WRITERS),64) \
	SOAK_RACES=$(or $(SOAK_RACES),1000) cargo test --locked -p organization-operator --all-features \
	  --test e2e on_and_on -- --ignored --nocapture --test-threads 1

run: build ## Start everything in the foreground; Ctrl-C ends it
	@$(DEVENV) run $(OPERATORS:%=--operators %)

up: build ## Start everything in the background (OPERATORS=2: two operators); again: bring back what doesn't answer
	@$(DEVENV) up $(OPERATORS:%=--operators %)

down: need-cargo ## End what `make up` started; data, ports and keys stay
	@[ -x $(DEVENV) ] || cargo build --package organization-operator-harness
	@$(DEVENV) down

clean: ## End it and forget its data, ports and keys (what cargo built stays)
	@[ ! -e .run ] || $(MAKE) down
	rm -rf .run

crds: need-cargo ## Write the definition to crds/ and the chart, its reference and that of the HTTP API to docs/
	mkdir -p crds
	cargo run --quiet --package organization-operator -- crd > $(CRD).new
	mv $(CRD).new $(CRD)
	cargo run --quiet --package organization-operator -- openapi > $(OPENAPI).new
	mv $(OPENAPI).new $(OPENAPI)
	UPDATE_GENERATED=1 cargo test --quiet --test crd -- reference
	cp $(CRD) $(CHART_FILES)/organizations.yaml
	cp $(PROTECTION) $(CHART_FILES)/

manifests: crds ## Write what Helm renders: deploy/, docs/RBAC.md, the chart's README
	UPDATE_GENERATED=1 cargo test --quiet -p organization-operator-cluster-tests -- generated granted

need-cargo:
	@command -v cargo >/dev/null || { \
	  echo 'cargo is missing: Rust 1.95 or newer, https://rustup.rs'; exit 1; }
	@command -v cc >/dev/null || { \
	  echo 'cc is missing: a C compiler and linker, the package `build-essential`'; exit 1; }
