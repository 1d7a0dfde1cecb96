//! Ids: one newtype per noun over a UUID (version 7 where we make it: sortable by time, unique
//! without coordination). On the wire they are strings, because JavaScript has no 64-bit integers.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use uuid::Uuid;

/// Text that is no id of the named kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` is not an id")]
pub struct NotAnId {
    /// The wire name of the id, for example `item_id`.
    pub field: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Uuid::parse_str(text)
                    .map(Self)
                    .map_err(|_| NotAnId { field: $field })
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // Whatever the value is (a number, say), the error names the field.
                let wrong = |_| D::Error::custom(NotAnId { field: $field });
                let text = String::deserialize(deserializer).map_err(wrong)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    };
}

id!(/** A person or operator with a login. */ AccountId, "account_id");
id!(/** A catalogue article. */ ProductId, "product_id");
id!(/** A sale window (场次). */ RoundId, "round_id");
id!(/** A product in a round (秒杀商品). */ ItemId, "item_id");
id!(/** One buyer's hold on a unit (预占). */ ReservationId, "reservation_id");
id!(/** An order. */ OrderId, "order_id");
id!(/** One attempt to pay for an order, at one provider. */ PaymentId, "payment_id");
id!(/** One question, for one try. */ CaptchaId, "captcha_id");
id!(/** What the shop told somebody once. */ MessageId, "message_id");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_travels_as_a_string_and_names_its_field_when_it_is_wrong() {
        let id = ItemId(Uuid::from_u128(7));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"00000000-0000-0000-0000-000000000007\"");
        assert_eq!(serde_json::from_str::<ItemId>(&json).unwrap(), id);
        for wrong in ["\"12\"", "5", "null"] {
            let wrong = serde_json::from_str::<ItemId>(wrong).unwrap_err();
            assert!(wrong.to_string().contains("`item_id`"), "{wrong}");
        }
    }
}
