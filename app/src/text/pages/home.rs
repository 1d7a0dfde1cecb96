//! The start page.

use super::messages;
use crate::wire::{Language, Money};

messages! {
    title: "限时秒杀", "Flash sales";
    description: "少量好物，准时开抢，先到先得。", "A few good things, at a fair hour, first come, first served.";
    running_now: "正在抢购", "On sale now";
    next_round: "距下一场开始还有", "The next round opens in";
    started: "已开抢，去看看", "Started. See what is left";
    nothing_now: "眼下没有场次", "No round at the moment";
    rounds: "场次", "Rounds";
    now: "进行中", "Now";
    phase_upcoming: "未开始", "Not open yet";
    phase_stopped: "已暂停", "Paused";
    phase_ended: "已结束", "Ended";
    ended_rounds: "已结束的场次", "Rounds that have ended";
    until_start: "距开始", "Opens in";
    list_price: "原价", "Ordinary price";
    sale_price: "秒杀价", "Sale price";
    empty_title: "第一场还在准备", "The first round is being prepared";
    empty_text: "每一场都有固定的开始时间。时间一定，这里就会出现倒计时。可以先登录，到时候更从容。",
        "Every round starts at a fixed time. As soon as one is set, its countdown stands here. Sign in meanwhile, and you will be ready.";
    empty_action: "先登录", "Sign in now";
}

/// The page's text in previews: the time of the running sale, or of the next one.
pub fn nearest_sale(language: Language, when: &str) -> String {
    let shop = description(language);
    match language {
        Language::Zh => format!("最近一场：{when}。{shop}"),
        Language::En => format!("The nearest sale: {when}. {shop}"),
    }
}

/// When a running round ends.
pub fn ends(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("{when} 结束"),
        Language::En => format!("Ends {when}"),
    }
}

/// When a round opens.
pub fn opens(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("{when} 开始"),
        Language::En => format!("Opens {when}"),
    }
}

/// When a round ended.
pub fn ended(language: Language, when: &str) -> String {
    match language {
        Language::Zh => format!("{when} 已结束"),
        Language::En => format!("Ended {when}"),
    }
}

/// The number of units.
pub fn units(language: Language, total: u32) -> String {
    match (language, total) {
        (Language::Zh, _) => format!("限量 {total} 件"),
        (Language::En, 1) => "A single unit".to_owned(),
        (Language::En, _) => format!("{total} units"),
    }
}

/// A buyer's saving.
pub fn saves(language: Language, saved: Money) -> String {
    match language {
        Language::Zh => format!("省 {saved}"),
        Language::En => format!("Save {saved}"),
    }
}
