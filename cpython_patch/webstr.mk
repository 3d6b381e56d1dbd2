# Included by the Makefile of a patched CPython tree (GNU make).
#
# The archive decides: where it is absent, every variable below is empty and
# _json is built from CPython's own functions. CPython's makesetup puts
# MODULE__JSON_* into the rules of _json, whether shared or built in.
#
# It is called *.ar because `make clean` deletes every *.a below the build
# folder, and --enable-optimizations cleans between its two builds.

WEBSTR_ARCHIVE=$(wildcard $(srcdir)/Modules/_webstr/libwebstr.ar)

# _json.o depends on the archive too, so that a new library is linked in.
MODULE__JSON_DEPS=$(wildcard $(srcdir)/Modules/_webstr/*)
MODULE__JSON_CFLAGS=$(WEBSTR_ARCHIVE:%=-DHAVE_WEBSTR)

# Export none of the library's functions. Apple's linker has no such option;
# there, other modules do not see them anyway (two-level namespace).
WEBSTR_HIDE=$(if $(filter darwin,$(MACHDEP)),,-Wl,--exclude-libs,libwebstr.ar)
MODULE__JSON_LDFLAGS=$(if $(WEBSTR_ARCHIVE),$(WEBSTR_ARCHIVE) $(WEBSTR_HIDE))
