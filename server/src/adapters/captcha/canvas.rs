//! A white canvas for drawing in one colour, and its PNG encoding. Knows shapes, not their meaning.

use super::{PaintError, glyphs::Glyph};
use app::wire::CAPTCHA_PICTURE;
use bytes::Bytes;

/// Columns of every picture.
pub(super) const WIDTH: u16 = CAPTCHA_PICTURE.0;
/// Rows of every picture.
pub(super) const HEIGHT: u16 = CAPTCHA_PICTURE.1;

/// Shades between background and foreground: four bits a pixel.
const SHADES: u8 = 16;

/// A point on the canvas, or in a shape whose middle is (0, 0); y grows downwards.
pub(super) type Point = (f32, f32);

/// The position, rotation and size of a shape on the canvas.
#[derive(Clone, Copy)]
pub(super) struct Pose {
    middle: Point,
    scale: f32,
    sin: f32,
    cos: f32,
}

impl Pose {
    /// For points that are already canvas coordinates.
    pub const AS_IT_IS: Self = Self {
        middle: (0.0, 0.0),
        scale: 1.0,
        sin: 0.0,
        cos: 1.0,
    };

    /// Puts the shape's middle at `middle`, rotated clockwise by `angle` radians and scaled by
    /// `scale`.
    pub fn new(middle: Point, angle: f32, scale: f32) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self {
            middle,
            scale,
            sin,
            cos,
        }
    }

    /// The canvas coordinates of a point of the shape.
    fn place(self, (x, y): Point) -> Point {
        (
            self.middle.0 + (x * self.cos - y * self.sin) * self.scale,
            self.middle.1 + (x * self.sin + y * self.cos) * self.scale,
        )
    }

    /// The shape's point at these canvas coordinates: the inverse of [`Pose::place`].
    fn find(self, (x, y): Point) -> Point {
        let (dx, dy) = (
            (x - self.middle.0) / self.scale,
            (y - self.middle.1) / self.scale,
        );
        (dx * self.cos + dy * self.sin, dy * self.cos - dx * self.sin)
    }
}

/// The pen for lines.
#[derive(Clone, Copy)]
pub(super) struct Pen {
    /// In pixels.
    pub width: f32,
    /// 0.0 draws nothing, 1.0 is the full colour.
    pub strength: f32,
}

/// The canvas: how much of the foreground colour each pixel has.
pub(super) struct Canvas {
    coverage: Vec<u8>,
}

impl Canvas {
    pub fn new() -> Self {
        Self {
            coverage: vec![0; usize::from(WIDTH) * usize::from(HEIGHT)],
        }
    }

    /// Draws a character.
    pub fn stamp(&mut self, glyph: &Glyph, pose: Pose) {
        let (half_width, half_height) = (glyph.width as f32 / 2.0, glyph.height as f32 / 2.0);
        let reach = half_width.hypot(half_height) * pose.scale + 1.0;
        let (x, y) = pose.middle;
        self.shade((x - reach, y - reach), (x + reach, y + reach), |at| {
            let (x, y) = pose.find(at);
            glyph.coverage_at(x + half_width - 0.5, y + half_height - 0.5)
        });
    }

    /// Draws a line through `points` of a shape, with round ends; a single point makes a dot.
    pub fn draw(&mut self, points: &[Point], pose: Pose, pen: Pen) {
        let radius = pen.width * pose.scale / 2.0;
        let reach = radius + 1.0;
        for (index, &point) in points.iter().enumerate() {
            let from = pose.place(points[index.saturating_sub(1)]);
            let to = pose.place(point);
            let low = (from.0.min(to.0) - reach, from.1.min(to.1) - reach);
            let high = (from.0.max(to.0) + reach, from.1.max(to.1) + reach);
            self.shade(low, high, |at| {
                (radius + 0.5 - distance(at, from, to)).clamp(0.0, 1.0) * pen.strength
            });
        }
    }

    /// Computes the coverage of every pixel between two corners and keeps the darker of old and new, so
    /// that crossing lines leave no blot.
    fn shade(&mut self, low: Point, high: Point, coverage: impl Fn(Point) -> f32) {
        let columns = span(low.0, high.0, WIDTH);
        for y in span(low.1, high.1, HEIGHT) {
            let row = usize::from(y) * usize::from(WIDTH);
            for x in columns.clone() {
                let middle = (f32::from(x) + 0.5, f32::from(y) + 0.5);
                let pixel = &mut self.coverage[row + usize::from(x)];
                *pixel = (*pixel).max((coverage(middle) * 255.0) as u8);
            }
        }
    }

