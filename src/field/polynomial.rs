//! Polynomials: the hot loop of this crate, in the arithmetic that suits the processor.

use alloc::vec::Vec;

use zeroize::Zeroizing;

#[cfg(target_arch = "x86_64")]
use super::avx2::{self, Avx2};
use super::coefficients::{Coefficients, Packed, Unpacked};
use super::portable::{self, Arithmetic};
#[cfg(target_arch = "x86_64")]
use super::quads::Quad;
use super::{ELEMENT, Element};

/// The portable arithmetic that suits the size of the machine's words.
#[cfg(all(target_pointer_width = "64", not(polyseal_backend = "portable32")))]
type Native = super::words::Words;
#[cfg(not(all(target_pointer_width = "64", not(polyseal_backend = "portable32"))))]
type Native = super::narrow::Narrow;

/// A polynomial, ready to be evaluated. Secret.
///
/// Every form gives the same result; the cost depends on the number of coefficients alone. Evaluation takes no branch
/// and no index from a coefficient or the point, and allocates nothing.
pub(crate) struct Polynomial<'a>(Form<'a>);

enum Form<'a> {
    Portable(Prepared<'a, <Native as Arithmetic>::Factor>),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2, Prepared<'a, Quad>),
}

/// Coefficients, and the half of Winograd's correction that depends on them, for each block.
struct Prepared<'a, P: Packed> {
    coefficients: Coefficients<'a, P>,
    corrections: Zeroizing<Vec<P>>,
}

impl Polynomial<'static> {
    /// The polynomial with these coefficients, constant term first.
    pub(crate) fn new(coefficients: impl ExactSizeIterator<Item = Element>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = vectors() {
            return Self::avx2(avx2, Coefficients::packed(coefficients));
        }
        Self::portable(Coefficients::packed(coefficients))
    }
}

impl<'a> Polynomial<'a> {
    /// The same over bytes that stay where they are; `None` unless each coefficient is canonical.
    pub(crate) fn over(bytes: &'a [[u8; ELEMENT]]) -> Option<Self> {
        if !bytes.iter().all(|bytes| Element::from_bytes(*bytes).is_some()) {
            return None;
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = vectors() {
            return Some(Self::avx2(avx2, Coefficients::Bytes(bytes)));
        }
        Some(Self::portable(Coefficients::Bytes(bytes)))
    }

    fn portable(coefficients: Coefficients<'a, <Native as Arithmetic>::Factor>) -> Self {
        let length = coefficients.len();
        let corrections = match &coefficients {
            Coefficients::Packed(packed, _) => portable::corrections::<Native>(packed.as_slice(), length),
            Coefficients::Bytes(bytes) => {
                portable::corrections::<Native>(Unpacked::<_, { portable::LONGEST }>::new(bytes), length)
            }
        };
        Self(Form::Portable(Prepared { coefficients, corrections }))
    }

    #[cfg(target_arch = "x86_64")]
    fn avx2(avx2: Avx2, coefficients: Coefficients<'a, Quad>) -> Self {
        let length = coefficients.len();
        let corrections = match &coefficients {
            Coefficients::Packed(packed, _) => avx2::corrections(packed.as_slice(), length),
            Coefficients::Bytes(bytes) => avx2::corrections(Unpacked::<_, { avx2::LONGEST }>::new(bytes), length),
        };
        Self(Form::Avx2(avx2, Prepared { coefficients, corrections }))
    }

    pub(crate) fn evaluate(&self, x: Element) -> Element {
        let length = self.len();
        match &self.0 {
            Form::Portable(Prepared { coefficients, corrections }) => match coefficients {
                Coefficients::Packed(packed, _) => {
                    portable::evaluate::<Native>(packed.as_slice(), corrections, length, x)
                }
                Coefficients::Bytes(bytes) => {
                    let blocks = Unpacked::<_, { portable::LONGEST }>::new(bytes);
                    portable::evaluate::<Native>(blocks, corrections, length, x)
                }
            },
            #[cfg(target_arch = "x86_64")]
            Form::Avx2(avx2, Prepared { coefficients, corrections }) => match coefficients {
                Coefficients::Packed(packed, _) => avx2.evaluate(packed.as_slice(), corrections, length, x),
                Coefficients::Bytes(bytes) => {
                    avx2.evaluate(Unpacked::<_, { avx2::LONGEST }>::new(bytes), corrections, length, x)
                }
            },
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Form::Portable(prepared) => prepared.coefficients.len(),
            #[cfg(target_arch = "x86_64")]
            Form::Avx2(_, prepared) => prepared.coefficients.len(),
        }
    }

    /// Its coefficient at this place; zero beyond the last.
    pub(crate) fn coefficient(&self, place: usize) -> Element {
        match &self.0 {
            Form::Portable(prepared) => prepared.coefficients.element(place),
            #[cfg(target_arch = "x86_64")]
            Form::Avx2(_, prepared) => prepared.coefficients.element(place),
        }
    }

    pub(crate) fn coefficients(&self) -> impl ExactSizeIterator<Item = Element> {
        (0..self.len()).map(|place| self.coefficient(place))
    }
}

/// AVX2, unless the build was told to do without (`--cfg polyseal_backend="portable"`).
#[cfg(target_arch = "x86_64")]
fn vectors() -> Option<Avx2> {
    if cfg!(any(polyseal_backend = "portable", polyseal_backend = "portable32")) { None } else { Avx2::detect() }
}

#[cfg(test)]
pub(super) mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::super::tests::{element, horner};
    use super::super::{narrow::Narrow, words::Words};
    use super::*;

