# Fuzzing with cargo-fuzz.

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
