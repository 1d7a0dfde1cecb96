//! Signs that the font lacks, drawn from strokes at the digits' size.

use super::canvas::{Pen, Point};

/// A sign between or after the digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// `+`
    Plus,
    /// `−`
    Minus,
    /// `×`
    Times,
    /// `=`
    Equals,
    /// `?`
    Question,
}

/// As thick as the font's upright strokes.
pub(super) const PEN: Pen = Pen {
    width: 3.8,
    strength: 1.0,
};

impl Sign {
    /// Its width in pixels.
    pub fn width(self) -> f32 {
        match self {
            Sign::Plus | Sign::Minus | Sign::Equals => 24.0,
            Sign::Times => 21.0,
            Sign::Question => 20.0,
        }
    }

    /// Its strokes around (0, 0); the pen is lifted between them.
    pub fn strokes(self) -> &'static [&'static [Point]] {
        match self {
            Sign::Plus => &[&[(-10.0, 0.0), (10.0, 0.0)], &[(0.0, -10.0), (0.0, 10.0)]],
            Sign::Minus => &[&[(-10.0, 0.0), (10.0, 0.0)]],
            Sign::Times => &[&[(-8.0, -8.0), (8.0, 8.0)], &[(8.0, -8.0), (-8.0, 8.0)]],
            Sign::Equals => &[&[(-10.0, -4.5), (10.0, -4.5)], &[(-10.0, 4.5), (10.0, 4.5)]],
            Sign::Question => &[
                &[
                    (-8.0, -10.5),
                    (-6.8, -14.6),
                    (-3.8, -17.2),
                    (0.2, -18.0),
                    (4.4, -17.0),
                    (7.2, -14.2),
                    (7.8, -10.4),
                    (6.4, -6.6),
                    (3.4, -3.4),
                    (1.0, -0.4),
                    (0.0, 3.0),
                    (0.0, 6.5),
                ],
                &[(-0.5, 15.5), (0.5, 15.5)],
            ],
        }
    }
}
