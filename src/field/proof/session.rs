//! One way through a straight line of code, for all values at once.
//!
//! Every word is an [`Expression`] over variables. A variable is an input, or the upper part of a word that was cut:
//! of x = 2^k h + l, h becomes a variable and l is x - 2^k h, so that nothing is ever forgotten. What is known of the
//! range of a word is a [`Range`], kept for its expression without the constant.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use num_bigint::BigInt;

use super::super::P;
use super::expression::Expression;

/// The least and the greatest value.
pub(super) type Range = (BigInt, BigInt);

/// What a variable stands for.
enum Meaning {
    /// Any integer of a range.
    Input,
    /// Any integer of a range that is congruent modulo p to this, in which there are no residues.
    Residue(Expression),
    /// The integer part of a word divided by a power of two.
    Upper(Expression, u32),
}

#[derive(Default)]
pub(super) struct Session {
    /// The words that were computed, by their numbers; the first two are zero and one.
    words: Vec<Expression>,
    variables: Vec<(Range, Meaning)>,
    ranges: BTreeMap<Expression, Range>,
    uppers: BTreeMap<Expression, BTreeMap<u32, Expression>>,
    cases: Cases,
    /// For a run with given values: those of the variables.
    pub(super) values: Option<Values>,
}

/// Where the upper part of a word is one of two values, each is a case by itself.
#[derive(Default)]
pub(super) struct Cases {
    taken: Vec<(BigInt, bool)>,
    at: usize,
}

/// The values of inputs in order, and of all variables so far.
pub(super) struct Values {
    inputs: Vec<BigInt>,
    known: Vec<BigInt>,
}

impl Values {
    pub(super) fn new(inputs: impl IntoIterator<Item = u128>) -> Self {
        Self { inputs: inputs.into_iter().map(BigInt::from).collect(), known: Vec::new() }
    }
}

pub(super) fn power(exponent: u32) -> BigInt {
    BigInt::from(1) << exponent
}

/// Everything that cannot be shown ends the proof.
pub(super) fn refuse(why: &str) -> ! {
    panic!("refused: {why}")
}

impl Session {
    /// A new one, in which the cases go on from those of another.
    pub(super) fn new(cases: Cases) -> Self {
        let words = [0, 1].map(Expression::constant).into();
        Self { words, cases, ..Self::default() }
    }

    /// The next cases, or nothing if these were the last.
    pub(super) fn next_cases(self) -> Option<Cases> {
        let mut cases = self.cases;
        assert_eq!(cases.at, cases.taken.len(), "the same code asked for other cases");
        cases.at = 0;
        while let Some((value, is_last)) = cases.taken.pop() {
            if !is_last {
                cases.taken.push((value + 1, true));
                return Some(cases);
            }
        }
        None
    }

    pub(super) fn word(&mut self, value: Expression) -> usize {
        self.words.push(value);
        self.words.len() - 1
    }

    pub(super) fn expression(&self, word: usize) -> &Expression {
        self.words.get(word).unwrap_or_else(|| refuse("a word of another run"))
    }

    pub(super) fn input(&mut self, range: Range) -> Expression {
        let value = self.values.as_ref().map(|values| {
            let inputs = self.variables.iter().filter(|(_, meaning)| matches!(meaning, Meaning::Input)).count();
            values.inputs[inputs].clone()
        });
        if let Some(value) = &value {
            assert!(range.0 <= *value && *value <= range.1, "not in the range of an input");
        }
        self.variable(range, Meaning::Input, value)
    }

    /// Any integer of this range that is congruent to `value` modulo p.
    pub(super) fn residue(&mut self, range: Range, value: &Expression) -> Expression {
        assert!(self.values.is_none(), "which one cannot be said");
        let value = self.modulo(value);
        self.variable(range, Meaning::Residue(value), None)
    }

    fn variable(&mut self, range: Range, meaning: Meaning, value: Option<BigInt>) -> Expression {
        self.variables.push((range, meaning));
        if let Some(values) = &mut self.values {
            values.known.extend(value);
            assert_eq!(values.known.len(), self.variables.len());
        }
        Expression::variable(self.variables.len() - 1)
    }

    /// What an expression is with the given values.
    pub(super) fn value(&self, of: &Expression) -> Option<BigInt> {
        let known = &self.values.as_ref()?.known;
        of.substituted(|number| Expression::constant(known[number].clone())).as_constant()
    }

    /// The range of an expression: what is known of it, and no more than its terms allow.
    pub(super) fn range(&self, of: &Expression) -> Range {
        let (constant, rest) = of.parted();
        let mut range = (BigInt::ZERO, BigInt::ZERO);
        for (monomial, coefficient) in rest.terms() {
            let start = (coefficient.clone(), coefficient.clone());
            let term = monomial.iter().fold(start, |range, number| product(&range, &self.variables[*number].0));
            range = (range.0 + term.0, range.1 + term.1);
        }
        if let Some((low, high)) = self.ranges.get(&rest) {
            range = (range.0.max(low.clone()), range.1.min(high.clone()));
        }
        (range.0 + &constant, range.1 + constant)
    }

