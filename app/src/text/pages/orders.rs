//! Orders: the list and the page of one.

use super::messages;
use crate::wire::{CloseReason, Language, OrderEvent, OrderState, Refund, Rejection};

messages! {
    title: "我的订单", "My orders";
    newest_first: "最新的在前", "Newest first";
    reservations: "排队与结果", "Queue and results";
    queued_text: "已为您留了一件，正在生成订单。没有扣款。",
        "One is held for you while the order is made. Nothing was charged.";
    reservations_unknown: "排队情况暂时查不到，您的位置不受影响。请稍后刷新本页。",
        "We cannot see at the moment what you have in the queue. Your place is not affected. Please reload this page in a while.";
    failed: "没有抢到", "Not this time";
    unnamed_item: "商品", "The item";
    empty_title: "还没有订单", "No orders yet";
    empty_text: "抢到的商品会出现在这里，并写明付款还剩多少时间。",
        "What you win stands here, with the time that is left to pay for it.";
    empty_action: "看看场次", "See the rounds";
    number: "订单号", "Order number";
    number_hint: "联系我们时请报这个号码。", "Quote this number when you write to us.";
    amount: "金额", "Amount";
    made: "下单时间", "Made";
    item: "商品", "Item";
    status: "状态", "State";
    what_happened: "经过", "What happened";
    see_item: "查看商品", "See the item";
    nothing_to_do: "无需再操作", "Nothing left to do";
    back_on_sale: "商品已放回", "The unit went back on sale";
    pay: "去付款", "Pay now";
    cannot_pay_now: "店铺暂时只能浏览，现在不能付款。请稍后再试。",
        "Nothing can be changed in the shop for the moment, and nothing was paid. Please try again later.";
    pay_again: "继续付款", "Continue to the payment";
    paying_text: "付过了？结果一到，本页会自动更新。不必重复付款。",
        "Paid already? This page follows by itself as soon as the result is there. Do not pay twice.";
    over_text: "付款时间已过，正在确认是否收到你的付款。",
        "The time to pay is over. We are asking whether your payment came.";
    refunding_text: "商家正在退款，款项将原路退回。", "The shop is sending your money back, the way it came.";
    refunded_text: "款项已原路退回。", "Your money went back the way it came.";
    thanks: "谢谢，它是你的了。", "Thank you. It is yours.";
    to_be_shipped: "等待发货", "Waiting to be shipped";
    on_its_way: "已发货，收到后请确认", "On its way to you";
    closed_unpaid_text: "付款时间已过，订单自动关闭。没有扣款，商品已放回，有余量时可以再次抢购。",
        "The time to pay ran out, so the order was closed. No money was taken. The unit went back on sale; while there are any, you may try again.";
    cancelled_text: "订单已按你的要求取消。没有扣款，商品已放回，有余量时可以再次抢购。",
        "The order was cancelled as you asked. No money was taken. The unit went back on sale; while there are any, you may try again.";
    closed_unpaid_refund: "付款时间已过，订单自动关闭，商品已放回。",
        "The time to pay ran out, so the order was closed, and the unit went back on sale.";
    cancelled_refund: "订单已按你的要求取消，商品已放回。",
        "The order was cancelled as you asked, and the unit went back on sale.";
}

/// In the queue, with the buyer's number.
pub fn queued(language: Language, position: Option<u32>) -> String {
    match (language, position) {
        (Language::Zh, Some(position)) => format!("排队中 · 第 {position} 位"),
        (Language::Zh, None) => "排队中".to_owned(),
        (Language::En, Some(position)) => format!("In the queue · No. {position}"),
        (Language::En, None) => "In the queue".to_owned(),
    }
}

/// Why there is no order.
pub fn failed_text(language: Language, reason: Option<Rejection>) -> &'static str {
    match (language, reason) {
        (Language::Zh, Some(Rejection::SoldOut)) => "轮到您时商品已经售完。没有扣款。",
        (Language::Zh, Some(Rejection::AlreadyReserved)) => {
            "这件商品您已有一个订单，每人限购一件。没有扣款，商品已放回。"
        }
        (Language::Zh, Some(Rejection::Ended)) => "本场已结束。没有扣款，商品已放回。",
        (Language::Zh, Some(Rejection::Stopped)) => "本场已被暂停。没有扣款，商品已放回。",
        (Language::Zh, _) => "系统未能及时生成订单。没有扣款，商品已放回。",
        (Language::En, Some(Rejection::SoldOut)) => {
            "Everything was gone when it was your turn. Nothing was charged."
        }
        (Language::En, Some(Rejection::AlreadyReserved)) => {
            "You have an order for this item already; it is one per person. Nothing was charged, and the unit went back on sale."
        }
        (Language::En, Some(Rejection::Ended)) => {
            "The round was over. Nothing was charged, and the unit went back on sale."
        }
        (Language::En, Some(Rejection::Stopped)) => {
            "The round was stopped. Nothing was charged, and the unit went back on sale."
        }
        (Language::En, _) => {
            "The order was not made in time. Nothing was charged, and the unit went back on sale."
        }
    }
}

