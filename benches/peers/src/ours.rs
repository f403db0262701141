//! Our operations, through the public interface only.

pub(crate) mod batch;
pub(crate) mod order;
pub(crate) mod share;

/// What the library computes with: forced to the portable code by the cfg, or as it chooses where this runs.
pub(crate) fn backend() -> &'static str {
    if cfg!(polyseal_backend = "portable") || !avx2() { "portable" } else { "avx2" }
}

#[cfg(target_arch = "x86_64")]
fn avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
fn avx2() -> bool {
    false
}
