//! Orders, buyers and payments, for staff.

use super::messages;
use crate::wire::{
    ApiError, Language, Money, OrderEvent, PaymentGroup, PaymentState, RefundReason, Rejection,
};

messages! {
    buyer: "买家", "Buyer";
    nickname: "昵称", "Name";
    mobile: "手机号", "Mobile number";
    registered: "注册时间", "Registered";
    state: "状态", "State";
    order: "订单", "Order";
    order_id: "订单 ID", "Order's id";
    reservation_id: "预占 ID", "Reservation's id";
    to_be_paid_before: "付款截止", "To be paid before";
    find: "查找", "Find";
    search_orders: "订单号、手机号或昵称", "Order number, mobile number or name";
    search_buyers: "手机号或昵称", "Mobile number or name";
    every_state: "全部状态", "Every state";
    no_orders: "没有这样的订单。", "There are no such orders.";
    export: "导出这些订单（CSV）", "Take these orders away (CSV)";
    export_means: "与本页筛选相同，最多 100000 条，会记入日志。", "What the filter of this page shows, 100,000 at most. It is noted in the log.";
    no_buyers: "没有这样的买家。", "There are no such buyers.";
    no_payments: "没有这样的付款。", "There are no such payments.";
    payments: "付款", "Payments";
    every_payment: "全部付款", "Every payment";
    received: "实收", "Received";
    provider: "渠道与流水号", "Provider and its number";
    begun: "发起时间", "Begun";
    unmatched: "对不上的款项", "Money that fits no payment";
    unmatched_text: "支付渠道通知收到了这些款项，但它们不属于本店的任何付款。请到渠道后台核对。",
        "The provider says that this money came, but it belongs to no payment of the shop. Look at the provider's account.";
    may_buy: "正常", "May buy";
    banned: "已禁购", "May not buy";
    ban: "禁止购买…", "Keep from buying…";
    ban_means: "半分钟内，此买家将不能再抢购。已有的订单不受影响。",
        "Within half a minute this buyer can buy no more. Their orders stay as they are.";
    ban_now: "禁止购买", "Keep from buying";
    unban: "恢复购买…", "Let them buy again…";
    unban_means: "半分钟内，此买家可以再次抢购。", "Within half a minute this buyer can buy again.";
    unban_now: "恢复购买", "Let them buy again";
    refund: "退款…", "Give the money back…";
    refund_now: "退款", "Give the money back";
    ship: "发货…", "Ship it…";
    ship_means: "填写承运商和单号，买家会看到它们。此操作不能撤销。", "The buyer is shown the carrier and its number. This cannot be undone.";
    ship_now: "已发货", "It is on its way";
    no_address: "买家还没有填写收货信息，不能发货。", "The buyer has not said where to send it. It cannot be shipped before.";
    reason: "原因（记入日志）", "Why (for the log)";
    password: "你的密码", "Your password";
}

/// The effect of a refund.
pub fn refund_means(language: Language, amount: Money) -> String {
    match language {
        Language::Zh => format!("{amount} 将原路退回买家，商品仍算已售。此操作不能撤销。"),
        Language::En => format!(
            "{amount} go back to the buyer the way they came. The unit stays sold. This cannot be undone."
        ),
    }
}

/// Why a step was not taken.
pub fn problem(language: Language, problem: &ApiError) -> &'static str {
    let field = match problem {
        ApiError::Invalid { field } => field.as_str(),
        _ => "",
    };
    match (language, problem, field) {
        (Language::Zh, _, "password_wrong") => "密码不对。",
        (Language::Zh, _, "carrier") => "请写明承运商，一行，最多 32 个字。",
        (Language::Zh, _, "number") => "单号是 4 到 40 个字母、数字或连字符。",
        (Language::Zh, _, "address") => "买家还没有填写收货信息，不能发货。",
        (Language::Zh, _, "reason") => "请用一行文字写明原因，最多 200 字。",
        (Language::Zh, ApiError::OrderState, _) => "订单的状态已经变了，什么也没有改变。",
        (Language::Zh, ApiError::RateLimited { .. }, _) => "尝试太频繁，请稍等几秒再试。",
        (Language::Zh, ..) => "暂时无法完成，请稍后再试。再次提交不会重复执行。",
        (Language::En, _, "password_wrong") => "That is not your password.",
        (Language::En, _, "carrier") => {
            "Say who carries it, on one line, in at most 32 characters."
        }
        (Language::En, _, "number") => {
            "The carrier's number has 4 to 40 letters, digits and hyphens."
        }
        (Language::En, _, "address") => {
            "The buyer has not said where to send it, so it cannot be shipped."
        }
        (Language::En, _, "reason") => "Say why, on one line, in at most 200 characters.",
        (Language::En, ApiError::OrderState, _) => {
            "The order is in another state by now. Nothing was changed."
        }
        (Language::En, ApiError::RateLimited { .. }, _) => {
            "Too many tries. Wait a few seconds and try again."
        }
        (Language::En, ..) => {
            "This cannot be done at the moment. Try again in a while; a repeat does it only once."
        }
    }
}

/// The person who did something.
pub fn by(language: Language, actor: &str) -> String {
    match (language, actor) {
        (Language::Zh, "buyer") => "买家".to_owned(),
        (Language::En, "buyer") => "by the buyer".to_owned(),
        (Language::Zh, actor) => format!("由 {actor}"),
        (Language::En, actor) => format!("by {actor}"),
    }
}

