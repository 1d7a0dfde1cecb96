//! Prices as operators write them, such as `1299.00`.

use app::wire::Money;

/// Reads yuan with or without fen.
pub fn parse(text: &str) -> Option<Money> {
    let (yuan, fen) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(yuan) || !digits(fen) || fen.len() != 2 {
        return None;
    }
    let (yuan, fen): (i64, i64) = (yuan.parse().ok()?, fen.parse().ok()?);
    Some(Money(yuan.checked_mul(100)?.checked_add(fen)?))
}

/// Writes a price in the form that [`parse`] reads.
pub fn print(Money(fen): Money) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_two_decimals_or_none() {
        for (text, fen) in [("99.50", 9_950), ("0.01", 1), ("1299", 129_900)] {
            assert_eq!(parse(text), Some(Money(fen)), "{text}");
            assert_eq!(parse(&print(Money(fen))), Some(Money(fen)));
        }
        let too_large = "92233720368547758.08";
        for text in [
            "", "1.", ".50", "1.5", "1.234", "-1.00", "1,000", "¥1", "+1", too_large,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
