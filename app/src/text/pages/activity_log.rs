//! The staff's actions.

use super::messages;
use crate::wire::{Action, Language};

messages! {
    empty: "还没有记录。", "Nothing has been done yet.";
    everything: "查看全部记录", "See everything";
    command: "服务器命令", "A command at the server";
    see: "查看", "See it";
    of_this: "相关记录", "What else was done to it";
}

pub fn action(language: Language, action: Action) -> &'static str {
    match (language, action) {
        (Language::Zh, Action::AddRound) => "新建了场次",
        (Language::Zh, Action::SubmitRound) => "提交了场次，等待审批",
        (Language::Zh, Action::ApproveRound) => "审批通过了场次",
        (Language::Zh, Action::SendBackRound) => "退回了场次",
        (Language::Zh, Action::StopRound) => "暂停了场次",
        (Language::Zh, Action::ResumeRound) => "恢复了场次",
        (Language::Zh, Action::AddPicture) => "上传了图片",
        (Language::Zh, Action::ArchiveProduct) => "归档了商品",
        (Language::Zh, Action::RestoreProduct) => "恢复了商品",
        (Language::Zh, Action::AddStaff) => "添加了员工账号",
        (Language::Zh, Action::ResetPassword) => "重设了员工密码",
        (Language::Zh, Action::RemoveSecondFactor) => "关闭了员工的两步验证",
        (Language::Zh, Action::RefundOrder) => "发起了退款",
        (Language::Zh, Action::ShipOrder) => "发出了订单",
        (Language::Zh, Action::ExportOrders) => "导出了订单",
        (Language::Zh, Action::BanBuyer) => "禁止了买家购买",
        (Language::Zh, Action::UnbanBuyer) => "恢复了买家购买",
        (Language::Zh, Action::SetSwitch) => "打开了开关",
        (Language::Zh, Action::ClearSwitch) => "关闭了开关",
        (Language::Zh, Action::ReplayParked) => "把搁置的预占放回队列",
        (Language::Zh, Action::DropParked) => "放弃了搁置的预占",
        (Language::Zh, Action::ReplayMessage) => "重新投递了消息",
        (Language::Zh, Action::AddWebhook) => "添加了 Webhook",
        (Language::Zh, Action::ChangeWebhook) => "启用或停用了 Webhook",
        (Language::Zh, Action::RotateWebhookSecret) => "更换了 Webhook 密钥",
        (Language::Zh, Action::RemoveWebhook) => "删除了 Webhook",
        (Language::En, Action::AddRound) => "added a round",
        (Language::En, Action::SubmitRound) => "prepared a round",
        (Language::En, Action::ApproveRound) => "approved a round",
        (Language::En, Action::SendBackRound) => "sent a round back",
        (Language::En, Action::StopRound) => "stopped a round",
        (Language::En, Action::ResumeRound) => "let a round go on",
        (Language::En, Action::AddPicture) => "added a picture",
        (Language::En, Action::ArchiveProduct) => "archived a product",
        (Language::En, Action::RestoreProduct) => "took a product into the list again",
        (Language::En, Action::AddStaff) => "added an account of the staff",
        (Language::En, Action::ResetPassword) => "gave somebody of the staff another password",
        (Language::En, Action::RemoveSecondFactor) => "took away somebody's second factor",
        (Language::En, Action::RefundOrder) => "gave the money of an order back",
        (Language::En, Action::ShipOrder) => "shipped an order",
        (Language::En, Action::ExportOrders) => "took orders away as a file",
        (Language::En, Action::BanBuyer) => "kept a buyer from buying",
        (Language::En, Action::UnbanBuyer) => "let a buyer buy again",
        (Language::En, Action::SetSwitch) => "set a switch",
        (Language::En, Action::ClearSwitch) => "cleared a switch",
        (Language::En, Action::ReplayParked) => "puts parked reservations back into the queue",
        (Language::En, Action::DropParked) => "drops a parked reservation",
        (Language::En, Action::ReplayMessage) => "sends a message again",
        (Language::En, Action::AddWebhook) => "added a webhook",
        (Language::En, Action::ChangeWebhook) => "switched a webhook on or off",
        (Language::En, Action::RotateWebhookSecret) => "gave a webhook another secret",
        (Language::En, Action::RemoveWebhook) => "removed a webhook",
    }
}

/// The reason, in somebody's words.
pub fn because(language: Language, reason: &str) -> String {
    match language {
        Language::Zh => format!("原因：{reason}"),
        Language::En => format!("Why: {reason}"),
    }
}
