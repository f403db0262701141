//! What sellers ask of a bank, and what they are told: withdrawals, outcomes, answers.

use polyseal::message::{DeliveryReport, OrderDigest, Response, Withdrawal};
use polyseal::order::Amount;
use polyseal::seller::{Seller, SellerOrder};
use polyseal::{KeySource, Pending, ReceiveError, Refused, SendError};

use super::{Step, Taken, acting, or_refuse};
use crate::network::{Kind, Message};
use crate::orders::cents;
use crate::plans::Deed;
use crate::random::Random;
use crate::trace::{At, Demand, Fact, Later, Until};
use crate::world::{Stop, World};

/// What a seller files of an order that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addition {
    Demand,
    Verdict,
    Withdrawal,
    Outcome,
    Answer,
}

/// A message that tells the seller something of an order, whatever state it is in.
enum News {
    Withdrawal(Withdrawal),
    Outcome(DeliveryReport),
    Answer(Response),
}

impl News {
    fn read(message: &Message) -> Result<(Self, Addition), Stop> {
        let bytes = &message.bytes;
        Ok(match message.kind {
            Kind::Withdrawal => (Self::Withdrawal(or_refuse!(Withdrawal::from_bytes(bytes))?), Addition::Withdrawal),
            Kind::Delivery => (Self::Outcome(or_refuse!(DeliveryReport::from_bytes(bytes))?), Addition::Outcome),
            _ => (Self::Answer(or_refuse!(Response::from_bytes(bytes))?), Addition::Answer),
        })
    }

    fn digest(&self) -> OrderDigest {
        match self {
            Self::Withdrawal(message) => message.digest(),
            Self::Outcome(message) => message.digest(),
            Self::Answer(message) => message.digest(),
        }
    }

    fn told<K: KeySource>(
        &self,
        order: SellerOrder,
        seller: &Seller<K>,
        now: u64,
    ) -> Result<Pending<SellerOrder>, Refused<SellerOrder, ReceiveError>> {
        match self {
            Self::Withdrawal(message) => order.withdraw(seller, message, now),
            Self::Outcome(message) => order.delivered(seller, message, now),
            Self::Answer(message) => order.resolve(seller, message, now),
        }
    }
}

/// The refund that is next, of so many thousandths of what is due, but not of nothing.
fn next_refund(order: &SellerOrder, share: u64) -> Option<(u16, Amount)> {
    let due = order.part().amount()?;
    let next = u16::try_from(order.demands().count() + 1).ok()?;
    let sum = if share == REST { due.checked_sub(&order.refunded()?)? } else { due.clone() };
    let units = if share == REST { sum.minor_units() } else { (due.minor_units() * share / 1000).max(1) };
    Some((next, Amount::new(units, due.decimals(), due.currency()).ok()?))
}

/// All that is left of what is due.
pub(super) const REST: u64 = 1000;

impl World {
    /// Asks to cancel an order. Whether it is asked, or never will be.
    pub(crate) fn cancel(&mut self, process: usize, digest: OrderDigest) -> Result<bool, Stop> {
        let order = self.order_at_seller(process, digest)?;
        let is_asked = order.demands().any(|(demand, _)| demand.refund().is_none());
        if is_asked && !self.plan(order.part().digest().as_bytes()).ends_cancelled() {
            return Ok(true);
        }
        match self.cancelling(process, order)? {
            Some(pending) => self.go_on(process, Step::Addition(pending, Addition::Demand), None).map(|()| false),
            None => Ok(true),
        }
    }

    /// The step that asks to cancel, if there is one from here.
    fn cancelling(&mut self, process: usize, order: SellerOrder) -> Result<Option<Pending<SellerOrder>>, Stop> {
        acting!(self, process, Seller(seller));
        let (now, digest) = (self.clock.at(process), *order.part().digest().as_bytes());
        let pending = match order {
            SellerOrder::AwaitingAuthorization(order) => order.cancel(seller, now).map_err(SendError::from),
            SellerOrder::Approved(order) => order.cancel(seller, now).map_err(SendError::from),
            _ => return Ok(None),
        };
        Ok(self.made(process, digest, Until::Settle, pending))
    }

