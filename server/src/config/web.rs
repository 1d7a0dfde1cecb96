//! Pages and connections.

use std::{path::PathBuf, time::Duration};

use ipnet::IpNet;

use super::{
    forms::{Folder, Networks, Or, Origin, SWITCH, Seconds, whole},
    section::section,
};

section! {
    /// Pages, and how visitors reach them.
    #[derive(Clone, Debug)]
    Web, "Pages and visitors" {
        site_root: PathBuf = "SITE_ROOT", "target/site", Folder,
            "The built assets.";
        tls: bool = "TLS", "off", SWITCH,
            "On where TLS ends in front of the server: cookies are `Secure`, browsers stay with https.";
        shop_url: Option<String> = "SHOP_URL", "", Or(Origin("https://shop.example"), ""),
            "Where shoppers reach the shop. Previews of links, search engines and the sitemap are told; buyers come back there from a payment provider's page. Stripe needs it.";
        trusted_proxies: Vec<IpNet> = "TRUSTED_PROXIES", "", Networks,
            "Proxies whose `X-Forwarded-For` is believed.";
        page_life: Duration = "PAGE_LIFE_S", "60", Seconds(0, 86_400),
            "A cached page is kept this long at most.";
        texts_dir: Option<PathBuf> = "TEXTS_DIR", "", Or(Folder, ""),
            "The shop's own texts (terms, privacy, returns, how it is reached, help), see `docs/pages.md`; placeholders without it.";
        utc_offset_min: i32 = "UTC_OFFSET_MIN", "480", whole("minutes", -720, 840),
            "Pages show times this many minutes east of UTC.";
    }
}
