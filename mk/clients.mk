# The example server, and its tests with real clients.

server_flags := -std=c99 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -I$(stage)/include
sanitizers := -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
server := build/examples/handshake_server

$(server): examples/server/handshake_server.c stage
	$(need_cc)
	mkdir -p $(@D)
	$(CC) -O2 $(server_flags) -o $@ $< -L$(stage)/lib -Wl,-rpath,$(stage)/lib -lwebstr

$(server)_sanitized: examples/server/handshake_server.c stage
	$(need_cc)
	mkdir -p $(@D)
	$(CC) -O1 $(server_flags) $(sanitizers) -o $@ $< $(stage)/lib/libwebstr.a

.PHONY: example-server
example-server: $(server) ## a WebSocket server to try it with: build/examples/handshake_server [PORT]

# Without npm the tests themselves say what they skip.
build/clients/node_modules/.package-lock.json: tests/clients/package.json
	mkdir -p build/clients
	cp $< build/clients/
	! command -v npm >/dev/null || npm install --prefix build/clients --silent --no-package-lock \
		--no-audit --no-fund --ignore-scripts

.PHONY: test-clients
test-clients: $(server) $(server)_sanitized ## the example server with real clients: websockets, node, curl, Chromium
test-clients: build/clients/venv/ready build/clients/node_modules/.package-lock.json
	WEBSTR_SERVERS=$(CURDIR)/build/examples WEBSTR_SCREENSHOT=$(CURDIR)/build/clients/chromium.png \
		NODE_PATH=$(CURDIR)/build/clients/node_modules \
		build/clients/venv/bin/python -m pytest -p no:cacheprovider -rs -q tests/clients
