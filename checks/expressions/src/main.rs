//! Prints where the operators, the operands and the match arms of source files are, in bytes from the beginning of each.
//!
//! `binary FILE START OPERATOR END-OF-OPERATOR END`, `unary FILE START OPERAND END`, and
//! `arm FILE START END-OF-PATTERN START-OF-GUARD END-OF-GUARD`, where a guard of no length is none.

use core::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{Visit, visit_arm, visit_expr_binary, visit_expr_unary};
use syn::{Arm, Expr, ExprBinary, ExprUnary};

struct Printer<'a>(&'a str);

/// Whether a `let` is among the operands of a chain of conditions: then it is no expression by itself.
fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

fn of(item: &impl Spanned) -> Range<usize> {
    item.span().byte_range()
}

impl<'ast> Visit<'ast> for Printer<'_> {
    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        if !has_let(&binary.left) && !has_let(&binary.right) {
            let (whole, operator) = (of(binary), of(&binary.op));
            println!("binary {} {} {} {} {}", self.0, whole.start, operator.start, operator.end, whole.end);
        }
        visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast ExprUnary) {
        println!("unary {} {} {} {}", self.0, of(unary).start, of(&unary.expr).start, of(unary).end);
        visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        let (start, pattern) = (of(arm).start, of(&arm.pat).end);
        let guard = arm.guard.as_ref().map_or(pattern..pattern, |(_, guard)| of(guard));
        println!("arm {} {start} {pattern} {} {}", self.0, guard.start, guard.end);
        visit_arm(self, arm);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let file = syn::parse_file(&std::fs::read_to_string(&path)?)?;
        Printer(&path).visit_file(&file);
    }
    Ok(())
}
