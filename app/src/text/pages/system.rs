//! The shop's environment.

use super::messages;
use crate::wire::{Language, Verdict};

messages! {
    run_doctor: "检查（server doctor）", "Look for what is not right (server doctor)";
    look_for_differences: "对账（账本与闸口）", "Compare ledger and gate";
    not_now: "正在检查，还没有结果，或现在无法检查。请稍后再点一次，会显示这次的结果。",
        "The look goes on, or cannot be made now. Ask again in a moment: what was found is shown then.";
    found: "检查结果", "What was found";
    stands_on: "本实例所依赖的", "What this instance stands on";
    ready: "正常", "Works";
    not_ready: "不正常", "Does not work";
    instances: "实例", "Instances";
    instances_unknown: "现在读不到有哪些实例。", "Which instances live cannot be read now.";
    older_version: "更早的版本", "an earlier version";
    since: "启动于", "since";
    settings: "生效的设置", "Settings in effect";
    settings_mean: "可能含密码的值已隐藏，可以直接发给支持人员。带 * 的与默认值不同。",
        "What may be a password is hidden: this can be sent to somebody who helps. A * marks what differs from the default.";
}

/// The program's version.
pub fn version(language: Language, version: &str) -> String {
    match language {
        Language::Zh => format!("版本：{version}"),
        Language::En => format!("Version: {version}"),
    }
}

/// A verdict, in capitals if something is wrong.
pub fn verdict(language: Language, verdict: Verdict) -> &'static str {
    match (language, verdict) {
        (Language::Zh, Verdict::Right) => "正常",
        (Language::Zh, Verdict::Warning) => "留意",
        (Language::Zh, Verdict::Problem) => "问题",
        (Language::En, Verdict::Right) => "ok",
        (Language::En, Verdict::Warning) => "warning",
        (Language::En, Verdict::Problem) => "PROBLEM",
    }
}

/// The doctor's checks.
pub fn checks(language: Language, problems: usize, warnings: usize) -> String {
    match language {
        Language::Zh => format!("{problems} 个问题，{warnings} 处需要留意。"),
        Language::En => format!("Problems: {problems}. Warnings: {warnings}."),
    }
}

/// The result of the comparison of ledger and gate.
pub fn differences(language: Language, items: u64, broken: usize) -> String {
    match (language, broken) {
        (Language::Zh, 0) => format!("{items} 件商品的账目都对得上。"),
        (Language::Zh, _) => {
            format!(
                "{items} 件商品中有 {broken} 处对不上；抢购中可能是尚未写入账本的预占，过几秒再看一次。"
            )
        }
        (Language::En, 0) => format!("Ledger and gate agree; items: {items}."),
        (Language::En, _) => format!(
            "Rules that do not hold: {broken}; items: {items}. In a sale it may be what is on its way: look again in some seconds."
        ),
    }
}
