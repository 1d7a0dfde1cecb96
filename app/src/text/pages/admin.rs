//! The staff's pages.

use super::messages;
use crate::wire::{Language, Phase};

messages! {
    back_office: "后台", "Back office";
    now: "实时", "Now";
    title: "场次", "Rounds";
    products: "商品", "Products";
    orders: "订单", "Orders";
    buyers: "买家", "Buyers";
    money: "资金", "Money";
    switches: "开关", "Switches";
    messages: "消息", "Messages";
    system: "系统", "System";
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
    waits: "待审批", "Waits for approval";
    was_sent_back: "已退回", "Sent back";
    approve: "审批通过", "Approve";
    approve_means: "通过后，本场立即出现在页面上，并按时开售。",
        "Approved, the round is on the pages at once and goes on sale at its start.";
    to_approve: "待审批的全部内容", "All that is to be approved";
    round_title: "场次名称", "Round";
    pay_window: "付款时限", "Time to pay";
    as_the_shop: "按店铺默认", "As the shop's";
    description: "说明", "Description";
    picture: "图片", "Picture";
    list_price: "原价", "Ordinary price";
    segments: "库存分段", "Segments";
    own_round: "这是你提交的场次，需要另一位同事审批。",
        "You prepared this round. Somebody else has to approve it.";
    send_back: "退回…", "Send it back…";
    send_back_reason: "退回原因", "Why it is sent back";
    send_back_now: "退回", "Send it back";
}

/// When the figures were read.
pub fn as_of(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("截至{when}，刷新可更新"),
        Language::En => format!("As of {when}; reload for newer numbers"),
    }
}

/// The text that shoppers read for a stopped round.
pub fn shoppers_read(language: Language, words: &str) -> String {
    match language {
        Language::Zh => format!("买家看到：{words}"),
        Language::En => format!("Shoppers read: {words}"),
    }
}

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

/// Who prepared a round.
pub fn prepared_by(language: Language, name: &str) -> String {
    match language {
        Language::Zh => format!("由 {name} 提交"),
        Language::En => format!("Prepared by {name}"),
    }
}

/// Why a round was sent back.
pub fn sent_back_because(language: Language, reason: &str) -> String {
    match language {
        Language::Zh => format!("退回原因：{reason}。复制这一场，修改后重新提交。"),
        Language::En => {
            format!("Sent back: {reason}. Copy the round, mend it, and submit it again.")
        }
    }
}

/// Why a round was neither approved nor sent back.
pub fn review_problem(language: Language, field: &str) -> &'static str {
    match (language, field) {
        (Language::Zh, "prepared_by") => own_round(Language::Zh),
        (Language::Zh, "content_hash") => "场次内容与你看到的不同，请重新查看后再审批。",
        (Language::Zh, "state") => "这一场已被审批或退回。",
        (Language::Zh, "reason") => "请用一行文字写明退回原因，最多 200 字。",
        (Language::Zh, _) => "这一场已经结束，不能再审批通过。",
        (Language::En, "prepared_by") => own_round(Language::En),
        (Language::En, "content_hash") => {
            "The round is not the one that you looked at. Look at it again."
        }
        (Language::En, "state") => "The round was approved or sent back before.",
        (Language::En, "reason") => "Say why, on one line, in at most 200 characters.",
        (Language::En, _) => "The round is over and cannot be approved any more.",
    }
}

/// A time in seconds.
pub fn seconds(language: Language, seconds: u32) -> String {
    match language {
        Language::Zh => format!("{seconds} 秒"),
        Language::En => format!("{seconds} s"),
    }
}
