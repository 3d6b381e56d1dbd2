# Linux and the BSDs.

soname := libwebstr.so.$(major)
so := libwebstr.so.$(version)
static := libwebstr.a
libraries := $(so) $(static)
loaded := lib/libwebstr.so

$(lib)/$(so) $(lib)/unstripped.o &: $(sources) | $(lib)
	$(need_cargo)
	$(need_cc)
	+$(call cargo_build,cdylib)
	$(INSTALL) -m 755 $(built)/libwebstr.so $(lib)/$(so)
	$(INSTALL) -m 644 $(built)/webstr.o $(lib)/unstripped.o

# Only the documented functions are global: it links without further libraries and beside other Rust archives.
$(lib)/libwebstr.a: $(lib)/unstripped.o src/symbols.txt
	$(OBJCOPY) --strip-unneeded --keep-global-symbols=src/symbols.txt $< $(lib)/webstr.o
	rm -f $@
	$(AR) rcD $@ $(lib)/webstr.o

installed_libraries = $(addprefix $(LIBDIR)/,$(so) $(soname) libwebstr.so $(static))
# Programs find the library by the linker's cache, which only root writes.
after_install = { $(LDCONFIG) && $(LDCONFIG) -p | grep -qF "$(LIBDIR)/$(soname)"; } 2>/dev/null || \
	echo "webstr: programs do not find $(LIBDIR)/$(soname) by themselves: give them -Wl,-rpath,$(LIBDIR), or LD_LIBRARY_PATH"
define install_libraries
$(INSTALL) -C -m 755 $(lib)/$(so) $(DESTDIR)$(LIBDIR)/$(so)
ln -sf $(so) $(DESTDIR)$(LIBDIR)/$(soname)
ln -sf $(soname) $(DESTDIR)$(LIBDIR)/libwebstr.so
$(INSTALL) -C -m 644 $(lib)/$(static) $(DESTDIR)$(LIBDIR)/$(static)
endef
cmake_shared := IMPORTED_LOCATION "$${_webstr_libdir}/$(so)" IMPORTED_SONAME "$(soname)"

check_library = NM=$(NM) tests/install/check_library.sh $(stage) src/symbols.txt $(lib)/unstripped.o
c_tests_platform :=
