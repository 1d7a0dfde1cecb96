//! The form of a new round.

use super::messages;
use crate::wire::{ApiError, Language};

messages! {
    title: "新建场次", "New round";
    back: "返回场次列表", "Back to the rounds";
    round: "场次", "Round";
    title_zh: "场次名称（中文）", "Name of the round (Chinese)";
    title_en: "场次名称（英文）", "Name of the round (English)";
    starts_at: "开始时间", "Opens at";
    ends_at: "结束时间", "Closes at";
    pay_window: "付款时限（分钟，留空用默认值）", "Minutes to pay (empty: the shop's default)";
    product_zh: "商品名称（中文）", "Name of the product (Chinese)";
    product_en: "商品名称（英文）", "Name of the product (English)";
    description_zh: "商品介绍（中文）", "Description (Chinese)";
    description_en: "商品介绍（英文，可留空）", "Description (English; may be empty)";
    picture: "图片路径，例如 /products/lamp.svg（上传后自动填写）", "Path of the picture, such as /products/lamp.svg (filled in by an upload)";
    picture_file: "或上传图片：JPEG、PNG、WebP，最大 5 MiB，取中间的正方形", "Or upload one: JPEG, PNG or WebP, at most 5 MiB; the square in its middle is shown";
    list_price: "原价（元），例如 299.00", "Ordinary price in yuan, such as 299.00";
    sale_price: "活动价（元），例如 99.50", "Price in this round in yuan, such as 99.50";
    stock: "件数", "Units";
    check: "核对", "Check";
    more_rows: "再加几件商品", "More items";
    add: "确认上架", "Add it to the shop";
}

/// The zone of the times.
pub fn zone(language: Language, utc_offset_min: i32) -> String {
    let sign = if utc_offset_min < 0 { '-' } else { '+' };
    let minutes = utc_offset_min.unsigned_abs();
    let zone = format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    match language {
        Language::Zh => format!("时间均为店铺时间（{zone}）。核对后才会上架。"),
        Language::En => {
            format!("Times are the shop's ({zone}). Nothing is added before you have checked it.")
        }
    }
}

/// The heading of an item, counted from 1.
pub fn item(language: Language, number: usize) -> String {
    match language {
        Language::Zh => format!("商品 {number}"),
        Language::En => format!("Item {number}"),
    }
}

/// The description of a stored picture.
pub fn kept_picture(language: Language, item: usize) -> String {
    match language {
        Language::Zh => format!("商品 {item} 的图片"),
        Language::En => format!("The picture of item {item}"),
    }
}

/// The effect of a round.
pub struct Summary {
    pub title: String,
    pub opens: String,
    pub closes: String,
    pub items: usize,
    pub units: u64,
    /// The turnover when every unit is sold.
    pub worth_fen: i128,
}

/// The round's effect when it is added.
pub fn summary(language: Language, facts: &Summary) -> String {
    let Summary {
        title,
        opens,
        closes,
        items,
        units,
        worth_fen,
    } = facts;
    let worth = format!("¥{}.{:02}", worth_fen / 100, worth_fen % 100);
    match language {
        Language::Zh => format!(
            "“{title}”：{opens}开始，{closes}结束；{items} 种商品共 {units} 件，全部售出为 {worth}。审批通过后所有人立即可见。"
        ),
        Language::En => format!(
            "“{title}” opens {opens} and closes {closes}. Items: {items}; units: {units}; sold out, they come to \
             {worth}. Everybody sees the round as soon as it is approved."
        ),
    }
}