pub fn state(language: Language, state: OrderState, reason: Option<CloseReason>) -> &'static str {
    match (language, state, reason) {
        (Language::Zh, OrderState::PendingPayment, _) => "待付款",
        (Language::Zh, OrderState::Paid, _) => "已付款",
        (Language::Zh, OrderState::Shipped, _) => "已发货",
        (Language::Zh, OrderState::Received, _) => "已收货",
        (Language::Zh, OrderState::Refunding, _) => "退款中",
        (Language::Zh, OrderState::Refunded, _) => "已退款",
        (Language::Zh, OrderState::Closed, Some(CloseReason::Cancelled)) => "已取消",
        (Language::Zh, OrderState::Closed, _) => "超时关闭",
        (Language::En, OrderState::PendingPayment, _) => "Waiting for payment",
        (Language::En, OrderState::Paid, _) => "Paid",
        (Language::En, OrderState::Shipped, _) => "Shipped",
        (Language::En, OrderState::Received, _) => "Received",
        (Language::En, OrderState::Refunding, _) => "Being refunded",
        (Language::En, OrderState::Refunded, _) => "Refunded",
        (Language::En, OrderState::Closed, Some(CloseReason::Cancelled)) => "Cancelled",
        (Language::En, OrderState::Closed, _) => "Closed, not paid in time",
    }
}

/// An event of an order.
pub fn event(language: Language, event: OrderEvent) -> &'static str {
    match (language, event) {
        (Language::Zh, OrderEvent::Reserved) => "抢到一件，已为你保留",
        (Language::Zh, OrderEvent::Ordered) => "订单生成",
        (Language::Zh, OrderEvent::Paid) => "付款完成",
        (Language::Zh, OrderEvent::ClosedUnpaid) => "付款超时，订单关闭",
        (Language::Zh, OrderEvent::Cancelled) => "你取消了订单",
        (Language::Zh, OrderEvent::RefundDue) => "收到一笔不能用于此订单的付款，将退还给你",
        (Language::Zh, OrderEvent::Shipped) => "商家已发货",
        (Language::Zh, OrderEvent::Received) => "你确认收到了",
        (Language::Zh, OrderEvent::Refunding) => "商家发起退款",
        (Language::Zh, OrderEvent::Refunded) => "退款完成",
        (Language::En, OrderEvent::Reserved) => "A unit was held for you",
        (Language::En, OrderEvent::Ordered) => "The order was made",
        (Language::En, OrderEvent::Paid) => "Paid",
        (Language::En, OrderEvent::ClosedUnpaid) => "Closed: the time to pay ran out",
        (Language::En, OrderEvent::Cancelled) => "You cancelled",
        (Language::En, OrderEvent::RefundDue) => {
            "Money came that cannot pay this order; it goes back to you"
        }
        (Language::En, OrderEvent::Shipped) => "The shop sent it",
        (Language::En, OrderEvent::Received) => "You confirmed that it came",
        (Language::En, OrderEvent::Refunding) => "The shop began a refund",
        (Language::En, OrderEvent::Refunded) => "The money went back",
    }
}

/// The deadline until which an unpaid order is held.
pub fn held_until(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("商品为你保留到{when}"),
        Language::En => format!("Held for you until {when}"),
    }
}

/// The state of money that could not pay the order.
pub fn refund_text(language: Language, refund: &Refund) -> String {
    let amount = refund.amount;
    match (language, refund.done) {
        (Language::Zh, false) => {
            format!("你的付款 {amount} 未能用于此订单，正在原路退回，无需操作。")
        }
        (Language::Zh, true) => format!("未能用于此订单的付款 {amount} 已原路退回。"),
        (Language::En, false) => format!(
            "Your payment of {amount} could not pay this order. It is on its way back to you; there is nothing to do."
        ),
        (Language::En, true) => {
            format!("Your payment of {amount}, which could not pay this order, went back to you.")
        }
    }
}

/// The time from which the printed facts may be outdated.
pub fn printed(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("以上为{when}的状态。"),
        Language::En => format!("As it stood on {when}."),
    }
}

/// The title of an order's page.
pub fn order_title(language: Language, number: &str) -> String {
    match language {
        Language::Zh => format!("订单 {number}"),
        Language::En => format!("Order {number}"),
    }
}
