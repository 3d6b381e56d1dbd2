# Windows, by the Microsoft compiler's linker and LLVM's tools: CARGO_BUILD_TARGET=x86_64-pc-windows-msvc.

LLVM_AR ?= llvm-ar
LLVM_LIB ?= llvm-lib
LLVM_NM ?= llvm-nm
dll := webstr.dll
implib := webstr.lib
static := webstr_static.lib
libraries := $(dll) $(implib) $(static)
loaded := bin/$(dll)

# Each on its own: only the DLL needs a linker.
$(lib)/$(dll): $(sources) | $(lib)
	$(need_cargo)
	+$(call cargo_build,cdylib)
	$(INSTALL) -m 755 $(built)/webstr.dll $@

$(lib)/webstr.obj: $(sources) | $(lib)
	$(need_cargo)
	+$(call cargo_build,staticlib)
	$(INSTALL) -m 644 $(built)/webstr.o $@

# With hyphens, as some shells take an option that begins with a slash for a path.
$(lib)/$(static): $(lib)/webstr.obj
	$(LLVM_LIB) -nologo -out:$@ $<

$(lib)/webstr.def: src/symbols.txt | $(lib)
	{ echo 'LIBRARY $(dll)'; echo EXPORTS; cat $<; } > $@

$(lib)/$(implib): $(lib)/webstr.def
	$(LLVM_LIB) -nologo -machine:x64 -def:$< -out:$@

after_install := :
installed_libraries = $(BINDIR)/$(dll) $(addprefix $(LIBDIR)/,$(implib) $(static))
define install_libraries
$(INSTALL) -d $(DESTDIR)$(BINDIR)
$(INSTALL) -C -m 755 $(lib)/$(dll) $(DESTDIR)$(BINDIR)/$(dll)
$(INSTALL) -C -m 644 $(addprefix $(lib)/,$(implib) $(static)) $(DESTDIR)$(LIBDIR)
endef
cmake_shared := IMPORTED_LOCATION "$${_webstr_bindir}/$(dll)" IMPORTED_IMPLIB "$${_webstr_libdir}/$(implib)"

check_library = NM="$(LLVM_NM)" tests/install/check_msvc.sh $(lib) src/symbols.txt
c_tests_platform := PLATFORM=windows
