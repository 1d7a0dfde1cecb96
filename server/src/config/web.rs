//! Pages and connections.

use std::{path::PathBuf, time::Duration};

use ipnet::IpNet;

use super::{
    forms::{Folder, Form as _, Networks, Or, Origin, SWITCH, Seconds, whole},
    section::{Setting, section},
};

/// The form of the shop's own address.
const SHOP: Origin = Origin("https://shop.example");

section! {
    /// Pages, and how visitors reach them.
    #[derive(Clone, Debug)]
    Web, "Pages and visitors" {
        site_root: PathBuf = "SITE_ROOT", "target/site", Folder,
            "The built assets.";
        tls: bool = "TLS", "off", SWITCH,
            "On if TLS ends in front of the server: cookies are `Secure`, browsers stay with https.";
        shop_url: Option<String> = "SHOP_URL", "", Or(SHOP, ""),
            "The shop's public address, given to previews of links, search engines and the sitemap; buyers return to it from a payment provider's page, and Alipay sends its notices there. Needed by `stripe` and `alipay`.";
        trusted_proxies: Vec<IpNet> = "TRUSTED_PROXIES", "", Networks,
            "Proxies whose `X-Forwarded-For` is believed.";
        page_life: Duration = "PAGE_LIFE_S", "60", Seconds(0, 86_400),
            "A cached page is kept this long at most.";
        texts_dir: Option<PathBuf> = "TEXTS_DIR", "", Or(Folder, ""),
            "The shop's own texts (terms, privacy, returns, contact, help), see `docs/pages.md`; placeholders without it.";
        utc_offset_min: i32 = "UTC_OFFSET_MIN", "480", whole("minutes", -720, 840),
            "Pages show times this many minutes east of UTC.";
    }
}

impl Web {
    /// The shop's address for a payment provider that needs it: it may not be empty then.
    pub(super) fn needed_shop_url() -> Setting {
        Setting {
            form: SHOP.describe(),
            ..Self::shop_url().describe()
        }
    }
}
