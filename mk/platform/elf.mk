# Linux and the BSDs.

soname := libwebstr.so.$(major)
so := libwebstr.so.$(version)
static := libwebstr.a
libraries := $(so) $(static)
loaded := lib/libwebstr.so

$(target)/libwebstr.so $(target)/libwebstr.a &: $(sources)
	$(need_cargo)
	$(need_cc)
	+$(cargo_rustc) --crate-type cdylib,staticlib -- $(remap)
	touch $(target)/libwebstr.so $(target)/libwebstr.a

$(lib)/$(so): $(target)/libwebstr.so | $(lib)
	$(INSTALL) -m 755 $< $@

# One object in which only the documented functions are global: it links without further libraries
# and beside other Rust archives.
$(lib)/libwebstr.a: $(lib)/unstripped.o src/symbols.txt
	$(OBJCOPY) --strip-unneeded --keep-global-symbols=src/symbols.txt $< $(lib)/webstr.o
	rm -f $@
	$(AR) rcD $@ $(lib)/webstr.o

$(lib)/unstripped.o: $(target)/libwebstr.a src/symbols.txt | $(lib)
	$(LD) -r --gc-sections $(addprefix -u ,$(functions)) -o $@ $<

installed_libraries = $(addprefix $(LIBDIR)/,$(so) $(soname) libwebstr.so $(static))
installed_note = ; run ldconfig as root if the system's linker is to find $(LIBDIR)/libwebstr.so
define install_libraries
$(INSTALL) -C -m 755 $(lib)/$(so) $(DESTDIR)$(LIBDIR)/$(so)
ln -sf $(so) $(DESTDIR)$(LIBDIR)/$(soname)
ln -sf $(soname) $(DESTDIR)$(LIBDIR)/libwebstr.so
$(INSTALL) -C -m 644 $(lib)/$(static) $(DESTDIR)$(LIBDIR)/$(static)
endef
cmake_shared := IMPORTED_LOCATION "$${_webstr_libdir}/$(so)" IMPORTED_SONAME "$(soname)"

check_library = NM=$(NM) tests/install/check_library.sh $(stage) src/symbols.txt $(lib)/unstripped.o
c_tests_platform :=
