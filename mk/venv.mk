# Python environments below build/, each with the packages of its requirements.
build/clients/venv/ready: tests/clients/requirements.txt
$(venv)/ready: tests/requirements.txt
$(bench_venv)/ready: benches/requirements.txt
$(mutants_venv)/ready: python/tests/requirements.txt
build/macos/venv/ready: tests/platforms/requirements.txt
$(wheels_venv)/ready: packaging/requirements.txt
build/macos/venv/ready build/clients/venv/ready $(venv)/ready $(bench_venv)/ready $(mutants_venv)/ready \
$(wheels_venv)/ready:
	$(need_python)
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D) || { echo "webstr: python3 lacks venv (on Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@
