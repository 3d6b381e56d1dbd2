/* A peer of the handshake: OpenSSL's SHA1 and EVP_EncodeBlock. */

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

/* RFC 6455 §4.2.2: 24 bytes at key -> 28 characters at value. */
void openssl_accept(const void *key, void *value) {
    unsigned char message[60], digest[SHA_DIGEST_LENGTH], text[29];
    memcpy(message, key, 24);
    memcpy(message + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    SHA1(message, sizeof message, digest);
    EVP_EncodeBlock(text, digest, sizeof digest); /* writes a NUL too */
    memcpy(value, text, 28);
}
