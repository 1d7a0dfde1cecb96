//! The captcha crate's font as pixel coverage, read once, so that drawing needs neither the crate
//! nor its 400 × 300 pictures. Without operators: the font has none, see `signs`.

use super::GlyphMissing;
use captcha::{Captcha, Geometry};
use std::{collections::BTreeMap, io::Cursor};

/// One character, cropped to its drawn part.
pub(super) struct Glyph {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Row by row, 0 for background and 255 for foreground.
    coverage: Vec<u8>,
}

/// The characters that one kind of question needs.
pub(super) struct Glyphs(BTreeMap<char, Glyph>);

impl Glyphs {
    /// Reads `characters` from the crate's font.
    ///
    /// # Errors
    /// [`GlyphMissing`]: the crate itself would silently omit the character.
    pub fn load(characters: &[char]) -> Result<Self, GlyphMissing> {
        characters
            .iter()
            .map(|&character| {
                let glyph = Glyph::load(character).ok_or(GlyphMissing(character))?;
                Ok((character, glyph))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The glyph of a loaded character.
    pub fn get(&self, character: char) -> Option<&Glyph> {
        self.0.get(&character)
    }
}

impl Glyph {
    /// The crate offers its font only as finished pictures, so this renders one character and crops
    /// it.
    fn load(character: char) -> Option<Self> {
        let mut captcha = Captcha::new();
        captcha.set_chars(&[character]).add_char();
        if captcha.chars() != [character] {
            return None;
        }
        let area = captcha.text_area();
        // The area's right and bottom are inclusive, those of a crop are exclusive.
        captcha.extract(Geometry::new(
            area.left,
            area.right + 1,
            area.top,
            area.bottom + 1,
        ));
        Self::decode(&captcha.as_png()?)
    }

    fn decode(png: &[u8]) -> Option<Self> {
        let mut decoder = png::Decoder::new(Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().ok()?;
        let mut bytes = vec![0; reader.output_buffer_size()?];
        let frame = reader.next_frame(&mut bytes).ok()?;
        // Black on white in every colour type, so that the first sample is enough.
        let coverage = bytes[..frame.buffer_size()]
            .chunks_exact(frame.color_type.samples())
            .map(|pixel| 255 - pixel[0])
            .collect();
        Some(Self {
            width: frame.width as usize,
            height: frame.height as usize,
            coverage,
        })
    }

    /// Coverage between pixels, 0.0–1.0; background outside.
    pub fn coverage_at(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (right_share, lower_share) = (x - left, y - top);
        let upper = mix(
            self.pixel(left, top),
            self.pixel(left + 1.0, top),
            right_share,
        );
        let lower = mix(
            self.pixel(left, top + 1.0),
            self.pixel(left + 1.0, top + 1.0),
            right_share,
        );
        mix(upper, lower, lower_share)
    }

    fn pixel(&self, x: f32, y: f32) -> f32 {
        if x < 0.0 || y < 0.0 {
            return 0.0;
        }
        let (x, y) = (x as usize, y as usize);
        if x >= self.width || y >= self.height {
            return 0.0;
        }
        f32::from(self.coverage[y * self.width + x]) / 255.0
    }
}

fn mix(from: f32, to: f32, share: f32) -> f32 {
    from + (to - from) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glyph_has_foreground_inside_and_background_around_it() {
        let glyphs = Glyphs::load(&['8']).unwrap();
        let eight = glyphs.get('8').unwrap();
        assert!(eight.width > 15 && eight.height > 30);
        assert!(eight.coverage.iter().any(|coverage| *coverage > 200));
        for (x, y) in [(-2.0, 5.0), (5.0, eight.height as f32 + 1.0)] {
            assert!(eight.coverage_at(x, y) <= 0.0, "coverage at {x}, {y}");
        }
    }

    #[test]
    fn a_missing_glyph_is_reported() {
        assert_eq!(Glyphs::load(&['7', '0']).err(), Some(GlyphMissing('0')));
        assert_eq!(Glyphs::load(&['×']).err(), Some(GlyphMissing('×')));
    }
}
