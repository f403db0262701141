//! The gateway: reads its own part, and carries messages that are sealed to others.

use std::collections::BTreeMap;

use minicbor::Encoder;
use polyseal::Role;
use polyseal::message::{Authorization, OrderDigest, Relay, VERSION};

use polyseal_examples::forgery::{after, part};
use polyseal_examples::message::{Kind, Message};
use polyseal_examples::network::Network;
use polyseal_examples::program::Result;

/// A message on one stretch of its way.
pub(crate) struct Hop {
    pub(crate) from: Role,
    pub(crate) to: Role,
    /// The party that can open it.
    pub(crate) addressee: Role,
    pub(crate) kind: Kind,
    pub(crate) bytes: usize,
    /// How the receiver of this stretch tried to read it, and what it was told.
    pub(crate) refused: Vec<(&'static str, String)>,
}

impl Hop {
    /// The way of a message that nobody stands in.
    pub(crate) fn straight(message: &Message) -> Self {
        Self {
            from: message.from.clone(),
            to: message.to.clone(),
            addressee: message.to.clone(),
            kind: message.kind,
            bytes: message.bytes.len(),
            refused: Vec::new(),
        }
    }
}

/// What the gateway has besides its keys, which the network has.
pub(crate) struct Gateway {
    role: Role,
    /// The relays of its own part, by the order.
    own: BTreeMap<OrderDigest, Vec<u8>>,
}

impl Gateway {
    pub(crate) fn new(role: Role) -> Self {
        Self { role, own: BTreeMap::new() }
    }

    /// Whether a message goes through the gateway's hands.
    pub(crate) fn is_between(&self, message: &Message) -> bool {
        let ends = [Role::SELLER, Role::CARD_MANAGER];
        message.to != self.role && ends.contains(&message.from) && ends.contains(&message.to)
    }

    /// Remembers an order that it has accepted its own part of.
    pub(crate) fn note(&mut self, message: &Message) -> Result<()> {
        if message.to == self.role {
            self.own.insert(Relay::from_bytes(&message.bytes)?.digest(), message.bytes.clone());
        }
        Ok(())
    }

    /// Passes on a message of an order that it has its own part of, and tries to read it before that. Gives the two
    /// stretches, to the gateway and on.
    pub(crate) fn pass_on(&self, network: &mut Network, message: &Message, now: u64) -> Result<[Hop; 2]> {
        let (digest, sealed) = self.foreign(message)?;
        let own = self.own.get(&digest).ok_or_else(|| format!("the {} has no part of order {digest}", self.role))?;
        let attempts = [
            ("opens it as it is", message.kind, message.bytes.clone()),
            ("opens what is sealed in it as a part of its own", Kind::Direct, self.relabelled(own, sealed)?),
        ];
        let mut refused = Vec::new();
        for (attempt, kind, bytes) in attempts {
            let (from, to) = (message.from.clone(), self.role.clone());
            match network.deliver(&Message { from, to, kind, bytes }, now) {
                Ok(_) => return Err(format!("the {} read the {} of others", self.role, message.kind).into()),
                Err(error) => refused.push((attempt, error.to_string())),
            }
        }
        let straight = Hop::straight(message);
        let passed_on = Hop { from: self.role.clone(), ..Hop::straight(message) };
        Ok([Hop { to: self.role.clone(), refused, ..straight }, passed_on])
    }

    /// The order that a message is of, and the bytes in it that are sealed to another.
    fn foreign<'m>(&self, Message { to, kind, bytes, .. }: &'m Message) -> Result<(OrderDigest, &'m [u8])> {
        match kind {
            // `[role, sealed]`
            Kind::Relay => Ok((Relay::from_bytes(bytes)?.digest(), after(part(after(bytes, 3)?, to)?, 1)?)),
            Kind::Authorization => Ok((Authorization::from_bytes(bytes)?.digest(), after(bytes, 3)?)),
            _ => Err(format!("the {} does not pass on a message of kind \"{kind}\"", self.role).into()),
        }
    }

    /// A message in every outward respect from the card holder to the gateway, `[version, "direct", header, [role,
    /// sealed]]`, so that it tries its own key on bytes that are sealed to another.
    fn relabelled(&self, own: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
        let header = minicbor::Decoder::new(after(own, 2)?).bytes()?;
        let mut message = Encoder::new(Vec::new());
        message.array(4)?.str(VERSION)?.str("direct")?.bytes(header)?.array(2)?.str(self.role.as_str())?;
        Ok([message.writer(), sealed].concat())
    }
}
