//! The page of one item.

use super::messages;
use crate::wire::Language;

messages! {
    all_rounds: "全部场次", "All rounds";
    rules: "规则", "The rules";
    about: "关于商品", "About it";
    whole_title: "展开标题", "Whole title";
    short_title: "收起标题", "Shorter title";
    without_script: "购买需要在浏览器中启用 JavaScript。价格、时间和规则在这里都能看到。",
        "Buying needs JavaScript in your browser. Price, time and rules are all on this page.";
}

/// The page's text in previews: the time of its sale, and a description.
pub fn preview(language: Language, on_sale: &str, description: &str) -> String {
    match language {
        Language::Zh => format!("抢购时间：{on_sale}。{description}"),
        Language::En => format!("On sale {on_sale}. {description}"),
    }
}

/// Rule one: how many.
pub fn limit(language: Language, per_buyer: u32) -> String {
    match (language, per_buyer) {
        (Language::Zh, _) => format!("每人限购 {per_buyer} 件"),
        (Language::En, 1) => "One per person".to_owned(),
        (Language::En, _) => format!("{per_buyer} per person"),
    }
}

/// Rule two: how long there is to pay.
pub fn pay_within(language: Language, pay_window_s: u32) -> String {
    let (minutes, seconds) = (pay_window_s / 60, pay_window_s % 60);
    match (language, minutes, seconds) {
        (Language::Zh, 1.., 0) => format!("抢到后 {minutes} 分钟内付款，逾期放回"),
        (Language::Zh, ..) => format!("抢到后 {pay_window_s} 秒内付款，逾期放回"),
        (Language::En, 1, 0) => "Pay within one minute, or it goes back on sale".to_owned(),
        (Language::En, 2.., 0) => {
            format!("Pay within {minutes} minutes, or it goes back on sale")
        }
        (Language::En, ..) => {
            format!("Pay within {pay_window_s} seconds, or it goes back on sale")
        }
    }
}

/// The first line about a stopped round; the operator's words follow.
pub fn stopped(language: Language, words: &str) -> String {
    match language {
        Language::Zh => format!("本场已暂停：{words}"),
        Language::En => format!("This round is paused: {words}"),
    }
}
