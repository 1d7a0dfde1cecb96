//! Switches, for staff.

use super::messages;
use crate::wire::{Language, Switch};

messages! {
    intro: "每个开关到时自动关闭，两秒内在所有实例生效，并写入日志。",
        "Each switch ends by itself, takes effect on every instance within two seconds, and is written into the log.";
    off: "未打开", "Not set";
    set: "打开…", "Set…";
    change: "修改…", "Change…";
    set_now: "打开", "Set it";
    clear: "立即关闭", "Clear it now";
    how_long: "时长", "For how long";
    reason: "原因（仅员工可见）", "Why (only those who run the shop see it)";
}

pub fn name(language: Language, switch: Switch) -> &'static str {
    match (language, switch) {
        (Language::Zh, Switch::CaptchaOff) => "免验证码",
        (Language::Zh, Switch::QueueOnly) => "暂停抢购，只处理队列",
        (Language::Zh, Switch::NoLogIns) => "暂停登录和注册",
        (Language::Zh, Switch::ReadingOnly) => "只读",
        (Language::En, Switch::CaptchaOff) => "No captcha",
        (Language::En, Switch::QueueOnly) => "Queue only",
        (Language::En, Switch::NoLogIns) => "No new log-ins",
        (Language::En, Switch::ReadingOnly) => "Reading pages only",
    }
}

/// Its effect.
pub fn meaning(language: Language, switch: Switch) -> &'static str {
    match (language, switch) {
        (Language::Zh, Switch::CaptchaOff) => {
            "不检查答案就发放抢购地址。验证码出故障时用；机器人也会因此更容易。"
        }
        (Language::Zh, Switch::QueueOnly) => {
            "不再接受新的抢购；已排队的照常生成订单，付款和取消照常。"
        }
        (Language::Zh, Switch::NoLogIns) => {
            "买家不能登录，谁也不能注册；已登录的不受影响，员工仍可登录。"
        }
        (Language::Zh, Switch::ReadingOnly) => {
            "买家只能浏览：不能登录、抢购、付款、取消。未付款的订单仍会按时关闭。"
        }
        (Language::En, Switch::CaptchaOff) => {
            "Paths are handed out without a look at the answer. For a captcha that fails; programs have it easier, too."
        }
        (Language::En, Switch::QueueOnly) => {
            "No new purchases are let in. What is in the queue becomes orders; paying and cancelling go on."
        }
        (Language::En, Switch::NoLogIns) => {
            "No buyer signs in and nobody registers. Who is signed in stays so; those who run the shop can sign in."
        }
        (Language::En, Switch::ReadingOnly) => {
            "Shoppers only read: no signing in, buying, paying or cancelling. Unpaid orders still close when their time is up."
        }
    }
}

/// A switch that is set, in one line.
pub fn in_effect(language: Language, switch: Switch, until: &str, who: &str, why: &str) -> String {
    let name = name(language, switch);
    match language {
        Language::Zh => format!("{name}，到 {until} 为止（{who}：{why}）"),
        Language::En => format!("{name} until {until} ({who}: {why})"),
    }
}

/// A duration to choose.
pub fn minutes(language: Language, minutes: u32) -> String {
    match (language, minutes % 60, minutes / 60) {
        (Language::Zh, 0, hours) => format!("{hours} 小时"),
        (Language::En, 0, 1) => "1 hour".to_owned(),
        (Language::En, 0, hours) => format!("{hours} hours"),
        (Language::Zh, ..) => format!("{minutes} 分钟"),
        (Language::En, ..) => format!("{minutes} minutes"),
    }
}

/// Why a switch was not set.
pub fn problem(language: Language, field: &str) -> &'static str {
    match (language, field) {
        (Language::Zh, "reason") => "请用一行文字写明原因，最多 200 字。",
        (Language::Zh, _) => "请选择 1 分钟到 24 小时的时长。",
        (Language::En, "reason") => "Say why, on one line, in at most 200 characters.",
        (Language::En, _) => "Choose between a minute and 24 hours.",
    }
}
