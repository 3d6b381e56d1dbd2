# webstr: `make help` lists what there is.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
CMAKEDIR ?= $(LIBDIR)/cmake/webstr
MANDIR ?= $(PREFIX)/share/man
DESTDIR ?=

CC ?= cc
CXX ?= c++
CARGO ?= cargo
PYTHON ?= python3
AR ?= ar
LD ?= ld
NM ?= nm
OBJCOPY ?= objcopy
INSTALL ?= install

# The CPython release of `make cpython`.
VERSION ?= 3.13.5
# A CPython source tree of one's own for it, instead.
CPYTHON_SRC ?=

version := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
soname := libwebstr.so.$(firstword $(subst ., ,$(version)))
so := libwebstr.so.$(version)
# Apart from cargo's own target directory, where tests and benchmarks leave other builds of the crate.
# With CARGO_BUILD_TARGET, cargo's own variable, it is a cross build.
target := build/cargo/$(if $(CARGO_BUILD_TARGET),$(CARGO_BUILD_TARGET)/)release
lib := build/lib$(if $(CARGO_BUILD_TARGET),/$(CARGO_BUILD_TARGET))
# The library as installed, for everything below that uses it.
stage := $(CURDIR)/build/stage
venv := build/venv
report_venv := build/venv-bench
bench_venv := build/python/venv-bench

.DELETE_ON_ERROR:
.SUFFIXES:

# Make splits paths at spaces, and the recipes hand paths to the shell, sed and the linker as they are.
special := ' " ` \ $$ \# % & | ; : , * ? [ ] < > ( )
unusable = $(filter-out 1,$(words x$(1)x))$(foreach c,$(special),$(findstring $(c),$(1)))
$(foreach name,CURDIR PREFIX LIBDIR INCLUDEDIR PKGCONFIGDIR CMAKEDIR MANDIR DESTDIR,$(if $(strip $(call unusable,$($(name)))),\
	$(error webstr: $(name) is "$($(name))": a path with a space or one of $(special) does not work here)))

.PHONY: all
all: $(lib)/$(so) $(lib)/libwebstr.a ## the libraries (build/lib) and the header (include/webstr.h)

# $(call need,TOOL,WHERE FROM): one clear line if a tool is missing.
need = @command -v $(firstword $(1)) >/dev/null || \
	{ echo "webstr: '$(firstword $(1))' is missing: $(2)" >&2; exit 1; }