    /// Encodes the picture in this colour.
    ///
    /// # Errors
    /// [`PaintError`] when the encoder fails.
    pub fn into_png(self, colour: [u8; 3]) -> Result<Bytes, PaintError> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, WIDTH.into(), HEIGHT.into());
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Four);
        encoder.set_palette(palette(colour));
        encoder.set_compression(png::Compression::Balanced);
        // A filter does not help: neighbouring shades have unrelated palette numbers.
        encoder.set_filter(png::Filter::NoFilter);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.packed())?;
        writer.finish()?;
        // Hundreds of these wait in the pool: free the spare capacity.
        Ok(Bytes::from(file.into_boxed_slice()))
    }

    /// Packs two pixels per byte, the left one in the upper half.
    fn packed(&self) -> Vec<u8> {
        let shade = |coverage: u8| coverage / (u8::MAX / SHADES + 1);
        self.coverage
            .chunks_exact(2)
            .map(|pair| shade(pair[0]) << 4 | shade(pair[1]))
            .collect()
    }
}

/// Shades from white to `colour`, three bytes each.
fn palette(colour: [u8; 3]) -> Vec<u8> {
    (0..SHADES)
        .flat_map(|shade| {
            colour.map(|channel| {
                let away_from_white = u16::from(255 - channel) * u16::from(shade);
                255 - (away_from_white / u16::from(SHADES - 1)) as u8
            })
        })
        .collect()
}

/// The whole pixels between two coordinates, clipped to the canvas.
fn span(low: f32, high: f32, end: u16) -> std::ops::Range<u16> {
    // Casts saturate, so that both ends stay on the canvas.
    (low.floor() as u16)..(high.ceil() as u16).min(end)
}

/// The distance of `at` from the line between two points.
fn distance(at: Point, from: Point, to: Point) -> f32 {
    let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
    let length_squared = along_x * along_x + along_y * along_y;
    let (dx, dy) = (at.0 - from.0, at.1 - from.1);
    let share = if length_squared > 0.0 {
        ((dx * along_x + dy * along_y) / length_squared).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (dx - along_x * share).hypot(dy - along_y * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEN: Pen = Pen {
        width: 4.0,
        strength: 1.0,
    };

    fn coverage_at(canvas: &Canvas, x: usize, y: usize) -> u8 {
        canvas.coverage[y * usize::from(WIDTH) + x]
    }

    fn standing_at(middle: Point) -> Pose {
        Pose::new(middle, 0.0, 1.0)
    }

    #[test]
    fn a_line_is_where_it_was_drawn_and_nowhere_else() {
        let mut canvas = Canvas::new();
        canvas.draw(
            &[(-10.0, 0.0), (10.0, 0.0)],
            standing_at((100.0, 40.0)),
            PEN,
        );
        assert_eq!(coverage_at(&canvas, 100, 40), 255);
        assert_eq!(coverage_at(&canvas, 108, 39), 255);
        assert_eq!(coverage_at(&canvas, 100, 45), 0);
        assert_eq!(coverage_at(&canvas, 115, 40), 0);
    }

    #[test]
    fn drawing_over_the_edge_is_harmless() {
        let mut canvas = Canvas::new();
        canvas.draw(
            &[(-900.0, -900.0), (900.0, 900.0)],
            standing_at((0.0, 0.0)),
            PEN,
        );
        canvas.draw(&[(0.0, 0.0)], standing_at((240.0, 80.0)), PEN);
        assert_eq!(coverage_at(&canvas, 40, 40), 255);
        assert_eq!(coverage_at(&canvas, 239, 79), 255);
    }

    #[test]
    fn a_rotated_point_is_found_again() {
        let pose = Pose::new((30.0, 20.0), 0.3, 1.4);
        let (x, y) = pose.find(pose.place((5.0, -7.0)));
        assert!((x - 5.0).abs() < 1e-3 && (y + 7.0).abs() < 1e-3);
    }

    #[test]
    fn the_background_is_white_and_the_foreground_has_the_colour() {
        let palette = palette([10, 20, 30]);
        assert_eq!(palette[..3], [255, 255, 255]);
        assert_eq!(palette[45..], [10, 20, 30]);
    }
}
