//! The buy panel and its captcha.

use super::{duration, messages};
use crate::wire::{CloseReason, Language, Money, Rejection};

/// The big button.
pub fn buy(language: Language, price: Money) -> String {
    match language {
        Language::Zh => format!("{price} 立即抢购"),
        Language::En => format!("Buy for {price}"),
    }
}

/// Facts that hold for everybody at any time.
pub fn rules(language: Language, total: u32, pay_window_s: u32) -> String {
    let window = duration(language, pay_window_s);
    match language {
        Language::Zh => format!("本场共 {total} 件，每人限购一件，下单后请在 {window}内付款。"),
        Language::En => {
            let units = if total == 1 { "unit" } else { "units" };
            format!("{total} {units} in this round, one per person, to be paid within {window}.")
        }
    }
}

/// Before the start, above the clock.
pub fn opens_in(language: Language, warm: bool) -> &'static str {
    match (language, warm) {
        (Language::Zh, false) => "距离开抢还有",
        (Language::Zh, true) => "马上开抢",
        (Language::En, false) => "Opens in",
        (Language::En, true) => "Opens in a moment",
    }
}

/// Signed in before captchas are given, which is from `opens_before_s` before the start.
pub fn you_are_signed_in(language: Language, opens_before_s: u32) -> String {
    let before = duration(language, opens_before_s);
    match language {
        Language::Zh => format!("您已登录。开抢前 {before}可以提前回答验证问题。"),
        Language::En => format!(
            "You are signed in. {before} before the start you can answer the question in advance."
        ),
    }
}

/// The answer has expired; above the clock that counts to the end or to the start.
pub fn expired_answer(language: Language, open: bool) -> &'static str {
    match (language, open) {
        (Language::Zh, false) => "验证已过期，距离开抢还有",
        (Language::Zh, true) => "验证已过期，距离结束还有",
        (Language::En, false) => "Your answer has expired. Opens in",
        (Language::En, true) => "Your answer has expired. Ends in",
    }
}

/// Queued, with the number if known.
pub fn queued(language: Language, position: Option<u32>) -> String {
    match (language, position) {
        (Language::Zh, Some(position)) => format!("正在排队，您是第 {position} 位"),
        (Language::Zh, None) => "正在排队".to_owned(),
        (Language::En, Some(position)) => format!("In the queue: you are number {position}"),
        (Language::En, None) => "In the queue".to_owned(),
    }
}

/// The number, large.
pub fn position(language: Language, position: u32) -> String {
    match language {
        Language::Zh => format!("第 {position} 位"),
        Language::En => format!("No. {position}"),
    }
}

/// There is an order.
pub fn won(language: Language, number: Option<&str>) -> String {
    match (language, number) {
        (Language::Zh, Some(number)) => format!("抢到了！订单号 {number}"),
        (Language::Zh, None) => "抢到了！".to_owned(),
        (Language::En, Some(number)) => format!("You got one! Order {number}"),
        (Language::En, None) => "You got one!".to_owned(),
    }
}

/// What to do next.
pub fn won_hint(language: Language, price: Money) -> String {
    match language {
        Language::Zh => format!("请在倒计时结束前支付 {price}，逾期订单会自动关闭。"),
        Language::En => {
            format!("Please pay {price} before the time is up; after that the order is closed.")
        }
    }
}

pub fn paid(language: Language, number: &str) -> String {
    match language {
        Language::Zh => format!("订单 {number} 已付款，谢谢！"),
        Language::En => format!("Order {number} is paid. Thank you!"),
    }
}

/// The order was closed.
pub fn expired(language: Language, reason: Option<CloseReason>) -> &'static str {
    match (language, reason) {
        (Language::Zh, Some(CloseReason::Cancelled)) => "您取消了订单",
        (Language::Zh, _) => "订单未在规定时间内付款，已关闭",
        (Language::En, Some(CloseReason::Cancelled)) => "You cancelled the order",
        (Language::En, _) => "The order was not paid in time and is closed",
    }
}

/// The consequence.
pub fn expired_hint(language: Language, again: bool) -> &'static str {
    match (language, again) {
        (Language::Zh, true) => "没有扣款。现在还有货，可以再抢一次。",
        (Language::Zh, false) => "没有扣款，商品已让给其他人。",
        (Language::En, true) => "Nothing was charged. There are units left: you may try again.",
        (Language::En, false) => "Nothing was charged, and the unit went to others.",
    }
}