need_cargo = $(call need,$(CARGO),install Rust from https://rustup.rs)
need_cc = $(call need,$(CC),install a C compiler (on Debian: apt-get install gcc))
need_python = $(call need,$(PYTHON),install Python 3 from https://www.python.org)

# Cargo is called only when a source is newer, so that `sudo make install` needs no Rust. The paths
# of this machine stay out of the libraries: two builds of one commit are the same, bytes and all.
sources := Cargo.toml Cargo.lock build.rs cbindgen.toml include/webstr.h $(shell find src -name '*.rs')
cargo_home := $(or $(CARGO_HOME),$(HOME)/.cargo)
$(target)/libwebstr.so $(target)/libwebstr.a &: $(sources)
	$(need_cargo)
	$(need_cc)
	+$(CARGO) rustc --quiet --locked --release --lib --features capi --crate-type cdylib,staticlib \
		--target-dir build/cargo -- '--remap-path-prefix=$(CURDIR)=.' '--remap-path-prefix=$(cargo_home)=cargo'
	touch $(target)/libwebstr.so $(target)/libwebstr.a

$(lib) build/demo build/bench:
	mkdir -p $@

$(lib)/$(so): $(target)/libwebstr.so | $(lib)
	$(INSTALL) -m 755 $< $@

# One object in which only the documented functions are global: it links without further libraries
# and beside other Rust archives.
$(lib)/libwebstr.a: $(lib)/unstripped.o src/symbols.txt
	$(OBJCOPY) --strip-unneeded --keep-global-symbols=src/symbols.txt $< $(lib)/webstr.o
	rm -f $@
	$(AR) rcD $@ $(lib)/webstr.o

$(lib)/unstripped.o: $(target)/libwebstr.a src/symbols.txt | $(lib)
	$(LD) -r --gc-sections $(addprefix -u ,$(shell cat src/symbols.txt)) -o $@ $<

.PHONY: header
header: ## write include/webstr.h from src/ffi.rs
	$(need_cargo)
	+$(CARGO) check --quiet --locked

# Where the .pc and CMake files find the rest: relative to themselves if it is below PREFIX, so that
# the installed tree can be moved. Not so for pkg-config in /usr, whose directories it leaves out.
empty :=
below = $(patsubst $(PREFIX)/%,%,$(filter $(PREFIX)/%,$(1)))
back = $(subst $(empty) ,/,$(patsubst %,..,$(subst /, ,$(below))))
prefix_from = $(if $(below),$(2)/$(back),$(PREFIX))
path_from = $(if $(below),$(2)/$(below),$(1))
substitute = sed \
	-e 's|@version@|$(version)|' -e 's|@so@|$(so)|' -e 's|@soname@|$(soname)|' \
	-e 's|@pc_prefix@|$(or $(filter /usr,$(PREFIX)),$(call prefix_from,$(PKGCONFIGDIR),$${pcfiledir}))|' \
	-e 's|@pc_libdir@|$(call path_from,$(LIBDIR),$${prefix})|' \
	-e 's|@pc_includedir@|$(call path_from,$(INCLUDEDIR),$${prefix})|' \
	-e 's|@cmake_prefix@|$(call prefix_from,$(CMAKEDIR),$${CMAKE_CURRENT_LIST_DIR})|' \
	-e 's|@cmake_libdir@|$(call path_from,$(LIBDIR),$${_webstr_prefix})|' \
	-e 's|@cmake_includedir@|$(call path_from,$(INCLUDEDIR),$${_webstr_prefix})|'
# $(call install_from_template,TEMPLATE,DIRECTORY)
install_from_template = $(substitute) packaging/$(1).in > $(DESTDIR)$(2)/$(1) && chmod 644 $(DESTDIR)$(2)/$(1)

# A page of its own for a group of functions, and one that refers to it for every other function.
man_pages := webstr escape_json sec_websocket_accept
functions := $(shell cat src/symbols.txt)
man_links := $(filter-out $(man_pages),$(functions))
man_page_of = $(or $(filter escape_json,$(findstring escape_json,$(1))),$(if $(filter sec_%,$(1)),sec_websocket_accept,webstr))

installed := $(addprefix $(LIBDIR)/,$(so) $(soname) libwebstr.so libwebstr.a) \
	$(INCLUDEDIR)/webstr.h $(INCLUDEDIR)/webstr.hpp $(PKGCONFIGDIR)/webstr.pc \
	$(CMAKEDIR)/webstr-config.cmake $(CMAKEDIR)/webstr-config-version.cmake \
	$(patsubst %,$(MANDIR)/man3/%.3,$(man_pages) $(man_links))

define install_files
$(INSTALL) -d $(addprefix $(DESTDIR),$(LIBDIR) $(INCLUDEDIR) $(PKGCONFIGDIR) $(CMAKEDIR) $(MANDIR)/man3)
$(INSTALL) -C -m 755 $(lib)/$(so) $(DESTDIR)$(LIBDIR)/$(so)
ln -sf $(so) $(DESTDIR)$(LIBDIR)/$(soname)
ln -sf $(soname) $(DESTDIR)$(LIBDIR)/libwebstr.so
$(INSTALL) -C -m 644 $(lib)/libwebstr.a $(DESTDIR)$(LIBDIR)/libwebstr.a
$(INSTALL) -C -m 644 include/webstr.h include/webstr.hpp $(DESTDIR)$(INCLUDEDIR)
@$(call install_from_template,webstr.pc,$(PKGCONFIGDIR))
@$(call install_from_template,webstr-config.cmake,$(CMAKEDIR))
@$(call install_from_template,webstr-config-version.cmake,$(CMAKEDIR))
$(INSTALL) -C -m 644 $(man_pages:%=docs/man/%.3) $(DESTDIR)$(MANDIR)/man3
@$(foreach name,$(man_links),echo .so man3/$(call man_page_of,$(name)).3 \
	> $(DESTDIR)$(MANDIR)/man3/$(name).3 && chmod 644 $(DESTDIR)$(MANDIR)/man3/$(name).3 &&) :
endef

.PHONY: install
install: all ## install below PREFIX (DESTDIR, LIBDIR, INCLUDEDIR… as usual)
	$(install_files)
	@[ -n "$(DESTDIR)" ] || echo "webstr: installed; run ldconfig as root if the system's linker is to find $(LIBDIR)/libwebstr.so"

.PHONY: uninstall
uninstall: ## take away what install put there
	rm -f $(addprefix $(DESTDIR),$(installed))
	-rmdir $(DESTDIR)$(CMAKEDIR) 2>/dev/null

# The same recipe with other directories, not a make of its own: two makes would build one library at a time.
.PHONY: stage
stage: private override PREFIX := $(stage)
stage: private override DESTDIR :=
stage: private override LIBDIR := $(stage)/lib
stage: private override INCLUDEDIR := $(stage)/include
stage: private override PKGCONFIGDIR := $(stage)/lib/pkgconfig
stage: private override CMAKEDIR := $(stage)/lib/cmake/webstr
stage: private override MANDIR := $(stage)/share/man
stage: all ## install below build/stage, where demo and tests take it from
	@$(install_files)

# Python environments, each with the packages of its requirements.
build/clients/venv/ready: tests/clients/requirements.txt
$(venv)/ready: tests/requirements.txt
$(report_venv)/ready: benches/requirements.txt
$(bench_venv)/ready: python/benchmarks/requirements.txt
build/clients/venv/ready $(venv)/ready $(report_venv)/ready $(bench_venv)/ready:
	$(need_python)
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D) || { echo "webstr: python3 lacks venv (on Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

baseline := $(addprefix benches/baseline/,accept.c escape.c)

build/demo/demo: examples/demo.c $(baseline) $(baseline:.c=.h) stage | build/demo
	$(CC) -O3 -Wall -Wextra -I$(stage)/include -Ibenches/baseline -o $@ \
		examples/demo.c $(baseline) $(stage)/lib/libwebstr.a

.PHONY: demo
demo: build/demo/demo ## the main job on a small document, with a table of times
	$(need_python)
	@$(PYTHON) examples/demo.py build/demo/demo $(stage)/lib/libwebstr.so examples/document.json

.PHONY: test
test: test-rust test-c test-make test-install test-python ## all tests but the long ones

.PHONY: test-rust
test-rust: ## the Rust tests: every backend of this machine against the oracles
	$(need_cargo)
	+$(CARGO) test --locked -- --show-output

# $(call c_tests,DIRECTORY): the harness's own Makefile. Targets that may run side by side build in different directories.
c_tests = $(MAKE) --no-print-directory -C c_tests PREFIX=$(stage) BUILD=$(CURDIR)/$(1) CC="$(CC)" CXX="$(CXX)"

.PHONY: test-c
test-c: stage ## the C and C++ harness: plain, sanitizers, valgrind; the installed libraries themselves
	$(need_cc)
	@NM=$(NM) tests/install/check_library.sh $(stage) src/symbols.txt $(lib)/unstripped.o
	+@$(call c_tests,build/c_tests) check check-sanitize check-valgrind check-two-archives

.PHONY: test-python
test-python: stage $(venv)/ready ## the library through ctypes, the README's examples, the package of python/
	WEBSTR_LIBRARY=$(stage)/lib/libwebstr.so WEBSTR_PREFIX=$(stage) CC="$(CC)" CXX="$(CXX)" \
		$(venv)/bin/python -m pytest -p no:cacheprovider -rs tests benches
	python/test.sh $(PYTHON)

# The interpreters of `make test-python-series`: on PATH or in pyenv, others are skipped.
PYTHONS ?= $(addprefix python3.,9 10 11 12 13 14 15)

.PHONY: test-python-series
test-python-series: ## the package of python/ on every CPython found (PYTHONS="python3.9 …")
	$(need_cargo)
	$(need_cc)
	python/test.sh $(PYTHONS)

.PHONY: test-emulated
test-emulated: ## the Rust and C tests on MACHINES="aarch64 i686 s390x", under qemu where need be
	$(need_cargo)
	+@tests/platforms/emulated.sh $(MACHINES)

server_flags := -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -I$(stage)/include
sanitizers := -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
server := build/examples/handshake_server

$(server): examples/handshake_server.c stage
	$(need_cc)
	mkdir -p $(@D)
	$(CC) -O2 $(server_flags) -o $@ $< -L$(stage)/lib -Wl,-rpath,$(stage)/lib -lwebstr

$(server)_sanitized: examples/handshake_server.c stage
	$(need_cc)
	mkdir -p $(@D)
	$(CC) -O1 $(server_flags) $(sanitizers) -o $@ $< $(stage)/lib/libwebstr.a

.PHONY: example-server
example-server: $(server) ## a WebSocket server to try it with: build/examples/handshake_server [PORT]

# Without npm the tests themselves say what they skip.
build/clients/node_modules/.package-lock.json: tests/clients/package.json
	mkdir -p build/clients
	cp $< build/clients/
	! command -v npm >/dev/null || npm install --prefix build/clients --silent --no-package-lock \
		--no-audit --no-fund --ignore-scripts

.PHONY: test-clients
test-clients: $(server) $(server)_sanitized ## the example server with real clients: websockets, node, curl, Chromium
test-clients: build/clients/venv/ready build/clients/node_modules/.package-lock.json
	WEBSTR_SERVERS=$(CURDIR)/build/examples WEBSTR_SCREENSHOT=$(CURDIR)/build/clients/chromium.png \
		NODE_PATH=$(CURDIR)/build/clients/node_modules \
		build/clients/venv/bin/python -m pytest -p no:cacheprovider -rs -q tests/clients

# A nightly toolchain of rustup's, for fuzzing and sanitizers.
nightly := $(CARGO) +nightly
has_nightly = $(nightly) --version >/dev/null 2>&1
no_nightly = webstr: fuzzing needs a nightly toolchain (rustup toolchain install nightly)

# Seconds for each of the targets; the committed corpus is read, what is new goes below build.
SECONDS ?= 60
TARGETS ?= $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
fuzz_version := 0.13.2
fuzz := PATH="$(CURDIR)/build/tools/bin:$$PATH" CARGO_TARGET_DIR=$(CURDIR)/build/fuzz $(nightly) fuzz
.PHONY: fuzz-tools
fuzz-tools:
	$(need_cargo)
	@$(has_nightly) || { echo "$(no_nightly)" >&2; exit 1; }
	$(call need,$(CXX),install a C++ compiler (on Debian: apt-get install g++))
	@test -x build/tools/bin/cargo-fuzz || \
		$(CARGO) install --quiet --root build/tools cargo-fuzz --version $(fuzz_version) --locked

.PHONY: fuzz
fuzz: fuzz-tools ## every backend against the oracle, SECONDS=60 for each of TARGETS="escape_json …"
	@mkdir -p build/fuzz-logs
	@for target in $(TARGETS); do \
		log=build/fuzz-logs/$$target.log; corpus=build/corpus/$$target; \
		mkdir -p $$corpus; \
		$(fuzz) run $$target $$corpus fuzz/corpus/$$target -- -max_len=1024 \
			-max_total_time=$(SECONDS) -print_final_stats=1 >$$log 2>&1 || { tail -n 40 $$log; exit 1; }; \
		sed -n "s/^\(#[0-9]*\)\tDONE/$$target: \1/p" $$log; \
	done
	@echo "$(words $(TARGETS)) passed, 0 failed"

.PHONY: fuzz-corpus
fuzz-corpus: fuzz-tools ## keep of build/corpus what the committed corpus lacks: the smallest files for its coverage
	@for target in $(TARGETS); do \
		mkdir -p build/corpus/$$target; \
		cp -n fuzz/corpus/$$target/* build/corpus/$$target/ 2>/dev/null; \
		rm -rf build/corpus-min/$$target; mkdir -p build/corpus-min/$$target; \
		$(fuzz) run $$target build/corpus-min/$$target build/corpus/$$target -- -merge=1 -max_len=256 \
			-use_counters=0 || exit 1; \
		rm -rf fuzz/corpus/$$target; mkdir -p fuzz/corpus; \
		cp -r build/corpus-min/$$target fuzz/corpus/$$target; \
	done

# The tool works in a copy of the tree, whose builds stay. It leaves unsafe functions out, so those of the copy
# are not marked so: what they do that is unsafe stands in unsafe blocks.
mutants_version := 27.1.0
mutants := build/mutants
FILES ?= src/**/*.rs
.PHONY: mutants
mutants: ## does a test fail for each change that cargo-mutants makes to src? FILES="src/ffi.rs …"
	$(need_cargo)
	@test -x build/tools/bin/cargo-mutants || \
		$(CARGO) install --quiet --root build/tools cargo-mutants --version $(mutants_version) --locked
	@rm -rf $(mutants)/tree && mkdir -p $(mutants)/tree
	@git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --target-directory $(mutants)/tree
	@find $(mutants)/tree/src -name '*.rs' -exec sed -i -E 's/\bunsafe (extern "C" )?fn ([a-z])/\1fn \2/' {} +
	@cd $(mutants)/tree && PATH="$(CURDIR)/build/tools/bin:$$PATH" CARGO_TARGET_DIR=$(CURDIR)/$(mutants)/target \
		WEBSTR_QUICK=1 PROPTEST_CASES=32 PROPTEST_MAX_SHRINK_ITERS=0 PROPTEST_RNG_SEED=1 \
		PROPTEST_DISABLE_FAILURE_PERSISTENCE=1 \
		nice -n 19 $(CARGO) mutants --in-place --output .. $(patsubst %,--file '%',$(FILES)) $(ARGS)

.PHONY: test-sanitizers
test-sanitizers: stage ## C harness and Rust tests under Address-, Undefined-, Thread- and MemorySanitizer, valgrind
	$(need_cc)
	+@$(call c_tests,build/sanitizers/c_tests) check-sanitize check-valgrind
	@CC="$(CC)" CARGO="$(CARGO)" tests/platforms/sanitizers.sh $(CURDIR) $(CURDIR)/build/sanitizers

# The advisories are a database of their own, which is fetched.
deny_version := 0.20.2
deny = PATH="$(CURDIR)/build/tools/bin:$$PATH" $(CARGO) deny --manifest-path
.PHONY: audit
audit: ## licences, bans, sources and known vulnerabilities of all dependencies (builds cargo-deny once)
	$(need_cargo)
	@test -x build/tools/bin/cargo-deny || \
		$(CARGO) install --quiet --root build/tools cargo-deny --version $(deny_version) --locked
	@for manifest in Cargo.toml fuzz/Cargo.toml; do \
		$(deny) $$manifest --workspace --all-features --locked check licenses bans sources || exit 1; \
	done
	@for manifest in Cargo.toml fuzz/Cargo.toml; do \
		$(deny) $$manifest fetch db || { echo "advisories skipped: the database cannot be fetched"; break; }; \
		$(deny) $$manifest --workspace --all-features --locked check advisories || exit 1; \
	done

.PHONY: test-old-cpus
test-old-cpus: stage ## the C harness on x86-64 CPUs without SSE4, AVX2 or AVX-512, by qemu
	$(need_cc)
	+@$(call c_tests,build/old_cpus) $(CURDIR)/build/old_cpus/plain/c_static
	@tests/platforms/old_cpus.sh build/old_cpus/plain/c_static

.PHONY: test-install
test-install: all ## installs into prefix, package and moved tree; programs that link it in every documented way
	$(need_cc)
	@CC="$(CC)" CXX="$(CXX)" MAKE="$(MAKE)" tests/install/test_install.sh build/install

.PHONY: test-make
test-make: all ## this Makefile: goals made side by side, paths that make cannot take
	$(need_cc)
	@CC="$(CC)" MAKE="$(MAKE)" tests/install/test_make.sh build/test_make

.PHONY: dist
dist: ## build/webstr-VERSION.tar.gz: the committed sources and the crates of the library, builds offline
	$(need_cargo)
	@CARGO="$(CARGO)" packaging/dist.sh build

.PHONY: test-reproducible
test-reproducible: ## two builds of one commit in different places, one offline from the source archive: same bytes
	$(need_cargo)
	$(need_cc)
	@MAKE="$(MAKE)" CARGO="$(CARGO)" packaging/test_reproducible.sh build/reproducible

# The plain C functions, and OpenSSL's where its headers are.
has_openssl := $(shell printf '\043include <openssl/sha.h>\n' | $(CC) -E - >/dev/null 2>&1 && echo yes)
build/bench/libbaseline.so: $(wildcard benches/baseline/*) | build/bench
	$(CC) -O3 -shared -fPIC -o $@ $(baseline) \
		$(if $(has_openssl),benches/baseline/openssl.c -lcrypto)

run_bench = WEBSTR_BASELINE=$(CURDIR)/build/bench/libbaseline.so $(CARGO) bench --locked --quiet --package webstr-benches --bench

# Some peers are fast only if the compiler may use all that this machine has.
run_bench_native = CARGO_TARGET_DIR=$(CURDIR)/build/native RUSTFLAGS="-C target-cpu=native" $(run_bench)

# All is built first, as the measuring keeps to one core.
.PHONY: bench
bench: stage build/bench/libbaseline.so $(report_venv)/ready ## all of it side by side, then docs/performance.md (QUICK=1: minutes)
	$(need_cargo)
	@benches/fetch_documents.sh
	$(CARGO) bench --locked --quiet --package webstr-benches --no-run --bench ladder --bench contents --bench handshake
	$(run_bench_native) peers --no-run
	WEBSTR_BASELINE=$(CURDIR)/build/bench/libbaseline.so CARGO="$(CARGO)" CC="$(CC)" \
		$(report_venv)/bin/python benches/run.py $(if $(QUICK),--quick)
	$(report_venv)/bin/python benches/report.py

.PHONY: bench-report
bench-report: $(report_venv)/ready ## docs/performance.md, its figures, the READMEs' numbers, from build/bench/results.json
	$(report_venv)/bin/python benches/report.py

.PHONY: bench-compare
bench-compare: $(report_venv)/ready ## what changed since another results.json, BASE=file, beyond the noise
	@$(report_venv)/bin/python benches/compare.py $(or $(BASE),$(error say BASE=file, a results.json of before))

# BESIDE is another build of libwebstr.so, to be measured in the same run.
.PHONY: bench-escape
bench-escape: stage build/bench/libbaseline.so ## escape_json_*_into: the table of targets (ROWS="clean 'two-character, 8'", BESIDE=other.so)
	$(need_cargo)
	@benches/fetch_documents.sh
	WEBSTR_LIBRARY=$(stage)/lib/libwebstr.so WEBSTR_BESIDE=$(BESIDE) $(run_bench_native) targets -- $(ROWS)

.PHONY: bench-escape-criterion
bench-escape-criterion: build/bench/libbaseline.so ## the same as criterion suites; ARGS="--quick 'clean ASCII/64'" picks
	$(need_cargo)
	@benches/fetch_documents.sh
	$(run_bench_native) criterion --features criterion -- $(ARGS)

.PHONY: bench-accept
bench-accept: build/bench/libbaseline.so ## sec_websocket_accept: every backend, the floor, the peers
	$(need_cargo)
	$(run_bench) handshake

# The package, what it is measured against, and a module of C functions for this alone. With the default
# shortest round some calls are timed one by one, and the clock adds 100 ns to each. ARGS for pytest.
.PHONY: bench-python
bench-python: $(bench_venv)/ready | build/bench ## the package against plain Python, a plain C hash, ctypes and peers
	$(need_cargo)
	$(need_cc)
	CFLAGS="-O3 -DNDEBUG" $(bench_venv)/bin/pip install --quiet --disable-pip-version-check \
		--no-build-isolation --no-deps --force-reinstall ./python
	$(CC) -O3 -DNDEBUG -shared -fPIC -Ibenches/baseline -o build/bench/baseline.so \
		-I$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))') \
		python/benchmarks/baseline.c benches/baseline/accept.c
	PYTHONPATH=build/bench $(bench_venv)/bin/python -m pytest -p no:cacheprovider -q \
		--benchmark-min-time=0.0002 --benchmark-max-time=0.5 \
		--benchmark-sort=fullname --benchmark-columns=min,median,ops,rounds python/benchmarks $(ARGS)

.PHONY: cpython
cpython: stage ## build CPython VERSION (or the tree CPYTHON_SRC) stock and patched, test and time both
	$(need_python)
	$(need_cc)
	WEBSTR_PREFIX=$(stage) cpython_patch/build.sh $(if $(CPYTHON_SRC),--src $(CPYTHON_SRC),$(VERSION))

.PHONY: test-cpython
test-cpython: stage ## CPython 3.11 and 3.13 to 3.15 with webstr: every backend, a debug and a free-threaded build
	$(need_python)
	$(need_cc)
	WEBSTR_PREFIX=$(stage) cpython_patch/test.sh

.PHONY: bench-cpython
bench-cpython: stage ## json of CPython, stock and patched by turns (VERSIONS="3.13.5 …", QUICK=1)
	$(need_python)
	WEBSTR_PREFIX=$(stage) $(PYTHON) cpython_patch/bench.py $(if $(QUICK),--quick) $(VERSIONS)

.PHONY: clean
clean: ## remove all that was built
	rm -rf build target

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F '\t' '{ printf "make %-18s %s\n", $$1, $$2 }'
