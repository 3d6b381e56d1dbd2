# What people install: wheels and Debian packages. The source archive is in release.mk.

# The interpreters that wheels are built for: on PATH or in pyenv, others are skipped.
.PHONY: wheels
wheels: $(wheels_venv)/ready ## build/wheels: an sdist, manylinux2014 and musllinux wheels for PYTHONS, each manylinux one tested
	$(need_cargo)
	packaging/wheels.sh build/wheels $(wheels_venv) $(PYTHONS)
	python/test.sh --wheels build/wheels $(PYTHONS)

