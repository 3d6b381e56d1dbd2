//! The functions of a backend: thin, compiled for its features, with the generic code inlined.

/// The functions of a backend, compiled for its features by `$with_features` with the generic
/// code inlined. `$vector` is its vector.
///
/// `outlined!` fills in the hooks of `EscapeVector` that call them.
macro_rules! instantiate {
    ($with_features:ident, $vector:ident) => {
        $with_features! {
            /// See [`kernel::size`].
            ///
            /// # Safety
            /// The CPU must have the backend's features, and `src` be readable for `len` units.
            pub unsafe fn size<U: Unit, F: Form<U>>(src: *const U, len: usize) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::size::<$vector<F::Out>, U, F>(src, len) }
            }

            /// See [`kernel::into`].
            ///
            /// # Safety
            /// The CPU must have the backend's features, `src` be readable for `len` units and `dst`
            /// writable for `cap` units.
            pub unsafe fn into<U: Unit, F: Form<U>>(
                src: *const U,
                len: usize,
                dst: *mut F::Out,
                cap: usize,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::into::<$vector<F::Out>, U, F, true>(src, len, dst, cap) }
            }

            /// See [`kernel::into`], without a capacity.
            ///
            /// # Safety
            /// The CPU must have the backend's features, `src` be readable for `len` units and `dst`
            /// writable for the result.
            pub unsafe fn write<U: Unit, F: Form<U>>(
                src: *const U,
                len: usize,
                dst: *mut F::Out,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::into::<$vector<F::Out>, U, F, false>(src, len, dst, 0) }
            }

            #[cold] // and so not inlined, and away from the code of short strings
            unsafe fn long_size<V: EscapeVector, U: Unit, F: Form<U>>(src: *const U, len: usize) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::long_size::<V, U, F>(src, len) }
            }

            #[cold]
            unsafe fn long<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>>(
                src: *const U,
                len: usize,
                dst: *mut V::Lane,
                cap: usize,
                bounded: bool,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::long::<V, U, F>(src, len, dst, cap, bounded) }
            }

            #[cold]
            unsafe fn write_short<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>>(
                src: *const U,
                len: usize,
                dst: *mut V::Lane,
                cap: usize,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { rest::write_short::<V, U, F>(src, len, dst, cap) }
            }

            #[cold]
            unsafe fn write_from<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>>(
                src: *const U,
                len: usize,
                at: usize,
                dst: *mut V::Lane,
                cap: usize,
                bounded: bool,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { rest::write_from::<V, U, F>(src, len, at, dst, cap, bounded) }
            }
        }
    };
}
pub(super) use instantiate;

macro_rules! outlined {
    () => {
        #[inline(always)]
        unsafe fn outlined_size<S: Unit, F: Form<S, Out = U>>(src: *const S, len: usize) -> usize {
            // SAFETY: the caller's promise.
            unsafe { long_size::<Self, S, F>(src, len) }
        }

        #[inline(always)]
        unsafe fn outlined_long<S: Unit, F: Form<S, Out = U>>(
            src: *const S,
            len: usize,
            dst: *mut U,
            cap: usize,
            bounded: bool,
        ) -> usize {
            // SAFETY: the caller's promise.
            unsafe { long::<Self, S, F>(src, len, dst, cap, bounded) }
        }

        #[inline(always)]
        unsafe fn outlined_short<S: Unit, F: Form<S, Out = U>>(
            src: *const S,
            len: usize,
            dst: *mut U,
            cap: usize,
        ) -> usize {
            // SAFETY: the caller's promise.
            unsafe { write_short::<Self, S, F>(src, len, dst, cap) }
        }

        #[inline(always)]
        unsafe fn outlined_escapes<S: Unit, F: Form<S, Out = U>>(
            src: *const S,
            len: usize,
            at: usize,
            dst: *mut U,
            cap: usize,
            bounded: bool,
        ) -> usize {
            // SAFETY: the caller's promise.
            unsafe { write_from::<Self, S, F>(src, len, at, dst, cap, bounded) }
        }
    };
}
pub(super) use outlined;

/// `utf8_into` of a backend, compiled for its features by `$with_features`; `$vector` is its vector, `$utf8` validates
/// and decodes, and `$copy` and `$escape_units` are those of [`Pieces`](super::utf8::Pieces).
macro_rules! instantiate_utf8 {
    ($with_features:ident, $vector:ident, $utf8:expr, $copy:expr, $escape_units:expr) => {
        $with_features! {
            /// See [`utf8::into`].
            ///
            /// # Safety
            /// The CPU must have the backend's features, `src` be readable for `len` bytes and `dst`
            /// writable for `cap` bytes.
            pub unsafe fn utf8_into<const ASCII: bool>(
                src: *const u8,
                len: usize,
                dst: *mut u8,
                cap: usize,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe {
                    if ASCII {
                        utf8::into::<$vector<u8>, Utf8Pieces, Ascii, true>(src, len, dst, cap)
                    } else {
                        utf8::into::<$vector<u8>, Utf8Pieces, Utf8, false>(src, len, dst, cap)
                    }
                }
            }
        }

        struct Utf8Pieces;

        impl utf8::Pieces for Utf8Pieces {
            const INTO: utf8::WriteInto<u8> = into::<u8, Unicode>;
            const ASCII_INTO: utf8::WriteInto<u16> = into::<u16, Ascii>;
            const FROM: utf8::WriteFrom = write_from::<$vector<u8>, u8, Unicode>;
            const ASCII_FROM: utf8::WriteFrom = write_from::<$vector<u8>, u8, Ascii>;
            const UTF8: crate::utf8::Functions = $utf8;
            const COPY: Option<(usize, utf8::CopyFn)> = $copy;
            const ESCAPE_UNITS: Option<utf8::EscapeUnits> = $escape_units;
        }
    };
}
pub(super) use instantiate_utf8;
