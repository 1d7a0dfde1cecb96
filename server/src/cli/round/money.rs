//! Sums of money as people write them: `"1299.00"`.

use app::wire::Money;
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

use crate::engine::back_office::price;

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes it by reference"
)]
pub fn serialize<S: Serializer>(sum: &Money, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&price::print(*sum))
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    let text = String::deserialize(deserializer)?;
    price::parse(&text).ok_or_else(|| {
        D::Error::custom(format!(
            "a price is yuan and fen, such as \"99.50\", not {text:?}"
        ))
    })
}
