//! The one thing in an exchange that is declared public: how ML-KEM draws its matrix.
//!
//! A hash of the initiator's secret has two halves. The first is in the encapsulation key, and so public. The nine
//! polynomials of the matrix are drawn from it: candidates of 12 bits, of which those below 3329 are taken. That is a
//! branch for each candidate, and memcheck, for which both halves are secret, reports it. Nothing is suppressed. The
//! candidates are counted here, from the encapsulation key alone, and a case must have exactly as many reports: one
//! branch more, wherever it is, fails it. What is taken remains marked, so an index or a branch from the matrix would
//! count, too.

use shake::{ExtendableOutput, Shake128, Update, XofReader};

/// FIPS 203: the modulus, and how many coefficients a polynomial has.
const MODULUS: u16 = 3329;
const COEFFICIENTS: usize = 256;

/// In X-Wing's encapsulation key: where the seed of the matrix is.
const SEED: core::ops::Range<usize> = 1152..1184;

/// X-Wing's encapsulation key in a hello.
pub fn encapsulation_key(hello: &[u8]) -> &[u8] {
    &hello[place_of(1216, hello)]
}

/// X-Wing's ciphertext in an answer.
pub fn ciphertext(answer: &mut [u8]) -> &mut [u8] {
    let place = place_of(1120, answer);
    &mut answer[place]
}

/// Where a message has bytes of this length: the first such head.
fn place_of(length: u16, message: &[u8]) -> core::ops::Range<usize> {
    let [most, least] = length.to_be_bytes();
    let head = [0x59, most, least];
    let start = message.windows(3).position(|bytes| bytes == head).expect("bytes of this length") + head.len();
    start..start + usize::from(length)
}

/// How many candidates are looked at when the matrix of the key in a hello is drawn once.
pub fn candidates(hello: &[u8]) -> usize {
    let seed = &encapsulation_key(hello)[SEED];
    let places = (0..3).flat_map(|row| (0..3).map(move |column| [column, row]));
    places.map(|place| candidates_of_one(seed, place)).sum()
}

fn candidates_of_one(seed: &[u8], place: [u8; 2]) -> usize {
    let mut hash = Shake128::default();
    hash.update(seed);
    hash.update(&place);
    let mut drawn = hash.finalize_xof();
    let (mut looked_at, mut taken) = (0, 0);
    while taken < COEFFICIENTS {
        let mut bytes = [0; 3];
        drawn.read(&mut bytes);
        let [low, middle, high] = bytes.map(u16::from);
        for candidate in [low | (middle & 0xf) << 8, middle >> 4 | high << 4] {
            // The second of two is not looked at if the first was the last that was needed.
            if taken < COEFFICIENTS {
                looked_at += 1;
                taken += usize::from(candidate < MODULUS);
            }
        }
    }
    looked_at
}
