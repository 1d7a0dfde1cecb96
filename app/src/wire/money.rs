//! Money.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount of renminbi in fen (integer minor units; never a float). Never negative in this shop.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(pub i64);

impl fmt::Display for Money {
    /// `¥1,234.50`; whole amounts without decimals, `¥99`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (yuan, fen) = (self.0 / 100, self.0 % 100);
        let digits = yuan.to_string();
        write!(f, "¥")?;
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index) % 3 == 0 {
                write!(f, ",")?;
            }
            write!(f, "{digit}")?;
        }
        if fen != 0 {
            write!(f, ".{fen:02}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_like_prices() {
        for (fen, text) in [
            (0, "¥0"),
            (9_900, "¥99"),
            (9_905, "¥99.05"),
            (123_456_700, "¥1,234,567"),
        ] {
            assert_eq!(Money(fen).to_string(), text);
        }
    }
}
