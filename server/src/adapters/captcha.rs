//! Captcha questions, drawn here: sums or characters on a small picture.
//!
//! A picture only makes scripts more expensive. The real protection of the path is elsewhere: one
//! try per question, bound to buyer and item, with an expiry.

mod arithmetic;
mod canvas;
mod glyphs;
mod line;
mod pool;
mod signs;
mod text;

pub use pool::CaptchaPool;

use crate::engine::ports::Question;
use arithmetic::Arithmetic;
use rand::Rng;
use text::Text;

/// The kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptchaKind {
    /// A sum of three digits and two operators.
    Arithmetic,
    /// Four characters to type.
    Text,
}

/// The captcha crate has no usable glyph for this character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the captcha font has no usable glyph for {0:?}")]
pub struct GlyphMissing(pub char);

/// A question could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("a captcha picture could not be encoded")]
pub struct PaintError(#[from] png::EncodingError);

/// Why a pool could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// See [`GlyphMissing`].
    #[error(transparent)]
    Glyph(#[from] GlyphMissing),
    /// The system could not start the drawing thread.
    #[error("cannot start the thread that draws captcha pictures")]
    Thread(#[from] std::io::Error),
}

/// Returns a function that draws a new question at each call, with `rng` as its only randomness.
///
/// # Errors
/// [`GlyphMissing`] when the font lacks a character that this kind of question needs.
pub fn generator<R: Rng + Send + 'static>(
    kind: CaptchaKind,
    mut rng: R,
) -> Result<Box<dyn FnMut() -> Result<Question, PaintError> + Send>, GlyphMissing> {
    Ok(match kind {
        CaptchaKind::Arithmetic => {
            let arithmetic = Arithmetic::new()?;
            Box::new(move || arithmetic.question(&mut rng))
        }
        CaptchaKind::Text => {
            let text = Text::new()?;
            Box::new(move || text.question(&mut rng))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};
    use std::io::Cursor;

    const KINDS: [CaptchaKind; 2] = [CaptchaKind::Arithmetic, CaptchaKind::Text];

    fn questions(kind: CaptchaKind, seed: u64, count: usize) -> Vec<Question> {
        let mut paint = generator(kind, StdRng::seed_from_u64(seed)).unwrap();
        (0..count).map(|_| paint().unwrap()).collect()
    }

    /// The picture's grey values, row by row.
    fn grey(png: &[u8]) -> Vec<u8> {
        let mut decoder = png::Decoder::new(Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        assert_eq!((frame.width, frame.height), (240, 80));
        bytes
            .chunks(frame.color_type.samples())
            .map(|pixel| pixel[0])
            .collect()
    }

    #[test]
    #[expect(clippy::naive_bytecount, reason = "six thousand bytes in a test")]
    fn a_picture_is_small_with_a_dark_foreground_on_white() {
        for kind in KINDS {
            for question in questions(kind, 1, 50) {
                assert!(question.png.len() <= 6_000, "{} bytes", question.png.len());
                let grey = grey(&question.png);
                let dark = grey.iter().filter(|value| **value < 80).count();
                let white = grey.iter().filter(|value| **value == 255).count();
                assert!(dark > 200, "{kind:?}: only {dark} dark pixels");
                assert!(white > grey.len() / 2, "{kind:?}: {white} white pixels");
            }
        }
    }

    #[test]
    fn nothing_is_cut_off_at_the_edge() {
        for kind in KINDS {
            for question in questions(kind, 2, 200) {
                let grey = grey(&question.png);
                for (row, pixels) in grey.chunks(240).enumerate() {
                    let edge = matches!(row, 0 | 79);
                    let at_edge = |column: usize| edge || matches!(column, 0 | 239);
                    let cut = (0..240).any(|column| at_edge(column) && pixels[column] < 80);
                    assert!(!cut, "{kind:?}: dark pixels at the edge of row {row}");
                }
            }
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_pictures_and_each_one_differs() {
        for kind in KINDS {
            let first = questions(kind, 3, 2);
            let again = questions(kind, 3, 2);
            assert_eq!(first[0].png, again[0].png);
            assert_eq!(first[1].answer, again[1].answer);
            assert_ne!(first[0].png, first[1].png);
            assert_ne!(first[0].png, questions(kind, 4, 1)[0].png);
        }
    }
}