    /// Asks for the refund that is the order's `count`-th. Whether it is asked, or never will be.
    pub(crate) fn refund(
        &mut self,
        process: usize,
        digest: OrderDigest,
        count: usize,
        share: u64,
    ) -> Result<bool, Stop> {
        let order = self.order_at_seller(process, digest)?;
        let asked = order.demands().filter(|(demand, _)| demand.refund().is_some()).count();
        if asked >= count {
            return Ok(true);
        }
        match self.refunding(process, order, share) {
            Ok(Some(pending)) => self.go_on(process, Step::Addition(pending, Addition::Demand), None).map(|()| false),
            Ok(None) => Ok(false),
            Err(Stop::Refused("not-approved")) => Err(Stop::Refused("not-approved")),
            Err(Stop::Refused(label)) => {
                self.not_made(process, *digest.as_bytes(), Until::Settle, label);
                Ok(true)
            }
            Err(Stop::Died) => Err(Stop::Died),
        }
    }

    /// The step that asks for a refund, if there is one from here.
    fn refunding(
        &mut self,
        process: usize,
        order: SellerOrder,
        share: u64,
    ) -> Result<Option<Pending<SellerOrder>>, Stop> {
        acting!(self, process, Seller(seller));
        let now = self.clock.at(process);
        let Some((next, sum)) = next_refund(&order, share) else { return Ok(None) };
        let order = match order {
            SellerOrder::Approved(order) if self.step.is_multiple_of(8) => {
                // A seller errs: nobody grants that.
                let (units, decimals) = (sum.minor_units(), sum.decimals());
                let (number, wrong) = match self.step % 3 {
                    0 => (next, Amount::new(0, decimals, sum.currency())),
                    1 => (next, Amount::new(units, decimals, "USD")),
                    _ => (next + 1, Amount::new(units, decimals, sum.currency())),
                };
                match order.refund(seller, number, &wrong.unwrap(), now) {
                    Ok(pending) => return Ok(Some(pending)),
                    Err(refused) => {
                        self.counts.label(refused.error.label());
                        SellerOrder::from(refused.state)
                    }
                }
            }
            order => order,
        };
        let pending = match order {
            SellerOrder::AwaitingAuthorization(order) => order.refund(seller, next, &sum, now).map_err(SendError::from),
            SellerOrder::Approved(order) => order.refund(seller, next, &sum, now).map_err(SendError::from),
            _ => return Ok(None),
        };
        match pending {
            Ok(pending) => Ok(Some(pending)),
            Err(error) => Err(Stop::Refused(error.label())),
        }
    }

    /// Two processes have the order as it is now; one asks to cancel it, the other one to refund half.
    pub(crate) fn race(&mut self, of: &[usize], digest: OrderDigest, random: &mut Random) -> Result<bool, Stop> {
        let [one, other] = [of[0], of[1]];
        let order = self.order_in_ledger(one, digest)?;
        let is_asked = order.demands().next().is_some();
        if is_asked || order.is_approved() == Some(false) || matches!(order, SellerOrder::Cancelled(_)) {
            return Ok(true);
        }
        let Some(refund) = self.refunding(one, order, 500)? else { return Ok(false) };
        let order = self.order_in_ledger(other, digest)?;
        let Some(cancel) = self.cancelling(other, order)? else { return Ok(false) };
        let mut steps = [(one, refund), (other, cancel)];
        if random.once_in(2) {
            steps.reverse();
        }
        for (process, pending) in steps {
            self.go_on(process, Step::Addition(pending, Addition::Demand), None)?;
        }
        Ok(false)
    }

    /// After a failure all of it is refunded, unless something was asked for already.
    fn make_good(&mut self, order: &SellerOrder) {
        let has_failed = order.dispatches().any(|(_, one)| one.outcome().is_some_and(|one| one.failure().is_some()));
        let is_asked = order.demands().any(|(demand, _)| demand.refund().is_some());
        if matches!(order, SellerOrder::Approved(_)) && has_failed && !is_asked {
            self.is_to(*order.part().digest().as_bytes(), Deed::Refund(1, REST), 1);
        }
    }

