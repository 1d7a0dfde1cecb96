//! Amounts in Stripe's format: integers, usually of ISO 4217's smallest unit, with exceptions, and currencies in
//! lower case. See Stripe's "Supported currencies".

use super::api::StripeError;
use crate::engine::ports::Amount;

/// Stripe's unit is a hundredth of ISO's, which is the whole currency.
const IN_HUNDREDTHS: [&str; 2] = ["ISK", "UGX"];
/// Stripe's unit is the whole currency, ISO's is a hundredth of it.
const WHOLE: [&str; 1] = ["MGA"];
/// The unit is a thousandth, and Stripe accepts only multiples of ten.
const IN_TENS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// Fails for a sum that Stripe cannot charge.
pub fn to_stripe(amount: &Amount) -> Result<i64, StripeError> {
    let Amount { minor, currency } = amount;
    let currency = currency.as_str();
    let converted = if IN_HUNDREDTHS.contains(&currency) {
        minor.checked_mul(100)
    } else if WHOLE.contains(&currency) {
        (minor % 100 == 0).then_some(minor / 100)
    } else if IN_TENS.contains(&currency) {
        (minor % 10 == 0).then_some(*minor)
    } else {
        Some(*minor)
    };
    let refused = || StripeError::Unusable(format!("Stripe cannot charge {minor} {currency}"));
    converted.filter(|sum| *sum > 0).ok_or_else(refused)
}

/// Fails for a malformed sum.
pub fn from_stripe(sum: i64, currency: &str) -> Result<Amount, StripeError> {
    let unreadable = || StripeError::Unusable("an amount cannot be read".to_owned());
    if sum < 0 || currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(unreadable());
    }
    let currency = currency.to_ascii_uppercase();
    let minor = if IN_HUNDREDTHS.contains(&currency.as_str()) {
        // Stripe charges only whole ones.
        (sum % 100 == 0).then_some(sum / 100)
    } else if WHOLE.contains(&currency.as_str()) {
        sum.checked_mul(100)
    } else {
        Some(sum)
    };
    let minor = minor.ok_or_else(unreadable)?;
    Ok(Amount { minor, currency })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(minor: i64, currency: &str) -> Amount {
        Amount {
            minor,
            currency: currency.to_owned(),
        }
    }

    #[test]
    fn sums_are_converted_to_stripe_s_unit_and_back() {
        for (minor, currency, sum, stripe_s) in [
            (9_900, "CNY", 9_900, "cny"),
            (1, "USD", 1, "usd"),
            // No decimals in both.
            (500, "JPY", 500, "jpy"),
            (500, "KRW", 500, "krw"),
            // No decimals; Stripe writes two.
            (500, "ISK", 50_000, "isk"),
            (500, "UGX", 50_000, "ugx"),
            // Two decimals; Stripe writes none.
            (50_000, "MGA", 500, "mga"),
            // Three decimals.
            (5_120, "KWD", 5_120, "kwd"),
        ] {
            let ours = amount(minor, currency);
            assert_eq!(to_stripe(&ours).unwrap(), sum, "{currency}");
            assert_eq!(from_stripe(sum, stripe_s).unwrap(), ours, "{currency}");
        }
    }

    #[test]
    fn sums_that_stripe_cannot_charge_are_refused() {
        for (minor, currency) in [
            (0, "CNY"),
            (-1, "CNY"),
            (5_001, "MGA"),
            (5_123, "KWD"),
            (i64::MAX, "ISK"),
        ] {
            assert!(
                to_stripe(&amount(minor, currency)).is_err(),
                "{minor} {currency}"
            );
        }
        for (sum, currency) in [
            (-1, "cny"),
            (1, "renminbi"),
            (1, "c1y"),
            (1, ""),
            (150, "isk"),
        ] {
            assert!(from_stripe(sum, currency).is_err(), "{sum} {currency}");
        }
    }
}
