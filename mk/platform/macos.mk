# macOS. The shared library is made of the static one.

soname := libwebstr.$(major).dylib
so := libwebstr.$(version).dylib
static := libwebstr.a
libraries := $(so) $(static)
loaded := lib/libwebstr.dylib
RANLIB ?= ranlib
OTOOL ?= otool
MACOSX_DEPLOYMENT_TARGET ?= 11.0
export MACOSX_DEPLOYMENT_TARGET
# The compiler's word for another CPU than this one.
arch := $(addprefix -arch ,$(patsubst aarch64,arm64,$(firstword $(subst -, ,$(CARGO_BUILD_TARGET)))))

$(lib)/webstr.o: $(sources) | $(lib)
	$(need_cargo)
	+$(call cargo_build,staticlib)
	$(INSTALL) -m 644 $(built)/webstr.o $@

# Its local symbols stay: LLVM's strip spoils the relocations of AArch64 when it takes them away.
$(lib)/libwebstr.a: $(lib)/webstr.o
	rm -f $@
	ZERO_AR_DATE=1 $(AR) rc $@ $<
	$(RANLIB) $@

# C's names begin with an underscore here.
$(lib)/exported: src/symbols.txt | $(lib)
	sed 's/^/_/' $< > $@

# A program runs with the release that it was linked with, and with a newer one of the same major version.
$(lib)/$(so): $(lib)/libwebstr.a $(lib)/exported
	$(need_cc)
	$(CC) $(arch) -dynamiclib -install_name @rpath/$(soname) -compatibility_version $(version) \
		-current_version $(version) -Wl,-exported_symbols_list,$(lib)/exported -o $@ $(lib)/webstr.o

installed_libraries = $(addprefix $(LIBDIR)/,$(so) $(soname) libwebstr.dylib $(static))
after_install = echo "webstr: programs need -Wl,-rpath,$(LIBDIR), or the library a name of its own by install_name_tool -id"
define install_libraries
$(INSTALL) -C -m 755 $(lib)/$(so) $(DESTDIR)$(LIBDIR)/$(so)
ln -sf $(so) $(DESTDIR)$(LIBDIR)/$(soname)
ln -sf $(soname) $(DESTDIR)$(LIBDIR)/libwebstr.dylib
$(INSTALL) -C -m 644 $(lib)/$(static) $(DESTDIR)$(LIBDIR)/$(static)
endef
cmake_shared := IMPORTED_LOCATION "$${_webstr_libdir}/$(so)" IMPORTED_SONAME "@rpath/$(soname)"

check_library = NM="$(NM)" OTOOL="$(OTOOL)" tests/install/check_macho.sh $(stage) src/symbols.txt $(version)
c_tests_platform = shared=$(stage)/$(loaded)
