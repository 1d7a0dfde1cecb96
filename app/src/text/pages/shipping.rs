//! An order's shipping address.

use super::{account, messages};
use crate::wire::{ApiError, Language, ShippingAddress};

messages! {
    title: "收货信息", "Where to send it";
    lead: "付款前后都可以填写，发货前随时可以修改。", "Fill it in before or after you pay. You can change it until the order is shipped.";
    lead_known: "发货前随时可以修改。", "You can change it until the order is shipped.";
    lead_paid: "请填写收货信息，我们才能发货。", "Please say where to send it: we cannot ship it before.";
    kept_for: "只用于寄送这个订单，订单结束一段时间后自动删除。",
        "It serves to send this order only, and is deleted some time after the order has ended.";
    name: "收货人", "Name of the receiver";
    mobile: "收货人手机号", "The receiver's mobile number";
    address: "详细地址", "Address";
    address_hint: "省、市、区、街道和门牌号，写在一行", "Province, city, street and house number, on one line";
    save: "保存收货信息", "Save the address";
    change: "修改收货信息", "Change the address";
    fill_in: "填写收货信息", "Say where to send it";
    saved: "收货信息已保存。", "The address is saved.";
    shipped_text: "商家已发货。收到并检查后，请确认收货。", "It is on its way to you. Please confirm once you have it and all is well.";
    confirm_receipt: "确认收货", "I have received it";
    received_text: "你已确认收货。感谢你的光临。", "You have confirmed that it came. Thank you for buying from us.";
    carrier: "承运商", "Carrier";
    carrier_number: "运单号", "Tracking number";
}

/// The mistake in a field.
pub fn mistake(language: Language, field: &str) -> String {
    let (max, from, to) = (
        ShippingAddress::MAX_NAME,
        ShippingAddress::MIN_ADDRESS,
        ShippingAddress::MAX_ADDRESS,
    );
    match (language, field) {
        (_, "mobile") => account::mobile_invalid(language).to_owned(),
        (Language::Zh, "name") => format!("请填写收货人姓名，最多 {max} 个字，不能换行。"),
        (Language::Zh, _) => format!("请填写完整地址，{from} 到 {to} 个字，不能换行。"),
        (Language::En, "name") => {
            format!("Please type the receiver's name: at most {max} characters on one line.")
        }
        (Language::En, _) => {
            format!("Please type the whole address: {from} to {to} characters on one line.")
        }
    }
}

/// Why nothing was saved, unless a field has a mistake.
pub fn problem(language: Language, problem: &ApiError) -> Option<&'static str> {
    Some(match (language, problem) {
        (_, ApiError::Invalid { .. }) => return None,
        (Language::Zh, ApiError::OrderState) => "订单已经发货或已结束，收货信息没有改变。",
        (Language::Zh, ApiError::RateLimited { .. }) => "操作太频繁，请稍等几秒再试。",
        (Language::Zh, _) => "暂时无法保存，请过几秒再试。",
        (Language::En, ApiError::OrderState) => {
            "The order is shipped or has ended. The address was not changed."
        }
        (Language::En, ApiError::RateLimited { .. }) => {
            "That was too often. Please wait a few seconds and try again."
        }
        (Language::En, _) => {
            "This cannot be saved at the moment. Please try again in a few seconds."
        }
    })
}
