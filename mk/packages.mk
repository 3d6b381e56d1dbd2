# What people install: wheels and Debian packages. The source archive is in release.mk.

# The interpreters that wheels are built for: on PATH or in pyenv, others are skipped.
.PHONY: wheels
wheels: $(wheels_venv)/ready ## build/wheels: an sdist, manylinux2014 and musllinux wheels for PYTHONS, each manylinux one tested
	$(need_cargo)
	packaging/wheels.sh build/wheels $(wheels_venv) $(PYTHONS)
	python/test.sh --wheels build/wheels $(PYTHONS)

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
