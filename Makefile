# webstr: `make help` lists what there is.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
BINDIR ?= $(PREFIX)/bin
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

version := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
major := $(firstword $(subst ., ,$(version)))
# Apart from cargo's own target directory, where tests and benchmarks leave other builds of the crate.
# With CARGO_BUILD_TARGET, cargo's own variable, it is a cross build.
target := build/cargo/$(if $(CARGO_BUILD_TARGET),$(CARGO_BUILD_TARGET)/)release
lib := build/lib$(if $(CARGO_BUILD_TARGET),/$(CARGO_BUILD_TARGET))
functions := $(shell cat src/symbols.txt)
# The library as installed, for everything below that uses it.
stage := $(CURDIR)/build/stage
venv := build/venv
bench_venv := build/venv-bench
mutants_venv := build/python/venv-mutants
wheels_venv := build/venv-wheels

.DELETE_ON_ERROR:
.SUFFIXES:

# Make splits paths at spaces, and the recipes hand paths to the shell, sed and the linker as they are.
special := ' " ` \ $$ \# % & | ; : , * ? [ ] < > ( )
unusable = $(filter-out 1,$(words x$(1)x))$(foreach c,$(special),$(findstring $(c),$(1)))
$(foreach name,CURDIR PREFIX LIBDIR BINDIR INCLUDEDIR PKGCONFIGDIR CMAKEDIR MANDIR DESTDIR,$(if $(strip $(call unusable,$($(name)))),\
	$(error webstr: $(name) is "$($(name))": a path with a space or one of $(special) does not work here)))

.PHONY: all
all: libraries ## the libraries (build/lib) and the header (include/webstr.h)

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
cargo_rustc = $(CARGO) rustc --quiet --locked --release --lib --features capi --target-dir build/cargo
remap := '--remap-path-prefix=$(CURDIR)=.' '--remap-path-prefix=$(cargo_home)=cargo'

$(lib) build/demo build/bench:
	mkdir -p $@

# The names of the libraries, and how they are made from what cargo builds.
include mk/platform/choose.mk

.PHONY: libraries
libraries: $(addprefix $(lib)/,$(libraries))

.PHONY: header
header: ## write include/webstr.h from src/ffi.rs
	$(need_cargo)
	+$(CARGO) check --quiet --locked --lib --features header

# Where the .pc and CMake files find the rest: relative to themselves if it is below PREFIX, so that
# the installed tree can be moved. Not so for pkg-config in /usr, whose directories it leaves out.
empty :=
below = $(patsubst $(PREFIX)/%,%,$(filter $(PREFIX)/%,$(1)))
back = $(subst $(empty) ,/,$(patsubst %,..,$(subst /, ,$(below))))
prefix_from = $(if $(below),$(2)/$(back),$(PREFIX))
path_from = $(if $(below),$(2)/$(below),$(1))
substitute = sed \
	-e 's|@version@|$(version)|' -e 's|@cmake_shared@|$(cmake_shared)|' -e 's|@static@|$(static)|' \
	-e 's|@pc_prefix@|$(or $(filter /usr,$(PREFIX)),$(call prefix_from,$(PKGCONFIGDIR),$${pcfiledir}))|' \
	-e 's|@pc_libdir@|$(call path_from,$(LIBDIR),$${prefix})|' \
	-e 's|@pc_includedir@|$(call path_from,$(INCLUDEDIR),$${prefix})|' \
	-e 's|@cmake_prefix@|$(call prefix_from,$(CMAKEDIR),$${CMAKE_CURRENT_LIST_DIR})|' \
	-e 's|@cmake_libdir@|$(call path_from,$(LIBDIR),$${_webstr_prefix})|' \
	-e 's|@cmake_bindir@|$(call path_from,$(BINDIR),$${_webstr_prefix})|' \
	-e 's|@cmake_includedir@|$(call path_from,$(INCLUDEDIR),$${_webstr_prefix})|'
# $(call install_from_template,TEMPLATE,DIRECTORY)
install_from_template = $(substitute) packaging/$(1).in > $(DESTDIR)$(2)/$(1) && chmod 644 $(DESTDIR)$(2)/$(1)

# A page of its own for a group of functions, and one that refers to it for every other function.
man_pages := webstr escape_json sec_websocket_accept
man_links := $(filter-out $(man_pages),$(functions))
man_page_of = $(or $(filter escape_json,$(findstring escape_json,$(1))),$(if $(filter sec_%,$(1)),sec_websocket_accept,webstr))

installed := $(installed_libraries) \
	$(INCLUDEDIR)/webstr.h $(INCLUDEDIR)/webstr.hpp $(PKGCONFIGDIR)/webstr.pc \
	$(CMAKEDIR)/webstr-config.cmake $(CMAKEDIR)/webstr-config-version.cmake \
	$(patsubst %,$(MANDIR)/man3/%.3,$(man_pages) $(man_links))

define install_files
$(INSTALL) -d $(addprefix $(DESTDIR),$(LIBDIR) $(INCLUDEDIR) $(PKGCONFIGDIR) $(CMAKEDIR) $(MANDIR)/man3)
$(install_libraries)
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
	@[ -n "$(DESTDIR)" ] || echo "webstr: installed$(installed_note)"

.PHONY: uninstall
uninstall: ## take away what install put there
	rm -f $(addprefix $(DESTDIR),$(installed))
	-rmdir $(DESTDIR)$(CMAKEDIR) 2>/dev/null

# The same recipe with other directories, not a make of its own: two makes would build one library at a time.
.PHONY: stage
stage: private override PREFIX := $(stage)
stage: private override DESTDIR :=
stage: private override LIBDIR := $(stage)/lib
stage: private override BINDIR := $(stage)/bin
stage: private override INCLUDEDIR := $(stage)/include
stage: private override PKGCONFIGDIR := $(stage)/lib/pkgconfig
stage: private override CMAKEDIR := $(stage)/lib/cmake/webstr
stage: private override MANDIR := $(stage)/share/man
stage: all ## install below build/stage, where demo and tests take it from
	@$(install_files)

demo_programs := $(addprefix build/demo/,accept escape times)
build/demo/accept build/demo/escape: build/demo/%: examples/%.c
build/demo/times: examples/demo/times.c examples/demo/plain.h
$(demo_programs): stage | build/demo
	$(CC) -O3 -Wall -Wextra -I$(stage)/include -o $@ $(filter %.c,$^) $(stage)/lib/libwebstr.a

.PHONY: demo
demo: $(demo_programs) ## the main job on a small document, with a table of times
	$(need_python)
	@$(PYTHON) examples/demo/demo.py build/demo $(stage)/$(loaded) examples/demo/document.json

.PHONY: test
test: test-rust test-c test-make test-install test-python ## all tests but the long ones

include $(sort $(wildcard mk/*.mk))

.PHONY: clean
clean: ## remove all that was built
	rm -rf build target

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | \
		awk -F '\t' '{ printf "make %-22s %s\n", $$1, $$2 }'
