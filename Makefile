# Everything here needs Go, git and make, and nothing else, but for two targets: `race` needs a C compiler (the race
# detector does), `lint` needs golangci-lint, which `.ci/run` installs at the version that the project is tuned to.

.DEFAULT_GOAL := help
SHELL := /bin/sh

GO ?= go
MODULES := pkg services templates
BIN := bin/rapport
DEMO := services/rapport/demo/online-retail-extract.csv.gz

# Arguments for the command behind up, demo, check and bench-bus: make up ARGS='--http 127.0.0.1:9000'.
ARGS ?=
# What `make race` does not watch, see there.
TRANSLATED := modernc.org/sqlite/lib modernc.org/libc modernc.org/libquickjs
# How long `make fuzz` spends on each fuzz target.
FUZZTIME ?= 60s

# Pure Go, so that the binary runs everywhere and nobody needs a C compiler. `race` alone differs.
export CGO_ENABLED = 0

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: up
up: build ## Start everything in one process: broker, store, services, catcher (Ctrl-C stops it)
	@exec $(BIN) up $(ARGS)

.PHONY: demo
demo: build ## Replay real invoices through the whole of it and print what was sent
	@$(BIN) replay $(ARGS) $(DEMO)

.PHONY: test
test: ## Run the tests of all modules
	$(GO) test -timeout 20m work
	@# Go caches a test result by the files of the test's own module; the tests in ./services look at the whole
	@# repository and those of the workspace at templates/, so that their results must not be remembered.
	$(GO) test -count=1 ./services ./pkg/workspace/...

.PHONY: race
race: ## Run the tests of all modules under the race detector (needs a C compiler)
	@# Short: properties are tried a fifth as often, and tests that start other processes, into which the detector does not
	@# look, are left to `make test`.
	@# C that was translated into Go (SQLite, its C library, QuickJS) shares no memory with us; watched, it takes half of the time.
	CGO_ENABLED=1 $(GO) test -timeout 30m -short -race $(TRANSLATED:%=-gcflags=%=-race=false) work

.PHONY: vet
vet: ## Run go vet over all modules
	$(GO) vet work

.PHONY: lint
lint: ## Run golangci-lint over each module
	@set -e; for module in $(MODULES); do \
		echo "golangci-lint: $$module"; \
		(cd $$module && golangci-lint run ./...); \
	done

.PHONY: check
check: build ## Check the workspace in templates/: journeys, templates, policy
	@$(BIN) check $(ARGS) templates

.PHONY: rehearse
rehearse: build ## Run the journey tests of the workspace in templates/, and hold them to every step
	@$(BIN) test --cover --min-cover 100% $(ARGS) templates

.PHONY: bench
bench: build ## Measure what this machine does in a second, beside what it could do at best
	@$(BIN) bench $(ARGS)

.PHONY: chaos
chaos: ## Break a whole installation by a seeded plan, and audit it (CHAOS_MINUTES=30 for long; needs PostgreSQL)
	$(GO) run ./services/rapport/chaos $(ARGS)

.PHONY: chaos-ci
chaos-ci: ## A short run of chaos, which has to pass, and one with a planted bug, which has to be found
	RAPPORT_CHAOS=1 $(GO) test -count=1 -v -timeout 15m -run 'TestNothingIsLostOrDoubled|TestThePlantedBugIsFound' ./services/rapport/chaos

.PHONY: keys
keys: ## Make keys and certificates for a trial of a secured broker cluster, in keys/
	$(GO) run ./pkg/bus/natskeys --dir keys $(ARGS)

.PHONY: bench-engine
bench-engine: ## Measure the engine's steps with 1, 10 and 100 journeys
	$(GO) test -run '^$$' -bench . -benchmem ./pkg/journey ./pkg/policy ./pkg/condition $(ARGS)

.PHONY: bench-portal
bench-portal: ## Measure clicks over the portal, 500 a second, beside a bare redirect
	cd services && $(GO) test -run '^$$' -bench Click -benchtime 3000x ./portal $(ARGS)

.PHONY: bench-render
bench-render: ## Measure what rendering an order confirmation takes
	$(GO) test -run '^$$' -bench Order -benchmem ./pkg/render $(ARGS)

.PHONY: bench-ingest
bench-ingest: ## Measure the HTTP door with single and batched calls, beside raw publishing to JetStream
	$(GO) run ./services/ingest/benchdoor $(ARGS)

.PHONY: bench-bus
bench-bus: ## Measure the bus beside raw nats.go
	$(GO) run ./pkg/bus/benchbus $(ARGS)

.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME (60s)
	@.ci/fuzz $(FUZZTIME)

.PHONY: cover
cover: ## Measure how much of the code the tests reach
	$(GO) test -coverprofile=coverage.txt work
	@$(GO) tool cover -func=coverage.txt | tail -n 1

.PHONY: build
build: ## Build bin/rapport
	@# Without -trimpath, which the image has: it would compile every library a second time beside those of the tests.
	@$(GO) build -o $(BIN) ./services/rapport

.PHONY: tidy
tidy: ## Bring go.mod and go.sum of each module, and go.work, up to date
	$(GO) work sync
	@set -e; for module in $(MODULES); do (cd $$module && echo "tidy: $$module" && GOWORK=off $(GO) mod tidy); done

.PHONY: verify
verify: ## Check formatting, that each module is tidy, and that it builds without the workspace
	@.ci/verify

.PHONY: clean
clean: ## Remove what was built or measured
	rm -rf bin coverage.txt
