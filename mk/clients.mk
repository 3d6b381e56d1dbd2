# The example server, and its tests with real clients.

server_flags := -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -I$(stage)/include
sanitizers := -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
server := build/examples/handshake_server

$(server): tests/clients/handshake_server.c stage
	$(need_cc)
	mkdir -p $(@D)
	$(CC) -O2 $(server_flags) -o $@ $< -L$(stage)/lib -Wl,-rpath,$(stage)/lib -lwebstr

$(server)_sanitized: tests/clients/handshake_server.c stage
	$(need_cc)
	mkdir -p $(@D)
	$(CC) -O1 $(server_flags) $(sanitizers) -o $@ $< $(stage)/lib/libwebstr.a

.PHONY: example-server
example-server: $(server) ## a WebSocket server to try it with: build/examples/handshake_server [--echo] [PORT]

# Without npm the tests themselves say what they skip.
build/clients/node_modules/.package-lock.json: tests/clients/package.json
	mkdir -p build/clients
	cp $< build/clients/
	! command -v npm >/dev/null || npm install --prefix build/clients --silent --no-package-lock \
		--no-audit --no-fund --ignore-scripts

# The Autobahn suite is for Python 2.7. Where that is not to be had, its test says so.
autobahn := build/clients/autobahn
PYTHON2 ?= $(shell for python in python2.7 "$$HOME"/.pyenv/versions/2.7*/bin/python2.7; do \
	"$$python" -c "" 2>/dev/null && command -v "$$python" && break; done)
$(autobahn)/venv/ready:
	$(need_python)
	rm -rf $(autobahn)
	$(PYTHON) -m venv $(autobahn)/tool
	$(autobahn)/tool/bin/pip install --quiet --disable-pip-version-check virtualenv==20.21.1
	$(autobahn)/tool/bin/virtualenv --quiet --python $(PYTHON2) $(autobahn)/venv
	$(autobahn)/venv/bin/pip install --quiet --disable-pip-version-check autobahntestsuite==25.10.1 2>$(autobahn)/log || \
		{ cat $(autobahn)/log; exit 1; }
	touch $@

no_autobahn := webstr: the Autobahn suite needs Python 2.7 (name it by PYTHON2=)
.PHONY: test-autobahn
test-autobahn: $(server) $(if $(PYTHON2),$(autobahn)/venv/ready) ## the example server under the Autobahn test suite: cases 1 to 7, 9.1, 9.2, 10
	$(if $(PYTHON2),,@echo "$(no_autobahn)" >&2; exit 1)
	@$(PYTHON) tests/clients/autobahn.py $(autobahn)/venv/bin/wstest $(server) $(autobahn)/reports

.PHONY: test-clients
test-clients: $(server) $(server)_sanitized ## the example server with real clients: websockets, node, curl, Chromium, Autobahn
test-clients: build/clients/venv/ready build/clients/node_modules/.package-lock.json
	WEBSTR_SERVERS=$(CURDIR)/build/examples WEBSTR_SCREENSHOT=$(CURDIR)/build/clients/chromium.png \
		NODE_PATH=$(CURDIR)/build/clients/node_modules \
		build/clients/venv/bin/python -m pytest -p no:cacheprovider -rs -q tests/clients
	$(if $(PYTHON2),+@$(MAKE) --no-print-directory test-autobahn,@echo "$(no_autobahn): skipped")
