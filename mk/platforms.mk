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
