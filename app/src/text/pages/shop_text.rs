//! Texts of links to the shop's own texts, and of their previews.

use super::messages;
use crate::{routes::TextPage, wire::Language};

messages! {
    about_the_shop: "关于本店", "About this shop";
    write_to_us: "联系我们", "Contact us";
}

/// A link to a text.
pub fn name(language: Language, page: TextPage) -> &'static str {
    match (language, page) {
        (Language::Zh, TextPage::Help) => "帮助",
        (Language::Zh, TextPage::Contact) => "联系我们",
        (Language::Zh, TextPage::Terms) => "服务条款",
        (Language::Zh, TextPage::Privacy) => "隐私",
        (Language::Zh, TextPage::Returns) => "退换货",
        (Language::En, TextPage::Help) => "Help",
        (Language::En, TextPage::Contact) => "Contact",
        (Language::En, TextPage::Terms) => "Terms",
        (Language::En, TextPage::Privacy) => "Privacy",
        (Language::En, TextPage::Returns) => "Returns",
    }
}

/// Its content, in a sentence.
pub fn description(language: Language, page: TextPage) -> &'static str {
    match (language, page) {
        (Language::Zh, TextPage::Help) => "抢购是怎样进行的，怎样保证公平，遇到问题怎么办。",
        (Language::Zh, TextPage::Contact) => "怎样联系本店。",
        (Language::Zh, TextPage::Terms) => "在本店购买所适用的条款。",
        (Language::Zh, TextPage::Privacy) => "本店保存您的哪些信息，用来做什么。",
        (Language::Zh, TextPage::Returns) => "怎样退换货，怎样退款。",
        (Language::En, TextPage::Help) => {
            "How a sale works, how it is kept fair, and what to do when something does not work."
        }
        (Language::En, TextPage::Contact) => "How to reach this shop.",
        (Language::En, TextPage::Terms) => "What holds for a purchase in this shop.",
        (Language::En, TextPage::Privacy) => "What this shop keeps of you, and what for.",
        (Language::En, TextPage::Returns) => "How goods are sent back, and how money is paid back.",
    }
}
