//! The texts of the server-rendered pages: one function for each message, each with both languages
//! side by side. Not here: the islands' texts (`panel`), and the shop's own content (titles,
//! descriptions), which comes from the catalogue.

pub mod account;
pub mod activity_log;
pub mod admin;
pub mod customers;
pub mod failure;
pub mod home;
pub mod inbox;
pub mod item;
pub mod new_round;
pub mod now;
pub mod orders;
pub mod preview;
pub mod products;
pub mod report;
pub mod second_factor;
pub mod ship_list;
pub mod shipping;
pub mod shop_text;
pub mod switches;
pub mod system;
pub mod time;
pub mod undelivered;

/// Messages without parts: `name: "中文", "English";` becomes a function of the language.
macro_rules! messages {
    ($($name:ident: $zh:literal, $en:literal;)+) => {$(
        #[doc = concat!($zh, " · ", $en)]
        pub fn $name(language: $crate::wire::Language) -> &'static str {
            match language {
                $crate::wire::Language::Zh => $zh,
                $crate::wire::Language::En => $en,
            }
        }
    )+};
}
use messages;

messages! {
    shop_name: "准点", "On the Dot";
    skip_to_content: "跳到正文", "Skip to the content";
    promise: "倒计时以服务器时间为准，卖出的每一件都有货。",
        "The countdown runs on our clock, and every unit we sell is in stock.";
    to_the_start: "回到首页", "To the start page";
    home_link: "准点，首页", "On the Dot, start page";
    own_name: "中文", "English";
    switch_language: "切换到中文", "Switch to English";
}
