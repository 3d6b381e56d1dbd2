//! Which lanes of a vector need an escape, and of which kind.

use super::unit::{Form, Unit};
use super::vector::{Mask, Vector};

/// A vector with its way to find single codes.
pub trait Classify: Vector {
    /// The lanes of bytes that are `"`, `\` or U+007F.
    #[inline(always)]
    fn is_quote_backslash_or_delete(self) -> Self::Mask {
        self.eq(b'"'.into()).or(self.eq(b'\\'.into())).or(self.eq(0x7f))
    }
}

const fn sign_bit<V: Vector>() -> u32 {
    1 << (8 * V::Lane::BYTES - 1)
}

/// The lanes in an order in which those that need an escape come first, except for those of
/// [`is_other`].
///
/// As signed numbers, bytes from 0x80 up come before the controls, which suits the ASCII form. In
/// the Unicode form the sign is flipped, and bit 1 as well: it brings the quote (0x22) down to 0x20,
/// next to the controls, and leaves the controls below. For UTF-8 it is bit 1 alone.
#[inline(always)]
fn controls_first<V: Vector, U: Unit, F: Form<U>>(v: V) -> V {
    let sign = if F::UTF8 { 0 } else { sign_bit::<V>() };
    if F::ASCII { v } else { v.xor(sign | 2) }
}

/// The lanes of [`controls_first`] that need an escape.
#[inline(always)]
fn is_control<V: Vector, U: Unit, F: Form<U>>(v: V) -> V::Mask {
    let sign = if F::UTF8 { 0 } else { sign_bit::<V>() };
    if F::ASCII { v.lt(0x20) } else { v.lt(sign | 0x21) }
}

/// The lanes that need an escape and are not in front in [`controls_first`].
#[inline(always)]
fn is_other<V: Classify, U: Unit, F: Form<U>>(v: V) -> V::Mask {
    if F::ASCII { v.is_quote_backslash_or_delete() } else { v.eq(b'\\'.into()) }
}

/// The lanes that need an escape.
#[inline(always)]
pub fn needs_escape<V: Classify, U: Unit, F: Form<U>>(v: V) -> V::Mask {
    is_control::<V, U, F>(controls_first::<V, U, F>(v)).or(is_other::<V, U, F>(v))
}

/// Whether a lane of any of the vectors needs an escape.
#[inline(always)]
pub fn any_needs_escape<V: Classify, U: Unit, F: Form<U>, const N: usize>(vectors: [V; N]) -> bool {
    if !V::HAS_MIN {
        let mut any = needs_escape::<V, U, F>(vectors[0]);
        for &v in &vectors[1..] {
            any = any.or(needs_escape::<V, U, F>(v));
        }
        return any.any();
    }
    // One comparison finds the controls of all.
    let mut least = controls_first::<V, U, F>(vectors[0]);
    let mut any = is_other::<V, U, F>(vectors[0]);
    for &v in &vectors[1..] {
        least = least.min(controls_first::<V, U, F>(v));
        any = any.or(is_other::<V, U, F>(v));
    }
    any.or(is_control::<V, U, F>(least)).any()
}

/// The lanes whose escape is a backslash and one character. All others need `\uxxxx`.
#[inline(always)]
pub fn has_letter_escape<V: Vector>(v: V) -> V::Mask {
    // 0x08..=0x0d without 0x0b; flipping bit 3 moves that range to 0x00..=0x05.
    let sign = sign_bit::<V>();
    let controls = v.xor(sign | 8).lt(sign | 6).and_not(v.eq(0x0b));
    controls.or(v.eq(b'"'.into())).or(v.eq(b'\\'.into()))
}

/// The lanes that are U+007F or more, of those that are not controls.
#[inline(always)]
pub fn is_beyond_ascii<V: Vector>(v: V) -> V::Mask {
    v.lt(0).or(v.eq(0x7f))
}
