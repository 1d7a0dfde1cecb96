//! Passwords that attackers guess first: public lists, and the account's own data.

use app::wire::{Mobile, Password};

/// The list; its first lines say its source and licence.
const LIST: &str = include_str!("common-passwords.txt");

/// Words that everybody knows who has seen the shop.
const OF_THE_SHOP: [&str; 5] = ["seckill", "秒杀", "准点", "on the dot", "onthedot"];

/// A password that contains a known word needs this many more characters.
const MORE_THAN_A_WORD: usize = 4;

/// Whether `password` is on the list of common ones, repeats one character, or is little more than the
/// account's number, its name or a word of the shop. Ignores case. The linear search takes little time
/// beside the hash that follows.
pub fn is_weak(password: &Password, mobile: &Mobile, nickname: &str) -> bool {
    let plain = password.expose().to_lowercase();
    let mut characters = plain.chars();
    let first = characters.next();
    characters.all(|character| Some(character) == first)
        || common().any(|common| common == plain)
        || says_little_more_than(&plain, mobile.as_str())
        || says_little_more_than(&plain, &nickname.to_lowercase())
        || OF_THE_SHOP
            .iter()
            .any(|word| says_little_more_than(&plain, word))
}

fn common() -> impl Iterator<Item = &'static str> {
    let (_licence, list) = LIST.split_once("\n\n").unwrap_or_default();
    list.lines()
}

fn says_little_more_than(password: &str, word: &str) -> bool {
    !word.is_empty()
        && password.contains(word)
        && password.replace(word, "").chars().count() < MORE_THAN_A_WORD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_contains_only_passwords_of_valid_length() {
        assert!(common().count() > 8_000);
        for common in common() {
            assert!(common.chars().count() >= Password::MIN, "{common:?}");
            assert_eq!(common, common.trim().to_lowercase());
        }
    }

    #[test]
    fn a_commonly_guessed_password_is_weak_and_a_sentence_is_not() {
        let mobile = Mobile::parse("138 0013 8009").unwrap();
        let is_weak = |password: &str| {
            let password = Password::parse(password.to_owned()).unwrap();
            is_weak(&password, &mobile, "Xiaoming")
        };
        for weak in [
            "12345678",
            "PassWord",
            "iloveyou",
            "1q2w3e4r",
            "aaaaaaaa",
            "        ",
            "哈哈哈哈哈哈哈哈",
            "13800138009",
            "a13800138009",
            "xiaoming1",
            "XiaomingXiaoming",
            "seckill1",
            "Seckill123",
            "OnTheDot!",
            "准点准点准点准点",
        ] {
            assert!(is_weak(weak), "{weak}");
        }
        for strong in [
            "correct horse",
            "seckill-demo",
            "a long password",
            "13800138009 is not mine",
            "晚上八点准时开抢啊",
            "kQ7!xv2pZ",
        ] {
            assert!(!is_weak(strong), "{strong}");
        }
    }
}
