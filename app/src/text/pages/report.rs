//! The report of a round.

use super::messages;
use crate::wire::Language;

messages! {
    report: "场次报告", "Report";
    back: "返回场次列表", "Back to the rounds";
    to_print: "可直接打印本页", "This page can be printed as it is";
    is_cut: "订单太多，只统计了一部分；所有数字都只含这一部分。",
        "There are more orders than a report reads. Every figure is that of those it read.";
    items: "商品", "Items";
    sold_out: "售罄时刻", "Sold out at";
    not_sold_out: "未售罄", "Never";
    all_orders: "订单总数", "Orders that were made";
    closed_unpaid: "超时未付款而关闭", "Closed, not paid in time";
    cancelled: "买家取消", "Cancelled by the buyer";
    came_back: "因此退回可售的件数", "Units that came back by both";
    turnover: "成交额（已付款，含后来退款的）", "Turnover (all that was paid)";
    refunds: "其中退款", "Of that, given back";
    what_stays: "净额", "What stays";
    failures: "没有成为订单的预占", "Reservations that came to nothing";
    failures_mean: "来自账本。闸口当场拒绝的请求（如已售完）不入账本，见实时页和监控指标。",
        "As the ledger has them. What the gate refused at once (sold out, say) is not in the ledger: see the live page and the metrics.";
    no_failures: "没有。", "None.";
    times: "时间", "Times";
    first_order: "第一单", "First order";
    last_order: "最后一单", "Last order";
    never: "没有", "None";
    waited: "等待", "Waited";
    half: "一半", "Half";
    longest: "最长", "Longest";
    until_ordered: "从抢到到生成订单", "From the hold to the order";
    until_paid: "从生成订单到付款", "From the order to the payment";
    as_table: "看表格", "As a table";
    from: "开始于", "From";
    ordered: "生成", "Made";
    paid: "付款", "Paid";
    closed: "关闭", "Closed";
}

/// The heading.
pub fn of_round(language: Language, round: &str) -> String {
    match language {
        Language::Zh => format!("场次报告：{round}"),
        Language::En => format!("Report: {round}"),
    }
}

/// When the figures were read.
pub fn read_at(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("截至{when}，按账本统计"),
        Language::En => format!("As the ledger has it, {when}"),
    }
}

/// The time after the start.
pub fn after_the_start(language: Language, after_ms: i64) -> String {
    match language {
        Language::Zh => format!("开始后 {}", took(language, after_ms)),
        Language::En => format!("{} after the start", took(language, after_ms)),
    }
}

/// A length of time.
pub fn took(language: Language, took_ms: i64) -> String {
    let took_ms = took_ms.max(0);
    let (minutes, seconds, tenths) = (took_ms / 60_000, took_ms / 1_000, took_ms % 1_000 / 100);
    match (language, took_ms) {
        (Language::Zh, 0..1_000) => format!("{took_ms} 毫秒"),
        (Language::Zh, 1_000..60_000) => format!("{seconds}.{tenths} 秒"),
        (Language::Zh, _) => format!("{minutes} 分 {} 秒", seconds % 60),
        (Language::En, 0..1_000) => format!("{took_ms} ms"),
        (Language::En, 1_000..60_000) => format!("{seconds}.{tenths} s"),
        (Language::En, _) => format!("{minutes} min {} s", seconds % 60),
    }
}

/// A part of the orders.
pub fn share(language: Language, part: u64, all: u64) -> String {
    let per_mille = (part * 1_000).checked_div(all).unwrap_or(0);
    let percent = format!("{}.{} %", per_mille / 10, per_mille % 10);
    match language {
        Language::Zh => format!("{part}（{percent}）"),
        Language::En => format!("{part} ({percent})"),
    }
}

/// The heading of the chart.
pub fn orders_per(language: Language, interval_s: u32) -> String {
    match (language, interval_s) {
        (Language::Zh, 0..60) => format!("每 {interval_s} 秒的订单"),
        (Language::Zh, _) => format!("每 {} 分钟的订单", interval_s / 60),
        (Language::En, 1) => "Orders per second".to_owned(),
        (Language::En, 0..60) => format!("Orders per {interval_s} seconds"),
        (Language::En, 60) => "Orders per minute".to_owned(),
        (Language::En, _) => format!("Orders per {} minutes", interval_s / 60),
    }
}

/// The chart in words.
pub fn chart_in_words(language: Language, from: &str, to: &str, highest: u64) -> String {
    match language {
        Language::Zh => format!("从 {from} 到 {to}，最高一段 {highest} 单"),
        Language::En => format!("From {from} to {to}; {highest} orders at the most"),
    }
}
