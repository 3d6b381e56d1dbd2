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
NM ?= nm
OBJCOPY ?= objcopy
INSTALL ?= install
LDCONFIG ?= ldconfig

version := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
numbers := $(subst ., ,$(version))
major := $(firstword $(numbers))
lib := build/lib$(if $(CARGO_BUILD_TARGET),/$(CARGO_BUILD_TARGET))
functions := $(shell cat src/symbols.txt)
# The library as installed, for everything below that uses it.
stage := $(CURDIR)/build/stage
venv := build/venv
bench_venv := build/venv-bench
wheels_venv := build/venv-wheels

.DELETE_ON_ERROR:
.SUFFIXES:

empty :=
paths := $(CURDIR)|$(PREFIX)|$(LIBDIR)|$(BINDIR)|$(INCLUDEDIR)|$(PKGCONFIGDIR)|$(CMAKEDIR)|$(MANDIR)|$(DESTDIR)
ifneq ($(words |$(paths)|),1)
$(error webstr: make takes no path with a space: $(paths))
endif

.PHONY: all
all: ## the libraries (build/lib)

# $(call need,TOOL,WHERE FROM): one clear line if a tool is missing.
need = @command -v $(firstword $(1)) >/dev/null || \
	{ echo "webstr: '$(firstword $(1))' is missing: $(2)" >&2; exit 1; }
need_cargo = $(call need,$(CARGO),install Rust from https://rustup.rs)
need_cc = $(call need,$(CC),install a C compiler (on Debian: apt-get install gcc))
need_python = $(call need,$(PYTHON),install Python 3 from https://www.python.org)

# Cargo is called only when a source is newer, so that `sudo make install` needs no Rust. The machine, and what of the
# profile the C library rests on, are said here: the user's configuration of cargo may have others. Rust writes one
# object that has all of the library in it. The paths of this machine stay out of it: two builds of one commit are
# the same, bytes and all.
sources := Cargo.toml Cargo.lock build.rs $(shell find src -name '*.rs')
triple = $(or $(CARGO_BUILD_TARGET),$(shell $(CARGO) -vV 2>/dev/null | sed -n 's/^host: //p'))
built = build/cargo/$(triple)/release
# $(call cargo_build,CRATE TYPE): $(built) gets the library of this type, and webstr.o.
cargo_build = CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_PANIC=abort \
	$(CARGO) rustc --quiet --locked --release --lib --features capi --crate-type $(1) \
	--target $(triple) --target-dir build/cargo -- --cfg cargo_c \
	--emit=obj=$(CURDIR)/$(built)/webstr.o \
	--remap-path-prefix=$(CURDIR)=. --remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)=cargo

$(lib) build/demo build/bench:
	mkdir -p $@

# The names of the libraries, and how they are made from what cargo builds.
include mk/platform/choose.mk

all: $(addprefix $(lib)/,$(libraries))

# cbindgen knows functions of C by an unconditional `no_mangle`, and writes Rust's customary heading.
header_tool := build/tools/bin/cbindgen
.PHONY: header
header: ## write include/webstr.h from src/ffi.rs
	$(need_cargo)
	@test -x $(header_tool) || $(CARGO) install --quiet --root build/tools cbindgen --version 0.29.4 --locked
	@mkdir -p build/header
	@sed 's/cfg_attr(feature = "capi", unsafe(no_mangle))/unsafe(no_mangle)/' src/ffi.rs > build/header/ffi.rs
	@{ cat cbindgen.toml; \
		printf 'after_includes = """\n'; \
		printf '#define WEBSTR_VERSION_MAJOR %s\n#define WEBSTR_VERSION_MINOR %s\n#define WEBSTR_VERSION_PATCH %s\n' $(numbers); \
		printf '/* 0x00MMmmpp, to compare with webstr_version(). */\n#define WEBSTR_VERSION 0x00%02x%02x%02x\n"""\n' $(numbers); \
	} > build/header/cbindgen.toml
	$(header_tool) --quiet --config build/header/cbindgen.toml build/header/ffi.rs > build/header/webstr.h
	@sed 's/# Safety/Requirements:/' build/header/webstr.h > include/webstr.h

# Where the .pc and CMake files find the rest: relative to themselves if it is below PREFIX, so that
# the installed tree can be moved. Not so for pkg-config in /usr, whose directories it leaves out.
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

.PHONY: install
install: all ## install below PREFIX (DESTDIR, LIBDIR, INCLUDEDIR… as usual)
	$(INSTALL) -d $(addprefix $(DESTDIR),$(LIBDIR) $(INCLUDEDIR) $(PKGCONFIGDIR) $(CMAKEDIR) $(MANDIR)/man3)
	$(install_libraries)
	$(INSTALL) -C -m 644 include/webstr.h include/webstr.hpp $(DESTDIR)$(INCLUDEDIR)
	@$(call install_from_template,webstr.pc,$(PKGCONFIGDIR))
	@$(call install_from_template,webstr-config.cmake,$(CMAKEDIR))
	@$(call install_from_template,webstr-config-version.cmake,$(CMAKEDIR))
	$(INSTALL) -C -m 644 $(man_pages:%=docs/man/%.3) $(DESTDIR)$(MANDIR)/man3
	@$(foreach name,$(man_links),echo .so man3/$(call man_page_of,$(name)).3 \
		> $(DESTDIR)$(MANDIR)/man3/$(name).3 && chmod 644 $(DESTDIR)$(MANDIR)/man3/$(name).3 &&) :
	@[ -n "$(DESTDIR)" ] || { $(after_install); }

.PHONY: uninstall
uninstall: ## take away what install put there
	rm -f $(addprefix $(DESTDIR),$(installed))
	-rmdir $(DESTDIR)$(CMAKEDIR) 2>/dev/null

.PHONY: stage
stage: all ## install below build/stage, where demo and tests take it from
	+@$(MAKE) --silent --no-print-directory install DESTDIR=/ PREFIX=$(stage) LIBDIR=$(stage)/lib BINDIR=$(stage)/bin \
		INCLUDEDIR=$(stage)/include PKGCONFIGDIR=$(stage)/lib/pkgconfig CMAKEDIR=$(stage)/lib/cmake/webstr \
		MANDIR=$(stage)/share/man

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
test: test-rust test-c test-install test-python ## all tests but the long ones

include $(sort $(wildcard mk/*.mk))

.PHONY: clean
clean: ## remove all that was built
	rm -rf build target

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | \
		awk -F '\t' '{ printf "make %-22s %s\n", $$1, $$2 }'
