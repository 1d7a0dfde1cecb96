//! The messages of the shop to its buyers.

use super::messages;
use crate::wire::{Language, MessageKind};

messages! {
    title: "消息", "Messages";
    lead: "最新的在前，最多保留 200 条，过一段时间自动删除。", "Newest first. At most 200 are kept, and each for some time only.";
    new: "新", "New";
    read_all: "全部标为已读", "Mark all as read";
    empty_title: "还没有消息", "No messages yet";
    empty_text: "下单、付款、发货和退款时，会在这里告诉你。", "Orders, payments, parcels and refunds are told of here.";
    to_messages: "查看消息", "Messages from the shop";
}

pub fn text(language: Language, kind: MessageKind) -> &'static str {
    match (language, kind) {
        (Language::Zh, MessageKind::Ordered) => "抢到了！请在付款时间内完成付款。",
        (Language::Zh, MessageKind::ExpiresSoon) => "付款时间只剩不到两分钟，超时订单会自动关闭。",
        (Language::Zh, MessageKind::ClosedUnpaid) => "没有在付款时间内付款，订单已自动关闭。",
        (Language::Zh, MessageKind::Cancelled) => "订单已按你的要求取消。",
        (Language::Zh, MessageKind::Paid) => "付款完成，等待发货。请确认收货信息已填写。",
        (Language::Zh, MessageKind::Shipped) => "商家已发货，运单号见订单。",
        (Language::Zh, MessageKind::Refunded) => "款项已原路退回。",
        (Language::En, MessageKind::Ordered) => {
            "You got it! Please pay before the time to pay is over."
        }
        (Language::En, MessageKind::ExpiresSoon) => {
            "Less than two minutes are left to pay. The order closes by itself after that."
        }
        (Language::En, MessageKind::ClosedUnpaid) => {
            "It was not paid for in time, so the order was closed."
        }
        (Language::En, MessageKind::Cancelled) => "The order was cancelled as you asked.",
        (Language::En, MessageKind::Paid) => {
            "It is paid, and waits to be shipped. Please see that the order says where to."
        }
        (Language::En, MessageKind::Shipped) => {
            "It is on its way to you. The tracking number stands at the order."
        }
        (Language::En, MessageKind::Refunded) => "Money went back to you the way it came.",
    }
}
