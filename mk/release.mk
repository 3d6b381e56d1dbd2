# Source archive, reproducible builds, audit of the dependencies.

# The advisories are a database of their own, which is fetched.
deny_version := 0.20.2
deny = PATH="$(CURDIR)/build/tools/bin:$$PATH" $(CARGO) deny --manifest-path
.PHONY: audit
audit: ## licences, bans, sources and known vulnerabilities of all dependencies (builds cargo-deny once)
	$(need_cargo)
	@test -x build/tools/bin/cargo-deny || \
		$(CARGO) install --quiet --root build/tools cargo-deny --version $(deny_version) --locked
	@for manifest in Cargo.toml benches/Cargo.toml fuzz/Cargo.toml; do \
		$(deny) $$manifest --workspace --all-features --locked check licenses bans sources || exit 1; \
	done
	@for manifest in Cargo.toml benches/Cargo.toml fuzz/Cargo.toml; do \
		$(deny) $$manifest fetch db || { echo "advisories skipped: the database cannot be fetched"; break; }; \
		$(deny) $$manifest --workspace --all-features --locked check advisories || exit 1; \
	done

# What CHANGELOG.md says of the version.
changes = awk -v heading='\#\# [$(version)]' 'index($$0, "\#\# [") == 1 { on = index($$0, heading) == 1; next } on' CHANGELOG.md
.PHONY: tag
tag: ## the tag vVERSION of a committed release, with its section of CHANGELOG.md as the text (docs/releasing.md)
	@git diff --quiet HEAD || { echo "tag: there are changes that are not committed" >&2; exit 1; }
	@grep -qE '^## \[$(version)\] - [0-9]{4}(-[0-9]{2}){2}$$' CHANGELOG.md || \
		{ echo "tag: CHANGELOG.md has no section \"## [$(version)] - YYYY-MM-DD\"" >&2; exit 1; }
	@{ printf 'webstr %s\n\n' $(version); $(changes); } | git tag --annotate --cleanup=whitespace --file=- v$(version)

.PHONY: dist
dist: ## build/webstr-VERSION.tar.gz: the committed sources and the crates of the library, builds offline
	$(need_cargo)
	@CARGO="$(CARGO)" packaging/dist.sh build

.PHONY: test-package
test-package: ## the crate as cargo packs it: small, and builds, tests and documents itself alone
	$(need_cargo)
	@CARGO="$(CARGO)" packaging/test_package.sh target

.PHONY: test-reproducible
test-reproducible: ## two builds of one commit in different places, one offline from the source archive: same bytes
	$(need_cargo)
	$(need_cc)
	@MAKE="$(MAKE)" CARGO="$(CARGO)" packaging/test_reproducible.sh build/reproducible
