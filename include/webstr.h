/* webstr: WebSocket handshakes, masks and UTF-8, and JSON strings.
 *
 * Written by cbindgen from src/ffi.rs and cbindgen.toml; `make header` renews it.
 *
 * These conventions hold where the comment of a function does not say otherwise.
 *
 * Units. `len`, `cap` and all results count units, never bytes: 1, 2 or 4 bytes in native byte order
 * where the name says ucs1, ucs2 or ucs4, single bytes in ASCII and UTF-8 results and elsewhere.
 * No pointer needs an alignment, except `incomplete`.
 *
 * Buffers. `src` is readable for `len` units, `dst` writable for `cap` units or for the result; they do
 * not overlap. A pointer may be NULL where its number of units is 0. No other byte is read or written,
 * and no NUL is added.
 *
 * JSON strings have their quotes and are CPython's, unit for unit. `escape_json_ucs...` makes those of
 * json.dumps(s, ensure_ascii=False): the quotation mark, the backslash and U+0000 to U+001F become
 * \" \\ \b \f \n \r \t or lower-case \u00xx; the rest passes through, in units of the source's width.
 * `escape_json_ascii...` makes those of json.dumps(s), in bytes: U+007F and above become \uxxxx as well,
 * characters above U+FFFF a surrogate pair. A result has at least 2 and at most 6 * len + 2 units, in
 * ASCII from UCS-4 12 * len + 2. A size is returned as 0 if it exceeds PTRDIFF_MAX.
 *
 * `*_into` writes in one pass. It returns the size of the whole result. A returned size of at most `cap`
 * means that all of these units were written in this call; the rest of the `cap` units is unspecified.
 * If the size exceeds `cap`, the result does not fit, all of `dst` is unspecified, and a second call
 * with this size as `cap` succeeds. `len` + 2 is a good first `cap`: most strings need no escape. If
 * `len` exceeds PTRDIFF_MAX - 2, the result is 0 and nothing is read. More than PTRDIFF_MAX bytes of
 * `cap` count as PTRDIFF_MAX bytes. If another thread changes the source meanwhile, all this holds, but
 * the text and its size are meaningless and a second call may not fit; for any other function such a
 * change is an error of the caller.
 *
 * Every function is pure: it allocates nothing, takes no lock, cannot fail, and keeps no state but the
 * choice of kernels. The first call makes it for all, from the CPU and the environment variable
 * WEBSTR_BACKEND, which names a backend as `webstr_backend` does; a name that is unknown or not of this
 * CPU is ignored. `sec_websocket_key_valid`, `webstr_version` and masks of a few bytes need no kernel
 * and make no choice. Any thread may call any function; a signal handler may do so once the choice is
 * made. A program that handles signals or changes the environment calls `webstr_backend` first. */

#ifndef WEBSTR_H
#define WEBSTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif


#define WEBSTR_VERSION_MAJOR 0
#define WEBSTR_VERSION_MINOR 3
#define WEBSTR_VERSION_PATCH 0
/* 0x00MMmmpp, to compare with webstr_version(). */
#define WEBSTR_VERSION 0x00000300


/**
 * Bytes in a `Sec-WebSocket-Key`: base64 of a 16-byte nonce (RFC 6455, section 4.1).
 */
#define SEC_WEBSOCKET_KEY_LEN 24

/**
 * Bytes in a `Sec-WebSocket-Accept`: base64 of a SHA-1 (RFC 6455, section 4.2.2).
 */
#define SEC_WEBSOCKET_ACCEPT_LEN 28

/**
 * The server's answer to a WebSocket opening handshake (RFC 6455, section 4.2.2): reads the 24 bytes of
 * a `Sec-WebSocket-Key` and writes the 28 bytes of the `Sec-WebSocket-Accept`,
 * base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")). Any 24 bytes are hashed as they are:
 * `sec_websocket_key_valid` checks a key. `src` and `dst` may overlap.
 */
void sec_websocket_accept(const void *src,
                          void *dst);

/**
 * `sec_websocket_accept` for `count` keys: `src` holds them packed at 24 bytes each, `dst` receives the
 * values packed at 28 bytes each, in the same order. These buffers must not overlap.
 */
void sec_websocket_accept_many(const void *src,
                               void *dst,
                               size_t count);

/**
 * Whether the bytes have the form of a `Sec-WebSocket-Key`: 22 characters of the base64 alphabet and
 * "==", which encode a 16-byte nonce (RFC 6455, sections 4.1 and 4.2.1). The four unused bits of the
 * last character are not checked; common servers do not check them either.
 */
bool sec_websocket_key_valid(const void *src,
                             size_t len);

/**
 * The size of what `escape_json_ucs1` writes for the same source.
 */
size_t escape_json_ucs1_size(const void *src, size_t len);

/**
 * The JSON string of Latin-1, ASCII or UTF-8. Bytes from 0x80 up pass through unchanged.
 * Writes exactly the size that `escape_json_ucs1_size` returns, which must not be 0.
 */
size_t escape_json_ucs1(const void *src, size_t len, void *dst);

/**
 * `escape_json_ucs1` in one pass, into `cap` bytes.
 */
size_t escape_json_ucs1_into(const void *src, size_t len, void *dst, size_t cap);

/**
 * The size of what `escape_json_ascii_ucs1` writes for the same source.
 */
size_t escape_json_ascii_ucs1_size(const void *src, size_t len);

