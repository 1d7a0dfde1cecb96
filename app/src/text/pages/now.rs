//! The shop's current state, for staff.

use super::messages;
use crate::wire::{Language, LivePlace, SaleStep};

messages! {
    title: "实时", "Now";
    as_of: "截至", "As of";
    reload: "刷新", "Reload";
    large: "大屏显示", "For a large screen";
    back: "返回后台", "Back to the back office";
    following: "每秒自动更新", "Updated every second";
    asking: "连接中断，正在定时重新读取", "The connection was lost; read again every few seconds";
    stale: "读不到新数据，数字可能已过时", "No new numbers can be read; these may be out of date";
    not_readable: "现在读不到这一部分", "This part cannot be read now";
    no_rounds: "最近一天和之后都没有场次。", "No round in the last day, and none to come.";
    item: "商品", "Item";
    sellable: "可售", "For sale";
    locked: "占用", "Locked";
    sold: "已付款", "Paid";
    total: "合计", "All";
    from_ledger: "按账本", "by the ledger";
    is_stopped: "已暂停", "Stopped";
    work: "订单与队列", "Orders and queue";
    orders_per_s: "每秒新订单", "Orders per second";
    waiting: "排队中的预占", "Reservations in the queue";
    oldest: "最早一条已等（秒）", "The oldest has waited (s)";
    parked: "搁置", "Parked";
    unpaid: "待付款订单", "Orders without payment";
    closing_soon: "一分钟内将关闭", "Of these, closed within a minute";
    funnel: "从请求到付款", "From request to payment";
    step: "步骤", "Step";
    in_all: "累计", "In all";
    per_s: "每秒", "Per second";
    funnel_means: "累计从现存实例启动时算起；每秒为最近十秒的平均。",
        "In all: since the instances that live now were started. Per second: the mean of the last ten seconds.";
    refusals: "拒绝", "Refusals";
    code: "代码", "Code";
    no_refusals: "还没有被拒绝的请求。", "Nothing was refused yet.";
    instances: "实例", "Instances";
    alive: "存活的实例", "Instances alive";
    since: "启动于", "started";
    depends: "依赖", "Dependencies";
    this_instance: "由回答本页的实例检查。", "As the instance that answers sees them.";
    works: "正常", "works";
    fails: "不可用", "does not work";
    runs: "在运行", "runs";
    stands: "没有运行", "does not run";
    tasks: "后台任务", "Background tasks";
}

fn one_of(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}

/// Why a round is shown.
pub fn place(language: Language, place: LivePlace) -> &'static str {
    let (zh, en) = match place {
        LivePlace::Running => ("抢购中", "On sale"),
        LivePlace::Next => ("下一场", "Next"),
        LivePlace::Latest => ("最近一场", "Latest"),
    };
    one_of(language, zh, en)
}

/// A step of a purchase.
pub fn sale_step(language: Language, step: SaleStep) -> &'static str {
    let (zh, en) = match step {
        SaleStep::Offered => (
            "请求（验证码、地址、抢购）",
            "Calls (question, path, purchase)",
        ),
        SaleStep::Shed => ("因繁忙拒绝", "Answered with busy"),
        SaleStep::Limited => ("因过于频繁拒绝", "Too often"),
        SaleStep::CaptchaAsked => ("验证码发出", "Questions asked"),
        SaleStep::CaptchaRight => ("验证码答对", "Right answers"),
        SaleStep::PathHandedOut => ("地址发出", "Paths handed out"),
        SaleStep::Decided => ("已裁定", "Purchases decided"),
        SaleStep::Held => ("抢到", "Units held"),
        SaleStep::Ordered => ("已生成订单", "Orders written"),
        SaleStep::Paid => ("已付款", "Orders paid"),
    };
    one_of(language, zh, en)
}

/// A dependency's name in words; an unknown one is shown as it is.
pub fn dependency(language: Language, name: &str) -> String {
    let (zh, en) = match name {
        "ledger" => ("账本（数据库）", "Ledger (database)"),
        "gate" => ("闸口（Redis）", "Gate (Redis)"),
        "gate_memory" => ("闸口的内存策略", "The gate's memory policy"),
        "queue" => ("队列（RabbitMQ）", "Queue (RabbitMQ)"),
        "process" => ("本进程", "This process"),
        other => return other.to_owned(),
    };
    one_of(language, zh, en).to_owned()
}
