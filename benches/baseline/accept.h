/* The plain function that the handshake is measured against: a general SHA-1 that takes its message
 * in pieces, then a general base64 encoder. */
#ifndef BASELINE_ACCEPT_H
#define BASELINE_ACCEPT_H

/* RFC 6455 §4.2.2: 24 bytes at key -> 28 characters at value. */
void baseline_accept(const void *key, void *value);

#endif