/**
 * The JSON string of Latin-1 in ASCII. UTF-8 is not decoded: each byte is one character.
 * Writes exactly the size that `escape_json_ascii_ucs1_size` returns, which must not be 0.
 */
size_t escape_json_ascii_ucs1(const void *src, size_t len, void *dst);

/**
 * `escape_json_ascii_ucs1` in one pass, into `cap` bytes.
 */
size_t escape_json_ascii_ucs1_into(const void *src, size_t len, void *dst, size_t cap);

/**
 * The size of what `escape_json_ucs2` writes for the same source.
 */
size_t escape_json_ucs2_size(const void *src, size_t len);

/**
 * The JSON string of UCS-2 or UTF-16. Surrogates, lone or paired, pass through unchanged.
 * Writes exactly the size that `escape_json_ucs2_size` returns, which must not be 0.
 */
size_t escape_json_ucs2(const void *src, size_t len, void *dst);

/**
 * `escape_json_ucs2` in one pass, into `cap` units.
 */
size_t escape_json_ucs2_into(const void *src, size_t len, void *dst, size_t cap);

/**
 * The size of what `escape_json_ascii_ucs2` writes for the same source.
 */
size_t escape_json_ascii_ucs2_size(const void *src, size_t len);

/**
 * The JSON string of UCS-2 or UTF-16 in ASCII. Each surrogate is escaped by itself.
 * Writes exactly the size that `escape_json_ascii_ucs2_size` returns, which must not be 0.
 */
size_t escape_json_ascii_ucs2(const void *src, size_t len, void *dst);

/**
 * `escape_json_ascii_ucs2` in one pass, into `cap` bytes.
 */
size_t escape_json_ascii_ucs2_into(const void *src, size_t len, void *dst, size_t cap);

/**
 * The size of what `escape_json_ucs4` writes for the same source.
 */
size_t escape_json_ucs4_size(const void *src, size_t len);

/**
 * The JSON string of UCS-4. Units above U+10FFFF pass through unchanged.
 * Writes exactly the size that `escape_json_ucs4_size` returns, which must not be 0.
 */
size_t escape_json_ucs4(const void *src, size_t len, void *dst);

/**
 * `escape_json_ucs4` in one pass, into `cap` units.
 */
size_t escape_json_ucs4_into(const void *src, size_t len, void *dst, size_t cap);

/**
 * The size of what `escape_json_ascii_ucs4` writes for the same source.
 */
size_t escape_json_ascii_ucs4_size(const void *src, size_t len);

/**
 * The JSON string of UCS-4 in ASCII. Units above U+10FFFF become U+FFFD.
 * Writes exactly the size that `escape_json_ascii_ucs4_size` returns, which must not be 0.
 */
size_t escape_json_ascii_ucs4(const void *src, size_t len, void *dst);

/**
 * `escape_json_ascii_ucs4` in one pass, into `cap` bytes.
 */
size_t escape_json_ascii_ucs4_into(const void *src, size_t len, void *dst, size_t cap);

/**
 * The JSON string of UTF-8 that may be ill-formed, in UTF-8, in one pass: as `escape_json_ucs1_into`,
 * but each maximal subpart of an ill-formed sequence becomes one U+FFFD (Unicode 3.9; `errors="replace"`
 * of CPython's `bytes.decode`). A character that the end of the source cuts off is ill-formed.
 */
size_t escape_json_utf8_into(const void *src,
                             size_t len,
                             void *dst,
                             size_t cap);

/**
 * `escape_json_utf8_into` with a result in ASCII.
 */
size_t escape_json_ascii_utf8_into(const void *src, size_t len, void *dst, size_t cap);

/**
 * The number of leading bytes that are well-formed UTF-8 (RFC 3629): `len` if all are. Unless
 * `incomplete` is NULL, sets `*incomplete` to the number of remaining bytes, 1 to 3, if they are the
 * beginning of a character that more bytes may complete; otherwise to 0. So text can be validated in
 * pieces as it arrives, each after the incomplete bytes of the previous one (RFC 6455, section 8.1).
 */
size_t webstr_utf8_valid_up_to(const void *src,
                               size_t len,
                               size_t *incomplete);

/**
 * Masks or unmasks a WebSocket payload (RFC 6455, section 5.3):
 * `dst[i] = src[i] ^ key[(phase + i) % 4]`, where `key` holds four bytes in the order of the frame.
 * Returns the phase of the next byte, 0 to 3, for the next part of the same payload; that of the first
 * part is 0. `dst` may be equal to `src`, and otherwise overlaps neither `src` nor `key`.
 */
unsigned int webstr_websocket_mask(const void *src,
                                   size_t len,
                                   const void *key,
                                   unsigned int phase,
                                   void *dst);

/**
 * The library's version as 0x00MMmmpp, for comparison with the header's `WEBSTR_VERSION`.
 */
uint32_t webstr_version(void);

/**
 * The name of the kernels in use, for escapes, UTF-8, masks and the handshake; a static string:
 * "avx512" (AVX-512 F, BW, VL, VBMI and VBMI2: Ice Lake, Zen 4 and later), "avx2" (AVX2, BMI1, BMI2 and
 * POPCNT: Haswell, Zen and later), "sse2" (any x86-64), "neon" (any little-endian AArch64) or "scalar"
 * (any CPU). The handshake uses the CPU's SHA-1 instructions, if it has them, with all except "scalar".
 */
const char *webstr_backend(void);

#ifdef __cplusplus
}
#endif

#endif /* WEBSTR_H */
