# The parts of `make test`, and the package on every CPython.

.PHONY: test-rust
test-rust: ## the Rust tests: every backend of this machine against the oracles
	$(need_cargo)
	+$(CARGO) test --locked -- --show-output

.PHONY: test-rust-peers
test-rust-peers: ## tungstenite's and serde_json's own functions against those by webstr that replace them
	$(need_cargo)
	+$(CARGO) test --locked --package webstr-benches --examples

.PHONY: test-utf8
test-utf8: ## the functions for UTF-8 on all 2^32 sequences of four bytes: a quarter of an hour
	$(need_cargo)
	+$(CARGO) test --locked --release --lib -- --ignored every_sequence_of_four_bytes

# $(call c_tests,DIRECTORY): the harness's own Makefile. Targets that may run side by side build in different directories.
c_tests = $(MAKE) --no-print-directory -C c_tests PREFIX=$(stage) BUILD=$(CURDIR)/$(1) CC="$(CC)" CXX="$(CXX)" \
	$(c_tests_platform)

# Programs that wait for nothing run side by side even if this make was not told to.
side_by_side = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

.PHONY: test-c
test-c: stage ## the C and C++ harness: plain, sanitizers, valgrind; the installed libraries themselves
	$(need_cc)
	@$(check_library)
	+@$(call c_tests,build/c_tests) $(side_by_side) check check-sanitize check-valgrind check-two-archives

.PHONY: test-python
test-python: stage ## the library through ctypes, the README's examples, the package of python/
	+@$(MAKE) --no-print-directory --output-sync=target $(side_by_side) test-python-library test-python-package

.PHONY: test-python-library
test-python-library: stage $(venv)/ready ## the library through ctypes, the README's examples
	WEBSTR_LIBRARY=$(stage)/$(loaded) WEBSTR_PREFIX=$(stage) CC="$(CC)" CXX="$(CXX)" \
		$(venv)/bin/python -m pytest -p no:cacheprovider -rs tests

.PHONY: test-python-package
test-python-package: ## the package of python/, on PYTHON alone
	$(need_python)
	$(need_cargo)
	$(need_cc)
	python/test.sh $(PYTHON)

# The interpreters of `make test-python-series`: on PATH or in pyenv, others are skipped.
PYTHONS ?= $(addprefix python3.,9 10 11 12 13 14 15)

.PHONY: test-python-series
test-python-series: ## the package of python/ on every CPython found (PYTHONS="python3.9 …")
	$(need_cargo)
	$(need_cc)
	python/test.sh $(PYTHONS)

.PHONY: test-python-projects
test-python-projects: ## the tests of projects that use json, with the stock json and with patch_json()
	$(need_python)
	$(need_cargo)
	$(need_cc)
	python/test_projects.sh $(PYTHON)

.PHONY: test-install
test-install: all ## installs into prefix, package and moved tree; programs that link it in every documented way
	$(need_cc)
	@CC="$(CC)" CXX="$(CXX)" MAKE="$(MAKE)" tests/install/test_install.sh build/install

.PHONY: test-make
test-make: all ## this Makefile: goals made side by side, paths that make cannot take
	$(need_cc)
	@CC="$(CC)" MAKE="$(MAKE)" tests/install/test_make.sh build/test_make
