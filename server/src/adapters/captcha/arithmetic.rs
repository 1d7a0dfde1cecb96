//! Sums of three digits: "3 + 5 × 2 = ?". Easy for people: at most one multiplication, and no
//! negative intermediate result.

use super::{
    GlyphMissing, PaintError,
    glyphs::Glyphs,
    line::{self, Symbol},
    signs::Sign,
};
use crate::engine::ports::Question;
use app::wire::LocalText;
use rand::{Rng, seq::IndexedRandom};

/// Makes questions with sums.
pub(super) struct Arithmetic {
    glyphs: Glyphs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Plus,
    Minus,
    Times,
}

/// The sum `digits[0] operators[0] digits[1] operators[1] digits[2]`.
#[derive(Clone, Copy, Debug)]
struct Sum {
    digits: [u32; 3],
    operators: [Operator; 2],
}

/// The font has no zero, and a zero would make the sum too easy to guess.
const DIGITS: [char; 9] = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];

impl Arithmetic {
    /// Loads the digits' glyphs.
    ///
    /// # Errors
    /// [`GlyphMissing`] when the font lacks one.
    pub fn new() -> Result<Self, GlyphMissing> {
        let glyphs = Glyphs::load(&DIGITS)?;
        Ok(Self { glyphs })
    }

    /// Draws a new sum.
    ///
    /// # Errors
    /// [`PaintError`] when the picture cannot be encoded.
    pub fn question(&self, rng: &mut impl Rng) -> Result<Question, PaintError> {
        let (sum, result) = Sum::pick(rng);
        Ok(Question {
            png: line::paint(&self.symbols(sum), rng)?,
            answer: result.to_string(),
            words: Some(sum.words()),
            numeric: true,
            prompt: LocalText {
                zh: "请算出结果".to_owned(),
                en: "What is the result?".to_owned(),
            },
        })
    }

    fn symbols(&self, sum: Sum) -> Vec<Symbol<'_>> {
        let digit = |index: usize| {
            char::from_digit(sum.digits[index], 10)
                .and_then(|character| self.glyphs.get(character))
                .map(Symbol::Glyph)
        };
        let sign = |index: usize| Some(Symbol::Sign(sum.operators[index].sign()));
        [
            digit(0),
            sign(0),
            digit(1),
            sign(1),
            digit(2),
            Some(Symbol::Sign(Sign::Equals)),
            Some(Symbol::Sign(Sign::Question)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Operator {
    const ALL: [Operator; 3] = [Operator::Plus, Operator::Minus, Operator::Times];

    /// `None` for a negative result.
    fn apply(self, left: u32, right: u32) -> Option<u32> {
        match self {
            Operator::Plus => Some(left + right),
            Operator::Minus => left.checked_sub(right),
            Operator::Times => Some(left * right),
        }
    }

    fn sign(self) -> Sign {
        match self {
            Operator::Plus => Sign::Plus,
            Operator::Minus => Sign::Minus,
            Operator::Times => Sign::Times,
        }
    }

    fn zh(self) -> &'static str {
        match self {
            Operator::Plus => "加",
            Operator::Minus => "减",
            Operator::Times => "乘",
        }
    }

    fn en(self) -> &'static str {
        match self {
            Operator::Plus => "plus",
            Operator::Minus => "minus",
            Operator::Times => "times",
        }
    }
}

impl Sum {
    /// A suitable random sum, and its result. About half of all sums are suitable: ends soon.
    fn pick(rng: &mut impl Rng) -> (Self, u32) {
        loop {
            let sum = Self {
                digits: std::array::from_fn(|_| rng.random_range(1..=9)),
                operators: std::array::from_fn(|_| {
                    Operator::ALL.choose(rng).copied().unwrap_or(Operator::Plus)
                }),
            };
            if sum.operators == [Operator::Times; 2] {
                continue;
            }
            if let Some(result) = sum.result() {
                return (sum, result);
            }
        }
    }

    /// `None` when any intermediate result is negative.
    fn result(self) -> Option<u32> {
        let [a, b, c] = self.digits;
        let [first, second] = self.operators;
        if second == Operator::Times {
            // × binds tighter; with two of them the order does not matter.
            first.apply(a, second.apply(b, c)?)
        } else {
            second.apply(first.apply(a, b)?, c)
        }
    }

    fn words(self) -> LocalText {
        let [a, b, c] = self.digits;
        let [first, second] = self.operators;
        LocalText {
            zh: format!("{a} {} {b} {} {c}", first.zh(), second.zh()),
            en: format!("{a} {} {b} {} {c}", first.en(), second.en()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};
    use std::collections::BTreeMap;

    /// Computes a sum from its words, independently: products first, then left to right.
    fn work_out(words: &str, plus: &str, minus: &str, times: &str) -> i64 {
        let mut terms: Vec<i64> = Vec::new();
        let mut operator = plus;
        for word in words.split(' ') {
            let Ok(number) = word.parse::<i64>() else {
                operator = word;
                continue;
            };
            assert!((1..=9).contains(&number), "{words}");
            if operator == plus {
                terms.push(number);
            } else if operator == minus {
                terms.push(-number);
            } else {
                assert_eq!(operator, times, "{words}");
                *terms.last_mut().unwrap() *= number;
            }
        }
        terms.iter().sum()
    }

    #[test]
    fn the_answer_matches_the_words() {
        let arithmetic = Arithmetic::new().unwrap();
        let mut rng = StdRng::seed_from_u64(500);
        for _ in 0..500 {
            let question = arithmetic.question(&mut rng).unwrap();
            let answer: i64 = question.answer.parse().unwrap();
            let words = question.words.unwrap();
            assert_eq!(work_out(&words.zh, "加", "减", "乘"), answer, "{words:?}");
            assert_eq!(work_out(&words.en, "plus", "minus", "times"), answer);
            assert!((0..=90).contains(&answer), "{words:?}");
        }
    }

    #[test]
    fn products_come_first() {
        use Operator::{Minus, Plus, Times};
        let sum = |digits, operators| Sum { digits, operators }.result();
        assert_eq!(sum([3, 5, 2], [Plus, Times]), Some(13));
        assert_eq!(sum([3, 5, 2], [Times, Plus]), Some(17));
        assert_eq!(sum([9, 2, 4], [Minus, Times]), Some(1));
        assert_eq!(sum([8, 5, 2], [Minus, Minus]), Some(1));
        assert_eq!(sum([2, 9, 8], [Minus, Plus]), None, "below nought half-way");
    }

    #[test]
    fn no_answer_is_a_good_guess() {
        let mut rng = StdRng::seed_from_u64(7);
        let mut seen: BTreeMap<u32, u32> = BTreeMap::new();
        for _ in 0..10_000 {
            *seen.entry(Sum::pick(&mut rng).1).or_default() += 1;
        }
        let (answer, times) = seen.iter().max_by_key(|(_, times)| **times).unwrap();
        assert!(*times < 600, "{answer} is right {times} times in 10,000");
    }

    #[test]
    fn every_sum_is_written_in_full() {
        let arithmetic = Arithmetic::new().unwrap();
        let mut rng = StdRng::seed_from_u64(8);
        for _ in 0..100 {
            let (sum, _) = Sum::pick(&mut rng);
            assert_eq!(arithmetic.symbols(sum).len(), 7);
        }
    }
}