/// Why a round was not added, above the form.
pub fn problem(language: Language, problem: &ApiError) -> &'static str {
    match (language, problem) {
        (Language::Zh, ApiError::Invalid { field }) if field == "items" => "至少需要一件商品。",
        (Language::En, ApiError::Invalid { field }) if field == "items" => {
            "A round needs an item at least."
        }
        (Language::Zh, ApiError::Invalid { field }) if field == "copy" => {
            "原场次现在读不出来，请稍后再复制。"
        }
        (Language::En, ApiError::Invalid { field }) if field == "copy" => {
            "The round to copy cannot be read now. Please try again in a moment."
        }
        (Language::Zh, ApiError::Invalid { field }) if field == "product" => {
            "这件商品现在读不出来，请稍后再试。"
        }
        (Language::En, ApiError::Invalid { field }) if field == "product" => {
            "The product cannot be read now. Please try again in a moment."
        }
        (Language::Zh, ApiError::Invalid { field }) if field == "too_many_items" => {
            "原场次的商品太多，表单放不下；请用 server round export 和 apply 复制。"
        }
        (Language::En, ApiError::Invalid { field }) if field == "too_many_items" => {
            "The round has more items than this form. Copy it by server round export and apply."
        }
        (Language::Zh, ApiError::Invalid { field }) if field.ends_with(".product") => {
            "有两件商品完全相同。"
        }
        (Language::En, ApiError::Invalid { field }) if field.ends_with(".product") => {
            "Two of the items are the same product."
        }
        (Language::Zh, ApiError::Invalid { .. }) => "有一处需要修改，还没有上架。",
        (Language::En, ApiError::Invalid { .. }) => "One thing needs mending. Nothing was added.",
        (Language::Zh, ApiError::Busy { .. }) => {
            "不确定是否已上架。请再按一次：同样的内容不会重复上架。"
        }
        (Language::En, ApiError::Busy { .. }) => {
            "It is not known whether the round was added. Press again: the same round is never added twice."
        }
        (Language::Zh, _) => "没有成功，什么也没有改变。",
        (Language::En, _) => "That did not work, and nothing was changed.",
    }
}

/// The mistake in a field, by its wire name: `items[0].stock`.
pub fn mistake(language: Language, field: &str) -> &'static str {
    let field = field.rsplit('.').next().unwrap_or_default();
    let (zh, en) = match field {
        "title" => (
            "两种语言都要填写，各 1 到 200 个字。",
            "Both languages are needed, 1 to 200 characters each.",
        ),
        "description" => (
            "中文介绍必填，最多 2000 个字。",
            "The Chinese one is needed; 2,000 characters at most.",
        ),
        "starts_at" => ("请填写日期和时间。", "Date and time are needed."),
        "ends_at" => (
            "结束时间要晚于开始时间，并且还没有过去。",
            "The end lies after the start, and not in the past.",
        ),
        "pay_window_min" => (
            "请填写 1 分钟以上的整数。",
            "A whole number of minutes, 1 or more.",
        ),
        "picture_url" => (
            "图片是本店的文件：以 / 开头，只含字母、数字和 / - _ . 。",
            "A picture is a file of the shop: a path from / with letters, digits and / - _ . only.",
        ),
        "picture_kind" => (
            "这不是 JPEG、PNG 或 WebP 图片，其余内容已保留。",
            "This is no JPEG, PNG or WebP. Everything else is still here.",
        ),
        "picture_large" => (
            "图片超过 5 MiB，或一次上传超过 4 张。其余内容已保留。",
            "The picture has more than 5 MiB, or there were more than four at once. Everything else is still here.",
        ),
        "picture_pixels" => (
            "图片超过 2400 万像素，或一边超过 12000 像素。其余内容已保留。",
            "The picture has more than 24 megapixels, or more than 12,000 on one side. Everything else is still here.",
        ),
        "picture_broken" => (
            "图片已损坏，无法读取。其余内容已保留。",
            "The picture is damaged and cannot be read. Everything else is still here.",
        ),
        "picture_count" => (
            "店铺的图片已达上限，请使用已有的图片。",
            "The shop has as many pictures as it keeps. Use one of them.",
        ),
        "picture_busy" => (
            "图片暂时没有保存，请再选一次。其余内容已保留。",
            "The picture was not kept this time. Choose it again; everything else is still here.",
        ),
        "list_price" => (
            "请填写元，可带两位小数。",
            "Yuan, with two decimals or none.",
        ),
        "sale_price" => (
            "至少 0.01 元，不高于原价，可带两位小数。",
            "At least 0.01 yuan, not above the ordinary price, with two decimals or none.",
        ),
        "stock" => ("1 到 10000000 件。", "1 to 10,000,000 units."),
        _ => ("请检查这一项。", "Please check this."),
    };
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}
