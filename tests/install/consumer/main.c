/* Prints one result of each group of functions, if header and library are of one version. */
#include <webstr.h>

#include <stdio.h>

int main(void)
{
    char accept[SEC_WEBSOCKET_ACCEPT_LEN], json[16];
    size_t size;

    if (webstr_version() != WEBSTR_VERSION)
        return 1;
    sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", accept);
    size = escape_json_ascii_ucs1("caf\xe9\n", 5, json);
    printf("%.*s %.*s\n", (int)sizeof accept, accept, (int)size, json);
    return 0;
}