/// An event of an order.
pub fn event(language: Language, event: OrderEvent) -> &'static str {
    match (language, event) {
        (Language::Zh, OrderEvent::Reserved) => "抢到一件",
        (Language::Zh, OrderEvent::Ordered) => "订单生成",
        (Language::Zh, OrderEvent::Paid) => "付款完成",
        (Language::Zh, OrderEvent::ClosedUnpaid) => "付款超时，订单关闭",
        (Language::Zh, OrderEvent::Cancelled) => "订单取消",
        (Language::Zh, OrderEvent::RefundDue) => "收到一笔不能用于此订单的付款，将退还",
        (Language::Zh, OrderEvent::Shipped) => "发货",
        (Language::Zh, OrderEvent::Received) => "买家确认收货",
        (Language::Zh, OrderEvent::Refunding) => "发起退款",
        (Language::Zh, OrderEvent::Refunded) => "退款完成",
        (Language::En, OrderEvent::Reserved) => "A unit was held",
        (Language::En, OrderEvent::Ordered) => "The order was made",
        (Language::En, OrderEvent::Paid) => "Paid",
        (Language::En, OrderEvent::ClosedUnpaid) => "Closed: the time to pay ran out",
        (Language::En, OrderEvent::Cancelled) => "Cancelled",
        (Language::En, OrderEvent::RefundDue) => {
            "Money came that cannot pay this order; it goes back"
        }
        (Language::En, OrderEvent::Shipped) => "Shipped",
        (Language::En, OrderEvent::Received) => "The buyer confirmed that it came",
        (Language::En, OrderEvent::Refunding) => "A refund was begun",
        (Language::En, OrderEvent::Refunded) => "The money went back",
    }
}

/// Why a reservation failed.
pub fn why_none(language: Language, reason: Option<Rejection>) -> &'static str {
    match (language, reason) {
        (Language::Zh, Some(Rejection::SoldOut)) => "没有订单：已售完",
        (Language::Zh, Some(Rejection::AlreadyReserved)) => "没有订单：已有一单",
        (Language::Zh, Some(Rejection::Ended)) => "没有订单：本场已结束",
        (Language::Zh, Some(Rejection::Stopped)) => "没有订单：本场已暂停",
        (Language::Zh, _) => "没有订单：未能及时生成",
        (Language::En, Some(Rejection::SoldOut)) => "No order: sold out",
        (Language::En, Some(Rejection::AlreadyReserved)) => "No order: they have one",
        (Language::En, Some(Rejection::Ended)) => "No order: the round was over",
        (Language::En, Some(Rejection::Stopped)) => "No order: the round was stopped",
        (Language::En, _) => "No order: it was not made in time",
    }
}

/// A group of payments.
pub fn group(language: Language, group: PaymentGroup) -> &'static str {
    match (language, group) {
        (Language::Zh, PaymentGroup::Open) => "可能到账",
        (Language::Zh, PaymentGroup::Paid) => "已付款",
        (Language::Zh, PaymentGroup::GoingBack) => "待退款",
        (Language::Zh, PaymentGroup::WentBack) => "已退款",
        (Language::En, PaymentGroup::Open) => "Money may come",
        (Language::En, PaymentGroup::Paid) => "Paid",
        (Language::En, PaymentGroup::GoingBack) => "Going back",
        (Language::En, PaymentGroup::WentBack) => "Went back",
    }
}

pub fn payment_state(language: Language, state: PaymentState) -> &'static str {
    match (language, state) {
        (Language::Zh, PaymentState::Created) => "渠道未应答",
        (Language::Zh, PaymentState::Processing) => "等待买家付款",
        (Language::Zh, PaymentState::Succeeded) => "已付款",
        (Language::Zh, PaymentState::Closed) => "已关闭，未收款",
        (Language::Zh, PaymentState::Abandoned) => "结果未知，继续查询",
        (Language::Zh, PaymentState::RefundDue) => "待退款",
        (Language::Zh, PaymentState::Refunding) => "退款中",
        (Language::Zh, PaymentState::Refunded) => "已退款",
        (Language::En, PaymentState::Created) => "The provider has not answered",
        (Language::En, PaymentState::Processing) => "Waiting for the buyer",
        (Language::En, PaymentState::Succeeded) => "Paid",
        (Language::En, PaymentState::Closed) => "Closed, nothing came",
        (Language::En, PaymentState::Abandoned) => "Not known; the provider is being asked",
        (Language::En, PaymentState::RefundDue) => "To go back",
        (Language::En, PaymentState::Refunding) => "Going back",
        (Language::En, PaymentState::Refunded) => "Went back",
    }
}

/// Why money goes back.
pub fn refund_reason(language: Language, reason: RefundReason) -> &'static str {
    match (language, reason) {
        (Language::Zh, RefundReason::TooLate) => "到账时订单已关闭",
        (Language::Zh, RefundReason::Duplicate) => "重复付款",
        (Language::Zh, RefundReason::WrongAmount) => "金额或币种不符",
        (Language::Zh, RefundReason::ByShop) => "商家退款",
        (Language::En, RefundReason::TooLate) => "came after the order was closed",
        (Language::En, RefundReason::Duplicate) => "paid twice",
        (Language::En, RefundReason::WrongAmount) => "another sum or currency",
        (Language::En, RefundReason::ByShop) => "given back by the shop",
    }
}

/// How often the provider was asked to send money back.
pub fn tries(language: Language, tries: u32) -> String {
    match language {
        Language::Zh => format!("已尝试 {tries} 次"),
        Language::En => format!("tried {tries} times"),
    }
}