    fn portable<A: Arithmetic>(elements: &[Element], x: Element) -> Element {
        let packed = Coefficients::<A::Factor>::packed(elements.iter().copied());
        let Coefficients::Packed(packed, length) = packed else { panic!("not packed") };
        let corrections = portable::corrections::<A>(packed.as_slice(), length);
        portable::evaluate::<A>(packed.as_slice(), &corrections, length, x)
    }

    /// Every path gives what the plain definition gives.
    pub(in super::super) fn all_agree(elements: &[Element], x: Element) {
        let expected = horner(elements, x);
        let named = |name, found| assert_eq!(found, expected, "{name}, {} coefficients", elements.len());
        named("words", portable::<Words>(elements, x));
        named("narrow", portable::<Narrow>(elements, x));
        let polynomial = Polynomial::new(elements.iter().copied());
        named("as detected", polynomial.evaluate(x));
        let bytes: Vec<_> = elements.iter().map(|element| element.to_bytes()).collect();
        named("over bytes", Polynomial::over(&bytes).unwrap().evaluate(x));
        named("portable over bytes", Polynomial::portable(Coefficients::Bytes(&bytes)).evaluate(x));
        assert!(polynomial.coefficients().eq(elements.iter().copied()));
    }

    proptest! {
        #[test]
        fn every_arithmetic_agrees_with_horners_rule(
            elements in prop::collection::vec(element(), 0..600), x in element(),
        ) {
            all_agree(&elements, x);
        }
    }

    #[test]
    fn every_length_about_every_block_agrees_at_the_extremes() {
        let top = -Element::ONE;
        let lengths = [32, 64, 128, 160, 256, 512, 1024, 1536, 2048, 2176].into_iter();
        for length in (0..140).chain(lengths.flat_map(|length: usize| length - 1..=length + 1)) {
            for x in [Element::default(), Element::ONE, top, Element(1 << 64)] {
                all_agree(&alloc::vec![top; length], x);
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn vectors_are_used_where_there_are_any() {
        let expected = std::is_x86_feature_detected!("avx2")
            && !cfg!(any(polyseal_backend = "portable", polyseal_backend = "portable32"));
        assert_eq!(matches!(Polynomial::new([Element::ONE].into_iter()).0, Form::Avx2(..)), expected);
    }

    #[test]
    fn bytes_that_are_not_canonical_are_refused() {
        assert!(Polynomial::over(&[[0; 16], (super::super::P).to_le_bytes()]).is_none());
    }
}
