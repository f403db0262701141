//! Two processes of one party over one ledger, or of two parties, in every interleaving of what they ask the ledger.

use polyseal::card_manager::{CardManagerOrder, CardManagerRequest};
use polyseal::message::{Request, Withdrawal};
use polyseal::seller::SellerOrder;
use polyseal::{LedgerError, Received, Refused, Role, SendError};
use polyseal_testing::life::{Life, amount, consignment};
use polyseal_testing::story::Story;
use polyseal_testing::{NOW, Parties, is_like, new};

/// What happened, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Approved,
    Dispatched,
    Withdrawn,
    Cancelling,
    Refund(u16, u64),
    Reversal(u64),
    Demanded(u16),
    TooMuch,
}

/// What one process does: it looks the order up, takes its step from there, and files that. If the order has changed
/// meanwhile, it begins again.
#[derive(Clone, Debug)]
enum Job {
    Approve,
    Answer(Box<Request>),
    Dispatch(u16),
    Withdraw(Box<Withdrawal>),
    Cancel,
    Refund(u16, &'static str),
}

/// What a process has looked up.
enum Read {
    Seller(SellerOrder),
    Manager(CardManagerOrder),
    Request(CardManagerRequest),
}

struct Process {
    job: Job,
    read: Option<Read>,
    is_done: bool,
}

impl Process {
    fn new(job: Job) -> Self {
        Self { job, read: None, is_done: false }
    }

    /// One question to the ledger.
    fn goes_on(&mut self, life: &mut Life, events: &mut Vec<Event>) {
        match self.read.take() {
            None => self.read = Some(self.looks_up(life)),
            Some(read) => self.is_done = self.files(read, life, events),
        }
    }

    fn looks_up(&self, life: &mut Life) -> Read {
        match &self.job {
            Job::Approve => Read::Manager(life.at_manager()),
            Job::Answer(request) => Read::Request(life.received(request)),
            _ => Read::Seller(life.at_seller()),
        }
    }

