//! Requests to valgrind's memcheck: what is secret is marked as undefined, and memcheck follows it through every
//! operation and reports each branch and each address that depends on it.

#[cfg(not(target_arch = "x86_64"))]
compile_error!("valgrind's requests are written for x86_64 only");

/// What memcheck has the letters M and C for.
const MEMCHECK: usize = 0x4d43_0000;

/// A request: its number and arguments. Without valgrind it does nothing, and gives zero.
fn request(number: usize, arguments: [usize; 4]) -> usize {
    let [first, second, third, fourth] = arguments;
    let block = [number, first, second, third, fourth, 0];
    let mut result = 0;
    // SAFETY: the four rotations are 128 bits in all and change nothing, and neither does the exchange; valgrind knows
    // the sequence (valgrind.h), and reads the block that rax points to. What it writes is named by its callers.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") block.as_ptr(),
            inout("rdx") result,
        );
    }
    result
}

/// Whether valgrind runs this, with memcheck.
pub fn is_there() -> bool {
    let mut probe = [0];
    // Minus one from memcheck, zero from any other tool.
    let known = request(MEMCHECK + 1, [probe.as_mut_ptr().addr(), 1, 0, 0]) == usize::MAX;
    declassify(&mut probe);
    request(0x1001, [0; 4]) > 0 && known
}

/// How many reports there were, repetitions among them.
pub fn reports() -> usize {
    request(0x1201, [0; 4])
}

/// Marks bytes as secret.
pub fn classify(bytes: &mut [u8]) {
    request(MEMCHECK + 1, [bytes.as_mut_ptr().expose_provenance(), bytes.len(), 0, 0]);
}

/// Marks bytes as public, however they were computed.
pub fn declassify(bytes: &mut [u8]) {
    request(MEMCHECK + 2, [bytes.as_mut_ptr().expose_provenance(), bytes.len(), 0, 0]);
}

/// How many of the bits are secret, or computed from what is.
pub fn secret_bits(bytes: &[u8]) -> usize {
    let mut undefined = vec![0_u8; bytes.len()];
    let arguments = [bytes.as_ptr().expose_provenance(), undefined.as_mut_ptr().expose_provenance(), bytes.len(), 0];
    assert_eq!(request(MEMCHECK + 8, arguments), 1, "memcheck says which bits are defined");
    core::hint::black_box(&undefined).iter().map(|byte| usize::try_from(byte.count_ones()).unwrap()).sum()
}
