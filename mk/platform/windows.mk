# Windows, by mingw-w64. The DLL is made of the static library, for a .def file to say what it exports.

comma := ,
WINDRES ?= windres
DLLTOOL ?= dlltool
OBJDUMP ?= objdump
dll := webstr.dll
implib := libwebstr.dll.a
static := libwebstr.a
libraries := $(dll) $(implib) $(static)
loaded := bin/$(dll)

$(lib)/unstripped.o: $(sources) | $(lib)
	$(need_cargo)
	+$(call cargo_build,staticlib)
	$(INSTALL) -m 644 $(built)/webstr.o $@

$(lib)/libwebstr.a: $(lib)/unstripped.o
	$(OBJCOPY) --strip-debug --strip-unneeded $< $(lib)/webstr.o
	rm -f $@
	$(AR) rcD $@ $(lib)/webstr.o

$(lib)/webstr.def: src/symbols.txt | $(lib)
	{ echo 'LIBRARY $(dll)'; echo EXPORTS; cat $<; } > $@

$(lib)/resource.o: packaging/windows/webstr.rc.in Cargo.toml | $(lib)
	sed -e 's|@version@|$(version)|' -e 's|@version_words@|$(subst $(empty) ,$(comma),$(subst ., ,$(version))),0|' \
		-e 's|@dll@|$(dll)|' $< > $(lib)/webstr.rc
	$(WINDRES) $(lib)/webstr.rc $@

# Without a C library, of which it wants no more than a memcpy: any program can load it.
$(lib)/memcpy.o: packaging/windows/memcpy.c | $(lib)
	$(need_cc)
	$(CC) -O2 -ffreestanding -fno-tree-loop-distribute-patterns -Wall -Wextra -c $< -o $@

$(lib)/$(dll): $(lib)/webstr.def $(lib)/resource.o $(lib)/memcpy.o $(lib)/libwebstr.a
	$(CC) -shared -nostdlib -s -Wl,--entry=0,--no-insert-timestamp,--nxcompat,--dynamicbase,--high-entropy-va \
		-o $@ $^ -lgcc -lkernel32

$(lib)/$(implib): $(lib)/webstr.def
	cd $(lib) && $(DLLTOOL) --input-def $(<F) --output-lib $(@F)

after_install := :
installed_libraries = $(BINDIR)/$(dll) $(addprefix $(LIBDIR)/,$(implib) $(static))
define install_libraries
$(INSTALL) -d $(DESTDIR)$(BINDIR)
$(INSTALL) -C -m 755 $(lib)/$(dll) $(DESTDIR)$(BINDIR)/$(dll)
$(INSTALL) -C -m 644 $(addprefix $(lib)/,$(implib) $(static)) $(DESTDIR)$(LIBDIR)
endef
cmake_shared := IMPORTED_LOCATION "$${_webstr_bindir}/$(dll)" IMPORTED_IMPLIB "$${_webstr_libdir}/$(implib)"

check_library = OBJDUMP="$(OBJDUMP)" NM="$(NM)" tests/install/check_pe.sh $(stage) src/symbols.txt \
	$(lib)/unstripped.o $(version)
c_tests_platform = PLATFORM=windows LDFLAGS=-static $(addsuffix =$(stage)/lib/$(implib),shared link_shared)
