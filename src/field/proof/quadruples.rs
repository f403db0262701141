//! A polynomial at a point by AVX2, over a contract of its kernels.
//!
//! [`quads`] knows of the kernels no more than what `of_quads` shows of them.

#[path = "../avx2.rs"]
mod avx2;
mod of_polynomials;
pub(super) mod quads;

use super::{Element, coefficients};
