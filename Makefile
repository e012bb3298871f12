# make help    says what can be made here.

PREFIX ?= /usr/local
DESTDIR ?=

BASH_COMPLETION = $(PREFIX)/share/bash-completion/completions/snapsh
ZSH_COMPLETION = $(PREFIX)/share/zsh/site-functions/_snapsh
FISH_COMPLETION = $(PREFIX)/share/fish/vendor_completions.d/snapsh.fish
COMPLETIONS = $(BASH_COMPLETION) $(ZSH_COMPLETION) $(FISH_COMPLETION)

SWIFT ?= swift
# A compiler built with its own assertions, as Debian's swiftlang is, stops on code that release compilers accept, and
# Debian's comes without the overlay of Testing and Foundation, which no test of ours uses.
ASSERTING := $(findstring +assertions,$(shell $(SWIFT) --version 2>/dev/null))
SWIFT_FLAGS ?= $(if $(ASSERTING),$(addprefix -Xswiftc ,-Xfrontend -sil-verify-none -Xllvm \
  -dont-abort-on-memory-lifetime-errors -Xfrontend -disable-cross-import-overlays))
# The Swift run time is linked in, so that the installed binary runs where no Swift is. Its symbols are nobody else's
# business, and its relocations are packed: both shorten what the loader does at each start.
RELEASE := -c release --static-swift-stdlib --disable-local-rpath --product snapsh $(addprefix -Xswiftc ,-use-ld=lld) \
  $(addprefix -Xlinker ,-z pack-relative-relocs -O2 --no-export-dynamic) $(SWIFT_FLAGS)

.DEFAULT_GOAL := build
.PHONY: build test demo bench fuzz sanitize lint format install uninstall clean dependencies guest help

help: ## Print this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

build: dependencies ## Build the release binary, .build/release/snapsh
	$(SWIFT) build $(RELEASE)

test: dependencies lint guest ## Run every test: unit, libvirt's test driver, real guests
	$(SWIFT) build --build-tests $(SWIFT_FLAGS)
	SWIFT='$(SWIFT)' SWIFT_FLAGS='$(SWIFT_FLAGS)' scripts/fuzz --runs 5000
	SWIFT='$(SWIFT)' SWIFT_FLAGS='$(SWIFT_FLAGS)' scripts/test

fuzz: dependencies ## Feed the parsers of hostile bytes for SECONDS each (default 1800)
	SWIFT='$(SWIFT)' SWIFT_FLAGS='$(SWIFT_FLAGS)' scripts/fuzz $(if $(TARGETS),--targets '$(TARGETS)') --seconds $(or $(SECONDS),1800)

sanitize: dependencies ## Run the unit tests under ThreadSanitizer, then under AddressSanitizer
	SWIFT='$(SWIFT)' SWIFT_FLAGS='$(SWIFT_FLAGS)' scripts/sanitize

demo: build guest ## Snapshot, archive and resume a real guest, telling each step
	scripts/demo

bench: build ## Print the benchmarks' ratios
	set -e; for benchmark in Benchmarks/*.py; do "$$benchmark"; done

lint: ## Check the format of all sources
	$(SWIFT) format lint --strict --recursive Sources Tests Fuzz Package.swift

format: ## Format all sources in place
	$(SWIFT) format --in-place --recursive Sources Tests Fuzz Package.swift

install: build ## Install under $(PREFIX), staged below $(DESTDIR)
	install -D -m 0755 .build/release/snapsh $(DESTDIR)$(PREFIX)/bin/snapsh
	ln -sf snapsh $(DESTDIR)$(PREFIX)/bin/vma-writer
	find schemas -name '*.rng' -exec install -D -m 0644 {} $(DESTDIR)$(PREFIX)/share/snapsh/{} \;
	install -d $(DESTDIR)$(PREFIX)/share/doc/snapsh $(DESTDIR)$(PREFIX)/share/man/man1 $(addprefix $(DESTDIR),$(dir $(COMPLETIONS)))
	install -m 0644 LICENSE README.md docs/*.md $(DESTDIR)$(PREFIX)/share/doc/snapsh/
	find docs/schemas -name '*.json' -printf '%P\n' | xargs -I{} install -D -m 0644 docs/schemas/{} $(DESTDIR)$(PREFIX)/share/doc/snapsh/schemas/{}
	install -D -m 0755 -t $(DESTDIR)$(PREFIX)/share/doc/snapsh/examples docs/examples/*.sh
	.build/release/snapsh -q manual $(DESTDIR)$(PREFIX)/share/man/man1
	ln -sf snapsh-vma-writer.1 $(DESTDIR)$(PREFIX)/share/man/man1/vma-writer.1
	.build/release/snapsh completion bash > $(DESTDIR)$(BASH_COMPLETION)
	.build/release/snapsh completion zsh > $(DESTDIR)$(ZSH_COMPLETION)
	.build/release/snapsh completion fish > $(DESTDIR)$(FISH_COMPLETION)

uninstall: ## Remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/snapsh $(DESTDIR)$(PREFIX)/bin/vma-writer $(addprefix $(DESTDIR),$(COMPLETIONS))
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/snapsh.1 $(DESTDIR)$(PREFIX)/share/man/man1/snapsh-*.1
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/vma-writer.1
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