    /// Sends the demands that are not answered.
    pub(super) fn ask_again(&mut self, process: usize, order: &SellerOrder) -> Result<(), Stop> {
        self.make_good(order);
        if matches!(order, SellerOrder::Cancelled(_)) {
            return Ok(());
        }
        acting!(self, process, Seller(seller));
        let (now, digest) = (self.clock.at(process), *order.part().digest().as_bytes());
        if self.step.is_multiple_of(64) {
            let number = u16::try_from(order.demands().count() + 1).unwrap();
            let request = order.request(seller, number, now, &mut self.processes[process].generator);
            let label = request.map_or_else(|error| error.label(), |_| "a request that nobody filed");
            self.counts.label(label);
        }
        let open: Vec<u16> =
            order.demands().filter(|(_, answer)| answer.is_none()).map(|(demand, _)| demand.number()).collect();
        for number in open {
            self.breath(process)?;
            let request = order.request(seller, number, now, &mut self.processes[process].generator);
            let bank = order.part().recipients().find(|entry| *entry.role() == polyseal::Role::CARD_MANAGER);
            let bank = bank.map(|entry| entry.identifier().clone());
            if let (Some(request), Some(bank)) = (self.made(process, digest, Until::Settle, request), bank) {
                self.reply(process, &bank, Kind::Request, request.to_bytes());
            }
        }
        Ok(())
    }

    /// The state may be an old one. If it does not let a message in, the newest does.
    pub(super) fn take_news(&mut self, process: usize, message: &Message) -> Result<(), Stop> {
        let (news, what) = News::read(message)?;
        let order = self.order_at_seller(process, news.digest())?;
        self.breath(process)?;
        acting!(self, process, Seller(seller));
        let now = self.clock.at(process);
        let pending = if let Ok(pending) = news.told(order, seller, now) {
            pending
        } else {
            let order = self.order_in_ledger(process, news.digest())?;
            news.told(order, seller, now).map_err(|refused| Stop::Refused(refused.error.label()))?
        };
        self.go_on(process, Step::Addition(pending, what), Some(message))
    }

    pub(super) fn filed_addition(
        &mut self,
        process: usize,
        pending: Pending<SellerOrder>,
        what: Addition,
        taken: Taken,
        at: At,
    ) -> Result<(), Stop> {
        let (order, new) = self.file(process, pending)?;
        self.took(process, taken, !new);
        let digest = *order.part().digest().as_bytes();
        let demand = order.demands().last().map(|(demand, _)| demand);
        let demand = demand.map(|demand| Demand { number: demand.number(), sum: demand.refund().map(cents) });
        if let (true, Addition::Demand, Some(demand)) = (new, what, demand) {
            self.later(process, digest, Later::Demanded { demand, new: Some(at) });
        }
        if let (true, Addition::Verdict, Some(approved)) = (new, what, order.is_approved()) {
            let who = self.who(process);
            self.fact(Fact::Answered { who, digest, approved, new: Some(at) });
        }
        self.tell_order(process, &order);
        let is_open = matches!(order, SellerOrder::AwaitingAuthorization(_) | SellerOrder::Approved(_));
        match what {
            Addition::Withdrawal if is_open && order.dispatches().next().is_none() => {
                self.is_to(digest, Deed::Cancel, 1);
            }
            // The order is where it was before the cancellation.
            Addition::Answer if new && is_open && demand.is_some_and(|demand| demand.sum.is_none()) => {
                return self.seller_goes_on(process, order);
            }
            _ => {}
        }
        self.breath(process)?;
        self.seller_receipt(process, &order)?;
        // An answer to something else does not make it ask again: it would get the same.
        if new || what != Addition::Answer { self.ask_again(process, &order) } else { Ok(()) }
    }
}
