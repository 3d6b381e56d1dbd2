# webstr: `make help` lists what there is.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
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
target := $(or $(CARGO_TARGET_DIR),target)/release
# The library as installed, for everything below that uses it.
stage := $(CURDIR)/build/stage
venv := build/venv

.DELETE_ON_ERROR:
.SUFFIXES:

.PHONY: all
all: build/lib/$(so) build/lib/libwebstr.a ## the libraries (build/lib) and the header (include/webstr.h)

# $(call need,TOOL,WHERE FROM): one clear line if a tool is missing.
need = @command -v $(firstword $(1)) >/dev/null || \
	{ echo "webstr: '$(firstword $(1))' is missing: $(2)" >&2; exit 1; }
need_cargo = $(call need,$(CARGO),install Rust from https://rustup.rs)
need_cc = $(call need,$(CC),install a C compiler (on Debian: apt-get install gcc))
need_python = $(call need,$(PYTHON),install Python 3 from https://www.python.org)

# Cargo knows itself when there is something to do.
.PHONY: FORCE
$(target)/libwebstr.so $(target)/libwebstr.a &: FORCE
	$(need_cargo)
	$(need_cc)
	+$(CARGO) rustc --quiet --locked --release --lib --features capi --crate-type cdylib,staticlib

build/lib build/demo build/bench:
	mkdir -p $@

build/lib/$(so): $(target)/libwebstr.so | build/lib
	$(INSTALL) -m 755 $< $@

# One object in which only the documented functions are global: it links without further libraries
# and beside other Rust archives.
build/lib/libwebstr.a: $(target)/libwebstr.a src/symbols.txt | build/lib
	$(LD) -r --gc-sections $(addprefix -u ,$(shell cat src/symbols.txt)) -o build/lib/webstr.o $<
	$(OBJCOPY) --strip-unneeded --keep-global-symbols=src/symbols.txt build/lib/webstr.o
	rm -f $@
	$(AR) rcD $@ build/lib/webstr.o

.PHONY: header
header: ## write include/webstr.h from src/ffi.rs
	$(need_cargo)
	+$(CARGO) check --quiet --locked

.PHONY: install
install: all ## install below PREFIX (DESTDIR, LIBDIR, INCLUDEDIR as usual)
	$(INSTALL) -d $(DESTDIR)$(LIBDIR) $(DESTDIR)$(INCLUDEDIR)
	$(INSTALL) -C -m 755 build/lib/$(so) $(DESTDIR)$(LIBDIR)/$(so)
	ln -sf $(so) $(DESTDIR)$(LIBDIR)/$(soname)
	ln -sf $(soname) $(DESTDIR)$(LIBDIR)/libwebstr.so
	$(INSTALL) -C -m 644 build/lib/libwebstr.a $(DESTDIR)$(LIBDIR)/libwebstr.a
	$(INSTALL) -C -m 644 include/webstr.h $(DESTDIR)$(INCLUDEDIR)/webstr.h

.PHONY: uninstall
uninstall: ## take away what install put there
	rm -f $(addprefix $(DESTDIR)$(LIBDIR)/,$(so) $(soname) libwebstr.so libwebstr.a)
	rm -f $(DESTDIR)$(INCLUDEDIR)/webstr.h

.PHONY: stage
stage: ## install below build/stage, where demo and tests take it from
	@$(MAKE) --no-print-directory install PREFIX=$(stage) DESTDIR= LIBDIR=$(stage)/lib INCLUDEDIR=$(stage)/include

# The packages of the Python tests, once per requirements.
$(venv)/ready: c_tests/requirements.txt
	$(need_python)
	rm -rf $(venv)
	$(PYTHON) -m venv $(venv) || { echo "webstr: python3 lacks venv (on Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(venv)/bin/pip install --quiet --disable-pip-version-check --requirement c_tests/requirements.txt
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
test: test-rust test-c test-python ## all tests but the long ones

.PHONY: test-rust
test-rust: ## the Rust tests: every backend of this machine against the oracles
	$(need_cargo)
	+$(CARGO) test --locked -- --show-output

.PHONY: test-c
test-c: stage ## the C and C++ harness: plain, sanitizers, valgrind; the installed libraries themselves
	$(need_cc)
	@NM=$(NM) c_tests/check_library.sh $(stage) src/symbols.txt
	@$(MAKE) --no-print-directory -C c_tests PREFIX=$(stage) BUILD=$(CURDIR)/build/c_tests \
		CC="$(CC)" CXX="$(CXX)" check check-sanitize check-valgrind check-two-archives

.PHONY: test-python
test-python: stage $(venv)/ready ## the library through ctypes, the README's examples, the package of python/
	WEBSTR_LIBRARY=$(stage)/lib/libwebstr.so WEBSTR_PREFIX=$(stage) CC="$(CC)" CXX="$(CXX)" \
		$(venv)/bin/python -m pytest -p no:cacheprovider -rs c_tests
	python/test.sh $(PYTHON)

# The interpreters of `make test-python-series`: on PATH or in pyenv, others are skipped.
PYTHONS ?= $(addprefix python3.,9 10 11 12 13 14 15)

.PHONY: test-python-series
test-python-series: ## the package of python/ on every CPython found (PYTHONS="python3.9 …")
	$(need_cargo)
	$(need_cc)
	python/test.sh $(PYTHONS)

# The plain C functions, and OpenSSL's where its headers are.
has_openssl := $(shell printf '\043include <openssl/sha.h>\n' | $(CC) -E - >/dev/null 2>&1 && echo yes)
build/bench/libbaseline.so: $(wildcard benches/baseline/*) | build/bench
	$(CC) -O3 -shared -fPIC -o $@ $(baseline) \
		$(if $(has_openssl),benches/baseline/openssl.c -lcrypto)

run_bench = WEBSTR_BASELINE=$(CURDIR)/build/bench/libbaseline.so $(CARGO) bench --locked --quiet --bench

# Some peers are fast only if the compiler may use all that this machine has.
run_bench_native = CARGO_TARGET_DIR=$(CURDIR)/build/native RUSTFLAGS="-C target-cpu=native" $(run_bench)

.PHONY: bench-escape
bench-escape: build/bench/libbaseline.so ## escape_json_*: every backend over plain C loops, and the peers
	$(need_cargo)
	@benches/fetch_documents.sh
	$(run_bench) escape_table
	$(run_bench_native) escape_peers

.PHONY: bench-escape-criterion
bench-escape-criterion: build/bench/libbaseline.so ## the same as criterion suites; ARGS="--quick 'clean ASCII/64'" picks
	$(need_cargo)
	@benches/fetch_documents.sh
	$(run_bench_native) escape -- $(ARGS)

.PHONY: bench-accept
bench-accept: build/bench/libbaseline.so ## sec_websocket_accept: every backend, the floor, the peers
	$(need_cargo)
	$(run_bench) accept

# The package, what it is measured against, and a module of C functions for this alone.
bench_venv := build/python/venv-bench
$(bench_venv)/ready: python/benchmarks/requirements.txt
	$(need_python)
	rm -rf $(bench_venv)
	$(PYTHON) -m venv $(bench_venv)
	$(bench_venv)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

.PHONY: bench-python
bench-python: $(bench_venv)/ready | build/bench ## the package against plain Python, a plain C hash, ctypes and peers
	$(need_cargo)
	$(need_cc)
	CFLAGS=-O3 $(bench_venv)/bin/pip install --quiet --disable-pip-version-check \
		--no-build-isolation --no-deps --force-reinstall ./python
	$(CC) -O3 -shared -fPIC -Ibenches/baseline -o build/bench/article.so \
		-I$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))') \
		python/benchmarks/article.c benches/baseline/accept.c
	PYTHONPATH=build/bench $(bench_venv)/bin/python -m pytest -p no:cacheprovider -q \
		--benchmark-sort=fullname --benchmark-columns=min,median,ops,rounds python/benchmarks

.PHONY: cpython
cpython: stage ## build CPython VERSION (or the tree CPYTHON_SRC) stock and patched, test and time both
	$(need_python)
	$(need_cc)
	WEBSTR_PREFIX=$(stage) cpython_patch/build.sh $(if $(CPYTHON_SRC),--src $(CPYTHON_SRC),$(VERSION))

.PHONY: test-cpython
test-cpython: stage ## CPython 3.11 to 3.15 with webstr: every backend, a debug and a free-threaded build
	$(need_python)
	$(need_cc)
	WEBSTR_PREFIX=$(stage) cpython_patch/test.sh

.PHONY: bench-cpython
bench-cpython: stage ## json of CPython, stock and patched by turns (VERSIONS="3.13.5 …", QUICK=1)
	$(need_python)
	WEBSTR_PREFIX=$(stage) $(PYTHON) cpython_patch/bench.py $(if $(QUICK),--quick) $(VERSIONS)

.PHONY: clean
clean: ## remove all that was built
	rm -rf build $(or $(CARGO_TARGET_DIR),target)

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F '\t' '{ printf "make %-18s %s\n", $$1, $$2 }'
