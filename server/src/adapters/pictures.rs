//! [`PictureMaker`] by the crate `image`: converts a file's image to JPEG in two sizes.
//!
//! The file's header is read first, to estimate the cost before any pixel is decoded.

use std::{io::Cursor, sync::Arc, time::Duration};

use async_trait::async_trait;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgba,
    codecs::jpeg::JpegEncoder, imageops::FilterType, metadata::Orientation,
};
use sha2::{Digest as _, Sha256};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::{
    engine::ports::{NewPicture, PictureError, PictureMaker},
    hex,
};
use app::wire::PictureSize;

/// Pictures decoded at once: limits use to one core and one picture's memory.
const AT_ONCE: usize = 1;
/// Longest wait for a turn; then the caller gets `busy`.
const WAIT: Duration = Duration::from_secs(5);
/// Most pixels: a phone camera's.
const MAX_PIXELS: u64 = 24_000_000;
/// Longest side: a panorama's.
const MAX_SIDE: u32 = 12_000;
/// Most bytes of a decoded picture: 24 megapixels of four 8-bit channels (fewer with 16 bits). Uses at most some
/// 220 MB, for a progressive JPEG: 72 MB of pixels, and 144 MB inside its decoder. Later steps need less: 96 MB and
/// 75 MB for scaling.
const MAX_ALLOC: u64 = MAX_PIXELS * 4;
/// JPEG qualities in percent: the first that fits into [`MAX_ENCODED`] is used.
const QUALITIES: [u8; 3] = [85, 70, 45];
/// Most bytes of a stored picture. Noise is largest, and fits at the last quality.
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
        // The thread owns the permit: a caller that gives up must not free a busy core.
        let made = spawn_blocking(move || {
            let _turn = turn;
            make(&file)
        });
        // A panic in the decoder means an unexpected kind of file.
        made.await.map_err(|_| PictureError::Broken)?
    }
}

fn make(file: &[u8]) -> Result<NewPicture, PictureError> {
    let (picture, up) = decode(file)?;
    let mut square = scaled(&on_white(middle(picture)), PictureSize::Large);
    square.apply_orientation(up);
    let large = encode(&square)?;
    Ok(NewPicture {
        hash: hex::digits(&Sha256::digest(&large)),
        small: encode(&scaled(&square, PictureSize::Small))?,
        large,
    })
}

/// Decodes a file, with its orientation: cameras store images as the sensor sees them.
fn decode(file: &[u8]) -> Result<(DynamicImage, Orientation), PictureError> {
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
    let up = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    Ok((picture, up))
}

fn refused(error: ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooManyPixels,
        _ => PictureError::Broken,
    }
}

/// The middle square. The rest is freed before any further step.
fn middle(picture: DynamicImage) -> DynamicImage {
    let side = picture.width().min(picture.height());
    let (left, top) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    match picture.width() == picture.height() {
        true => picture,
        false => picture.crop_imm(left, top, side, side),
    }
}

/// Puts transparent pictures on white: JPEG has no transparency. Done before scaling, which would mix hidden colours
/// into the edges, and in place, to save memory.
fn on_white(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return DynamicImage::ImageRgb8(picture.into_rgb8());
    }
    let mut picture = picture.into_rgba8();
    for Rgba([red, green, blue, alpha]) in picture.pixels_mut() {
        let shown = u32::from(*alpha);
        for channel in [red, green, blue] {
            *channel = ((u32::from(*channel) * shown + 255 * (255 - shown)) / 255) as u8;
        }
        *alpha = u8::MAX;
    }
    DynamicImage::ImageRgba8(picture)
}

fn scaled(square: &DynamicImage, size: PictureSize) -> DynamicImage {
    let side = size.side();
    let scaled = square.resize_exact(side, side, FilterType::CatmullRom);
    DynamicImage::ImageRgb8(scaled.into_rgb8())
}

fn encode(picture: &DynamicImage) -> Result<Vec<u8>, PictureError> {
    let picture = picture.to_rgb8();
    for quality in QUALITIES {
        let mut encoded = Vec::new();
        JpegEncoder::new_with_quality(&mut encoded, quality)
            .encode_image(&picture)
            .map_err(|_| PictureError::Broken)?;
        if encoded.len() <= MAX_ENCODED {
            return Ok(encoded);
        }
    }
    Err(PictureError::TooLarge)
}

#[cfg(test)]
mod tests;
