# make help    says what can be made here.

PREFIX ?= /usr/local
DESTDIR ?=

SWIFT ?= swift
# The Swift run time is linked in, so that the installed binary runs where no Swift is.
RELEASE := -c release --static-swift-stdlib --product snapsh

.DEFAULT_GOAL := build
.PHONY: build test demo bench lint format install uninstall clean dependencies guest help

help: ## Print this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

build: dependencies ## Build the release binary, .build/release/snapsh
	$(SWIFT) build $(RELEASE)

test: dependencies lint guest ## Run every test: unit, libvirt's test driver, real guests
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --disable-xctest

demo: build guest ## Snapshot, archive and resume a real guest, telling each step
	scripts/demo

bench: build ## Print the benchmarks' ratios
	set -e; for benchmark in Benchmarks/*.py; do "$$benchmark"; done

lint: ## Check the format of all sources
	$(SWIFT) format lint --strict --recursive Sources Tests Package.swift

format: ## Format all sources in place
	$(SWIFT) format --in-place --recursive Sources Tests Package.swift

install: build ## Install under $(PREFIX), staged below $(DESTDIR)
	install -D -m 0755 .build/release/snapsh $(DESTDIR)$(PREFIX)/bin/snapsh
	install -d $(DESTDIR)$(PREFIX)/share/snapsh/schemas/upstream-9.0 $(DESTDIR)$(PREFIX)/share/doc/snapsh
	install -m 0644 schemas/*.rng $(DESTDIR)$(PREFIX)/share/snapsh/schemas/
	install -m 0644 schemas/upstream-9.0/*.rng $(DESTDIR)$(PREFIX)/share/snapsh/schemas/upstream-9.0/
	install -m 0644 LICENSE README.md docs/*.md $(DESTDIR)$(PREFIX)/share/doc/snapsh/

uninstall: ## Remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/snapsh
	rm -rf $(DESTDIR)$(PREFIX)/share/snapsh $(DESTDIR)$(PREFIX)/share/doc/snapsh

clean: ## Remove everything that was built
	$(SWIFT) package clean
	rm -rf .build

# Installs what is missing; takes no time when nothing is.
dependencies:
	@scripts/install-dependencies

# The kernel and initramfs that the demo and the end-to-end tests boot.
guest: dependencies
	@scripts/build-guest >/dev/null