/// Why a reservation failed.
pub fn failed_hint(language: Language, reason: Option<Rejection>) -> &'static str {
    match (language, reason) {
        (Language::Zh, Some(Rejection::SoldOut)) => "轮到您时商品已经售完。没有扣款。",
        (Language::Zh, Some(Rejection::AlreadyReserved)) => {
            "您已经有一个订单了，每人限购一件。请看“我的订单”。"
        }
        (Language::Zh, Some(Rejection::Ended)) => "本场已结束。没有扣款。",
        (Language::Zh, Some(Rejection::Stopped)) => "本场已被暂停。没有扣款。",
        (Language::Zh, None) => {
            "系统故障，这次抢购没有保存下来，也没有生成订单。没有扣款，请再抢一次。"
        }
        (Language::Zh, _) => "订单没有生成。没有扣款，商品已退回。",
        (Language::En, Some(Rejection::SoldOut)) => {
            "Everything was gone when it was your turn. Nothing was charged."
        }
        (Language::En, Some(Rejection::AlreadyReserved)) => {
            "You have an order already; it is one per person. Please see “My orders”."
        }
        (Language::En, Some(Rejection::Ended)) => "The round is over. Nothing was charged.",
        (Language::En, Some(Rejection::Stopped)) => "The round was stopped. Nothing was charged.",
        (Language::En, None) => {
            "Something failed on our side: your purchase was lost before it became an order. Nothing was charged. Please try again."
        }
        (Language::En, _) => {
            "The order could not be made. Nothing was charged, and the unit went back on sale."
        }
    }
}

