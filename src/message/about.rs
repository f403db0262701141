//! Messages that name an order by its digest, and have one sealed item.

/// A message about an order that one statement is sealed in.
macro_rules! about_an_order {
    ($($name:ident: $kind:literal, $peer:literal;)*) => {$(
        $crate::wire::message_bytes!($name);

        impl $name {
            /// The name of the key that is needed to open the message.
            #[doc = $peer]
            #[must_use]
            pub fn key(&self) -> &$crate::seal::KeyName {
                &self.sealed.name
            }
        }

        impl $crate::wire::Encode for $name {
            fn encode<S: $crate::wire::Sink>(&self, w: &mut $crate::wire::Writer<'_, S>) {
                $crate::wire::begin_message(w, $kind, 2);
                w.bytes(&self.digest.0).item(&self.sealed);
            }
        }

        impl $crate::wire::Decode for $name {
            fn decode(r: &mut $crate::wire::Reader<'_>) -> Result<Self, $crate::wire::WireError> {
                $crate::wire::read_message(r, $kind, 2)?;
                let digest = $crate::message::OrderDigest(r.exact("a digest")?);
                Ok(Self { digest, sealed: $crate::seal::Sealed::decode(r)? })
            }
        }
    )*};
}

/// The same, from a party of a role that the message names.
macro_rules! about_an_order_from {
    ($($name:ident: $kind:literal, $roles:literal;)*) => {$(
        $crate::wire::message_bytes!($name);

        impl $name {
            /// The name of the key that is needed to open the message. The peer is the recipient of [`role`](Self::role).
            #[must_use]
            pub fn key(&self) -> &$crate::seal::KeyName {
                &self.sealed.name
            }

            /// The role of the party that claims to give it:
            #[doc = $roles]
            #[must_use]
            pub fn role(&self) -> &$crate::name::Role {
                &self.from
            }
        }

        impl $crate::wire::Encode for $name {
            fn encode<S: $crate::wire::Sink>(&self, w: &mut $crate::wire::Writer<'_, S>) {
                $crate::wire::begin_message(w, $kind, 3);
                w.bytes(&self.digest.0).item(&self.from).item(&self.sealed);
            }
        }

        impl $crate::wire::Decode for $name {
            fn decode(r: &mut $crate::wire::Reader<'_>) -> Result<Self, $crate::wire::WireError> {
                $crate::wire::read_message(r, $kind, 3)?;
                let digest = $crate::message::OrderDigest(r.exact("a digest")?);
                let from = $crate::name::Role::decode(r)?;
                Ok(Self { digest, from, sealed: $crate::seal::Sealed::decode(r)? })
            }
        }
    )*};
}

pub(super) use {about_an_order, about_an_order_from};
