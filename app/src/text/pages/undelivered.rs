//! Parked reservations and undelivered messages.

use super::messages;
use crate::wire::Language;

messages! {
    parked: "搁置的预占", "Parked reservations";
    parked_means: "写订单失败五次后搁置，每小时自动重试。先消除原因，再放回队列；放弃的预占会告诉买家，件数退回可售。",
        "Set aside after five tries to write the order, and tried again every hour. Mend the cause, then put them back; one that is dropped is told to its buyer, and its unit goes back on sale.";
    parked_unknown: "现在读不到搁置的预占。", "What is parked cannot be read now.";
    nothing_parked: "没有搁置的预占。", "Nothing is parked.";
    replay_all: "全部放回队列", "Put all back into the queue";
    replay: "放回队列", "Put it back";
    drop: "放弃…", "Drop it…";
    drop_means: "此预占不再成为订单，买家会得知抢购失败，件数退回可售。此操作不能撤销。",
        "This reservation becomes no order: its buyer is told that it failed, and its unit goes back on sale. This cannot be undone.";
    drop_now: "放弃", "Drop it";
    item: "商品", "Item";
    replayed: "（已放回过）", "(put back before)";
    webhooks: "Webhook", "Webhooks";
    webhooks_mean: "添加、停用和更换密钥用 server webhooks 命令。",
        "They are added, switched off and given other secrets by server webhooks.";
    no_webhooks: "没有 Webhook。", "There are none.";
    on: "启用", "on";
    given_up: "已放弃投递的消息", "Messages that were given up";
    waiting: "等待投递的消息", "Messages that wait";
    none: "没有。", "None.";
    send_again: "重新投递", "Send it again";
}

/// The heading of the form that drops a reservation.
pub fn drop_this(language: Language, id: &str) -> String {
    match language {
        Language::Zh => format!("放弃预占 {id}"),
        Language::En => format!("Drop reservation {id}"),
    }
}

/// The number of parked reservations.
pub fn how_many_parked(language: Language, all: u64, unreadable: u64) -> String {
    match (language, unreadable) {
        (Language::Zh, 0) => format!("共 {all} 个，最多显示 50 个。"),
        (Language::Zh, _) => format!(
            "共 {all} 个，最多显示 50 个；其中 {unreadable} 条消息读不懂，用 server parked 处理。"
        ),
        (Language::En, 0) => format!("There are {all}; at most 50 are shown."),
        (Language::En, _) => format!(
            "There are {all}; at most 50 are shown. {unreadable} of them cannot be read: see server parked."
        ),
    }
}

/// The buyer, by the number that the gate gave.
pub fn number(language: Language, position: u32) -> String {
    match language {
        Language::Zh => format!("第 {position} 名买家"),
        Language::En => format!("buyer number {position}"),
    }
}

/// Since when and why an address is switched off.
pub fn off_since(language: Language, when: &str, why: &str) -> String {
    match language {
        Language::Zh => format!("自{when}停用：{why}"),
        Language::En => format!("off since {when}: {why}"),
    }
}

/// How often a message was sent.
pub fn tries(language: Language, tries: u32) -> String {
    match language {
        Language::Zh => format!("已尝试 {tries} 次"),
        Language::En => format!("tries: {tries}"),
    }
}

/// When a message is sent next.
pub fn next_at(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("下次：{when}"),
        Language::En => format!("next: {when}"),
    }
}