messages! {
    /// Names the panel.
    panel_label: "抢购", "Buy";
    /// Until the state is known.
    loading: "限时抢购", "Flash sale";
    /// Leads to the log-in form, which is the panel's main action.
    sign_in_to_be_ready: "请先登录，开抢时就不用等了。",
        "Sign in now, so that you are ready.";
    /// Signed out and on sale.
    sign_in_to_buy: "登录后即可抢购。", "Sign in to buy.";
    /// Captchas are given, the sale is not open yet.
    answer_early_hint: "现在回答验证问题，开抢时一键下单。",
        "Answer the question now, and one press is enough at the start.";
    /// The button for it.
    answer_early: "提前验证", "Answer now";
    /// Ready to buy.
    you_are_ready: "您已准备好，距离开抢还有", "You are ready. Opens in";
    /// Before the start, signed in and answered: what comes next.
    ready_before_hint: "时间一到，按钮就会亮起。", "The button comes alive at the start.";
    /// On sale.
    open: "正在抢购，距离结束还有", "On sale now, ends in";
    /// On sale, captcha still to answer.
    open_hint: "回答一个小问题后即可下单。", "One small question, then it is yours to win.";
    /// The answer has expired.
    answer_again: "请再答一次验证问题。", "Please answer the question once more.";
    /// On sale, ready to buy.
    ready_hint: "验证已通过，点一下就下单。", "Your answer is in: one press buys.";
    /// Under way.
    asking: "正在下单", "Placing your order";
    /// Under way.
    asking_hint: "请稍候，不用重复点击。", "One moment. No need to press again.";
    /// The page may be left.
    queued_hint: "几秒内就有结果。离开本页也没关系，结果会出现在“我的订单”。",
        "Decided within seconds. You can leave this page: the result will be in your orders.";
    /// No recent answer.
    queued_shaky: "网络不太稳定，位置为您保留着，正在继续查询。",
        "The connection is shaky. Your place is kept, and we keep asking.";
    /// Polling has ended.
    given_up: "比平时久一些，结果确定后会出现在“我的订单”。请稍后查看。",
        "This takes longer than usual. The result will be in your orders; please look there later.";
    /// Leads to the orders.
    to_orders: "我的订单", "My orders";
    /// Leads to the order.
    to_order: "查看订单", "To the order";
    /// Leads to the list.
    to_list: "看看其他场次", "See the other rounds";
    /// It is paid, large.
    paid_big: "已付款", "Paid";
    again: "再抢一次", "Try again";
    /// The reservation failed.
    failed: "这次没有抢到", "Not this time";
    /// May not buy.
    banned: "此账号不能参与抢购", "This account cannot buy";
    /// What to do.
    banned_hint: "如有疑问，请联系我们。", "Please contact us if you think this is a mistake.";
    /// Leads to the contact page.
    to_contact: "联系我们", "Contact us";
    /// Our fault.
    refused: "没有成功，这是我们的问题", "That did not work, and it is our fault";
    /// What to do.
    refused_hint: "没有扣款。请刷新页面后再试。", "Nothing was charged. Please reload the page and try again.";
    /// Nothing left.
    sold_out: "暂时抢光了", "Sold out for now";
    /// Units come back.
    sold_out_hint: "有人未付款时商品会退回。留在本页，一有货就会重新开放。",
        "When somebody does not pay, units come back. Stay here: the button returns when they do.";
    /// Over.
    ended: "本场已结束", "This round is over";
    /// Over.
    ended_hint: "感谢您的关注，下一场见。", "Thank you for coming. See you in the next one.";
    /// Stopped by hand.
    stopped: "本场已暂停", "This round is paused";
    /// Stopped without words.
    stopped_hint: "恢复后本页会自动更新。", "This page continues by itself when the round does.";
    busy: "人太多了，马上自动重试", "Very busy; trying again by itself";
    /// Busy.
    busy_hint: "请不要离开，您的请求会以同一身份重新发送，不会重复下单。",
        "Please stay. The same request is sent again, and never counts twice.";
    /// Called too often.
    too_often: "操作有点快，稍后自动重试", "A little too fast; trying again by itself";
    /// A switch has closed purchases.
    closed: "店铺暂停接受抢购，恢复后自动重试", "The shop takes no purchases for the moment; trying again by itself";
    /// A switch has closed purchases.
    closed_hint: "已排队和已下单的不受影响。可以留在本页等待。",
        "What is in the queue or ordered is safe. You can wait on this page.";
    /// No connection.
    offline: "网络连接中断，正在自动重试", "No connection; trying again by itself";
    /// No connection.
    offline_hint: "请检查网络。不会重复下单。", "Please check your network. Nothing is bought twice.";
    /// No answer to the request for the first facts.
    silent: "还没有收到回应，正在自动重试", "No answer yet; trying again by itself";
    /// Still waiting for the first facts.
    no_answer_yet: "还没有收到回应，请稍候", "No answer yet; one moment, please";
    /// While the first facts are missing.
    unread_hint: "一收到回应，倒计时和按钮就会出现。",
        "The countdown and the button appear as soon as an answer comes.";
    /// While the first facts are missing, and there is no connection.
    unread_offline_hint: "请检查网络。一连上，倒计时和按钮就会出现。",
        "Please check your network. The countdown and the button appear once it is back.";
    /// The program of the page did not arrive, or did not start.
    not_started: "连接失败，抢购功能没有启动。", "The connection failed, and the button did not start.";
    /// The advice for that.
    reload_page: "请刷新页面", "Please reload the page";
    /// The browser cannot run it.
    no_wasm: "此浏览器不支持抢购所需的 WebAssembly，请更新或换一个浏览器。",
        "This browser lacks WebAssembly, which buying needs. Please update it or use another one.";
    /// Retries at once.
    retry_now: "立即重试", "Retry now";

    /// Above the captcha.
    captcha_title: "一个小问题", "One small question";
    /// For visitors who cannot see the picture.
    captcha_alt: "验证问题的图片，可改用文字题目", "The question as a picture; it is also there in words";
    /// Until the captcha is here.
    captcha_loading: "正在取题……", "Fetching the question…";
    /// Another captcha.
    captcha_new: "换一张", "New picture";
    /// The captcha in words.
    captcha_in_words: "文字题目", "In words";
    /// Closes the dialog.
    captcha_close: "关闭", "Close";
    /// Sends the answer.
    captcha_submit: "确定", "OK";
    /// Wrong answer.
    captcha_wrong: "答案不对，请回答新的问题。", "That was not right. Here is another question.";
    /// The path expired.
    captcha_too_old: "上次的回答已过期，请再答一次。", "Your answer was too long ago. Once more, please.";
    captcha_no_words: "这道题暂时没有文字版，请换一张。", "No words for this picture now. Please take a new one.";
    /// Retried by itself.
    captcha_waiting: "人太多了，正在自动重试……", "Very busy; trying again by itself…";
}
