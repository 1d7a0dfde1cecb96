//! [`PictureMaker`] by the crate `image`: what a file shows, as JPEG in two sizes.
//!
//! What a file claims to be is read first, and what it would cost is decided by that, before a pixel is decoded.

use std::{io::Cursor, sync::Arc, time::Duration};

use async_trait::async_trait;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage,
    codecs::jpeg::JpegEncoder, imageops::FilterType, metadata::Orientation,
};
use sha2::{Digest as _, Sha256};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::{
    engine::ports::{NewPicture, PictureError, PictureMaker},
    hex,
};
use app::wire::PictureSize;

/// Decoded at once: one core and the memory of one picture.
const AT_ONCE: usize = 1;
/// Longest wait for a turn; then the caller hears `busy`.
const WAIT: Duration = Duration::from_secs(5);
/// Most pixels: those of a telephone's camera.
const MAX_PIXELS: u64 = 24_000_000;
/// Longest side: that of a panorama.
const MAX_SIDE: u32 = 12_000;
/// Most bytes that a decoder may take: 24 megapixels with four channels of eight bits, and what decoding needs beside.
const MAX_ALLOC: u64 = 160 * 1024 * 1024;
/// How exactly is encoded, in percent: the first that fits into [`MAX_ENCODED`].
const QUALITIES: [u8; 3] = [85, 70, 45];
/// Most bytes of a picture that is kept. Noise has the most, and fits at the last quality.
const MAX_ENCODED: usize = 1024 * 1024;

/// The decoder.
pub struct Jpegs {
    turns: Arc<Semaphore>,
}

impl Default for Jpegs {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

#[async_trait]
impl PictureMaker for Jpegs {
    async fn make(&self, file: Vec<u8>) -> Result<NewPicture, PictureError> {
        let turn = timeout(WAIT, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn
            .map_err(|_| PictureError::Busy)?
            .map_err(|_| PictureError::Busy)?;
        // The turn goes into the thread: a caller that gives up does not free a busy core.
        let made = spawn_blocking(move || {
            let _turn = turn;
            make(&file)
        });
        // A decoder that panics has met a file that it did not expect.
        made.await.map_err(|_| PictureError::Broken)?
    }
}

fn make(file: &[u8]) -> Result<NewPicture, PictureError> {
    let square = square(decode(file)?);
    let large = encode(&square, PictureSize::Large)?;
    Ok(NewPicture {
        hash: hex::digits(&Sha256::digest(&large)),
        small: encode(&square, PictureSize::Small)?,
        large,
    })
}

fn decode(file: &[u8]) -> Result<DynamicImage, PictureError> {
    let Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) =
        image::guess_format(file)
    else {
        return Err(PictureError::Kind);
    };
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::TooManyPixels);
    }
    if decoder.total_bytes() > MAX_ALLOC {
        return Err(PictureError::TooManyPixels);
    }
    // Cameras store what they see as it falls on the sensor, and beside it which side was up.
    let up = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    picture.apply_orientation(up);
    Ok(picture)
}

fn refused(error: ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooManyPixels,
        _ => PictureError::Broken,
    }
}

/// The middle of a picture, on white where it lets something shine through: JPEG does not.
fn square(picture: DynamicImage) -> DynamicImage {
    let side = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    let middle = picture.crop_imm(left, top, side, side);
    if !middle.color().has_alpha() {
        return middle;
    }
    let transparent = middle.to_rgba8();
    let on_white = RgbImage::from_fn(side, side, |x, y| {
        let [red, green, blue, alpha] = transparent.get_pixel(x, y).0.map(u32::from);
        let over = |channel: u32| ((channel * alpha + 255 * (255 - alpha)) / 255) as u8;
        Rgb([over(red), over(green), over(blue)])
    });
    DynamicImage::ImageRgb8(on_white)
}

fn encode(square: &DynamicImage, size: PictureSize) -> Result<Vec<u8>, PictureError> {
    let side = size.side();
    let scaled = square.resize_exact(side, side, FilterType::CatmullRom);
    let scaled = scaled.to_rgb8();
    for quality in QUALITIES {
        let mut encoded = Vec::new();
        JpegEncoder::new_with_quality(&mut encoded, quality)
            .encode_image(&scaled)
            .map_err(|_| PictureError::Broken)?;
        if encoded.len() <= MAX_ENCODED {
            return Ok(encoded);
        }
    }
    Err(PictureError::TooLarge)
}

#[cfg(test)]
mod tests;
