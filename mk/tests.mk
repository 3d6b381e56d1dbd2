# The tests, and the tools that they need.

# --- The parts of `make test` -------------------------------------------------

.PHONY: test-rust
test-rust: ## run the Rust tests (LONG=1: UTF-8 of all 2^32 four bytes, PEERS=1: beside tungstenite and serde_json)
	$(need_cargo)
	+$(CARGO) test --locked -- --show-output
	+$(if $(LONG),$(CARGO) test --locked --release --lib -- --ignored every_sequence_of_four_bytes)
	+$(if $(PEERS),$(CARGO) test --locked --manifest-path benches/Cargo.toml --target-dir target --examples)

# $(call c_tests,DIRECTORY): the harness's own Makefile. Targets that may run side by side build in different directories.
c_tests = $(MAKE) --no-print-directory -C c_tests PREFIX=$(stage) BUILD=$(CURDIR)/$(1) CC="$(CC)" CXX="$(CXX)" \
	$(c_tests_platform)

# Programs that wait for nothing run side by side even if this make was not told to.
side_by_side = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

.PHONY: test-c
test-c: stage ## run the C and C++ harness: plain, with sanitizers, under valgrind; inspect the installed libraries
	$(need_cc)
	@$(check_library)
	+@$(call c_tests,build/c_tests) $(side_by_side) check check-sanitize check-valgrind check-two-archives

.PHONY: test-python
test-python: stage ## run the Python tests: ctypes, documents, the package (PYTHONS="python3.9 …", PROJECTS=1: projects' own tests)
	+@$(MAKE) --no-print-directory --output-sync=target $(side_by_side) python/library python/package
	$(if $(PROJECTS),python/test_projects.sh $(PYTHON))

.PHONY: python/library python/package
python/library: stage $(venv)/ready
	WEBSTR_LIBRARY=$(stage)/$(loaded) WEBSTR_PREFIX=$(stage) CC="$(CC)" CXX="$(CXX)" \
		$(venv)/bin/python -m pytest -p no:cacheprovider -rs tests

python/package:
	$(need_python)
	$(need_cargo)
	$(need_cc)
	python/test.sh $(or $(PYTHONS),$(PYTHON))

.PHONY: test-install
test-install: all ## install below several prefixes; link programs in every documented way
	$(need_cc)
	@CC="$(CC)" CXX="$(CXX)" MAKE="$(MAKE)" tests/install/test_install.sh build/install

# --- Other machines, older CPUs, sanitizers -----------------------------------

platforms := $(addprefix platform/,$(or $(PLATFORMS),emulated old-cpus windows macos sanitizers))
.PHONY: test-platforms $(platforms)
test-platforms: $(platforms) ## test PLATFORMS="emulated old-cpus windows macos sanitizers" from this machine

# MACHINES="aarch64 i686 s390x"
platform/emulated:
	$(need_cargo)
	+@tests/platforms/emulated.sh $(MACHINES)

platform/old-cpus: stage
	$(need_cc)
	+@$(call c_tests,build/old_cpus) $(CURDIR)/build/old_cpus/plain/c_static
	@tests/platforms/old_cpus.sh build/old_cpus/plain/c_static

platform/windows:
	$(need_cargo)
	+@tests/platforms/windows.sh

# CPUS="aarch64 x86_64"
platform/macos: build/macos/venv/ready
	$(need_cargo)
	+@tests/platforms/macos.sh $(CPUS)

# `make test-c` runs the C harness with GCC's sanitizers and valgrind; here it is the library itself.
platform/sanitizers:
	$(need_cc)
	@CC="$(CC)" CARGO="$(CARGO)" tests/platforms/sanitizers.sh $(CURDIR) $(CURDIR)/build/sanitizers

# --- The example server with real clients -------------------------------------

server := build/examples/handshake_server
server_flags := -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -I$(stage)/include
$(server) $(server)_sanitized: tests/clients/handshake_server.c stage
	$(need_cc)
	mkdir -p $(@D)
	$(CC) $(server_flags) -o $@ $< $(link_server)
$(server): link_server := -O2 -L$(stage)/lib -Wl,-rpath,$(stage)/lib -lwebstr
$(server)_sanitized: link_server := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer $(stage)/lib/libwebstr.a

# Without npm the tests themselves say what they skip.
build/clients/node_modules/.package-lock.json: tests/clients/package.json
	mkdir -p build/clients
	cp $< build/clients/
	! command -v npm >/dev/null || npm install --prefix build/clients --silent --no-package-lock \
		--no-audit --no-fund --ignore-scripts

# The Autobahn suite is for Python 2.7.
autobahn := build/clients/autobahn
PYTHON2 ?= $(shell for python in python2.7 "$$HOME"/.pyenv/versions/2.7*/bin/python2.7; do \
	"$$python" -c "" 2>/dev/null && command -v "$$python" && break; done)
$(autobahn)/venv/ready:
	$(need_python)
	rm -rf $(autobahn)
	$(PYTHON) -m venv $(autobahn)/tool
	$(autobahn)/tool/bin/pip install --quiet --disable-pip-version-check virtualenv==20.21.1
	$(autobahn)/tool/bin/virtualenv --quiet --python $(PYTHON2) $(autobahn)/venv
	$(autobahn)/venv/bin/pip install --quiet --disable-pip-version-check autobahntestsuite==25.10.1 2>$(autobahn)/log || \
		{ cat $(autobahn)/log; exit 1; }
	touch $@