    /// Takes it as known that an expression is in this range.
    pub(super) fn know(&mut self, of: &Expression, range: Range) {
        let (constant, rest) = of.parted();
        let before = self.range(&rest);
        let range = (before.0.max(range.0 - &constant), before.1.min(range.1 - constant));
        if range.0 > range.1 {
            refuse("no value is left in a case");
        }
        self.ranges.insert(rest, range);
    }

    /// The integer part of `of` / 2^k. With `in_cases`, one of two values is the matter of two cases.
    pub(super) fn upper(&mut self, of: &Expression, k: u32, in_cases: bool) -> Expression {
        let (low, high) = self.range(of);
        if low < BigInt::ZERO {
            refuse(&format!("a word that may be negative: {low}"));
        }
        if k == 0 {
            return of.clone();
        }
        let zeros = of.trailing_zeros().unwrap_or(0).min(k);
        if zeros > 0 {
            let less = of.halved(zeros);
            self.know(&less, (low >> zeros, high >> zeros));
            return self.upper(&less, k - zeros, in_cases);
        }
        if let Some(known) = self.uppers.get(of).and_then(|cuts| cuts.get(&k)) {
            return known.clone();
        }
        let range = (&low >> k, &high >> k);
        let upper = if range.0 == range.1 {
            Expression::constant(range.0)
        } else if in_cases && &range.1 - &range.0 == BigInt::from(1) {
            let chosen = self.chosen(of, k, range.0);
            self.know(of, (&chosen << k, ((&chosen + 1) << k) - 1));
            Expression::constant(chosen)
        } else {
            let upper = self.cut(of, k, &range);
            self.know(&upper, range);
            self.know(&(of - &upper.times(&power(k))), (BigInt::ZERO, power(k) - 1));
            upper
        };
        self.uppers.entry(of.clone()).or_default().insert(k, upper.clone());
        upper
    }

    /// Where one term of a sum has zeros below, and the other fits there, both are parts of the sum.
    pub(super) fn know_parts(&mut self, upper: &Expression, lower: &Expression, of_lower: &Range) {
        let Some(zeros) = upper.trailing_zeros() else { return };
        if zeros > 0 && of_lower.0 >= BigInt::ZERO && of_lower.1 < power(zeros) {
            let cuts = self.uppers.entry(upper + lower).or_default();
            cuts.entry(zeros).or_insert_with(|| upper.halved(zeros));
        }
    }

    fn chosen(&mut self, of: &Expression, k: u32, first: BigInt) -> BigInt {
        if let Some(value) = self.value(of) {
            return value >> k;
        }
        let at = self.cases.at;
        self.cases.at += 1;
        if self.cases.taken.len() == at {
            self.cases.taken.push((first, false));
        }
        self.cases.taken[at].0.clone()
    }

    /// The same, from what is known: terms that are multiples, and other cuts of the same word.
    fn cut(&mut self, of: &Expression, k: u32, range: &Range) -> Expression {
        let (multiples, rest) = of.multiples(k);
        let (low, high) = self.range(&rest);
        // What is left may be the longer word, of which this one is a part.
        if multiples != Expression::default() && low >= BigInt::ZERO && high <= self.range(of).1 {
            return &multiples + &self.upper(&rest, k, false);
        }
        let mut cuts = self.uppers.get(of).cloned().unwrap_or_default();
        cuts.retain(|_, upper| upper.as_constant().is_none());
        if let Some((higher, upper)) = cuts.range(k + 1..).next() {
            let lower = of - &upper.times(&power(*higher));
            return &upper.times(&power(higher - k)) + &self.upper(&lower, k, false);
        }
        if let Some((lower, upper)) = cuts.range(..k).next_back() {
            return self.upper(upper, k - lower, false);
        }
        let value = self.value(of).map(|value| value >> k);
        self.variable(range.clone(), Meaning::Upper(of.clone(), k), value)
    }

    /// The expression modulo p, residues taken for what they are congruent to.
    pub(super) fn modulo(&self, of: &Expression) -> Expression {
        let p = BigInt::from(P);
        of.substituted(|number| match &self.variables[number].1 {
            Meaning::Residue(value) => value.clone(),
            _ => Expression::variable(number),
        })
        .modulo(&p)
    }

    /// What the variables of an expression stand for, for the text of a refusal.
    pub(super) fn explained(&self, of: &Expression) -> String {
        let mut text = String::new();
        for (monomial, coefficient) in of.terms().take(12) {
            let _ = write!(text, "{coefficient:+} {monomial:?} ");
        }
        for number in of.terms().take(12).flat_map(|(monomial, _)| monomial) {
            if let Meaning::Upper(word, k) = &self.variables[*number].1 {
                let _ = write!(text, "\n  {number}: above bit {k} of a word of {} terms", word.terms().count());
            }
        }
        text
    }
}

fn product(a: &Range, b: &Range) -> Range {
    let corners = [&a.0 * &b.0, &a.0 * &b.1, &a.1 * &b.0, &a.1 * &b.1];
    let (low, high) = (corners.iter().min(), corners.iter().max());
    (low.cloned().unwrap_or_default(), high.cloned().unwrap_or_default())
}
