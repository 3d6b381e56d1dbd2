/* One program with two Rust static libraries: webstr and other_archive.rs. */
#include <webstr.h>

#include <stdio.h>
#include <string.h>

uint32_t other_archive_answer(void);

int main(void)
{
    char value[SEC_WEBSOCKET_ACCEPT_LEN], text[8];
    uint32_t answer = other_archive_answer();
    bool passed = answer == 42;

    sec_websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", value);
    passed &= memcmp(value, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", sizeof value) == 0;
    passed &= escape_json_ucs1("a\n", 2, text) == 5 && memcmp(text, "\"a\\n\"", 5) == 0;
    passed &= other_archive_answer() == 42;
    printf("%d passed, %d failed\n", passed, !passed);
    return !passed;
}
