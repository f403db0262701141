//! Blom's key predistribution (EUROCRYPT '84): a symmetric polynomial over GF(2^127 - 1).
//!
//! An authority holds, in each of two lanes, a symmetric matrix A that stands for the polynomial
//! `f(x, y) = Σ A[j][k] x^j y^k` of degree t in each variable. The share of an identity with point x is
//! f(x, ·), and two parties meet at f(x, y) = f(y, x). Coalitions of at most t shares learn nothing
//! about the key of any other pair; t + 1 shares are the whole polynomial.

mod authority;
mod entries;
mod issue;
mod joint;
mod master;
mod office;
mod plan;
mod register;
mod root;
mod row;
mod share;

pub use authority::Authority;
pub use joint::{CombineError, Contribution, JointAuthority};
pub use office::{AuthorityError, IssueError};
pub use plan::{CohortPlan, PlanError};
pub use register::{Capacity, Register};
pub use root::{Root, RootError};
pub use share::{BorrowedShare, Share};
