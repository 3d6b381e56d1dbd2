//! Which lanes of a vector need an escape, and of which kind.

use super::unit::{Form, Unit};
use super::vector::{Mask, Vector};

/// The lanes that need an escape.
#[inline(always)]
pub fn needs_escape<V: Vector, F: Form<V::Unit>>(v: V) -> V::Mask {
    // Flipping bit 1 brings the quote (0x22) down to 0x20, next to the controls, and leaves the
    // controls below 0x20: one comparison finds both.
    let mask = v.xor(2).lt(0x21).or(v.eq(b'\\'.into()));
    if F::ASCII { mask.or(v.ge(0x7f)) } else { mask }
}

/// The lanes whose escape is a backslash and one character. All others need `\uxxxx`.
#[inline(always)]
pub fn has_letter_escape<V: Vector>(v: V) -> V::Mask {
    // 0x08..=0x0d without 0x0b; flipping bit 3 moves that range to 0x00..=0x05.
    let controls = v.xor(8).lt(6).and_not(v.eq(0x0b));
    controls.or(v.eq(b'"'.into())).or(v.eq(b'\\'.into()))
}

/// How many units escaping adds to the units of `v`; `escaped` is [`needs_escape`] of `v`.
#[inline(always)]
pub fn extra_units<V: Vector, F: Form<V::Unit>>(v: V, escaped: V::Mask) -> u64 {
    let mut extra = if F::ASCII && !v.lt(0x80).any() {
        5 * V::LANES as u64
    } else {
        escaped.count() + 4 * escaped.and_not(has_letter_escape(v)).count()
    };
    if F::ASCII && V::Unit::BYTES == 4 {
        // The second half of a surrogate pair.
        extra += 6 * v.ge(0x10000).and_not(v.ge(0x110000)).count();
    }
    extra
}
