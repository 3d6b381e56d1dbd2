# The system that the library is built for, by cargo's name of the target or uname's of this machine. Its file says:
#
#   libraries            what is built in $(lib), with the rules for it
#   installed_libraries  what of it make install puts where, by install_libraries
#   static               the static library, below LIBDIR
#   loaded               the shared library as programs load it, below PREFIX
#   after_install        what is said after an installation for this machine itself
#   cmake_shared         its properties in the CMake file
#   check_library        the test of both in build/stage
#   c_tests_platform     what the harness's Makefile is told

system := $(or $(CARGO_BUILD_TARGET),$(shell uname -s))
has = $(findstring $(1),$(system))
platform := $(or $(if $(call has,msvc),msvc),$(if $(call has,windows)$(call has,MINGW),windows),\
	$(if $(call has,apple)$(call has,Darwin),macos),elf)
include mk/platform/$(strip $(platform)).mk
