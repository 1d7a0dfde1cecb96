//! The shop's public data in pages, for search engines and previews of links. The server gives it to every page
//! through the context; it is the same for every visitor.

use std::sync::Arc;

use leptos::prelude::use_context;

use crate::routes::small_picture;

/// The picture for pages without one that previews can show.
const DEFAULT: &str = "/share.png";
/// Suffixes of pictures that previews can show as they are.
const SHOWN: [&str; 4] = [".png", ".jpg", ".jpeg", ".webp"];

type Serves = dyn Fn(&str) -> bool + Send + Sync;

/// The shop's address, and its public files. Clones share them.
#[derive(Clone)]
pub struct PublicSite {
    /// Its origin, as shoppers write it. Never a request's host header: pages are cached, and would show it to
    /// everybody. Without an origin, tags that need a whole address are left out.
    pub url: Option<Arc<str>>,
    /// Whether there is a file at this path of the shop.
    pub serves: Arc<Serves>,
}

impl PublicSite {
    /// The data for the page being rendered; none while routes are listed at start-up.
    pub fn of_page() -> Option<Self> {
        use_context()
    }

    /// A path of the shop as a whole address.
    pub fn absolute(&self, path: &str) -> Option<String> {
        Some(format!("{}{path}", self.url.as_deref()?))
    }

    /// The picture that previews show for a product with `picture_url`. They cannot show SVG: another picture
    /// beside it is used, or the shop's own.
    pub fn shared_picture(&self, picture_url: &str) -> SharedPicture {
        if let Some(stem) = picture_url.strip_suffix(".svg") {
            let beside = format!("{stem}.share.png");
            if (self.serves)(&beside) {
                return SharedPicture::made(beside);
            }
        }
        if small_picture(picture_url).is_some() {
            return SharedPicture {
                path: picture_url.to_owned(),
                size: Some(("960", "960")),
            };
        }
        match SHOWN.iter().any(|end| picture_url.ends_with(end)) {
            true => SharedPicture {
                path: picture_url.to_owned(),
                size: None,
            },
            false => SharedPicture::default(),
        }
    }
}

/// A picture for previews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedPicture {
    pub path: String,
    /// Width and height in pixels, if known.
    pub size: Option<(&'static str, &'static str)>,
}

impl SharedPicture {
    /// A picture made for previews, in the size that they show whole.
    fn made(path: String) -> Self {
        Self {
            path,
            size: Some(("1200", "630")),
        }
    }
}

impl Default for SharedPicture {
    /// The shop's own.
    fn default() -> Self {
        Self::made(DEFAULT.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_given_a_picture_that_it_can_show() {
        let site = PublicSite {
            url: Some("https://shop.example".into()),
            serves: Arc::new(|path| path == "/products/kettle.share.png"),
        };
        let path = |url| site.shared_picture(url).path;
        assert_eq!(path("/products/kettle.svg"), "/products/kettle.share.png");
        assert_eq!(path("/products/kettle.jpg"), "/products/kettle.jpg");
        assert_eq!(path("/pictures/0a1b"), "/pictures/0a1b");
        assert_eq!(path("/products/lamp.svg"), DEFAULT);
        assert_eq!(path(""), DEFAULT);
        assert_eq!(site.shared_picture("/products/kettle.jpg").size, None);
    }

    #[test]
    fn without_an_address_of_the_shop_nothing_is_absolute() {
        let site = |url: Option<&str>| PublicSite {
            url: url.map(Arc::from),
            serves: Arc::new(|_| false),
        };
        assert_eq!(site(None).absolute("/"), None);
        let absolute = site(Some("https://shop.example")).absolute("/a");
        assert_eq!(absolute.as_deref(), Some("https://shop.example/a"));
    }
}
