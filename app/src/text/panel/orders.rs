//! Texts around an order and the account: deadline, cancelling, header, stock.

use super::messages;
use crate::wire::{ApiError, Language};

/// Before the time left to pay; or after it.
pub fn pay_within(language: Language, is_over: bool) -> &'static str {
    match (language, is_over) {
        (Language::Zh, false) => "请在此时间内付款",
        (Language::Zh, true) => "付款时间已到，正在查询订单",
        (Language::En, false) => "Time left to pay",
        (Language::En, true) => "The time to pay is over; checking the order",
    }
}

/// On a page with a queued reservation: whether it finds the result itself.
pub fn result_comes(language: Language, by_itself: bool) -> &'static str {
    match (language, by_itself) {
        (Language::Zh, true) => "有结果时本页会自动更新。",
        (Language::Zh, false) => "刷新本页可查看结果。",
        (Language::En, true) => "This page shows the result by itself.",
        (Language::En, false) => "Reload this page to see the result.",
    }
}

/// Cancelling failed.
pub fn cancel_failed(language: Language, why: Option<&ApiError>) -> &'static str {
    match (language, why) {
        (Language::Zh, Some(ApiError::RateLimited { .. })) => "操作太频繁，请稍等几秒再试。",
        (Language::Zh, Some(ApiError::ReadingOnly)) => "店铺暂时只能浏览，订单还在。请稍后再试。",
        (Language::Zh, _) => "没有取消成功，订单还在。请再试一次。",
        (Language::En, Some(ApiError::RateLimited { .. })) => {
            "That was too often. Please wait a few seconds and try again."
        }
        (Language::En, Some(ApiError::ReadingOnly)) => {
            "Nothing can be changed in the shop for the moment. The order is still there; please try again later."
        }
        (Language::En, _) => "That did not work, and the order is still there. Please try again.",
    }
}

/// Leads to the messages, with the number of unread ones.
pub fn inbox(language: Language, unread: u32) -> String {
    let name = match language {
        Language::Zh => "消息",
        Language::En => "Inbox",
    };
    match unread {
        0 => name.to_owned(),
        unread => format!("{name} {unread}"),
    }
}

/// The same for screen readers.
pub fn inbox_label(language: Language, unread: u32) -> String {
    match (language, unread) {
        (Language::Zh, 0) => "消息".to_owned(),
        (Language::Zh, unread) => format!("消息，{unread} 条未读"),
        (Language::En, 0) => "Inbox".to_owned(),
        (Language::En, unread) => format!("Inbox, {unread} unread"),
    }
}

messages! {
    /// The button.
    cancel_order: "取消订单", "Cancel order";
    /// Asks for confirmation.
    cancel_question: "要取消这个订单吗？商品会立即让给别人。",
        "Cancel this order? The unit goes to somebody else at once.";
    /// Dismisses the confirmation.
    cancel_keep: "保留订单", "Keep it";
    /// Confirms.
    cancel_yes: "确认取消", "Yes, cancel";

    /// Names the part of the header.
    account_label: "账号", "Account";
    /// Leads to the orders.
    my_orders: "我的订单", "My orders";
    /// Leads to the log-in form.
    sign_in: "登录", "Sign in";
    /// Ends the log-in.
    sign_out: "退出", "Sign out";

    /// Names the bar.
    left_label: "剩余库存", "Stock left";
}
