# Benchmarks, and the report made of them.

# The plain C functions, and OpenSSL's where its headers are.
has_openssl := $(shell printf '\043include <openssl/sha.h>\n' | $(CC) -E - >/dev/null 2>&1 && echo yes)
baseline := $(addprefix benches/baseline/,accept.c escape.c utf8.c)
build/bench/libbaseline.so: $(wildcard benches/baseline/*) | build/bench
	$(CC) -O3 -shared -fPIC -o $@ $(baseline) \
		$(if $(has_openssl),benches/baseline/openssl.c -lcrypto)

# The libraries that the suites load at run time.
bench_libraries := WEBSTR_BASELINE=$(CURDIR)/build/bench/libbaseline.so WEBSTR_LIBRARY=$(stage)/$(loaded)
run_bench = $(bench_libraries) $(CARGO) bench --locked --quiet --package webstr-benches --bench

# Some peers are fast only if the compiler may use all that this machine has.
run_bench_native = CARGO_TARGET_DIR=$(CURDIR)/build/native RUSTFLAGS="-C target-cpu=native" $(run_bench)

# All is built first, as the measuring keeps to one core.
.PHONY: bench
bench: stage build/bench/libbaseline.so $(report_venv)/ready ## all of it side by side, then docs/performance.md (QUICK=1: minutes)
	$(need_cargo)
	@benches/fetch_documents.sh
	$(CARGO) bench --locked --quiet --package webstr-benches --no-run --bench ladder --bench contents --bench handshake
	$(run_bench_native) peers --no-run
	$(bench_libraries) CARGO="$(CARGO)" CC="$(CC)" \
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
	WEBSTR_BESIDE=$(BESIDE) $(run_bench_native) targets -- $(ROWS)

.PHONY: bench-escape-criterion
bench-escape-criterion: stage build/bench/libbaseline.so ## the same as criterion suites; ARGS="--quick 'clean ASCII/64'" picks
	$(need_cargo)
	@benches/fetch_documents.sh
	$(run_bench_native) criterion --features criterion -- $(ARGS)

.PHONY: bench-utf8
bench-utf8: stage build/bench/libbaseline.so ## UTF-8 and masks: the table of targets (ROWS="CJK 'mask, 64'")
	$(need_cargo)
	@benches/fetch_documents.sh
	$(run_bench_native) utf8 -- $(ROWS)

.PHONY: bench-rust
bench-rust: stage ## the safe functions beside the C library; tungstenite's and serde_json's own replaced (benches/examples)
	$(need_cargo)
	@benches/fetch_documents.sh
	$(run_bench) rust
	for example in derive_accept_key json_writer; do \
		$(CARGO) run --locked --quiet --profile bench --package webstr-benches --example $$example || exit 1; \
	done

.PHONY: bench-accept
bench-accept: build/bench/libbaseline.so ## sec_websocket_accept: every backend, the floor, the peers
	$(need_cargo)
	$(run_bench) handshake

# The package, its peers, and a module of C functions for this alone. With the default
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

# The peers that cannot be had for this Python are left out.
.PHONY: bench-json
bench-json: $(bench_venv)/ready ## json.dumps of documents: stock, patch_json(), orjson, ssrjson, msgspec; its targets (PYTHON=…)
	$(need_cargo)
	$(need_cc)
	@benches/fetch_documents.sh
	CFLAGS="-O3 -DNDEBUG" $(bench_venv)/bin/pip install --quiet --disable-pip-version-check \
		--no-build-isolation --no-deps --force-reinstall ./python
	-for peer in $$(sed -n '/^[a-z]/p' cpython_patch/requirements.txt); do \
		$(bench_venv)/bin/pip install --quiet --disable-pip-version-check --only-binary=:all: $$peer; done
	$(bench_venv)/bin/python python/benchmarks/documents.py
