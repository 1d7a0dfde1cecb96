//! How long to wait before asking again: growing with each try, bounded, with random jitter, so
//! that clients refused together do not return together.

use crate::wire::ApiError;

const FIRST_MS: i64 = 1_000;
const LONGEST_MS: i64 = 16_000;

/// Milliseconds after the failed try number `tries` (from 0): at least the time that the server
/// asked for, plus up to a fifth, depending on `chance` (`0..1000`).
pub fn ms(tries: u32, error: Option<&ApiError>, chance: u32) -> i64 {
    let asked_for_s = error.and_then(ApiError::retry_after_s).unwrap_or(0);
    let ms = (FIRST_MS << tries.min(8)).min(LONGEST_MS);
    let ms = ms.max(i64::from(asked_for_s) * 1_000);
    ms + ms * i64::from(chance) / 5_000
}

#[cfg(test)]
mod tests {
    use super::ms;
    use crate::wire::ApiError;

    #[test]
    fn waits_grow_to_a_bound_and_are_never_shorter_than_asked_for() {
        let waits: Vec<_> = (0..6).map(|tries| ms(tries, None, 0)).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 16_000]);
        assert_eq!(ms(u32::MAX, Some(&ApiError::Offline), 999), 19_196);
        let busy = ApiError::Busy { retry_after_s: 5 };
        assert_eq!(ms(0, Some(&busy), 0), 5_000);
        assert_eq!(ms(3, Some(&busy), 500), 8_800);
    }
}