.PHONY: test-clients
test-clients: $(server) $(server)_sanitized ## test the example server: websockets, node, curl, Chromium, the Autobahn suite
test-clients: build/clients/venv/ready build/clients/node_modules/.package-lock.json $(if $(PYTHON2),$(autobahn)/venv/ready)
	WEBSTR_SERVERS=$(CURDIR)/build/examples NODE_PATH=$(CURDIR)/build/clients/node_modules \
		build/clients/venv/bin/python -m pytest -p no:cacheprovider -rs -q tests/clients
	@$(if $(PYTHON2),$(PYTHON) tests/clients/autobahn.py $(autobahn)/venv/bin/wstest $(server)_sanitized $(autobahn)/reports,\
		echo "skipped: Autobahn: it needs Python 2.7 (PYTHON2=)")

# --- CPython with the patch of cpython_patch/ ---------------------------------

# The release of `make cpython`; CPYTHON_SRC names a source tree of one's own instead.
VERSION ?= 3.13.5
.PHONY: cpython
cpython: stage ## build CPython VERSION (or the tree CPYTHON_SRC) stock and patched, test and time both
	$(need_python)
	$(need_cc)
	WEBSTR_PREFIX=$(stage) cpython_patch/build.sh $(if $(CPYTHON_SRC),--src $(CPYTHON_SRC),$(VERSION))

.PHONY: test-cpython
test-cpython: stage ## test CPython 3.11 and 3.13 to 3.15 with webstr: every backend, and seven other kinds of build
	$(need_python)
	$(need_cc)
	WEBSTR_PREFIX=$(stage) cpython_patch/test.sh

# --- Fuzzing, mutations, dependencies -----------------------------------------

# Tools that cargo builds once. cargo-c's version names that of the cargo library after the plus sign.
tools := cargo-fuzz@0.13.2 cargo-mutants@27.1.0 cargo-deny@0.20.2 cargo-c@0.10.18+cargo-0.92.0
with_tools := PATH="$(CURDIR)/build/tools/bin:$$PATH"
build/tools/bin/cargo-%:
	$(need_cargo)
	$(CARGO) install --quiet --locked --root build/tools $(filter cargo-$(*:cinstall=c)@%,$(tools))

# What is found stays below build/.
SECONDS ?= 60
TARGETS ?= $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
.PHONY: fuzz
fuzz: build/tools/bin/cargo-fuzz ## fuzz every backend against the oracle, SECONDS=60 for each of TARGETS="escape_json …"
	@$(CARGO) +nightly --version >/dev/null 2>&1 || \
		{ echo "webstr: fuzzing needs a nightly toolchain (rustup toolchain install nightly)" >&2; exit 1; }
	$(call need,$(CXX),install a C++ compiler (on Debian: apt-get install g++))
	@for target in $(TARGETS); do \
		mkdir -p build/corpus/$$target; log=build/corpus/$$target.log; \
		$(with_tools) CARGO_TARGET_DIR=$(CURDIR)/build/fuzz $(CARGO) +nightly fuzz run $$target build/corpus/$$target -- \
			-max_len=1024 -max_total_time=$(SECONDS) -print_final_stats=1 >$$log 2>&1 || { tail -n 40 $$log; exit 1; }; \
		sed -n "s/^\(#[0-9]*\)\tDONE/$$target: \1/p" $$log; \
	done
	@echo "$(words $(TARGETS)) passed, 0 failed"

# In a copy whose unsafe functions are not marked so: cargo-mutants leaves those out.
FILES ?= src/**/*.rs
.PHONY: mutants
mutants: build/tools/bin/cargo-mutants ## change FILES="src/ffi.rs …" in one place at a time: which changes does no test see?
	@rm -rf build/mutants/tree && mkdir -p build/mutants/tree
	@git ls-files -z | xargs -0 cp --parents --target-directory build/mutants/tree
	@find build/mutants/tree/src -name '*.rs' -exec sed -i -E 's/\bunsafe (extern "C" )?fn ([a-z])/\1fn \2/' {} +
	@cd build/mutants/tree && $(with_tools) CARGO_TARGET_DIR=$(CURDIR)/build/mutants/target WEBSTR_QUICK=1 PROPTEST_CASES=32 \
		nice $(CARGO) mutants --in-place --output .. $(patsubst %,--file '%',$(FILES)) $(ARGS)

# The advisories are a database of their own, which is fetched.
manifests := Cargo.toml benches/Cargo.toml fuzz/Cargo.toml
deny = $(with_tools) $(CARGO) deny --manifest-path $(1) --workspace --all-features --locked check $(2)
.PHONY: audit
audit: build/tools/bin/cargo-deny ## check licences, bans, sources and known vulnerabilities of all dependencies
	@for manifest in $(manifests); do $(call deny,$$manifest,licenses bans sources) || exit 1; done
	@$(with_tools) $(CARGO) deny fetch db || { echo "skipped: advisories: the database cannot be fetched"; exit 0; }; \
	for manifest in $(manifests); do $(call deny,$$manifest,advisories) || exit 1; done

# --- Python environments, each with the packages of its requirements -----------

build/clients/venv/ready: tests/clients/requirements.txt
build/macos/venv/ready: tests/platforms/requirements.txt
$(venv)/ready: tests/requirements.txt
$(bench_venv)/ready: benches/requirements.txt
$(wheels_venv)/ready: packaging/requirements.txt
build/clients/venv/ready build/macos/venv/ready $(venv)/ready $(bench_venv)/ready $(wheels_venv)/ready:
	$(need_python)
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D) || { echo "webstr: python3 lacks venv (on Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@
