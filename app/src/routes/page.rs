//! The page of an address.

use std::fmt;

use super::{ADMIN, CONTACT, HOME, LANGUAGE, MANIFEST, ROBOTS, SITEMAP, item};
use crate::wire::ItemId;

/// A page that is the same for everybody with the same language, and can be cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Page {
    /// The rounds.
    Home,
    Item(ItemId),
    /// One of the shop's own texts.
    Text(TextPage),
}

/// A page with one of the shop's own texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextPage {
    /// How a sale works, and help with problems.
    Help,
    /// How to reach the shop.
    Contact,
    /// Terms of sale.
    Terms,
    /// Which personal data is kept.
    Privacy,
    /// How goods are returned.
    Returns,
}

impl TextPage {
    /// All of them, in the order of the footer.
    pub const ALL: [TextPage; 5] = [
        TextPage::Help,
        TextPage::Contact,
        TextPage::Terms,
        TextPage::Privacy,
        TextPage::Returns,
    ];

    pub fn path(self) -> &'static str {
        match self {
            TextPage::Help => "/help",
            TextPage::Contact => CONTACT,
            TextPage::Terms => "/terms",
            TextPage::Privacy => "/privacy",
            TextPage::Returns => "/returns",
        }
    }

    /// The name of its files.
    pub fn name(self) -> &'static str {
        self.path().trim_start_matches('/')
    }

    fn at(path: &str) -> Option<Self> {
        TextPage::ALL.into_iter().find(|page| page.path() == path)
    }
}

impl Page {
    /// The page at `path`, in the one spelling that we write ourselves: an id has an unlimited number of
    /// other spellings.
    pub fn parse(path: &str) -> Option<Self> {
        if path == HOME {
            return Some(Page::Home);
        }
        if let Some(text) = TextPage::at(path) {
            return Some(Page::Text(text));
        }
        let written = path.strip_prefix(ITEMS)?;
        let item_id: ItemId = written.parse().ok()?;
        let ours = item_id.0.hyphenated();
        (ours.encode_lower(&mut uuid::Uuid::encode_buffer()) == written)
            .then_some(Page::Item(item_id))
    }

    /// The page of another spelling of its path: with capitals, without hyphens, with a slash at the
    /// end.
    pub fn of_other_spelling(path: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        if let Some(text) = TextPage::at(path) {
            return Some(Page::Text(text));
        }
        path.strip_prefix(ITEMS)?.parse().ok().map(Page::Item)
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Page::Home => f.write_str(HOME),
            Page::Item(item_id) => f.write_str(&item(*item_id)),
            Page::Text(text) => f.write_str(text.path()),
        }
    }
}

const SAME_FOR_EVERYBODY: [&str; 5] = [HOME, LANGUAGE, MANIFEST, SITEMAP, ROBOTS];
const ITEMS: &str = "/items/";
const CAPTCHAS: &str = "/captcha/";
const CALLS: &str = "/api/";
const PURCHASES: &str = "/seckill/";
const OF_STAFF: [&str; 2] = ["/admin/", "/api/admin/"];

/// Whether the answer is the same for every caller, also if there is no such page.
pub fn is_same_for_everybody(path: &str) -> bool {
    SAME_FOR_EVERYBODY.contains(&path)
        || path.starts_with(ITEMS)
        || path.starts_with(CAPTCHAS)
        || TextPage::at(path).is_some()
}

/// Whether this is a program's call, not a person's page.
pub fn is_call(path: &str) -> bool {
    path.starts_with(CALLS) || path.starts_with(PURCHASES)
}

/// Whether the address is for staff only.
pub fn is_of_staff(path: &str) -> bool {
    path == ADMIN || OF_STAFF.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    const ID: &str = "0192aaaa-bbbb-7ccc-8ddd-eeeeffff0000";

    #[test]
    fn a_page_has_one_spelling() {
        assert_eq!(Page::parse("/"), Some(Page::Home));
        let path = format!("/items/{ID}");
        let page = Page::parse(&path).unwrap();
        assert_eq!(page, Page::Item(ID.parse().unwrap()));
        assert_eq!(page.to_string(), path);
        for other in [
            ID.to_uppercase(),
            ID.replace('-', ""),
            format!("{{{ID}}}"),
            "x".into(),
            String::new(),
        ] {
            assert_eq!(Page::parse(&format!("/items/{other}")), None, "{other}");
        }
        assert_eq!(Page::parse("/orders"), None);
        for text in TextPage::ALL {
            let page = Page::Text(text);
            assert_eq!(Page::parse(text.path()), Some(page));
            let with_slash = format!("{}/", text.path());
            assert_eq!(Page::parse(&with_slash), None);
            assert_eq!(Page::of_other_spelling(&with_slash), Some(page));
            assert!(is_same_for_everybody(text.path()));
        }
    }

    #[test]
    fn only_personal_pages_depend_on_the_visitor() {
        let item = format!("/items/{ID}");
        for path in [
            "/",
            item.as_str(),
            "/items/x",
            "/captcha/1.png",
            "/language",
        ] {
            assert!(is_same_for_everybody(path), "{path}");
        }
        for path in ["/orders", "/api/me", "/login", "/nowhere", "/seckill/0a"] {
            assert!(!is_same_for_everybody(path), "{path}");
        }
        assert!(is_call("/api/me") && is_call("/seckill/0a"));
        assert!(!is_call("/") && !is_call("/orders"));
        assert!(is_of_staff("/admin") && is_of_staff("/admin/screen"));
        assert!(is_of_staff("/admin/rounds") && is_of_staff("/api/admin/rounds"));
        assert!(!is_of_staff("/api/orders") && !is_of_staff("/administer"));
    }

    #[test]
    fn links_are_the_addresses_of_the_contract() {
        let item_id = ID.parse().unwrap();
        assert_eq!(
            routes::login_to_buy(item_id),
            format!("/login?next=/items/{ID}%23buy")
        );
        let next = routes::in_query("/items/7#buy");
        assert_eq!(routes::login(&next), "/login?next=/items/7%23buy");
        assert_eq!(routes::register(&next), "/register?next=/items/7%23buy");
        assert_eq!(routes::order(ID.parse().unwrap()), format!("/orders/{ID}"));
        assert_eq!(routes::purchase("0a1b"), "/seckill/0a1b");
        let picture = routes::captcha_picture(ID.parse().unwrap());
        assert_eq!(picture, format!("/captcha/{ID}.png"));
    }
}
