//! Amounts in Alipay's format: yuan with two decimals.

use super::api::AlipayError;
use crate::engine::ports::{Amount, CURRENCY};

/// Sums that Alipay accepts for one trade, in fen: from one fen to a hundred million yuan.
const CHARGED: std::ops::RangeInclusive<i64> = 1..=10_000_000_000;
const FEN: i64 = 100;
/// Most digits of an amount: more than any valid charge has.
const DIGITS: usize = 15;

/// Fails for a sum that Alipay cannot charge.
pub fn to_yuan(amount: &Amount) -> Result<String, AlipayError> {
    let Amount { minor, currency } = amount;
    if currency != CURRENCY {
        let other = format!("Alipay is used for {CURRENCY} only, and the sum is in {currency}");
        return Err(AlipayError::Unusable(other));
    }
    if !CHARGED.contains(minor) {
        let other = format!("Alipay cannot charge {minor} fen");
        return Err(AlipayError::Unusable(other));
    }
    Ok(format!("{}.{:02}", minor / FEN, minor % FEN))
}

/// Fails for a malformed sum.
pub fn from_yuan(text: &str) -> Result<Amount, AlipayError> {
    let unreadable = || AlipayError::Unusable("an amount cannot be read".to_owned());
    let (yuan, fen) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |digits: &str, most: usize| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    if !are_digits(yuan, DIGITS) || !are_digits(fen, 2) {
        return Err(unreadable());
    }
    let number = |digits: &str| digits.parse::<i64>().map_err(|_| unreadable());
    // `0.5` is fifty fen.
    let tens = if fen.len() == 1 { 10 } else { 1 };
    Ok(Amount::of(number(yuan)? * FEN + number(fen)? * tens))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_in_yuan_and_read_back() {
        for (minor, yuan) in [
            (1, "0.01"),
            (10, "0.10"),
            (99, "0.99"),
            (100, "1.00"),
            (9_900, "99.00"),
            (9_905, "99.05"),
            (10_000_000_000, "100000000.00"),
        ] {
            let amount = Amount::of(minor);
            assert_eq!(to_yuan(&amount).unwrap(), yuan);
            assert_eq!(from_yuan(yuan).unwrap(), amount);
        }
        for (yuan, minor) in [("99", 9_900), ("0.5", 50), ("0.00", 0), ("007.10", 710)] {
            assert_eq!(from_yuan(yuan).unwrap(), Amount::of(minor));
        }
    }

    #[test]
    fn sums_that_alipay_cannot_charge_are_refused() {
        for minor in [0, -1, i64::MIN, i64::MAX, 10_000_000_001] {
            assert!(to_yuan(&Amount::of(minor)).is_err(), "{minor}");
        }
        for currency in ["USD", "cny", ""] {
            let amount = Amount {
                minor: 9_900,
                currency: currency.to_owned(),
            };
            let refused = to_yuan(&amount).unwrap_err().to_string();
            assert!(refused.contains("CNY only"), "{refused}");
        }
    }

    #[test]
    fn malformed_sums_are_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1.00",
            "+1",
            "1.005",
            "1,00",
            "1e2",
            " 1",
            "1.0 ",
            "１.00",
            "9999999999999999.00",
        ] {
            assert!(from_yuan(text).is_err(), "{text}");
        }
    }
}
