//! An order's shipping address, and its shipment.

use serde::{Deserialize, Serialize};

use super::{ApiError, Mobile, account::plain_line};

/// A shipping address as typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TypedAddress {
    /// The recipient's name.
    pub name: String,
    /// The recipient's mobile number.
    pub mobile: String,
    /// The recipient's address.
    pub address: String,
}

/// The shipping address of an order. `Debug` hides all of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingAddress {
    /// The recipient's name: one line of 1 to 32 characters.
    pub name: String,
    /// Eleven digits.
    pub mobile: String,
    /// One line of 4 to 200 characters.
    pub address: String,
}

impl TypedAddress {
    /// The invalid fields, in the order of the form.
    pub fn mistakes(&self) -> Vec<&'static str> {
        let Self {
            name,
            mobile,
            address,
        } = self;
        [
            ("name", ShippingAddress::name_in(name).is_none()),
            ("mobile", Mobile::parse(mobile).is_err()),
            ("address", ShippingAddress::address_in(address).is_none()),
        ]
        .into_iter()
        .filter_map(|(field, is_wrong)| is_wrong.then_some(field))
        .collect()
    }
}

impl ShippingAddress {
    /// Most characters of the name.
    pub const MAX_NAME: usize = 32;
    /// Fewest characters of the address.
    pub const MIN_ADDRESS: usize = 4;
    /// Most characters of the address.
    pub const MAX_ADDRESS: usize = 200;

    /// # Errors
    /// `invalid` with the first invalid field: `name`, `mobile` or `address`.
    pub fn parse(typed: &TypedAddress) -> Result<Self, ApiError> {
        let invalid = |field: &str| ApiError::Invalid {
            field: field.to_owned(),
        };
        Ok(Self {
            name: Self::name_in(&typed.name).ok_or_else(|| invalid("name"))?,
            mobile: Mobile::parse(&typed.mobile)?.as_str().to_owned(),
            address: Self::address_in(&typed.address).ok_or_else(|| invalid("address"))?,
        })
    }

    fn name_in(text: &str) -> Option<String> {
        plain_line(text, 1, Self::MAX_NAME)
    }

    fn address_in(text: &str) -> Option<String> {
        plain_line(text, Self::MIN_ADDRESS, Self::MAX_ADDRESS)
    }
}

impl std::fmt::Debug for ShippingAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShippingAddress(***)")
    }
}

impl From<ShippingAddress> for TypedAddress {
    fn from(known: ShippingAddress) -> Self {
        Self {
            name: known.name,
            mobile: known.mobile,
            address: known.address,
        }
    }
}

/// The shipment of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// The carrier: one line of 1 to 32 characters.
    pub carrier: String,
    /// The carrier's number: 4 to 40 letters, digits and hyphens.
    pub number: String,
}

impl Shipment {
    /// Most characters of the carrier.
    pub const MAX_CARRIER: usize = 32;
    /// Fewest characters of the number.
    pub const MIN_NUMBER: usize = 4;
    /// Most characters of the number.
    pub const MAX_NUMBER: usize = 40;

    /// Parses typed text: spaces around it and in the number are ignored.
    ///
    /// # Errors
    /// `invalid` with `carrier` or `number`.
    pub fn parse(carrier: &str, number: &str) -> Result<Self, ApiError> {
        let invalid = |field: &str| ApiError::Invalid {
            field: field.to_owned(),
        };
        let carrier =
            plain_line(carrier, 1, Self::MAX_CARRIER).ok_or_else(|| invalid("carrier"))?;
        let number: String = number.chars().filter(|c| *c != ' ').collect();
        let fits = (Self::MIN_NUMBER..=Self::MAX_NUMBER).contains(&number.len());
        let is_number = number
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'-');
        match fits && is_number {
            true => Ok(Self { carrier, number }),
            false => Err(invalid("number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, mobile: &str, address: &str) -> TypedAddress {
        TypedAddress {
            name: name.to_owned(),
            mobile: mobile.to_owned(),
            address: address.to_owned(),
        }
    }

    #[test]
    fn an_address_is_three_plain_lines_and_is_never_printed() {
        let typed = typed(" 李雷 ", "+86 138-0000-0001", " 上海市徐汇区漕溪北路 1 号 ");
        let address = ShippingAddress::parse(&typed).unwrap();
        assert_eq!((&*address.name, &*address.mobile), ("李雷", "13800000001"));
        assert_eq!(address.address, "上海市徐汇区漕溪北路 1 号");
        assert_eq!(format!("{address:?}"), "ShippingAddress(***)");
        assert_eq!(typed.mistakes(), [""; 0]);
    }

    #[test]
    fn a_shipment_has_a_carrier_and_its_number() {
        let shipment = Shipment::parse(" 顺丰速运 ", " SF10 2345-6789 ").unwrap();
        assert_eq!(
            (&*shipment.carrier, &*shipment.number),
            ("顺丰速运", "SF102345-6789")
        );
        let long = "1".repeat(41);
        for (carrier, number, field) in [
            ("", "SF1234", "carrier"),
            ("a\nb", "SF1234", "carrier"),
            ("顺丰", "", "number"),
            ("顺丰", "123", "number"),
            ("顺丰", &long, "number"),
            ("顺丰", "单号1234", "number"),
            ("顺丰", "<b>1234", "number"),
        ] {
            let error = Shipment::parse(carrier, number).unwrap_err();
            let field = field.to_owned();
            assert_eq!(error, ApiError::Invalid { field }, "{carrier} {number}");
        }
    }

    #[test]
    fn lengths_count_characters() {
        let (name, address) = ("名".repeat(32), "路".repeat(200));
        assert!(ShippingAddress::parse(&typed(&name, "13800000001", &address)).is_ok());
        let (name, address) = ("名".repeat(33), "路".repeat(201));
        assert_eq!(
            typed(&name, "1", &address).mistakes(),
            ["name", "mobile", "address"]
        );
    }

    #[test]
    fn blank_control_and_direction_characters_are_refused_by_field() {
        let right = "上海市徐汇区";
        for wrong in [
            "",
            "   ",
            "one\ntwo",
            "a\u{0}bcd",
            "ab\u{202e}cd",
            "ab\u{2066}cd",
            "ab\u{2028}cd",
            "\u{200b}\u{200b}\u{200b}\u{200b}",
        ] {
            let name = typed(wrong, "13800000001", right);
            assert_eq!(name.mistakes(), ["name"], "{wrong:?}");
            let address = typed("李雷", "13800000001", wrong);
            assert_eq!(address.mistakes(), ["address"], "{wrong:?}");
            let error = ShippingAddress::parse(&address).unwrap_err();
            let field = "address".to_owned();
            assert_eq!(error, ApiError::Invalid { field });
        }
    }
}
