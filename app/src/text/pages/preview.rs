//! The pages of a round at other moments.

use super::messages;
use crate::{preview::Moment, wire::Language};

messages! {
    preview: "预览", "Preview";
    moments: "时刻", "Moments";
    means: "预览：买家在这一时刻看到的页面（已登录）。这里什么也不能按，也不改变任何数据。",
        "A preview: what shoppers who are signed in see at this moment. Nothing can be pressed here, and nothing is changed.";
    back: "返回场次列表", "Back to the rounds";
}

/// A moment of a round.
pub fn moment(language: Language, moment: Moment) -> &'static str {
    match (language, moment) {
        (Language::Zh, Moment::Before) => "开始前一小时",
        (Language::Zh, Moment::Soon) => "开始前一分钟",
        (Language::Zh, Moment::Selling) => "抢购中",
        (Language::Zh, Moment::SoldOut) => "已售完",
        (Language::Zh, Moment::Stopped) => "已暂停",
        (Language::Zh, Moment::Ended) => "已结束",
        (Language::En, Moment::Before) => "An hour before",
        (Language::En, Moment::Soon) => "A minute before",
        (Language::En, Moment::Selling) => "On sale",
        (Language::En, Moment::SoldOut) => "Sold out",
        (Language::En, Moment::Stopped) => "Stopped",
        (Language::En, Moment::Ended) => "Over",
    }
}
