//! The pages of those who run the shop.

use super::messages;
use crate::wire::{Language, Phase};

messages! {
    back_office: "后台", "Back office";
    title: "场次", "Rounds";
    orders: "订单", "Orders";
    buyers: "买家", "Buyers";
    money: "资金", "Money";
    log: "日志", "Log";
    older: "更早的", "Older ones";
    empty: "还没有场次。请管理员新建一场，或用 server round apply 从文件添加。",
        "There are no rounds yet. An administrator adds one here, or from a file by server round apply.";
    units: "库存", "Units";
    item: "商品", "Item";
    price: "活动价", "Price";
    sellable: "可售", "For sale";
    locked: "待付款", "Unpaid";
    sold: "已付款", "Paid";
    total: "合计", "All";
    stop: "暂停本场…", "Stop this round…";
    stop_means: "暂停后两秒内没有人能再抢购；已抢到的订单不受影响。",
        "Within two seconds nobody can buy any more. Orders that were won stay as they are.";
    words_zh: "给买家的话（中文）", "What shoppers read (Chinese)";
    words_en: "给买家的话（英文）", "What shoppers read (English)";
    stop_now: "立即暂停", "Stop now";
    new_round: "新建场次", "New round";
    copy: "复制这一场", "Copy this round";
    resume: "恢复抢购", "Let it go on";
}

/// When the numbers were read.
pub fn as_of(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("截至{when}，刷新可更新"),
        Language::En => format!("As of {when}; reload for newer numbers"),
    }
}

/// What shoppers read of a stopped round.
pub fn shoppers_read(language: Language, words: &str) -> String {
    match language {
        Language::Zh => format!("买家看到：{words}"),
        Language::En => format!("Shoppers read: {words}"),
    }
}

/// Where a round stands.
pub fn phase(language: Language, phase: Phase) -> &'static str {
    match (language, phase) {
        (Language::Zh, Phase::Upcoming) => "未开始",
        (Language::Zh, Phase::Running) => "抢购中",
        (Language::Zh, Phase::Stopped) => "已暂停",
        (Language::Zh, Phase::Ended) => "已结束",
        (Language::En, Phase::Upcoming) => "Not open yet",
        (Language::En, Phase::Running) => "On sale",
        (Language::En, Phase::Stopped) => "Stopped",
        (Language::En, Phase::Ended) => "Over",
    }
}
