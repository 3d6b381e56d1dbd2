# CPython with the patch of cpython_patch/.

# The CPython release of `make cpython`.
VERSION ?= 3.13.5
# A CPython source tree of one's own for it, instead.
CPYTHON_SRC ?=

.PHONY: cpython
cpython: stage ## build CPython VERSION (or the tree CPYTHON_SRC) stock and patched, test and time both
	$(need_python)
	$(need_cc)
	WEBSTR_PREFIX=$(stage) cpython_patch/build.sh $(if $(CPYTHON_SRC),--src $(CPYTHON_SRC),$(VERSION))

.PHONY: test-cpython
test-cpython: stage ## CPython 3.11 and 3.13 to 3.15 with webstr: every backend, and seven other kinds of build
	$(need_python)
	$(need_cc)
	WEBSTR_PREFIX=$(stage) cpython_patch/test.sh
