//! What all fuzz targets share: the properties.

#[path = "../properties/mod.rs"]
pub mod properties;

/// A target: the property of its name, checked on whatever the fuzzer comes up with.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            $crate::properties::$name(data);
        });
    };
}
