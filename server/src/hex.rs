//! Bytes as text.

/// Lower-case hexadecimal digits.
pub fn digits(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    halves
        .filter_map(|half| char::from_digit(half.into(), 16))
        .collect()
}

/// The bytes of hexadecimal digits, upper or lower case; `None` for anything else.
pub fn bytes(digits: &str) -> Option<Vec<u8>> {
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !digits.len().is_multiple_of(2) || !are_digits {
        return None;
    }
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}