    /// Whether the process has ended.
    fn files(&self, read: Read, life: &mut Life, events: &mut Vec<Event>) -> bool {
        let Story { parties: Parties { seller, manager, .. }, ledger, .. } = &mut life.story;
        let role = &Role::DELIVERY_SERVICE;
        match (&self.job, read) {
            (Job::Approve, Read::Manager(CardManagerOrder::AwaitingDecision(order))) => {
                match order.approve(manager, NOW).unwrap().file(ledger) {
                    Ok(Received::New(_)) => events.push(Event::Approved),
                    Ok(Received::Again(_)) => {}
                    Err(Refused { error: LedgerError::TakeAgain, .. }) => return false,
                    Err(other) => panic!("{other:?}"),
                }
            }
            (Job::Answer(_), Read::Request(CardManagerRequest::AwaitingResolution(demand))) => {
                // A cancellation that was filed meanwhile comes back as the answer, other changes as the demand again.
                let Received::New(resolved) = demand.grant(manager, NOW).unwrap().file(ledger).unwrap() else {
                    return false;
                };
                let number = resolved.demand().number();
                events.extend(resolved.refund().map(|refund| Event::Refund(number, refund.sum().minor_units())));
                events.extend(resolved.reversal().map(|reversal| Event::Reversal(reversal.sum().minor_units())));
            }
            (Job::Dispatch(number), Read::Seller(SellerOrder::Approved(order))) => {
                let which = consignment(*number, false);
                let pending = match order.dispatch_consignment(seller, role, which, b"", NOW) {
                    Ok(pending) => pending,
                    Err(refused) => {
                        is_like(Err::<(), _>(refused.error), "Withdrawn", "withdrawn");
                        return true;
                    }
                };
                match pending.file(ledger) {
                    Ok(Received::New(_)) => events.push(Event::Dispatched),
                    Ok(Received::Again(order)) => {
                        assert!(order.dispatches().any(|(_, one)| one.consignment() == which));
                    }
                    Err(Refused { error: LedgerError::TakeAgain, .. }) => return false,
                    Err(other) => panic!("{other:?}"),
                }
            }
            (Job::Withdraw(withdrawal), Read::Seller(order)) => {
                new(order.withdraw(seller, withdrawal, NOW).unwrap().file(ledger).unwrap());
                events.push(Event::Withdrawn);
            }
            (Job::Cancel, Read::Seller(order)) => {
                let pending = match order {
                    SellerOrder::AwaitingAuthorization(order) => order.cancel(seller, NOW).unwrap(),
                    SellerOrder::Approved(order) => order.cancel(seller, NOW).unwrap(),
                    _ => return true,
                };
                match pending.file(ledger) {
                    Ok(received) => drop(new(received)),
                    Err(Refused { error: LedgerError::TakeAgain, .. }) => return false,
                    Err(other) => panic!("{other:?}"),
                }
                events.push(Event::Cancelling);
            }
            (Job::Refund(number, sum), Read::Seller(SellerOrder::Approved(order))) => {
                match order.refund(seller, *number, &amount(sum), NOW) {
                    Ok(pending) => match pending.file(ledger) {
                        Ok(received) => {
                            drop(new(received));
                            events.push(Event::Demanded(*number));
                        }
                        Err(Refused { error: LedgerError::TakeAgain, .. }) => return false,
                        Err(other) => panic!("{other:?}"),
                    },
                    // The number is that of another sum by now.
                    Err(Refused { error: SendError::NotNext { .. }, .. }) => {}
                    Err(refused) => {
                        is_like(Err::<(), _>(refused.error), "TooMuch", "refund less");
                        events.push(Event::TooMuch);
                    }
                }
            }
            // The order has come elsewhere: there is nothing to do.
            _ => {}
        }
        true
    }
}

/// Plays two jobs in each order of their questions, and shows what happened in each.
fn interleaved(start: impl Fn() -> (Life, [Job; 2]), mut ends: impl FnMut(&mut Life, &[Event])) {
    // The choices so far that are not played out: which process goes on at each turn.
    let mut open = vec![Vec::new()];
    let mut schedules = 0;
    while let Some(choices) = open.pop() {
        let (mut life, jobs) = start();
        let (mut processes, mut events) = (jobs.map(Process::new), Vec::new());
        for choice in &choices {
            let process: &mut Process = &mut processes[usize::from(*choice)];
            process.goes_on(&mut life, &mut events);
        }
        let ready: Vec<_> = [false, true].into_iter().filter(|one| !processes[usize::from(*one)].is_done).collect();
        if ready.is_empty() {
            ends(&mut life, &events);
            schedules += 1;
        }
        open.extend(ready.into_iter().map(|one| [choices.as_slice(), &[one]].concat()));
        assert!(choices.len() < 20, "they do not come to an end");
    }
    // Each asks twice or more, and either may be first.
    assert!(schedules >= 6, "{schedules}");
}

/// What is left with the seller, of what was settled, in cents.
fn rest(events: &[Event]) -> i64 {
    let moves = events.iter().map(|event| match event {
        Event::Approved => 5980,
        Event::Refund(_, sum) | Event::Reversal(sum) => -i64::try_from(*sum).unwrap(),
        _ => 0,
    });
    moves.sum()
}

#[test]
fn an_approval_and_a_cancellation_leave_nothing_settled() {
    let mut ways = [0, 0];
    interleaved(
        || {
            let mut life = Life::begun();
            let SellerOrder::AwaitingAuthorization(awaiting) = life.at_seller() else { panic!("it is new") };
            life.story.at_manager(&awaiting);
            let request = life.cancels();
            (life, [Job::Approve, Job::Answer(request.into())])
        },
        |life, events| {
            assert_eq!(rest(events), 0, "{events:?}");
            assert!(matches!(life.at_manager(), CardManagerOrder::Cancelled(_)));
            let was_approved = events.contains(&Event::Approved);
            assert_eq!(was_approved, events.contains(&Event::Reversal(5980)), "{events:?}");
            ways[usize::from(was_approved)] += 1;
        },
    );
    assert!(ways.iter().all(|count| *count > 0), "{ways:?}");
}

#[test]
fn no_dispatch_is_filed_after_a_withdrawal() {
    interleaved(
        || {
            let mut life = Life::approved();
            let withdrawal = life.withdrawal();
            (life, [Job::Dispatch(1), Job::Withdraw(withdrawal.into())])
        },
        |life, events| {
            assert!(events.contains(&Event::Withdrawn));
            assert!(!events.ends_with(&[Event::Withdrawn, Event::Dispatched]), "{events:?}");
            assert!(life.at_seller().withdrawn_at().is_some());
            let dispatched = usize::from(events.contains(&Event::Dispatched));
            assert_eq!(life.seller_reports().consignments().len(), dispatched);
        },
    );
}

#[test]
fn no_dispatch_is_filed_while_the_order_is_cancelled() {
    interleaved(
        || (Life::approved(), [Job::Dispatch(1), Job::Cancel]),
        |life, events| {
            assert!(events.contains(&Event::Cancelling));
            assert!(!events.ends_with(&[Event::Cancelling, Event::Dispatched]), "{events:?}");
            let SellerOrder::Cancelling(order) = life.at_seller() else { panic!("not cancelling") };
            let Story { parties: Parties { seller, .. }, rng, .. } = &mut life.story;
            let sent = order.consignment_message(seller, &Role::DELIVERY_SERVICE, 1, NOW, rng);
            assert_eq!(sent.is_ok(), events.contains(&Event::Dispatched));
        },
    );
}

#[test]
fn two_refunds_do_not_exceed_what_was_approved() {
    for (first, second, both) in [("20.00 EUR", "39.80 EUR", true), ("20.00 EUR", "39.81 EUR", false)] {
        // Under one number, one of them is filed.
        interleaved(
            || (Life::approved(), [Job::Refund(1, first), Job::Refund(1, second)]),
            |life, events| {
                assert_eq!(events, [Event::Demanded(1)]);
                assert_eq!(life.at_seller().demands().count(), 1);
            },
        );
        // The card manager answers two that are in time at once.
        let start = || {
            let mut life = Life::approved();
            let one = life.demands(1, first);
            let SellerOrder::Approved(order) = life.at_seller() else { panic!("it is approved") };
            let Story { parties: Parties { seller, .. }, ledger, .. } = &mut life.story;
            let other = order.refund(seller, 2, &amount(second), NOW);
            assert_eq!(other.is_ok(), both);
            let other = other.ok().map(|pending| new(pending.file(ledger).unwrap()));
            let other = if other.is_some() { life.request(2) } else { one.clone() };
            (life, [Job::Answer(one.into()), Job::Answer(other.into())])
        };
        interleaved(start, |life, events| {
            let total = if both { 5980 } else { 2000 };
            assert_eq!(rest(events), -total, "{events:?}");
            assert_eq!(events.len(), if both { 2 } else { 1 });
            let refunded = life.manager_reports().refunded().unwrap().minor_units();
            assert_eq!(i64::try_from(refunded).unwrap(), total);
        });
    }
}

#[test]
fn a_refund_and_a_cancellation_give_back_all_of_it_once() {
    let mut ways = [0, 0];
    let start = || {
        let mut life = Life::approved();
        let refund = life.demands(1, "9.80 EUR");
        let cancellation = life.cancels();
        (life, [Job::Answer(refund.into()), Job::Answer(cancellation.into())])
    };
    interleaved(start, |life, events| {
        assert_eq!(rest(events), -5980, "{events:?}");
        let CardManagerOrder::Cancelled(cancelled) = life.at_manager() else { panic!("it is cancelled") };
        let SellerOrder::Cancelled(order) = life.takes(&cancelled) else { panic!("it is cancelled") };
        let was_refunded = events.contains(&Event::Refund(1, 980));
        let refunded = if was_refunded { "9.80 EUR" } else { "0.00 EUR" };
        assert_eq!(SellerOrder::from(order).refunded(), Some(amount(refunded)));
        ways[usize::from(was_refunded)] += 1;
    });
    assert!(ways.iter().all(|count| *count > 0), "{ways:?}");
}

#[test]
fn a_refund_and_a_cancellation_of_two_sellers_processes_follow_one_another() {
    interleaved(
        || (Life::approved(), [Job::Refund(1, "9.80 EUR"), Job::Cancel]),
        |life, events| {
            assert!(matches!(events, [Event::Cancelling] | [Event::Demanded(1), Event::Cancelling]), "{events:?}");
            assert!(matches!(life.at_seller(), SellerOrder::Cancelling(_)));
        },
    );
}
