# Mutation testing: of src/ with cargo-mutants, of the glue between CPython and the library.

# The tool works in a copy of the tree, whose builds stay. It leaves unsafe functions out, so those of the copy
# are not marked so: what they do that is unsafe stands in unsafe blocks.
mutants_version := 27.1.0
mutants := build/mutants
FILES ?= src/**/*.rs
# On a CPU without it, no test can tell what AVX-512's code does.
mutants_without := $(if $(shell grep -m 1 -o avx512_vbmi2 /proc/cpuinfo 2>/dev/null),,\
	--exclude 'src/**/avx512*' --exclude-re 'for Avx512>' --exclude-re '(replace|in) (one|many)_avx512')
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
		nice -n 19 $(CARGO) mutants --in-place --output .. $(patsubst %,--file '%',$(FILES)) $(mutants_without) $(ARGS)

# A debug build counts references, and asserts.
debug_python := build/cpython/test/3.14-debug/python
$(debug_python): | stage
	WEBSTR_PREFIX=$(stage) cpython_patch/test.sh 3.14-debug
$(mutants_venv)/ready: private PYTHON = $(debug_python)
$(mutants_venv)/ready: | $(debug_python)

.PHONY: mutants-glue
mutants-glue: stage $(mutants_venv)/ready ## the same for the C glue of cpython_patch/ and python/, a list of its own
	$(need_cc)
	CC="$(CC)" $(mutants_venv)/bin/python cpython_patch/mutate.py $(ARGS)
