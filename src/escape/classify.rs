//! Which lanes of a vector need an escape, and of which kind.

use super::unit::{Form, Unit};
use crate::vector::{Mask, Vector};

/// A vector with its way to find single codes.
pub trait Classify: Vector {
    /// Whether [`Classify::is_quote_backslash_or_delete`] takes one comparison.
    const SHUFFLES: bool = false;

    /// The lanes of bytes that are `"`, `\` or U+007F.
    #[inline(always)]
    fn is_quote_backslash_or_delete(self) -> Self::Mask {
        self.eq(b'"'.into()).or(self.eq(b'\\'.into())).or(self.eq(0x7f))
    }
}

const fn sign_bit<V: Vector>() -> u32 {
    1 << (8 * V::Lane::BYTES - 1)
}

/// The bits that [`controls_first`] flips.
///
/// As signed numbers, bytes from 0x80 up come before the controls, which suits the ASCII form and
/// UTF-8; for units that are copied whatever they are, the sign is flipped. Flipping bit 1 brings the
/// quote (0x22) down to 0x20, next to the controls, and leaves the controls below.
const fn flipped<V: Classify, U: Unit, F: Form<U>>() -> u32 {
    let sign = if F::ASCII || F::UTF8 { 0 } else { sign_bit::<V>() };
    if finds_quote_apart::<V, U, F>() { sign } else { sign | 2 }
}

/// Whether [`is_other`] finds the quote.
const fn finds_quote_apart<V: Classify, U: Unit, F: Form<U>>() -> bool {
    F::ASCII && V::SHUFFLES
}

/// The lanes in an order in which those that need an escape come first, except for those of
/// [`is_other`].
#[inline(always)]
fn controls_first<V: Classify, U: Unit, F: Form<U>>(v: V) -> V {
    let bits = flipped::<V, U, F>();
    if bits == 0 { v } else { v.xor(bits) }
}

/// The lanes of [`controls_first`] that need an escape.
#[inline(always)]
fn is_control<V: Classify, U: Unit, F: Form<U>>(v: V) -> V::Mask {
    let sign = flipped::<V, U, F>() & sign_bit::<V>();
    v.lt(sign | if finds_quote_apart::<V, U, F>() { 0x20 } else { 0x21 })
}

/// The lanes that need an escape and are not in front in [`controls_first`].
#[inline(always)]
fn is_other<V: Classify, U: Unit, F: Form<U>>(v: V) -> V::Mask {
    if finds_quote_apart::<V, U, F>() {
        v.is_quote_backslash_or_delete()
    } else if F::ASCII {
        v.eq(b'\\'.into()).or(v.eq(0x7f))
    } else {
        v.eq(b'\\'.into())
    }
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
