//! Draws one line of slightly uneven writing on a noisy background. `arithmetic` and `text` decide its
//! content.

use super::{
    PaintError,
    canvas::{Canvas, HEIGHT, Pen, Point, Pose, WIDTH},
    glyphs::Glyph,
    signs::{self, Sign},
};
use bytes::Bytes;
use rand::{Rng, seq::IndexedRandom};

/// One symbol in the line.
pub(super) enum Symbol<'a> {
    /// A character of the font.
    Glyph(&'a Glyph),
    /// One of our own signs.
    Sign(Sign),
}

/// Foregrounds: every one has a contrast of more than 9 : 1 on white.
const COLOURS: [[u8; 3]; 4] = [[34, 40, 74], [20, 62, 66], [74, 30, 58], [46, 46, 52]];
/// Free space on the left and on the right.
const MARGIN: f32 = 14.0;
/// A wider gap between two symbols breaks the line apart.
const WIDEST_GAP: f32 = 14.0;
/// A narrower gap merges the symbols; they shrink instead.
const NARROWEST_GAP: f32 = 6.0;

impl Symbol<'_> {
    fn width(&self) -> f32 {
        match self {
            Symbol::Glyph(glyph) => glyph.width as f32,
            Symbol::Sign(sign) => sign.width(),
        }
    }

    /// The largest rotation. A plus that leans too far looks like a times.
    fn tilt(&self) -> f32 {
        match self {
            Symbol::Glyph(_) => 0.24,
            Symbol::Sign(_) => 0.1,
        }
    }
}

/// Draws a line.
///
/// # Errors
/// [`PaintError`] when encoding fails.
pub(super) fn paint(symbols: &[Symbol<'_>], rng: &mut impl Rng) -> Result<Bytes, PaintError> {
    let mut canvas = Canvas::new();
    sprinkle(&mut canvas, rng);
    for _ in 0..2 {
        scribble(&mut canvas, rng);
    }
    write(&mut canvas, symbols, rng);
    let colour = COLOURS.choose(rng).copied().unwrap_or(COLOURS[0]);
    canvas.into_png(colour)
}

/// Draws the symbols from left to right, each slightly displaced.
fn write(canvas: &mut Canvas, symbols: &[Symbol<'_>], rng: &mut impl Rng) {
    let gaps = symbols.len().saturating_sub(1).max(1) as f32;
    let room = f32::from(WIDTH) - 2.0 * MARGIN;
    let scales: Vec<f32> = symbols.iter().map(|_| rng.random_range(1.0..1.2)).collect();
    let wanted: f32 = symbols
        .iter()
        .zip(&scales)
        .map(|(symbol, scale)| symbol.width() * scale)
        .sum();
    let shrink = ((room - gaps * NARROWEST_GAP) / wanted).min(1.0);
    let gap = ((room - wanted * shrink) / gaps).min(WIDEST_GAP);
    let mut left = (f32::from(WIDTH) - wanted * shrink - gap * gaps) / 2.0;
    for (symbol, scale) in symbols.iter().zip(scales) {
        let width = symbol.width() * scale * shrink;
        let middle = (
            left + width / 2.0 + rng.random_range(-1.5..1.5),
            f32::from(HEIGHT) / 2.0 + rng.random_range(-6.0..6.0),
        );
        let angle = rng.random_range(-symbol.tilt()..symbol.tilt());
        let pose = Pose::new(middle, angle, scale * shrink);
        match symbol {
            Symbol::Glyph(glyph) => canvas.stamp(glyph, pose),
            Symbol::Sign(sign) => {
                for stroke in sign.strokes() {
                    canvas.draw(stroke, pose, signs::PEN);
                }
            }
        }
        left += width + gap;
    }
}

/// Draws a thin pale wave across the picture: too pale and too curved to look like a minus.
fn scribble(canvas: &mut Canvas, rng: &mut impl Rng) {
    let base = rng.random_range(0.25..0.75) * f32::from(HEIGHT);
    let height = rng.random_range(8.0..18.0);
    let (start, stretch) = (rng.random_range(0.0..6.3), rng.random_range(18.0..34.0));
    let points: Vec<Point> = (0..=WIDTH)
        .step_by(6)
        .map(f32::from)
        .map(|x| (x, base + height * (start + x / stretch).sin()))
        .collect();
    let pen = Pen {
        width: 1.4,
        strength: rng.random_range(0.3..0.45),
    };
    canvas.draw(&points, Pose::AS_IT_IS, pen);
}

/// Draws pale specks.
fn sprinkle(canvas: &mut Canvas, rng: &mut impl Rng) {
    for _ in 0..70 {
        let at = (
            rng.random_range(0.0..f32::from(WIDTH)),
            rng.random_range(0.0..f32::from(HEIGHT)),
        );
        let pen = Pen {
            width: rng.random_range(1.0..2.4),
            strength: rng.random_range(0.2..0.45),
        };
        canvas.draw(&[at], Pose::AS_IT_IS, pen);
    }
}
