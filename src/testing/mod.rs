//! For the tests of this crate and for the fuzz targets, which both compile it as a module of their
//! own: the oracle, buffers between unmapped pages, and the checks of kernels against the oracle.
//! It needs [`Candidate`](crate::Candidate) and the tables of them at the root of the crate.

pub mod checks;
pub mod guard;
pub mod oracle;
