# Two targets for newcomers: `make run` shows wissel at work, `make test` proves it. The others are for who changes it.
SHELL := /bin/bash
.SHELLFLAGS := -eo pipefail -c

version := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
commit  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
built   := $(shell date -u $${SOURCE_DATE_EPOCH:+-d @$$SOURCE_DATE_EPOCH} +%Y-%m-%dT%H:%M:%SZ)
ldflags := -s -w -X main.version=$(version) -X main.commit=$(commit) -X main.built=$(built)
# SQLite's own engine, a C program made Go, is not watched for races: that took half of the time of the short scenes, and its callers are.
race    := -race -gcflags=modernc.org/sqlite/lib=-race=false
gotest  := CGO_ENABLED=1 go test $(race) -tags faults -vet=off -json -timeout 20m

.PHONY: run build test lint bench soak fuzz clean need-go

run: build ## the demo: a support line that survives its platform
	./bin/wissel demo

build: need-go
	CGO_ENABLED=0 go build -trimpath -ldflags '$(ldflags)' -o bin/wissel ./cmd/wissel

# The longest first, so that no processor waits for them in the end. Real programs last, and alone: their load would make callers of the
# other tests wait. What vet says, lint has said.
test: need-go ## everything: installs what it needs, then runs all tests
	.ci/tools test
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory build
	{ bad=0; $(gotest) $$(go list ./sip ./internal/app ./prompts ./... | grep -v /internal/peers) || bad=1; $(gotest) ./internal/peers || bad=1; exit $$bad; } | go run ./internal/testreport

lint: need-go
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	go vet -tags faults ./...
	go tool staticcheck ./...
	go tool go-errorlint ./...
	go tool exhaustive -d ./...

bench: build ## wissel beside its peers, in one run, as ratios; not a test
	.ci/tools bench
	go run ./internal/bench

soak: need-go ## each test of calls, faults and real programs SOAK times over (20)
	.ci/tools test
	CGO_ENABLED=1 go test $(race) -tags faults -json -timeout 0 -count=$${SOAK:-20} ./sip/... ./internal/app ./internal/peers | go run ./internal/testreport

fuzz: need-go ## every fuzz target for FUZZTIME each (10m)
	.ci/fuzz $${FUZZTIME:-10m}

clean:
	rm -rf bin out

need-go:
	@command -v go >/dev/null || { echo "make: Go 1.26 or later is needed (package golang, or the Go project's own installer)"; exit 1; }
