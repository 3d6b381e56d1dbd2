//! What all kernels of the handshake share: the lengths, the message's fixed words, SHA-1's constants, and
//! two macros that unroll loops.

/// The bytes of a key: base64 of a 16-byte nonce, RFC 6455 §4.1.
pub const KEY_LEN: usize = 24;
/// The bytes of a value: base64 of a SHA-1, RFC 6455 §4.2.2.
pub const ACCEPT_LEN: usize = 28;

/// The string that follows the key in the message, RFC 6455 §1.3.
pub const GUID: &[u8; 36] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The base64 alphabet, RFC 4648 §4.
pub const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// SHA-1's initial state, FIPS 180-4 §5.3.1.
pub const IV: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// SHA-1's constants of rounds 0 to 19, 20 to 39, 40 to 59 and 60 to 79, FIPS 180-4 §4.2.1.
pub const K: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];

/// Words 6 to 15 of the key block: the GUID and the first bit of the padding, FIPS 180-4 §5.1.1.
pub const GUID_WORDS: [u32; 10] = {
    let mut words = [0x8000_0000; 10];
    let mut i = 0;
    while i < 9 {
        words[i] =
            u32::from_be_bytes([GUID[4 * i], GUID[4 * i + 1], GUID[4 * i + 2], GUID[4 * i + 3]]);
        i += 1;
    }
    words
};

/// The schedule of the padding block, FIPS 180-4 §6.1.2. The block is zero but for the length of
/// the message, 480 bits, in its last word.
pub const PADDING_SCHEDULE: [u32; 80] = {
    let mut w = [0; 80];
    w[15] = 8 * (KEY_LEN + GUID.len()) as u32;
    let mut t = 16;
    while t < 80 {
        w[t] = (w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16]).rotate_left(1);
        t += 1;
    }
    w
};

/// Twenty steps without a loop. The step's number `$t` is a constant, so it can select an
/// instruction. The compiler does not unroll loops of this size.
macro_rules! unroll20 {
    ($first:literal, |$t:ident| $step:block) => {
        unroll20!(@ $first, $t, $step; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19)
    };
    (@ $first:literal, $t:ident, $step:block; $($i:literal)*) => {
        $({ const $t: usize = $first + $i; $step })*
    };
}

/// `$do` for each message `$i` of `$n`, at most 4, without a loop: the compiler unrolls loops too
/// late to keep arrays of vectors in registers.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
macro_rules! for_each_message {
    ($i:ident < $n:expr, $do:block) => {
        for_each_message!(@ $i, $n, $do; 0 1 2 3)
    };
    (@ $i:ident, $n:expr, $do:block; $($message:literal)*) => {
        $(if $message < $n {
            const $i: usize = $message;
            $do
        })*
    };
}
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
pub(super) use for_each_message;
pub(super) use unroll20;
