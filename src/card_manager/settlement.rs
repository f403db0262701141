//! What follows from an approval, for the card manager's books.

use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

use crate::identifier::Identifier;
use crate::message::{OrderDigest, Part};
use crate::name::FieldName;
use crate::order::Amount;
use crate::policy::{PolicyError, check_amount};

/// What an approval entitles the card manager to withdraw, once.
///
/// Not `Clone`: a settlement is used up. Its digest is the key under which to book it.
#[must_use = "an approved order is paid from its settlement"]
pub struct Settlement {
    digest: OrderDigest,
    payer: Identifier,
    payee: Identifier,
    amount_due: Amount,
    payment_type: Option<Zeroizing<String>>,
}

impl Settlement {
    pub(super) fn of(part: &Part) -> Result<Self, PolicyError> {
        Ok(Self {
            digest: part.digest(),
            payer: part.sender().clone(),
            payee: part.seller().identifier.clone(),
            amount_due: check_amount(part)?,
            payment_type: part.get(FieldName::PAYMENT_TYPE).map(|value| Zeroizing::new(String::from(value))),
        })
    }

    /// The order that is settled.
    #[must_use]
    pub fn digest(&self) -> OrderDigest {
        self.digest
    }

    /// The party that pays: the card holder.
    #[must_use]
    pub fn payer(&self) -> &Identifier {
        &self.payer
    }

    /// The party that is paid: the seller.
    #[must_use]
    pub fn payee(&self) -> &Identifier {
        &self.payee
    }

    /// The sum. It may be zero.
    #[must_use]
    pub fn amount_due(&self) -> &Amount {
        &self.amount_due
    }

    /// How the sum is to be paid, if the order tells the card manager.
    #[must_use]
    pub fn payment_type(&self) -> Option<&str> {
        self.payment_type.as_ref().map(|text| text.as_str())
    }
}

impl fmt::Debug for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settlement").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// What a granted demand entitles the seller's customer to: a part of a settlement goes back.
macro_rules! paid_back {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        ///
        /// Not `Clone`: it is used up. Its digest and number are the key under which to book it.
        #[must_use = "what is granted has to be paid back"]
        pub struct $name {
            digest: OrderDigest,
            number: u16,
            payer: Identifier,
            payee: Identifier,
            sum: Amount,
        }

        impl $name {
            pub(super) fn of(settlement: &Settlement, number: u16, sum: Amount) -> Self {
                let Settlement { digest, payer, payee, .. } = settlement;
                Self { digest: *digest, number, payer: payer.clone(), payee: payee.clone(), sum }
            }

            /// The order.
            #[must_use]
            pub fn digest(&self) -> OrderDigest {
                self.digest
            }

            /// The number of the demand.
            #[must_use]
            pub fn number(&self) -> u16 {
                self.number
            }

            /// The party that paid, and gets it back: the card holder.
            #[must_use]
            pub fn payer(&self) -> &Identifier {
                &self.payer
            }

            /// The party that was paid, and gives it back: the seller.
            #[must_use]
            pub fn payee(&self) -> &Identifier {
                &self.payee
            }

            /// The sum.
            #[must_use]
            pub fn sum(&self) -> &Amount {
                &self.sum
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("digest", &self.digest)
                    .field("number", &self.number)
                    .finish_non_exhaustive()
            }
        }
    )*};
}

paid_back! {
    /// A sum that is refunded, once.
    Refund
    /// What is left of a settlement when its order is cancelled, which is paid back, once. It may be zero.
    Reversal
}
