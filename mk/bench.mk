# Benchmarks, and the report made of them.

# The plain C functions, and OpenSSL's where its headers are.
has_openssl := $(shell printf '\043include <openssl/sha.h>\n' | $(CC) -E - >/dev/null 2>&1 && echo yes)
baseline := $(addprefix benches/baseline/,accept.c escape.c utf8.c)
build/bench/libbaseline.so: $(wildcard benches/baseline/*) | build/bench
	$(CC) -O3 -shared -fPIC -o $@ $(baseline) \
		$(if $(has_openssl),benches/baseline/openssl.c -lcrypto)

# Some peers are fast only if the compiler may use all that this machine has.
run_rust = WEBSTR_BASELINE=$(CURDIR)/build/bench/libbaseline.so WEBSTR_LIBRARY=$(stage)/$(loaded) WEBSTR_BESIDE=$(BESIDE) \
	CARGO_TARGET_DIR=$(CURDIR)/build/native RUSTFLAGS="-C target-cpu=native" \
	$(CARGO) bench --locked --quiet --manifest-path benches/Cargo.toml --bench main
quick := $(if $(QUICK),--quick)

# The package, and the peers that can be had for the Python. $(call install_peers,PIP INSTALL)
peers := orjson==3.13.0 ssrjson==0.0.24 msgspec==0.22.0
install_peers = CFLAGS="-O3 -DNDEBUG" $(1) --no-deps --upgrade ./python && \
	for peer in $(peers); do $(1) --upgrade --only-binary=:all: $$peer || echo "$$peer is left out" >&2; done
bench_python = $(bench_venv)/bin/python
bench_pip = $(bench_python) -m pip install --quiet --disable-pip-version-check --no-build-isolation --force-reinstall

.PHONY: bench-ready
bench-ready: stage build/bench/libbaseline.so $(bench_venv)/ready
	$(need_cargo)
	$(need_cc)
	@benches/fetch_documents.sh
	$(run_rust) --no-run
	@$(call install_peers,$(bench_pip))

# What fails stops it, and the documents are written last.
.PHONY: bench
bench: bench-ready ## measure all, then write docs/performance.md and the READMEs' numbers (QUICK=1: to build/bench alone)
	@$(if $(QUICK),,git diff --quiet HEAD || { echo "webstr: commit first: the documents name the revision" >&2; exit 1; })
	$(run_rust) -- $(quick) --json=$(CURDIR)/build/bench/rust.jsonl
	@$(MAKE) --no-print-directory bench-cpython JSON=build/bench/cpython.jsonl
	$(CC) -O3 -DNDEBUG -shared -fPIC -o build/bench/baseline.so \
		-I$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))') \
		benches/baseline/python.c benches/baseline/accept.c
	PYTHONPATH=build/bench $(bench_python) -m pytest -p no:cacheprovider -q --benchmark-min-time=0.0002 \
		--benchmark-max-time=$(if $(QUICK),0.1,1) --benchmark-columns=min,median,rounds \
		--benchmark-sort=fullname --benchmark-json=build/bench/python.json benches/test_calls.py
	$(bench_python) benches/report.py $(quick)

# BESIDE is another build of libwebstr.so, to be measured in the same run.
TABLES ?= escape utf8 accept json
comma := ,
.PHONY: bench-targets
bench-targets: bench-ready ## print each target as met or missed (TABLES="escape utf8 accept json", ROWS="'clean, 17' twitter", QUICK=1)
	$(if $(filter-out json,$(TABLES)),$(run_rust) -- $(quick) \
		--tables=$(subst $(empty) ,$(comma),$(strip $(filter-out json,$(TABLES)))) $(ROWS))
	$(if $(filter json,$(TABLES)),$(bench_python) benches/dumps.py $(quick) $(ROWS))

# Both _json modules in one process of the stock build.
cpython = build/cpython/$(VERSION)
.PHONY: bench-cpython
bench-cpython: stage ## time json of CPython VERSION, stock and patched, patch_json() and others (ROWS=…, QUICK=1)
	$(need_python)
	@benches/fetch_documents.sh
	WEBSTR_PREFIX=$(stage) cpython_patch/build.sh --no-bench $(VERSION)
	@$(call install_peers,$(PYTHON) -m pip --disable-pip-version-check --python $(cpython)-stock/python install --quiet \
		--target build/bench/peers-$(VERSION))
	PYTHONPATH=build/bench/peers-$(VERSION) $(cpython)-stock/python -s benches/dumps.py $(quick) $(if $(JSON),--json=$(JSON)) \
		--patched $$($(cpython)-webstr/python -c 'import _json; print(_json.__file__)') $(ROWS)
