//! Four characters to type. Case does not matter.

use super::{
    GlyphMissing, PaintError,
    glyphs::Glyphs,
    line::{self, Symbol},
};
use crate::engine::ports::Question;
use app::wire::LocalText;
use rand::{Rng, seq::IndexedRandom};

/// Makes questions with characters.
pub(super) struct Text {
    glyphs: Glyphs,
}

/// Only characters that are not easily confused: no 1 with l, 2 with z, 5 with s, 6 with b, 9 with
/// g and q, no u with v, no small m, which could be r and n. No vowels, so that random letters do
/// not form an offensive word.
const CHARACTERS: [char; 25] = [
    '3', '4', '7', '8', 'd', 'f', 'h', 'k', 'n', 'p', 'r', 't', 'x', 'y', 'C', 'F', 'H', 'K', 'M',
    'N', 'P', 'R', 'T', 'X', 'Y',
];

const LENGTH: usize = 4;

impl Text {
    /// Loads the characters' glyphs.
    ///
    /// # Errors
    /// [`GlyphMissing`] when the font lacks one.
    pub fn new() -> Result<Self, GlyphMissing> {
        let glyphs = Glyphs::load(&CHARACTERS)?;
        Ok(Self { glyphs })
    }

    /// Draws four new characters.
    ///
    /// # Errors
    /// [`PaintError`] when the picture cannot be encoded.
    pub fn question(&self, rng: &mut impl Rng) -> Result<Question, PaintError> {
        // Never the same glyph twice; but a letter may appear both small and capital.
        let shown: Vec<char> = CHARACTERS.choose_multiple(rng, LENGTH).copied().collect();
        let symbols: Vec<Symbol<'_>> = shown
            .iter()
            .filter_map(|character| self.glyphs.get(*character))
            .map(Symbol::Glyph)
            .collect();
        let answer: String = shown.iter().map(char::to_ascii_lowercase).collect();
        let spelt = spell(&answer);
        Ok(Question {
            png: line::paint(&symbols, rng)?,
            answer,
            words: Some(LocalText {
                zh: spelt.clone(),
                en: spelt,
            }),
            numeric: false,
            prompt: LocalText {
                zh: "请输入图中的四个字符（不分大小写）".to_owned(),
                en: "Type the four characters (capitals do not matter)".to_owned(),
            },
        })
    }
}

/// Separates the characters: "d, 4, k, m".
fn spell(answer: &str) -> String {
    let characters: Vec<String> = answer.chars().map(String::from).collect();
    characters.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn the_answer_equals_its_spelling() {
        let text = Text::new().unwrap();
        let mut rng = StdRng::seed_from_u64(500);
        for _ in 0..500 {
            let question = text.question(&mut rng).unwrap();
            let words = question.words.unwrap();
            assert_eq!(words.en.replace(", ", ""), question.answer);
            assert_eq!(words.zh, words.en);
            assert_eq!(question.answer.chars().count(), LENGTH);
            assert_eq!(question.answer, question.answer.to_lowercase());
        }
    }

    #[test]
    fn letters_are_spelt_one_by_one() {
        assert_eq!(spell("d4km"), "d, 4, k, m");
    }

    #[test]
    fn questions_have_no_ambiguous_characters_and_make_no_words() {
        for character in "0oOQ1lIiLJj2zZ5sS6bBG9gquUvVwWcmaAeE".chars() {
            assert!(!CHARACTERS.contains(&character), "{character}");
        }
    }
}
