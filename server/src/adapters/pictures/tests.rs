//! Tests with real pictures, and with files that only look like pictures.

use image::{
    ExtendedColorType, ImageEncoder as _, Rgb, RgbImage, RgbaImage, codecs::png::PngEncoder,
};

use super::*;

fn png(picture: &RgbaImage) -> Vec<u8> {
    let mut file = Vec::new();
    PngEncoder::new(&mut file)
        .write_image(
            picture,
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgba8,
        )
        .unwrap();
    file
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new(&mut file).encode_image(picture).unwrap();
    file
}

/// Red above, blue below.
fn two_halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |_, y| match y < height / 2 {
        true => Rgb([200, 0, 0]),
        false => Rgb([0, 0, 200]),
    })
}

fn shown(file: &[u8]) -> RgbImage {
    image::load_from_memory(file).unwrap().to_rgb8()
}

fn is_near(pixel: Rgb<u8>, expected: [u8; 3]) -> bool {
    pixel
        .0
        .iter()
        .zip(expected)
        .all(|(is, should)| is.abs_diff(should) < 30)
}

/// A JPEG with an orientation mark, as cameras write it.
fn with_orientation(file: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let mut noted = file[..2].to_vec();
    noted.extend([0xff, 0xe1]);
    noted.extend(length);
    noted.extend(exif);
    noted.extend(&file[2..]);
    noted
}

/// The header of a PNG of this size, without data.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    bomb_of_bits(width, height, 8)
}

fn bomb_of_bits(width: u32, height: u32, bits: u8) -> Vec<u8> {
    let mut file = png(&RgbaImage::new(1, 1));
    file[24] = bits;
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&file[12..29]);
    file[29..33].copy_from_slice(&checksum.to_be_bytes());
    file
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn a_picture_is_kept_as_two_squares_of_its_middle() {
    let made = make(&jpeg(&two_halves(300, 200))).unwrap();
    for (file, side) in [(&made.small, 480), (&made.large, 960)] {
        assert_eq!(image::guess_format(file).unwrap(), ImageFormat::Jpeg);
        let picture = shown(file);
        assert_eq!(picture.dimensions(), (side, side));
        assert!(is_near(*picture.get_pixel(side / 2, side / 4), [200, 0, 0]));
        assert!(is_near(
            *picture.get_pixel(side / 2, side * 3 / 4),
            [0, 0, 200]
        ));
    }
    assert_eq!(made.hash, hex::digits(&Sha256::digest(&made.large)));
    assert_eq!(make(&jpeg(&two_halves(300, 200))).unwrap(), made);
}

#[test]
fn only_the_image_of_a_file_is_kept() {
    // Rotated by 180 degrees: top and bottom are exchanged.
    let turned = with_orientation(&jpeg(&two_halves(64, 64)), 3);
    let made = make(&turned).unwrap();
    for file in [&made.small, &made.large] {
        assert!(!file.windows(4).any(|part| part == b"Exif"));
        let picture = shown(file);
        let side = picture.width();
        assert!(is_near(*picture.get_pixel(side / 2, side / 8), [0, 0, 200]));
    }
}

#[test]
fn transparent_areas_become_white() {
    let made = make(&png(&RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0])))).unwrap();
    assert!(is_near(
        *shown(&made.small).get_pixel(9, 9),
        [255, 255, 255]
    ));
}

#[test]
fn the_edge_of_a_transparent_area_is_not_dark() {
    // White on the left; transparent, stored as black, on the right.
    let half = RgbaImage::from_fn(100, 100, |x, _| match x < 50 {
        true => Rgba([255; 4]),
        false => Rgba([0; 4]),
    });
    let picture = shown(&make(&png(&half)).unwrap().large);
    assert!(picture.pixels().all(|pixel| is_near(*pixel, [255; 3])));
}

#[test]
fn invalid_or_too_large_files_are_refused_before_decoding() {
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let page = b"<!doctype html><script>alert(1)</script>";
    let gif = b"GIF89a\x01\0\x01\0\0\0\0;";
    for file in [&svg[..], page, gif, b"", b"BM"] {
        assert_eq!(make(file), Err(PictureError::Kind));
    }
    // 100 megapixels in 70 bytes; and few pixels on a very long side.
    for (width, height) in [(10_000, 10_000), (60_000, 1), (6_000, 4_001)] {
        let file = bomb(width, height);
        assert!(file.len() < 100);
        assert_eq!(make(&file), Err(PictureError::TooManyPixels));
    }
    // Few enough pixels, of eight bytes each: 168 MB.
    let deep = bomb_of_bits(4_580, 4_580, 16);
    assert_eq!(make(&deep), Err(PictureError::TooManyPixels));
    let whole = jpeg(&two_halves(300, 200));
    assert_eq!(make(&whole[..40]), Err(PictureError::Broken));
    assert_eq!(make(&bomb(400, 400)), Err(PictureError::Broken));
}
