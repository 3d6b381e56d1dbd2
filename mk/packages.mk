# What people install: source archive, wheels, Debian packages; the tag of a release.

.PHONY: dist
dist: ## make build/webstr-VERSION.tar.gz: the committed sources and the library's crates, builds offline
	$(need_cargo)
	@CARGO="$(CARGO)" packaging/dist.sh build

.PHONY: wheels
wheels: $(wheels_venv)/ready ## make build/wheels: an sdist, manylinux2014 (tested) and musllinux wheels for PYTHONS="python3.9 …"
	$(need_cargo)
	packaging/wheels.sh build/wheels $(wheels_venv) $(or $(PYTHONS),$(addprefix python3.,9 10 11 12 13 14 15))

.PHONY: deb
deb: ## make build/deb: the Debian packages of the committed sources
	$(need_cargo)
	CARGO="$(CARGO)" packaging/deb.sh build/deb

packages := $(addprefix package/,$(or $(PACKAGES),crate reproducible cargo-c debian))
.PHONY: test-packages $(packages)
test-packages: $(packages) ## test PACKAGES="crate reproducible cargo-c debian" (debian as root)

package/crate:
	$(need_cargo)
	@CARGO="$(CARGO)" packaging/test.sh crate target

package/reproducible:
	$(need_cargo)
	$(need_cc)
	@MAKE="$(MAKE)" CARGO="$(CARGO)" packaging/test.sh reproducible build/reproducible

package/cargo-c: stage build/tools/bin/cargo-cinstall
	$(need_cc)
	$(with_tools) CC="$(CC)" tests/install/test_cargo_c.sh $(stage) build/test_cargo_c

package/debian: deb
	packaging/test.sh debian build/deb

# What CHANGELOG.md says of the version.
changes = awk -v heading='\#\# [$(version)]' 'index($$0, "\#\# [") == 1 { on = index($$0, heading) == 1; next } on' CHANGELOG.md
.PHONY: tag
tag: ## tag a committed release vVERSION, with its section of CHANGELOG.md as the text (docs/releasing.md)
	@git diff --quiet HEAD || { echo "tag: there are changes that are not committed" >&2; exit 1; }
	@grep -qE '^## \[$(version)\] - [0-9]{4}(-[0-9]{2}){2}$$' CHANGELOG.md || \
		{ echo "tag: CHANGELOG.md has no section \"## [$(version)] - YYYY-MM-DD\"" >&2; exit 1; }
	@{ printf 'webstr %s\n\n' $(version); $(changes); } | git tag --annotate --cleanup=whitespace --file=- v$(version)
