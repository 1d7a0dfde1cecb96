//! The products of the shop, and their pictures.

pub mod add_picture;
mod calls;

use std::sync::Arc;

use super::ports::{Clock, PictureMaker, Pictures, Products};

/// Dependencies of the product use cases.
pub struct Deps {
    pub clock: Arc<dyn Clock>,
    pub products: Arc<dyn Products>,
    pub pictures: Arc<dyn Pictures>,
    pub maker: Arc<dyn PictureMaker>,
}
