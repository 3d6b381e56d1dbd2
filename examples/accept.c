/* The server's answer to the Sec-WebSocket-Key of an opening handshake.
 *
 *     cc -o accept accept.c $(pkg-config --cflags --libs webstr)
 *     ./accept dGhlIHNhbXBsZSBub25jZQ==
 *     s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
 */
#include <stdio.h>
#include <string.h>
#include <webstr.h>

int main(int argc, char **argv)
{
    char accept[SEC_WEBSOCKET_ACCEPT_LEN];

    if (argc != 2 || !sec_websocket_key_valid(argv[1], strlen(argv[1]))) {
        fprintf(stderr, "usage: accept KEY (22 characters of base64 and ==)\n");
        return 1;
    }
    sec_websocket_accept(argv[1], accept);
    printf("%.*s\n", (int)sizeof accept, accept);
    return 0;
}
