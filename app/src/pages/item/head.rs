//! The head of an item's page: the offer for search engines and previews.

use leptos::prelude::*;
use leptos_meta::{Script, Title};
use serde_json::{Value, json};

use crate::{
    components::{Calendar, PageHead, Preview},
    public_site::{PublicSite, SharedPicture},
    routes::{Page, in_language},
    text::pages::item as say,
    wire::{ItemDetail, Language, Money, Phase},
};

/// Title, preview, and the offer as data.
#[component]
pub fn ItemHead<'a>(
    item: &'a ItemDetail,
    calendar: Calendar,
    language: Language,
) -> impl IntoView + use<> {
    let title = item.item.title.get(language).to_owned();
    let site = PublicSite::of_page();
    let picture = site.as_ref().map_or_else(SharedPicture::default, |site| {
        site.shared_picture(&item.item.picture_url)
    });
    let on_sale = calendar.span(item.starts_at_ms, item.ends_at_ms);
    let description = item.description.get(language);
    let preview = Preview {
        page: Page::Item(item.item.item_id),
        title: format!("{} {title}", item.item.sale_price),
        description: say::preview(language, &on_sale, description),
        kind: "product",
        picture: picture.clone(),
    };
    let data = in_script(&offer(item, calendar, site, &picture, language));
    view! {
        <Title text=title />
        <PageHead preview language />
        <Script type_="application/ld+json">{data}</Script>
    }
    .into_any()
}

/// The product and its offer, in schema.org's vocabulary.
fn offer(
    item: &ItemDetail,
    calendar: Calendar,
    site: Option<PublicSite>,
    picture: &SharedPicture,
    language: Language,
) -> Value {
    let address = |path: &str| site.as_ref().and_then(|site| site.absolute(path));
    let mut offer = json!({
        "@type": "Offer",
        "priceCurrency": "CNY",
        "price": decimal(item.item.sale_price),
        "availability": availability(item, calendar.now_ms()),
        "validFrom": calendar.machine(item.starts_at_ms),
        "validThrough": calendar.machine(item.ends_at_ms),
    });
    let mut product = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": item.item.title.get(language),
        "description": item.description.get(language),
    });
    if let Some(url) = address(&in_language(Page::Item(item.item.item_id), language)) {
        offer["url"] = url.into();
    }
    if let Some(image) = address(&picture.path) {
        product["image"] = image.into();
    }
    product["offers"] = offer;
    product
}

/// An amount for data: yuan, always with two decimals.
fn decimal(money: Money) -> String {
    format!("{}.{:02}", money.0 / 100, money.0 % 100)
}

/// Pre-order before the start. Units may come back until the end, so `SoldOut` would be wrong.
fn availability(item: &ItemDetail, now_ms: i64) -> &'static str {
    match item.phase_at(now_ms) {
        Phase::Upcoming => "https://schema.org/PreOrder",
        Phase::Running if item.item.sellable > 0 => "https://schema.org/InStock",
        Phase::Running | Phase::Stopped | Phase::Ended => "https://schema.org/OutOfStock",
    }
}

/// Data for a script element, which ends at the first `</script`.
fn in_script(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_never_ends_its_script_element() {
        let hostile = json!({ "name": "</script><script>alert(1)<!--" });
        let written = in_script(&hostile);
        assert!(!written.contains('<'), "{written}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), hostile);
    }

    #[test]
    fn prices_have_two_decimals() {
        let prices = [0, 5, 9_900, 123_456].map(|fen| decimal(Money(fen)));
        assert_eq!(prices, ["0.00", "0.05", "99.00", "1234.56"]);
    }
}
