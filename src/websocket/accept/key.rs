//! The form of a `Sec-WebSocket-Key`.

use super::constants::{ALPHABET, KEY_LEN};

/// Whether `src` is 22 characters of the base64 alphabet and `==`: the form of a 16-byte nonce, RFC
/// 6455 §4.1.
///
/// RFC 4648 §3.5 wants the last character's four low bits to be zero. They are not checked: common
/// servers accept such keys.
pub fn key_valid(src: &[u8; KEY_LEN]) -> bool {
    static NOT_BASE64: [bool; 256] = {
        let mut table = [true; 256];
        let mut i = 0;
        while i < ALPHABET.len() {
            table[ALPHABET[i] as usize] = false;
            i += 1;
        }
        table
    };
    let [digits @ .., b'=', b'='] = src else {
        return false;
    };
    // `|` and no early exit, because nearly all keys are valid.
    !digits.iter().fold(false, |any, &c| any | NOT_BASE64[c as usize])
}
