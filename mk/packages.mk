# What people install: wheels and Debian packages. The source archive is in release.mk.

# The interpreters that wheels are built for: on PATH or in pyenv, others are skipped.
.PHONY: wheels
wheels: $(wheels_venv)/ready ## build/wheels: an sdist, manylinux2014 and musllinux wheels for PYTHONS, each manylinux one tested
	$(need_cargo)
	packaging/wheels.sh build/wheels $(wheels_venv) $(PYTHONS)
	python/test.sh --wheels build/wheels $(PYTHONS)

# Its own version names that of the cargo library after the plus sign.
cargo_c_version := 0.10.18+cargo-0.92.0
.PHONY: test-cargo-c
test-cargo-c: stage ## `cargo cinstall` (cargo-c) installs what `make install` does; builds the tool once: minutes
	$(need_cargo)
	$(need_cc)
	@test -x build/tools/bin/cargo-cinstall || \
		$(CARGO) install --quiet --root build/tools cargo-c --version $(cargo_c_version) --locked
	PATH="$(CURDIR)/build/tools/bin:$$PATH" CC="$(CC)" tests/install/test_cargo_c.sh $(stage) build/test_cargo_c

.PHONY: check-debian
check-debian: ## what packaging/debian says of version and functions is true
	packaging/check_debian.sh

.PHONY: deb
deb: ## build/deb: the Debian packages of the committed sources, by dpkg-buildpackage
	$(need_cargo)
	CARGO="$(CARGO)" packaging/deb.sh build/deb

.PHONY: test-deb
test-deb: deb ## lintian; the packages installed, tested and removed in a clean Debian (as root)
	packaging/test_deb.sh build/deb
